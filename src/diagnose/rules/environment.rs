//! Rules of the environment: what threatens applications on this machine, although the network works.

use super::{Observation, Rule};
use crate::diagnose::evidence::Evidence;

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[Rule::run("ENV01", clock, &[])];

/// ENV01: the clock differs from that of every host that responded.
fn clock(_: &Rule, evidence: &Evidence) -> Option<Observation> {
    let traces = evidence.traces.iter();
    let skews: Vec<_> =
        traces.filter_map(|trace| Some((trace.http.found()?.skew_seconds?, &trace.target.host))).collect();
    let (nearest, host) = skews.iter().min_by_key(|(skew, _)| skew.unsigned_abs())?;
    let is_same_way = skews.iter().all(|(skew, _)| skew.signum() == nearest.signum());
    if nearest.unsigned_abs() <= TOLERATED || !is_same_way {
        return None;
    }
    let way = if *nearest > 0 { "ahead of" } else { "behind" };
    let text = format!("the local clock is {} s {way} that of `{host}`", nearest.unsigned_abs());
    Some(Observation::new(text).not("TLS04", "the certificates are valid by this clock"))
}

/// In seconds: tokens and certificates allow for a few minutes; a clock that is synchronised is never this far off.
const TOLERATED: u64 = 60;

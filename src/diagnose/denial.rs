//! An expected denial: security teams prove that a resource is closed to this network. A refusal is then the good result.

use std::collections::HashSet;

use super::evidence::{Evidence, Trace};
use super::finding::{Diagnosis, Finding, FindingPlace, Verdict};
use crate::diagnose::area::Area;
use crate::diagnose::catalogue::{KnownFailure, Severity};
use crate::diagnose::stage::Stage;
use crate::resolve::scenario::Scenario;

/// What the network of the resource made of one caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It refused the caller, or its private address cannot be reached, as its mode promises.
    Denied,
    /// It responded to the caller, whatever it thinks of the credential.
    Admitted,
    /// Something else failed, which proves neither.
    Unclear,
}

/// Turns a diagnosis around: a denial is healthy, and an admission is an error (POL06). Everything else stays a failure.
pub(super) fn expect(diagnosis: &mut Diagnosis, evidence: &Evidence) {
    let services = || evidence.traces.iter().filter(|trace| trace.target.service.is_some());
    let refused = refused(diagnosis);
    let outcomes: Vec<Outcome> = services().map(|trace| outcome(&refused, evidence, trace)).collect();
    drop(refused);
    if outcomes.contains(&Outcome::Admitted) {
        let admitted = services().zip(&outcomes).filter(|(_, outcome)| **outcome == Outcome::Admitted);
        let traces: Vec<&Trace> = admitted.map(|(trace, _)| trace).collect();
        diagnosis.findings.splice(0..0, admission(&traces));
        diagnosis.verdict = Verdict::Degraded;
    } else if !outcomes.is_empty() && outcomes.iter().all(|outcome| *outcome == Outcome::Denied) {
        for finding in &mut diagnosis.findings {
            finding.severity = Severity::Info;
            "nothing: the denial is expected".clone_into(&mut finding.remedy);
            finding.commands.clear();
            finding.wanted.clear();
        }
        diagnosis.unexplained.clear();
        diagnosis.verdict = Verdict::Healthy;
    }
}

/// Returns the service and the host of each target whose network policy refused the caller.
fn refused(diagnosis: &Diagnosis) -> HashSet<(Option<&str>, &str)> {
    let is_refusal = |finding: &&Finding| finding.failure.area == Area::Policy && finding.severity == Severity::Error;
    let places = diagnosis.findings.iter().filter(is_refusal).flat_map(|finding| &finding.places);
    places.map(|place| (place.service.as_deref(), place.host.as_str())).collect()
}

fn outcome(refused: &HashSet<(Option<&str>, &str)>, evidence: &Evidence, trace: &Trace) -> Outcome {
    let is_refused = refused.contains(&(trace.target.service.as_deref(), trace.target.host.as_str()));
    let is_unreachable = matches!(trace.failed_at(), Some(Stage::Dns | Stage::Tcp)) && is_private_only(evidence);
    if is_refused || is_unreachable {
        Outcome::Denied
    } else if trace.http.has_passed() {
        Outcome::Admitted
    } else {
        Outcome::Unclear
    }
}

/// Whether the resource promises that only its private address leads to it.
fn is_private_only(evidence: &Evidence) -> bool {
    matches!(
        evidence.resource.scenario,
        Some(Scenario::PrivateEndpoint | Scenario::DisabledPrivateEndpoint | Scenario::DisabledUnreachable)
    )
}

fn admission(traces: &[&Trace]) -> Option<Finding> {
    let failure = KnownFailure::find("POL06")?;
    let status = |trace: &Trace| trace.http.found().map(|facts| facts.reply.status).unwrap_or_default();
    let first = traces.first()?;
    Some(Finding {
        failure,
        severity: failure.severity,
        places: traces.iter().map(|trace| FindingPlace::of(trace)).collect(),
        observed: format!("`{}` answers {} to a caller that it should refuse", first.target.host, status(first)),
        remedy: failure.remedy.to_owned(),
        wanted: Vec::new(),
        commands: failure.commands.iter().map(|command| (*command).to_owned()).collect(),
        ruled_out: Vec::new(),
        caused_by: None,
        rank: 0,
    })
}

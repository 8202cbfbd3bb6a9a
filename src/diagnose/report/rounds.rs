//! Rounds: the minimum and the median of each stage, cold and warm.

use std::time::Duration;

use super::page::{count, millis, time};
use crate::diagnose::evidence::{Ended, Round, Rounds, Spread};
use crate::diagnose::redact::shortened;
use crate::diagnose::stage::Stage;

/// Returns the rows of a table. The first row holds the names of the columns.
pub(super) fn rows(rounds: &Rounds, is_websocket: bool) -> Vec<Vec<String>> {
    let stages: Vec<Stage> =
        Rounds::stages(is_websocket).into_iter().filter(|stage| is_timed(rounds, *stage)).collect();
    if stages.is_empty() {
        return Vec::new();
    }
    let names = stages.iter().map(|stage| stage.id()).chain(["total"]);
    let mut rows = vec![std::iter::once("").chain(names).map(str::to_owned).collect::<Vec<_>>()];
    for (label, made) in [("cold", &rounds.cold), ("warm", &rounds.warm)] {
        let spreads: Vec<Option<Spread>> =
            stages.iter().map(|stage| Spread::of_stage(made, *stage)).chain([Spread::of_whole(made)]).collect();
        let row = |what: &str, of: fn(&Spread) -> f64| {
            let cells =
                spreads.iter().map(|spread| spread.as_ref().map_or_else(|| "-".to_owned(), |spread| shown(of(spread))));
            std::iter::once(format!("{label} {what}")).chain(cells).collect::<Vec<_>>()
        };
        rows.push(row("minimum", |spread| spread.min));
        rows.push(row("median", |spread| spread.median));
    }
    rows
}

/// Returns how many rounds were made, and why not all of them.
pub(super) fn made(rounds: &Rounds, ended: Ended) -> String {
    let number = rounds.cold.len();
    if number == rounds.wanted {
        return format!("{}, in ms", count(number, "round", "rounds"));
    }
    let why = if ended == Ended::Interrupted { "interrupted" } else { "the time limit expired" };
    format!("{number} of {} rounds, in ms: {why}", rounds.wanted)
}

/// Returns conclusions from the numbers, one sentence each.
pub(super) fn remarks(rounds: &Rounds) -> Vec<String> {
    let mut remarks = Vec::new();
    for (label, made) in [("cold", &rounds.cold), ("warm", &rounds.warm)] {
        let mut failures = made.iter().filter_map(|round| round.failure.as_ref());
        if let Some(first) = failures.next() {
            let (number, all) = (failures.count() + 1, made.len());
            remarks.push(format!("{number} of {all} {label} rounds failed, the first at {}", shortened(&first.text)));
        }
    }
    remarks.extend(saved(rounds));
    remarks
}

/// Returns the time that a cached address and a cached session save.
fn saved(rounds: &Rounds) -> Option<String> {
    let (cold, warm) = (Spread::of_whole(&rounds.cold)?, Spread::of_whole(&rounds.warm)?);
    let tried: Vec<bool> = rounds.warm.iter().filter_map(|round| round.is_resumed).collect();
    let resumed = tried.iter().filter(|is_resumed| **is_resumed).count();
    let session = match tried.len() {
        0 => "address cached".to_owned(),
        all => format!("address and TLS session cached (resumed in {resumed} of {all})"),
    };
    let difference = cold.median - warm.median;
    let gain =
        if difference > 0.0 { format!("{} less", time(duration(difference))) } else { "no time saved".to_owned() };
    Some(format!("warm, {session}: {gain} per connection; keeping one open avoids it entirely (ENV04)"))
}

fn is_timed(rounds: &Rounds, stage: Stage) -> bool {
    let has = |made: &[Round]| made.iter().any(|round| round.of(stage).is_some());
    has(&rounds.cold) || has(&rounds.warm)
}

fn shown(ms: f64) -> String {
    millis(duration(ms))
}

/// Converts milliseconds. Evidence can come from anywhere, so a number that is not a valid duration counts as zero.
fn duration(ms: f64) -> Duration {
    Duration::try_from_secs_f64(ms / 1e3).unwrap_or_default()
}

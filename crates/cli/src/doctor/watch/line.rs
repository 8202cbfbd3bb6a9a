//! A watch in text: one dated line for each change.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use anstyle::{AnsiColor, Style};
use speech_endpoint::emulation::{rfc3339, unix_seconds};
use speech_endpoint::{Stage, Verdict};

use super::change::{Change, ServiceChange, WholeChange};
use super::state::{Cause, ServiceState, State, Status};
use crate::style::{BOLD, DIM};

/// Returns the lines of the first run: its result, and each service that is not up.
pub(super) fn first(state: &State, headline: &str, now: SystemTime) -> String {
    let mut text = dated(now, headline);
    for service in state.services.iter().filter(|service| service.status != Status::Up) {
        text += &dated(now, &format!("{} {}", named(service), status(service.status)));
    }
    text
}

pub(super) fn change(change: &Change, now: SystemTime) -> String {
    let text = match change {
        Change::Service(change) => of_service(change),
        Change::Whole(change) => of_whole(change),
    };
    dated(now, &text)
}

/// Returns the line of a run that could not be carried out.
pub(super) fn failed(problem: &str, now: SystemTime) -> String {
    dated(now, &format!("the run failed: {problem}"))
}

/// Returns the line of the first run that could be carried out again.
pub(super) fn recovered(verdict: Verdict, now: SystemTime) -> String {
    dated(now, &format!("the runs work again: {verdict}"))
}

/// Returns the last line.
pub(super) fn stopped(runs: u64, last: Option<&State>, now: SystemTime) -> String {
    let plural = if runs == 1 { "run" } else { "runs" };
    let verdict = last.map(|state| format!(": {}", state.verdict)).unwrap_or_default();
    dated(now, &format!("stopped after {runs} {plural}{verdict}"))
}

/// Returns what the status line says between two runs.
pub(super) fn waiting(runs: u64, state: Option<&State>, left: Duration) -> String {
    let verdict = state.map_or("no result", |state| state.verdict.id());
    format!("run {runs}: {verdict}; next run in {:.0} s", left.as_secs_f64().ceil())
}

fn of_service(change: &ServiceChange) -> String {
    let (service, mut parts) = (&change.now, Vec::new());
    let has_status = change.before != Some(service.status);
    if !change.is_gone && has_status {
        parts.push(match (change.before, service.status, change.down_for) {
            (Some(_), Status::Up, Some(seconds)) => {
                format!("{GREEN}works again{GREEN:#} after {}", spelled(seconds))
            }
            (Some(Status::Down { .. }), Status::Down { stage, cause }, _) => {
                format!("{RED}still fails{RED:#}, now {}", place(stage, cause))
            }
            (None, ..) => format!("is now checked, and {}", status(service.status)),
            _ => status(service.status),
        });
    }
    if change.is_gone {
        parts.push("is no longer checked".to_owned());
    }
    // The line already names the cause.
    let named_cause = match service.status {
        Status::Down { cause: Some(cause), .. } if has_status => Some(cause.id),
        _ => None,
    };
    let appeared: Vec<&str> = change.appeared.iter().copied().filter(|id| Some(*id) != named_cause).collect();
    parts.extend(findings(&appeared, &change.gone));
    if !change.new_addresses.is_empty() {
        let shown: Vec<String> = change.new_addresses.iter().take(MOST_ADDRESSES).map(ToString::to_string).collect();
        let more = change.new_addresses.len() - shown.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        parts.push(format!("new address {}{more}", shown.join(", ")));
    }
    if let Some(certificate) = &change.new_certificate {
        let end = time(certificate.not_after).map(|end| format!(", valid until {end}")).unwrap_or_default();
        let start: String = certificate.sha256.chars().take(SHOWN_DIGITS).collect();
        parts.push(format!("new certificate {start}…{end}"));
    }
    let separator = if has_status || change.is_gone { " " } else { ": " };
    format!("{}{separator}{}", named(service), parts.join("; "))
}

fn of_whole(change: &WholeChange) -> String {
    let mut parts = Vec::new();
    let (before, now) = change.verdict;
    if before != now {
        parts.push(format!("the result is {now}, and was {before}"));
    }
    let (before, now) = change.root_cause;
    if before.map(|cause| cause.id) != now.map(|cause| cause.id) {
        parts.push(match (before, now) {
            (None, Some(now)) => format!("the root cause is {}", cause_text(now)),
            (Some(before), Some(now)) => format!("the root cause is {}, and was {}", cause_text(now), before.id),
            (before, None) => format!("the root cause {} is gone", before.map_or("", |cause| cause.id)),
        });
    }
    parts.extend(findings(&change.appeared, &change.gone));
    parts.join("; ")
}

fn findings(appeared: &[&str], gone: &[&str]) -> Vec<String> {
    let listed = |ids: &[&str], [one, many]: [&str; 2]| match ids {
        [] => None,
        [id] => Some(one.replace("{}", id)),
        ids => Some(many.replace("{}", &ids.join(", "))),
    };
    let appeared = listed(appeared, ["new finding {}", "new findings {}"]);
    let gone = listed(gone, ["the finding {} is gone", "the findings {} are gone"]);
    [appeared, gone].into_iter().flatten().collect()
}

fn status(status: Status) -> String {
    match status {
        Status::Up => format!("{GREEN}works{GREEN:#}"),
        Status::Down { stage, cause } => format!("{RED}fails{RED:#} {}", place(stage, cause)),
        Status::Unknown => "was not checked: the time limit expired first".to_owned(),
    }
}

fn place(stage: Stage, cause: Option<Cause>) -> String {
    match cause {
        Some(cause) => format!("at {stage}: {}", cause_text(cause)),
        None => format!("at {stage}, without a known cause"),
    }
}

fn cause_text(cause: Cause) -> String {
    format!("{} {}", cause.id, cause.title)
}

fn named(service: &ServiceState) -> String {
    format!("{BOLD}{}{BOLD:#}", service.service)
}

fn dated(now: SystemTime, text: &str) -> String {
    format!("{DIM}{}{DIM:#}  {text}\n", rfc3339(now))
}

/// Returns a time as its date.
fn time(seconds: i64) -> Option<String> {
    let since = Duration::from_secs(u64::try_from(seconds).ok()?);
    let time = SystemTime::UNIX_EPOCH.checked_add(since)?;
    // RFC 3339 has years of four digits.
    let text = Some(rfc3339(time)).filter(|text| text.len() == RFC_3339 && unix_seconds(time) == seconds)?;
    Some(text.chars().take(DATE).collect())
}

/// Returns a time in at most two units.
fn spelled(seconds: u64) -> String {
    let units = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let mut text = String::new();
    for (count, unit) in units.into_iter().skip_while(|(count, _)| *count == 0).take(2).filter(|(count, _)| *count > 0)
    {
        let _ = write!(text, "{}{count} {unit}", if text.is_empty() { "" } else { " " });
    }
    if text.is_empty() { "less than 1 s".to_owned() } else { text }
}

const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();

/// More addresses do not fit in a line.
const MOST_ADDRESSES: usize = 4;

/// The digits of a fingerprint that identify a certificate to a reader.
const SHOWN_DIGITS: usize = 16;

/// The length of `2026-01-01T00:00:00Z`.
const RFC_3339: usize = 20;

/// The length of `2026-01-01`.
const DATE: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_at_most_two_units() {
        for (seconds, text) in
            [(0, "less than 1 s"), (59, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (3601, "1 h"), (90_000, "1 d 1 h")]
        {
            assert_eq!(spelled(seconds), text);
        }
    }

    #[test]
    fn the_end_of_a_certificate_is_a_date() {
        assert_eq!(time(1_767_225_600).as_deref(), Some("2026-01-01"));
        assert_eq!(time(-1), None);
        assert_eq!(time(i64::MAX), None);
    }
}

//! What a log shows: its steps, the ids for a support request, and what its SDK is known to do wrong.

use std::fmt::Write as _;

use speech_endpoint::{Defect, IdKind, Reached, Sdk, Step, Timeline};

use super::entry::{INDENT, WIDTH, labelled};
use crate::style::{BOLD, DIM, wrap};

/// Writes the steps of a log. Of a long one, the first and the last ones are shown.
pub(super) fn steps(text: &mut String, timeline: &Timeline, is_verbose: bool) {
    let _ = writeln!(text, "\n{BOLD}timeline{BOLD:#}");
    let steps = &timeline.steps;
    let hidden = if is_verbose { 0 } else { steps.len().saturating_sub(MOST_STEPS) };
    let mut last: Option<String> = None;
    for (index, step) in steps.iter().enumerate() {
        if hidden > 0 && index == FIRST_STEPS {
            let _ = writeln!(text, "  {DIM}{hidden} more with -v{DIM:#}");
        }
        if (FIRST_STEPS..FIRST_STEPS + hidden).contains(&index) {
            continue;
        }
        let time = step.time.as_deref().map_or_else(|| format!("line {}", step.line), clock);
        let place = place(step);
        let other = place.iter().filter(|place| last.as_ref() != Some(*place));
        let mut lines: Vec<String> = other.flat_map(|place| wrap(place, WIDTH - COLUMN)).collect();
        lines.extend(wrap(&ending(step), WIDTH - COLUMN));
        if step.times > 1 {
            lines.push(repeated(step));
        }
        for (index, line) in lines.iter().enumerate() {
            let label = if index == 0 { time.as_str() } else { "" };
            let _ = writeln!(text, "  {DIM}{label:<width$}{DIM:#}{line}", width = COLUMN - 2);
        }
        last = place;
    }
}

/// Returns a sentence on the whole log.
pub(super) fn summary(timeline: &Timeline) -> String {
    let attempts = timeline.attempts();
    let mut summary = match attempts {
        0 => counted(timeline.failures(), "failure"),
        count => counted(count, "connection"),
    };
    let first = timeline.steps.first().and_then(|step| step.time.as_deref());
    let last = timeline.steps.last().and_then(|step| step.last_time.as_deref());
    if let (Some(first), Some(last)) = (first, last) {
        let _ = if first == last { write!(summary, ", at {first}") } else { write!(summary, ", {first} to {last}") };
    }
    if timeline.ends_well() {
        summary.push_str("; the last call worked");
    }
    summary
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// Returns where a step leads.
pub(super) fn place(step: &Step) -> Option<String> {
    let address = step.address.map(|address| address.to_string());
    let mut place = match (&step.host, address) {
        (Some(host), Some(address)) => format!("{host} at {address}"),
        (Some(host), None) => host.clone(),
        (None, Some(address)) => address,
        (None, None) => return step.proxy.as_ref().map(|proxy| format!("through the proxy {proxy}")),
    };
    if let Some(proxy) = &step.proxy {
        let _ = write!(place, " through the proxy {proxy}");
    }
    Some(place)
}

/// Returns how a step ended.
pub(super) fn ending(step: &Step) -> String {
    let mut ending = match (step.failure, step.reached) {
        (Some(meaning), _) => meaning.sentence().to_owned(),
        (None, Some(Reached::Result)) => "the service delivered a result".to_owned(),
        (None, Some(Reached::Service)) => "the service accepted the call".to_owned(),
        (None, Some(Reached::Handshake)) => "the TLS handshake was done; the log does not show more".to_owned(),
        (None, Some(Reached::Connection)) => "the TCP connection was open; the log does not show more".to_owned(),
        (None, Some(Reached::Address)) => "the name resolved; the log does not show more".to_owned(),
        (None, _) => "the log does not show how it ended".to_owned(),
    };
    if let Some(status) = step.status {
        ending = format!("HTTP {status}: {ending}");
    }
    if let Some(code) = step.close_code {
        let _ = write!(ending, " (close code {code})");
    }
    ending
}

fn repeated(step: &Step) -> String {
    match &step.last_time {
        Some(last) if step.time.as_ref() != Some(last) => format!("{} times, until {}", step.times, clock(last)),
        _ => format!("{} times", step.times),
    }
}

/// Returns the time of day, to the millisecond.
fn clock(time: &str) -> String {
    let day = time.split(['T', ' ']).next_back().unwrap_or(time);
    let plain = day.split(['Z', '+', '-']).next().unwrap_or(day);
    plain.chars().take(LONGEST_CLOCK).collect()
}

/// The length of `18:09:10.741`.
const LONGEST_CLOCK: usize = 12;

/// Writes the ids for a support request.
pub(super) fn ids(text: &mut String, timeline: &Timeline, is_verbose: bool) {
    let _ = writeln!(text, "\n{BOLD}ids for a support request{BOLD:#}");
    for kind in IdKind::ALL {
        let ids: Vec<&str> = timeline.ids.iter().filter(|id| id.kind == kind).map(|id| id.value.as_str()).collect();
        let hidden = if is_verbose { 0 } else { ids.len().saturating_sub(MOST_IDS) };
        let mut label = kind.id();
        for id in &ids[hidden..] {
            let _ = writeln!(text, "  {DIM}{label:<12}{DIM:#}{id}");
            label = "";
        }
        if hidden > 0 {
            let _ = writeln!(text, "  {:<12}{DIM}{hidden} earlier with -v{DIM:#}", "");
        }
    }
}

/// Writes what an SDK is known to do wrong.
pub(super) fn defects(text: &mut String, sdk: &Sdk, defects: &[&Defect]) {
    let _ = writeln!(text, "\n{BOLD}known behaviour of {sdk}{BOLD:#}");
    for found in defects {
        defect(text, found);
    }
}

fn defect(text: &mut String, defect: &Defect) {
    for line in wrap(defect.text(), WIDTH - 2) {
        let _ = writeln!(text, "  {line}");
    }
    labelled(text, "do", defect.remedy());
}

/// Returns the known defects of an SDK, without a text.
pub(super) fn all_defects(sdk: &Sdk) -> String {
    let mut text = format!("{BOLD}{sdk}{BOLD:#}\n");
    for found in Defect::of(sdk) {
        text.push('\n');
        defect(&mut text, found);
        let fixed = found.fixed().map_or_else(|| "in no version yet".to_owned(), |version| format!("in {version}"));
        labelled(&mut text, "fixed", &fixed);
        labelled(&mut text, "source", found.source());
    }
    text
}

/// The column at which the words of a step begin.
const COLUMN: usize = INDENT + 2;

/// The number of steps that are shown, and of those that are shown from the beginning.
const MOST_STEPS: usize = 12;
const FIRST_STEPS: usize = 3;

/// The number of ids of one kind that are shown.
const MOST_IDS: usize = 3;

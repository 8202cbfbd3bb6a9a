//! Text for people: one line per account.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use speech_endpoint::azure::{NoteWeight, shown};
use speech_endpoint::{KnownFailure, Verdict};

use super::json::worst;
use super::{Effect, Entry, Listing};
use crate::style::{BOLD, DIM, wrap};

/// Returns the list. A probe adds its verdict, exit code and root cause to each account, and the title of each cause at the end.
pub(super) fn write(listing: &Listing<'_>, width: usize) -> String {
    let names: Vec<String> = listing.entries.iter().map(name).collect();
    let column =
        names.iter().map(|name| name.chars().count()).max().unwrap_or_default().clamp(NAME, (width / 3).max(NAME));
    let mut text = String::new();
    for line in wrap(&summary(listing), width) {
        let _ = writeln!(text, "{BOLD}{line}{BOLD:#}");
    }
    for (entry, name) in listing.entries.iter().zip(&names) {
        let mut line = format!("{name:column$}  ");
        if let Some(effect) = entry.effect {
            let _ = write!(line, "{:9}  ", word(effect));
        }
        line += entry.standing.account.as_ref().map_or("not readable", |account| account.scenario().id());
        let lead = if listing.probe.is_some() { outcome(entry) } else { format!("{:7}", worst(entry)) };
        let style = if listing.probe.is_some() { style_of_outcome(entry) } else { style_of_notes(entry) };
        let columns = lead.chars().count() + 2 + line.chars().count();
        let notes = notes(entry, listing.probe.is_some().then(|| width.saturating_sub(columns)));
        let _ = writeln!(text, "{style}{lead}{style:#}  {line}{DIM}{notes}{DIM:#}");
    }
    causes(&mut text, listing, width);
    text
}

/// Returns verdict, exit code and root cause in columns.
fn outcome(entry: &Entry<'_>) -> String {
    match entry.outcome {
        Some(outcome) => {
            let code = if outcome.exit_code == 0 { String::new() } else { outcome.exit_code.to_string() };
            format!("{:11} {code:>2} {:6}", outcome.verdict.id(), outcome.root_cause.unwrap_or_default())
        }
        None => format!("{:21}", "not probed"),
    }
}

/// Returns the codes of the notes; those that fit, if there is a limit.
fn notes(entry: &Entry<'_>, room: Option<usize>) -> String {
    let codes: Vec<&str> = entry.standing.notes.iter().map(|note| note.note.id).collect();
    if codes.is_empty() {
        return String::new();
    }
    let all = format!("  {}", codes.join(" "));
    if room.is_none_or(|room| all.len() <= room) {
        return all;
    }
    let few = format!("  {} note{}", codes.len(), if codes.len() == 1 { "" } else { "s" });
    if room.is_some_and(|room| few.len() <= room) { few } else { String::new() }
}

fn style_of_notes(entry: &Entry<'_>) -> Style {
    match entry.standing.worst() {
        Some(NoteWeight::Error) => AnsiColor::Red.on_default(),
        Some(NoteWeight::Warning) => AnsiColor::Yellow.on_default(),
        _ => Style::new(),
    }
}

fn style_of_outcome(entry: &Entry<'_>) -> Style {
    match entry.outcome.map(|outcome| outcome.verdict) {
        Some(Verdict::Unreachable) => AnsiColor::Red.on_default(),
        Some(Verdict::Degraded) => AnsiColor::Yellow.on_default(),
        Some(_) => AnsiColor::Green.on_default(),
        None => DIM,
    }
}

/// Adds each root cause with its number of accounts and its title.
fn causes(text: &mut String, listing: &Listing<'_>, width: usize) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for id in listing.entries.iter().filter_map(|entry| entry.outcome?.root_cause) {
        *counts.entry(id).or_default() += 1;
    }
    if counts.is_empty() {
        return;
    }
    text.push('\n');
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(id, count)| (std::cmp::Reverse(*count), *id));
    for (id, count) in counts {
        let title = KnownFailure::find(id).map(|failure| failure.title).unwrap_or_default();
        let lead = format!("{count:>6} × {id:6}  ");
        for (number, line) in wrap(title, width.saturating_sub(lead.chars().count())).iter().enumerate() {
            let lead = if number == 0 { lead.clone() } else { " ".repeat(lead.chars().count()) };
            let _ = writeln!(text, "{lead}{line}");
        }
    }
    let _ = writeln!(text, "\n{DIM}`explain ID` says more about a cause; `doctor` examines one account{DIM:#}");
}

fn name(entry: &Entry<'_>) -> String {
    entry.standing.document.title().map_or_else(|| "without a name".to_owned(), shown)
}

/// Returns the effect of switching the service endpoint on.
fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::Breaks => "breaks",
        Effect::Keeps => "keeps",
        Effect::Unknown => "no effect",
    }
}

fn summary(listing: &Listing<'_>) -> String {
    let entries = &listing.entries;
    let plural = if entries.len() == 1 { "" } else { "s" };
    let mut line = format!("{} account{plural}: ", entries.len());
    if let Some(end) = listing.probe {
        let count =
            |verdict| entries.iter().filter(|entry| entry.outcome.map(|outcome| outcome.verdict) == verdict).count();
        let words = [Verdict::Unreachable, Verdict::Degraded, Verdict::Healthy];
        let parts = words.map(|verdict| format!("{} {verdict}", count(Some(verdict))));
        let _ = write!(line, "{}, {} not probed", parts.join(", "), count(None));
        if end.is_interrupted {
            line += "; interrupted";
        }
        if end.is_untried {
            line += "; no credential was tried";
        }
    } else {
        let count = |weight| entries.iter().filter(|entry| entry.standing.worst() == weight).count();
        let (errors, warnings) = (count(Some(NoteWeight::Error)), count(Some(NoteWeight::Warning)));
        let _ = write!(line, "{errors} with errors, {warnings} with warnings");
    }
    if listing.has_subnet {
        let breaking = entries.iter().filter(|entry| entry.effect == Some(Effect::Breaks)).count();
        let _ = write!(line, "; switching the service endpoint on breaks {breaking}");
    }
    line
}

/// Says how far a probe came that the user interrupted.
pub(super) fn progress(listing: &Listing<'_>) -> String {
    let done = listing.entries.iter().filter(|entry| entry.outcome.is_some()).count();
    format!("interrupted: {done} of {} accounts are probed", listing.entries.len())
}

/// The narrowest column of names.
const NAME: usize = 12;

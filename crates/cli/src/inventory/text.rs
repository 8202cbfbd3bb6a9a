//! Text for people: one line per account.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use speech_endpoint::azure::{NoteWeight, shown};

use super::json::worst;
use super::{Effect, Entry};
use crate::style::{BOLD, DIM};

pub(super) fn write(entries: &[Entry<'_>], width: usize) -> String {
    let names: Vec<String> = entries.iter().map(name).collect();
    let column = names.iter().map(|name| name.chars().count()).max().unwrap_or_default().clamp(NAME, width / 3);
    let mut text = String::new();
    let _ = writeln!(text, "{BOLD}{}{BOLD:#}", summary(entries));
    for (entry, name) in entries.iter().zip(&names) {
        let style = match entry.standing.worst() {
            Some(NoteWeight::Error) => AnsiColor::Red.on_default(),
            Some(NoteWeight::Warning) => AnsiColor::Yellow.on_default(),
            _ => Style::new(),
        };
        let _ = write!(text, "{style}{:7}{style:#}  {name:column$}  ", worst(entry));
        if let Some(effect) = entry.effect {
            let _ = write!(text, "{:9}  ", word(effect));
        }
        let scenario = entry.standing.account.as_ref().map_or("not readable", |account| account.scenario().id());
        let codes: Vec<&str> = entry.standing.notes.iter().map(|note| note.note.id).collect();
        let _ = writeln!(text, "{scenario}{}{DIM}{}{DIM:#}", if codes.is_empty() { "" } else { "  " }, codes.join(" "));
    }
    text
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

fn summary(entries: &[Entry<'_>]) -> String {
    let count = |weight| entries.iter().filter(|entry| entry.standing.worst() == weight).count();
    let plural = if entries.len() == 1 { "" } else { "s" };
    let breaking = entries.iter().filter(|entry| entry.effect == Some(Effect::Breaks)).count();
    let mut line = format!(
        "{} account{plural}: {} with errors, {} with warnings",
        entries.len(),
        count(Some(NoteWeight::Error)),
        count(Some(NoteWeight::Warning))
    );
    if entries.iter().any(|entry| entry.effect.is_some()) {
        let _ = write!(line, "; switching the service endpoint on breaks {breaking}");
    }
    line
}

/// The narrowest column of names.
const NAME: usize = 12;

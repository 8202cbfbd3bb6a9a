//! The table of facts for people: facts from one page stand together, below the page and its date.

use std::fmt::Write as _;

use speech_endpoint::{Cloud, Fact, Region, Service};

use crate::style::{BOLD, DIM, wrap};

/// Writes the facts. With a region, its lists are not repeated.
pub(super) fn write(facts: &[&Fact], region: Option<&Region>, width: usize) -> String {
    let mut text = String::new();
    if facts.is_empty() {
        return text;
    }
    let width = width.max(NARROWEST);
    let unconfirmed = facts.iter().filter(|fact| !fact.is_confirmed).count();
    let plural = if facts.len() == 1 { "" } else { "s" };
    let _ = writeln!(text, "{} fact{plural}, {unconfirmed} unconfirmed; pages without a host are below", facts.len());
    let _ = writeln!(text, "{LEARN}");
    let mut last = None;
    for fact in facts {
        let group = (fact.kind, &fact.source, &fact.edition);
        if last != Some(group) {
            heading(&mut text, fact, width);
            last = Some(group);
        }
        row(&mut text, fact, region, width);
    }
    text
}

fn heading(text: &mut String, fact: &Fact, width: usize) {
    let page = fact.source.strip_prefix(LEARN).or_else(|| fact.source.strip_prefix("https://")).unwrap_or(&fact.source);
    let start = format!("{} · {}", fact.kind, fact.edition);
    let _ = write!(text, "\n{BOLD}{}{BOLD:#} · {}", fact.kind, fact.edition);
    if start.chars().count() + 3 + page.len() <= width {
        let _ = writeln!(text, " · {page}");
        return;
    }
    let _ = writeln!(text);
    // A page from a file may be longer than a line.
    for piece in page.as_bytes().chunks(width - 2).map(String::from_utf8_lossy) {
        let _ = writeln!(text, "  {piece}");
    }
}

fn row(text: &mut String, fact: &Fact, region: Option<&Region>, width: usize) {
    let about = fact.service.map(Service::id).or(fact.cloud.as_ref().map(Cloud::id));
    let subject = [about, fact.name.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let mut value = match region {
        Some(_) => "listed".to_owned(),
        None if fact.values.is_empty() => "none".to_owned(),
        None => fact.values.join(", "),
    };
    if !fact.is_confirmed {
        value += " · unconfirmed";
    }
    let is_wide = subject.chars().count() > COLUMN;
    if is_wide {
        let _ = writeln!(text, "  {subject}");
    }
    for (i, line) in broken(&value, width - COLUMN - 4).into_iter().enumerate() {
        let start = if i == 0 && !is_wide { &subject } else { "" };
        let _ = writeln!(text, "  {start:COLUMN$}  {line}");
    }
    // A note about another region would distract.
    let note = fact.note.iter().filter(|note| region.is_none_or(|region| note.contains(region.as_str())));
    for line in note.flat_map(|note| broken(note, width - COLUMN - 4)) {
        let _ = writeln!(text, "  {:COLUMN$}  {DIM}{line}{DIM:#}", "");
    }
}

/// Breaks text into lines, and words that are longer than a line as well.
fn broken(text: &str, width: usize) -> Vec<String> {
    let pieces = |line: String| -> Vec<String> {
        let chars: Vec<char> = line.chars().collect();
        chars.chunks(width).map(|piece| piece.iter().collect()).collect()
    };
    wrap(text, width).into_iter().flat_map(pieces).collect()
}

const LEARN: &str = "https://learn.microsoft.com/azure/";

/// A narrower terminal breaks the lines itself.
const NARROWEST: usize = 60;

/// The width of the first column; the longest id of a service has 26 characters.
const COLUMN: usize = 26;

//! `explain`: shows one failure of the catalogue, all of them, or those that match a pasted error text.
#![allow(clippy::doc_markdown, reason = "doc comments of arguments are help, read in a terminal")]

use std::fmt::Write as _;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use clap::{Args as ClapArgs, ValueEnum};
use serde::Serialize;
use speech_endpoint::{Area, KnownFailure, Severity, TextMatch, diagnosed_ids, ids_for};
use speech_endpoint_lab::World;

use super::args::OutputArgs;
use super::catalogue;
use super::failure::Failure;
use super::json;
use super::machine;
use super::output::Output;
use super::style::{BOLD, DIM, wrap};

#[derive(Debug, ClapArgs)]
pub(crate) struct ExplainArgs {
    /// Ids like DNS03, an error line of an SDK or the service, or - to read it from stdin [default: list all]
    #[arg(value_name = "ID | TEXT")]
    pub(crate) what: Vec<String>,
    /// text or json
    #[arg(long, value_enum, default_value = "text", hide_possible_values = true, help_heading = "Output")]
    pub(crate) format: ExplainFormat,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    Text,
    Json,
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  speech-endpoint explain
  speech-endpoint explain DNS03
  speech-endpoint explain POL01 POL02 --format json
  speech-endpoint explain 'WebSocket upgrade failed: Authentication error (401)'
  tail -n 20 app.log | speech-endpoint explain -";

/// Explains ids or a text.
///
/// 1. No argument: list all entries, one per line.
/// 2. Only ids: show these entries in full; an unknown id is a usage error.
/// 3. Any other text: show its likely meaning and the ids to check. The text itself is never shown.
pub(crate) fn run(args: &ExplainArgs, output: &Output) -> Result<u8, Failure> {
    let is_json = args.format == ExplainFormat::Json;
    let answer = answer(args).map_err(|failure| failure.with_json(is_json))?;
    output.detail(1, || answer.summary());
    output.data(&if is_json { as_json(&answer)? } else { answer.text() })?;
    Ok(0)
}

enum Answer {
    All,
    Entries(Vec<&'static KnownFailure>),
    Reading(Vec<TextMatch>),
}

fn answer(args: &ExplainArgs) -> Result<Answer, Failure> {
    if args.what.is_empty() {
        return Ok(Answer::All);
    }
    let text = match args.what.as_slice() {
        [dash] if dash == "-" => machine::read_file(Path::new("-"), "explain", LONGEST_TEXT)?,
        words => words.join(" "),
    };
    if text.trim().is_empty() {
        return Err(Failure::usage(format!("nothing to explain: {EXPECTED}")));
    }
    let words = || text.split([' ', ',', ';', '\t', '\r', '\n']).filter(|word| !word.is_empty());
    if words().all(has_id_shape) {
        return words().map(entry).collect::<Result<_, _>>().map(Answer::Entries);
    }
    match ids_for(&text) {
        none if none.is_empty() => Err(Failure::usage(format!("the text is not a known error: {EXPECTED}"))),
        readings => Ok(Answer::Reading(readings)),
    }
}

/// Returns whether a word is an area and one or two digits. A longer number is an error code in a text: `HTTP404`.
fn has_id_shape(word: &str) -> bool {
    let area = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = word.len() - area.len();
    let letters = area.strip_suffix(['-', '_']).unwrap_or(area);
    (1..=2).contains(&digits) && (2..=6).contains(&letters.len()) && letters.bytes().all(|b| b.is_ascii_alphabetic())
}

fn entry(id: &str) -> Result<&'static KnownFailure, Failure> {
    catalogue::find(id).map_err(|error| Failure::usage(error.or_expected("an id like `DNS03`")))
}

impl Answer {
    /// Returns the entries, without duplicates, in reading order.
    fn entries(&self) -> Vec<&'static KnownFailure> {
        let mut entries: Vec<&'static KnownFailure> = Vec::new();
        let mut add = |entry: &'static KnownFailure| {
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        };
        match self {
            Self::All => KnownFailure::all().for_each(add),
            Self::Entries(given) => given.iter().copied().for_each(add),
            Self::Reading(readings) => {
                let ids = readings.iter().flat_map(|reading| &reading.ids);
                ids.filter_map(|id| KnownFailure::find(id)).for_each(&mut add);
            }
        }
        entries
    }

    fn summary(&self) -> String {
        let count = self.entries().len();
        match self {
            Self::All => format!("the catalogue has {count} failures"),
            Self::Entries(_) => format!("{count} ids given"),
            Self::Reading(readings) => format!("{} known texts match, with {count} ids to check", readings.len()),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::All => list(),
            Self::Entries(_) => self.entries().into_iter().map(in_full).collect::<Vec<_>>().join("\n"),
            Self::Reading(readings) => reading(readings, &self.entries()),
        }
    }
}

/// Lists every entry on one line, by area.
fn list() -> String {
    let mut text = String::new();
    for area in Area::ALL {
        let exit_code = area.exit_code().map_or_else(String::new, |code| format!("   exit code {code}"));
        let _ = writeln!(text, "{BOLD}{area}{BOLD:#}{exit_code}");
        for failure in KnownFailure::all().filter(|failure| failure.area == area) {
            line(&mut text, failure);
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{DIM}{MORE}{DIM:#}");
    text
}

fn line(text: &mut String, failure: &KnownFailure) {
    let style = style(failure.severity);
    let _ = writeln!(text, "  {:<6}  {style}{:<7}{style:#}  {}", failure.id, failure.severity.id(), failure.title);
}

/// Writes one entry in full: labels in a fixed order, sentences wrapped, commands on separate lines.
fn in_full(failure: &'static KnownFailure) -> String {
    let style = style(failure.severity);
    let mut text = format!("{BOLD}{}  {}{BOLD:#}\n", failure.id, failure.title);
    let depends = failure.severity_when.map_or_else(String::new, |when| format!(", {when}"));
    let exit_code = failure.area.exit_code().map_or_else(String::new, |code| format!(" · exit code {code}"));
    let _ = writeln!(text, "  {style}{}{style:#}{depends} · {}{exit_code}", failure.severity, failure.area);
    text.push('\n');
    labelled(&mut text, "symptom", failure.observed);
    labelled(&mut text, "cause", failure.cause);
    labelled(&mut text, "distinguish", failure.tell_apart);
    labelled(&mut text, "do", failure.remedy);
    for command in failure.commands {
        let _ = writeln!(text, "{:INDENT$}  {COMMAND}{command}{COMMAND:#}", "");
    }
    labelled(&mut text, "evidence", failure.evidence);
    labelled(&mut text, "see", failure.see.unwrap_or(UNCONFIRMED));
    match only(&[failure]) {
        Some(command) => labelled(&mut text, "check", &command),
        None => labelled(&mut text, "check", &unchecked(failure)),
    }
    if let Some(command) = rehearsal(failure) {
        labelled(&mut text, "reproduce", &command);
    }
    text
}

fn labelled(text: &mut String, label: &str, sentence: &str) {
    let mut label = label;
    for line in wrap(sentence, WIDTH - INDENT) {
        let _ = writeln!(text, "  {DIM}{label:<12}{DIM:#}{line}");
        label = "";
    }
}

/// Returns why the doctor cannot check an entry.
fn unchecked(failure: &KnownFailure) -> String {
    match failure.unseen() {
        Some(reason) => format!("the doctor cannot check this: {reason}"),
        None => NO_RULE.to_owned(),
    }
}

/// Returns whether the doctor can detect the failure.
fn has_rule(failure: &KnownFailure) -> bool {
    diagnosed_ids().any(|id| id == failure.id)
}

/// Returns the doctor command that checks only these entries, as far as it has rules for them.
fn only(entries: &[&'static KnownFailure]) -> Option<String> {
    let ids: Vec<&str> = entries.iter().filter(|entry| has_rule(entry)).map(|entry| entry.id).collect();
    (!ids.is_empty()).then(|| format!("speech-endpoint doctor RESOURCE --only {}", ids.join(",")))
}

/// Returns the command that reproduces the failure in the lab.
fn rehearsal(failure: &KnownFailure) -> Option<String> {
    World::named(failure.id).map(|_| format!("speech-endpoint doctor --lab {}", failure.id))
}

/// Writes the command that checks the entries, and the entries that it cannot check.
fn test(text: &mut String, entries: &[&'static KnownFailure]) {
    if let Some(command) = only(entries) {
        let _ = writeln!(text, "\n{BOLD}run{BOLD:#}\n  {COMMAND}{command}{COMMAND:#}");
    }
    let untested: Vec<&str> = entries.iter().filter(|entry| !has_rule(entry)).map(|entry| entry.id).collect();
    if !untested.is_empty() {
        labelled_wide(text, "no check", &untested.join(" "));
    }
}

/// Writes the likely meaning of a pasted text, and the entries to check.
fn reading(readings: &[TextMatch], entries: &[&'static KnownFailure]) -> String {
    let mut text = String::new();
    for (index, reading) in readings.iter().enumerate() {
        let mut label = if index == 0 { "meaning" } else { "or" };
        for line in wrap(reading.reading, WIDTH - 15) {
            let _ = writeln!(text, "{BOLD}{label:<15}{BOLD:#}{line}");
            label = "";
        }
    }
    if entries.is_empty() {
        let _ = writeln!(text, "{BOLD}{:<15}{BOLD:#}nothing: no failure of the catalogue matches", "to check");
        return text;
    }
    let _ = writeln!(text, "\n{BOLD}to check{BOLD:#}");
    if entries.len() > MOST_LINES {
        by_area(&mut text, entries);
    } else {
        for failure in entries {
            line(&mut text, failure);
        }
    }
    test(&mut text, entries);
    let _ = writeln!(text, "\n{DIM}{MORE}{DIM:#}");
    text
}

/// Writes the ids by area, because one line per entry would be too long for whole areas.
fn by_area(text: &mut String, entries: &[&'static KnownFailure]) {
    for area in Area::ALL {
        let ids: Vec<&str> = entries.iter().filter(|entry| entry.area == area).map(|entry| entry.id).collect();
        if !ids.is_empty() {
            labelled_wide(text, area.id(), &ids.join(" "));
        }
    }
}

fn labelled_wide(text: &mut String, label: &str, words: &str) {
    let mut label = label;
    for line in wrap(words, WIDTH - 17) {
        let _ = writeln!(text, "  {label:<15}{line}");
        label = "";
    }
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Error => AnsiColor::Red.on_default(),
        Severity::Warning => AnsiColor::Yellow.on_default(),
        _ => DIM,
    }
}

fn as_json(answer: &Answer) -> Result<String, Failure> {
    let reading = match answer {
        Answer::Reading(readings) => readings.first().map(|first| first.reading),
        _ => None,
    };
    let entries = answer.entries();
    let is_selection = !matches!(answer, Answer::All);
    json::pretty(&Document {
        schema_version: json::SCHEMA_VERSION,
        reading,
        test: is_selection.then(|| only(&entries)).flatten(),
        failures: entries.into_iter().map(failure_json).collect(),
    })
}

fn failure_json(failure: &'static KnownFailure) -> FailureJson {
    FailureJson {
        id: failure.id,
        stage: failure.area.id(),
        exit_code: failure.area.exit_code(),
        severity: failure.severity.id(),
        severity_when: failure.severity_when,
        core: failure.is_core,
        title: failure.title,
        observed: failure.observed,
        cause: failure.cause,
        tell_apart: failure.tell_apart,
        remedy: RemedyJson { text: failure.remedy, commands: failure.commands },
        evidence: failure.evidence,
        see: failure.see,
        confirmed: failure.is_confirmed(),
        has_rule: has_rule(failure),
        unseen: failure.unseen(),
        rehearse: rehearsal(failure),
    }
}

#[derive(Serialize)]
struct Document {
    schema_version: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    reading: Option<&'static str>,
    /// The doctor command that checks only these failures.
    #[serde(skip_serializing_if = "Option::is_none")]
    test: Option<String>,
    failures: Vec<FailureJson>,
}

#[derive(Serialize)]
struct FailureJson {
    id: &'static str,
    stage: &'static str,
    exit_code: Option<u8>,
    severity: &'static str,
    severity_when: Option<&'static str>,
    core: bool,
    title: &'static str,
    observed: &'static str,
    cause: &'static str,
    tell_apart: &'static str,
    remedy: RemedyJson,
    evidence: &'static str,
    see: Option<&'static str>,
    confirmed: bool,
    /// Whether the doctor can detect the failure.
    has_rule: bool,
    /// The reason why it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    unseen: Option<&'static str>,
    /// The command that reproduces the failure in the lab.
    rehearse: Option<String>,
}

#[derive(Serialize)]
struct RemedyJson {
    text: &'static str,
    commands: &'static [&'static str],
}

const EXPECTED: &str = "paste the whole line that the SDK, the service or the system printed, with its status or \
    number, or give an id like `DNS03`";

const UNCONFIRMED: &str = "general protocol and platform knowledge, not confirmed by a document or report: match on \
    status and code rather than text";

const NO_RULE: &str = "the doctor cannot check this yet: look for the symptom above";

const MORE: &str = "run `speech-endpoint explain ID` for details";

/// An error with a stack trace is far smaller.
const LONGEST_TEXT: u64 = 64 << 10;

/// The default width of a terminal.
const WIDTH: usize = 80;

/// The column at which sentences begin.
const INDENT: usize = 14;

/// The number of entries that fit on a screen.
const MOST_LINES: usize = 20;

const COMMAND: Style = AnsiColor::Cyan.on_default();

//! `explain`: shows one failure of the catalogue, all of them, or those that match a pasted error text.
#![allow(clippy::doc_markdown, reason = "doc comments of arguments are help, read in a terminal")]

use std::path::Path;

use clap::{Args as ClapArgs, ValueEnum};
use speech_endpoint::{Defect, KnownFailure, Sdk, explain_for};

use self::reading::Reading;
use super::args::{OutputArgs, failures_and_files, sdks};
use super::catalogue;
use super::failure::Failure;
use super::machine;
use super::output::Output;

mod entry;
mod json;
mod markdown;
mod reading;
mod timeline;

#[derive(Debug, ClapArgs)]
pub(crate) struct ExplainArgs {
    /// Ids like DNS03, an error text, files, or - to read a text from stdin [default: list all]
    #[arg(value_name = "ID | TEXT | FILE", add = failures_and_files())]
    pub(crate) what: Vec<String>,
    /// The SDK that wrote the text, like python:1.44; alone: what it is known to do wrong
    #[arg(long, value_name = "NAME[:VERSION]", add = sdks())]
    pub(crate) sdk: Option<Sdk>,
    /// text, json or markdown
    #[arg(long, value_enum, default_value = "text", hide_possible_values = true, help_heading = "Output")]
    pub(crate) format: ExplainFormat,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    Text,
    Json,
    Markdown,
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  speech-endpoint explain
  speech-endpoint explain DNS03
  speech-endpoint explain POL01 POL02 --format json
  speech-endpoint explain 'WebSocket upgrade failed: Authentication error (401)'
  speech-endpoint explain speech.log --format markdown
  tail -n 20 app.log | speech-endpoint explain -
  speech-endpoint explain --sdk python:1.44";

/// Explains ids or a text.
///
/// 1. No argument: list all entries, one per line.
/// 2. Only ids: show these entries in full; an unknown id is a usage error.
/// 3. Any other text, or the end of files: show its likely meaning and the ids to check; of a log, its course. Of the text itself,
///    only hosts, addresses, times, numbers and ids are shown.
/// 4. An SDK alone: list its known defects.
pub(crate) fn run(args: &ExplainArgs, output: &Output) -> Result<u8, Failure> {
    let is_json = args.format == ExplainFormat::Json;
    let answer = answer(args, output.is_verbose()).map_err(|failure| failure.with_json(is_json))?;
    output.detail(1, || answer.summary());
    output.data(&match args.format {
        ExplainFormat::Text => answer.text(),
        ExplainFormat::Json => answer.json()?,
        ExplainFormat::Markdown => answer.markdown(),
    })?;
    Ok(0)
}

enum Answer {
    All,
    Entries(Vec<&'static KnownFailure>),
    Reading(Box<Reading>),
    Defects(Sdk),
}

fn answer(args: &ExplainArgs, is_verbose: bool) -> Result<Answer, Failure> {
    if args.what.is_empty() {
        return Ok(args.sdk.clone().map_or(Answer::All, Answer::Defects));
    }
    let text = if args.what.iter().all(|word| word == "-" || Path::new(word).is_file()) {
        let texts = args.what.iter().map(|path| machine::read_end(Path::new(path), "explain"));
        texts.map(|text| text.map(|text| text.to_string())).collect::<Result<Vec<_>, _>>()?.join("\n")
    } else {
        args.what.join(" ")
    };
    if text.trim().is_empty() {
        return Err(Failure::usage(format!("nothing to explain: {EXPECTED}")));
    }
    let words = || text.split([' ', ',', ';', '\t', '\r', '\n']).filter(|word| !word.is_empty());
    if words().all(has_id_shape) {
        return Ok(Answer::Entries(distinct(words().map(entry).collect::<Result<_, _>>()?)));
    }
    let reading = Reading { explanation: explain_for(&text, args.sdk.clone()), is_verbose };
    if !reading.is_known() {
        if let Some(path) = args.what.iter().find(|word| is_path(word)) {
            let path = machine::input_named(Path::new(path));
            return Err(Failure::usage(format!("cannot read {path} given to `explain`: there is no such file")));
        }
        let command = reading.command();
        return Err(Failure::usage(format!("the text is not a known error: {EXPECTED}; or run `{command}`")));
    }
    Ok(Answer::Reading(Box::new(reading)))
}

fn distinct(entries: Vec<&'static KnownFailure>) -> Vec<&'static KnownFailure> {
    let mut once: Vec<&'static KnownFailure> = Vec::new();
    for entry in entries {
        if !once.contains(&entry) {
            once.push(entry);
        }
    }
    once
}

/// Returns whether a word was meant as a file: it has the ending of a log. A slash alone may be part of a key.
fn is_path(word: &str) -> bool {
    let is_log =
        ["log", "txt", "json", "out"].iter().any(|end| Path::new(word).extension().is_some_and(|own| own == *end));
    is_log && !word.contains(char::is_whitespace) && !word.contains("://")
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
    fn summary(&self) -> String {
        match self {
            Self::All => format!("the catalogue has {} failures", KnownFailure::all().count()),
            Self::Entries(entries) => format!("{} ids given", entries.len()),
            Self::Reading(reading) => {
                let (meanings, causes) = (&reading.explanation.meanings, &reading.explanation.causes);
                format!("{} known meanings, with {} ids to check", meanings.len(), causes.len())
            }
            Self::Defects(sdk) => format!("{} known defects", Defect::of(sdk).count()),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::All => entry::list(),
            Self::Entries(entries) => entries.iter().map(|one| entry::in_full(one)).collect::<Vec<_>>().join("\n"),
            Self::Reading(reading) => reading.text(),
            Self::Defects(sdk) => timeline::all_defects(sdk),
        }
    }

    fn markdown(&self) -> String {
        match self {
            Self::All => markdown::entries(&KnownFailure::all().collect::<Vec<_>>()),
            Self::Entries(entries) => markdown::entries(entries),
            Self::Reading(reading) => markdown::reading(reading),
            Self::Defects(sdk) => markdown::defects(sdk),
        }
    }

    fn json(&self) -> Result<String, Failure> {
        match self {
            Self::All => json::entries(KnownFailure::all().collect(), None),
            Self::Entries(entries) => {
                let checked: Vec<_> = entries.iter().copied().filter(|one| entry::has_rule(one)).collect();
                let test = (!checked.is_empty()).then(|| entry::check(&checked));
                json::entries(entries.clone(), test)
            }
            Self::Reading(reading) => json::reading(reading),
            Self::Defects(sdk) => json::defects(sdk),
        }
    }
}

const EXPECTED: &str = "paste the whole line that the SDK, the service or the system printed, with its status or \
    number, or explain the log of the SDK (property `Speech_LogFilename`), or give an id like `DNS03`";

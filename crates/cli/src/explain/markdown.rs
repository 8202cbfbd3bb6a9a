//! Markdown for a ticket.

use std::fmt::Write as _;

use speech_endpoint::report::{markdown_cell, markdown_text};
use speech_endpoint::{Defect, KnownFailure, Sdk};

use super::entry::elsewhere;
use super::reading::Reading;
use super::timeline;

/// Writes entries of the catalogue.
pub(super) fn entries(entries: &[&'static KnownFailure]) -> String {
    let mut text = String::new();
    for failure in entries {
        let _ = writeln!(text, "## {} {}\n", failure.id, markdown_text(failure.title));
        for (label, sentence) in [
            ("symptom", failure.observed),
            ("cause", failure.cause),
            ("distinguish", failure.tell_apart),
            ("do", failure.remedy),
        ] {
            let _ = writeln!(text, "- **{label}** {}", markdown_text(sentence));
        }
        commands(&mut text, failure.commands.iter().map(|command| (*command).to_owned()));
        for (label, elsewhere) in elsewhere(failure).into_iter().filter(|(_, commands)| !commands.is_empty()) {
            let language = if label == "on Windows" { "powershell" } else { "sh" };
            let _ = writeln!(text, "\n{label}:\n\n```{language}\n{}\n```", elsewhere.join("\n"));
        }
        text.push('\n');
    }
    text
}

/// Writes what a pasted text says.
pub(super) fn reading(reading: &Reading) -> String {
    let said = &reading.explanation;
    let mut text = "## What the text says\n\n| | |\n| --- | --- |\n".to_owned();
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "| {name} | {} |", markdown_cell(value));
    };
    if let Some(sdk) = &said.sdk {
        row("sdk", &sdk.to_string());
    }
    if let Some(host) = &said.host {
        row("host", host);
    }
    for meaning in reading.strongest() {
        row("meaning", meaning.sentence());
    }
    for host in &said.foreign_hosts {
        row("another service", host);
    }
    if reading.has_timeline() {
        row("log", &timeline::summary(&said.timeline));
        text.push_str("\n### Timeline\n\n| time | where | what | times |\n| --- | --- | --- | --- |\n");
        for step in &said.timeline.steps {
            let time = step.time.clone().unwrap_or_else(|| format!("line {}", step.line));
            let place = timeline::place(step).unwrap_or_default();
            let cells = [time, place, timeline::ending(step)].map(|cell| markdown_cell(&cell));
            let _ = writeln!(text, "| {} | {} |", cells.join(" | "), step.times);
        }
    }
    if !reading.shown().is_empty() {
        text.push_str("\n### To check, the most likely first\n\n");
        for cause in reading.shown() {
            let title = KnownFailure::find(cause.id).map_or("", |failure| failure.title);
            let _ = writeln!(text, "- **{}** {} ({})", cause.id, markdown_text(title), markdown_text(&cause.reason));
        }
    }
    if !said.ruled_out.is_empty() {
        text.push_str("\n### Ruled out by the log\n\n");
        for out in &said.ruled_out {
            let _ = writeln!(text, "- {}: {}", out.what, out.because);
        }
    }
    if let Some(sdk) = said.sdk.as_ref().filter(|_| !said.defects.is_empty()) {
        let _ = writeln!(text, "\n### Known behaviour of {}\n", markdown_text(&sdk.to_string()));
        said.defects.iter().for_each(|found| defect(&mut text, found));
    }
    if !said.timeline.ids.is_empty() {
        text.push_str("\n### Ids for a support request\n\n");
        for id in &said.timeline.ids {
            let _ = writeln!(text, "- {} `{}`", id.kind.id(), id.value);
        }
    }
    text.push_str("\n### Run\n");
    commands(&mut text, [reading.command()].into_iter());
    text
}

/// Writes the known defects of an SDK.
pub(super) fn defects(sdk: &Sdk) -> String {
    let mut text = format!("## {}\n\n", markdown_text(&sdk.to_string()));
    Defect::of(sdk).for_each(|found| defect(&mut text, found));
    text
}

fn defect(text: &mut String, defect: &Defect) {
    let fixed = defect.fixed().map_or_else(String::new, |version| format!(" Fixed in {version}."));
    let words = format!("{} {}{fixed}", defect.text(), defect.remedy());
    let _ = writeln!(text, "- {}", markdown_text(&words));
}

fn commands(text: &mut String, commands: impl Iterator<Item = String>) {
    let commands: Vec<String> = commands.collect();
    if !commands.is_empty() {
        let _ = writeln!(text, "\n```sh\n{}\n```", commands.join("\n"));
    }
}

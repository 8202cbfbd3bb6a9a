//! Text for people: one line that counts, then each part of the guidance, worst first.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use speech_endpoint::azure::{CheckGroup, CheckStatus, DocumentKind, PostureCheck};

use super::Report;
use crate::flags::text_of;
use crate::resolve::text::headline;
use crate::style::{BOLD, DIM, wrap};

pub(super) fn write(report: &Report<'_>, width: usize) -> String {
    let mut text = String::new();
    let unnamed = |_| format!("{BOLD}{}{BOLD:#}", report.name());
    let head = report.standing.account.as_ref().map_or_else(unnamed, headline);
    for line in wrap(&head, width.max(NARROWEST)) {
        let _ = writeln!(text, "{line}");
    }
    let _ = writeln!(text, "{}", report.summary());
    for group in CheckGroup::ALL {
        let _ = writeln!(text, "\n{BOLD}{}{BOLD:#}", group.title());
        for status in CheckStatus::ALL {
            let checks = report.posture.checks.iter();
            for check in checks.filter(|check| check.recommendation.group == group && check.status == status) {
                write_check(&mut text, check, report, width);
            }
        }
    }
    write_notes(&mut text, report, width);
    write_reading(&mut text, report);
    write_failed(&mut text, report, width);
    text
}

/// Writes a check: in short if it is met, and with the next step if it is not.
fn write_check(text: &mut String, check: &PostureCheck, report: &Report<'_>, width: usize) {
    let row = check.recommendation;
    let (mark, style) = mark(check.status);
    let required = if report.is_required(check) { " (required)" } else { "" };
    let ignored = if report.is_ignored(check) { " (ignored)" } else { "" };
    let _ = writeln!(text, "  {style}{mark:COLUMN$}{style:#}  {:5}  {}{required}{ignored}", row.id, row.title);
    let mut lines = |style: Style, sentence: &str| {
        for line in wrap(sentence, width.saturating_sub(INDENT.len()).max(NARROWEST)) {
            let _ = writeln!(text, "{INDENT}{style}{line}{style:#}");
        }
    };
    match check.status {
        CheckStatus::NotMet => {
            lines(Style::new(), &check.observed);
            lines(DIM, row.remedy);
            for command in &check.commands {
                let _ = writeln!(text, "{INDENT}{COMMAND}{command}{COMMAND:#}");
            }
        }
        CheckStatus::NotVisible => {
            let needs = check.needs.as_deref().unwrap_or_default();
            let is_explained = check.observed.starts_with("no document shows");
            let sentence =
                if is_explained { format!("needs: {needs}") } else { format!("{}; needs: {needs}", check.observed) };
            lines(DIM, &sentence);
        }
        CheckStatus::NotApplicable => lines(DIM, &check.observed),
        _ => {}
    }
}

fn mark(status: CheckStatus) -> (&'static str, Style) {
    let style = match status {
        CheckStatus::Met => AnsiColor::Green.on_default(),
        CheckStatus::NotMet => AnsiColor::Red.on_default(),
        CheckStatus::NotVisible => AnsiColor::Yellow.on_default(),
        _ => DIM,
    };
    (status.title(), style)
}

fn write_notes(text: &mut String, report: &Report<'_>, width: usize) {
    if !report.notes.is_empty() {
        let _ = writeln!(text, "\n{BOLD}Notes{BOLD:#}");
    }
    for note in &report.notes {
        for line in wrap(&text_of(&note.note), width.saturating_sub(2).max(NARROWEST)) {
            let _ = writeln!(text, "  {line}");
        }
    }
}

/// Writes the commands that print the documents which would decide more checks, each once.
fn write_reading(text: &mut String, report: &Report<'_>) {
    let mut commands: Vec<&str> = Vec::new();
    for check in report.posture.checks.iter().filter(|check| check.status == CheckStatus::NotVisible) {
        let is_document = check.recommendation.evidence.is_some_and(|kind| kind != DocumentKind::Account);
        let new = check.commands.iter().map(String::as_str).filter(|_| is_document);
        new.for_each(|command| {
            if !commands.contains(&command) {
                commands.push(command);
            }
        });
    }
    if commands.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{BOLD}To see more{BOLD:#}, run these commands and give their output to `--azure`:");
    for command in commands {
        let _ = writeln!(text, "  {COMMAND}{command}{COMMAND:#}");
    }
}

fn write_failed(text: &mut String, report: &Report<'_>, width: usize) {
    let failed: Vec<&str> = report.failed().map(|check| check.recommendation.id).collect();
    if report.required.is_empty() {
        return;
    }
    let sentence = if failed.is_empty() {
        format!("All {} required checks are met or not applicable.", report.required.len())
    } else {
        format!("{} of {} required checks fail: {}", failed.len(), report.required.len(), failed.join(", "))
    };
    let _ = writeln!(text);
    for line in wrap(&sentence, width.max(NARROWEST)) {
        let _ = writeln!(text, "{line}");
    }
}

const COMMAND: Style = AnsiColor::Cyan.on_default();

/// The width of the longest status.
const COLUMN: usize = 14;

/// Where the text of a check begins.
const INDENT: &str = "                  ";

/// A narrower terminal breaks the lines itself.
const NARROWEST: usize = 40;

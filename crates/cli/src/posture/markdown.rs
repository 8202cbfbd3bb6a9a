//! Markdown for a ticket.

use std::fmt::Write as _;

use speech_endpoint::azure::CheckStatus;
use speech_endpoint::report::{markdown_cell, markdown_text};

use super::Report;
use crate::flags::text_of;

pub(super) fn write(report: &Report<'_>) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "## Posture of {}\n\n{}\n", markdown_text(&report.name()), report.summary());
    let _ = writeln!(text, "| Id | Recommendation | Status | Observed |\n| --- | --- | --- | --- |");
    for check in &report.posture.checks {
        let row = check.recommendation;
        let required = if report.is_required(check) { " (required)" } else { "" };
        let observed = markdown_cell(&check.observed);
        let _ = writeln!(
            text,
            "| [{}]({}) | {} | {}{required} | {observed} |",
            row.id,
            row.see,
            markdown_cell(row.title),
            check.status.title()
        );
    }
    for check in report.posture.checks.iter().filter(|check| check.status == CheckStatus::NotMet) {
        let row = check.recommendation;
        let _ = writeln!(text, "\n### {} {}\n\n{}", row.id, markdown_text(row.title), row.remedy);
        if !check.commands.is_empty() {
            let _ = writeln!(text, "\n```sh\n{}\n```", check.commands.join("\n"));
        }
        if !row.notes.is_empty() {
            let _ = writeln!(text);
            row.notes.iter().for_each(|note| {
                let _ = writeln!(text, "- {note}");
            });
        }
    }
    for note in &report.notes {
        let _ = writeln!(text, "\n- {}", markdown_text(&text_of(&note.note)));
    }
    text
}

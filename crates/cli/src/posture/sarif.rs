//! SARIF 2.1.0, for pipelines and code scanning. <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::BTreeMap;

use serde::Serialize;
use speech_endpoint::azure::{AccountNote, ArmId, CheckStatus, PostureCheck, Recommendation, shown};

use speech_endpoint::report::sarif_log::{
    Configuration, Descriptor, Location, Log, LogResult, Message, Notification, Rule, RuleProperties, Suppression,
};

use super::Report;
use crate::failure::Failure;
use crate::flags::text_of;
use crate::json::pretty;

#[derive(Serialize)]
struct Properties<'a> {
    status: &'a str,
    required: bool,
    needs: Option<&'a str>,
    commands: &'a [String],
}

pub(super) fn write(report: &Report<'_>) -> Result<String, Failure> {
    let checks = report.posture.checks.iter().enumerate();
    pretty(&Log::new(
        report.posture.checks.iter().map(|check| rule(check.recommendation)).collect(),
        report.notes.iter().map(notification).collect(),
        checks.map(|(index, check)| result(index, check, report)).collect(),
    ))
}

fn notification(note: &AccountNote) -> Notification<'_> {
    Notification {
        descriptor: Descriptor { id: note.note.id },
        level: "note",
        message: Message::new(text_of(&note.note)),
    }
}

fn rule(row: &'static Recommendation) -> Rule<'static> {
    let help = std::iter::once(row.remedy).chain(row.notes.iter().copied()).collect::<Vec<_>>().join(" ");
    Rule {
        id: row.id,
        short_description: Message::new(row.title),
        help: Message::new(help),
        help_uri: Some(row.see),
        default_configuration: Configuration { level: "warning" },
        properties: RuleProperties { tags: vec!["security".to_owned(), row.group.title().to_ascii_lowercase()] },
    }
}

fn result<'a>(index: usize, check: &'a PostureCheck, report: &Report<'_>) -> LogResult<'a, Properties<'a>> {
    let document = report.standing.document;
    let (kind, level) = kind_and_level(check.status, report.is_required(check));
    let id = document.id.as_ref().map(ArmId::as_str).map(shown);
    let is_suppressed = report.is_ignored(check) && kind == "fail";
    LogResult {
        rule_id: check.recommendation.id,
        rule_index: index,
        kind,
        level,
        message: Message::new(format!("{}: {}", check.recommendation.title, check.observed)),
        locations: [Location::logical(report.name(), id, "resource")],
        partial_fingerprints: BTreeMap::new(),
        suppressions: if is_suppressed { vec![Suppression { kind: "external" }] } else { Vec::new() },
        properties: Properties {
            status: check.status.id(),
            required: report.is_required(check),
            needs: check.needs.as_deref(),
            commands: &check.commands,
        },
    }
}

/// Returns the kind and the level of a result. A result of another kind than `fail` has the level `none` (section 3.27.10).
fn kind_and_level(status: CheckStatus, is_required: bool) -> (&'static str, &'static str) {
    match status {
        CheckStatus::Met => ("pass", "none"),
        CheckStatus::NotMet => ("fail", if is_required { "error" } else { "warning" }),
        CheckStatus::NotApplicable => ("notApplicable", "none"),
        // The documents leave it undecided.
        _ => ("open", "none"),
    }
}

//! SARIF 2.1.0, for pipelines and code scanning. <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use serde::Serialize;
use speech_endpoint::azure::{AccountNote, ArmId, CheckStatus, PostureCheck, Recommendation, shown};

use super::Report;
use crate::failure::Failure;
use crate::flags::text_of;
use crate::json::pretty;

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'a str,
    version: &'a str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
struct Run<'a> {
    tool: Tool<'a>,
    invocations: [Invocation<'a>; 1],
    results: Vec<ResultJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<'a> {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification<'a>>,
}

#[derive(Serialize)]
struct Notification<'a> {
    descriptor: Descriptor<'a>,
    level: &'a str,
    message: Message<'a>,
}

#[derive(Serialize)]
struct Descriptor<'a> {
    id: &'a str,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'a str,
    version: &'a str,
    semantic_version: &'a str,
    rules: Vec<Rule<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    id: &'a str,
    short_description: Message<'a>,
    help: Message<'a>,
    help_uri: &'a str,
    default_configuration: Configuration<'a>,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Message<'a> {
    text: std::borrow::Cow<'a, str>,
}

#[derive(Serialize)]
struct Configuration<'a> {
    level: &'a str,
}

#[derive(Serialize)]
struct RuleProperties {
    tags: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultJson<'a> {
    rule_id: &'a str,
    rule_index: usize,
    kind: &'a str,
    level: &'a str,
    message: Message<'a>,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression<'a>>,
    properties: Properties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    logical_locations: [LogicalLocation; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fully_qualified_name: Option<String>,
    kind: &'static str,
}

#[derive(Serialize)]
struct Suppression<'a> {
    kind: &'a str,
}

#[derive(Serialize)]
struct Properties<'a> {
    status: &'a str,
    required: bool,
    needs: Option<&'a str>,
    commands: &'a [String],
}

pub(super) fn write(report: &Report<'_>) -> Result<String, Failure> {
    let checks = report.posture.checks.iter().enumerate();
    let version = env!("CARGO_PKG_VERSION");
    pretty(&Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "speech-endpoint",
                    version,
                    semantic_version: version,
                    rules: report.posture.checks.iter().map(|check| rule(check.recommendation)).collect(),
                },
            },
            invocations: [Invocation {
                execution_successful: true,
                tool_execution_notifications: report.notes.iter().map(notification).collect(),
            }],
            results: checks.map(|(index, check)| result(index, check, report)).collect(),
        }],
    })
}

fn notification(note: &AccountNote) -> Notification<'_> {
    Notification {
        descriptor: Descriptor { id: note.note.id },
        level: "note",
        message: Message { text: text_of(&note.note).into() },
    }
}

fn rule(row: &'static Recommendation) -> Rule<'static> {
    let help = std::iter::once(row.remedy).chain(row.notes.iter().copied()).collect::<Vec<_>>().join(" ");
    Rule {
        id: row.id,
        short_description: Message { text: row.title.into() },
        help: Message { text: help.into() },
        help_uri: row.see,
        default_configuration: Configuration { level: "warning" },
        properties: RuleProperties { tags: vec!["security".to_owned(), row.group.title().to_ascii_lowercase()] },
    }
}

fn result<'a>(index: usize, check: &'a PostureCheck, report: &Report<'_>) -> ResultJson<'a> {
    let document = report.standing.document;
    let (kind, level) = kind_and_level(check.status, report.is_required(check));
    let place = LogicalLocation {
        name: report.name(),
        fully_qualified_name: document.id.as_ref().map(ArmId::as_str).map(shown),
        kind: "resource",
    };
    let is_suppressed = report.is_ignored(check) && kind == "fail";
    ResultJson {
        rule_id: check.recommendation.id,
        rule_index: index,
        kind,
        level,
        message: Message { text: format!("{}: {}", check.recommendation.title, check.observed).into() },
        locations: [Location { logical_locations: [place] }],
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

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

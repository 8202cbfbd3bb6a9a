//! JSON for programs.

use serde::Serialize;
use speech_endpoint::azure::{CheckStatus, PostureCheck};

use super::Report;
use crate::account::json::{NoteJson, ResourceJson, SourceJson, note, resource, sources};
use crate::failure::Failure;
use crate::json::{SCHEMA_VERSION, pretty};

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u8,
    resource: ResourceJson<'a>,
    summary: SummaryJson,
    checks: Vec<CheckJson<'a>>,
    notes: Vec<NoteJson<'a>>,
    documents: Vec<SourceJson<'a>>,
}

#[derive(Serialize)]
struct SummaryJson {
    met: usize,
    not_met: usize,
    not_visible: usize,
    not_applicable: usize,
}

#[derive(Serialize)]
struct CheckJson<'a> {
    id: &'a str,
    group: String,
    title: &'a str,
    status: &'a str,
    required: bool,
    observed: &'a str,
    /// The document that would decide a check that is not visible.
    needs: Option<&'a str>,
    remedy: RemedyJson<'a>,
    see: &'a str,
}

#[derive(Serialize)]
struct RemedyJson<'a> {
    text: &'a str,
    commands: &'a [String],
    notes: &'a [&'a str],
}

pub(super) fn write(report: &Report<'_>) -> Result<String, Failure> {
    let count = |status| report.posture.count(status);
    pretty(&Document {
        schema_version: SCHEMA_VERSION,
        resource: resource(report.standing),
        summary: SummaryJson {
            met: count(CheckStatus::Met),
            not_met: count(CheckStatus::NotMet),
            not_visible: count(CheckStatus::NotVisible),
            not_applicable: count(CheckStatus::NotApplicable),
        },
        checks: report.posture.checks.iter().map(|check| as_json(check, report)).collect(),
        notes: report.notes.iter().map(note).collect(),
        documents: sources(report.view),
    })
}

fn as_json<'a>(check: &'a PostureCheck, report: &Report<'_>) -> CheckJson<'a> {
    let row = check.recommendation;
    CheckJson {
        id: row.id,
        group: row.group.title().to_ascii_lowercase(),
        title: row.title,
        status: check.status.id(),
        required: report.is_required(check),
        observed: &check.observed,
        needs: check.needs.as_deref(),
        remedy: RemedyJson { text: &check.remedy, commands: &check.commands, notes: row.notes },
        see: row.see,
    }
}

//! The answer as JSON.

use serde::Serialize;
use speech_endpoint::KnownFailure;

use super::entry::{has_rule, rehearsal};
use super::reading::Reading;
use crate::failure::Failure;
use crate::json;

/// Returns entries of the catalogue. `test` is the doctor command that checks only these.
pub(super) fn entries(entries: Vec<&'static KnownFailure>, test: Option<String>) -> Result<String, Failure> {
    json::pretty(&Document {
        schema_version: json::SCHEMA_VERSION,
        reading: None,
        text: None,
        test,
        failures: entries.into_iter().map(|failure| failure_json(failure, None)).collect(),
    })
}

/// Returns what a pasted text says.
pub(super) fn reading(reading: &Reading) -> Result<String, Failure> {
    let said = &reading.explanation;
    let failures = reading.shown().iter().filter_map(|cause| {
        let failure = KnownFailure::find(cause.id)?;
        Some(failure_json(failure, Some(cause.reason.clone())))
    });
    json::pretty(&Document {
        schema_version: json::SCHEMA_VERSION,
        reading: Some(said.meanings.first().map_or("the text itself names the cause", |meaning| meaning.sentence())),
        text: Some(TextJson {
            meanings: said
                .meanings
                .iter()
                .map(|meaning| MeaningJson { id: meaning.id(), text: meaning.sentence() })
                .collect(),
            host: said.host.clone(),
            services: said.services.iter().map(|service| service.id()).collect(),
            foreign_hosts: said.foreign_hosts.clone(),
            about: said.topic.id(),
            more: reading.more().iter().map(|cause| cause.id).collect(),
        }),
        test: Some(reading.command()),
        failures: failures.collect(),
    })
}

fn failure_json(failure: &'static KnownFailure, reason: Option<String>) -> FailureJson {
    FailureJson {
        id: failure.id,
        reason,
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
    /// What a pasted text says.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<TextJson>,
    /// The doctor command that decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    test: Option<String>,
    failures: Vec<FailureJson>,
}

#[derive(Serialize)]
struct TextJson {
    meanings: Vec<MeaningJson>,
    host: Option<String>,
    services: Vec<&'static str>,
    foreign_hosts: Vec<String>,
    /// `other_service`, `unclear` where a long text names no service, or else `speech`.
    about: &'static str,
    /// Ids that are less likely than those of `failures`.
    more: Vec<&'static str>,
}

#[derive(Serialize)]
struct MeaningJson {
    id: &'static str,
    text: &'static str,
}

#[derive(Serialize)]
struct FailureJson {
    id: &'static str,
    /// What in a pasted text speaks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
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

//! The answer as JSON.

use serde::Serialize;
use speech_endpoint::{Defect, KnownFailure, Meaning, Reached, RuledOutByLog, Sdk, Step, Timeline};

use super::entry::{has_rule, rehearsal};
use super::reading::Reading;
use super::timeline::ending;
use crate::failure::Failure;
use crate::json;

/// Returns entries of the catalogue. `test` is the doctor command that checks only these.
pub(super) fn entries(entries: Vec<&'static KnownFailure>, test: Option<String>) -> Result<String, Failure> {
    json::pretty(&Document {
        schema_version: json::SCHEMA_VERSION,
        reading: None,
        text: None,
        test,
        sdk: None,
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
            log: (!said.timeline.steps.is_empty()).then(|| LogJson::of(&said.timeline)),
            ruled_out: said.ruled_out.iter().map(|out| OutJson::of(out)).collect(),
            ids: said.timeline.ids.iter().map(|id| IdJson { kind: id.kind.id(), id: id.value.clone() }).collect(),
        }),
        sdk: said.sdk.as_ref().map(|sdk| SdkJson::of(sdk, said.defects.iter().copied())),
        test: Some(reading.command()),
        failures: failures.collect(),
    })
}

/// Returns the known defects of an SDK.
pub(super) fn defects(sdk: &Sdk) -> Result<String, Failure> {
    json::pretty(&Document {
        schema_version: json::SCHEMA_VERSION,
        reading: None,
        text: None,
        test: None,
        sdk: Some(SdkJson::of(sdk, Defect::of(sdk))),
        failures: Vec::new(),
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
        remedy: RemedyJson {
            text: failure.remedy,
            commands: failure.commands,
            commands_on_windows: differing(failure, "windows"),
            commands_on_macos: differing(failure, "macos"),
        },
        evidence: failure.evidence,
        see: failure.see,
        confirmed: failure.is_confirmed(),
        has_rule: has_rule(failure),
        unseen: failure.unseen(),
        rehearse: rehearsal(failure),
    }
}

/// Returns the commands for another system, where they differ from those for Linux.
fn differing(failure: &KnownFailure, system: &str) -> Option<Vec<&'static str>> {
    Some(failure.commands_on(system)).filter(|commands| commands != failure.commands)
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
    /// The SDK that the text names or gives away, and what it is known to do wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    sdk: Option<SdkJson>,
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
    /// The course of a log.
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<LogJson>,
    /// What the log rules out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ruled_out: Vec<OutJson>,
    /// The ids for a support request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ids: Vec<IdJson>,
}

#[derive(Serialize)]
struct OutJson {
    what: &'static str,
    because: &'static str,
    ids: &'static [&'static str],
}

impl OutJson {
    fn of(out: &RuledOutByLog) -> Self {
        Self { what: out.what, because: out.because, ids: out.ids() }
    }
}

#[derive(Serialize)]
struct IdJson {
    kind: &'static str,
    id: String,
}

#[derive(Serialize)]
struct LogJson {
    attempts: usize,
    calls: usize,
    ends_well: bool,
    redirects: Vec<String>,
    statuses: Vec<u16>,
    close_codes: Vec<u16>,
    steps: Vec<StepJson>,
}

#[derive(Serialize)]
struct StepJson {
    line: usize,
    time: Option<String>,
    last_time: Option<String>,
    times: usize,
    attempt: bool,
    host: Option<String>,
    address: Option<String>,
    proxy: Option<String>,
    reached: Option<&'static str>,
    status: Option<u16>,
    close_code: Option<u16>,
    /// Whether the log was silent for a minute or more before it ended.
    idle: bool,
    /// The meaning that ended it.
    failure: Option<&'static str>,
    text: String,
}

impl LogJson {
    fn of(timeline: &Timeline) -> Self {
        let step = |step: &Step| StepJson {
            line: step.line,
            time: step.time.clone(),
            last_time: step.last_time.clone(),
            times: step.times,
            attempt: step.is_attempt,
            host: step.host.clone(),
            address: step.address.map(|address| address.to_string()),
            proxy: step.proxy.clone(),
            reached: step.reached.map(Reached::id),
            status: step.status,
            close_code: step.close_code,
            idle: step.is_idle,
            failure: step.failure.map(Meaning::id),
            text: ending(step),
        };
        Self {
            attempts: timeline.attempts(),
            calls: timeline.calls(),
            ends_well: timeline.ends_well(),
            redirects: timeline.redirects.clone(),
            statuses: timeline.statuses.clone(),
            close_codes: timeline.close_codes.clone(),
            steps: timeline.steps.iter().map(step).collect(),
        }
    }
}

#[derive(Serialize)]
struct SdkJson {
    id: &'static str,
    name: &'static str,
    version: Option<String>,
    /// The oldest and the newest version that it may be.
    versions: Option<[String; 2]>,
    defects: Vec<DefectJson>,
}

#[derive(Serialize)]
struct DefectJson {
    id: &'static str,
    text: &'static str,
    remedy: &'static str,
    fixed: Option<String>,
    source: &'static str,
}

impl SdkJson {
    fn of<'a>(sdk: &Sdk, defects: impl Iterator<Item = &'a Defect>) -> Self {
        let defect = |defect: &Defect| DefectJson {
            id: defect.id(),
            text: defect.text(),
            remedy: defect.remedy(),
            fixed: defect.fixed().map(|version| version.to_string()),
            source: defect.source(),
        };
        Self {
            id: sdk.id(),
            name: sdk.name(),
            version: sdk.version().map(|version| version.to_string()),
            versions: sdk.versions().map(|(oldest, newest)| [oldest.to_string(), newest.to_string()]),
            defects: defects.map(defect).collect(),
        }
    }
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
    /// Those for Linux and for other systems.
    commands: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    commands_on_windows: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commands_on_macos: Option<Vec<&'static str>>,
}

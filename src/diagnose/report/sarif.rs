//! SARIF 2.1.0 for tools that collect the results of many checks.

use std::collections::BTreeMap;

use serde::Serialize;

use super::json::{JsonError, pretty};
use super::sarif_log::{
    Configuration, Descriptor, Location, Log, LogResult, Message, Notification, Rule, RuleProperties,
};
use crate::diagnose::catalogue::{KnownFailure, Severity};
use crate::diagnose::evidence::{Ended, Evidence};
use crate::diagnose::{Diagnosis, Finding, FindingPlace, Unexplained};

/// Returns the report as SARIF: a rule for each failure of the catalogue that was found, and a result for each place of each
/// finding. A fingerprint is the same in each run.
///
/// # Errors
///
/// If the report cannot be serialised. It always can.
pub fn sarif(evidence: &Evidence, diagnosis: &Diagnosis) -> Result<String, JsonError> {
    let mut rules: Vec<&KnownFailure> = Vec::new();
    let mut results = Vec::new();
    for finding in &diagnosis.findings {
        let index = rules.iter().position(|rule| rule.id == finding.failure.id).unwrap_or_else(|| {
            rules.push(finding.failure);
            rules.len() - 1
        });
        let places = finding.places.iter().map(Some);
        let everywhere = finding.places.is_empty().then_some(None);
        results.extend(places.chain(everywhere).map(|place| result(index, finding, place)));
    }
    let mut rules: Vec<Rule<'_>> = rules.into_iter().map(rule).collect();
    let unexplained: Vec<&Unexplained> = diagnosis.unexplained_failures().collect();
    if !unexplained.is_empty() {
        rules.push(unexplained_rule());
        results.extend(unexplained.iter().map(|failure| unexplained_result(rules.len() - 1, failure)));
    }
    let remarks = evidence.remarks.iter().map(|remark| Notification {
        descriptor: Descriptor { id: &remark.id },
        level: if remark.is_error { "error" } else { "note" },
        message: Message::new(&*remark.text),
    });
    let ended = ending(evidence.ended).map(|text| Notification {
        descriptor: Descriptor { id: "incomplete" },
        level: "error",
        message: Message::new(text),
    });
    pretty(&Log::new(rules, remarks.chain(ended).collect(), results)).map_err(JsonError::new)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    stage: &'a str,
    service: Option<&'a str>,
    host: Option<&'a str>,
    caused_by: Option<&'a str>,
    commands: &'a [String],
}

fn rule(failure: &KnownFailure) -> Rule<'_> {
    let help = format!("Cause: {}. Remedy: {}.", failure.cause, failure.remedy);
    Rule {
        id: failure.id,
        short_description: Message::new(failure.title),
        help: Message::new(help),
        help_uri: failure.see,
        default_configuration: Configuration { level: level(failure.severity) },
        properties: RuleProperties { tags: vec!["network".to_owned(), failure.area.id().to_owned()] },
    }
}

fn result<'a>(
    rule_index: usize,
    finding: &'a Finding,
    place: Option<&'a FindingPlace>,
) -> LogResult<'a, Properties<'a>> {
    let failure = finding.failure;
    LogResult {
        rule_id: failure.id,
        rule_index,
        kind: "fail",
        level: level(finding.severity),
        message: Message::new(format!("{}: {}. Remedy: {}.", failure.title, finding.observed, finding.remedy)),
        locations: [location(place)],
        partial_fingerprints: fingerprint(failure.id, place),
        suppressions: Vec::new(),
        properties: Properties {
            stage: failure.area.id(),
            service: place.and_then(|place| place.service.as_deref()),
            host: place.map(|place| &*place.host),
            caused_by: finding.caused_by,
            commands: &finding.commands,
        },
    }
}

fn unexplained_rule() -> Rule<'static> {
    Rule {
        id: UNEXPLAINED,
        short_description: Message::new("a stage fails, and no known failure matches"),
        help: Message::new("Remedy: save the evidence with `--save` and attach it to an issue."),
        help_uri: None,
        default_configuration: Configuration { level: "error" },
        properties: RuleProperties { tags: vec!["network".to_owned()] },
    }
}

fn unexplained_result(rule_index: usize, failure: &Unexplained) -> LogResult<'_, Properties<'_>> {
    let place = &failure.place;
    LogResult {
        rule_id: UNEXPLAINED,
        rule_index,
        kind: "fail",
        level: "error",
        message: Message::new(format!("{} fails: {}", failure.stage, failure.text)),
        locations: [location(Some(place))],
        partial_fingerprints: fingerprint(&format!("{UNEXPLAINED}/{}", failure.stage), Some(place)),
        suppressions: Vec::new(),
        properties: Properties {
            stage: failure.stage.id(),
            service: place.service.as_deref(),
            host: Some(&place.host),
            caused_by: None,
            commands: &[],
        },
    }
}

fn location(place: Option<&FindingPlace>) -> Location {
    match place {
        Some(FindingPlace { service: Some(service), host }) => {
            Location::logical(service.clone(), Some(format!("{host}/{service}")), "resource")
        }
        Some(FindingPlace { service: None, host }) => Location::logical(host.clone(), Some(host.clone()), "resource"),
        None => Location::logical("run".to_owned(), None, "resource"),
    }
}

/// Returns what stays the same from run to run: the id and the place, not what was observed.
fn fingerprint(id: &str, place: Option<&FindingPlace>) -> BTreeMap<&'static str, String> {
    let service = place.and_then(|place| place.service.as_deref()).unwrap_or_default();
    let host = place.map(|place| &*place.host).unwrap_or_default();
    BTreeMap::from([("findingAtPlace/v1", format!("{id}/{host}/{service}"))])
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn ending(ended: Ended) -> Option<&'static str> {
    match ended {
        Ended::Complete => None,
        Ended::TimeUp => Some("the time limit expired before every check was done"),
        Ended::Interrupted => Some("the run was interrupted before every check was done"),
    }
}

/// The id of the rule for failures that no finding explains.
const UNEXPLAINED: &str = "UNEXPLAINED";

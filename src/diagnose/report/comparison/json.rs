//! The comparison for programs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::ReportOptions;
use crate::diagnose::comparison::{Comparison, Difference, Group, ServiceOutcome, ServiceState, ValueCount, Vantage};
use crate::diagnose::report::json::{JsonError, pretty};
use crate::diagnose::stage::Stage;

impl Comparison {
    /// Returns the comparison for programs, as `doctor --from FOLDER --format json` writes it.
    ///
    /// # Errors
    ///
    /// If it cannot be serialised. A comparison of evidence always can.
    pub fn json(&self, options: &ReportOptions) -> Result<String, JsonError> {
        let document = Document {
            schema_version: SCHEMA_VERSION,
            exit_code: self.exit_code(options.fail_on),
            working: self.working().count(),
            groups: self.groups.iter().map(group).collect(),
            vantage_points: self.vantages.iter().map(vantage).collect(),
            unread: self.unread.iter().map(|(name, problem)| UnreadJson { name, problem }).collect(),
        };
        pretty(&document).map_err(JsonError)
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u8,
    exit_code: u8,
    /// The number of vantage points that work.
    working: usize,
    groups: Vec<GroupJson<'a>>,
    vantage_points: Vec<VantageJson<'a>>,
    unread: Vec<UnreadJson<'a>>,
}

#[derive(Serialize)]
struct UnreadJson<'a> {
    name: &'a str,
    problem: &'a str,
}

#[derive(Serialize)]
struct GroupJson<'a> {
    id: Option<&'a str>,
    stage: &'a str,
    severity: &'a str,
    title: &'a str,
    resource: &'a str,
    subject: Option<TraitJson<'a>>,
    alternatives: &'a [&'static str],
    vantage_points: &'a [String],
    observed: &'a str,
    remedy: RemedyJson<'a>,
    compared_with: ComparedJson,
    differences: Vec<DifferenceJson<'a>>,
}

#[derive(Serialize)]
struct TraitJson<'a> {
    kind: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct RemedyJson<'a> {
    text: &'a str,
    commands: &'a [String],
}

#[derive(Serialize)]
struct ComparedJson {
    count: usize,
    works: bool,
}

#[derive(Serialize)]
struct DifferenceJson<'a> {
    kind: &'a str,
    here: Vec<ValueJson<'a>>,
    elsewhere: Vec<ValueJson<'a>>,
}

#[derive(Serialize)]
struct ValueJson<'a> {
    value: &'a str,
    count: usize,
}

#[derive(Serialize)]
struct VantageJson<'a> {
    name: &'a str,
    resource: &'a str,
    verdict: &'a str,
    complete: bool,
    services: Vec<ServiceJson<'a>>,
    traits: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct ServiceJson<'a> {
    service: &'a str,
    host: &'a str,
    outcome: &'a str,
    stage: Option<&'a str>,
    id: Option<&'a str>,
}

fn group(group: &Group) -> GroupJson<'_> {
    GroupJson {
        id: group.id,
        stage: group.area.id(),
        severity: group.severity.id(),
        title: &group.title,
        resource: &group.resource,
        subject: group.subject.as_ref().map(|(kind, value)| TraitJson { kind: kind.id(), value }),
        alternatives: &group.alternatives,
        vantage_points: &group.members,
        observed: &group.observed,
        remedy: RemedyJson { text: &group.remedy, commands: &group.commands },
        compared_with: ComparedJson { count: group.compared_with, works: group.compared_with_working },
        differences: group.differences.iter().map(difference).collect(),
    }
}

fn difference(difference: &Difference) -> DifferenceJson<'_> {
    DifferenceJson {
        kind: difference.kind.id(),
        here: difference.here.iter().map(counted).collect(),
        elsewhere: difference.elsewhere.iter().map(counted).collect(),
    }
}

fn counted(value: &ValueCount) -> ValueJson<'_> {
    ValueJson { value: &value.value, count: value.count }
}

fn vantage(vantage: &Vantage) -> VantageJson<'_> {
    VantageJson {
        name: &vantage.name,
        resource: &vantage.resource,
        verdict: vantage.verdict.id(),
        complete: vantage.is_complete,
        services: vantage.services.iter().map(service).collect(),
        traits: vantage.traits.iter().map(|(kind, value)| (kind.id(), value.as_str())).collect(),
    }
}

fn service(found: &ServiceState) -> ServiceJson<'_> {
    let (outcome, stage, id) = match found.outcome {
        ServiceOutcome::Works => ("works", None, None),
        ServiceOutcome::Warned { id } => ("works", None, Some(id)),
        ServiceOutcome::Fails { stage, id } => ("fails", stage.map(Stage::id), id),
        ServiceOutcome::Unfinished => ("unfinished", None, None),
    };
    ServiceJson { service: &found.place.service, host: &found.place.host, outcome, stage, id }
}

const SCHEMA_VERSION: u8 = 1;

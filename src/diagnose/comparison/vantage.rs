//! A vantage point: what the evidence of one run leaves for a comparison.

use std::collections::BTreeMap;

use super::traits::{self, TraitKind};
use crate::diagnose::area::Area;
use crate::diagnose::catalogue::Severity;
use crate::diagnose::evidence::{Ended, Evidence, Trace};
use crate::diagnose::judge;
use crate::diagnose::stage::Stage;
use crate::diagnose::{Diagnosis, Finding, Verdict};

/// One run at one place: a node, a pod, a subnet, a build agent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Vantage {
    /// Its name, for example that of the node.
    pub(crate) name: String,
    /// The resource: a custom domain, the host of a container, or a region.
    pub(crate) resource: String,
    /// The verdict of the run.
    pub(crate) verdict: Verdict,
    /// Whether the run checked everything.
    pub(crate) is_complete: bool,
    /// What each service did, in the order of the plan.
    pub(crate) services: Vec<ServiceState>,
    /// What is known about the place; a kind that is missing is unknown.
    pub(crate) traits: BTreeMap<TraitKind, String>,
    pub(super) causes: Vec<Cause>,
}

/// A service at a host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ServicePlace {
    /// The id of the service.
    pub(crate) service: String,
    /// The host.
    pub(crate) host: String,
}

/// What a service did at a vantage point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceState {
    /// The service and its host.
    pub(crate) place: ServicePlace,
    /// The result.
    pub(crate) outcome: ServiceOutcome,
}

/// The result of checking a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ServiceOutcome {
    /// It works.
    Works,
    /// It works, with a warning.
    Warned {
        /// The id of the finding.
        id: &'static str,
    },
    /// It fails.
    Fails {
        /// The stage that failed; `None` if each passed and a finding is an error all the same.
        stage: Option<Stage>,
        /// The id of the finding that explains it; `None` if no known failure matches.
        id: Option<&'static str>,
    },
    /// The run ended before the result was known.
    Unfinished,
}

/// A cause at a vantage point: a finding that is not a consequence, or a failure that no finding explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    pub(super) id: Option<&'static str>,
    pub(super) area: Area,
    pub(super) severity: Severity,
    pub(super) title: String,
    pub(super) observed: String,
    pub(super) remedy: String,
    pub(super) commands: Vec<String>,
    /// What has to be changed, where the evidence names it.
    pub(super) subject: Option<(TraitKind, String)>,
    /// The other causes that fit the same facts.
    pub(super) alternatives: Vec<&'static str>,
}

impl Vantage {
    /// Reduces a run to a vantage point.
    #[must_use]
    pub fn new(name: impl Into<String>, evidence: &Evidence, diagnosis: &Diagnosis) -> Self {
        let services = evidence.traces.iter().filter_map(|trace| state(diagnosis, trace)).collect();
        Self {
            name: name.into(),
            resource: evidence.resource.name().unwrap_or("no resource").to_owned(),
            verdict: diagnosis.verdict,
            is_complete: diagnosis.ended == Ended::Complete,
            services,
            traits: traits::of_run(evidence),
            causes: causes(evidence, diagnosis),
        }
    }

    /// Returns whether every service works here and nothing threatens it.
    #[must_use]
    pub(crate) fn works(&self) -> bool {
        self.is_complete && self.causes.is_empty() && self.verdict == Verdict::Healthy
    }
}

fn state(diagnosis: &Diagnosis, trace: &Trace) -> Option<ServiceState> {
    let place = ServicePlace { service: trace.target.service.clone()?, host: trace.target.host.clone() };
    let outcome = match trace.service_failed_at() {
        Some(stage) => {
            let id = diagnosis.explanation(trace, stage).map(|finding| finding.failure.id);
            ServiceOutcome::Fails { stage: Some(stage), id }
        }
        None if !judge::works(trace) => ServiceOutcome::Unfinished,
        None => threatened(diagnosis, trace),
    };
    Some(ServiceState { place, outcome })
}

/// Returns the outcome of a service at which no stage failed, by its gravest finding.
fn threatened(diagnosis: &Diagnosis, trace: &Trace) -> ServiceOutcome {
    let is_here = |finding: &&Finding| finding.severity > Severity::Info && finding.is_at(trace);
    let gravest =
        diagnosis.findings.iter().filter(is_here).max_by_key(|finding| (finding.severity, finding.caused_by.is_none()));
    let Some(finding) = gravest else { return ServiceOutcome::Works };
    // A consequence that is reported alone has its cause at another host of the same run.
    let id = finding.caused_by.unwrap_or(finding.failure.id);
    match finding.severity {
        Severity::Error => ServiceOutcome::Fails { stage: None, id: Some(id) },
        _ => ServiceOutcome::Warned { id },
    }
}

fn causes(evidence: &Evidence, diagnosis: &Diagnosis) -> Vec<Cause> {
    let is_listed = |id: &str| diagnosis.findings.iter().any(|finding| finding.failure.id == id);
    let is_cause = |finding: &&Finding| {
        finding.severity > Severity::Info && finding.rank == 0 && finding.caused_by.is_none_or(|id| !is_listed(id))
    };
    let known = diagnosis.findings.iter().filter(is_cause).map(|finding| Cause {
        id: Some(finding.failure.id),
        area: finding.failure.area,
        severity: finding.severity,
        title: finding.failure.title.to_owned(),
        observed: finding.observed.clone(),
        remedy: finding.remedy.clone(),
        commands: finding.commands.clone(),
        subject: traits::to_change(evidence, finding),
        alternatives: alternatives(diagnosis, finding),
    });
    let unknown = diagnosis.unexplained_failures().map(|failure| Cause {
        id: None,
        area: Area::from(failure.stage),
        severity: Severity::Error,
        title: format!("{} fails at {}; no known failure matches", failure.place.host, failure.stage),
        observed: failure.text.clone(),
        remedy: "compare with a vantage point that works, and save the evidence of both for an issue".to_owned(),
        commands: Vec::new(),
        subject: None,
        alternatives: Vec::new(),
    });
    let mut causes: Vec<Cause> = known.collect();
    for cause in unknown {
        // Several services at one host fail as one.
        if !causes.iter().any(|other| other.id.is_none() && other.title == cause.title) {
            causes.push(cause);
        }
    }
    causes
}

/// Returns the other causes that fit the facts of a finding.
fn alternatives(diagnosis: &Diagnosis, finding: &Finding) -> Vec<&'static str> {
    let fits = |other: &&Finding| {
        other.rank > 0
            && other.failure.area == finding.failure.area
            && other.caused_by.is_none()
            && (other.places.is_empty() || other.places.iter().any(|place| finding.places.contains(place)))
    };
    diagnosis.findings.iter().filter(fits).map(|other| other.failure.id).collect()
}

//! From what single rules saw to findings: causes, consequences, what stays unexplained, and the verdict.

use super::fill;
use super::finding::{Diagnosis, Finding, Place, Unexplained, Verdict};
use super::rules::{Observation, Rule, RuleContext, When, rules};
use crate::diagnose::alias::AliasChain;
use crate::diagnose::area::Area;
use crate::diagnose::catalogue::{KnownFailure, Severity};
use crate::diagnose::evidence::{Ended, Evidence, Skip, StepState, Trace};

/// Names what is wrong.
///
/// 1. Run every rule of the table on every target, or on the whole.
/// 2. Hang consequences under their causes, host by host.
/// 3. Put the same failure at several targets together.
/// 4. List what failed without an explanation.
/// 5. Judge.
///
/// ```
/// # #[cfg(feature = "serde")] {
/// use speech_endpoint::evidence::{Evidence, Remark};
///
/// # let saved = r#"{ "observed_at": "2026-01-01T00:00:00Z", "took_ms": 1.0, "ended": "complete", "credential": null,
/// #   "resource": { "scenario": "regional", "title": "regional" }, "machine": { "name_servers": [], "search": [] },
/// #   "remarks": [], "traces": [] }"#;
/// let mut evidence: Evidence = serde_json::from_str(saved)?;
/// evidence.remarks.push(Remark::new("CFG07", "the host has the label `privatelink`", true));
/// let diagnosis = speech_endpoint::diagnose(&evidence);
/// assert_eq!(diagnosis.root_cause().map(|finding| finding.failure.id), Some("CFG07"));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn diagnose(evidence: &Evidence) -> Diagnosis {
    let hits = hits(evidence);
    let unexplained = unexplained(evidence, &hits);
    let findings = merged(&hits);
    let verdict = verdict(evidence, &findings, &unexplained);
    Diagnosis { verdict, findings, unexplained }
}

/// What one rule saw at one place.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    rule: &'static Rule,
    failure: &'static KnownFailure,
    /// None for the whole run.
    place: Option<Place>,
    severity: Severity,
    seen: Observation,
    values: Vec<fill::Value>,
}

impl Hit {
    fn of(rule: &'static Rule, seen: Observation, place: Option<Place>, known: Vec<fill::Value>) -> Self {
        let failure = rule.failure();
        let severity = seen.severity.unwrap_or(failure.severity);
        let values = seen.values.iter().cloned().chain(known).collect();
        Self { rule, failure, place, severity, seen, values }
    }

    /// A companion that fails does not stop what already has its token: it will.
    fn shown_severity(&self) -> Severity {
        let is_companion = self.place.as_ref().is_some_and(|place| place.service.is_none());
        if is_companion { self.severity.min(Severity::Warning) } else { self.severity }
    }

    /// Whether the other is a consequence: it is named as one, shows at the same host, and matters no more.
    fn causes(&self, other: &Self) -> bool {
        let host = |hit: &Self| hit.place.as_ref().map(|place| place.host.clone());
        self.rule.hides.contains(&other.rule.id)
            && (self.place.is_none() || host(self) == host(other))
            && self.severity >= other.severity
    }

    /// Whether it explains why its target failed.
    fn explains(&self) -> bool {
        self.severity == Severity::Error || self.failure.area == Area::Quota
    }

    fn order(&self) -> (Area, &'static str) {
        (self.failure.area, self.failure.id)
    }
}

/// Runs every rule on every target, or on the whole.
pub(super) fn hits(evidence: &Evidence) -> Vec<Hit> {
    let chains: Vec<AliasChain> = evidence.traces.iter().map(AliasChain::of).collect();
    rules().flat_map(|rule| hits_of(rule, evidence, &chains)).collect()
}

fn hits_of(rule: &'static Rule, evidence: &Evidence, chains: &[AliasChain]) -> Vec<Hit> {
    let (run, target) = match rule.when {
        When::Run(run) => (Some(run), None),
        When::Target(target) => (None, Some(target)),
        When::Both(run, target) => (Some(run), Some(target)),
    };
    let mut hits = Vec::new();
    if let Some(target) = target {
        let of_trace = |(trace, chain)| {
            let context = RuleContext { rule, evidence, trace, chain };
            Some(Hit::of(rule, target(&context)?, Some(place(trace)), fill::of_target(&context)))
        };
        hits.extend(evidence.traces.iter().zip(chains).filter_map(of_trace));
    }
    if let Some(seen) = run.and_then(|run| run(rule, evidence)) {
        hits.push(Hit::of(rule, seen, None, fill::of_resource(evidence)));
    }
    hits
}

/// Hangs consequences under their causes, puts the same failure at several targets together, and orders the result.
pub(super) fn merged(hits: &[Hit]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for hit in hits {
        let caused_by = root_of(hit, hits).map(|root| root.rule.id);
        let same = |finding: &&mut Finding| finding.failure.id == hit.rule.id && finding.caused_by == caused_by;
        match findings.iter_mut().find(same) {
            Some(finding) => add(finding, hit),
            None => findings.push(finding(hit, caused_by)),
        }
    }
    let shown: Vec<&str> = findings.iter().map(|finding| finding.failure.id).collect();
    for finding in &mut findings {
        // What is there, if only at another host, is not said to be ruled out.
        finding.ruled_out.retain(|ruled_out| !shown.contains(&ruled_out.id));
    }
    let order = |finding: &Finding| (finding.failure.area, finding.failure.id);
    let cause = |finding: &Finding| finding.caused_by.and_then(KnownFailure::find);
    findings.sort_by_key(|finding| {
        let root = cause(finding).map_or(order(finding), |cause| (cause.area, cause.id));
        (root, finding.caused_by.is_some(), order(finding))
    });
    findings
}

/// The cause of a cause, to the end; none when it is a cause itself. Ends, because `hides` has no circle (tested).
fn root_of<'a>(hit: &Hit, hits: &'a [Hit]) -> Option<&'a Hit> {
    let roots = hits.iter().filter(|cause| cause.causes(hit)).map(|cause| root_of(cause, hits).unwrap_or(cause));
    roots.min_by_key(|root| root.order())
}

fn finding(hit: &Hit, caused_by: Option<&'static str>) -> Finding {
    let (remedy, commands) = hit.seen.remedy.unwrap_or((hit.failure.remedy, hit.failure.commands));
    Finding {
        failure: hit.failure,
        severity: hit.shown_severity(),
        places: hit.place.iter().cloned().collect(),
        observed: hit.seen.observed.clone(),
        remedy: fill::fill(remedy, &hit.values),
        commands: commands.iter().map(|command| fill::fill(command, &hit.values)).collect(),
        ruled_out: hit.seen.ruled_out.clone(),
        caused_by,
    }
}

/// The same failure at one more place. What is said stays that of the first place where it matters most.
fn add(finding: &mut Finding, hit: &Hit) {
    if hit.shown_severity() > finding.severity {
        let more = self::finding(hit, finding.caused_by);
        let places = std::mem::take(&mut finding.places);
        *finding = Finding { places, ..more };
    }
    if let Some(place) = hit.place.as_ref().filter(|place| !finding.places.contains(place)) {
        finding.places.push(place.clone());
    }
}

/// Lists targets that failed, or were not looked at to the end, although no finding says why.
pub(super) fn unexplained(evidence: &Evidence, hits: &[Hit]) -> Vec<Unexplained> {
    let lacks_reason = |trace: &&Trace| {
        let place = place(trace);
        !hits.iter().any(|hit| hit.explains() && hit.place.as_ref() == Some(&place))
    };
    evidence.traces.iter().filter(lacks_reason).filter_map(|trace| failure_of(evidence, trace)).collect()
}

fn failure_of(evidence: &Evidence, trace: &Trace) -> Option<Unexplained> {
    let unexplained = |stage, text| Some(Unexplained { place: place(trace), stage, text });
    for (stage, state) in trace.steps() {
        match state {
            StepState::Failed { failure, .. } => return unexplained(stage, failure.text.clone()),
            StepState::Skipped { because: Skip::Ended } if trace.target.service.is_some() => {
                return unexplained(stage, not_reached(evidence.ended).to_owned());
            }
            _ => {}
        }
    }
    None
}

fn not_reached(ended: Ended) -> &'static str {
    match ended {
        Ended::TimeUp => "the time was up before this stage",
        Ended::Interrupted => "interrupted before this stage",
        Ended::Complete => "not looked at",
    }
}

/// Judges: healthy when every service works and nothing threatens it, unreachable when none does.
pub(super) fn verdict(evidence: &Evidence, findings: &[Finding], unexplained: &[Unexplained]) -> Verdict {
    let worst = findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Info);
    let services = services(evidence);
    let works = |service: &&str| traces_of(evidence, service).all(works);
    let working = services.iter().filter(|service| works(service)).count();
    match working {
        0 if services.is_empty() && worst < Severity::Error => {
            if worst == Severity::Warning {
                Verdict::Degraded
            } else {
                Verdict::Healthy
            }
        }
        // Slowed down or held back is not out of reach.
        0 if worst < Severity::Error && unexplained.is_empty() => Verdict::Degraded,
        0 => Verdict::Unreachable,
        _ if working == services.len() && worst < Severity::Warning => Verdict::Healthy,
        _ => Verdict::Degraded,
    }
}

/// The services of a run, each once.
fn services(evidence: &Evidence) -> Vec<&str> {
    let mut services: Vec<&str> = Vec::new();
    for trace in &evidence.traces {
        services.extend(trace.target.service.as_deref().filter(|service| !services.contains(service)));
    }
    services
}

/// Where a service is used: at its own target, and at the host that this one named.
fn traces_of<'a>(evidence: &'a Evidence, service: &str) -> impl Iterator<Item = &'a Trace> {
    let is_of = move |target: Option<&str>, service: &str| target == Some(service);
    let service = service.to_owned();
    evidence.traces.iter().filter(move |trace| {
        is_of(trace.target.service.as_deref(), &service) || is_of(trace.target.discovered_from.as_deref(), &service)
    })
}

/// Whether nothing failed and nothing was left out.
fn works(trace: &Trace) -> bool {
    trace.steps().iter().all(|(_, state)| match state {
        StepState::Passed { .. } => true,
        StepState::Failed { .. } => false,
        StepState::Skipped { because } => *because != Skip::Ended,
    })
}

fn place(trace: &Trace) -> Place {
    Place { service: trace.target.service.clone(), host: trace.target.host.clone() }
}

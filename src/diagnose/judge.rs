//! From the hits of single rules to a diagnosis: causes, consequences, unexplained failures and the verdict.

use super::finding::{Diagnosis, Finding, FindingPlace, Selection, Unexplained, Verdict};
use super::rules::{Observation, Rule, RuleContext, When, rules};
use super::values::is_valid;
use super::{denial, fill};
use crate::diagnose::alias::AliasChain;
use crate::diagnose::area::Area;
use crate::diagnose::catalogue::{KnownFailure, Severity};
use crate::diagnose::evidence::{Ended, Evidence, Skip, StepState, Trace};

/// Diagnoses a run.
///
/// 1. Run every rule of the table on every target, or on the whole run.
/// 2. Attach consequences to their causes, host by host.
/// 3. Merge the same failure at several targets.
/// 4. List the failures that no finding explains.
/// 5. Judge the run.
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
    diagnose_with(evidence, &Selection::default())
}

/// Diagnoses a run, and reports the selected findings only.
///
/// A consequence whose cause is left out becomes a cause itself. If no notable finding is left and nothing failed, the
/// verdict is healthy.
#[must_use]
pub fn diagnose_with(evidence: &Evidence, selection: &Selection) -> Diagnosis {
    let hits = hits(evidence);
    let findings = merged(&hits);
    let unexplained = unexplained(evidence, &hits);
    let verdict = verdict(evidence, &findings, &unexplained);
    let is_blocked = evidence.remarks.iter().any(|remark| remark.is_error);
    let mut diagnosis = Diagnosis { verdict, findings, unexplained, is_blocked, ended: evidence.ended };
    if !selection.is_everything() {
        select(&mut diagnosis, evidence, selection);
    }
    if selection.expects_denial() {
        denial::expect(&mut diagnosis, evidence);
    }
    diagnosis
}

fn select(diagnosis: &mut Diagnosis, evidence: &Evidence, selection: &Selection) {
    diagnosis.findings.retain(|finding| selection.includes(finding.failure.id));
    let left: Vec<&str> = diagnosis.findings.iter().map(|finding| finding.failure.id).collect();
    for finding in &mut diagnosis.findings {
        finding.caused_by = finding.caused_by.filter(|cause| left.contains(cause));
    }
    let is_notable = diagnosis.findings.iter().any(|finding| finding.severity > Severity::Info);
    let has_failed = evidence.traces.iter().any(|trace| trace.failed_at().is_some());
    if !is_notable && !has_failed && !evidence.traces.is_empty() && diagnosis.unexplained.is_empty() {
        diagnosis.verdict = Verdict::Healthy;
    }
}

/// A rule that applies at one place.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    rule: &'static Rule,
    failure: &'static KnownFailure,
    /// `None` for the whole run.
    place: Option<FindingPlace>,
    severity: Severity,
    seen: Observation,
    values: Vec<fill::Value>,
    /// The subnets that the resource allows.
    subnets: Vec<String>,
    /// Whether it is about a host that only issues tokens.
    issues_tokens: bool,
}

impl Hit {
    fn of(
        rule: &'static Rule,
        seen: Observation,
        place: Option<FindingPlace>,
        (known, evidence): (Vec<fill::Value>, &Evidence),
    ) -> Self {
        let failure = rule.failure();
        let severity = seen.severity.unwrap_or(failure.severity);
        let all = seen.values.iter().cloned().chain(known);
        // A part without a valid value stays in capitals.
        let values = all.filter(|(part, value)| is_valid(part, value)).collect();
        let subnets = evidence.resource.allowed_subnets.clone();
        Self { rule, failure, place, severity, seen, values, subnets, issues_tokens: false }
    }

    /// A host that issues tokens and fails does not stop an application yet that already holds one.
    fn shown_severity(&self) -> Severity {
        if self.issues_tokens { self.severity.min(Severity::Warning) } else { self.severity }
    }

    /// Returns whether the other hit is a consequence: the rule lists it, the host is the same, and its severity is not higher.
    fn causes(&self, other: &Self) -> bool {
        let host = |hit: &Self| hit.place.as_ref().map(|place| place.host.clone());
        self.rule.hides.contains(&other.rule.id)
            && (self.place.is_none() || host(self) == host(other))
            && self.severity >= other.severity
    }

    /// Returns whether it explains why its target failed.
    fn explains(&self) -> bool {
        self.severity == Severity::Error || self.failure.area == Area::Quota
    }

    fn order(&self) -> (Area, u8, &'static str) {
        (self.failure.area, self.seen.rank, self.failure.id)
    }
}

/// Runs every rule on every target, or on the whole run.
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
            let hit =
                Hit::of(rule, target(&context)?, Some(FindingPlace::of(trace)), (fill::of_target(&context), evidence));
            Some(Hit { issues_tokens: trace.target.issues_tokens(), ..hit })
        };
        hits.extend(evidence.traces.iter().zip(chains).filter_map(of_trace));
    }
    if let Some(seen) = run.and_then(|run| run(rule, evidence)) {
        hits.push(Hit::of(rule, seen, None, (fill::of_resource(evidence), evidence)));
    }
    hits
}

/// Attaches consequences to their causes, merges the same failure at several targets, and orders the result.
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
        // A failure that was found at another host is not ruled out.
        finding.ruled_out.retain(|ruled_out| !shown.contains(&ruled_out.id));
    }
    let rank = |id| hits.iter().filter(|hit| hit.rule.id == id).map(|hit| hit.seen.rank).min();
    let order = |failure: &KnownFailure| (failure.area, rank(failure.id), failure.id);
    findings.sort_by_key(|finding| {
        let root = finding.caused_by.and_then(KnownFailure::find).unwrap_or(finding.failure);
        (order(root), finding.caused_by.is_some(), order(finding.failure))
    });
    findings
}

/// Follows causes to the first one; `None` if the hit is a cause itself. Ends because `hides` has no cycle (tested).
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
        commands: commands.iter().flat_map(|command| fill::commands(command, &hit.values, &hit.subnets)).collect(),
        ruled_out: hit.seen.ruled_out.clone(),
        caused_by,
        rank: hit.seen.rank,
    }
}

/// Adds a place to a finding. The texts stay those of the first place with the highest severity.
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

/// Lists targets that failed or were not finished, and that no finding explains.
pub(super) fn unexplained(evidence: &Evidence, hits: &[Hit]) -> Vec<Unexplained> {
    let lacks_reason = |trace: &&Trace| {
        let place = FindingPlace::of(trace);
        !hits.iter().any(|hit| hit.explains() && hit.place.as_ref() == Some(&place))
    };
    evidence.traces.iter().filter(lacks_reason).filter_map(|trace| failure_of(evidence, trace)).collect()
}

fn failure_of(evidence: &Evidence, trace: &Trace) -> Option<Unexplained> {
    let unexplained =
        |stage, text, is_unreached| Some(Unexplained { place: FindingPlace::of(trace), stage, text, is_unreached });
    for (stage, state) in trace.steps() {
        match state {
            StepState::Failed { failure, .. } => return unexplained(stage, failure.text.clone(), false),
            StepState::Skipped { because: Skip::Ended } if trace.target.service.is_some() => {
                return unexplained(stage, not_reached(evidence.ended).to_owned(), true);
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

/// Judges a run: healthy if every service works without a warning, unreachable if none works.
pub(super) fn verdict(evidence: &Evidence, findings: &[Finding], unexplained: &[Unexplained]) -> Verdict {
    let worst = findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Info);
    let services = services(evidence);
    let working = services.iter().filter(|(_, works)| *works).count();
    match working {
        0 if services.is_empty() && worst < Severity::Error => {
            if worst == Severity::Warning {
                Verdict::Degraded
            } else {
                Verdict::Healthy
            }
        }
        // A service that is throttled or slow is still reachable.
        0 if worst < Severity::Error && unexplained.is_empty() => Verdict::Degraded,
        0 => Verdict::Unreachable,
        _ if working == services.len() && worst < Severity::Warning => Verdict::Healthy,
        _ => Verdict::Degraded,
    }
}

/// Returns the services of a run, each once at each host, with whether it works: at its own host, and at the host that this
/// one directs clients to.
pub(super) fn services(evidence: &Evidence) -> Vec<(&str, bool)> {
    let mut services: Vec<((&str, &str), bool)> = Vec::new();
    let asked = evidence.traces.iter().filter(|trace| trace.target.discovered_from.is_none());
    for trace in asked {
        let Some(service) = trace.target.service.as_deref() else { continue };
        let key = (service, trace.target.host.as_str());
        if !services.iter().any(|(known, _)| *known == key) {
            services.push((key, traces_of(evidence, key).all(works)));
        }
    }
    services.into_iter().map(|((service, _), works)| (service, works)).collect()
}

fn traces_of<'a>(evidence: &'a Evidence, (service, host): (&'a str, &'a str)) -> impl Iterator<Item = &'a Trace> {
    evidence.traces.iter().filter(move |trace| {
        let from = trace.target.discovered_from.as_deref();
        let is_here = trace.target.service.as_deref() == Some(service) && trace.target.host == host && from.is_none();
        is_here || from == Some(service)
    })
}

/// Returns whether a target passed every stage that applies to it: no stage failed, and the run reached all of them.
pub(super) fn works(trace: &Trace) -> bool {
    trace.steps().iter().all(|(_, state)| match state {
        StepState::Passed { .. } => true,
        StepState::Failed { .. } => false,
        StepState::Skipped { because } => *because != Skip::Ended,
    })
}

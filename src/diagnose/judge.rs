//! From the hits of single rules to a diagnosis: causes, consequences, unexplained failures and the verdict.

use std::collections::{HashMap, HashSet};

use super::causes::{Causes, Failing};
use super::documents::{DocumentNames, Documents, Way};
use super::finding::{Diagnosis, Finding, FindingPlace, Selection, Unexplained, Verdict};
use super::rules::{Observation, Rule, RuleContext, When, rules};
use super::values::is_valid;
use super::{denial, fill, wanted};
use crate::azure::{AccountDocument, AzureView, DocumentKind};
use crate::diagnose::alias::AliasChain;
use crate::diagnose::area::Area;
use crate::diagnose::catalogue::{KnownFailure, Severity, systems};
use crate::diagnose::evidence::{Ended, Evidence, Skip, StepState, TargetFacts, Trace};

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
    judged(evidence, None, DocumentNames::default(), selection)
}

/// Diagnoses a run together with what Azure's documents say: they settle what the network alone leaves open, and show what it
/// cannot show.
#[must_use]
pub fn diagnose_with_documents(evidence: &Evidence, view: &AzureView, selection: &Selection) -> Diagnosis {
    let documents = Documents::of(view, evidence);
    let names = DocumentNames::of(view).with_own(documents.own_names());
    judged(evidence, Some(&documents), names, selection)
}

/// Azure's documents, prepared for the diagnosis of many runs: one for each account that they describe.
#[derive(Clone, Debug)]
pub struct PreparedDocuments<'a> {
    view: &'a AzureView,
    /// The documents of many accounts have many names, which all diagnoses share.
    names: DocumentNames,
}

impl<'a> PreparedDocuments<'a> {
    /// Prepares the documents.
    #[must_use]
    pub fn new(view: &'a AzureView) -> Self {
        Self { view, names: DocumentNames::of(view) }
    }

    /// Diagnoses the run of an account of the documents, as [`diagnose_with_documents`] does. The account need not have a name
    /// that no other one has.
    #[must_use]
    pub fn diagnose(&self, evidence: &Evidence, account: &'a AccountDocument, selection: &Selection) -> Diagnosis {
        let documents = Documents::about_account(self.view, Some(account), evidence);
        judged(evidence, Some(&documents), self.names.with_own(documents.own_names()), selection)
    }
}

fn judged(
    evidence: &Evidence,
    documents: Option<&Documents<'_>>,
    names: DocumentNames,
    selection: &Selection,
) -> Diagnosis {
    let ways: Vec<Option<Way<'_>>> = evidence.traces.iter().map(|trace| documents?.way(trace)).collect();
    let hits = hits(evidence, documents, &ways);
    let findings = merged(&hits);
    let unexplained = unexplained(evidence, &hits);
    let verdict = verdict(evidence, &findings, &unexplained);
    let is_blocked = evidence.remarks.iter().any(|remark| remark.is_error);
    let about = |documents: &Documents<'_>| {
        evidence.traces.iter().zip(&ways).map(|(trace, way)| documents.about(trace, way.as_ref())).collect()
    };
    let mut diagnosis = Diagnosis {
        verdict,
        findings,
        unexplained,
        is_blocked,
        ended: evidence.ended,
        documents: documents.map(about).unwrap_or_default(),
        names,
    };
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
    /// The operating system of the machine.
    system: Option<String>,
    /// Whether it is about a host that only issues tokens.
    issues_tokens: bool,
    /// The documents that would settle it.
    wanted: Vec<DocumentKind>,
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
        let system = evidence.machine.system.clone();
        Self { rule, failure, place, severity, seen, values, subnets, system, issues_tokens: false, wanted: Vec::new() }
    }

    /// A host that issues tokens and fails does not stop an application yet that already holds one.
    fn shown_severity(&self) -> Severity {
        if self.issues_tokens { self.severity.min(Severity::Warning) } else { self.severity }
    }

    fn failing(&self) -> Failing<'_> {
        let host = self.place.as_ref().map(|place| place.host.as_str());
        Failing { rule: self.rule, host, severity: self.severity, rank: self.seen.rank }
    }

    /// Returns whether it explains why its target failed.
    fn explains(&self) -> bool {
        self.severity == Severity::Error || self.failure.area == Area::Quota
    }
}

/// Runs every rule on every target, or on the whole run.
fn hits(evidence: &Evidence, documents: Option<&Documents<'_>>, ways: &[Option<Way<'_>>]) -> Vec<Hit> {
    let chains: Vec<AliasChain> = evidence.traces.iter().map(AliasChain::of).collect();
    let targets: Vec<Looked<'_>> = evidence.traces.iter().zip(&chains).zip(ways).collect();
    rules().flat_map(|rule| hits_of(rule, evidence, &targets, documents)).collect()
}

/// A target with its aliases, and with the way to it in the documents.
type Looked<'a> = ((&'a Trace, &'a AliasChain), &'a Option<Way<'a>>);

fn hits_of(
    rule: &'static Rule,
    evidence: &Evidence,
    targets: &[Looked<'_>],
    documents: Option<&Documents<'_>>,
) -> Vec<Hit> {
    let (run, target) = match rule.when {
        When::Run(run) => (Some(run), None),
        When::Target(target) => (None, Some(target)),
        When::Both(run, target) => (Some(run), Some(target)),
    };
    let mut hits = Vec::new();
    if let Some(target) = target {
        let of_trace = |((trace, chain), way): &Looked<'_>| {
            let context = RuleContext { rule, evidence, trace, chain, documents, way: way.as_ref() };
            let seen = context.outcome(target)?;
            let wanted = wanted::wanted(&context, &seen);
            let place = Some(FindingPlace::of(trace));
            let hit = Hit::of(rule, seen, place, (fill::of_target(&context), evidence));
            Some(Hit { issues_tokens: trace.target.issues_tokens(), wanted, ..hit })
        };
        hits.extend(targets.iter().filter_map(of_trace));
    }
    if let Some(seen) = run.and_then(|run| run(rule, evidence)) {
        hits.push(Hit::of(rule, seen, None, (fill::of_resource(evidence), evidence)));
    }
    hits
}

/// Attaches consequences to their causes, merges the same failure at several targets, and orders the result.
pub(super) fn merged(hits: &[Hit]) -> Vec<Finding> {
    let mut causes = Causes::of(hits.iter().map(Hit::failing));
    let mut findings: Vec<Finding> = Vec::new();
    let mut places: HashSet<(usize, Place<'_>)> = HashSet::new();
    for hit in hits {
        let caused_by = causes.root_of(&hit.failing());
        let same = |finding: &Finding| finding.failure.id == hit.rule.id && finding.caused_by == caused_by;
        let known = findings.iter().position(same);
        let number = known.unwrap_or(findings.len());
        let is_new = hit.place.as_ref().is_some_and(|found| places.insert((number, place(found))));
        match known {
            Some(number) => add(&mut findings[number], hit, is_new),
            None => findings.push(finding(hit, caused_by)),
        }
    }
    let shown: Vec<&str> = findings.iter().map(|finding| finding.failure.id).collect();
    for finding in &mut findings {
        // A failure that was found at another host is not ruled out.
        finding.ruled_out.retain(|ruled_out| !shown.contains(&ruled_out.id));
    }
    wanted::limit(&mut findings);
    let ranks = ranks(hits);
    let order = |failure: &KnownFailure| (failure.area, ranks.get(failure.id), failure.id);
    findings.sort_by_key(|finding| {
        let root = finding.caused_by.and_then(KnownFailure::find).unwrap_or(finding.failure);
        (order(root), finding.caused_by.is_some(), order(finding.failure))
    });
    findings
}

/// A target, without a copy of its names.
type Place<'a> = (Option<&'a str>, &'a str);

fn place(place: &FindingPlace) -> Place<'_> {
    (place.service.as_deref(), &place.host)
}

/// Returns the lowest rank of each failure.
fn ranks(hits: &[Hit]) -> HashMap<&'static str, u8> {
    let mut ranks = HashMap::new();
    for hit in hits {
        let lowest = ranks.entry(hit.rule.id).or_insert(hit.seen.rank);
        *lowest = hit.seen.rank.min(*lowest);
    }
    ranks
}

fn finding(hit: &Hit, caused_by: Option<&'static str>) -> Finding {
    let (remedy, commands) = hit.seen.remedy.unwrap_or((hit.failure.remedy, hit.failure.commands));
    Finding {
        failure: hit.failure,
        severity: hit.shown_severity(),
        places: hit.place.iter().cloned().collect(),
        observed: hit.seen.observed.clone(),
        remedy: fill::fill(remedy, &hit.values),
        commands: commands
            .iter()
            .flat_map(|command| systems::on(hit.system.as_deref(), command))
            .flat_map(|command| fill::commands(command, &hit.values, &hit.subnets))
            .collect(),
        wanted: hit.wanted.clone(),
        ruled_out: hit.seen.ruled_out.clone(),
        caused_by,
        rank: hit.seen.rank,
    }
}

/// Adds a hit to a finding, with its place if that is new. The texts stay those of the first place with the highest severity.
fn add(finding: &mut Finding, hit: &Hit, is_new: bool) {
    if hit.shown_severity() > finding.severity {
        let more = self::finding(hit, finding.caused_by);
        let places = std::mem::take(&mut finding.places);
        *finding = Finding { places, ..more };
    }
    finding.places.extend(hit.place.iter().filter(|_| is_new).cloned());
}

/// Lists targets that failed or were not finished, and that no finding explains.
pub(super) fn unexplained(evidence: &Evidence, hits: &[Hit]) -> Vec<Unexplained> {
    let explaining = hits.iter().filter(|hit| hit.explains());
    let explained: HashSet<Place<'_>> = explaining.filter_map(|hit| hit.place.as_ref()).map(place).collect();
    let lacks_reason = |trace: &&Trace| {
        let TargetFacts { service, host, .. } = &trace.target;
        !explained.contains(&(service.as_deref(), host.as_str()))
    };
    // A connection that the service recycles is a reason, although nothing is at fault.
    let is_reason = |hit: &&Hit| hit.severity > Severity::Info || hit.rule.id == "WS05";
    let noted: HashSet<Place<'_>> =
        hits.iter().filter(is_reason).filter_map(|hit| hit.place.as_ref()).map(place).collect();
    let is_noted = |trace: &Trace| noted.contains(&(trace.target.service.as_deref(), trace.target.host.as_str()));
    let trip_of = |trace: &Trace| failure_of_trip(trace).filter(|_| !is_noted(trace));
    let unexplained = evidence.traces.iter().filter(lacks_reason);
    unexplained.filter_map(|trace| failure_of(evidence, trace).or_else(|| trip_of(trace))).collect()
}

/// Returns the failure of a round trip, with the stage of its service.
fn failure_of_trip(trace: &Trace) -> Option<Unexplained> {
    let trip = trace.round_trip.as_ref()?;
    let stage = trace.round_trip_stage();
    let text = format!("round trip ({}): {}", trip.exchange.title(), trip.failure.as_ref()?);
    Some(Unexplained { place: FindingPlace::of(trace), stage, text, is_unreached: false })
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
    let working = services.iter().filter(|state| state.works).count();
    // A configuration that leaves no service a URL leaves none that works.
    let is_blocked = evidence.remarks.iter().any(|remark| remark.is_error);
    match working {
        0 if services.is_empty() && is_blocked => Verdict::Unreachable,
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

/// A service at a host, and whether it works: there, and at the host that this one directs clients to.
#[derive(Clone, Copy)]
pub(super) struct ServiceState<'a> {
    pub(super) service: &'a str,
    pub(super) host: &'a str,
    pub(super) works: bool,
}

/// Returns the services of a run, each once at each host.
pub(super) fn services<'a>(evidence: &'a Evidence) -> Vec<ServiceState<'a>> {
    let mut services: Vec<(&str, &str)> = Vec::new();
    let mut own: HashMap<(&str, &str), bool> = HashMap::new();
    let mut discovered: HashMap<&str, bool> = HashMap::new();
    for trace in &evidence.traces {
        let TargetFacts { service, host, discovered_from, .. } = &trace.target;
        let works = works(trace);
        if let Some(from) = discovered_from.as_deref() {
            *discovered.entry(from).or_insert(true) &= works;
        } else if let Some(service) = service.as_deref() {
            let all = own.entry((service, host)).or_insert_with(|| {
                services.push((service, host));
                true
            });
            *all &= works;
        }
    }
    let works = |key: &(&str, &str)| own.get(key) == Some(&true) && discovered.get(key.0) != Some(&false);
    let state = |key: (&'a str, &'a str)| ServiceState { service: key.0, host: key.1, works: works(&key) };
    services.into_iter().map(state).collect()
}

/// Returns whether a target passed every stage that applies to it: no stage failed, and the run reached all of them. A round
/// trip must not have failed either.
pub(super) fn works(trace: &Trace) -> bool {
    if trace.round_trip.as_ref().is_some_and(|trip| trip.failure.is_some()) {
        return false;
    }
    trace.steps().iter().all(|(_, state)| match state {
        StepState::Passed { .. } => true,
        StepState::Failed { .. } => false,
        StepState::Skipped { because } => *because != Skip::Ended,
    })
}

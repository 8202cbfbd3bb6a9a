//! The state that a run finds: what a watch compares with that of the run before.

use std::collections::BTreeSet;
use std::net::IpAddr;

use speech_endpoint::evidence::{Companion, Evidence, Skip, StepState, Trace};
use speech_endpoint::{Diagnosis, Finding, Severity, Stage, Verdict};

/// The state of all targets.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct State {
    pub(super) verdict: Verdict,
    pub(super) root_cause: Option<Cause>,
    pub(super) exit_code: u8,
    /// The ids of the findings that affect no target in particular.
    pub(super) findings: BTreeSet<&'static str>,
    pub(super) services: Vec<ServiceState>,
}

/// An entry of the failure catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
}

/// The state of a service at a host, or of another host that the resource needs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ServiceState {
    pub(super) service: String,
    pub(super) host: String,
    pub(super) status: Status,
    pub(super) findings: BTreeSet<&'static str>,
    pub(super) addresses: BTreeSet<IpAddr>,
    pub(super) certificate: Option<CertificateState>,
}

/// Whether a service works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Up,
    /// A stage failed. The cause is absent if no finding explains the failure.
    Down {
        stage: Stage,
        cause: Option<Cause>,
    },
    /// The run ended before it had checked the service: it has neither worked nor failed.
    Unknown,
}

/// The certificate of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CertificateState {
    pub(super) sha256: String,
    /// The end of its validity, in seconds since 1970.
    pub(super) not_after: i64,
}

impl Status {
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down { .. } => "down",
            Self::Unknown => "unknown",
        }
    }
}

impl State {
    pub(super) fn of(evidence: &Evidence, diagnosis: &Diagnosis, fail_on: Severity) -> Self {
        let everywhere = diagnosis.findings.iter().filter(|finding| finding.places.is_empty());
        Self {
            verdict: diagnosis.verdict,
            root_cause: diagnosis.root_cause().map(Cause::of),
            exit_code: diagnosis.exit_code(fail_on),
            findings: everywhere.map(|finding| finding.failure.id).collect(),
            services: services(evidence, diagnosis),
        }
    }
}

impl Cause {
    fn of(finding: &Finding) -> Self {
        Self { id: finding.failure.id, title: finding.failure.title }
    }
}

/// Returns the state of each target, with that of the host to which it directs clients.
fn services(evidence: &Evidence, diagnosis: &Diagnosis) -> Vec<ServiceState> {
    let mut services: Vec<ServiceState> = Vec::new();
    for trace in evidence.traces.iter().filter(|trace| trace.target.discovered_from.is_none()) {
        let (service, host) = (name(trace), trace.target.host.clone());
        if services.iter().any(|known| known.service == service && known.host == host) {
            continue;
        }
        let traces: Vec<&Trace> = evidence.traces.iter().filter(|other| is_part(other, trace)).collect();
        let is_here =
            |finding: &&Finding| !finding.places.is_empty() && traces.iter().any(|trace| finding.is_at(trace));
        let found: Vec<&Finding> = diagnosis.findings.iter().filter(is_here).collect();
        services.push(ServiceState {
            service,
            host,
            status: status(&traces, diagnosis),
            findings: found.iter().map(|finding| finding.failure.id).collect(),
            addresses: addresses(trace),
            certificate: certificate(trace),
        });
    }
    services
}

fn name(trace: &Trace) -> String {
    let companion = || trace.target.purpose.map(Companion::title).unwrap_or_default().to_owned();
    trace.target.service.clone().unwrap_or_else(companion)
}

/// Returns whether a trace is one of the same service at the same host, or at the host to which the service directs clients.
fn is_part(other: &Trace, trace: &Trace) -> bool {
    match &other.target.discovered_from {
        Some(from) => trace.target.service.as_ref() == Some(from),
        None => name(other) == name(trace) && other.target.host == trace.target.host,
    }
}

fn status(traces: &[&Trace], diagnosis: &Diagnosis) -> Status {
    let failed = traces.iter().find_map(|trace| Some((*trace, trace.service_failed_at()?)));
    if let Some((trace, stage)) = failed {
        return Status::Down { stage, cause: diagnosis.explanation(trace, stage).map(Cause::of) };
    }
    let is_unreached = |state| matches!(state, StepState::Skipped { because: Skip::Ended });
    let mut states = traces.iter().flat_map(|trace| trace.steps());
    if states.any(|(_, state)| is_unreached(state)) { Status::Unknown } else { Status::Up }
}

fn addresses(trace: &Trace) -> BTreeSet<IpAddr> {
    trace.dns.found().map(|facts| facts.addresses.iter().map(|address| address.ip).collect()).unwrap_or_default()
}

fn certificate(trace: &Trace) -> Option<CertificateState> {
    let leaf = trace.tls.found()?.chain.first()?;
    Some(CertificateState { sha256: leaf.sha256.clone(), not_after: leaf.not_after })
}

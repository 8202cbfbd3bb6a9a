//! Report: a diagnosis in words or as data, one writer each. Pure: evidence and diagnosis in, a text out.

use crate::diagnose::area::Area;
use crate::diagnose::catalogue::Severity;
use crate::diagnose::evidence::{Ended, Evidence, Skip, StepState, Trace};
use crate::diagnose::stage::Stage;
use crate::diagnose::{Diagnosis, Finding, Unexplained};

#[cfg(all(test, feature = "serde"))]
mod golden;
#[cfg(feature = "serde")]
mod json;
mod markdown;
mod page;
mod redaction;
mod rounds;
mod short;
mod stage;
mod text;
mod verdict;

#[cfg(feature = "serde")]
pub use json::json;
pub use markdown::markdown;
pub use page::wrap;
pub use short::short;
pub use text::text;
pub use verdict::verdict;

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Columns; fewer than 60 count as 60.
    pub width: usize,
    /// Whether colours are written, as SGR sequences.
    pub color: bool,
    /// Whether names and addresses of the customer stand in a report that is made for others.
    pub share: bool,
    /// From which severity on a finding makes the exit code.
    pub fail_on: Severity,
    /// 0: what works in one line each; 1 and more: every target at length.
    pub verbose: u8,
}

impl Default for Options {
    fn default() -> Self {
        Self { width: 80, color: false, share: false, fail_on: Severity::Error, verbose: 0 }
    }
}

/// The exit code of a run: the same in every format.
///
/// 1. That of the root cause, or of what failed without one: [`Diagnosis::exit_code`].
/// 2. That of the configuration, where a service that was asked for has no host.
/// 3. 1, where the run ended before everything was looked at: nobody can say that nothing is wrong.
#[must_use]
pub fn exit_code(evidence: &Evidence, diagnosis: &Diagnosis, fail_on: Severity) -> u8 {
    let has_cause = diagnosis.root_cause().is_some_and(|finding| finding.severity >= fail_on);
    if has_cause || unexplained(evidence, diagnosis).next().is_some() {
        return diagnosis.exit_code(fail_on);
    }
    if evidence.remarks.iter().any(|remark| remark.is_error) {
        return Area::Configuration.exit_code().unwrap_or_default();
    }
    u8::from(evidence.ended != Ended::Complete)
}

/// The findings that are no consequence of another one of the list.
fn causes(diagnosis: &Diagnosis) -> impl Iterator<Item = &Finding> {
    let is_listed = |id: &str| diagnosis.findings.iter().any(|finding| finding.failure.id == id);
    diagnosis.findings.iter().filter(move |finding| finding.caused_by.is_none_or(|id| !is_listed(id)))
}

/// The findings that are consequences of one.
fn consequences<'a>(diagnosis: &'a Diagnosis, cause: &'a Finding) -> impl Iterator<Item = &'a Finding> {
    diagnosis.findings.iter().filter(|finding| finding.caused_by == Some(cause.failure.id))
}

/// What failed and no finding explains. That a run ended before a stage is no failure of that stage.
fn unexplained<'a>(evidence: &'a Evidence, diagnosis: &'a Diagnosis) -> impl Iterator<Item = &'a Unexplained> {
    let is_ended = |failure: &Unexplained| {
        let place = &failure.place;
        let mut here = evidence
            .traces
            .iter()
            .filter(|trace| trace.target.host == place.host && trace.target.service == place.service);
        here.any(|trace| {
            let mut steps = trace.steps().into_iter();
            steps.any(|(stage, state)| {
                stage == failure.stage && matches!(state, StepState::Skipped { because: Skip::Ended })
            })
        })
    };
    diagnosis.unexplained.iter().filter(move |failure| !is_ended(failure))
}

/// Whether a finding shows at a target; one without places shows everywhere.
fn is_at(finding: &Finding, trace: &Trace) -> bool {
    finding.places.is_empty()
        || finding.places.iter().any(|place| place.host == trace.target.host && place.service == trace.target.service)
}

/// The finding that explains why a stage of a target failed: the cause, where there is a consequence as well. A warning
/// does where there is no error: a quota that is used up.
fn explanation<'a>(diagnosis: &'a Diagnosis, trace: &Trace, failed: Stage) -> Option<&'a Finding> {
    let errors = || diagnosis.findings.iter().filter(|finding| finding.severity == Severity::Error);
    let here = || errors().filter(|finding| is_at(finding, trace));
    let quota = || {
        let used_up = |finding: &&Finding| finding.failure.area == Area::Quota && is_at(finding, trace);
        diagnosis.findings.iter().find(used_up).filter(|_| failed >= Stage::Http)
    };
    let explains = |finding: &&Finding| finding.failure.area <= Area::from(failed) || finding.failure.area > Area::Http;
    let finding = here()
        .find(|finding| finding.failure.area == Area::from(failed))
        .or_else(|| here().find(explains))
        .or_else(quota)?;
    let cause = finding.caused_by.and_then(|id| diagnosis.findings.iter().find(|cause| cause.failure.id == id));
    Some(cause.unwrap_or(finding))
}

/// Whether a target did all that was wanted of it.
fn works(trace: &Trace) -> bool {
    let mut steps = trace.steps().into_iter();
    trace.failed_at().is_none() && steps.all(|(_, state)| !matches!(state, StepState::Skipped { because: Skip::Ended }))
}

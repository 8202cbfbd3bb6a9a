//! Reports: a diagnosis for people, programs, pipelines and monitoring. Each writer is pure: evidence and diagnosis in, a text out.

use std::time::Duration;

use crate::diagnose::catalogue::Severity;
use crate::diagnose::evidence::{Evidence, StepState, Trace};
use crate::diagnose::redact::Redaction;
use crate::diagnose::stage::Stage;
use crate::diagnose::{Diagnosis, Finding};

mod comparison;
mod github;
mod html;
#[cfg(feature = "serde")]
mod json;
mod junit;
mod markdown;
mod markup;
mod page;
mod prometheus;
mod round_trip;
mod rounds;
#[cfg(feature = "serde")]
mod sarif;
#[cfg(feature = "serde")]
#[doc(hidden)]
pub mod sarif_log;
mod short;
mod stage;
mod text;
mod verdict;

pub use github::github;
pub use html::html;
#[cfg(feature = "serde")]
pub use json::{JsonError, json};
pub use junit::junit;
pub use markdown::markdown;
pub use prometheus::prometheus;
#[cfg(feature = "serde")]
pub use sarif::sarif;
pub use short::short;
pub use text::text;
pub use verdict::verdict;

/// Returns a text that Markdown shows as it is: no link, image, HTML or mention in it renders.
#[must_use]
pub fn markdown_text(text: &str) -> String {
    crate::diagnose::redact::escaped(text)
}

/// Returns a text that Markdown shows as it is in a cell of a table.
#[must_use]
pub fn markdown_cell(text: &str) -> String {
    crate::diagnose::redact::cell(text)
}

/// How a report is written.
///
/// ```
/// use speech_endpoint::report::ReportOptions;
///
/// let options = ReportOptions::default().with_width(120).with_color(true);
/// assert_ne!(options, ReportOptions::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportOptions {
    width: usize,
    color: bool,
    share: bool,
    fail_on: Severity,
    verbosity: u8,
    notes: bool,
}

impl Default for ReportOptions {
    /// 80 columns without colours, names and addresses replaced in tickets, exit codes for errors only, short.
    fn default() -> Self {
        Self { width: 80, color: false, share: false, fail_on: Severity::Error, verbosity: 0, notes: false }
    }
}

impl ReportOptions {
    /// Sets the width of text in columns, at least 60.
    #[must_use]
    pub fn with_width(self, columns: usize) -> Self {
        Self { width: columns, ..self }
    }

    /// Sets whether text contains colours, as SGR sequences.
    #[must_use]
    pub fn with_color(self, color: bool) -> Self {
        Self { color, ..self }
    }

    /// Sets whether Markdown and HTML contain names and addresses of the customer.
    #[must_use]
    pub fn with_share(self, share: bool) -> Self {
        Self { share, ..self }
    }

    /// Sets the lowest severity that makes the exit code in JSON and in metrics non-zero.
    #[must_use]
    pub fn with_fail_on(self, severity: Severity) -> Self {
        Self { fail_on: severity, ..self }
    }

    /// Sets the level of detail of text: 0 reports a working target in one line, 1 and above every target with its notes, stage
    /// by stage.
    #[must_use]
    pub fn with_verbosity(self, level: u8) -> Self {
        Self { verbosity: level, ..self }
    }

    /// Sets whether text contains the notes on each endpoint even at level 0.
    #[must_use]
    pub fn with_notes(self, notes: bool) -> Self {
        Self { notes, ..self }
    }
}

/// Returns everything that identifies the customer in a report, with its replacements.
fn redaction(evidence: &Evidence, diagnosis: &Diagnosis) -> Redaction {
    let texts = diagnosis.findings.iter().flat_map(|finding| {
        let ruled_out = finding.ruled_out.iter().map(|other| other.because.as_str());
        ruled_out.chain(finding.commands.iter().map(String::as_str)).chain([finding.observed.as_str()])
    });
    Redaction::of(evidence).with_names(&diagnosis.names.all(), &texts)
}

/// Returns the findings that are not a consequence of another finding in the list.
fn causes(diagnosis: &Diagnosis) -> impl Iterator<Item = &Finding> {
    let is_listed = |id: &str| diagnosis.findings.iter().any(|finding| finding.failure.id == id);
    diagnosis.findings.iter().filter(move |finding| finding.caused_by.is_none_or(|id| !is_listed(id)))
}

/// Returns the consequences of a finding.
fn consequences<'a>(diagnosis: &'a Diagnosis, cause: &'a Finding) -> impl Iterator<Item = &'a Finding> {
    diagnosis.findings.iter().filter(|finding| finding.caused_by == Some(cause.failure.id))
}

/// Returns the stages of a target that took a time. The upgrade carries the credential, so that stage has no time of its own.
fn timed_steps(trace: &Trace) -> impl Iterator<Item = (Stage, Duration)> {
    let is_counted_before = |stage| stage == Stage::Auth && trace.websocket.has_passed();
    trace.steps().into_iter().filter_map(move |(stage, state)| match state {
        StepState::Passed { took } | StepState::Failed { took, .. } if !is_counted_before(stage) => Some((stage, took)),
        _ => None,
    })
}

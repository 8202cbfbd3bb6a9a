//! Findings, and the diagnosis that consists of them.

use std::fmt;

use crate::azure::DocumentKind;
use crate::diagnose::area::Area;
use crate::diagnose::catalogue::{KnownFailure, Severity};
use crate::diagnose::documents::{DocumentNames, TargetDocuments};
use crate::diagnose::evidence::{Ended, Trace};
use crate::diagnose::stage::Stage;

/// A similar failure that was ruled out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuledOut {
    /// Its id in the catalogue.
    pub id: &'static str,
    /// The fact that rules it out.
    pub because: String,
}

/// A failure of the catalogue that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The entry of the catalogue: id, stage, title, link.
    pub failure: &'static KnownFailure,
    /// The severity in this case.
    pub severity: Severity,
    /// The affected targets, in the order of the plan; empty for the whole run.
    pub places: Vec<FindingPlace>,
    /// The observed fact, with names and numbers.
    pub observed: String,
    /// The remedy, in a sentence.
    pub remedy: String,
    /// Commands that apply the remedy; words in capitals are placeholders.
    pub commands: Vec<String>,
    /// The kinds of Azure's documents that would settle or sharpen it and are not given.
    pub wanted: Vec<DocumentKind>,
    /// Similar failures that were ruled out.
    pub ruled_out: Vec<RuledOut>,
    /// The id of the finding that caused this one.
    pub caused_by: Option<&'static str>,
    /// The place among the causes that fit the same facts, of which one is present: 0 for the likeliest, and for a cause
    /// without an alternative.
    pub rank: u8,
}

impl Finding {
    /// Returns whether it affects a target. A finding without places affects all of them.
    #[must_use]
    pub fn is_at(&self, trace: &Trace) -> bool {
        let is_place = |place: &FindingPlace| place.host == trace.target.host && place.service == trace.target.service;
        self.places.is_empty() || self.places.iter().any(is_place)
    }
}

/// A target that a finding affects.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FindingPlace {
    /// The id of the service; `None` for a companion host.
    pub service: Option<String>,
    /// The host.
    pub host: String,
}

impl FindingPlace {
    pub(super) fn of(trace: &Trace) -> Self {
        Self { service: trace.target.service.clone(), host: trace.target.host.clone() }
    }
}

/// A target that failed, or that the run did not finish, although no rule explains it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unexplained {
    /// The target.
    pub place: FindingPlace,
    /// The stage that failed, or the first one that the run did not reach.
    pub stage: Stage,
    /// The failure, in one line.
    pub text: String,
    /// Whether the run ended before this stage: then the stage has not failed.
    pub is_unreached: bool,
}

/// What works, what does not, and why. The reports, the JSON and the exit code of a run all follow from it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The result in one word.
    pub verdict: Verdict,
    /// The findings, causes before consequences, in the order of the stages.
    pub findings: Vec<Finding>,
    /// Targets that failed or were not finished, and that no finding explains.
    pub unexplained: Vec<Unexplained>,
    /// Whether the configuration kept a requested service from being checked.
    pub is_blocked: bool,
    /// Why the run ended.
    pub ended: Ended,
    /// What Azure's documents say about each target, in the order of the evidence; empty without documents.
    pub documents: Vec<TargetDocuments>,
    /// The names in the documents, which identify the customer.
    pub(super) names: DocumentNames,
}

/// The result of a run, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// Every service works, and nothing threatens it.
    Healthy,
    /// Some services work, or all do with a warning.
    Degraded,
    /// No service works.
    Unreachable,
}

impl Verdict {
    /// Returns the identifier used in output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unreachable => "unreachable",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Diagnosis {
    /// Returns the root cause: the first error that is not a consequence of another finding, else the first such
    /// warning. The environment is never the root cause.
    #[must_use]
    pub fn root_cause(&self) -> Option<&Finding> {
        let causes = |severity| {
            let is_cause = move |finding: &&Finding| {
                finding.caused_by.is_none() && finding.severity == severity && finding.failure.area != Area::Environment
            };
            self.findings.iter().find(is_cause)
        };
        causes(Severity::Error).or_else(|| causes(Severity::Warning))
    }

    /// Returns the finding that explains why a stage of a target failed: its cause, if it is a consequence. Without an error, a
    /// warning about a used-up quota explains it.
    #[must_use]
    pub fn explanation(&self, trace: &Trace, failed: Stage) -> Option<&Finding> {
        let errors = || self.findings.iter().filter(|finding| finding.severity == Severity::Error);
        let here = || errors().filter(|finding| finding.is_at(trace));
        let quota = || {
            let used_up = |finding: &&Finding| finding.failure.area == Area::Quota && finding.is_at(trace);
            self.findings.iter().find(used_up).filter(|_| failed >= Stage::Http)
        };
        let explains =
            |finding: &&Finding| finding.failure.area <= Area::from(failed) || finding.failure.area > Area::Http;
        let finding = here()
            .find(|finding| finding.failure.area == Area::from(failed))
            .or_else(|| here().find(explains))
            .or_else(quota)?;
        let cause = finding.caused_by.and_then(|id| self.findings.iter().find(|cause| cause.failure.id == id));
        Some(cause.unwrap_or(finding))
    }

    /// Returns the failures that no finding explains. A stage that the run did not reach has not failed.
    pub fn unexplained_failures(&self) -> impl Iterator<Item = &Unexplained> {
        self.unexplained.iter().filter(|unexplained| !unexplained.is_unreached)
    }

    /// Returns the exit code of the run. The command ends with it, and every format reports it.
    ///
    /// 1. The exit code of the stage of the root cause, if its severity is `fail_on` or higher, or of an unexplained failure.
    /// 2. The exit code of the configuration, if it kept a requested service from being checked, or if the environment of
    ///    this machine has a finding of that severity.
    /// 3. 1, if the run ended before it had checked everything: it cannot report that nothing is wrong.
    #[must_use]
    pub fn exit_code(&self, fail_on: Severity) -> u8 {
        let root_cause = self.root_cause().filter(|finding| finding.severity >= fail_on);
        if root_cause.is_some() || self.unexplained_failures().next().is_some() {
            let unexplained = self.unexplained.iter().map(|unexplained| Area::from(unexplained.stage)).min();
            let area = match root_cause {
                Some(finding) if finding.severity == Severity::Error || unexplained.is_none() => {
                    Some(finding.failure.area)
                }
                _ => unexplained,
            };
            return area.and_then(Area::exit_code).unwrap_or_default();
        }
        let threatens = |finding: &Finding| finding.failure.area == Area::Environment && finding.severity >= fail_on;
        if self.is_blocked || self.findings.iter().any(threatens) {
            return Area::Configuration.exit_code().unwrap_or_default();
        }
        u8::from(self.ended != Ended::Complete)
    }
}

/// The findings that a diagnosis reports: all of them by default.
///
/// ```
/// # #[cfg(feature = "serde")] {
/// # use speech_endpoint::evidence::{Evidence, Remark};
/// use speech_endpoint::{Selection, diagnose_with};
///
/// # let saved = r#"{ "observed_at": "2026-01-01T00:00:00Z", "took_ms": 1.0, "ended": "complete", "credential": null,
/// #   "resource": { "scenario": "regional", "title": "regional" }, "machine": { "name_servers": [], "search": [] },
/// #   "remarks": [], "traces": [] }"#;
/// # let mut evidence: Evidence = serde_json::from_str(saved)?;
/// # evidence.remarks.push(Remark::new("CFG07", "the host has the label `privatelink`", true));
/// let selection = Selection::default().with_ignored(["CFG07"]);
/// assert!(diagnose_with(&evidence, &selection).findings.is_empty());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Selection {
    only: Vec<String>,
    ignored: Vec<String>,
    expects_denial: bool,
}

impl Selection {
    /// Adds ids to the ones that are reported. Without any, all ids are.
    #[must_use]
    pub fn with_only(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.only.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Adds ids to the ones that are left out.
    #[must_use]
    pub fn with_ignored(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.ignored.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Expects that the resource refuses this caller, or that its private address is out of reach. A denial is then healthy,
    /// and an admission is POL06.
    #[must_use]
    pub fn with_expected_denial(self) -> Self {
        Self { expects_denial: true, ..self }
    }

    /// Returns whether a denial is expected.
    pub(super) fn expects_denial(&self) -> bool {
        self.expects_denial
    }

    /// Returns whether every finding is reported.
    pub(super) fn is_everything(&self) -> bool {
        self.only.is_empty() && self.ignored.is_empty()
    }

    /// Returns whether findings with this id are reported.
    pub(super) fn includes(&self, id: &str) -> bool {
        let holds = |ids: &[String]| ids.iter().any(|known| known == id);
        (self.only.is_empty() || holds(&self.only)) && !holds(&self.ignored)
    }
}

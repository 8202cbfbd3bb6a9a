//! Rules: one per failure that the evidence can show. Every rule is one entry of a table.
//!
//! The modules are listed from the ground up. The areas at the end do not use each other; what they share is on
//! [`RuleContext`].

use super::finding::RuledOut;
use crate::diagnose::alias::AliasChain;
use crate::diagnose::catalogue::{KnownFailure, Severity};
use crate::diagnose::documents::{Documents, Way};
use crate::diagnose::evidence::{Evidence, Trace};

mod wording;

mod answers;

mod refusal;

mod page;

mod context;

mod caller;

mod attempts;

mod documents;
mod path;

mod zone;

mod firewall;
mod private;

mod origin;

mod round_trip;

mod settle;

mod auth;
mod config;
mod dns;
mod environment;
mod http;
mod policy;
mod proxy;
mod tcp;
mod tls;
mod websocket;

/// A rule: the condition under which a failure of the catalogue is present.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    /// The id of the catalogue, which has title, remedy and link.
    pub(crate) id: &'static str,
    /// The predicate.
    pub(crate) when: When,
    /// The findings that are consequences of it: those of later stages, which then reach the wrong peer.
    pub(crate) hides: &'static [&'static str],
}

type OfRun = fn(&Rule, &Evidence) -> Option<Observation>;
type OfTarget = fn(&RuleContext<'_>) -> Option<Observation>;

impl Rule {
    const fn run(id: &'static str, when: OfRun, hides: &'static [&'static str]) -> Self {
        Self { id, when: When::Run(when), hides }
    }

    const fn target(id: &'static str, when: OfTarget, hides: &'static [&'static str]) -> Self {
        Self { id, when: When::Target(when), hides }
    }

    const fn both(id: &'static str, run: OfRun, target: OfTarget, hides: &'static [&'static str]) -> Self {
        Self { id, when: When::Both(run, target), hides }
    }

    /// Returns the entry of the catalogue. Never panics: a test checks every rule against the catalogue.
    pub(crate) fn failure(&self) -> &'static KnownFailure {
        KnownFailure::find(self.id).expect("every rule has an entry in the catalogue")
    }
}

/// The predicate of a rule.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    /// About the run as a whole.
    Run(OfRun),
    /// About each target.
    Target(OfTarget),
    /// About the run as a whole, and about each target.
    Both(OfRun, OfTarget),
}

/// A rule at one target, with everything that its predicate may use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RuleContext<'a> {
    /// The rule.
    pub(crate) rule: &'a Rule,
    /// The evidence of the run.
    pub(crate) evidence: &'a Evidence,
    /// The target.
    pub(crate) trace: &'a Trace,
    /// The aliases of its host.
    pub(crate) chain: &'a AliasChain,
    /// What Azure's documents say.
    pub(crate) documents: Option<&'a Documents<'a>>,
    /// The way to the target, as they describe it.
    pub(crate) way: Option<&'a Way<'a>>,
}

/// A remedy with its commands.
type Remedy = (&'static str, &'static [&'static str]);

/// The result of a rule whose failure is present.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Observation {
    /// A fact with names and numbers.
    pub(crate) observed: String,
    /// The severity, where it differs from that of the catalogue.
    pub(crate) severity: Option<Severity>,
    /// Similar failures that are not present, each with the fact that rules it out.
    pub(crate) ruled_out: Vec<RuledOut>,
    /// The values of the parts in capitals of the catalogue's remedy and commands: `("HOST", "contoso.…")`.
    pub(crate) values: Vec<(&'static str, String)>,
    /// A remedy with its commands that fits better than that of the catalogue.
    pub(crate) remedy: Option<Remedy>,
    /// The place among causes that fit the same response: 0 for the likeliest.
    pub(crate) rank: u8,
    /// Whether a document of Azure shows the cause.
    pub(crate) is_settled: bool,
}

impl RuleContext<'_> {
    /// Returns the result of the rule at this target, as far as Azure's documents leave it.
    pub(crate) fn outcome(&self, when: OfTarget) -> Option<Observation> {
        settle::settled(self, when(self)?)
    }
}

impl Observation {
    fn new(observed: impl Into<String>) -> Self {
        Self { observed: observed.into(), ..Self::default() }
    }

    /// Sets a severity that differs from that of the catalogue.
    fn at(self, severity: Severity) -> Self {
        Self { severity: Some(severity), ..self }
    }

    /// Rules out a similar failure.
    fn not(mut self, id: &'static str, because: impl Into<String>) -> Self {
        // The last fact is that of a document, which is the most precise one.
        self.ruled_out.retain(|other| other.id != id);
        self.ruled_out.push(RuledOut { id, because: because.into() });
        self
    }

    /// Rules out a similar failure, where this evidence has the fact that does.
    fn not_if(self, fact: Option<impl Into<String>>, id: &'static str) -> Self {
        match fact {
            Some(because) => self.not(id, because),
            None => self,
        }
    }

    /// Sets a remedy that fits better than that of the catalogue.
    fn remedied(self, remedy: Option<Remedy>) -> Self {
        Self { remedy, ..self }
    }

    /// Ranks a cause below the likelier ones that fit the same response.
    fn ranked(self, rank: u8) -> Self {
        Self { rank, ..self }
    }

    /// Sets the value of a part in capitals.
    fn with(mut self, part: &'static str, value: impl Into<String>) -> Self {
        self.values.push((part, value.into()));
        self
    }
}

/// Returns every rule in the order of the road, configuration first.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    AREAS.iter().flat_map(|area| area.iter())
}

/// Returns the ids of the catalogue that a diagnosis can find, in the order of the road.
pub fn diagnosed_ids() -> impl Iterator<Item = &'static str> {
    rules().map(|rule| rule.id)
}

/// The areas in the order of the catalogue.
const AREAS: [&[Rule]; 10] = [
    config::RULES,
    dns::RULES,
    tcp::RULES,
    proxy::RULES,
    tls::RULES,
    http::RULES,
    websocket::RULES,
    auth::RULES,
    policy::RULES,
    environment::RULES,
];

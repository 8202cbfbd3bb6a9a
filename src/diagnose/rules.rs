//! Rules: one for each failure that the evidence can show. Every rule is one entry of a table.

use super::finding::RuledOut;
use crate::diagnose::alias::AliasChain;
use crate::diagnose::catalogue::{KnownFailure, Severity};
use crate::diagnose::evidence::{Evidence, Trace};

mod auth;
mod config;
mod dns;
mod http;
mod page;
mod policy;
mod proxy;
mod refusal;
mod sight;
mod tcp;
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

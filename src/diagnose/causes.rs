//! Causes: which failure of a host is a consequence of which. Targets of one host share their causes, so the work grows with
//! the number of kinds of failures at a host, and not with the number of its targets.

use std::collections::HashMap;

use super::area::Area;
use super::catalogue::Severity;
use super::rules::Rule;

/// One kind of failure: a rule that applies at a host, or to the whole run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failing<'a> {
    /// The rule.
    pub(super) rule: &'static Rule,
    /// `None` for the whole run.
    pub(super) host: Option<&'a str>,
    /// The severity without regard to what the host is for.
    pub(super) severity: Severity,
    /// The place among failures of the same area.
    pub(super) rank: u8,
}

impl Failing<'_> {
    /// Returns whether the other one is a consequence: the rule lists it, and its severity is not higher.
    fn causes(&self, other: &Self) -> bool {
        self.rule.hides.contains(&other.rule.id) && self.severity >= other.severity
    }

    fn order(&self) -> (Area, u8, &'static str) {
        (self.rule.failure().area, self.rank, self.rule.id)
    }
}

/// A failing rule at a host, with its severity.
type Key<'a> = (Option<&'a str>, &'static str, Severity);

/// The kinds of failures of a run, by host.
#[derive(Debug, Default)]
pub(super) struct Causes<'a> {
    kinds: HashMap<Option<&'a str>, Vec<Failing<'a>>>,
    /// The roots that were found.
    roots: HashMap<Key<'a>, Option<Failing<'a>>>,
}

impl<'a> Causes<'a> {
    pub(super) fn of(failures: impl Iterator<Item = Failing<'a>>) -> Self {
        let mut kinds: HashMap<Option<&str>, Vec<Failing<'_>>> = HashMap::new();
        for failing in failures {
            let known = kinds.entry(failing.host).or_default();
            let is_same = |one: &Failing<'_>| one.order() == failing.order() && one.severity == failing.severity;
            if !known.iter().any(is_same) {
                known.push(failing);
            }
        }
        Self { kinds, roots: HashMap::new() }
    }

    /// Returns the id of the first cause; `None` if the failure is a cause itself.
    pub(super) fn root_of(&mut self, failing: &Failing<'a>) -> Option<&'static str> {
        self.root(failing).map(|root| root.rule.id)
    }

    /// Follows causes to the first one: those of the host, and those of the run. Ends because `hides` has no cycle (tested).
    fn root(&mut self, failing: &Failing<'a>) -> Option<Failing<'a>> {
        let key = (failing.host, failing.rule.id, failing.severity);
        if let Some(root) = self.roots.get(&key) {
            return *root;
        }
        let of_host = failing.host.and_then(|host| self.kinds.get(&Some(host)));
        let all = self.kinds.get(&None).into_iter().chain(of_host).flatten();
        let causes: Vec<Failing<'_>> = all.filter(|cause| cause.causes(failing)).copied().collect();
        let roots = causes.into_iter().map(|cause| self.root(&cause).unwrap_or(cause));
        let root = roots.min_by_key(Failing::order);
        self.roots.insert(key, root);
        root
    }
}

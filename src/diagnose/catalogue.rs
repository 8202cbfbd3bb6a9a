//! The failure catalogue: what can go wrong between a client and the service, one entry per cause. Pure data.

use std::fmt;

use super::area::Area;
use crate::resolve::near::nearest;

mod auth;
mod config;
mod dns;
mod environment;
mod http;
mod policy;
mod proxy;
mod tcp;
mod text;
mod tls;

pub use text::{KnownText, TextMatch, ids_for};

/// One entry of the failure catalogue: a cause that can be recognised from outside the service.
///
/// Every text is one sentence or less, lower case and without a full stop. Unknown parts are in capitals.
///
/// ```
/// use speech_endpoint::{Area, KnownFailure};
///
/// let failure = KnownFailure::find("dns03").expect("an id of the catalogue");
/// assert_eq!(failure.title, "the private name resolves to a public address");
/// assert_eq!((failure.area, failure.area.exit_code()), (Area::Dns, Some(20)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownFailure {
    /// The area and two digits, such as `DNS03`; never given to another entry.
    pub id: &'static str,
    /// The area that it belongs to.
    pub area: Area,
    /// How much it matters.
    pub severity: Severity,
    /// On what the severity depends, where it depends on anything.
    pub severity_when: Option<&'static str>,
    /// Whether a diagnosis must be able to find it; the others come later.
    pub is_core: bool,
    /// What is the matter, as the name of a finding.
    pub title: &'static str,
    /// What is seen.
    pub observed: &'static str,
    /// What brings it about.
    pub cause: &'static str,
    /// What separates it from its look-alikes.
    pub tell_apart: &'static str,
    /// What to do.
    pub remedy: &'static str,
    /// Commands that do it or show what it needs, ready to paste but for the parts in capitals.
    pub commands: &'static [&'static str],
    /// What to show, so that the discussion ends; never a secret.
    pub evidence: &'static str,
    /// The documentation, or a public report of it; none when it rests on general knowledge of protocols and platforms.
    pub see: Option<&'static str>,
}

impl KnownFailure {
    /// Every entry, in the order of the catalogue.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        AREAS.iter().flat_map(|area| area.iter())
    }

    /// The entry with this id, in capitals or not.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        Self::all().find(|failure| failure.id.eq_ignore_ascii_case(id))
    }

    /// The entry whose id is nearest to one that does not exist: `DNS13` for `DNS99`, `DNS03` for `DSN03` or `dns-3`.
    #[must_use]
    pub fn nearest(id: &str) -> Option<&'static Self> {
        let id = id.to_ascii_uppercase();
        let (prefix, number) = id.split_at(id.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(id.len()));
        let number: u32 = number.trim_start_matches(['-', '_', ' ']).parse().ok()?;
        let prefixes = || Self::all().map(Self::prefix);
        let prefix = prefixes().find(|known| *known == prefix).or_else(|| nearest(prefix, prefixes()))?;
        Self::all().filter(|failure| failure.prefix() == prefix).min_by_key(|failure| failure.number().abs_diff(number))
    }

    /// Whether a public document or report shows it; otherwise match on status and code before any text.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.see.is_some()
    }

    fn prefix(&self) -> &'static str {
        self.id.trim_end_matches(|c: char| c.is_ascii_digit())
    }

    fn number(&self) -> u32 {
        self.id[self.prefix().len()..].parse().unwrap_or_default()
    }
}

/// How much a failure matters, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// Good to know.
    Info,
    /// Works, but not well or not for long.
    Warning,
    /// Does not work.
    Error,
}

impl Severity {
    /// The identifier used in output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The areas in the order of the catalogue.
const AREAS: [&[KnownFailure]; 9] = [
    config::FAILURES,
    dns::FAILURES,
    tcp::FAILURES,
    proxy::FAILURES,
    tls::FAILURES,
    http::FAILURES,
    auth::FAILURES,
    policy::FAILURES,
    environment::FAILURES,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_in_any_case_and_a_wrong_one_has_a_nearest() {
        assert_eq!(KnownFailure::find("dns03").map(|failure| failure.id), Some("DNS03"));
        assert_eq!(KnownFailure::find("DNS3"), None);
        let nearest = |id| KnownFailure::nearest(id).map(|failure| failure.id);
        for (given, expected) in [
            ("DNS99", Some("DNS13")),
            ("dns3", Some("DNS03")),
            ("DNS-03", Some("DNS03")),
            ("DSN03", Some("DNS03")),
            ("AUT05", Some("AUTH05")),
            ("TCP00", Some("TCP01")),
            ("ABC01", None),
            ("DNS", None),
            ("", None),
            ("é1", None),
            ("DNS99999999999999", None),
        ] {
            assert_eq!(nearest(given), expected, "{given}");
        }
    }

    #[test]
    fn every_entry_stands_in_its_area_and_in_order() {
        let areas: Vec<Area> = KnownFailure::all().map(|failure| failure.area).collect();
        assert!(areas.is_sorted(), "{areas:?}");
        assert_eq!(KnownFailure::all().count(), 91);
        assert!(Severity::Error > Severity::Warning && Severity::Warning > Severity::Info);
    }
}

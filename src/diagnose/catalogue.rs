//! The failure catalogue: everything that can go wrong between a client and the service, one entry per cause. Pure data.

use std::fmt;

use super::area::Area;
use crate::azure::DocumentKind;
use crate::resolve::near::nearest;

mod auth;
mod config;
mod dns;
mod documents;
mod environment;
mod http;
mod policy;
mod proxy;
pub(crate) mod systems;
mod tcp;
mod tls;
mod unseen;

pub(crate) use policy::READ_THE_SUBNET;

/// One entry of the failure catalogue: a cause that can be recognised from outside the service.
///
/// Every text is a phrase or a sentence in lower case, without a full stop. Placeholders are in capitals.
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
    /// The area and two digits, for example `DNS03`; never reused for another entry.
    pub id: &'static str,
    /// The area that it belongs to.
    pub area: Area,
    /// Its severity.
    pub severity: Severity,
    /// The condition that changes the severity, if there is one.
    pub severity_when: Option<&'static str>,
    /// Whether a diagnosis must be able to detect it; the others may follow later.
    pub is_core: bool,
    /// The problem, used as the title of a finding.
    pub title: &'static str,
    /// The symptoms.
    pub observed: &'static str,
    /// The cause.
    pub cause: &'static str,
    /// How to distinguish it from similar failures.
    pub tell_apart: &'static str,
    /// The remedy.
    pub remedy: &'static str,
    /// Commands that apply the remedy or show what it needs, ready to paste once the placeholders in capitals are
    /// filled in. They are those of Linux; [`commands_on`](Self::commands_on) has those of other systems.
    pub commands: &'static [&'static str],
    /// The facts that prove it; never a secret.
    pub evidence: &'static str,
    /// The documentation or a public report; `None` if it follows from general knowledge of protocols and platforms.
    pub see: Option<&'static str>,
}

impl KnownFailure {
    /// Returns every entry in catalogue order.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        AREAS.iter().flat_map(|area| area.iter())
    }

    /// Returns the entry with this id, ignoring case.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        Self::all().find(|failure| failure.id.eq_ignore_ascii_case(id))
    }

    /// Returns the entry whose id is closest to an unknown one: `DNS14` for `DNS99`, `DNS03` for `DSN03` or `dns-3`.
    #[must_use]
    pub fn nearest(id: &str) -> Option<&'static Self> {
        let id = id.to_ascii_uppercase();
        let (prefix, number) = id.split_at(id.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(id.len()));
        let number: u32 = number.trim_start_matches(['-', '_', ' ']).parse().ok()?;
        let prefixes = || Self::all().map(Self::prefix);
        let prefix = prefixes().find(|known| *known == prefix).or_else(|| nearest(prefix, prefixes()))?;
        Self::all().filter(|failure| failure.prefix() == prefix).min_by_key(|failure| failure.number().abs_diff(number))
    }

    /// Returns the commands for an operating system with the name of `std::env::consts::OS`: `windows` and `macos` have their
    /// own, and every other name gives those of Linux.
    ///
    /// ```
    /// let failure = speech_endpoint::KnownFailure::find("DNS08").expect("an id of the catalogue");
    /// assert_eq!(failure.commands_on("linux")[0], "cat /etc/resolv.conf");
    /// assert_eq!(failure.commands_on("windows")[0], "Get-DnsClientGlobalSetting");
    /// assert_eq!(failure.commands_on("macos")[0], "scutil --dns");
    /// ```
    #[must_use]
    pub fn commands_on(&self, system: &str) -> Vec<&'static str> {
        self.commands.iter().flat_map(|command| systems::on(Some(system), command)).collect()
    }

    /// Returns whether a public document or report confirms it; if not, match on status and code before any text.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.see.is_some()
    }

    /// Returns why no doctor can see it from a client, and what shows it instead; `None` for a failure that one can see.
    #[must_use]
    pub fn unseen(&self) -> Option<&'static str> {
        unseen::UNSEEN.iter().find(|(id, _)| *id == self.id).map(|(_, reason)| *reason)
    }

    /// Returns the kinds of Azure's documents that settle or sharpen it, the one that says most first; empty where no document
    /// changes the answer.
    #[must_use]
    pub fn documents(&self) -> &'static [DocumentKind] {
        documents::DECIDING.iter().find(|row| row.id == self.id).map(|row| row.kinds).unwrap_or_default()
    }

    /// Returns the failure from which these documents tell it apart, if only together with that one it is in doubt.
    pub(super) fn rival(&self) -> Option<&'static str> {
        documents::DECIDING.iter().find(|row| row.id == self.id)?.rival
    }

    fn prefix(&self) -> &'static str {
        self.id.trim_end_matches(|c: char| c.is_ascii_digit())
    }

    fn number(&self) -> u32 {
        self.id[self.prefix().len()..].parse().unwrap_or_default()
    }
}

/// The severity of a failure, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// Information only.
    Info,
    /// Works, but poorly or not for long.
    Warning,
    /// Does not work.
    Error,
}

impl Severity {
    /// Returns the identifier used in output.
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

/// The areas in catalogue order.
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
    fn an_id_is_found_in_any_case_and_a_wrong_one_has_a_closest_match() {
        assert_eq!(KnownFailure::find("dns03").map(|failure| failure.id), Some("DNS03"));
        assert_eq!(KnownFailure::find("DNS3"), None);
        let nearest = |id| KnownFailure::nearest(id).map(|failure| failure.id);
        for (given, expected) in [
            ("DNS99", Some("DNS14")),
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
    fn a_failure_that_cannot_be_seen_says_why_and_has_no_rule() {
        let ruled: Vec<&str> = crate::diagnose::diagnosed_ids().chain(["POL06"]).collect();
        for failure in KnownFailure::all() {
            let has_rule = ruled.contains(&failure.id);
            assert_ne!(has_rule, failure.unseen().is_some(), "{}: a rule or a reason", failure.id);
        }
        let unseen = unseen::UNSEEN.iter().filter(|(id, _)| KnownFailure::find(id).is_none()).count();
        assert_eq!(unseen, 0);
    }

    #[test]
    fn deciding_documents_belong_to_entries_in_their_order_and_rivals_are_mutual() {
        let ids: Vec<&str> = documents::DECIDING.iter().map(|row| row.id).collect();
        let known: Vec<&str> =
            KnownFailure::all().filter(|one| !one.documents().is_empty()).map(|one| one.id).collect();
        assert_eq!(ids, known);
        for row in documents::DECIDING.iter().filter(|row| row.rival.is_some()) {
            let rival = row.rival.and_then(KnownFailure::find).expect("an entry");
            assert_eq!(rival.rival(), Some(row.id));
        }
    }

    #[test]
    fn every_entry_stands_in_its_area_and_in_order() {
        let areas: Vec<Area> = KnownFailure::all().map(|failure| failure.area).collect();
        assert!(areas.is_sorted(), "{areas:?}");
        assert_eq!(KnownFailure::all().count(), 105);
        assert!(Severity::Error > Severity::Warning && Severity::Warning > Severity::Info);
    }
}

//! The failure catalogue: everything that can go wrong between a client and the service, one entry per cause. Pure data.

use std::fmt;

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
/// Every text is a phrase or a sentence in lower case, without a full stop. Placeholders are in capitals.
///
/// ```
/// use speech_endpoint::{KnownFailure, Stage};
///
/// let failure = KnownFailure::find("dns03").expect("an id of the catalogue");
/// assert_eq!(failure.title, "the private name resolves to a public address");
/// assert_eq!((failure.stage, failure.stage.exit_code()), (Stage::Dns, Some(20)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownFailure {
    /// The area and two digits, for example `DNS03`; never reused for another entry.
    pub id: &'static str,
    /// The stage at which it shows.
    pub stage: Stage,
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
    /// filled in.
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

    /// Returns the entry whose id is closest to an unknown one: `DNS13` for `DNS99`, `DNS03` for `DSN03` or `dns-3`.
    #[must_use]
    pub fn nearest(id: &str) -> Option<&'static Self> {
        let id = id.to_ascii_uppercase();
        let (area, number) = id.split_at(id.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(id.len()));
        let number: u32 = number.trim_start_matches(['-', '_', ' ']).parse().ok()?;
        let areas = || Self::all().map(Self::area);
        let area = areas().find(|known| *known == area).or_else(|| nearest(area, areas()))?;
        Self::all().filter(|failure| failure.area() == area).min_by_key(|failure| failure.number().abs_diff(number))
    }

    /// Returns whether a public document or report confirms it; if not, match on status and code before any text.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.see.is_some()
    }

    fn area(&self) -> &'static str {
        self.id.trim_end_matches(|c: char| c.is_ascii_digit())
    }

    fn number(&self) -> u32 {
        self.id[self.area().len()..].parse().unwrap_or_default()
    }
}

/// The stage, from configuration to response, at which a failure shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Stage {
    /// Configuration, before any packet is sent.
    Configuration,
    /// Name resolution.
    Dns,
    /// The connection to port 443.
    Tcp,
    /// The proxy, if one applies.
    Proxy,
    /// The TLS handshake and the certificate.
    Tls,
    /// The HTTP response.
    Http,
    /// The WebSocket upgrade and the open socket.
    WebSocket,
    /// Authentication and authorisation.
    Auth,
    /// The network policy of the resource.
    Policy,
    /// The limits of the pricing tier.
    Quota,
    /// The client's machine.
    Environment,
}

impl Stage {
    /// Every stage in the order of a connection.
    pub const ALL: [Self; 11] = [
        Self::Configuration,
        Self::Dns,
        Self::Tcp,
        Self::Proxy,
        Self::Tls,
        Self::Http,
        Self::WebSocket,
        Self::Auth,
        Self::Policy,
        Self::Quota,
        Self::Environment,
    ];

    /// Returns the identifier used in output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Http => "http",
            Self::WebSocket => "websocket",
            Self::Auth => "auth",
            Self::Policy => "policy",
            Self::Quota => "quota",
            Self::Environment => "environment",
        }
    }

    /// Returns the exit code of a command whose root cause is at this stage; the environment is never the root cause.
    #[must_use]
    pub fn exit_code(self) -> Option<u8> {
        match self {
            Self::Configuration => Some(10),
            Self::Dns => Some(20),
            Self::Tcp => Some(30),
            Self::Proxy => Some(40),
            Self::Tls => Some(50),
            Self::Http | Self::WebSocket => Some(60),
            Self::Auth => Some(70),
            Self::Policy => Some(80),
            Self::Quota => Some(90),
            Self::Environment => None,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
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
    fn every_entry_is_in_its_area_and_in_order() {
        let stages: Vec<Stage> = KnownFailure::all().map(|failure| failure.stage).collect();
        assert!(stages.is_sorted(), "{stages:?}");
        assert_eq!(KnownFailure::all().count(), 91);
        assert!(Severity::Error > Severity::Warning && Severity::Warning > Severity::Info);
    }
}

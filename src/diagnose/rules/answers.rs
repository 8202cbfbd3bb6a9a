//! The answers of name servers: their kinds, whether they differ, and each in words.

use std::net::IpAddr;

use super::wording::{lasting, listed};
use crate::diagnose::evidence::{AddressClass, DnsFacts, FailureKind, ServerAnswer, SystemAnswer};

/// The result of a lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The name does not exist, or has no address.
    Missing,
    Private,
    Public,
    /// Loopback, unspecified or another special address.
    Special,
    /// No answer.
    Broken,
}

impl Outcome {
    fn of_addresses(addresses: &[IpAddr]) -> Self {
        match addresses.first().map(|ip| AddressClass::of(*ip)) {
            None => Self::Missing,
            Some(class) if class.is_private() => Self::Private,
            Some(AddressClass::Public) => Self::Public,
            Some(_) => Self::Special,
        }
    }

    pub(super) fn of_server(answer: &ServerAnswer) -> Self {
        match answer.rcode.as_deref() {
            Some("NOERROR") => Self::of_addresses(&answer.addresses),
            Some("NXDOMAIN") => Self::Missing,
            _ => Self::Broken,
        }
    }

    pub(super) fn of_system(answer: &SystemAnswer) -> Self {
        match &answer.failure {
            Some(failure) if !matches!(failure.kind, FailureKind::NoSuchName | FailureKind::NoAddress) => Self::Broken,
            _ => Self::of_addresses(&answer.addresses),
        }
    }
}

/// The servers that answered, also those that deny the name.
pub(super) fn answered(dns: Option<&DnsFacts>) -> Vec<&ServerAnswer> {
    let servers = dns.map(|dns| dns.servers.as_slice()).unwrap_or_default();
    servers.iter().filter(|answer| Outcome::of_server(answer) != Outcome::Broken).collect()
}

/// Whether two of them lead to different kinds of address, or only one of them passes the name of a private zone.
pub(super) fn differ(servers: &[&ServerAnswer]) -> bool {
    let passes = |answer: &ServerAnswer| {
        answer.chain.iter().any(|alias| alias.target.to_ascii_lowercase().contains(".privatelink."))
    };
    let kind = |answer: &ServerAnswer| match Outcome::of_server(answer) {
        Outcome::Public => (Outcome::Public, passes(answer)),
        other => (other, false),
    };
    servers.iter().any(|answer| kind(answer) != kind(servers[0]))
}

/// `10.0.0.2 answers 20.50.1.7 (public)`.
pub(super) fn how_it_went(answer: &ServerAnswer) -> String {
    let server = answer.server.ip();
    match (answer.rcode.as_deref(), &answer.failure) {
        (Some("NOERROR"), _) if !answer.addresses.is_empty() => {
            format!("{server} answers {}", listed(&answer.addresses))
        }
        (Some("NOERROR"), _) => format!("{server} answers with no address"),
        (Some(rcode), _) => format!("{server} answers {rcode}"),
        (None, Some(failure)) => format!("{server} does not answer ({failure}, {})", lasting(answer.took)),
        (None, None) => format!("{server} does not answer within {}", lasting(answer.took)),
    }
}

//! Name resolution.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::address::Address;
#[cfg(feature = "probe")]
use super::address::{MOST_ADDRESSES, keep_first};
use super::failure::Failure;
#[cfg(feature = "serde")]
use super::saved;

/// Name resolution of a host.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct DnsFacts {
    /// The addresses in the hosts file.
    pub hosts_file: Vec<IpAddr>,
    /// The answer of the operating system, which applications use.
    pub system: Option<SystemAnswer>,
    /// The answers of the configured servers, queried directly, in their order.
    pub servers: Vec<ServerAnswer>,
    /// The addresses that an application would connect to.
    pub addresses: Vec<Address>,
    /// The number of further addresses, which were not tried: a run looks at the first 16.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "is_zero"))]
    pub more_addresses: usize,
    /// Lookups of other names that distinguish causes, for example the same name as a custom domain.
    pub also: Vec<NameAnswer>,
}

/// The answer of the operating system.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct SystemAnswer {
    /// The addresses.
    pub addresses: Vec<IpAddr>,
    /// The failure; `None` when there is an address.
    pub failure: Option<Failure>,
    /// The time that it took.
    #[cfg_attr(feature = "serde", serde(rename = "took_ms", with = "saved::millis"))]
    pub took: Duration,
}

/// The answer of one server to A and AAAA together.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct ServerAnswer {
    /// The server.
    pub server: SocketAddr,
    /// The transport of its last answer.
    pub transport: Transport,
    /// `NOERROR`, `NXDOMAIN`, `SERVFAIL`, `REFUSED`, …; `None` without an answer.
    pub rcode: Option<String>,
    /// The reason why there is no answer.
    pub failure: Option<Failure>,
    /// The aliases, in the order of the chain.
    #[cfg_attr(feature = "serde", serde(default))]
    pub chain: Vec<Alias>,
    /// The addresses.
    #[cfg_attr(feature = "serde", serde(default))]
    pub addresses: Vec<IpAddr>,
    /// The owner of the SOA record that came with a negative answer.
    pub soa: Option<String>,
    /// The time that the slower of the two answers took.
    #[cfg_attr(feature = "serde", serde(rename = "took_ms", with = "saved::millis"))]
    pub took: Duration,
}

/// An alias (CNAME record).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Alias {
    /// The name of the record.
    pub name: String,
    /// The name that it points to.
    pub target: String,
    /// The time to live in seconds.
    pub ttl: u32,
}

/// A lookup of another name.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct NameAnswer {
    /// The name.
    pub name: String,
    /// The answer of the first server that answered.
    pub answer: ServerAnswer,
}

/// The result of a lookup.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Lookup {
    /// The facts.
    pub facts: DnsFacts,
    /// The failure; `None` when there is an address.
    pub failure: Option<Failure>,
}

/// The transport of a DNS query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
}

impl DnsFacts {
    /// Returns the facts with the first addresses of each answer, and with the number of the others.
    #[cfg(feature = "probe")]
    pub(crate) fn bounded(mut self) -> Self {
        self.more_addresses += keep_first(&mut self.addresses, |address| address.ip.is_ipv6());
        let kept: Vec<IpAddr> = self.addresses.iter().map(|address| address.ip).collect();
        let own = [&mut self.hosts_file].into_iter().chain(self.system.iter_mut().map(|system| &mut system.addresses));
        let of_servers = self.servers.iter_mut().map(|answer| &mut answer.addresses);
        let of_others = self.also.iter_mut().map(|also| &mut also.answer.addresses);
        for addresses in own.chain(of_servers).chain(of_others).filter(|addresses| addresses.len() > MOST_ADDRESSES) {
            // Servers shuffle their answers: the addresses that are tried have to be found in them.
            addresses.sort_by_key(|ip| !kept.contains(ip));
            keep_first(addresses, IpAddr::is_ipv6);
        }
        self
    }

    /// Returns the answer whose chain counts: the first with a chain or an address, otherwise the first.
    #[must_use]
    pub fn leading(&self) -> Option<&ServerAnswer> {
        let answered = || self.servers.iter().filter(|answer| answer.rcode.is_some());
        answered().find(|answer| !answer.chain.is_empty() || !answer.addresses.is_empty()).or_else(|| answered().next())
    }
}

#[cfg(feature = "serde")]
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

//! Name resolution.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::address::Address;
use super::failure::Failure;
#[cfg(feature = "serde")]
use super::saved;

/// What names led to.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct DnsFacts {
    /// Addresses that the hosts file gives.
    pub hosts_file: Vec<IpAddr>,
    /// The way that applications take, through the operating system.
    pub system: Option<SystemAnswer>,
    /// Each configured server, asked directly, in their order.
    pub servers: Vec<ServerAnswer>,
    /// The addresses that an application would connect to.
    pub addresses: Vec<Address>,
    /// Lookups of other names that tell causes apart, such as the same name as a custom domain.
    pub also: Vec<NameAnswer>,
}

/// The answer of the operating system.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct SystemAnswer {
    /// The addresses.
    pub addresses: Vec<IpAddr>,
    /// Why there is none.
    pub failure: Option<Failure>,
    /// How long it took.
    #[cfg_attr(feature = "serde", serde(rename = "took_ms", with = "saved::millis"))]
    pub took: Duration,
}

/// What one server answered for A and AAAA together.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct ServerAnswer {
    /// The server.
    pub server: SocketAddr,
    /// How it answered last.
    pub transport: Transport,
    /// `NOERROR`, `NXDOMAIN`, `SERVFAIL`, `REFUSED`, …; none when it did not answer.
    pub rcode: Option<String>,
    /// Why it did not answer.
    pub failure: Option<Failure>,
    /// The aliases, in the order of the chain.
    #[cfg_attr(feature = "serde", serde(default))]
    pub chain: Vec<Alias>,
    /// The addresses.
    #[cfg_attr(feature = "serde", serde(default))]
    pub addresses: Vec<IpAddr>,
    /// The owner of the SOA record that came with a negative answer.
    pub soa: Option<String>,
    /// How long the slower of the two answers took.
    #[cfg_attr(feature = "serde", serde(rename = "took_ms", with = "saved::millis"))]
    pub took: Duration,
}

/// One alias (CNAME).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Alias {
    /// The name that has it.
    pub name: String,
    /// The name it leads to.
    pub target: String,
    /// For how many seconds it may be kept.
    pub ttl: u32,
}

/// A lookup of another name.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct NameAnswer {
    /// The name.
    pub name: String,
    /// The answer of the first server that gave one.
    pub answer: ServerAnswer,
}

/// What one lookup of a name yields: all of [`DnsFacts`] and how it ended.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Lookup {
    /// The facts.
    pub facts: DnsFacts,
    /// Why there is no address, if there is none.
    pub failure: Option<Failure>,
}

/// How a name server was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Transport {
    /// A datagram.
    Udp,
    /// A connection.
    Tcp,
}

impl DnsFacts {
    /// The answer to read the chain of: the first that has one, else the first that came.
    #[must_use]
    pub fn leading(&self) -> Option<&ServerAnswer> {
        let answered = || self.servers.iter().filter(|answer| answer.rcode.is_some());
        answered().find(|answer| !answer.chain.is_empty() || !answer.addresses.is_empty()).or_else(|| answered().next())
    }
}

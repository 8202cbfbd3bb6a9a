//! DNS: the operating system's way, and every configured server asked directly.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::evidence::{DnsFacts, Lookup, MachineFacts, NameAnswer};

/// Everything that names are resolved with.
#[derive(Clone, Debug, Default)]
pub struct Resolver {
    /// The name servers in their order.
    pub servers: Vec<NameServer>,
    /// The hosts file: addresses by name in lower case, without a trailing dot.
    pub hosts: HashMap<String, Vec<IpAddr>>,
    /// The search list.
    pub search: Vec<String>,
    /// How many dots a name needs to be tried as it is first.
    pub ndots: Option<usize>,
    /// The way that applications take.
    pub system: System,
}

/// A name server: where it is said to be, and where it is reached. The two differ in the lab alone.
#[derive(Clone, Copy, Debug)]
pub struct NameServer {
    /// For people.
    pub shown: SocketAddr,
    /// For the socket.
    pub reached_at: SocketAddr,
}

/// The way that applications take.
#[derive(Clone, Debug, Default)]
pub enum System {
    /// `getaddrinfo` of the operating system.
    #[default]
    OperatingSystem,
    /// The hosts file, then the servers in their order: what `getaddrinfo` does, for the lab.
    Emulated,
    /// Fixed answers by name, for a lab in which the system sees something else than the servers.
    Fixed(HashMap<String, Vec<IpAddr>>),
}

impl Resolver {
    /// What this machine is configured with; the servers replaced where others are given.
    #[must_use]
    pub fn from_system(name_servers: &[SocketAddr]) -> Self {
        let _ = name_servers;
        Self::default()
    }

    /// Resolves a host in every way.
    pub async fn lookup(&self, host: &str, limit: Duration) -> Lookup {
        let _ = (host, limit);
        Lookup { facts: DnsFacts::default(), failure: None }
    }

    /// Asks the servers alone, in their order, until one answers.
    pub async fn ask(&self, name: &str, limit: Duration) -> Option<NameAnswer> {
        let _ = (name, limit);
        None
    }

    /// The configuration, as evidence has it.
    #[must_use]
    pub fn machine(&self) -> MachineFacts {
        MachineFacts {
            name_servers: self.servers.iter().map(|server| server.shown).collect(),
            search: self.search.clone(),
            ndots: self.ndots,
            ..MachineFacts::default()
        }
    }
}

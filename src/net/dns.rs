//! DNS: a lookup by the operating system, and direct queries to every configured name server. The operating system
//! hides which source an address comes from and which alias does not exist, and a diagnosis needs both.
//!
//! Queries end in a dot, so that no search list changes them. A failed answer keeps its aliases, because a private DNS
//! zone without its record is visible only there.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join_all, join3};
use hickory_resolver::system_conf;
use tokio::time::{Instant, timeout};

use crate::diagnose::evidence::{
    Address, DnsFacts, Failure, FailureKind, Lookup, MachineFacts, NameAnswer, ServerAnswer, SystemAnswer,
};
use crate::net::silence;
use crate::resolve::name::normalized_host;

mod thread;

mod asked;
mod configuration;
mod hosts_file;
mod query;

use asked::Asked;
use hosts_file::HostsFile;
#[cfg(fuzzing)]
pub(crate) use query::answer_in;
use query::query_server;

/// The sources that resolve a name.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Resolver {
    /// The name servers, in the configured order.
    pub servers: Vec<NameServer>,
    /// The addresses of a hosts file, by name in lower case without a trailing dot.
    pub hosts: HashMap<String, Vec<IpAddr>>,
    /// The search list.
    pub search: Vec<String>,
    /// The number of dots that a name needs to be tried before the search list.
    pub ndots: Option<usize>,
    /// Whether the configuration lists no name server; `None` where it could not be read.
    pub lacks_servers: Option<bool>,
    /// The source that applications use.
    pub system: System,
    /// The hosts file of this machine.
    pub(crate) file: Option<Arc<HostsFile>>,
    /// The lookups by the operating system.
    pub(crate) asked: Arc<Asked>,
}

/// A name server. Only the lab has servers whose two addresses differ.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct NameServer {
    /// The address for evidence.
    pub shown: SocketAddr,
    /// The address for the socket.
    pub reached_at: SocketAddr,
}

/// The source that applications use.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum System {
    /// `getaddrinfo` of the operating system.
    #[default]
    OperatingSystem,
    /// The hosts file, then the servers in their order, as `getaddrinfo` does. For explicit name servers and for the
    /// lab.
    Emulated,
    /// Fixed answers by name, for a lab whose operating system and name servers disagree.
    Fixed(HashMap<String, Vec<IpAddr>>),
}

impl Resolver {
    /// Returns the configuration of this machine. Given name servers replace its own, and then the operating system is
    /// emulated, because it would query its own.
    #[must_use]
    pub fn from_system(name_servers: &[SocketAddr]) -> Self {
        let mut resolver = Self { file: Some(HostsFile::of_system()), ..Self::default() };
        if let Ok((config, options)) = system_conf::read_system_conf() {
            resolver.search = config.search().iter().map(|name| normalized_host(&name.to_ascii())).collect();
            resolver.ndots = Some(options.ndots);
            let mut servers: Vec<SocketAddr> = Vec::new();
            for server in config.name_servers() {
                let port = server.connections.first().map_or(PORT, |connection| connection.port);
                let address = SocketAddr::new(server.ip, port);
                if !servers.contains(&address) {
                    servers.push(address);
                }
            }
            resolver.servers = servers.into_iter().map(NameServer::at).collect();
            resolver.lacks_servers = Some(resolver.servers.is_empty());
        } else {
            resolver.lacks_servers = configuration::lacks_name_servers();
        }
        if !name_servers.is_empty() {
            resolver.servers = name_servers.iter().copied().map(NameServer::at).collect();
            resolver.lacks_servers = Some(false);
            resolver.system = System::Emulated;
        }
        resolver
    }

    /// Resolves a host from every source.
    ///
    /// 1. An IP address needs no lookup, and `localhost` is this machine, whatever a name server says.
    /// 2. Query the hosts file, the operating system and every server in parallel.
    /// 3. Take the addresses that an application gets: from the operating system, else from the hosts file, else from
    ///    the first server with addresses.
    /// 4. Without an address, derive the failure from the servers' answers.
    pub async fn lookup(&self, host: &str, limit: Duration) -> Lookup {
        if let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
            let facts = DnsFacts { addresses: vec![Address::from(address)], ..DnsFacts::default() };
            return Lookup { facts, failure: None };
        }
        if is_loopback(host) {
            let hosts_file = self.in_hosts_file(host, limit).await;
            let addresses = loopback(&hosts_file).into_iter().map(Address::from).collect();
            return Lookup { facts: DnsFacts { hosts_file, addresses, ..DnsFacts::default() }, failure: None };
        }
        let servers = join_all(self.servers.iter().map(|server| query_server(*server, host, limit)));
        let hosts_file = self.in_hosts_file(host, limit);
        let (servers, system, hosts_file) = join3(servers, self.by_system(host, limit), hosts_file).await;
        let system = system.unwrap_or_else(|| emulate(&hosts_file, &servers));
        let mut addresses = system.addresses.clone();
        if addresses.is_empty() {
            addresses.clone_from(&hosts_file);
        }
        if addresses.is_empty() {
            addresses = servers
                .iter()
                .map(|answer| answer.addresses.clone())
                .find(|found| !found.is_empty())
                .unwrap_or_default();
        }
        let failure = addresses.is_empty().then(|| no_address(host, &system, &servers));
        let addresses = addresses.into_iter().map(Address::from).collect();
        let facts = DnsFacts { hosts_file, system: Some(system), servers, addresses, ..DnsFacts::default() };
        Lookup { facts, failure }
    }

    /// Returns the addresses that an application gets, without the queries that only a diagnosis needs.
    ///
    /// # Errors
    ///
    /// Returns a [`Failure`] if there is no address.
    pub async fn addresses(&self, host: &str, limit: Duration) -> Result<Vec<IpAddr>, Failure> {
        let is_literal = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        match self.system {
            System::OperatingSystem if !is_literal && !is_loopback(host) => {
                let answer = self.by_getaddrinfo(host, limit).await;
                answer.failure.map_or(Ok(answer.addresses), Err)
            }
            _ => {
                let lookup = self.lookup(host, limit).await;
                let addresses = lookup.facts.addresses.into_iter().map(|address| address.ip).collect();
                lookup.failure.map_or(Ok(addresses), Err)
            }
        }
    }

    /// Queries the name servers in parallel. Returns the answer of the first server, in the configured order, that
    /// answered.
    pub async fn query_name_servers(&self, name: &str, limit: Duration) -> Option<NameAnswer> {
        let answers = join_all(self.servers.iter().map(|server| query_server(*server, name, limit))).await;
        let answer = answers.into_iter().find(|answer| answer.rcode.is_some())?;
        Some(NameAnswer { name: name.to_owned(), answer })
    }

    /// Returns the configuration, for evidence.
    #[must_use]
    pub fn machine(&self) -> MachineFacts {
        MachineFacts {
            name_servers: self.servers.iter().map(|server| server.shown).collect(),
            lacks_name_servers: self.lacks_servers,
            search: self.search.clone(),
            ndots: self.ndots,
            ..MachineFacts::default()
        }
    }

    async fn in_hosts_file(&self, host: &str, limit: Duration) -> Vec<IpAddr> {
        match (self.hosts.get(&normalized_host(host)), &self.file) {
            (Some(addresses), _) => addresses.clone(),
            (None, Some(file)) => file.find(host, limit).await,
            (None, None) => Vec::new(),
        }
    }

    /// Resolves a host as applications do. Returns `None` if the servers' answers emulate the operating system.
    async fn by_system(&self, host: &str, limit: Duration) -> Option<SystemAnswer> {
        match &self.system {
            System::Emulated => None,
            System::Fixed(answers) => {
                let addresses = answers.get(&normalized_host(host)).cloned()?;
                Some(SystemAnswer { addresses, ..SystemAnswer::default() })
            }
            System::OperatingSystem => Some(self.by_getaddrinfo(host, limit).await),
        }
    }

    async fn by_getaddrinfo(&self, host: &str, limit: Duration) -> SystemAnswer {
        let begun = Instant::now();
        let (addresses, failure) = match timeout(limit, self.asked.find(host, getaddrinfo)).await {
            Ok(Ok(addresses)) => (addresses, None),
            Ok(Err(failure)) => (Vec::new(), Some(failure)),
            Err(_) => (Vec::new(), Some(silence(limit))),
        };
        let is_empty = addresses.is_empty() && failure.is_none();
        let none = is_empty.then(|| Failure::new(FailureKind::NoAddress, "it has no address"));
        SystemAnswer { addresses, failure: failure.or(none), took: begun.elapsed() }
    }
}

impl NameServer {
    /// Returns a server with one address.
    #[must_use]
    pub fn at(address: SocketAddr) -> Self {
        Self { shown: address, reached_at: address }
    }

    /// Sets another address for the socket.
    #[must_use]
    pub fn reached_at(self, reached_at: SocketAddr) -> Self {
        Self { reached_at, ..self }
    }
}

/// Returns whether a name is that of this machine by definition (RFC 6761, section 6.3).
fn is_loopback(host: &str) -> bool {
    let host = normalized_host(host);
    host == "localhost" || host.ends_with(".localhost")
}

/// Returns the addresses of this machine: those in the hosts file, if they are such.
fn loopback(hosts_file: &[IpAddr]) -> Vec<IpAddr> {
    let given: Vec<IpAddr> = hosts_file.iter().copied().filter(IpAddr::is_loopback).collect();
    if given.is_empty() { vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()] } else { given }
}

/// Looks a name up by the operating system, which blocks a thread.
fn getaddrinfo(host: &str) -> io::Result<Vec<IpAddr>> {
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in (host, PORT_OF_SERVICES).to_socket_addrs()? {
        if !addresses.contains(&address.ip()) {
            addresses.push(address.ip());
        }
    }
    Ok(addresses)
}

/// Emulates the operating system: the hosts file, then the first server that answers with NOERROR or NXDOMAIN.
fn emulate(hosts_file: &[IpAddr], servers: &[ServerAnswer]) -> SystemAnswer {
    if !hosts_file.is_empty() {
        return SystemAnswer { addresses: hosts_file.to_vec(), ..SystemAnswer::default() };
    }
    let decides = |answer: &&ServerAnswer| matches!(answer.rcode.as_deref(), Some("NOERROR" | "NXDOMAIN"));
    match servers.iter().find(decides) {
        Some(answer) => {
            let kind = if answer.rcode.as_deref() == Some("NXDOMAIN") {
                FailureKind::NoSuchName
            } else {
                FailureKind::NoAddress
            };
            let failure = answer.addresses.is_empty().then(|| Failure::new(kind, "no address"));
            SystemAnswer { addresses: answer.addresses.clone(), failure, took: answer.took }
        }
        None => SystemAnswer {
            failure: Some(Failure::new(FailureKind::NoAnswer, "no name server answered")),
            took: servers.iter().map(|answer| answer.took).max().unwrap_or_default(),
            ..SystemAnswer::default()
        },
    }
}

/// Returns the reason that there is no address.
fn no_address(host: &str, system: &SystemAnswer, servers: &[ServerAnswer]) -> Failure {
    let with = |rcode: &str| servers.iter().any(|answer| answer.rcode.as_deref() == Some(rcode));
    if with("NXDOMAIN") {
        let last = servers.iter().find_map(|answer| answer.chain.last()).map_or(host, |alias| alias.target.as_str());
        return Failure::new(FailureKind::NoSuchName, format!("`{}` does not exist (NXDOMAIN)", normalized_host(last)));
    }
    if with("NOERROR") {
        return Failure::new(FailureKind::NoAddress, format!("`{}` has no address", normalized_host(host)));
    }
    // A query that this machine could not send says nothing about the server.
    let own_fault = |answer: &ServerAnswer| answer.failure.clone().filter(|failure| failure.kind == FailureKind::Other);
    if let Some(Some(failure)) = servers.iter().map(own_fault).reduce(Option::and) {
        return failure;
    }
    match &system.failure {
        Some(failure) if servers.is_empty() => failure.clone(),
        _ => Failure::new(
            FailureKind::NoAnswer,
            format!("no name server gave an answer for `{}`", normalized_host(host)),
        ),
    }
}

/// The port of name servers (RFC 1035).
const PORT: u16 = 53;

/// The port for `getaddrinfo`, which requires one. It does not change the addresses.
const PORT_OF_SERVICES: u16 = 443;

#[cfg(test)]
mod tests {
    use super::*;

    /// A resolver whose every source but the name itself says that a name is elsewhere.
    fn misled(name: &str, system: fn(HashMap<String, Vec<IpAddr>>) -> System) -> Resolver {
        let elsewhere = HashMap::from([(name.to_owned(), vec![IpAddr::from([20, 61, 99, 10])])]);
        // Nothing answers at the port of discard.
        let servers = vec![NameServer::at(SocketAddr::from(([127, 0, 0, 1], 9)))];
        Resolver { servers, hosts: elsewhere.clone(), system: system(elsewhere), ..Resolver::default() }
    }

    #[tokio::test]
    async fn localhost_is_this_machine_whatever_any_source_says() {
        let limit = Duration::from_millis(300);
        for system in [System::Fixed, |_| System::Emulated, |_| System::OperatingSystem] {
            for name in ["localhost", "LocalHost.", "identity.localhost", "a.b.localhost."] {
                let resolver = misled(&normalized_host(name), system);
                let addresses = resolver.addresses(name, limit).await.unwrap();
                assert!(!addresses.is_empty() && addresses.iter().all(IpAddr::is_loopback), "{name}: {addresses:?}");
                let lookup = resolver.lookup(name, limit).await;
                let addresses: Vec<IpAddr> = lookup.facts.addresses.iter().map(|address| address.ip).collect();
                assert!(!addresses.is_empty() && addresses.iter().all(IpAddr::is_loopback), "{name}: {addresses:?}");
                assert!(lookup.facts.servers.is_empty(), "a name server was queried for {name}");
            }
            let resolver = misled("localhost.example", system);
            let found = resolver.lookup("localhost.example", limit).await.facts.addresses;
            assert_eq!(found[0].ip, IpAddr::from([20, 61, 99, 10]), "it only looks like this machine");
        }
    }

    #[tokio::test]
    async fn the_hosts_file_chooses_among_the_addresses_of_this_machine() {
        let own = IpAddr::from([127, 0, 1, 1]);
        let hosts = HashMap::from([("localhost".to_owned(), vec![own, IpAddr::from([10, 0, 0, 4])])]);
        let resolver = Resolver { hosts, system: System::Emulated, ..Resolver::default() };
        assert_eq!(resolver.addresses("localhost", Duration::from_secs(1)).await.unwrap(), [own]);
    }
}

//! What can differ from place to place: name servers, addresses, proxies, certificates, credentials.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use crate::diagnose::Finding;
use crate::diagnose::area::Area;
use crate::diagnose::evidence::{Evidence, Trace};

/// Something that can differ from place to place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum TraitKind {
    /// The range of the subnet, as the instance metadata service says it.
    Subnet,
    /// The local address of the connections.
    LocalAddress,
    /// The configured name servers.
    NameServers,
    /// The search list and the number of dots for which it counts.
    SearchList,
    /// The class of the addresses that DNS returned.
    AddressClass,
    /// The addresses that DNS returned.
    Addresses,
    /// The proxy in use, or that there is none.
    Proxy,
    /// The issuer of the certificate of the service.
    Issuer,
    /// The trusted roots: number and source.
    Roots,
    /// The kind of credential; of a key, the length.
    Credential,
    /// The operating system, with the C library if it is not glibc, and whether it is a Windows Subsystem for Linux.
    System,
}

impl TraitKind {
    /// Every kind, in the order of the way to a service.
    pub(crate) const ALL: [Self; 11] = [
        Self::Subnet,
        Self::LocalAddress,
        Self::NameServers,
        Self::SearchList,
        Self::AddressClass,
        Self::Addresses,
        Self::Proxy,
        Self::Issuer,
        Self::Roots,
        Self::Credential,
        Self::System,
    ];

    /// Returns the identifier used in JSON.
    #[cfg(feature = "serde")]
    #[must_use]
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Subnet => "subnet",
            Self::LocalAddress => "local_address",
            Self::NameServers => "name_servers",
            Self::SearchList => "search_list",
            Self::AddressClass => "address_class",
            Self::Addresses => "addresses",
            Self::Proxy => "proxy",
            Self::Issuer => "issuer",
            Self::Roots => "roots",
            Self::Credential => "credential",
            Self::System => "system",
        }
    }

    /// Returns what it is, in words.
    #[must_use]
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Subnet => "subnet",
            Self::LocalAddress => "local address",
            Self::NameServers => "name server",
            Self::SearchList => "search list",
            Self::AddressClass => "kind of address",
            Self::Addresses => "address",
            Self::Proxy => "proxy",
            Self::Issuer => "issuer",
            Self::Roots => "trusted roots",
            Self::Credential => "credential",
            Self::System => "system",
        }
    }
}

impl fmt::Display for TraitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

/// Returns what is known about the place of a run.
pub(super) fn of_run(evidence: &Evidence) -> BTreeMap<TraitKind, String> {
    let machine = &evidence.machine;
    let traces = || evidence.traces.iter();
    let metadata = machine.metadata.iter().filter(|metadata| metadata.is_azure);
    let local = traces().filter_map(local).filter(|ip| !ip.is_loopback());
    let servers = machine.name_servers.iter().map(ToString::to_string);
    let found = || traces().filter_map(|trace| trace.dns.found()).flat_map(|dns| &dns.addresses);
    let is_wsl = machine.is_wsl.filter(|is_wsl| *is_wsl).map(|_| "WSL".to_owned());
    let system = machine.system.iter().chain(&machine.libc).cloned().chain(is_wsl);
    let values = [
        (TraitKind::Subnet, set(metadata.flat_map(|metadata| metadata.subnets.iter().cloned()))),
        (TraitKind::LocalAddress, set(local.map(|ip| ip.to_string()))),
        (TraitKind::NameServers, listed(servers.map(|server| server.trim_end_matches(":53").to_owned()))),
        (TraitKind::SearchList, search_list(evidence)),
        (TraitKind::AddressClass, set(found().map(|address| address.class.id().to_owned()))),
        (TraitKind::Addresses, set(found().map(|address| address.ip.to_string()))),
        (TraitKind::Proxy, set(traces().filter_map(proxy))),
        (TraitKind::Issuer, set(traces().filter_map(issuer))),
        (TraitKind::Roots, roots(evidence)),
        (TraitKind::Credential, credential(evidence)),
        (TraitKind::System, set(system)),
    ];
    values.into_iter().filter_map(|(kind, value)| Some((kind, value?))).collect()
}

/// Returns what has to be changed to mend a cause, where the evidence names it: two places with one cause at two proxies need
/// two changes.
pub(super) fn to_change(evidence: &Evidence, finding: &Finding) -> Option<(TraitKind, String)> {
    let affected = || evidence.traces.iter().filter(|trace| finding.is_at(trace));
    let (kind, value) = match finding.failure.area {
        Area::Dns => (TraitKind::NameServers, of_run(evidence).remove(&TraitKind::NameServers)),
        Area::Proxy => (TraitKind::Proxy, set(affected().filter_map(proxy))),
        Area::Tls => (TraitKind::Issuer, set(affected().filter_map(issuer))),
        Area::Auth => (TraitKind::Credential, credential(evidence)),
        _ => return None,
    };
    Some((kind, value?))
}

fn local(trace: &Trace) -> Option<IpAddr> {
    let tcp = trace.tcp.found()?;
    tcp.local.or_else(|| tcp.route.as_ref()?.source)
}

fn proxy(trace: &Trace) -> Option<String> {
    let tcp = trace.tcp.found();
    let unresolved = tcp.and_then(|tcp| tcp.unresolved_proxy.as_ref()).map(|unresolved| unresolved.proxy.as_str());
    // Without a connection nothing is known about a proxy.
    unresolved.or(trace.proxied()).or(tcp.map(|_| "direct")).map(str::to_owned)
}

fn issuer(trace: &Trace) -> Option<String> {
    let leaf = trace.tls.found()?.chain.first()?;
    Some(leaf.issuer.clone())
}

fn search_list(evidence: &Evidence) -> Option<String> {
    let machine = &evidence.machine;
    let ndots = machine.ndots.map(|ndots| format!("ndots {ndots}"));
    listed(machine.search.iter().cloned().chain(ndots.filter(|_| !machine.search.is_empty())))
}

fn roots(evidence: &Evidence) -> Option<String> {
    let machine = &evidence.machine;
    let number = machine.roots?;
    Some(machine.roots_from.as_ref().map_or_else(|| number.to_string(), |from| format!("{number} from {from}")))
}

fn credential(evidence: &Evidence) -> Option<String> {
    let credential = evidence.credential.as_ref()?;
    // A fingerprint is another one in each run, and the length of a token says nothing.
    let is_key = credential.kind == "key" && credential.length > 0;
    Some(if is_key { format!("{}-character key", credential.length) } else { credential.kind.clone() })
}

fn set(values: impl IntoIterator<Item = String>) -> Option<String> {
    listed(values.into_iter().collect::<BTreeSet<_>>())
}

fn listed(values: impl IntoIterator<Item = String>) -> Option<String> {
    let values: Vec<String> = values.into_iter().collect();
    (!values.is_empty()).then(|| values.join(", "))
}

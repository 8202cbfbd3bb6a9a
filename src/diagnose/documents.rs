//! What Azure's documents say about the targets of a run: the account, the network of this machine, its routes and its rules.

use std::net::IpAddr;
use std::sync::Arc;

use crate::azure::{
    AccountDocument, Admission, ArmId, AzureView, Carriage, ConnectionState, DocumentKind, EndpointConnection,
    FilterAnswer, Filtering, NetworkInterface, Peering, RouteAnswer, RouteTable, Subnet, addresses_for, shown,
};
use crate::diagnose::evidence::{Evidence, Trace};

/// What Azure's documents say about the targets of a run.
#[derive(Clone, Debug)]
pub(crate) struct Documents<'a> {
    pub(crate) view: &'a AzureView,
    pub(crate) account: Option<&'a AccountDocument>,
    /// The interface of this machine.
    interface: Option<&'a NetworkInterface>,
    /// The subnet of this machine.
    subnet: Option<ArmId>,
    table: Option<&'a RouteTable>,
}

/// What Azure's documents say about one target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TargetDocuments {
    /// The route that carries the traffic; `None` without the effective routes of this machine.
    pub route: Option<RouteAnswer>,
    /// The private endpoint of the host; `None` if the account has none that a document shows.
    pub endpoint: Option<TargetEndpoint>,
    /// The rule of the network security groups; `None` without their document.
    pub nsg: Option<FilterAnswer>,
}

/// The private endpoint of a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TargetEndpoint {
    /// The name of the endpoint.
    pub name: Option<String>,
    /// The addresses that it has for this host.
    pub addresses: Vec<IpAddr>,
    /// Whether the host resolves to one of them; `None` if one side is unknown.
    pub matches: Option<bool>,
}

impl<'a> Documents<'a> {
    /// Finds the account and the network of this machine in the documents.
    ///
    /// The interface of this machine is the one that has an address from which its connections leave, or else the only one: in
    /// a container, connections leave from an address that Azure does not know. Without an interface, the address decides on
    /// the subnet if only one can hold it.
    pub(crate) fn of(view: &'a AzureView, evidence: &Evidence) -> Self {
        Self::about_account(view, account(view, evidence), evidence)
    }

    /// Does the same for a run whose account is known.
    pub(crate) fn about_account(
        view: &'a AzureView,
        account: Option<&'a AccountDocument>,
        evidence: &Evidence,
    ) -> Self {
        let sources = sources(evidence);
        let own: Vec<&NetworkInterface> = view.interfaces.iter().filter(|one| one.private_endpoint.is_none()).collect();
        let by_address = own.iter().find(|one| one.addresses().any(|address| sources.contains(&address)));
        let interface = by_address.copied().or_else(|| match own[..] {
            [only] => Some(only),
            _ => None,
        });
        let of_interface = interface.and_then(|interface| interface.subnets.first().cloned());
        let subnet = of_interface.or_else(|| {
            let holds =
                |subnet: &&Subnet| sources.iter().any(|source| subnet.prefixes.iter().any(|p| p.contains(*source)));
            let mut held = view.subnets.iter().filter(holds);
            held.next().filter(|_| held.next().is_none())?.id.clone()
        });
        let is_of_interface = |table: &&RouteTable| {
            table.interface.is_some()
                && table.interface.as_ref() == interface.and_then(|interface| interface.id.as_ref())
        };
        let table = view.route_tables.iter().find(is_of_interface).or_else(|| match &view.route_tables[..] {
            [only] => Some(only),
            _ => None,
        });
        Self { view, account, interface, subnet, table }
    }

    /// Returns the subnet of this machine, if a document shows it.
    pub(crate) fn subnet(&self) -> Option<&'a Subnet> {
        self.view.subnet(self.subnet.as_ref()?)
    }

    /// Returns the virtual network of this machine.
    pub(crate) fn network(&self) -> Option<ArmId> {
        self.subnet.as_ref()?.parent()
    }

    pub(crate) fn carriage(&self, to: IpAddr) -> Option<Carriage<'a>> {
        self.table.map(|table| table.carriage(to))
    }

    pub(crate) fn filtering(&self, to: IpAddr) -> Option<Filtering<'a>> {
        let interface = self.interface.and_then(|interface| interface.id.as_ref());
        self.view.filtering(to, interface.or(self.table.and_then(|table| table.interface.as_ref())))
    }

    /// Returns the connections of the account, each with the addresses that its endpoint has for this host.
    pub(crate) fn endpoints_for(&self, host: &str) -> Vec<(&'a EndpointConnection, Vec<IpAddr>)> {
        let connections = self.account.map(|account| account.connections.as_slice()).unwrap_or_default();
        let addresses = |connection: &EndpointConnection| {
            connection.endpoint.as_ref().map(|id| addresses_for(host, id, self.view)).unwrap_or_default()
        };
        connections.iter().map(|connection| (connection, addresses(connection))).collect()
    }

    /// Returns the name of the private endpoint of another account that has this address, and of that account.
    pub(crate) fn owner(&self, address: IpAddr) -> Option<(String, String)> {
        let own = self.account?.id.as_ref()?;
        let endpoints = self.view.endpoints.iter().filter(|endpoint| endpoint.connection_to(own).is_none());
        for endpoint in endpoints {
            let id = endpoint.id.as_ref()?;
            let has_address =
                crate::azure::names_of(id, self.view).iter().any(|named| named.addresses.contains(&address));
            let target = endpoint.connections.iter().find_map(|(target, _)| target.as_ref());
            if let (true, Some(target)) = (has_address, target) {
                return Some((shown(id.name()), shown(target.name())));
            }
        }
        None
    }

    /// Returns whether the account certainly admits nobody.
    pub(crate) fn admits_nobody(&self) -> bool {
        self.account.is_some_and(|account| Admission::of(account, self.view).is_nobody())
    }

    /// Returns whether the account has private endpoints, and certainly none of them is approved.
    pub(crate) fn unapproved(&self) -> Option<(&'a EndpointConnection, ConnectionState)> {
        let connections = &self.account?.connections;
        let state = |connection: &EndpointConnection| connection.state.known().copied();
        if connections.iter().any(|one| state(one).is_none_or(|state| state == ConnectionState::Approved)) {
            return None;
        }
        connections.iter().find_map(|connection| Some((connection, state(connection)?)))
    }

    /// Returns the peering between the network of this machine and that of a private endpoint, if a side of it is down.
    pub(crate) fn broken_peering(&self) -> Option<&'a Peering> {
        let here = self.network()?;
        let there: Vec<ArmId> = self.endpoint_networks().into_iter().filter(|network| *network != here).collect();
        let joins = |peering: &&Peering| {
            let (near, far) = (peering.network(), peering.remote.as_ref());
            let is_there = |id: Option<&ArmId>| id.is_some_and(|id| there.contains(id));
            (near.as_ref() == Some(&here) && is_there(far)) || (is_there(near.as_ref()) && far == Some(&here))
        };
        self.view.peerings.iter().filter(joins).find(|peering| peering.is_down())
    }

    fn endpoint_networks(&self) -> Vec<ArmId> {
        let connections = self.account.map(|account| account.connections.as_slice()).unwrap_or_default();
        let endpoints = connections.iter().filter_map(|connection| self.view.endpoint(connection.endpoint.as_ref()?));
        endpoints.filter_map(|endpoint| endpoint.subnet.as_ref()?.parent()).collect()
    }

    /// Returns the names of the documents of this kind, as the end of a sentence: ` (links.json)`.
    pub(crate) fn cite(&self, kind: DocumentKind) -> String {
        let mut names: Vec<&str> = self.view.sources(kind).collect();
        names.dedup();
        match names[..] {
            [] => String::new(),
            [name] => format!(" (`{}`)", shown(name)),
            [name, ..] => format!(" (`{}` and {} more)", shown(name), names.len() - 1),
        }
    }

    /// Returns what the documents say about a target.
    pub(crate) fn about(&self, trace: &Trace) -> TargetDocuments {
        let connected = trace.tcp.found().and_then(|facts| facts.connected).map(|peer| peer.ip());
        let is_proxied = trace.proxy.found().is_some_and(|facts| facts.proxy.is_some());
        let resolved: Vec<IpAddr> =
            trace.dns.found().map(|dns| dns.addresses.iter().map(|address| address.ip).collect()).unwrap_or_default();
        let to = connected.filter(|_| !is_proxied).or(resolved.first().copied());
        let endpoints = if trace.target.is_own_host { self.endpoints_for(&trace.target.host) } else { Vec::new() };
        let known: Vec<_> = endpoints.iter().filter(|(_, addresses)| !addresses.is_empty()).collect();
        let chosen = known.iter().find(|(_, addresses)| resolved.iter().any(|ip| addresses.contains(ip)));
        let endpoint = chosen.or(known.first()).copied().or(endpoints.first());
        TargetDocuments {
            route: to.and_then(|to| self.carriage(to)).as_ref().map(Into::into),
            endpoint: endpoint.map(|(connection, addresses)| TargetEndpoint {
                name: connection.endpoint_name().map(shown),
                addresses: addresses.clone(),
                matches: (!addresses.is_empty() && !resolved.is_empty()).then_some(chosen.is_some()),
            }),
            nsg: to.and_then(|to| self.filtering(to)).as_ref().map(Into::into),
        }
    }

    /// Returns the names of what the account is connected to, which no list of the documents needs to hold.
    pub(crate) fn own_names(&self) -> Vec<String> {
        let rules = self.account.iter().flat_map(|account| &account.subnet_rules).map(|rule| rule.id.name().to_owned());
        let connections = self.account.iter().flat_map(|account| &account.connections);
        rules.chain(connections.filter_map(|one| one.endpoint_name().map(str::to_owned))).collect()
    }
}

/// The names in the documents, which identify the customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DocumentNames {
    /// Those of all lists, which the diagnoses of many accounts share.
    listed: Arc<[String]>,
    /// Those of what the account is connected to.
    own: Vec<String>,
}

impl DocumentNames {
    pub(super) fn of(view: &AzureView) -> Self {
        Self { listed: listed_names(view).into(), own: Vec::new() }
    }

    pub(super) fn with_own(&self, own: Vec<String>) -> Self {
        Self { listed: Arc::clone(&self.listed), own }
    }

    /// Returns each name once, in order.
    pub(super) fn all(&self) -> Vec<String> {
        in_order(self.listed.iter().chain(&self.own).cloned().collect())
    }
}

fn listed_names(view: &AzureView) -> Vec<String> {
    let ids = [
        view.accounts.iter().filter_map(|one| one.id.as_ref()).collect::<Vec<_>>(),
        view.endpoints.iter().filter_map(|one| one.id.as_ref()).collect(),
        view.subnets.iter().filter_map(|one| one.id.as_ref()).collect(),
        view.networks.iter().filter_map(|one| one.id.as_ref()).collect(),
        view.links.iter().filter_map(|one| one.network.as_ref()).collect(),
        view.peerings.iter().filter_map(|one| one.id.as_ref()).collect(),
        view.groups.iter().filter_map(|one| one.id.as_ref()).collect(),
    ];
    let mut names: Vec<String> = ids.into_iter().flatten().map(|id| id.name().to_owned()).collect();
    let targets =
        view.endpoints.iter().flat_map(|endpoint| &endpoint.connections).filter_map(|(target, _)| target.as_ref());
    names.extend(targets.map(|target| target.name().to_owned()));
    names.extend(view.groups.iter().flat_map(|group| &group.rules).map(|rule| rule.name.clone()));
    names.extend(view.route_tables.iter().flat_map(|table| &table.routes).filter_map(|route| route.name.clone()));
    names.extend(view.documents.iter().map(|document| document.from.clone()));
    in_order(names)
}

fn in_order(mut names: Vec<String>) -> Vec<String> {
    names.retain(|name| !name.is_empty());
    names.sort_unstable();
    names.dedup();
    names
}

/// Returns the account of the run: the one with its custom domain, or the only one.
fn account<'a>(view: &'a AzureView, evidence: &Evidence) -> Option<&'a AccountDocument> {
    let named = evidence.resource.custom_domain.as_deref().map(|name| view.accounts_named(name));
    match named.as_deref() {
        Some([only]) => Some(only),
        Some([]) | None if evidence.resource.custom_domain.is_none() => match &view.accounts[..] {
            [only] => Some(only),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the addresses from which the connections of this machine leave.
fn sources(evidence: &Evidence) -> Vec<IpAddr> {
    let of_tcp = evidence
        .traces
        .iter()
        .filter_map(|trace| trace.tcp.found())
        .flat_map(|facts| [facts.local, facts.route.as_ref().and_then(|route| route.source)].into_iter().flatten());
    let metadata = evidence.machine.metadata.iter().flat_map(|metadata| metadata.private_addresses.iter().copied());
    let mut sources: Vec<IpAddr> = of_tcp.chain(metadata).filter(|source| !source.is_loopback()).collect();
    sources.sort_unstable();
    sources.dedup();
    sources
}

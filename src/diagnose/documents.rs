//! What Azure's documents say about the targets of a run: the account, the network of this machine, its routes and its rules.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use crate::azure::{
    AccountDocument, Admission, ArmId, AzureView, Carriage, ConnectionState, DocumentKind, EndpointConnection,
    FilterAnswer, Filtering, Match, NetworkInterface, Peering, Prefix, PrivateEndpoint, RouteAnswer, Stated, Subnet,
    addresses_for, leads_elsewhere, names_of, shown,
};
use crate::diagnose::evidence::{AddressClass, Evidence, Trace};
use crate::resolve::cloud::Cloud;

mod machine;

use machine::Machine;

/// What Azure's documents say about the targets of a run.
#[derive(Clone, Debug)]
pub(crate) struct Documents<'a> {
    pub(crate) view: &'a AzureView,
    pub(crate) account: Option<&'a AccountDocument>,
    machine: Machine<'a>,
}

/// The way from this machine to a target, as the documents describe it.
#[derive(Clone, Debug)]
pub(crate) struct Way<'a> {
    /// The address of the target.
    pub(crate) to: IpAddr,
    /// The route; `None` without the effective routes of this machine.
    pub(crate) carriage: Option<Carriage<'a>>,
    /// The security groups; `None` without their document.
    pub(crate) filtering: Option<Filtering<'a>>,
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
    /// Finds the account and this machine in the documents.
    pub(crate) fn of(view: &'a AzureView, evidence: &Evidence) -> Self {
        Self::about_account(view, account(view, evidence), evidence)
    }

    /// Does the same for a run whose account is known.
    pub(crate) fn about_account(
        view: &'a AzureView,
        account: Option<&'a AccountDocument>,
        evidence: &Evidence,
    ) -> Self {
        Self { view, account, machine: Machine::of(view, evidence) }
    }

    /// Returns the ID of the subnet of this machine.
    pub(crate) fn subnet_id(&self) -> Option<&'a ArmId> {
        self.machine.subnet
    }

    /// Returns the subnet of this machine, if a document shows it.
    pub(crate) fn subnet(&self) -> Option<&'a Subnet> {
        self.view.subnet(self.subnet_id()?)
    }

    /// Returns the only subnet that a document shows whose range holds the address.
    pub(crate) fn subnet_of(&self, address: IpAddr) -> Option<&'a Subnet> {
        let mut holding =
            self.view.subnets.iter().filter(|subnet| subnet.prefixes.iter().any(|range| range.contains(address)));
        holding.next().filter(|_| holding.next().is_none())
    }

    /// Returns the only virtual network that a document shows whose range holds the address.
    pub(crate) fn network_of(&self, address: IpAddr) -> Option<ArmId> {
        let networks = self.view.networks.iter().filter(|one| one.prefixes.iter().any(|range| range.contains(address)));
        let mut holding: Vec<ArmId> = networks.filter_map(|network| network.id.clone()).collect();
        holding.extend(self.subnet_of(address).and_then(|subnet| subnet.id.as_ref()?.parent()));
        holding.sort_unstable();
        holding.dedup();
        holding.pop().filter(|_| holding.is_empty())
    }

    /// Returns the virtual network of this machine.
    pub(crate) fn network(&self) -> Option<ArmId> {
        self.subnet_id()?.parent()
    }

    /// Returns a private address of this machine.
    pub(crate) fn private_address(&self) -> Option<IpAddr> {
        self.machine.private_address()
    }

    /// Says that the documents are of another machine.
    pub(crate) fn stranger(&self) -> Option<String> {
        self.machine.stranger()
    }

    /// Returns the route of the documented networks to this machine, if it leads through a gateway.
    pub(crate) fn behind_gateway(&self) -> Option<Match<'a>> {
        self.machine.behind_gateway()
    }

    /// Returns when the account was changed last; `None` if its document does not say.
    #[cfg(feature = "serde")]
    pub(crate) fn changed(&self) -> Option<SystemTime> {
        let text = self.account?.last_modified.as_deref()?;
        // To the second, in UTC: `2026-01-01T00:00:00.1234567Z` or `…+00:00`.
        let seconds = text.get(..19).filter(|_| text.ends_with('Z') || text.ends_with("+00:00"))?;
        crate::diagnose::evidence::saved::from_rfc3339(&format!("{seconds}Z"))
    }

    /// Documents are read with the feature `serde` only.
    #[cfg(not(feature = "serde"))]
    #[allow(clippy::unused_self, reason = "the same signature as with the feature")]
    pub(crate) fn changed(&self) -> Option<SystemTime> {
        None
    }

    /// Returns the way to a target: to the address that it is connected to, or that was tried first, or that it resolves to.
    pub(crate) fn way(&self, trace: &Trace) -> Option<Way<'a>> {
        let is_direct = trace.proxy.found().is_none_or(|facts| facts.proxy.is_none());
        let facts = trace.tcp.found().filter(|_| is_direct);
        let tried = facts.and_then(|facts| facts.connected.or(facts.attempts.first().map(|attempt| attempt.peer)));
        let to = tried.map(|peer| peer.ip()).or_else(|| resolved(trace).next())?;
        let carriage = self.machine.table.map(|table| table.carriage(to));
        Some(Way { to, carriage, filtering: self.machine.filtering(to) })
    }

    /// Returns the connections of the account, each with the addresses that its endpoint has for this host.
    pub(crate) fn endpoints_for(&self, host: &str) -> Vec<(&'a EndpointConnection, Vec<IpAddr>)> {
        let Some(account) = self.account else { return Vec::new() };
        let addresses = |connection: &EndpointConnection| {
            let own = connection.endpoint.as_ref().filter(|id| !leads_elsewhere(id, account, self.view));
            own.map(|id| addresses_for(host, id, self.view)).unwrap_or_default()
        };
        account.connections.iter().map(|connection| (connection, addresses(connection))).collect()
    }

    /// Returns every connection that may carry traffic, with its addresses for this host; `None` if no document shows those
    /// of one of them.
    pub(crate) fn carriers_for(&self, host: &str) -> Option<Vec<(&'a EndpointConnection, Vec<IpAddr>)>> {
        self.account?;
        let mut endpoints = self.endpoints_for(host);
        endpoints.retain(|(connection, _)| may_carry(connection));
        endpoints.iter().all(|(_, addresses)| !addresses.is_empty()).then_some(endpoints)
    }

    /// Returns the names of the private endpoints of other accounts that have this address, each with that of its account.
    pub(crate) fn owners(&self, address: IpAddr) -> Vec<(String, String)> {
        let Some(own) = self.account.and_then(|account| account.id.as_ref()) else { return Vec::new() };
        let endpoints = self.view.endpoints.iter().filter(|endpoint| endpoint.connection_to(own).is_none());
        let owner = |endpoint: &PrivateEndpoint| {
            let id = endpoint.id.as_ref()?;
            let has_address = names_of(id, self.view).iter().any(|named| named.addresses.contains(&address));
            let target = endpoint.connections.iter().find_map(|(target, _)| target.as_ref()).filter(|_| has_address)?;
            Some((shown(id.name()), shown(target.name())))
        };
        endpoints.filter_map(owner).collect()
    }

    /// Returns whether the account certainly admits nobody.
    pub(crate) fn admits_nobody(&self) -> bool {
        self.account.is_some_and(|account| Admission::of(account, self.view).is_nobody())
    }

    /// Returns whether the account has private endpoints, and certainly none of them is approved.
    pub(crate) fn unapproved(&self) -> Option<(&'a EndpointConnection, ConnectionState)> {
        let connections = &self.account?.connections;
        if connections.iter().any(may_carry) {
            return None;
        }
        connections.iter().find_map(|connection| Some((connection, *connection.state.known()?)))
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

    /// Returns the peering with the network of an appliance that does not let in what the appliance forwards: at the network of
    /// a private endpoint, or at that of this machine. Traffic from the network of the appliance itself is not forwarded.
    pub(crate) fn closed_to_forwarded(&self, appliance: IpAddr) -> Option<&'a Peering> {
        let (here, hub) = (self.network()?, self.network_of(appliance)?);
        let mut sides: Vec<ArmId> = self.endpoint_networks();
        if hub == here || sides.contains(&hub) {
            return None;
        }
        sides.push(here);
        self.view.peerings.iter().find(|peering| {
            peering.remote.as_ref() == Some(&hub)
                && peering.network().is_some_and(|network| sides.contains(&network))
                && peering.allows_forwarded.known() == Some(&false)
        })
    }

    /// Returns the networks of the account's private endpoints that may carry traffic.
    fn endpoint_networks(&self) -> Vec<ArmId> {
        let connections = self.account.map(|account| account.connections.as_slice()).unwrap_or_default();
        let carriers = connections.iter().filter(|connection| may_carry(connection));
        let endpoints = carriers.filter_map(|connection| self.view.endpoint(connection.endpoint.as_ref()?));
        endpoints.filter_map(|endpoint| endpoint.subnet.as_ref()?.parent()).collect()
    }

    /// Returns the names of the documents of this kind, as the end of a sentence: ` (links.json)`.
    pub(crate) fn cite(&self, kind: DocumentKind) -> String {
        self.cite_all(&[kind])
    }

    /// Returns the names of the documents of these kinds, as [`Self::cite`] does.
    pub(crate) fn cite_all(&self, kinds: &[DocumentKind]) -> String {
        let named = |kind: &DocumentKind| {
            let mut names: Vec<&str> = self.view.sources(*kind).collect();
            names.dedup();
            match names[..] {
                [] => None,
                [name] => Some(format!("`{}`", shown(name))),
                [name, ..] => Some(format!("`{}` and {} more", shown(name), names.len() - 1)),
            }
        };
        let all: Vec<String> = kinds.iter().filter_map(named).collect();
        if all.is_empty() { String::new() } else { format!(" ({})", all.join(", ")) }
    }

    /// Returns what the documents say about a target.
    pub(crate) fn about(&self, trace: &Trace, way: Option<&Way<'_>>) -> TargetDocuments {
        let resolved: Vec<IpAddr> = resolved(trace).collect();
        let endpoints = if trace.target.is_own_host { self.endpoints_for(&trace.target.host) } else { Vec::new() };
        let known: Vec<_> = endpoints.iter().filter(|(_, addresses)| !addresses.is_empty()).collect();
        let chosen = known.iter().find(|(_, addresses)| resolved.iter().any(|ip| addresses.contains(ip)));
        let endpoint = chosen.or(known.first()).copied().or(endpoints.first());
        TargetDocuments {
            route: way.and_then(|way| way.carriage.as_ref()).map(Into::into),
            endpoint: endpoint.map(|(connection, addresses)| TargetEndpoint {
                name: connection.endpoint_name().map(shown),
                addresses: addresses.clone(),
                matches: (!addresses.is_empty() && !resolved.is_empty()).then_some(chosen.is_some()),
            }),
            nsg: way.and_then(|way| way.filtering.as_ref()).map(Into::into),
        }
    }

    /// Returns the names of what the account is connected to, which no list of the documents needs to hold.
    pub(crate) fn own_names(&self) -> Vec<String> {
        let account = || self.account.into_iter();
        let subnets = account().flat_map(|account| &account.subnet_rules).flat_map(|rule| names_of_subnet(&rule.id));
        let connections = account().flat_map(|account| &account.connections);
        let endpoints = connections.filter_map(|one| one.endpoint_name().map(str::to_owned));
        let rules = account().flat_map(|account| account.address_rules.iter().cloned());
        subnets.chain(endpoints).chain(rules).collect()
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
        view.networks.iter().filter_map(|one| one.id.as_ref()).collect(),
        view.links.iter().filter_map(|one| one.network.as_ref()).collect(),
        view.interfaces.iter().filter_map(|one| one.id.as_ref()).collect(),
        view.peerings.iter().filter_map(|one| one.remote.as_ref()).collect(),
        view.peerings.iter().filter_map(|one| one.id.as_ref()).collect(),
        view.groups.iter().filter_map(|one| one.id.as_ref()).collect(),
    ];
    let mut names: Vec<String> = ids.into_iter().flatten().map(|id| id.name().to_owned()).collect();
    let of_interfaces = view.interfaces.iter().flat_map(|interface| &interface.subnets);
    let of_endpoints = view.endpoints.iter().filter_map(|endpoint| endpoint.subnet.as_ref());
    let own = view.subnets.iter().filter_map(|subnet| subnet.id.as_ref());
    names.extend(of_interfaces.chain(of_endpoints).chain(own).flat_map(names_of_subnet));
    let targets =
        view.endpoints.iter().flat_map(|endpoint| &endpoint.connections).filter_map(|(target, _)| target.as_ref());
    names.extend(targets.map(|target| target.name().to_owned()));
    names.extend(view.groups.iter().flat_map(|group| &group.rules).map(|rule| rule.name.clone()));
    names.extend(view.route_tables.iter().flat_map(|table| &table.routes).filter_map(|route| route.name.clone()));
    names.extend(view.documents.iter().map(|document| document.from.clone()));
    names.extend(view.empty_lists.iter().map(|(_, from)| from.clone()));
    names.extend(listed_addresses(view));
    in_order(names)
}

/// Returns the addresses and ranges of the customer in the documents. Those of Azure's services identify nobody.
fn listed_addresses(view: &AzureView) -> impl Iterator<Item = String> {
    let routes = || view.route_tables.iter().flat_map(|table| &table.routes);
    let hops = routes().flat_map(|route| &route.next_hop_addresses).copied();
    let interfaces = view.interfaces.iter().flat_map(NetworkInterface::addresses);
    let endpoints = view.endpoints.iter().filter_map(|endpoint| endpoint.id.as_ref());
    let endpoints = endpoints.flat_map(|id| names_of(id, view)).flat_map(|named| named.addresses);
    let is_private = |prefix: &&Prefix| AddressClass::of(prefix.address()).is_private();
    let ranges = routes().flat_map(|route| &route.prefixes).filter(is_private).map(ToString::to_string);
    hops.chain(interfaces).chain(endpoints).map(|address| address.to_string()).chain(ranges)
}

/// Returns the name of a subnet and that of its network.
fn names_of_subnet(id: &ArmId) -> Vec<String> {
    let network = id.after("virtualNetworks");
    network.map(|network| vec![id.name().to_owned(), network.to_owned()]).unwrap_or_default()
}

fn in_order(mut names: Vec<String>) -> Vec<String> {
    names.retain(|name| !name.is_empty());
    names.sort_unstable();
    names.dedup();
    names
}

/// Returns whether a connection may carry traffic. One in a state that is not documented may.
fn may_carry(connection: &EndpointConnection) -> bool {
    connection.state.known().is_none_or(|state| *state == ConnectionState::Approved)
}

fn resolved(trace: &Trace) -> impl Iterator<Item = IpAddr> {
    trace.dns.found().into_iter().flat_map(|dns| &dns.addresses).map(|address| address.ip)
}

/// Returns the account of the run: the one with its custom domain, or the only one of its region, in its cloud.
fn account<'a>(view: &'a AzureView, evidence: &Evidence) -> Option<&'a AccountDocument> {
    let resource = &evidence.resource;
    let is_same = |given: Option<&str>, known: Option<String>| match (given, known) {
        (Some(given), Some(known)) => given.eq_ignore_ascii_case(&known),
        _ => true,
    };
    let fits = |account: &&AccountDocument| {
        let Ok(read) = account.account() else { return true };
        let region = resource.custom_domain.is_none().then(|| read.value.region().map(ToString::to_string)).flatten();
        let cloud = Some(read.value.cloud()).filter(|cloud| !matches!(cloud, Cloud::Custom(_)));
        is_same(resource.cloud.as_deref(), cloud.map(ToString::to_string))
            && is_same(resource.region.as_deref(), region)
    };
    let is_named = |account: &&AccountDocument| match (&resource.custom_domain, &account.custom_domain) {
        (Some(name), Stated::Known(domain)) => domain.eq_ignore_ascii_case(name),
        (Some(_), _) => false,
        (None, _) => view.accounts.len() == 1,
    };
    let mut accounts = view.accounts.iter().filter(is_named).filter(fits);
    accounts.next().filter(|_| accounts.next().is_none())
}

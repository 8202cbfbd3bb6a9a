//! This machine in Azure's documents: its interface, its subnet, and what is in effect on it.

use std::net::IpAddr;

use crate::azure::{ArmId, AzureView, Filtering, Match, NetworkInterface, Prefix, RouteTable, Subnet, shown};
use crate::diagnose::evidence::{AddressClass, Evidence};

/// This machine in Azure's documents.
///
/// Documents say nothing about a machine that they do not show, so an address of this machine has to match. Where the evidence
/// has no address of this machine, the only interface counts.
#[derive(Clone, Debug)]
pub(super) struct Machine<'a> {
    view: &'a AzureView,
    /// The addresses from which its connections leave.
    addresses: Vec<IpAddr>,
    pub(super) interface: Option<&'a NetworkInterface>,
    pub(super) subnet: Option<&'a ArmId>,
    pub(super) table: Option<&'a RouteTable>,
}

impl<'a> Machine<'a> {
    /// Finds this machine in the documents.
    ///
    /// 1. Its interface is the one that has its address.
    /// 2. Its subnet is that of the interface, or the only one whose range holds its address.
    /// 3. Its routes are those of the interface, or the only ones if their virtual network holds its address.
    pub(super) fn of(view: &'a AzureView, evidence: &Evidence) -> Self {
        let addresses = addresses(evidence);
        let own: Vec<&NetworkInterface> = view.interfaces.iter().filter(|one| one.private_endpoint.is_none()).collect();
        let only = || match own[..] {
            [only] if addresses.is_empty() => Some(only),
            _ => None,
        };
        let has_address = |one: &&&NetworkInterface| one.addresses().any(|address| addresses.contains(&address));
        let interface = own.iter().find(has_address).copied().or_else(only);
        let is_denied = evidence.machine.metadata.as_ref().is_some_and(|metadata| !metadata.is_azure);
        let by_range = || {
            let holds = |subnet: &&Subnet| holds_any(&subnet.prefixes, &addresses);
            let mut held = view.subnets.iter().filter(holds);
            held.next().filter(|_| held.next().is_none() && !is_denied)?.id.as_ref()
        };
        let subnet = interface.and_then(|interface| interface.subnets.first()).or_else(by_range);
        let mut machine = Self { view, addresses, interface, subnet, table: None };
        machine.table = machine.own_table();
        machine
    }

    fn own_table(&self) -> Option<&'a RouteTable> {
        let id = self.interface.and_then(|interface| interface.id.as_ref());
        let is_of_interface = |table: &&RouteTable| table.interface.is_some() && table.interface.as_ref() == id;
        let only = || match &self.view.route_tables[..] {
            [only] => Some(only).filter(|table| self.may_be_of(table)),
            _ => None,
        };
        self.view.route_tables.iter().find(is_of_interface).or_else(only)
    }

    /// Whether routes that do not name the interface of this machine may be its own.
    fn may_be_of(&self, table: &RouteTable) -> bool {
        match (self.interface, &table.interface) {
            (Some(_), None) => true,
            (None, _) if self.addresses.is_empty() => true,
            (Some(_), Some(_)) => false,
            (None, _) => self
                .addresses
                .iter()
                .any(|address| table.carriage(*address).winner.is_some_and(|winner| winner.route.is_to("VnetLocal"))),
        }
    }

    /// Returns what the security groups of this machine do with a connection to port 443 at this address.
    pub(super) fn filtering(&self, to: IpAddr) -> Option<Filtering<'a>> {
        let id = self.interface.and_then(|interface| interface.id.as_ref());
        let id = id.or(self.table.and_then(|table| table.interface.as_ref()));
        let is_known = self.interface.is_some() || self.table.is_some() || self.addresses.is_empty();
        if is_known { self.view.filtering(to, id) } else { None }
    }

    /// Returns an address from which its connections leave, if it is private.
    pub(super) fn private_address(&self) -> Option<IpAddr> {
        self.addresses.iter().copied().find(|address| AddressClass::of(*address).is_private())
    }

    /// Says that the documents are of another machine.
    pub(super) fn stranger(&self) -> Option<String> {
        let address = self.addresses.first().filter(|_| self.interface.is_none() && self.subnet.is_none())?;
        let other = self.view.interfaces.iter().find(|one| one.private_endpoint.is_none())?;
        let name = other.id.as_ref().map(|id| format!("`{}`", shown(id.name())));
        let theirs = other.addresses().next().map(|ip| format!(" with {ip}")).unwrap_or_default();
        let name = name.unwrap_or_else(|| "an interface".to_owned());
        Some(format!("the documents show {name}{theirs}, and this machine has {address}, so they do not describe it"))
    }

    /// Returns the route by which the documented networks reach this machine through a gateway: it is outside of them.
    pub(super) fn behind_gateway(&self) -> Option<Match<'a>> {
        let address = self.private_address().filter(|_| self.interface.is_none() && self.subnet.is_none())?;
        let subnets = self.view.subnets.iter().any(|subnet| holds_any(&subnet.prefixes, &[address]));
        let networks = self.view.networks.iter().any(|network| holds_any(&network.prefixes, &[address]));
        if subnets || networks {
            return None;
        }
        // A default route says where everything else goes, not what is there.
        let is_gateway = |found: &Match<'_>| found.route.is_to("VirtualNetworkGateway") && found.prefix.length() > 0;
        self.view.route_tables.iter().filter_map(|table| table.carriage(address).winner).find(is_gateway)
    }
}

fn holds_any(prefixes: &[Prefix], addresses: &[IpAddr]) -> bool {
    prefixes.iter().any(|prefix| addresses.iter().any(|address| prefix.contains(*address)))
}

/// Returns the addresses from which the connections of this machine leave.
fn addresses(evidence: &Evidence) -> Vec<IpAddr> {
    let of_tcp = evidence.traces.iter().filter_map(|trace| trace.tcp.found()).flat_map(|facts| {
        let of_route = facts.route.as_ref().map(|route| [route.source, route.public_source]);
        [facts.local].into_iter().chain(of_route.into_iter().flatten()).flatten()
    });
    let metadata = evidence.machine.metadata.iter().flat_map(|metadata| metadata.private_addresses.iter().copied());
    let mut addresses: Vec<IpAddr> = of_tcp.chain(metadata).filter(|address| !address.is_loopback()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

//! One object of a document as a value.

use crate::azure::account::AccountDocument;
use crate::azure::effective::{EffectiveGroup, Route};
use crate::azure::governance::{
    ActivityLogAlert, Deployment, DiagnosticSetting, MetricAlert, PolicyState, RoleAssignment,
};
use crate::azure::id::ArmId;
use crate::azure::index::Owner;
use crate::azure::kind::DocumentKind;
use crate::azure::network::{NetworkInterface, Peering, Subnet, VirtualNetwork};
use crate::azure::private_link::{DnsZoneGroup, NamedAddresses, PrivateEndpoint};
use crate::azure::zone::{PrivateDnsZone, RecordSet, ZoneLink};

/// One object of a document as a value.
pub(super) enum Piece {
    Account(Box<AccountDocument>),
    Endpoint(PrivateEndpoint),
    ZoneGroup(DnsZoneGroup),
    Zone(PrivateDnsZone),
    Record(RecordSet),
    Link(ZoneLink),
    Interface(NetworkInterface),
    Subnet(Subnet),
    Network(VirtualNetwork),
    Peering(Peering),
    Route(Route),
    Group(EffectiveGroup),
    Role(RoleAssignment),
    Diagnostic(DiagnosticSetting),
    MetricAlert(MetricAlert),
    ActivityAlert(ActivityLogAlert),
    Policy(PolicyState),
    Deployment(Deployment),
}

impl Piece {
    pub(super) fn kind(&self) -> DocumentKind {
        match self {
            Self::Account(_) => DocumentKind::Account,
            Self::Endpoint(_) => DocumentKind::PrivateEndpoint,
            Self::ZoneGroup(_) => DocumentKind::DnsZoneGroup,
            Self::Zone(_) => DocumentKind::PrivateDnsZone,
            Self::Record(_) => DocumentKind::RecordSet,
            Self::Link(_) => DocumentKind::VirtualNetworkLink,
            Self::Interface(_) => DocumentKind::NetworkInterface,
            Self::Subnet(_) => DocumentKind::Subnet,
            Self::Network(_) => DocumentKind::VirtualNetwork,
            Self::Peering(_) => DocumentKind::Peering,
            Self::Route(_) => DocumentKind::EffectiveRoutes,
            Self::Group(_) => DocumentKind::EffectiveNsg,
            Self::Role(_) => DocumentKind::RoleAssignment,
            Self::Diagnostic(_) => DocumentKind::DiagnosticSetting,
            Self::MetricAlert(_) => DocumentKind::MetricAlert,
            Self::ActivityAlert(_) => DocumentKind::ActivityLogAlert,
            Self::Policy(_) => DocumentKind::PolicyState,
            Self::Deployment(_) => DocumentKind::Deployment,
        }
    }

    /// Returns the ID by which the object is known in other documents.
    pub(super) fn id(&self) -> Option<&ArmId> {
        match self {
            Self::Account(account) => account.id.as_ref(),
            Self::Endpoint(endpoint) => endpoint.id.as_ref(),
            Self::ZoneGroup(group) => group.id.as_ref(),
            Self::Zone(zone) => zone.id.as_ref(),
            Self::Record(record) => record.id.as_ref(),
            Self::Link(link) => link.id.as_ref(),
            Self::Interface(interface) => interface.id.as_ref(),
            Self::Subnet(subnet) => subnet.id.as_ref(),
            Self::Network(network) => network.id.as_ref(),
            Self::Peering(peering) => peering.id.as_ref(),
            Self::Role(role) => role.id.as_ref(),
            Self::Diagnostic(setting) => setting.id.as_ref(),
            Self::MetricAlert(alert) => alert.id.as_ref(),
            Self::ActivityAlert(alert) => alert.id.as_ref(),
            Self::Deployment(deployment) => deployment.id.as_ref(),
            Self::Route(_) | Self::Group(_) | Self::Policy(_) => None,
        }
    }

    /// Returns what others look the object up by, apart from its ID.
    pub(super) fn owner(&self) -> Option<Owner> {
        match self {
            Self::ZoneGroup(group) => group.endpoint().map(Owner::Endpoint),
            Self::Interface(interface) => interface.private_endpoint.clone().map(Owner::Endpoint),
            Self::Record(record) => record.label().map(Owner::Label),
            _ => None,
        }
    }

    /// Returns roughly how much the object keeps, in list elements.
    pub(super) fn weight(&self) -> usize {
        let lists = match self {
            Self::Account(account) => {
                let lists = account.address_rules.len() + account.subnet_rules.len() + account.allowed_fqdns.len();
                8 + texts_of(account) / 32 + lists + account.connections.len() * 4 + account.mistyped.len()
            }
            Self::Endpoint(endpoint) => {
                let own = endpoint.interfaces.len() + endpoint.connections.len() * 4 + endpoint.static_addresses.len();
                own + addresses(&endpoint.names)
            }
            Self::ZoneGroup(group) => group.zones.len() + addresses(&group.names),
            Self::Record(record) => record.addresses.len(),
            Self::Interface(interface) => interface.subnets.len() + addresses(&interface.names),
            Self::Subnet(subnet) => subnet.prefixes.len() + subnet.service_endpoints.len(),
            Self::Network(network) => {
                let subnets = network.subnets.as_ref().map(Vec::len).unwrap_or_default();
                network.prefixes.len() + network.dns_servers.len() + subnets
            }
            Self::Route(route) => {
                let tags: usize = route.tags.iter().map(|tag| 1 + tag.prefixes.len()).sum();
                route.prefixes.len() + tags + route.next_hop_addresses.len()
            }
            Self::Group(group) => {
                let rule = |rule: &crate::azure::effective::EffectiveRule| {
                    let plain = rule.ports.len() + rule.destinations.len() + rule.sources.len();
                    4 + plain + rule.expanded_destinations.len() + rule.expanded_sources.len()
                };
                group.rules.iter().map(rule).sum()
            }
            Self::Diagnostic(setting) => setting.categories.len() + setting.category_groups.len(),
            Self::MetricAlert(alert) => alert.scopes.len(),
            Self::ActivityAlert(alert) => {
                let conditions: usize = alert.conditions.iter().map(|condition| 1 + condition.values.len()).sum();
                alert.scopes.len() + conditions
            }
            Self::Zone(_)
            | Self::Link(_)
            | Self::Peering(_)
            | Self::Role(_)
            | Self::Policy(_)
            | Self::Deployment(_) => 0,
        };
        4 + lists
    }
}

/// Returns the number of bytes in the texts of an account.
fn texts_of(account: &AccountDocument) -> usize {
    let texts =
        [&account.name, &account.location, &account.kind, &account.sku, &account.endpoint, &account.provisioning_state];
    let texts: usize = texts.into_iter().flatten().map(String::len).sum();
    texts + account.id.as_ref().map_or(0, |id| id.as_str().len()) + account.custom_domain.known().map_or(0, String::len)
}

fn addresses(names: &[NamedAddresses]) -> usize {
    names.iter().map(|named| 2 + named.addresses.len()).sum()
}

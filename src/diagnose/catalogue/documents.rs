//! The documents of Azure that decide: for each failure whose cause the network alone leaves open, the kinds that show it.

use crate::azure::DocumentKind;
use crate::azure::DocumentKind::{
    Account, DnsZoneGroup, EffectiveNsg, EffectiveRoutes, NetworkInterface, Peering, PrivateEndpoint, RecordSet,
    Subnet, VirtualNetworkLink,
};

/// A failure, and the documents that settle or sharpen it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deciding {
    pub(super) id: &'static str,
    /// The kinds, the one that says most first.
    pub(super) kinds: &'static [DocumentKind],
    /// The failure that fits the same response. Without it there is nothing to settle.
    pub(super) rival: Option<&'static str>,
}

/// In the order of the catalogue.
pub(super) const DECIDING: &[Deciding] = &[
    of("DNS03", &[VirtualNetworkLink, RecordSet, DnsZoneGroup, NetworkInterface]),
    of("DNS04", &[RecordSet, DnsZoneGroup]),
    of("DNS05", &[Account]),
    of("DNS06", &[RecordSet]),
    of("TCP01", &[EffectiveNsg, EffectiveRoutes]),
    of("TCP05", &[EffectiveNsg, EffectiveRoutes, Peering, PrivateEndpoint]),
    of("TCP11", &[EffectiveRoutes, Peering, PrivateEndpoint]),
    of("POL01", &[Account]),
    Deciding { rival: Some("POL03"), ..of("POL02", &[Subnet, NetworkInterface, Account]) },
    Deciding { rival: Some("POL02"), ..of("POL03", &[Subnet, NetworkInterface, Account]) },
    of("POL04", &[Account]),
];

const fn of(id: &'static str, kinds: &'static [DocumentKind]) -> Deciding {
    Deciding { id, kinds, rival: None }
}

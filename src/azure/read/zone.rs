//! Reads private DNS zones, their records and their links.

use super::private_link::{host, id_in};
use super::tree::Node;
use crate::azure::id::ArmId;
use crate::azure::zone::{PrivateDnsZone, RecordSet, ZoneLink};

pub(super) fn zone(node: &Node<'_>) -> PrivateDnsZone {
    let id = node.text_of("id").map(ArmId::new);
    PrivateDnsZone { name: node.text_of("name").map(host).or_else(|| zone_in(id.as_ref())), id }
}

pub(super) fn record_set(node: &Node<'_>) -> RecordSet {
    let id = node.text_of("id").map(ArmId::new);
    let name = node.text_of("name").map(host).or_else(|| id.as_ref().map(|id| host(id.name())));
    let of_fqdn = || {
        let fqdn = host(node.text_of("fqdn")?);
        match name.as_deref()? {
            "@" => Some(fqdn),
            name => fqdn.strip_prefix(name)?.strip_prefix('.').map(str::to_owned),
        }
    };
    RecordSet {
        zone: zone_in(id.as_ref()).or_else(of_fqdn),
        addresses: node
            .list("aRecords")
            .iter()
            .filter_map(|record| record.text_of("ipv4Address"))
            .filter_map(|text| text.parse().ok())
            .collect(),
        is_registered: node.get("isAutoRegistered").and_then(Node::bool).unwrap_or_default(),
        creator: node.get("metadata").and_then(|metadata| metadata.owned("creator")),
        name,
        id,
    }
}

pub(super) fn link(node: &Node<'_>) -> ZoneLink {
    let id = node.text_of("id").map(ArmId::new);
    ZoneLink {
        zone: zone_in(id.as_ref()),
        network: id_in(node, "virtualNetwork"),
        state: node.owned("virtualNetworkLinkState"),
        falls_back: node
            .text_of("resolutionPolicy")
            .is_some_and(|policy| policy.eq_ignore_ascii_case("NxDomainRedirect")),
        id,
    }
}

/// Returns the zone that an ID names. A public zone is a `dnszones` resource.
fn zone_in(id: Option<&ArmId>) -> Option<String> {
    let id = id?;
    id.after("privateDnsZones").or_else(|| id.after("dnszones")).map(host)
}

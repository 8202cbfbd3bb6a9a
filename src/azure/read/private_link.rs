//! Reads private endpoints and their DNS zone groups.

use std::net::IpAddr;

use super::account::connection;
use super::tree::Node;
use crate::azure::id::ArmId;
use crate::azure::private_link::{DnsZoneGroup, NamedAddresses, PrivateEndpoint};

pub(super) fn endpoint(node: &Node<'_>) -> PrivateEndpoint {
    let connections =
        node.list("privateLinkServiceConnections").iter().chain(node.list("manualPrivateLinkServiceConnections"));
    PrivateEndpoint {
        id: node.text_of("id").map(ArmId::new),
        name: node.owned("name"),
        location: node.owned("location"),
        subnet: id_in(node, "subnet"),
        interfaces: node.list("networkInterfaces").iter().filter_map(|nic| nic.text_of("id")).map(ArmId::new).collect(),
        connections: connections
            .map(|item| (item.text_of("privateLinkServiceId").map(ArmId::new), connection(item)))
            .collect(),
        names: node.list("customDnsConfigs").iter().map(named_addresses).collect(),
        static_addresses: node.list("ipConfigurations").iter().filter_map(private_address).collect(),
    }
}

pub(super) fn zone_group(node: &Node<'_>) -> DnsZoneGroup {
    let configs = node.list("privateDnsZoneConfigs");
    DnsZoneGroup {
        id: node.text_of("id").map(ArmId::new),
        zones: configs.iter().filter_map(|config| config.text_of("privateDnsZoneId")).map(ArmId::new).collect(),
        names: configs.iter().flat_map(|config| config.list("recordSets")).map(named_addresses).collect(),
    }
}

fn named_addresses(node: &Node<'_>) -> NamedAddresses {
    NamedAddresses {
        fqdn: node.text_of("fqdn").map(host),
        addresses: node.texts("ipAddresses").into_iter().filter_map(|text| text.parse().ok()).collect(),
    }
}

/// Returns a host name in lower case, without the trailing dot.
pub(super) fn host(text: &str) -> String {
    text.trim_end_matches('.').to_ascii_lowercase()
}

/// Returns the private address of a configuration, in the spelling of old and new versions.
pub(super) fn private_address(node: &Node<'_>) -> Option<IpAddr> {
    node.text_of("privateIPAddress")?.parse().ok()
}

/// Returns the ID in an object that only refers to a resource.
pub(super) fn id_in(node: &Node<'_>, name: &str) -> Option<ArmId> {
    node.get(name)?.text_of("id").map(ArmId::new)
}

//! Reads network interfaces, subnets, virtual networks and peerings.

use super::account::{stated_bool, stated_text};
use super::private_link::{host, id_in, private_address};
use super::tree::Node;
use crate::azure::id::ArmId;
use crate::azure::network::{NetworkInterface, Peering, PeeringState, ServiceEndpoint, Subnet, VirtualNetwork};
use crate::azure::prefix::Prefix;
use crate::azure::private_link::NamedAddresses;

pub(super) fn interface(node: &Node<'_>) -> NetworkInterface {
    let configs = node.list("ipConfigurations");
    let names = configs.iter().flat_map(|config| {
        let addresses: Vec<_> = private_address(config).into_iter().collect();
        let link = config.get("privateLinkConnectionProperties");
        let fqdns: Vec<String> =
            link.map(|link| link.texts("fqdns").into_iter().map(host).collect()).unwrap_or_default();
        let named = |fqdn| NamedAddresses { fqdn, addresses: addresses.clone() };
        if fqdns.is_empty() { vec![named(None)] } else { fqdns.into_iter().map(|fqdn| named(Some(fqdn))).collect() }
    });
    NetworkInterface {
        id: node.text_of("id").map(ArmId::new),
        private_endpoint: id_in(node, "privateEndpoint"),
        subnets: configs.iter().filter_map(|config| id_in(config, "subnet")).collect(),
        names: names.collect(),
    }
}

pub(super) fn subnet(node: &Node<'_>) -> Subnet {
    let endpoints = node.list("serviceEndpoints").iter().filter_map(|endpoint| {
        Some(ServiceEndpoint { service: endpoint.owned("service")?, state: endpoint.owned("provisioningState") })
    });
    Subnet {
        id: node.text_of("id").map(ArmId::new),
        prefixes: prefixes(node, &["addressPrefixes", "addressPrefix"]),
        service_endpoints: endpoints.collect(),
        route_policies: stated_text(node.get("privateEndpointNetworkPolicies"), |text| {
            let values = [
                ("Disabled", false),
                ("NetworkSecurityGroupEnabled", false),
                ("Enabled", true),
                ("RouteTableEnabled", true),
            ];
            values.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, applies)| applies)
        }),
    }
}

pub(super) fn network(node: &Node<'_>) -> VirtualNetwork {
    let servers = node.get("dhcpOptions").map(|options| options.texts("dnsServers")).unwrap_or_default();
    VirtualNetwork {
        id: node.text_of("id").map(ArmId::new),
        prefixes: node.get("addressSpace").map(|space| prefixes(space, &["addressPrefixes"])).unwrap_or_default(),
        dns_servers: servers.into_iter().map(str::to_owned).collect(),
        subnets: node
            .get("subnets")
            .filter(|subnets| matches!(subnets, Node::List(_)))
            .map(|subnets| subnets.items().iter().filter_map(|subnet| subnet.text_of("id")).map(ArmId::new).collect()),
    }
}

pub(super) fn peering(node: &Node<'_>) -> Peering {
    Peering {
        id: node.text_of("id").map(ArmId::new),
        remote: id_in(node, "remoteVirtualNetwork"),
        state: stated_text(node.get("peeringState"), PeeringState::from_arm),
        allows_access: stated_bool(node.get("allowVirtualNetworkAccess")),
        allows_forwarded: stated_bool(node.get("allowForwardedTraffic")),
        sync_level: node.owned("peeringSyncLevel"),
    }
}

/// Returns the address ranges of the first of these fields that has some.
pub(super) fn prefixes(node: &Node<'_>, names: &[&str]) -> Vec<Prefix> {
    let all = names.iter().map(|name| node.texts(name)).find(|texts| !texts.is_empty()).unwrap_or_default();
    all.into_iter().filter_map(|text| text.parse().ok()).collect()
}

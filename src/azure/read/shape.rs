//! The kind of an object, by its shape and never by its file name.

use super::piece::Piece;
use super::tree::Node;
use super::{account, effective, governance, network, private_link, zone};
use crate::azure::kind::DocumentKind;

/// The shape of an object.
pub(super) enum Shape {
    Kind(DocumentKind),
    Keys,
    /// An error of the management API.
    Error,
    Unknown,
}

/// Returns the shape of an object: by its ARM type, else by the fields that only one kind has.
pub(super) fn shape_of(node: &Node<'_>) -> Shape {
    if !node.is_object() {
        return Shape::Unknown;
    }
    let of_arm = node.field("type").and_then(Node::text).filter(|text| text.contains('/'));
    if let Some(kind) = of_arm.and_then(DocumentKind::of_type) {
        return Shape::Kind(kind);
    }
    if let Some((kind, _)) = SIGNS.iter().find(|(kind, has_sign)| kind.may_have_type(of_arm) && has_sign(node)) {
        return Shape::Kind(*kind);
    }
    if node.has("key1") || node.has("key2") {
        return Shape::Keys;
    }
    if node.field("error").is_some_and(|error| error.field("code").is_some()) { Shape::Error } else { Shape::Unknown }
}

type Sign = fn(&Node<'_>) -> bool;

/// The fields that only one kind has, first match wins: a private endpoint has what a network interface has, and more.
const SIGNS: &[(DocumentKind, Sign)] = &[
    (DocumentKind::Account, |node| {
        node.get("kind").is_some_and(|kind| kind.text().is_some()) && node.has("sku") && node.has("endpoint")
    }),
    (DocumentKind::PrivateEndpoint, |node| {
        node.has("privateLinkServiceConnections") || node.has("manualPrivateLinkServiceConnections")
    }),
    (DocumentKind::DnsZoneGroup, |node| node.has("privateDnsZoneConfigs")),
    (DocumentKind::RecordSet, |node| node.has("aRecords")),
    (DocumentKind::VirtualNetworkLink, |node| node.has("registrationEnabled") && node.has("virtualNetwork")),
    (DocumentKind::PrivateDnsZone, |node| node.has("numberOfVirtualNetworkLinks")),
    (DocumentKind::EffectiveNsg, |node| node.has("effectiveSecurityRules")),
    // A route of a route table has an ID; an effective one has none.
    (DocumentKind::EffectiveRoutes, |node| {
        node.has("addressPrefix") && node.has("nextHopType") && node.get("id").is_none()
    }),
    (DocumentKind::NetworkInterface, |node| {
        node.has("ipConfigurations")
            && (node.has("macAddress") || node.has("privateEndpoint") || node.has("enableIPForwarding"))
    }),
    (DocumentKind::Peering, |node| node.has("peeringState")),
    (DocumentKind::VirtualNetwork, |node| node.has("addressSpace") && node.has("subnets")),
    (DocumentKind::Subnet, |node| {
        (node.has("addressPrefix") || node.has("addressPrefixes"))
            && (node.has("serviceEndpoints") || node.has("delegations") || node.has("privateEndpointNetworkPolicies"))
    }),
    (DocumentKind::RoleAssignment, |node| node.has("roleDefinitionId") && node.has("principalId")),
    (DocumentKind::ActivityLogAlert, |node| {
        node.has("scopes") && node.get("condition").is_some_and(|condition| condition.field("allOf").is_some())
    }),
    (DocumentKind::MetricAlert, |node| node.has("criteria") && node.has("scopes")),
    (DocumentKind::DiagnosticSetting, |node| {
        node.has("logs") && governance::DESTINATIONS.iter().any(|destination| node.has(destination))
    }),
    (DocumentKind::PolicyState, |node| node.has("complianceState") && node.has("policyAssignmentId")),
    (DocumentKind::Deployment, |node| {
        node.has("name") && node.get("model").is_some_and(|model| model.field("format").is_some())
    }),
];

/// Returns the object as a value, followed by the objects that it contains.
pub(super) fn pieces_of(kind: DocumentKind, node: &Node<'_>) -> Vec<Piece> {
    let piece = match kind {
        DocumentKind::Account => Piece::Account(Box::new(account::account(node))),
        DocumentKind::PrivateEndpoint => Piece::Endpoint(private_link::endpoint(node)),
        DocumentKind::DnsZoneGroup => Piece::ZoneGroup(private_link::zone_group(node)),
        DocumentKind::PrivateDnsZone => Piece::Zone(zone::zone(node)),
        DocumentKind::RecordSet => Piece::Record(zone::record_set(node)),
        DocumentKind::VirtualNetworkLink => Piece::Link(zone::link(node)),
        DocumentKind::NetworkInterface => Piece::Interface(network::interface(node)),
        DocumentKind::Subnet => Piece::Subnet(network::subnet(node)),
        DocumentKind::VirtualNetwork => {
            let subnets = node.list("subnets").iter().map(|subnet| Piece::Subnet(network::subnet(subnet)));
            let peerings =
                node.list("virtualNetworkPeerings").iter().map(|peering| Piece::Peering(network::peering(peering)));
            return std::iter::once(Piece::Network(network::network(node))).chain(subnets).chain(peerings).collect();
        }
        DocumentKind::Peering => Piece::Peering(network::peering(node)),
        DocumentKind::EffectiveRoutes => Piece::Route(effective::route(node)),
        DocumentKind::EffectiveNsg => Piece::Group(effective::group(node)),
        DocumentKind::RoleAssignment => Piece::Role(governance::role(node)),
        DocumentKind::DiagnosticSetting => Piece::Diagnostic(governance::diagnostic(node)),
        DocumentKind::MetricAlert => Piece::MetricAlert(governance::metric_alert(node)),
        DocumentKind::ActivityLogAlert => Piece::ActivityAlert(governance::activity_alert(node)),
        DocumentKind::PolicyState => Piece::Policy(governance::policy(node)),
        DocumentKind::Deployment => Piece::Deployment(governance::deployment(node)),
        DocumentKind::Keys => return Vec::new(),
    };
    vec![piece]
}

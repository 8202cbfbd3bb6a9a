//! The way to a target in Azure's documents: what carries its traffic, and what stops it.

use super::{Observation, Remedy, RuleContext};
use crate::azure::{DocumentKind, Match, SERVICE_ENDPOINT, shown};
use crate::diagnose::documents::{Documents, Way};
use crate::diagnose::evidence::AddressClass;

/// The way to the address that was tried first, without a proxy.
pub(super) fn tried<'a>(context: &RuleContext<'a>) -> Option<&'a Way<'a>> {
    let is_tried = context.tcp().is_some_and(|facts| !facts.attempts.is_empty());
    context.way.filter(|_| is_tried && context.proxied().is_none())
}

/// Says which rule of the network security groups denies the connection.
pub(super) fn denial(documents: &Documents<'_>, way: &Way<'_>) -> Option<String> {
    let filtering = way.filtering.as_ref().filter(|filtering| filtering.is_allowed == Some(false))?;
    let denying = filtering.groups.iter().find(|decision| decision.is_allowed == Some(false))?;
    let rule = filtering.rule.map(|rule| format!("rule `{}`", shown(&rule.name))).unwrap_or_default();
    let group = denying.group.id.as_ref().map(|id| format!(" of `{}`", shown(id.name()))).unwrap_or_default();
    let place =
        denying.group.place.id().map(|place| format!(" at the {}", place.replace('_', " "))).unwrap_or_default();
    let source = documents.cite(DocumentKind::EffectiveNsg);
    Some(format!("{rule}{group}{place} denies TCP 443 to {}{source}", way.to))
}

/// Why this machine is not on the network of the private endpoint.
pub(super) struct Away {
    pub(super) fact: String,
    pub(super) remedy: Option<Remedy>,
    /// Whether nothing else on the path may be the cause.
    pub(super) is_certain: bool,
}

/// Returns why this machine is not on the network of the private endpoint, unless a security group denies the connection
/// anyway. A route into that network contradicts a peering that is down: one of the documents is older. An appliance on the
/// way makes that peering irrelevant.
pub(super) fn away(documents: &Documents<'_>, way: &Way<'_>) -> Option<Away> {
    let (peerings, routes) = (DocumentKind::Peering, DocumentKind::EffectiveRoutes);
    if let Some(peering) = documents.broken_peering().filter(|_| detour(documents, way).is_none()) {
        let name = peering.id.as_ref().map(|id| shown(id.name())).unwrap_or_default();
        let fact = format!("peering `{name}` {}{}", peering.why_down(), documents.cite(peerings));
        let away = Away { fact, remedy: Some(REPAIR_THE_PEERING), is_certain: true };
        return near(documents, way).is_none().then_some(away);
    }
    let winner = way.carriage.as_ref().and_then(|carriage| carriage.winner);
    let hops = winner.filter(is_appliance).map(|winner| winner.route.next_hop_addresses.as_slice()).unwrap_or_default();
    if let Some((hop, peering)) = hops.iter().find_map(|hop| Some((hop, documents.closed_to_forwarded(*hop)?))) {
        let name = peering.id.as_ref().map(|id| shown(id.name())).unwrap_or_default();
        let fact = format!(
            "the appliance at {hop} forwards the traffic{}, and peering `{name}` does not accept forwarded traffic \
                (`allowForwardedTraffic` is `false`){}, unless the appliance translates addresses",
            documents.cite(routes),
            documents.cite(peerings)
        );
        return Some(Away { fact, remedy: Some(ACCEPT_FORWARDED), is_certain: false });
    }
    let is_dropped = way.carriage.as_ref().is_some_and(crate::azure::Carriage::is_dropped);
    let fact = format!("no route of this machine leads to {}{}", way.to, documents.cite(routes));
    (AddressClass::of(way.to).is_private() && is_dropped).then_some(Away { fact, remedy: None, is_certain: true })
}

/// Whether a document shows that this machine is not on the network of the private address that does not answer.
pub(super) fn is_away(context: &RuleContext<'_>) -> bool {
    let (Some(documents), Some(way)) = (context.documents, tried(context)) else { return false };
    denial(documents, way).is_none() && away(documents, way).is_some()
}

/// Says that the route leads into the network of the private endpoint.
pub(super) fn near(documents: &Documents<'_>, way: &Way<'_>) -> Option<String> {
    let winner = way.carriage.as_ref()?.winner?;
    NEAR.iter().any(|hop| winner.route.is_to(hop)).then(|| {
        let hop = winner.route.next_hop.as_deref().map(shown).unwrap_or_default();
        format!("the route {} has next hop `{hop}`{}", winner.prefix, documents.cite(DocumentKind::EffectiveRoutes))
    })
}

/// Says that an appliance or a gateway carries the traffic.
pub(super) fn detour(documents: &Documents<'_>, way: &Way<'_>) -> Option<String> {
    let winner = way.carriage.as_ref()?.winner?;
    let is_detour = is_appliance(&winner) || winner.route.is_to(GATEWAY);
    is_detour.then(|| {
        let kind = winner.route.next_hop.as_deref().map(shown).unwrap_or_default();
        let hop = winner.route.next_hop_addresses.first().map(|hop| format!(" at {hop}")).unwrap_or_default();
        let source = documents.cite(DocumentKind::EffectiveRoutes);
        format!("the route {} sends the traffic to the {kind}{hop}{source}", winner.prefix)
    })
}

pub(super) fn is_appliance(found: &Match<'_>) -> bool {
    APPLIANCES.iter().any(|hop| found.route.is_to(hop))
}

/// Adds a fact to what a rule saw.
pub(super) fn with_fact(seen: Observation, fact: &str) -> Observation {
    Observation { observed: format!("{}; {fact}", seen.observed), ..seen }
}

pub(super) const GATEWAY: &str = "VirtualNetworkGateway";

const APPLIANCES: &[&str] = &["VirtualAppliance", "VirtualApplianceEcmp"];

const NEAR: &[&str] =
    &["VnetLocal", "VNetPeering", "VNetGlobalPeering", "InterfaceEndpoint", "ConnectedGroup", SERVICE_ENDPOINT];

const REPAIR_THE_PEERING: Remedy = (
    "repair the peering on both sides: delete a side that is `Disconnected` and create it again, and allow access to the \
        virtual network",
    &[
        "az network vnet peering list -g GROUP --vnet-name VNET -o table",
        "az network vnet peering create -g GROUP -n PEERING --vnet-name VNET --remote-vnet REMOTE_VNET_ID --allow-vnet-access",
    ],
);

/// <https://learn.microsoft.com/azure/virtual-network/virtual-network-manage-peering>
const ACCEPT_FORWARDED: Remedy = (
    "let the peering accept forwarded traffic, on the side of the private endpoint and on that of this machine, or peer the \
        two networks directly",
    &[
        "az network vnet peering list -g GROUP --vnet-name VNET -o table",
        "az network vnet peering update -g GROUP -n PEERING --vnet-name VNET --set allowForwardedTraffic=true",
    ],
);

//! Facts that Azure's documents add to the network, and the failures that only they show.

use std::net::IpAddr;

use super::caller::AZURE_RESOLVER;
use super::wording::joined;
use super::{Observation, RuleContext};
use crate::azure::{DocumentKind, PeeringState, SERVICE_ENDPOINT, public_name, shown};
use crate::diagnose::catalogue::Severity;
use crate::diagnose::documents::Documents;
use crate::diagnose::evidence::{AddressClass, Skip};

/// Consequences of an address that is not the endpoint's.
pub(super) const OTHER_PEER: &[&str] = &[
    "TCP02", "TCP03", "TCP04", "TCP05", "TCP11", "TLS01", "TLS03", "TLS07", "HTTP01", "HTTP03", "HTTP04", "HTTP05",
    "AUTH01", "POL01", "POL02", "POL03",
];

/// DNS06: the private address is not one of the private endpoint's.
pub(super) fn stale_record(context: &RuleContext<'_>) -> Option<Observation> {
    let (documents, address) = (context.documents?, private_address(context)?);
    let endpoints = documents.endpoints_for(context.host());
    let known: Vec<_> = endpoints.iter().filter(|(_, addresses)| !addresses.is_empty()).collect();
    if known.is_empty()
        || known.iter().any(|(_, addresses)| addresses.contains(&address))
        || documents.owner(address).is_some()
    {
        return None;
    }
    let names = known.iter().map(|(connection, addresses)| {
        let name = connection
            .endpoint_name()
            .map_or_else(|| "the private endpoint".to_owned(), |name| format!("private endpoint `{}`", shown(name)));
        format!("{name} has {}", joined(&addresses.iter().map(ToString::to_string).collect::<Vec<_>>()))
    });
    let source = documents.cite(DocumentKind::PrivateEndpoint);
    let text =
        format!("`{}` resolves to {address}, but {}{source}", context.host(), joined(&names.collect::<Vec<_>>()));
    let observation = Observation::new(text)
        .not("DNS03", "the address is private")
        .not("POL05", "no document shows another resource at this address");
    Some(observation.with("ADDRESS", address.to_string()))
}

/// POL05: the private address belongs to the private endpoint of another resource.
pub(super) fn other_resource(context: &RuleContext<'_>) -> Option<Observation> {
    let (documents, address) = (context.documents?, private_address(context)?);
    if documents.endpoints_for(context.host()).iter().any(|(_, addresses)| addresses.contains(&address)) {
        return None;
    }
    let (endpoint, account) = documents.owner(address)?;
    let source = documents.cite(DocumentKind::PrivateEndpoint);
    let text = format!(
        "`{}` resolves to {address}, which is private endpoint `{endpoint}` of account `{account}`{source}",
        context.host()
    );
    Some(
        Observation::new(text)
            .not("DNS06", "a private endpoint has this address")
            .not("DNS03", "the address is private"),
    )
}

/// The private address of the resource's own host that an application uses.
fn private_address(context: &RuleContext<'_>) -> Option<IpAddr> {
    let address = context.address().filter(|_| context.is_own() && context.proxied().is_none())?;
    matches!(address.class, AddressClass::Private | AddressClass::Shared).then_some(address.ip)
}

/// POL04 with documents: the account has private endpoints, none of them is approved, and this client needs one.
pub(super) fn unapproved(context: &RuleContext<'_>) -> Option<Observation> {
    let documents = context.documents?;
    let (connection, state) = documents.unapproved()?;
    let is_needed = context.is_own() && (context.expects_private() || context.policy().is_some());
    if !is_needed && !is_closed(context) {
        return None;
    }
    let name = connection.endpoint_name().map(shown).unwrap_or_default();
    let source = documents.cite(DocumentKind::Account);
    let text = format!("the connection of private endpoint `{name}` is {}, and none is approved{source}", state.id());
    Some(Observation { is_settled: true, ..Observation::new(text).at(Severity::Error) })
}

/// POL02 with documents: the account admits nobody, and has no private endpoint.
pub(super) fn closed(context: &RuleContext<'_>) -> Option<String> {
    let documents = context.documents.filter(|documents| is_closed(context) && documents.unapproved().is_none())?;
    let source = documents.cite(DocumentKind::Account);
    Some(format!("`{}` responds, but the account admits nobody{source}", context.host()))
}

/// Whether the account admits nobody, although its host responds: a regional host cannot tell the account without a credential.
fn is_closed(context: &RuleContext<'_>) -> bool {
    let is_untried = context.trace.auth.skipped() == Some(Skip::NoCredential);
    let is_service = context.service().is_some() && !context.is_own();
    is_untried && is_service && context.documents.is_some_and(Documents::admits_nobody)
}

/// Says why this machine certainly is not on the network of the private endpoint.
pub(super) fn why_away(documents: &Documents<'_>, to: IpAddr) -> Option<String> {
    if denial(documents, to).is_some() {
        return None;
    }
    if let Some(peering) = documents.broken_peering() {
        let name = peering.id.as_ref().map(|id| shown(id.name())).unwrap_or_default();
        let why = match peering.state.known() {
            Some(PeeringState::Initiated) => "is `Initiated`: the other side is missing",
            Some(PeeringState::Disconnected) => "is `Disconnected`: the other side was deleted",
            _ => "denies access (`allowVirtualNetworkAccess` is `false`)",
        };
        return Some(format!("peering `{name}` {why}{}", documents.cite(DocumentKind::Peering)));
    }
    let source = documents.cite(DocumentKind::EffectiveRoutes);
    is_off_route(documents, to).then(|| format!("no route of this machine leads to {to}{source}"))
}

/// Whether a document shows that this machine is not on the network of the private address that does not answer.
pub(super) fn is_away(context: &RuleContext<'_>) -> bool {
    let (Some(documents), Some(to)) = (context.documents, tried(context)) else { return false };
    why_away(documents, to).is_some()
}

/// Says that the route leads into the network of the private endpoint.
pub(super) fn near(carriage: &crate::azure::Carriage<'_>, source: &str) -> Option<String> {
    let winner = carriage.winner.filter(|winner| NEAR.iter().any(|hop| winner.route.is_to(hop)))?;
    let hop = winner.route.next_hop.as_deref().map(shown).unwrap_or_default();
    Some(format!("the route {} has next hop `{hop}`{source}", winner.prefix))
}

/// Whether no route leads to a private address: none covers it, or the one that does drops it.
pub(super) fn is_off_route(documents: &Documents<'_>, to: IpAddr) -> bool {
    AddressClass::of(to).is_private() && documents.carriage(to).is_some_and(|carriage| carriage.is_dropped())
}

/// Says which rule of the network security groups denies the connection.
pub(super) fn denial(documents: &Documents<'_>, to: IpAddr) -> Option<String> {
    let filtering = documents.filtering(to).filter(|filtering| filtering.is_allowed == Some(false))?;
    let denying = filtering.groups.iter().find(|decision| decision.is_allowed == Some(false))?;
    let rule = filtering.rule.map(|rule| format!("rule `{}`", shown(&rule.name))).unwrap_or_default();
    let group = denying.group.id.as_ref().map(|id| format!(" of `{}`", shown(id.name()))).unwrap_or_default();
    let place =
        denying.group.place.id().map(|place| format!(" at the {}", place.replace('_', " "))).unwrap_or_default();
    Some(format!("{rule}{group}{place} denies TCP 443 to {to}{}", documents.cite(DocumentKind::EffectiveNsg)))
}

/// The address that the first attempt went to.
pub(super) fn tried(context: &RuleContext<'_>) -> Option<IpAddr> {
    context
        .tcp()
        .and_then(|facts| facts.attempts.first())
        .map(|attempt| attempt.peer.ip())
        .filter(|_| context.proxied().is_none())
}

pub(super) fn missing_record(documents: &Documents<'_>, label: &str, zone: &str) -> Option<String> {
    let host = format!("{label}.{zone}");
    let in_zone = documents.view.records.iter().filter(|record| record.zone.as_deref() == Some(zone));
    let is_known = in_zone.clone().next().is_some()
        || documents.view.lists_of(DocumentKind::RecordSet, |id| id.name().eq_ignore_ascii_case(zone));
    let is_there =
        in_zone.clone().any(|record| record.fqdn().as_deref() == Some(&host) && !record.addresses.is_empty());
    let source = documents.cite(DocumentKind::RecordSet);
    (is_known && !is_there).then(|| format!("zone `{zone}` has no record for `{}`{source}", public_name(&host)))
}

/// Returns the private zone of a host, and the addresses that its record has there.
pub(super) fn recorded(documents: &Documents<'_>, host: &str) -> Option<(String, Vec<IpAddr>)> {
    let (label, public) = host.split_once('.')?;
    let zone = format!("privatelink.{public}");
    let name = format!("{label}.{zone}");
    let of_host = documents.view.records_of(label).filter(|record| record.fqdn().as_deref() == Some(&name));
    let addresses: Vec<IpAddr> = of_host.flat_map(|record| record.addresses.iter().copied()).collect();
    (!addresses.is_empty()).then_some((zone, addresses))
}

pub(super) fn missing_group(documents: &Documents<'_>) -> Option<String> {
    let connections = &documents.account?.connections;
    let endpoint = connections.iter().filter_map(|connection| connection.endpoint.as_ref()).find(|endpoint| {
        let has_group = documents.view.zone_groups_of(endpoint).next().is_some();
        !has_group && documents.view.lists(DocumentKind::DnsZoneGroup, endpoint)
    })?;
    Some(format!(
        "private endpoint `{}` has no DNS zone group{}",
        shown(endpoint.name()),
        documents.cite(DocumentKind::DnsZoneGroup)
    ))
}

/// Says to which networks the zone is linked, if that of this machine is not among them. A name server of a linked network
/// serves others too, so this is the cause only where this machine asks Azure's own resolver.
pub(super) fn unlinked(context: &RuleContext<'_>, documents: &Documents<'_>, zone: &str) -> Option<String> {
    let links: Vec<_> =
        documents.view.links.iter().filter(|link| link.zone.as_deref() == Some(zone) && link.is_completed()).collect();
    let is_listed = !links.is_empty()
        || documents.view.lists_of(DocumentKind::VirtualNetworkLink, |id| id.name().eq_ignore_ascii_case(zone));
    let source = documents.cite(DocumentKind::VirtualNetworkLink);
    if links.is_empty() {
        return is_listed.then(|| format!("zone `{zone}` is linked to no virtual network{source}"));
    }
    let here = documents.network()?;
    if links.iter().any(|link| link.network.as_ref() == Some(&here)) {
        return None;
    }
    let names: Vec<String> =
        links.iter().filter_map(|link| link.network.as_ref()).map(|id| format!("`{}`", shown(id.name()))).collect();
    let servers = &context.evidence.machine.name_servers;
    let asks_azure = !servers.is_empty() && servers.iter().all(|server| server.ip() == AZURE_RESOLVER);
    let doubt = if asks_azure { "" } else { ", unless its name server is in one of them" };
    Some(format!(
        "zone `{zone}` is linked to {} and not to `{}` of this machine{source}{doubt}",
        joined(&names),
        shown(here.name())
    ))
}

const NEAR: &[&str] =
    &["VnetLocal", "VNetPeering", "VNetGlobalPeering", "InterfaceEndpoint", "ConnectedGroup", SERVICE_ENDPOINT];

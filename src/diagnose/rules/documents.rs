//! Rules that compare Azure's documents with the network: what they show by themselves, and what they settle.

use std::net::IpAddr;

use super::caller::AZURE_RESOLVER;
use super::firewall::{self, NO_SERVICE_ENDPOINT};
use super::private;
use super::wording::joined;
use super::{Observation, Remedy, Rule, RuleContext};
use crate::azure::{
    ArmId, DocumentKind, PeeringState, RuleState, SERVICE_ENDPOINT, Subnet, is_in_force, public_name, shown,
};
use crate::diagnose::catalogue::Severity;
use crate::diagnose::documents::Documents;
use crate::diagnose::evidence::AddressClass;

/// The rules that no evidence of the network alone can fulfil, in the order of the catalogue.
pub(super) const RULES: &[Rule] =
    &[Rule::target("DNS06", stale_record, OTHER_PEER), Rule::target("POL05", other_resource, OTHER_PEER)];

/// Consequences of an address that is not the endpoint's.
const OTHER_PEER: &[&str] = &[
    "TCP02", "TCP03", "TCP04", "TCP05", "TCP11", "TLS01", "TLS03", "TLS07", "HTTP01", "HTTP03", "HTTP04", "HTTP05",
    "AUTH01", "POL01", "POL02", "POL03",
];

/// DNS06: the private address is not one of the private endpoint's.
fn stale_record(context: &RuleContext<'_>) -> Option<Observation> {
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
fn other_resource(context: &RuleContext<'_>) -> Option<Observation> {
    let (documents, address) = (context.documents?, private_address(context)?);
    let is_own = documents.endpoints_for(context.host()).iter().any(|(_, addresses)| addresses.contains(&address));
    let (endpoint, account) = documents.owner(address).filter(|_| !is_own)?;
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
    let (connection, state) = documents.unapproved().filter(|_| context.is_own())?;
    if !context.expects_private() && context.policy().is_none() {
        return None;
    }
    let name = connection.endpoint_name().map(shown).unwrap_or_default();
    let source = documents.cite(DocumentKind::Account);
    let text = format!("the connection of private endpoint `{name}` is {}, and none is approved{source}", state.id());
    Some(Observation::new(text).at(Severity::Error))
}

/// Applies what the documents settle to the result of a rule: adds the fact, or drops a failure that a fact rules out.
pub(super) fn settled(context: &RuleContext<'_>, seen: Observation) -> Option<Observation> {
    let Some(documents) = context.documents else { return Some(seen) };
    match context.rule.id {
        "POL02" => by_address(context, documents, seen),
        "POL03" => by_subnet(context, documents, seen),
        "TCP01" | "TCP05" => blocked(context, documents, seen),
        "TCP11" => away(context, documents, seen),
        "DNS03" | "DNS04" => Some(zone(context, documents, seen)),
        _ => Some(seen),
    }
}

/// The subnet of this machine whose service endpoint decides, unless the service sees a proxy.
fn subnet<'a>(context: &RuleContext<'_>, documents: &Documents<'a>) -> Option<&'a Subnet> {
    documents.subnet().filter(|_| context.proxied().is_none())
}

fn name_of(subnet: &Subnet) -> String {
    subnet.id.as_ref().map(|id| shown(id.name())).unwrap_or_default()
}

/// POL02: a subnet with the service endpoint shows its private address, so no address rule is the cause.
fn by_address(context: &RuleContext<'_>, documents: &Documents<'_>, seen: Observation) -> Option<Observation> {
    let Some(subnet) = subnet(context, documents) else { return Some(seen) };
    if subnet.has_service_endpoint() {
        return None;
    }
    let (name, source) = (name_of(subnet), documents.cite(DocumentKind::Subnet));
    let is_admitted = documents.account.is_some_and(|account| {
        account.subnet_rules.iter().any(|rule| Some(&rule.id) == subnet.id.as_ref() && is_in_force(rule))
    });
    let fact = if is_admitted {
        format!(
            "subnet `{name}` is admitted, but its service endpoint is off{source}, so the resource sees a public address"
        )
    } else {
        format!("the service endpoint of subnet `{name}` is off{source}, so the resource sees a public address")
    };
    let seen = certain(seen, &fact).not("POL03", format!("the service endpoint of subnet `{name}` is off{source}"));
    Some(if is_admitted { seen.remedied(Some(SWITCH_ON)).with("SUBNET_ID", subnet_id(subnet)) } else { seen })
}

/// POL03: a subnet without the service endpoint shows a public address, so no subnet rule is the cause.
fn by_subnet(context: &RuleContext<'_>, documents: &Documents<'_>, seen: Observation) -> Option<Observation> {
    let Some(subnet) = subnet(context, documents) else { return Some(dead_rule(documents, seen)) };
    if !subnet.has_service_endpoint() {
        return None;
    }
    let (name, source) = (name_of(subnet), documents.cite(DocumentKind::Subnet));
    let rule = documents
        .account
        .and_then(|account| account.subnet_rules.iter().find(|rule| Some(&rule.id) == subnet.id.as_ref()));
    let has_addresses = documents.account.is_some_and(|account| !account.address_rules.is_empty());
    let fact = match rule.map(|rule| rule.state.known()) {
        Some(Some(RuleState::NetworkSourceDeleted)) => {
            format!("the rule for subnet `{name}` is dead, because its subnet was deleted and created again{source}")
        }
        Some(state) if rule.is_some_and(|rule| !is_in_force(rule)) => {
            let state = state.map_or("unknown", |state| state.arm_name());
            format!("the rule for subnet `{name}` is in state `{state}`{source}")
        }
        Some(_) => format!(
            "subnet `{name}` is admitted and has the service endpoint{source}, so the change may be younger than 15 minutes"
        ),
        None if has_addresses => format!(
            "subnet `{name}` has the service endpoint and is not admitted{source}; the resource sees its private address, which no address rule matches"
        ),
        None => format!("subnet `{name}` has the service endpoint and is not admitted{source}"),
    };
    let seen = certain(seen, &fact).not("POL02", format!("the service endpoint of subnet `{name}` is on{source}"));
    Some(seen.with("SUBNET_ID", subnet_id(subnet)))
}

/// Names a rule of the account whose subnet no longer exists.
fn dead_rule(documents: &Documents<'_>, seen: Observation) -> Observation {
    let rules = documents.account.map(|account| account.subnet_rules.as_slice()).unwrap_or_default();
    match rules.iter().find(|rule| rule.state.known() == Some(&RuleState::NetworkSourceDeleted)) {
        Some(rule) => {
            let source = documents.cite(DocumentKind::Account);
            let fact =
                format!("the rule for subnet `{}` is dead: the subnet no longer exists{source}", shown(rule.id.name()));
            Observation { observed: format!("{}; {fact}", seen.observed), ..seen }
        }
        None => seen,
    }
}

fn subnet_id(subnet: &Subnet) -> String {
    subnet.id.as_ref().map(ArmId::to_string).unwrap_or_default()
}

/// TCP01 and TCP05: something on the path drops the packets. The documents name it, or show that this machine is away.
fn blocked(context: &RuleContext<'_>, documents: &Documents<'_>, seen: Observation) -> Option<Observation> {
    let Some(to) = tried(context) else { return Some(seen) };
    if let Some(fact) = denial(documents, to) {
        return Some(certain(seen, &fact).remedied(Some(ALLOW_IN_GROUP)).not("TCP11", fact));
    }
    if context.rule.id == "TCP05" && why_away(documents, to).is_some() {
        return None;
    }
    let Some(carriage) = documents.carriage(to) else { return Some(seen) };
    let source = documents.cite(DocumentKind::EffectiveRoutes);
    let Some(winner) = carriage.winner else {
        let fact = format!("no route of this machine covers {to}{source}");
        return Some(certain(seen, &fact));
    };
    let prefix = winner.prefix;
    if carriage.is_dropped() {
        return Some(certain(seen, &format!("the route {prefix} with next hop `None` drops the traffic{source}")));
    }
    let hop = winner.route.next_hop_addresses.first().map(|hop| format!(" at {hop}")).unwrap_or_default();
    if DETOURS.iter().any(|detour| winner.route.is_to(detour)) {
        let kind = winner.route.next_hop.as_deref().map(shown).unwrap_or_default();
        let fact = format!("the route {prefix} sends the traffic to the {kind}{hop}{source}, which has to allow it");
        return Some(certain(seen, &fact));
    }
    if let Some(near) = near(&carriage, &source) {
        return Some(seen.not("TCP11", near));
    }
    Some(seen)
}

/// TCP11: this machine is not on the private network, unless a document shows that it is, or that something else drops the
/// packets. The system's own answer that it has no route stands.
fn away(context: &RuleContext<'_>, documents: &Documents<'_>, seen: Observation) -> Option<Observation> {
    let Some(to) = tried(context) else { return Some(seen) };
    if let Some(fact) = why_away(documents, to) {
        let remedy = documents.broken_peering().map(|_| REPAIR_THE_PEERING).or(seen.remedy);
        return Some(certain(seen, &fact).remedied(remedy).not("TCP05", fact));
    }
    if private::is_without_route(context) {
        return Some(seen);
    }
    let source = documents.cite(DocumentKind::EffectiveRoutes);
    let is_near = documents.carriage(to).is_some_and(|carriage| near(&carriage, &source).is_some());
    (denial(documents, to).is_none() && !is_near).then_some(seen)
}

/// Says why this machine certainly is not on the network of the private endpoint.
fn why_away(documents: &Documents<'_>, to: IpAddr) -> Option<String> {
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
fn near(carriage: &crate::azure::Carriage<'_>, source: &str) -> Option<String> {
    let winner = carriage.winner.filter(|winner| NEAR.iter().any(|hop| winner.route.is_to(hop)))?;
    let hop = winner.route.next_hop.as_deref().map(shown).unwrap_or_default();
    Some(format!("the route {} has next hop `{hop}`{source}", winner.prefix))
}

/// Whether no route leads to a private address: none covers it, or the one that does drops it.
fn is_off_route(documents: &Documents<'_>, to: IpAddr) -> bool {
    AddressClass::of(to).is_private() && documents.carriage(to).is_some_and(|carriage| carriage.is_dropped())
}

/// Says which rule of the network security groups denies the connection.
fn denial(documents: &Documents<'_>, to: IpAddr) -> Option<String> {
    let filtering = documents.filtering(to).filter(|filtering| filtering.is_allowed == Some(false))?;
    let denying = filtering.groups.iter().find(|decision| decision.is_allowed == Some(false))?;
    let rule = filtering.rule.map(|rule| format!("rule `{}`", shown(&rule.name))).unwrap_or_default();
    let group = denying.group.id.as_ref().map(|id| format!(" of `{}`", shown(id.name()))).unwrap_or_default();
    let place =
        denying.group.place.id().map(|place| format!(" at the {}", place.replace('_', " "))).unwrap_or_default();
    Some(format!("{rule}{group}{place} denies TCP 443 to {to}{}", documents.cite(DocumentKind::EffectiveNsg)))
}

/// The address that the first attempt went to.
fn tried(context: &RuleContext<'_>) -> Option<IpAddr> {
    context
        .tcp()
        .and_then(|facts| facts.attempts.first())
        .map(|attempt| attempt.peer.ip())
        .filter(|_| context.proxied().is_none())
}

/// DNS03 and DNS04: which network is not linked, and which record is missing.
fn zone(context: &RuleContext<'_>, documents: &Documents<'_>, seen: Observation) -> Observation {
    let Some((label, public)) = context.host().split_once('.') else { return seen };
    let zone = format!("privatelink.{public}");
    let mut facts = Vec::new();
    if let Some(fact) = missing_record(documents, label, &zone) {
        facts.push(fact);
    }
    if let Some(fact) = missing_group(documents) {
        facts.push(fact);
    }
    if context.rule.id == "DNS03" {
        facts.extend(unlinked(context, documents, &zone));
    }
    if facts.is_empty() {
        return seen;
    }
    let observed = format!("{}; {}", seen.observed, facts.join("; "));
    Observation { observed, ..seen }
}

fn missing_record(documents: &Documents<'_>, label: &str, zone: &str) -> Option<String> {
    let host = format!("{label}.{zone}");
    let in_zone = documents.view.records.iter().filter(|record| record.zone.as_deref() == Some(zone));
    let is_known = in_zone.clone().next().is_some()
        || documents.view.lists_of(DocumentKind::RecordSet, |id| id.name().eq_ignore_ascii_case(zone));
    let is_there =
        in_zone.clone().any(|record| record.fqdn().as_deref() == Some(&host) && !record.addresses.is_empty());
    let source = documents.cite(DocumentKind::RecordSet);
    (is_known && !is_there).then(|| format!("zone `{zone}` has no record for `{}`{source}", public_name(&host)))
}

fn missing_group(documents: &Documents<'_>) -> Option<String> {
    let connections = &documents.account?.connections;
    let endpoint = connections.iter().filter_map(|connection| connection.endpoint.as_ref()).find(|endpoint| {
        let has_group = documents.view.zone_groups.iter().any(|group| group.endpoint().as_ref() == Some(*endpoint));
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
fn unlinked(context: &RuleContext<'_>, documents: &Documents<'_>, zone: &str) -> Option<String> {
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

/// Adds a fact that makes a failure certain: it is the likeliest from now on, and no condition is left.
fn certain(seen: Observation, fact: &str) -> Observation {
    let observed = [NO_SERVICE_ENDPOINT, firewall::SERVICE_ENDPOINT]
        .into_iter()
        .fold(seen.observed, |text, condition| text.replace(condition, ""));
    Observation { observed: format!("{observed}; {fact}"), rank: 0, ..seen }
}

const NEAR: &[&str] =
    &["VnetLocal", "VNetPeering", "VNetGlobalPeering", "InterfaceEndpoint", "ConnectedGroup", SERVICE_ENDPOINT];

const DETOURS: &[&str] = &["VirtualAppliance", "VirtualApplianceEcmp", "VirtualNetworkGateway"];

const SWITCH_ON: Remedy = (
    "switch the service endpoint on for the subnet, or allow the public address that the resource sees. Switching it on \
        closes open connections, and affects every Azure AI services resource that the subnet uses",
    &["az network vnet subnet update --ids SUBNET_ID --service-endpoints Microsoft.CognitiveServices"],
);

const ALLOW_IN_GROUP: Remedy = (
    "allow TCP 443 to ADDRESS in the network security group, with a lower priority number than the rule that denies it",
    &[
        "az network nsg rule create -g GROUP --nsg-name NSG -n speech --priority PRIORITY --direction Outbound --access \
            Allow --protocol Tcp --destination-port-ranges 443 --destination-address-prefixes ADDRESS",
    ],
);

const REPAIR_THE_PEERING: Remedy = (
    "repair the peering on both sides: delete a side that is `Disconnected` and create it again, and allow access to the \
        virtual network",
    &[
        "az network vnet peering list -g GROUP --vnet-name VNET -o table",
        "az network vnet peering create -g GROUP -n PEERING --vnet-name VNET --remote-vnet REMOTE_VNET_ID --allow-vnet-access",
    ],
);

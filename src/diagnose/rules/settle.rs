//! What Azure's documents settle: where two causes fit what the network shows, a fact of a document decides.

use super::documents::{closed, denial, missing_group, missing_record, near, recorded, tried, unlinked, why_away};
use super::firewall::{self, NO_SERVICE_ENDPOINT};
use super::private;
use super::wording::joined;
use super::{Observation, Remedy, RuleContext};
use crate::azure::{ArmId, DocumentKind, RuleState, Subnet, is_in_force, shown};
use crate::diagnose::documents::Documents;

/// Applies what the documents settle to the result of a rule: adds the fact, or drops a failure that a fact rules out.
pub(super) fn settled(context: &RuleContext<'_>, seen: Observation) -> Option<Observation> {
    let Some(documents) = context.documents else { return Some(seen) };
    match context.rule.id {
        // An account that admits nobody refuses every address.
        "POL02" if closed(context).is_some() => Some(seen),
        "POL02" => by_address(context, documents, seen),
        "POL03" => by_subnet(context, documents, seen),
        "TCP01" | "TCP05" => blocked(context, documents, seen),
        "TCP11" => away(context, documents, seen),
        "DNS03" | "DNS04" => Some(zone(context, documents, seen)),
        "DNS06" => Some(stale(context, documents, seen)),
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
            Observation { observed: format!("{}; {fact}", seen.observed), is_settled: true, ..seen }
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
    Observation { observed, is_settled: true, ..seen }
}

/// DNS06: whether the stale address stands in the private zone, or comes from elsewhere.
fn stale(context: &RuleContext<'_>, documents: &Documents<'_>, seen: Observation) -> Observation {
    let Some((zone, addresses)) = recorded(documents, context.host()) else { return seen };
    let source = documents.cite(DocumentKind::RecordSet);
    let is_recorded = context.address().is_some_and(|address| addresses.contains(&address.ip));
    let addresses = joined(&addresses.iter().map(ToString::to_string).collect::<Vec<_>>());
    let origin = if is_recorded { "" } else { ", so another name server or the hosts file gives the stale address" };
    let observed = format!("{}; the record in zone `{zone}` is {addresses}{source}{origin}", seen.observed);
    Observation { observed, is_settled: true, ..seen }
}

/// Adds a fact that makes a failure certain: it is the likeliest from now on, and no condition is left.
fn certain(seen: Observation, fact: &str) -> Observation {
    let observed = [NO_SERVICE_ENDPOINT, firewall::SERVICE_ENDPOINT]
        .into_iter()
        .fold(seen.observed, |text, condition| text.replace(condition, ""));
    Observation { observed: format!("{observed}; {fact}"), rank: 0, is_settled: true, ..seen }
}

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

//! What Azure's documents settle: where two causes fit what the network shows, a fact of a document decides.

use super::documents::closed;
use super::path::{away, denial, detour, near, tried, with_fact};
use super::wording::joined;
use super::{Observation, Remedy, RuleContext, firewall, origin, private, zone};
use crate::azure::DocumentKind;
use crate::diagnose::documents::Documents;

/// Applies what the documents settle to the result of a rule: adds the fact, or drops a failure that a fact rules out.
pub(super) fn settled(context: &RuleContext<'_>, seen: Observation) -> Option<Observation> {
    let Some(documents) = context.documents else { return Some(seen) };
    match context.rule.id {
        // An account that admits nobody refuses every address.
        "POL02" if closed(context).is_some() => Some(seen),
        "POL02" => origin::by_address(context, documents, seen),
        "POL03" => origin::by_subnet(context, documents, seen),
        "TCP01" | "TCP05" => blocked(context, documents, seen),
        "TCP11" => not_there(context, documents, seen),
        "TCP02" | "TCP03" | "TLS01" | "TLS07" | "TLS08" => Some(carried(context, documents, seen)),
        "DNS03" | "DNS04" => {
            let facts = zone::facts(context, documents);
            let is_settled = seen.is_settled || !facts.is_empty();
            let seen = facts.iter().fold(seen, |seen, fact| with_fact(seen, fact));
            Some(Observation { is_settled, ..seen })
        }
        "DNS06" => Some(stale(context, documents, seen)),
        _ => Some(seen),
    }
}

/// DNS06: whether the stale address stands in the private zone, or comes from elsewhere.
fn stale(context: &RuleContext<'_>, documents: &Documents<'_>, seen: Observation) -> Observation {
    let Some((zone, addresses)) = zone::recorded(documents, context.host()) else { return seen };
    let source = documents.cite(DocumentKind::RecordSet);
    let is_recorded = context.address().is_some_and(|address| addresses.contains(&address.ip));
    let addresses = joined(&addresses.iter().map(ToString::to_string).collect::<Vec<_>>());
    let origin = if is_recorded { "" } else { ", so another name server or the hosts file gives the stale address" };
    let observed = format!("{}; the record in zone `{zone}` is {addresses}{source}{origin}", seen.observed);
    Observation { observed, is_settled: true, ..seen }
}

/// TCP01 and TCP05: something on the path drops the packets. The documents name it, or show that this machine is away.
fn blocked(context: &RuleContext<'_>, documents: &Documents<'_>, seen: Observation) -> Option<Observation> {
    let Some(way) = tried(context) else { return Some(seen) };
    if let Some(fact) = denial(documents, way) {
        return Some(firewall::certain(seen, &fact).remedied(Some(ALLOW_IN_GROUP)).not("TCP11", fact));
    }
    let away = away(documents, way).filter(|_| context.rule.id == "TCP05");
    if away.as_ref().is_some_and(|away| away.is_certain) {
        return None;
    }
    let Some(carriage) = &way.carriage else { return Some(stranger(documents, seen)) };
    let source = documents.cite(DocumentKind::EffectiveRoutes);
    let Some(winner) = carriage.winner else {
        let fact = format!("no route of this machine covers {}{source}", way.to);
        return Some(firewall::certain(seen, &fact));
    };
    if carriage.is_dropped() {
        let fact = format!("the route {} with next hop `None` drops the traffic{source}", winner.prefix);
        return Some(firewall::certain(seen, &fact));
    }
    if let Some(detour) = detour(documents, way) {
        let seen = firewall::certain(seen, &format!("{detour}, which has to allow it"));
        return Some(seen.ranked(u8::from(away.is_some())));
    }
    match near(documents, way) {
        Some(near) => Some(disagreement(documents, seen, &near).not("TCP11", near)),
        None => Some(seen),
    }
}

/// TCP11: this machine is not on the private network, unless a document shows that it is, or that something else drops the
/// packets. The system's own answer that it has no route stands.
fn not_there(context: &RuleContext<'_>, documents: &Documents<'_>, seen: Observation) -> Option<Observation> {
    let Some(way) = tried(context) else { return Some(seen) };
    let is_denied = denial(documents, way).is_some();
    if let Some(away) = away(documents, way).filter(|_| !is_denied) {
        let remedy = away.remedy.or(seen.remedy);
        let seen = firewall::certain(seen, &away.fact).remedied(remedy);
        return Some(if away.is_certain { seen.not("TCP05", away.fact) } else { seen });
    }
    if private::is_without_route(context) {
        return Some(seen);
    }
    (!is_denied && near(documents, way).is_none()).then(|| stranger(documents, seen))
}

/// Says that a peering is down although the route leads through it.
fn disagreement(documents: &Documents<'_>, seen: Observation, near: &str) -> Observation {
    let Some(peering) = documents.broken_peering() else { return seen };
    let source = documents.cite(DocumentKind::Peering);
    let name = peering.id.as_ref().map(|id| crate::azure::shown(id.name())).unwrap_or_default();
    let fact = format!("peering `{name}` {}{source}, but {near}: one of the documents is older", peering.why_down());
    with_fact(seen, &fact)
}

/// Says that the documents are of another machine, so that nobody expects them to decide.
fn stranger(documents: &Documents<'_>, seen: Observation) -> Observation {
    documents.stranger().iter().fold(seen, |seen, fact| with_fact(seen, fact))
}

/// Names the appliance or the gateway that carries the traffic, and may be what resets or inspects it.
fn carried(context: &RuleContext<'_>, documents: &Documents<'_>, seen: Observation) -> Observation {
    tried(context).and_then(|way| detour(documents, way)).iter().fold(seen, |seen, fact| with_fact(seen, fact))
}

const ALLOW_IN_GROUP: Remedy = (
    "allow TCP 443 to ADDRESS in the network security group, with a lower priority number than the rule that denies it",
    &[
        "az network nsg rule create -g GROUP --nsg-name NSG -n speech --priority PRIORITY --direction Outbound --access \
            Allow --protocol Tcp --destination-port-ranges 443 --destination-address-prefixes ADDRESS",
    ],
);

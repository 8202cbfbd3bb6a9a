//! The private zone of a name in Azure's documents: its records, the zone group of the endpoint, and the linked networks.

use std::net::{IpAddr, SocketAddr};

use super::RuleContext;
use super::caller::AZURE_RESOLVER;
use super::wording::joined;
use crate::azure::{ArmId, DocumentKind, ZoneLink, public_name, shown};
use crate::diagnose::documents::Documents;

/// Returns what the documents say of the zone of a name that resolves publicly (DNS03), or not at all (DNS04).
pub(super) fn facts(context: &RuleContext<'_>, documents: &Documents<'_>) -> Vec<String> {
    let Some((label, public)) = context.host().split_once('.') else { return Vec::new() };
    let zone = format!("privatelink.{public}");
    let record = record(documents, label, &zone);
    let mut facts = Vec::new();
    facts.extend(record.missing);
    if !record.is_there {
        facts.extend(missing_group(documents, &zone));
    }
    if context.rule.id == "DNS03" {
        facts.extend(links(context, documents, &zone, record.is_there));
    }
    facts
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

/// The record of a name in the documents.
struct Record {
    is_there: bool,
    /// That the zone, whose records are known, has none for the name.
    missing: Option<String>,
}

fn record(documents: &Documents<'_>, label: &str, zone: &str) -> Record {
    let host = format!("{label}.{zone}");
    let in_zone = documents.view.records.iter().filter(|record| record.zone.as_deref() == Some(zone));
    let is_known = in_zone.clone().next().is_some()
        || documents.view.lists_of(DocumentKind::RecordSet, |id| id.name().eq_ignore_ascii_case(zone));
    let is_there =
        in_zone.clone().any(|record| record.fqdn().as_deref() == Some(&host) && !record.addresses.is_empty());
    let is_whole = !documents.view.unfinished.contains(&DocumentKind::RecordSet);
    let source = documents.cite(DocumentKind::RecordSet);
    let missing = (is_known && is_whole && !is_there)
        .then(|| format!("zone `{zone}` has no record for `{}`{source}", public_name(&host)));
    Record { is_there, missing }
}

/// Says that a private endpoint has no zone group, or one without this zone, so that Azure keeps no record of the name.
fn missing_group(documents: &Documents<'_>, zone: &str) -> Option<String> {
    let source = documents.cite(DocumentKind::DnsZoneGroup);
    let connections = &documents.account?.connections;
    connections.iter().filter_map(|connection| connection.endpoint.as_ref()).find_map(|endpoint| {
        let name = shown(endpoint.name());
        let mut groups = documents.view.zone_groups_of(endpoint).peekable();
        if groups.peek().is_none() {
            let is_listed = documents.view.lists(DocumentKind::DnsZoneGroup, endpoint);
            return is_listed.then(|| format!("private endpoint `{name}` has no DNS zone group{source}"));
        }
        let mut zones = groups.flat_map(|group| &group.zones).peekable();
        let is_left_out = zones.peek().is_some() && !zones.any(|id| id.name().eq_ignore_ascii_case(zone));
        is_left_out.then(|| format!("the DNS zone group of private endpoint `{name}` leaves out zone `{zone}`{source}"))
    })
}

/// Says to which networks the zone is linked, if that of this machine is not among them, or what keeps its link from working.
/// A name server of a linked network serves others too, so the network of this machine decides only where it asks Azure's own
/// resolver.
fn links(context: &RuleContext<'_>, documents: &Documents<'_>, zone: &str, has_record: bool) -> Option<String> {
    let view = documents.view;
    let source = documents.cite(DocumentKind::VirtualNetworkLink);
    let all: Vec<&ZoneLink> = view.links.iter().filter(|link| link.zone.as_deref() == Some(zone)).collect();
    let is_listed =
        !all.is_empty() || view.lists_of(DocumentKind::VirtualNetworkLink, |id| id.name().eq_ignore_ascii_case(zone));
    let here = documents.network();
    let own = all.iter().find(|link| link.network.is_some() && link.network == here);
    if let (Some(link), Some(here)) = (own, &here) {
        let network = shown(here.name());
        if !link.is_completed() {
            let state = link.state.as_deref().map(shown).unwrap_or_default();
            return Some(format!(
                "the link of zone `{zone}` to `{network}` of this machine is `{state}`{source}, so it does not answer yet"
            ));
        }
        let is_certain = asks_azure(context) && has_record;
        return is_certain.then(|| {
            format!(
                "the documents have the record, and the link to `{network}` of this machine{source}, so they are not of the \
                    same age as the answer"
            )
        });
    }
    let linked: Vec<&ArmId> =
        all.iter().filter(|link| link.is_completed()).filter_map(|link| link.network.as_ref()).collect();
    if view.unfinished.contains(&DocumentKind::VirtualNetworkLink) {
        return None;
    }
    if linked.is_empty() {
        return is_listed.then(|| format!("zone `{zone}` is linked to no virtual network{source}"));
    }
    let here = here?;
    let names: Vec<String> = linked.iter().map(|id| format!("`{}`", shown(id.name()))).collect();
    let fact = format!(
        "zone `{zone}` is linked to {} and not to `{}` of this machine{source}",
        joined(&names),
        shown(here.name())
    );
    Some(format!("{fact}{}", by_server(context, documents, &linked)))
}

fn asks_azure(context: &RuleContext<'_>) -> bool {
    let servers = &context.evidence.machine.name_servers;
    !servers.is_empty() && servers.iter().all(|server| server.ip() == AZURE_RESOLVER)
}

/// Says what a name server other than Azure's makes of it, as the rest of a sentence.
fn by_server(context: &RuleContext<'_>, documents: &Documents<'_>, linked: &[&ArmId]) -> String {
    if asks_azure(context) {
        return String::new();
    }
    let servers = context.evidence.machine.name_servers.iter().map(SocketAddr::ip);
    let places: Vec<(IpAddr, Option<ArmId>)> = servers.map(|ip| (ip, documents.network_of(ip))).collect();
    let is_linked = |place: &Option<ArmId>| place.as_ref().is_some_and(|network| linked.contains(&network));
    if let Some((server, Some(network))) = places.iter().find(|(_, place)| is_linked(place)) {
        return format!(
            "; name server {server} is in `{}`, which is linked, so it does not forward the name to {AZURE_RESOLVER}",
            shown(network.name())
        );
    }
    match &places[..] {
        [(server, Some(network)), ..] if places.iter().all(|(_, place)| place.is_some()) => {
            format!("; name server {server} is in `{}`, which is not linked either", shown(network.name()))
        }
        _ => ", unless its name server is in one of them".to_owned(),
    }
}

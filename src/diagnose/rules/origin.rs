//! What the resource sees of a refused request, as far as Azure's documents show it: the private address of a subnet with the
//! service endpoint (POL03), or a public address (POL02).

use std::net::IpAddr;

use super::caller::{Azure, Caller, Source};
use super::path::{GATEWAY, is_appliance, tried, with_fact};
use super::{Observation, Remedy, RuleContext, firewall, path};
use crate::azure::{
    ArmId, DocumentKind, Match, Prefix, RuleState, SERVICE_ENDPOINT, Subnet, SubnetRule, is_in_force, shown,
};
use crate::diagnose::documents::Documents;
use crate::diagnose::evidence::AddressClass;
use crate::resolve::scenario::Scenario;

/// What the resource sees of a request.
enum Origin<'a> {
    /// The private address of a machine in this subnet, if a document names it. The fact is about its service endpoint.
    Private { subnet: Option<&'a ArmId>, fact: String, by: DocumentKind },
    /// A public address, whatever the subnet.
    Public { subnet: Option<&'a ArmId>, fact: String, remedy: Option<Remedy> },
    /// Probably a public address.
    Outside(String),
    /// Either. The documents may add a fact.
    Open(Option<String>),
}

/// POL02: the resource sees a private address, so no address rule is the cause; or a public one, so no subnet rule is.
pub(super) fn by_address(
    context: &RuleContext<'_>,
    documents: &Documents<'_>,
    seen: Observation,
) -> Option<Observation> {
    let seen = match origin(context, documents) {
        // Where no subnet rule can be the cause, the refusal keeps its only name.
        Origin::Private { fact, .. } if firewall::network_not_allowed(context).is_none() => with_fact(seen, &fact),
        Origin::Private { .. } => return None,
        Origin::Public { subnet, fact, remedy } => {
            let remedy = remedy.or(seen.remedy);
            of_subnet(firewall::certain(seen, &fact).not("POL03", fact).remedied(remedy), subnet)
        }
        Origin::Outside(fact) => with_fact(seen, &fact).ranked(0),
        Origin::Open(fact) => fact.iter().fold(seen, |seen, fact| with_fact(seen, fact)),
    };
    Some(with_change(context, documents, seen))
}

/// POL03: the same for a subnet rule.
pub(super) fn by_subnet(
    context: &RuleContext<'_>,
    documents: &Documents<'_>,
    seen: Observation,
) -> Option<Observation> {
    let seen = match origin(context, documents) {
        Origin::Private { subnet, fact, by } => {
            let (text, remedy) = refusal(context, documents, subnet, (&fact, by));
            let remedy = remedy.or(seen.remedy);
            of_subnet(firewall::certain(seen, &text).not("POL02", fact).remedied(remedy), subnet)
        }
        Origin::Public { .. } => return None,
        Origin::Outside(fact) => with_fact(seen, &fact).ranked(1),
        Origin::Open(fact) => {
            let dead = dead_rule(documents);
            let is_settled = seen.is_settled || dead.is_some();
            let seen = fact.into_iter().chain(dead).fold(seen, |seen, fact| with_fact(seen, &fact));
            Observation { is_settled, ..seen }
        }
    };
    Some(with_change(context, documents, seen))
}

fn of_subnet(seen: Observation, subnet: Option<&ArmId>) -> Observation {
    subnet.into_iter().fold(seen, |seen, id| seen.with("SUBNET_ID", id.to_string()))
}

/// Returns what the resource sees of a request.
///
/// 1. Behind a proxy, this machine does not count.
/// 2. Without network address translation, it is the public address of this machine.
/// 3. At a private endpoint, it is neither.
/// 4. Behind an appliance or a gateway, the place of that counts.
/// 5. Otherwise the subnet and the route of this machine show its service endpoint. If they differ, one document is older.
/// 6. A machine outside Azure has no service endpoint.
fn origin<'a>(context: &RuleContext<'a>, documents: &Documents<'a>) -> Origin<'a> {
    match Caller::of(context).source {
        Source::Proxy => return Origin::Open(None),
        Source::Public(address) => return Origin::Open(rules_for(documents, address)),
        Source::Private(_) | Source::Unknown => {}
    }
    let Some(way) = tried(context) else { return outside(context, documents) };
    if AddressClass::of(way.to).is_private() {
        // The request came to a private endpoint, where no service endpoint counts.
        return Origin::Open(None);
    }
    let carriage = way.carriage.as_ref().filter(|carriage| !carriage.is_unconfirmed);
    let winner = carriage.and_then(|carriage| carriage.winner);
    if let (Some(winner), Some(detour)) = (winner, path::detour(documents, way)) {
        return by_detour(documents, &winner, &detour);
    }
    let winner = winner.filter(|winner| [SERVICE_ENDPOINT, INTERNET].iter().any(|hop| winner.route.is_to(hop)));
    match (documents.subnet(), winner) {
        (Some(subnet), winner) => by_endpoint(documents, subnet, winner, ""),
        (None, Some(winner)) => by_route(documents, &winner),
        (None, None) => outside(context, documents),
    }
}

/// The route of this machine, without a document of its subnet.
fn by_route<'a>(documents: &Documents<'a>, winner: &Match<'_>) -> Origin<'a> {
    let (route, subnet) = (next_hop(documents, winner), documents.subnet_id());
    if winner.route.is_to(SERVICE_ENDPOINT) {
        let fact = format!("{route}, so the service endpoint is on");
        return Origin::Private { subnet, fact, by: DocumentKind::EffectiveRoutes };
    }
    let fact = format!("{route}, so the service endpoint is off and the resource sees a public address");
    Origin::Public { subnet, fact, remedy: None }
}

fn next_hop(documents: &Documents<'_>, winner: &Match<'_>) -> String {
    let hop = winner.route.next_hop.as_deref().map(shown).unwrap_or_default();
    format!("the route {} has next hop `{hop}`{}", winner.prefix, documents.cite(DocumentKind::EffectiveRoutes))
}

/// The service sees the appliance, by its subnet or by its public address; behind a gateway, it sees a public address.
fn by_detour<'a>(documents: &Documents<'a>, winner: &Match<'_>, detour: &str) -> Origin<'a> {
    if winner.route.is_to(GATEWAY) {
        let fact = format!("{detour} (forced tunnelling), so the resource sees the public address behind it");
        return Origin::Public { subnet: None, fact, remedy: Some(ALLOW_THE_EXIT) };
    }
    // Several addresses share the traffic.
    let mut subnets = winner.route.next_hop_addresses.iter().map(|hop| documents.subnet_of(*hop));
    let first = subnets.next().flatten().filter(|_| is_appliance(winner));
    match first.filter(|first| subnets.all(|other| other.is_some_and(|other| other.id == first.id))) {
        Some(subnet) => by_endpoint(documents, subnet, None, &format!("{detour}; ")),
        None => Origin::Open(Some(format!("{detour}, whose subnet or public address the resource sees"))),
    }
}

/// The service endpoint of the subnet that the resource sees.
fn by_endpoint<'a>(
    documents: &Documents<'a>,
    subnet: &'a Subnet,
    winner: Option<Match<'_>>,
    before: &str,
) -> Origin<'a> {
    let (id, source) = (subnet.id.as_ref(), documents.cite(DocumentKind::Subnet));
    let name = id.map(|id| shown(id.name())).unwrap_or_default();
    if let Some(state) = subnet.changing_service_endpoint() {
        return Origin::Open(Some(format!(
            "{before}the service endpoint of subnet `{name}` is `{}`{source}, and a change takes up to 15 minutes",
            shown(state)
        )));
    }
    let is_on = subnet.has_service_endpoint();
    let state = if is_on { "on" } else { "off" };
    if let Some(winner) = winner.filter(|winner| winner.route.is_to(SERVICE_ENDPOINT) != is_on) {
        let route = next_hop(documents, &winner);
        return Origin::Open(Some(format!(
            "the service endpoint of subnet `{name}` is {state}{source}, but {route}, so one of the documents is older"
        )));
    }
    if is_on {
        return Origin::Private {
            subnet: id,
            fact: format!("{before}the service endpoint of subnet `{name}` is on{source}"),
            by: DocumentKind::Subnet,
        };
    }
    let is_admitted = id.and_then(|id| rule_of(documents, id)).is_some_and(is_in_force);
    let fact = if is_admitted {
        format!(
            "subnet `{name}` is admitted, but its service endpoint is off{source}, so the resource sees a public address"
        )
    } else {
        format!("the service endpoint of subnet `{name}` is off{source}, so the resource sees a public address")
    };
    Origin::Public { subnet: id, fact: format!("{before}{fact}"), remedy: is_admitted.then_some(SWITCH_ON) }
}

/// A machine that the documented networks reach through a gateway only is on premises, or in a network that they do not show.
fn outside<'a>(context: &RuleContext<'_>, documents: &Documents<'a>) -> Origin<'a> {
    let (Some(address), Some(found)) = (documents.private_address(), documents.behind_gateway()) else {
        return Origin::Open(documents.stranger());
    };
    let route = next_hop(documents, &found);
    match Azure::of(context.evidence) {
        Azure::Metadata(_) | Azure::Resolver => Origin::Open(documents.stranger()),
        Azure::Denied => {
            let fact = format!(
                "{address} of this machine is on premises: {route}. No service endpoint serves it, so the resource sees the \
                    public address of its NAT or ExpressRoute"
            );
            Origin::Public { subnet: None, fact, remedy: Some(ALLOW_THE_EXIT) }
        }
        Azure::Unknown => Origin::Outside(format!(
            "{address} of this machine is behind a gateway: {route}. If it is on premises, no service endpoint serves it"
        )),
    }
}

/// Compares the address rules with a public address of this machine.
fn rules_for(documents: &Documents<'_>, address: IpAddr) -> Option<String> {
    let account = documents.account.filter(|_| has_known_rules(documents))?;
    let source = documents.cite(DocumentKind::Account);
    Some(match holding(&account.address_rules, address) {
        Some(rule) => {
            format!("address rule `{rule}` holds {address}{source}, so the document and the answer differ in age")
        }
        None => format!("no address rule holds {address}{source}"),
    })
}

fn holding(rules: &[String], address: IpAddr) -> Option<String> {
    let holds = |rule: &&String| rule.parse::<Prefix>().is_ok_and(|range| range.contains(address));
    rules.iter().find(holds).map(|rule| shown(rule))
}

fn rule_of<'a>(documents: &Documents<'a>, subnet: &ArmId) -> Option<&'a SubnetRule> {
    documents.account?.subnet_rules.iter().find(|rule| rule.id == *subnet)
}

/// Says why the resource refuses a subnet with the service endpoint.
fn refusal(
    context: &RuleContext<'_>,
    documents: &Documents<'_>,
    subnet: Option<&ArmId>,
    (fact, by): (&str, DocumentKind),
) -> (String, Option<Remedy>) {
    let Some(id) = subnet.filter(|_| has_known_rules(documents)) else { return (fact.to_owned(), None) };
    let (name, source) = (shown(id.name()), documents.cite(DocumentKind::Account));
    let text = match rule_of(documents, id) {
        Some(rule) if rule.state.known() == Some(&RuleState::NetworkSourceDeleted) => {
            format!(
                "{fact}; the rule for subnet `{name}` is dead, because its subnet was deleted and created again{source}"
            )
        }
        Some(rule) if !is_in_force(rule) => {
            let state = rule
                .state
                .known()
                .map_or_else(|| shown(rule.state.unknown().unwrap_or_default()), |state| state.arm_name().to_owned());
            let is_young = matches!(rule.state.known(), Some(RuleState::Provisioning | RuleState::Deprovisioning));
            let time = if is_young { ", and a change takes up to 15 minutes" } else { "" };
            format!("{fact}; the rule for subnet `{name}` is in state `{state}`{source}{time}")
        }
        Some(_) => {
            let age = documents.changed().and_then(|changed| context.evidence.observed_at.duration_since(changed).ok());
            let is_old = age.is_some_and(|age| age.as_secs() / 60 >= LONGEST_CHANGE);
            let whose = if is_old { "a change of the subnet" } else { "the change" };
            format!("subnet `{name}` is admitted{source}, and {fact}, so {whose} may be younger than 15 minutes")
        }
        None => {
            let source = documents.cite_all(&[by, DocumentKind::Account]);
            let route = if by == DocumentKind::EffectiveRoutes { format!("; {fact}") } else { String::new() };
            format!(
                "subnet `{name}` has the service endpoint and is not admitted{source}{route}{}",
                unmatched(documents)
            )
        }
    };
    let is_missing = rule_of(documents, id).is_none_or(|rule| !is_in_force(rule));
    let is_open = context.evidence.resource.scenario == Some(Scenario::CustomDomainOpen);
    (text, (is_missing && !is_open).then_some(ADMIT_THE_SUBNET))
}

/// Whether the document of the account shows its rules as they are.
fn has_known_rules(documents: &Documents<'_>) -> bool {
    documents.account.is_some_and(|account| {
        account.has_properties && account.mistyped.iter().all(|(name, _)| !name.starts_with("networkAcls"))
    })
}

/// What else is in the rules of the account: addresses, which the private source does not match, and a dead rule.
fn unmatched(documents: &Documents<'_>) -> String {
    let rules = documents.account.map(|account| account.address_rules.as_slice()).unwrap_or_default();
    let own = documents.private_address();
    let sees = own.map(|address| format!(" {address}")).unwrap_or_default();
    let addresses = match own.and_then(|address| holding(rules, address)) {
        Some(rule) => format!(
            "; the resource sees its private address{sees}, which no address rule matches: rule `{rule}` holds it, but such \
                rules match public addresses only"
        ),
        None if !rules.is_empty() => {
            format!("; the resource sees its private address{sees}, which no address rule matches")
        }
        None => String::new(),
    };
    dead_rule(documents).into_iter().fold(addresses, |text, dead| format!("{text}; {dead}"))
}

/// Names a rule of the account whose subnet no longer exists: by its state, or because its network does not list it.
fn dead_rule(documents: &Documents<'_>) -> Option<String> {
    let rules = documents.account.map(|account| account.subnet_rules.as_slice()).unwrap_or_default();
    let is_dead = |rule: &&SubnetRule| rule.state.known() == Some(&RuleState::NetworkSourceDeleted);
    if let Some(rule) = rules.iter().find(is_dead) {
        let source = documents.cite(DocumentKind::Account);
        return Some(format!(
            "the rule for subnet `{}` is dead: the subnet no longer exists{source}",
            shown(rule.id.name())
        ));
    }
    rules.iter().find_map(|rule| {
        let network = rule.id.parent()?;
        let document = documents.view.networks.iter().find(|known| known.id.as_ref() == Some(&network))?;
        let is_listed = document.subnets.as_ref()?.contains(&rule.id) || documents.view.subnet(&rule.id).is_some();
        let (name, network) = (shown(rule.id.name()), shown(network.name()));
        let source = documents.cite(DocumentKind::VirtualNetwork);
        (!is_listed)
            .then(|| format!("the rule for subnet `{name}` is dead: network `{network}` has no such subnet{source}"))
    })
}

/// Adds what the account says of a change under way.
fn with_change(context: &RuleContext<'_>, documents: &Documents<'_>, seen: Observation) -> Observation {
    let source = documents.cite(DocumentKind::Account);
    let Some(account) = documents.account else { return seen };
    let state = account.provisioning_state.as_deref();
    let seen = match state.filter(|state| CHANGING.iter().any(|known| known.eq_ignore_ascii_case(state))) {
        Some(state) => with_fact(
            seen,
            &format!("the account is in state `{}`{source}, so its rules may not be in effect yet", shown(state)),
        ),
        None => seen,
    };
    let Some(changed) = documents.changed() else { return seen };
    match context.evidence.observed_at.duration_since(changed).map(|before| before.as_secs() / 60) {
        Err(_) => with_fact(seen, &format!("the account was changed after this run{source}")),
        Ok(minutes) if minutes < LONGEST_CHANGE => with_fact(
            seen,
            &format!(
                "the account was changed {minutes} min before this run{source}, and a change takes up to \
                    {LONGEST_CHANGE} minutes"
            ),
        ),
        Ok(_) => seen,
    }
}

/// The states of an account that is being changed, in the account model of the management API, 2025-06-01.
const CHANGING: &[&str] = &["Accepted", "Creating", "Moving"];

/// The next hop of a public address without a service endpoint.
const INTERNET: &str = "Internet";

/// In minutes. <https://learn.microsoft.com/azure/ai-services/speech-service/speech-service-vnet-service-endpoint>
const LONGEST_CHANGE: u64 = 15;

const SWITCH_ON: Remedy = (
    "switch the service endpoint on for the subnet, or allow the public address that the resource sees. Switching it on \
        closes open connections, and affects every Azure AI services resource that the subnet uses",
    &["az network vnet subnet update --ids SUBNET_ID --service-endpoints Microsoft.CognitiveServices"],
);

const ADMIT_THE_SUBNET: Remedy = (
    "allow the subnet on the resource; its service endpoint is on already. A rule that is dead has to be removed first. A \
        change takes up to 15 minutes",
    &[
        "az cognitiveservices account network-rule list -n NAME -g GROUP",
        "az cognitiveservices account network-rule add -n NAME -g GROUP --subnet SUBNET_ID",
    ],
);

const ALLOW_THE_EXIT: Remedy = (
    "allow the public addresses of the NAT or ExpressRoute through which the request leaves. A machine on premises can never \
        use a service endpoint; a private endpoint serves it through VPN or ExpressRoute. A change takes up to 15 minutes",
    &[
        "az cognitiveservices account network-rule list -n NAME -g GROUP",
        "az cognitiveservices account network-rule add -n NAME -g GROUP --ip-address ADDRESS",
    ],
);

//! Which rule of the network security groups allows or denies a connection to port 443.
//!
//! Source: <https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works> and
//! <https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview> (2025-07-15).

use std::net::IpAddr;

use super::effective::{EffectiveGroup, EffectiveRule, GroupPlace};
use super::id::ArmId;
use super::kind::DocumentKind;
use super::prefix::Prefix;
use super::view::AzureView;
use super::words::shown;

/// What the network security groups do with a connection to port 443.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Filtering<'a> {
    /// Whether the connection is allowed; `None` if reading the rules cannot decide it.
    pub is_allowed: Option<bool>,
    /// The rule that decides, or that cannot be decided; `None` if no group is attached.
    pub rule: Option<&'a EffectiveRule>,
    /// The decision of each group, in the order of evaluation.
    pub groups: Vec<GroupDecision<'a>>,
}

/// The decision of one network security group.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct GroupDecision<'a> {
    /// The group.
    pub group: &'a EffectiveGroup,
    /// The rule that decides, or that cannot be decided.
    pub rule: Option<&'a EffectiveRule>,
    /// Whether the group allows the connection; `None` if reading the rules cannot decide it.
    pub is_allowed: Option<bool>,
    /// Whether the decision ends the evaluation: that of a network manager's `Deny` or `AlwaysAllow`.
    is_final: bool,
}

/// A [`Filtering`] in words, as reports write it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FilterAnswer {
    /// The rule that decides.
    pub rule: Option<String>,
    /// `Allow` or `Deny`; `None` if reading the rules cannot decide it.
    pub access: Option<&'static str>,
    /// The decision of each group, in the order of evaluation.
    pub groups: Vec<GroupWords>,
}

/// The decision of one network security group in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct GroupWords {
    /// `network_manager`, `interface` or `subnet`; `None` if the document does not say.
    pub place: Option<&'static str>,
    /// The ID of the group.
    pub group: Option<String>,
    /// The rule that decides, or that cannot be decided.
    pub rule: Option<String>,
    /// `Allow` or `Deny`; `None` if reading the rules cannot decide it.
    pub access: Option<&'static str>,
}

impl From<&Filtering<'_>> for FilterAnswer {
    fn from(filtering: &Filtering<'_>) -> Self {
        let access = |is_allowed| if is_allowed { "Allow" } else { "Deny" };
        let group = |decision: &GroupDecision<'_>| GroupWords {
            place: decision.group.place.id(),
            group: decision.group.id.as_ref().map(|id| shown(id.as_str())),
            rule: decision.rule.map(|rule| shown(&rule.name)),
            access: decision.is_allowed.map(access),
        };
        Self {
            rule: filtering.rule.map(|rule| shown(&rule.name)),
            access: filtering.is_allowed.map(access),
            groups: filtering.groups.iter().map(group).collect(),
        }
    }
}

impl AzureView {
    /// Returns what the network security groups do with a connection to port 443 at this address. `None` if no document
    /// shows the groups of the interface.
    #[must_use]
    pub fn filtering(&self, to: IpAddr, interface: Option<&ArmId>) -> Option<Filtering<'_>> {
        let is_of = |group: &&EffectiveGroup| {
            interface.is_none() || group.interface.is_none() || group.interface.as_ref() == interface
        };
        let mut groups: Vec<&EffectiveGroup> = self.groups.iter().filter(is_of).collect();
        let says_none = match interface {
            Some(interface) => self.lists(DocumentKind::EffectiveNsg, interface),
            None => self.listed.iter().any(|(kind, _)| *kind == DocumentKind::EffectiveNsg),
        };
        if groups.is_empty() {
            return says_none.then(|| Filtering { is_allowed: Some(true), rule: None, groups: Vec::new() });
        }
        groups.sort_by_key(|group| group.place);
        let from = self.own_address(interface.or(groups[0].interface.as_ref()));
        Some(decided(groups.into_iter().map(|group| decide(group, to, from)).collect()))
    }

    /// Returns the address of the interface, if it has one of the family that outbound rules are about.
    fn own_address(&self, interface: Option<&ArmId>) -> Option<IpAddr> {
        let document = match interface {
            Some(id) => self.interface(id)?,
            None => match &self.interfaces[..] {
                [only] if only.private_endpoint.is_none() => only,
                _ => return None,
            },
        };
        document.addresses().next()
    }
}

/// Joins the decisions: all groups must allow, and one that denies is enough.
fn decided(groups: Vec<GroupDecision<'_>>) -> Filtering<'_> {
    let mut joined =
        Filtering { is_allowed: Some(true), rule: groups.first().and_then(|group| group.rule), groups: Vec::new() };
    for group in groups {
        joined.groups.push(group);
        match group.is_allowed {
            Some(true) if group.is_final => {
                return Filtering { rule: group.rule, is_allowed: joined.is_allowed, ..joined };
            }
            Some(false) => return Filtering { rule: group.rule, is_allowed: Some(false), ..joined },
            None if joined.is_allowed.is_some() => {
                joined.is_allowed = None;
                joined.rule = group.rule;
            }
            Some(true) | None => {}
        }
    }
    joined
}

/// Returns the decision of a group: the rule with the lowest priority number that matches. An earlier rule that cannot be
/// decided makes the group undecided, unless it would decide the same.
fn decide(group: &EffectiveGroup, to: IpAddr, from: Option<IpAddr>) -> GroupDecision<'_> {
    let mut rules: Vec<&EffectiveRule> =
        group.rules.iter().filter(|rule| rule.is_outbound && is_about_tls(rule)).collect();
    rules.sort_by_key(|rule| rule.priority.unwrap_or(u32::MAX));
    let mut doubtful: Option<&EffectiveRule> = None;
    for rule in rules {
        let Some(access) = Access::of(rule) else {
            doubtful = doubtful.or(Some(rule));
            continue;
        };
        match matches(rule, to, from) {
            Some(false) => {}
            None => doubtful = doubtful.or(Some(rule)),
            Some(true) => {
                let agrees = |other: &EffectiveRule| {
                    Access::of(other).is_some_and(|other| other.is_allowed() == access.is_allowed())
                };
                let is_certain = doubtful.is_none_or(agrees);
                let is_final = group.place == GroupPlace::NetworkManager && access == Access::AlwaysAllow;
                return GroupDecision {
                    group,
                    rule: if is_certain { Some(rule) } else { doubtful },
                    is_allowed: is_certain.then(|| access.is_allowed()),
                    is_final,
                };
            }
        }
    }
    // A network manager without a matching rule leaves the decision to the groups. A group always has a last rule.
    let is_manager = group.place == GroupPlace::NetworkManager;
    let is_allowed = if doubtful.is_some() { None } else { is_manager.then_some(true) };
    GroupDecision { group, rule: doubtful, is_allowed, is_final: false }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Allow,
    AlwaysAllow,
    Deny,
}

impl Access {
    fn of(rule: &EffectiveRule) -> Option<Self> {
        let all = [("Allow", Self::Allow), ("AlwaysAllow", Self::AlwaysAllow), ("Deny", Self::Deny)];
        all.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(&rule.access)).map(|(_, access)| access)
    }

    fn is_allowed(self) -> bool {
        self != Self::Deny
    }
}

/// Returns whether a rule covers TCP connections to port 443.
fn is_about_tls(rule: &EffectiveRule) -> bool {
    let is_tcp = ["Tcp", "All", "*"].iter().any(|protocol| protocol.eq_ignore_ascii_case(&rule.protocol));
    is_tcp && rule.ports.iter().any(|ports| holds_port(ports, HTTPS))
}

fn holds_port(ports: &str, port: u16) -> bool {
    let number = |text: &str| text.trim().parse::<u16>();
    ports.split(',').map(str::trim).any(|range| match range.split_once('-') {
        _ if range == "*" => true,
        Some((first, last)) => {
            number(first).is_ok_and(|first| first <= port) && number(last).is_ok_and(|last| port <= last)
        }
        None => number(range) == Ok(port),
    })
}

/// Returns whether a rule matches; `None` if a service tag without its prefixes, or the own address, would decide it.
fn matches(rule: &EffectiveRule, to: IpAddr, from: Option<IpAddr>) -> Option<bool> {
    let destination = holds(&rule.destinations, &rule.expanded_destinations, Some(to), false);
    let source = holds(&rule.sources, &rule.expanded_sources, from, true);
    match (destination, source) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// Returns whether a side of a rule holds an address. The own address is always in the virtual network.
fn holds(plain: &[String], expanded: &[Prefix], address: Option<IpAddr>, is_own: bool) -> Option<bool> {
    if plain
        .iter()
        .any(|text| ["*", "Any", "0.0.0.0/0"].iter().any(|all| all.eq_ignore_ascii_case(text)) && fits(text, address))
    {
        return Some(true);
    }
    if is_own && plain.iter().any(|text| text.eq_ignore_ascii_case("VirtualNetwork")) {
        return Some(true);
    }
    if !expanded.is_empty() {
        return address.map(|address| expanded.iter().any(|prefix| prefix.contains(address)));
    }
    let ranges: Vec<Option<Prefix>> = plain.iter().map(|text| text.parse().ok()).collect();
    if address.is_some_and(|address| ranges.iter().flatten().any(|prefix| prefix.contains(address))) {
        return Some(true);
    }
    // A tag whose prefixes are not listed, or an own address that is not known.
    let is_open = ranges.iter().any(Option::is_none) || address.is_none() && !ranges.is_empty();
    if is_open { None } else { Some(false) }
}

/// `0.0.0.0/0` means all addresses of its family.
fn fits(text: &str, address: Option<IpAddr>) -> bool {
    text != "0.0.0.0/0" || address.is_none_or(|address| address.is_ipv4())
}

const HTTPS: u16 = 443;

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str, access: &str, priority: u32, destination: &str, expanded: &[&str]) -> EffectiveRule {
        EffectiveRule {
            name: name.into(),
            access: access.into(),
            is_outbound: true,
            priority: Some(priority),
            protocol: "All".into(),
            ports: vec!["0-65535".into()],
            destinations: vec![destination.into()],
            expanded_destinations: expanded.iter().map(|prefix| prefix.parse().unwrap()).collect(),
            sources: vec!["*".into()],
            ..EffectiveRule::default()
        }
    }

    fn view(groups: Vec<(GroupPlace, Vec<EffectiveRule>)>) -> AzureView {
        let group = |(place, rules)| EffectiveGroup { place, rules, ..EffectiveGroup::default() };
        AzureView { groups: groups.into_iter().map(group).collect(), ..AzureView::default() }
    }

    fn decision(view: &AzureView, to: &str) -> (Option<bool>, Option<String>) {
        let filtering = view.filtering(to.parse().unwrap(), None).expect("groups");
        (filtering.is_allowed, filtering.rule.map(|rule| rule.name.clone()))
    }

    fn defaults() -> Vec<EffectiveRule> {
        vec![
            rule("vnet", "Allow", 65_000, "VirtualNetwork", &["10.0.0.0/8"]),
            rule("internet", "Allow", 65_001, "Internet", &["16.0.0.0/4", "0.0.0.0/5"]),
            rule("deny", "Deny", 65_500, "*", &[]),
        ]
    }

    #[test]
    fn the_lowest_number_decides_and_both_groups_must_allow() {
        let mut denying = defaults();
        denying.push(rule("no-azure", "Deny", 200, "AzureCloud", &["20.0.0.0/8"]));
        denying.push(rule("speech", "Allow", 100, "CognitiveServicesManagement", &["20.50.0.0/16"]));
        let one = view(vec![(GroupPlace::Subnet, denying.clone())]);
        assert_eq!(decision(&one, "20.50.1.7"), (Some(true), Some("speech".into())));
        assert_eq!(decision(&one, "20.51.1.7"), (Some(false), Some("no-azure".into())));
        assert_eq!(decision(&one, "10.1.0.4"), (Some(true), Some("vnet".into())));
        let two = view(vec![(GroupPlace::Subnet, denying), (GroupPlace::Interface, defaults())]);
        assert_eq!(decision(&two, "20.51.1.7"), (Some(false), Some("no-azure".into())));
        assert_eq!(decision(&two, "20.50.1.7").0, Some(true));
    }

    #[test]
    fn a_tag_without_prefixes_decides_nothing() {
        let unknown = view(vec![(
            GroupPlace::Subnet,
            vec![rule("tag", "Deny", 100, "Internet", &[]), rule("all", "Allow", 200, "*", &[])],
        )]);
        assert_eq!(decision(&unknown, "20.50.1.7"), (None, Some("tag".into())));
        let agreeing = view(vec![(
            GroupPlace::Subnet,
            vec![rule("tag", "Allow", 100, "Internet", &[]), rule("all", "Allow", 200, "*", &[])],
        )]);
        assert_eq!(decision(&agreeing, "20.50.1.7"), (Some(true), Some("all".into())));
    }

    #[test]
    fn an_admin_rule_ends_the_evaluation_and_an_allowing_one_does_not() {
        let group = |access| {
            view(vec![
                (GroupPlace::Subnet, vec![rule("deny", "Deny", 1, "*", &[])]),
                (GroupPlace::NetworkManager, vec![rule("admin", access, 1, "*", &[])]),
            ])
        };
        assert_eq!(decision(&group("AlwaysAllow"), "20.1.1.1"), (Some(true), Some("admin".into())));
        assert_eq!(decision(&group("Allow"), "20.1.1.1"), (Some(false), Some("deny".into())));
        assert_eq!(decision(&group("Deny"), "20.1.1.1"), (Some(false), Some("admin".into())));
    }

    #[test]
    fn other_ports_protocols_and_directions_do_not_count() {
        let mut udp = rule("udp", "Deny", 1, "*", &[]);
        udp.protocol = "Udp".into();
        let mut ssh = rule("ssh", "Deny", 2, "*", &[]);
        ssh.ports = vec!["22-22".into(), "444-500".into()];
        let mut inbound = rule("inbound", "Deny", 3, "*", &[]);
        inbound.is_outbound = false;
        let mut tls = rule("tls", "Allow", 4, "*", &[]);
        tls.ports = vec!["80,443".into()];
        let all = view(vec![(GroupPlace::Interface, vec![udp, ssh, inbound, tls])]);
        assert_eq!(decision(&all, "20.1.1.1"), (Some(true), Some("tls".into())));
    }

    #[test]
    fn without_a_document_nothing_is_said_and_an_empty_list_allows() {
        let to: IpAddr = "20.1.1.1".parse().unwrap();
        assert!(AzureView::default().filtering(to, None).is_none());
        let interface = ArmId::new("/subscriptions/s/nic");
        let listed =
            AzureView { listed: vec![(DocumentKind::EffectiveNsg, interface.clone())], ..AzureView::default() };
        assert_eq!(listed.filtering(to, Some(&interface)).and_then(|f| f.is_allowed), Some(true));
    }
}

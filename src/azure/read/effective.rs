//! Reads effective routes and effective network security groups.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::private_link::id_in;
use super::tree::{MOST_WEIGHT, Node};
use crate::azure::effective::{EffectiveGroup, EffectiveRule, GroupPlace, Route, ServiceTag};
use crate::azure::prefix::Prefix;

pub(super) fn route(node: &Node<'_>) -> Route {
    let texts = node.texts("addressPrefix");
    let (prefixes, words): (Vec<_>, Vec<_>) = texts.into_iter().partition(|text| text.parse::<Prefix>().is_ok());
    let mut known = tag_map(node);
    let mut named: HashSet<String> = HashSet::new();
    let mut tags: Vec<ServiceTag> = Vec::new();
    for name in words.into_iter().chain(node.texts("destinationServiceTags")) {
        let key = name.to_ascii_lowercase();
        if named.insert(key.clone()) {
            tags.push(ServiceTag { name: name.to_owned(), prefixes: known.remove(&key).unwrap_or_default() });
        }
    }
    Route {
        name: node.owned("name"),
        source: node.owned("source"),
        state: node.owned("state"),
        prefixes: parsed(prefixes),
        tags,
        next_hop: node.owned("nextHopType"),
        next_hop_addresses: node.texts("nextHopIpAddress").into_iter().filter_map(|text| text.parse().ok()).collect(),
    }
}

/// The prefixes that a tag stands for, by its name in lower case.
type TagMap = HashMap<String, Vec<Prefix>>;

/// Returns the tags with the prefixes that they stand for. Old outputs have a text there, which lists nothing.
fn tag_map(node: &Node<'_>) -> TagMap {
    let Some(Node::Object(tags)) = node.get("tagMap") else { return TagMap::new() };
    let texts =
        |value: &Node<'_>| value.items().iter().filter_map(Node::text).filter_map(|text| text.parse().ok()).collect();
    tags.iter().map(|(name, value)| (name.to_ascii_lowercase(), texts(value))).collect()
}

pub(super) fn group(node: &Node<'_>) -> EffectiveGroup {
    let place = node.get("association").map_or(GroupPlace::Unknown, |association| {
        let is_at = |name| association.get(name).is_some_and(|place| place.text_of("id").is_some());
        match (is_at("networkManager"), is_at("networkInterface"), is_at("subnet")) {
            (true, ..) => GroupPlace::NetworkManager,
            (_, true, _) => GroupPlace::Interface,
            (.., true) => GroupPlace::Subnet,
            _ => GroupPlace::Unknown,
        }
    });
    let tags = tag_map(node);
    let mut rules = Vec::new();
    let mut expanded = 0;
    for item in node.list("effectiveSecurityRules") {
        let rule = rule(item, &tags);
        expanded += rule.expanded_destinations.len() + rule.expanded_sources.len();
        rules.push(rule);
        // Many rules that name one large tag grow without limit. The weight of the group is already too much here.
        if expanded > MOST_WEIGHT {
            break;
        }
    }
    EffectiveGroup { interface: None, id: id_in(node, "networkSecurityGroup"), place, rules }
}

fn rule(node: &Node<'_>, tags: &TagMap) -> EffectiveRule {
    let both = |many: &str, one: &str| -> Vec<String> {
        let texts = Some(node.texts(many)).filter(|texts| !texts.is_empty()).unwrap_or_else(|| node.texts(one));
        texts.into_iter().map(str::to_owned).collect()
    };
    let destinations = both("destinationAddressPrefixes", "destinationAddressPrefix");
    let sources = both("sourceAddressPrefixes", "sourceAddressPrefix");
    let expanded = |name: &str, plain: &[String]| {
        let listed = parsed(node.texts(name));
        if !listed.is_empty() || tags.is_empty() {
            return listed;
        }
        let names: BTreeSet<String> = plain.iter().map(|name| name.to_ascii_lowercase()).collect();
        names.iter().filter_map(|name| tags.get(name)).flatten().copied().collect()
    };
    EffectiveRule {
        name: node.owned("name").unwrap_or_default(),
        access: node.owned("access").unwrap_or_default(),
        is_outbound: node.text_of("direction").is_some_and(|direction| direction.eq_ignore_ascii_case("Outbound")),
        priority: match node.get("priority") {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
            Some(Node::Number(number)) if (0.0..=65_535.0).contains(number) => Some(*number as u32),
            _ => None,
        },
        protocol: node.owned("protocol").unwrap_or_default(),
        ports: both("destinationPortRanges", "destinationPortRange"),
        expanded_destinations: expanded("expandedDestinationAddressPrefix", &destinations),
        expanded_sources: expanded("expandedSourceAddressPrefix", &sources),
        destinations,
        sources,
    }
}

fn parsed(texts: Vec<&str>) -> Vec<Prefix> {
    texts.into_iter().filter_map(|text| text.parse().ok()).collect()
}

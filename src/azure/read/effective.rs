//! Reads effective routes and effective network security groups.

use super::private_link::id_in;
use super::tree::Node;
use crate::azure::effective::{EffectiveGroup, EffectiveRule, GroupPlace, Route, ServiceTag};
use crate::azure::prefix::Prefix;

pub(super) fn route(node: &Node<'_>) -> Route {
    let texts = node.texts("addressPrefix");
    let (prefixes, words): (Vec<_>, Vec<_>) = texts.into_iter().partition(|text| text.parse::<Prefix>().is_ok());
    let known = tag_map(node);
    let listed = words.into_iter().chain(node.texts("destinationServiceTags"));
    let mut tags: Vec<ServiceTag> = Vec::new();
    for name in listed {
        if tags.iter().all(|tag| tag.name != name) {
            let of_map = known.iter().find(|tag| tag.name.eq_ignore_ascii_case(name));
            let prefixes = of_map.map(|tag| tag.prefixes.clone()).unwrap_or_default();
            tags.push(ServiceTag { name: name.to_owned(), prefixes });
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

/// Returns the tags with the prefixes that they stand for. Old outputs have a text there, which lists nothing.
fn tag_map(node: &Node<'_>) -> Vec<ServiceTag> {
    let Some(Node::Object(tags)) = node.get("tagMap") else { return Vec::new() };
    let texts =
        |value: &Node<'_>| value.items().iter().filter_map(Node::text).filter_map(|text| text.parse().ok()).collect();
    tags.iter().map(|(name, value)| ServiceTag { name: name.to_string(), prefixes: texts(value) }).collect()
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
    EffectiveGroup {
        interface: None,
        id: id_in(node, "networkSecurityGroup"),
        place,
        rules: node.list("effectiveSecurityRules").iter().map(|item| rule(item, &tags)).collect(),
    }
}

fn rule(node: &Node<'_>, tags: &[ServiceTag]) -> EffectiveRule {
    let both = |many: &str, one: &str| -> Vec<String> {
        let texts = Some(node.texts(many)).filter(|texts| !texts.is_empty()).unwrap_or_else(|| node.texts(one));
        texts.into_iter().map(str::to_owned).collect()
    };
    let destinations = both("destinationAddressPrefixes", "destinationAddressPrefix");
    let sources = both("sourceAddressPrefixes", "sourceAddressPrefix");
    let expanded = |name: &str, plain: &[String]| {
        let listed = parsed(node.texts(name));
        if !listed.is_empty() {
            return listed;
        }
        let of_tags = tags.iter().filter(|tag| plain.iter().any(|name| name.eq_ignore_ascii_case(&tag.name)));
        of_tags.flat_map(|tag| tag.prefixes.clone()).collect()
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

//! JSON for programs.

use serde::Serialize;
use speech_endpoint::azure::{Carriage, Filtering, GroupDecision, GroupPlace, Match, shown};

use super::Answer;
use crate::failure::Failure;
use crate::json::{SCHEMA_VERSION, pretty};

#[derive(Serialize)]
struct Document {
    schema_version: u8,
    routes: Vec<AnswerJson>,
}

#[derive(Serialize)]
struct AnswerJson {
    #[serde(flatten)]
    route: CarriageJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nsg: Option<FilteringJson>,
}

/// The route to an address.
#[derive(Serialize)]
pub(crate) struct CarriageJson {
    to: String,
    #[serde(flatten)]
    winner: MatchJson,
    instead_of: Option<MatchJson>,
    /// Whether no source confirms which of two routes wins.
    #[serde(skip_serializing_if = "is_false")]
    unconfirmed: bool,
}

#[derive(Default, Serialize)]
struct MatchJson {
    prefix: Option<String>,
    next_hop: Option<String>,
    next_hop_address: Option<String>,
    next_hop_addresses: Vec<String>,
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tag: Option<String>,
}

/// What the network security groups do with a connection.
#[derive(Serialize)]
pub(crate) struct FilteringJson {
    rule: Option<String>,
    /// `null` if reading the rules cannot decide it.
    access: Option<&'static str>,
    groups: Vec<GroupJson>,
}

#[derive(Serialize)]
struct GroupJson {
    place: Option<&'static str>,
    group: Option<String>,
    rule: Option<String>,
    access: Option<&'static str>,
}

pub(super) fn write(answers: &[Answer<'_>]) -> Result<String, Failure> {
    let answer = |answer: &Answer<'_>| AnswerJson {
        route: carriage(&answer.carriage),
        host: answer.host.map(str::to_owned),
        interface: answer.interface.map(|id| shown(id.as_str())),
        nsg: answer.filtering.as_ref().map(filtering),
    };
    pretty(&Document { schema_version: SCHEMA_VERSION, routes: answers.iter().map(answer).collect() })
}

pub(crate) fn carriage(carriage: &Carriage<'_>) -> CarriageJson {
    CarriageJson {
        to: carriage.to.to_string(),
        winner: carriage.winner.as_ref().map(matched).unwrap_or_default(),
        instead_of: carriage.instead_of.as_ref().map(matched),
        unconfirmed: carriage.is_unconfirmed,
    }
}

fn matched(found: &Match<'_>) -> MatchJson {
    let addresses: Vec<String> = found.route.next_hop_addresses.iter().map(ToString::to_string).collect();
    MatchJson {
        prefix: Some(found.prefix.to_string()),
        next_hop: found.route.next_hop.as_deref().map(shown),
        next_hop_address: addresses.first().cloned(),
        next_hop_addresses: addresses,
        source: found.route.source.as_deref().map(shown),
        name: found.route.name.as_deref().map(shown),
        service_tag: found.tag.map(shown),
    }
}

pub(crate) fn filtering(filtering: &Filtering<'_>) -> FilteringJson {
    FilteringJson {
        rule: filtering.rule.map(|rule| shown(&rule.name)),
        access: filtering.is_allowed.map(access),
        groups: filtering.groups.iter().map(group).collect(),
    }
}

fn group(decision: &GroupDecision<'_>) -> GroupJson {
    GroupJson {
        place: place(decision.group.place),
        group: decision.group.id.as_ref().map(|id| shown(id.as_str())),
        rule: decision.rule.map(|rule| shown(&rule.name)),
        access: decision.is_allowed.map(access),
    }
}

fn access(is_allowed: bool) -> &'static str {
    if is_allowed { "Allow" } else { "Deny" }
}

/// Returns the place of a group, unless the document does not say.
pub(super) fn place(place: GroupPlace) -> Option<&'static str> {
    match place {
        GroupPlace::NetworkManager => Some("network_manager"),
        GroupPlace::Interface => Some("interface"),
        GroupPlace::Subnet => Some("subnet"),
        _ => None,
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

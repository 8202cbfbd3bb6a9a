//! Text for people: a block per address.

use std::fmt::Write as _;

use anstyle::AnsiColor;
use speech_endpoint::azure::{Filtering, Match, shown};

use super::Answer;
use crate::style::{BOLD, DIM, wrap};

pub(super) fn write(answers: &[Answer<'_>], width: usize) -> String {
    let mut text = String::new();
    for (at, answer) in answers.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        block(&mut text, answer, width);
    }
    text
}

fn block(text: &mut String, answer: &Answer<'_>, width: usize) {
    let host = answer.host.map(|host| format!("   {host}")).unwrap_or_default();
    let _ = writeln!(text, "{BOLD}{}{BOLD:#}{host}", answer.carriage.to);
    if let Some(interface) = answer.interface {
        row(text, "from", &shown(interface.as_str()));
    }
    let bad = AnsiColor::Red.on_default();
    match &answer.carriage.winner {
        None => row(text, "route", &format!("{bad}no route covers the address, so the traffic is dropped{bad:#}")),
        Some(winner) => row(text, "route", &matched(winner)),
    }
    if answer.carriage.winner.is_some() && answer.carriage.is_dropped() {
        row(text, "", &format!("{bad}next hop `None` drops the traffic{bad:#}"));
    }
    let otherwise = answer.carriage.instead_of.as_ref().map_or_else(|| "nothing would carry it".to_owned(), matched);
    if answer.carriage.winner.is_some() {
        row(text, "otherwise", &otherwise);
    }
    if answer.carriage.is_unconfirmed {
        let doubt = "a user route with a longer prefix exists; no source confirms that the service endpoint wins";
        for line in wrap(doubt, width.saturating_sub(COLUMN + 4).max(NARROWEST)) {
            row(text, "", &format!("{DIM}{line}{DIM:#}"));
        }
    }
    if let Some(filtering) = &answer.filtering {
        filters(text, filtering);
    }
}

fn filters(text: &mut String, filtering: &Filtering<'_>) {
    let verdict = match (filtering.is_allowed, filtering.rule) {
        (Some(true), None) => "no network security group is attached".to_owned(),
        (Some(true), Some(_)) => "allowed".to_owned(),
        (Some(false), _) => {
            let bad = AnsiColor::Red.on_default();
            format!("{bad}denied{bad:#}")
        }
        (None, _) => "not decided: a service tag without its prefixes, or an unknown source, decides it".to_owned(),
    };
    row(text, "port 443", &verdict);
    for decision in &filtering.groups {
        let group = decision.group.id.as_ref().map(|id| shown(id.name())).unwrap_or_default();
        let rule = decision.rule.map_or_else(|| "no rule".to_owned(), |rule| shown(&rule.name));
        let access = match decision.is_allowed {
            Some(true) => "allows",
            Some(false) => "denies",
            None => "is not decided",
        };
        let place =
            decision.group.place.id().map(|place| format!(" at the {}", place.replace('_', " "))).unwrap_or_default();
        row(text, "", &format!("{group}{place}: {rule} {access}"));
    }
}

/// Returns a route as `prefix → next hop (source)`.
fn matched(found: &Match<'_>) -> String {
    let route = found.route;
    let mut line =
        format!("{} → {}", found.prefix, route.next_hop.as_deref().map_or_else(|| "unknown".to_owned(), shown));
    let addresses: Vec<String> = route.next_hop_addresses.iter().map(ToString::to_string).collect();
    if !addresses.is_empty() {
        let _ = write!(line, " {}", addresses.join(", "));
    }
    let name = route.name.as_deref().map(|name| format!(" {}", shown(name))).unwrap_or_default();
    let source = route.source.as_deref().map_or_else(|| "unknown".to_owned(), shown);
    let tag = found.tag.map(|tag| format!(", tag {}", shown(tag))).unwrap_or_default();
    let _ = write!(line, "  ({source}{name}{tag})");
    line
}

fn row(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "  {name:COLUMN$}  {value}");
}

const COLUMN: usize = 9;

/// A narrower terminal breaks the lines itself.
const NARROWEST: usize = 40;

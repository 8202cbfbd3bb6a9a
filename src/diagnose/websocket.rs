//! Rules of WebSockets.

use super::http::signed;
use super::refusal::{Closing, quoted};
use super::{Rule, Seen, Sight};
use crate::evidence::{FailureKind, UpgradeFacts};

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[
    Rule::target("WS01", damaged, &[]),
    Rule::target("WS02", closed_at_once, &[]),
    Rule::target("WS04", closed_for_a_fault, &[]),
];

/// WS01: 101, but not in answer to the key that was sent, or without a word of what was switched to.
fn damaged(sight: &Sight<'_>) -> Option<Seen> {
    let failure = sight.trace.websocket.failure().filter(|failure| failure.kind == FailureKind::Protocol)?;
    let facts = sight.upgrade().filter(|facts| facts.reply.status == 101)?;
    let seen = Seen::new(format!("`{}` answers 101{}: {failure}", sight.host(), signed(&facts.reply)))
        .not("WS02", "it is not closed, it is no WebSocket from the beginning")
        .not("HTTP04", "the upgrade was answered with 101")
        .not_if(sight.proxied().is_none().then_some("no proxy applies"), "PXY05");
    Some(seen)
}

/// WS02: opened, and gone without a reason of use.
fn closed_at_once(sight: &Sight<'_>) -> Option<Seen> {
    let (facts, _) = closed(sight).filter(|(_, closing)| *closing == Closing::Unnamed)?;
    let seen = Seen::new(closing_words(sight, facts))
        .not("WS03", "it was not idle")
        .not("HTTP04", "the upgrade was answered with 101")
        .not_if(facts.close_code.is_none().then_some("no close frame gives a reason"), "WS04");
    Some(seen)
}

/// WS04: the service itself says what it closes for.
fn closed_for_a_fault(sight: &Sight<'_>) -> Option<Seen> {
    let (facts, _) = closed(sight).filter(|(_, closing)| *closing == Closing::Fault)?;
    let seen = Seen::new(closing_words(sight, facts))
        .not("WS02", "it is closed in order, with a code and a reason")
        .not("QUO02", "the reason names no quota")
        .not("HTTP04", "the upgrade was answered with 101");
    Some(seen)
}

/// The socket that was closed right after it had opened, and for what.
pub(super) fn closed<'a>(sight: &Sight<'a>) -> Option<(&'a UpgradeFacts, Closing)> {
    sight.trace.websocket.failure().filter(|failure| failure.kind == FailureKind::Closed)?;
    let facts = sight.upgrade()?;
    Some((facts, Closing::of(facts)))
}

/// When it was closed, and how.
pub(super) fn closing_words(sight: &Sight<'_>, facts: &UpgradeFacts) -> String {
    let after = facts.closed_after_ms.map(|millis| format!(" {millis:.0} ms")).unwrap_or_default();
    let how = match (facts.close_code, facts.close_reason.as_deref()) {
        (Some(code), Some(reason)) if !reason.is_empty() => format!("with {code} {}", quoted(reason)),
        (Some(code), _) => format!("with {code}"),
        (None, _) => "without a close frame".to_owned(),
    };
    format!("`{}` answers 101 and closes{after} later {how}", sight.host())
}

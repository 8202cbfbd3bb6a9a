//! The attempts to connect, as the rules of TCP read them.

use std::net::SocketAddr;

use super::RuleContext;
use super::wording::{joined, lasting};
use crate::diagnose::evidence::{AddressClass, Attempt, FailureKind, TcpFacts};

/// The attempts, when this kind of failure ended them. An address family without a route says little, so any other
/// failure goes first.
pub(super) fn ended_with<'a>(context: &RuleContext<'a>, kind: FailureKind) -> Option<&'a TcpFacts> {
    let failure = context.trace.tcp.failure()?;
    let facts = context.tcp()?;
    let mut kinds = facts.attempts.iter().filter_map(|attempt| attempt.failure.as_ref()).map(|failure| failure.kind);
    let decisive = kinds.find(|kind| *kind != FailureKind::Unreachable).unwrap_or(failure.kind);
    (decisive == kind).then_some(facts)
}

pub(super) fn is(attempt: &Attempt, kind: FailureKind) -> bool {
    attempt.failure.as_ref().is_some_and(|failure| failure.kind == kind)
}

/// Each attempt with its result and its time.
pub(super) fn attempts(context: &RuleContext<'_>, facts: &TcpFacts) -> String {
    let each = |attempt: &Attempt| {
        let class = AddressClass::of(attempt.peer.ip());
        let text = attempt.failure.as_ref().map_or("connected", |failure| ending(failure.kind));
        format!("{} ({class}) {text} after {}", attempt.peer, lasting(attempt.took))
    };
    let shown: Vec<String> = facts.attempts.iter().take(4).map(each).collect();
    let to = context.proxied().map_or_else(|| format!("`{}`", context.host()), |proxy| format!("the proxy `{proxy}`"));
    let from = facts.local.map(|ip| format!(", from {ip}")).unwrap_or_default();
    format!("{to}: {}{from}", joined(&shown))
}

/// The address of the first attempt.
pub(super) fn first(facts: &TcpFacts) -> String {
    facts.attempts.first().map_or_else(|| "ADDRESS".to_owned(), |attempt| attempt.peer.ip().to_string())
}

/// A public host that connected.
pub(super) fn answering(context: &RuleContext<'_>, facts: &TcpFacts) -> Option<String> {
    let reference =
        facts.reference.as_ref().filter(|reference| reference.is_connected()).map(|reference| reference.host.clone());
    reference.or_else(|| {
        let is_public = |peer: SocketAddr| AddressClass::of(peer.ip()) == AddressClass::Public;
        let connected =
            context.others().find(|trace| trace.tcp.found().and_then(|facts| facts.connected).is_some_and(is_public));
        connected.map(|trace| trace.target.host.clone())
    })
}

/// Whether only the private endpoint is unreachable: public hosts answer on 443, or nothing shows that they do not.
pub(super) fn is_private_alone(context: &RuleContext<'_>) -> bool {
    let Some(facts) = context.tcp() else { return false };
    let is_blocked = facts.reference.as_ref().is_some_and(|reference| !reference.is_connected());
    let is_private = context.may_have_private_endpoint() && context.proxied().is_none() && context.is_private();
    is_private && (!is_blocked || answering(context, facts).is_some())
}

fn ending(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::TimedOut => "timed out",
        FailureKind::Refused => "refused",
        FailureKind::Unreachable => "unreachable",
        FailureKind::Reset => "reset",
        FailureKind::NotPermitted => "not permitted",
        _ => "failed",
    }
}

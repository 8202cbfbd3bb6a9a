//! Rules of TCP.

use std::net::SocketAddr;

use super::sight::{joined, lasting};
use super::{Rule, Seen, Sight};
use crate::diagnose::evidence::{AddressClass, Attempt, FailureKind, TcpFacts};

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[
    Rule::target("TCP01", silent, &[]),
    Rule::target("TCP02", refused, &[]),
    Rule::target("TCP03", reset, &[]),
    Rule::target("TCP04", unreachable, &[]),
    Rule::target("TCP05", private_silent, &[]),
    Rule::target("TCP06", ipv6_hangs, &[]),
    Rule::target("TCP07", some_fail, &[]),
    Rule::target("TCP08", forbidden, &[]),
];

/// TCP01: time-out, unless it is that of a private endpoint alone.
fn silent(sight: &Sight<'_>) -> Option<Seen> {
    let facts = ended_with(sight, FailureKind::TimedOut).filter(|_| !is_private_alone(sight))?;
    let reference = facts.reference.as_ref();
    let other = reference.map(|reference| match reference.is_connected() {
        false => format!("; `{}` does not answer either", reference.host),
        true => format!("; `{}` answers", reference.host),
    });
    let seen = Seen::new(format!("{}{}", attempts(sight, facts), other.unwrap_or_default()))
        .not_if(sight.is_public().then_some("the address is public"), "TCP05")
        .not("TCP02", "nothing comes back, not even a refusal");
    Some(seen.with("ADDRESS", first(facts)))
}

/// TCP02: refused.
fn refused(sight: &Sight<'_>) -> Option<Seen> {
    let facts = ended_with(sight, FailureKind::Refused)?;
    Some(Seen::new(attempts(sight, facts)).not("TCP01", "an answer came: a refusal").with("ADDRESS", first(facts)))
}

/// TCP03: connected, then reset, whatever the name in the handshake.
fn reset(sight: &Sight<'_>) -> Option<Seen> {
    if let Some(facts) = ended_with(sight, FailureKind::Reset) {
        return Some(Seen::new(attempts(sight, facts)));
    }
    let failure = sight.trace.tls.failure().filter(|failure| failure.kind == FailureKind::Reset)?;
    let other = sight.tls().and_then(|tls| tls.other_name.as_ref());
    if other.is_some_and(|other| other.failure.is_none()) {
        return None;
    }
    let also = other.map(|other| format!("; so is the connection for `{}`", other.name)).unwrap_or_default();
    let seen = Seen::new(format!(
        "connected to {}, then reset before the server's first message ({failure}){also}",
        peer(sight)
    ))
    .not_if(other.map(|other| format!("`{}` at the same address is cut as well", other.name)), "TLS07");
    Some(seen.not("TCP01", "the connection was made"))
}

/// TCP04: no route.
fn unreachable(sight: &Sight<'_>) -> Option<Seen> {
    let facts = ended_with(sight, FailureKind::Unreachable)?;
    let seen = Seen::new(attempts(sight, facts)).not("TCP01", "this machine itself has no route, no packet was lost");
    Some(seen.with("ADDRESS", first(facts)))
}

/// TCP05: the private address stays silent while public hosts answer.
fn private_silent(sight: &Sight<'_>) -> Option<Seen> {
    let facts = ended_with(sight, FailureKind::TimedOut).filter(|_| is_private_alone(sight))?;
    let other = answering(sight, facts).map(|host| format!("`{host}` answers on 443"));
    let beside = other.as_ref().map(|text| format!("; {text}")).unwrap_or_default();
    let seen = Seen::new(format!("{}{beside}", attempts(sight, facts)))
        .not("DNS03", "the address is private, as it should be")
        .not_if(other, "TCP01");
    Some(seen.with("ADDRESS", first(facts)))
}

/// TCP06: IPv6 hangs, IPv4 connects.
fn ipv6_hangs(sight: &Sight<'_>) -> Option<Seen> {
    let facts = sight.tcp().filter(|_| sight.trace.tcp.has_passed())?;
    let connected = facts.connected.filter(SocketAddr::is_ipv4)?;
    let hung = facts.attempts.iter().find(|attempt| attempt.peer.is_ipv6() && is(attempt, FailureKind::TimedOut))?;
    let late = facts.attempts.iter().find(|attempt| attempt.peer == connected).map(|attempt| lasting(attempt.took));
    let after = late.map(|took| format!(" after {took}")).unwrap_or_default();
    Some(Seen::new(format!("{} stays silent for {}, {connected} connects{after}", hung.peer, lasting(hung.took))))
}

/// TCP07: one address connects, another of the same family does not. Which one applications take is up to chance.
fn some_fail(sight: &Sight<'_>) -> Option<Seen> {
    let facts = sight.tcp().filter(|_| sight.trace.tcp.has_passed() && sight.proxied().is_none())?;
    let works = |family: bool| {
        facts.attempts.iter().any(|attempt| attempt.failure.is_none() && attempt.peer.is_ipv4() == family)
    };
    let fails = facts.attempts.iter().any(|attempt| attempt.failure.is_some() && works(attempt.peer.is_ipv4()));
    let seen = Seen::new(attempts(sight, facts))
        .not("TCP01", "another address of the same host connects")
        .not("TCP06", "the family is not what differs: another address of it connects");
    fails.then_some(seen)
}

/// TCP08: the operating system does not let the packet out.
fn forbidden(sight: &Sight<'_>) -> Option<Seen> {
    let facts = ended_with(sight, FailureKind::NotPermitted)?;
    let denied = facts.attempts.iter().find(|attempt| is(attempt, FailureKind::NotPermitted))?;
    let text = denied.failure.as_ref().map(|failure| format!("; {failure}")).unwrap_or_default();
    let seen = Seen::new(format!("{}{text}", attempts(sight, facts)))
        .not("TCP01", "this machine itself says no, no packet was lost")
        .not("TCP02", "it is this machine that refuses, and not the host")
        .not("TCP04", "a route is not what this machine lacks");
    Some(seen)
}

/// Whether the way to a private endpoint is what is broken: public 443 works, or nothing says that it does not.
fn is_private_alone(sight: &Sight<'_>) -> bool {
    let Some(facts) = sight.tcp() else { return false };
    let is_blocked = facts.reference.as_ref().is_some_and(|reference| !reference.is_connected());
    let is_private = sight.is_own() && sight.proxied().is_none() && sight.is_private();
    is_private && (!is_blocked || answering(sight, facts).is_some())
}

/// A public host that did connect.
fn answering(sight: &Sight<'_>, facts: &TcpFacts) -> Option<String> {
    let reference =
        facts.reference.as_ref().filter(|reference| reference.is_connected()).map(|reference| reference.host.clone());
    reference.or_else(|| {
        let is_public = |peer: SocketAddr| AddressClass::of(peer.ip()) == AddressClass::Public;
        let connected =
            sight.others().find(|trace| trace.tcp.found().and_then(|facts| facts.connected).is_some_and(is_public));
        connected.map(|trace| trace.target.host.clone())
    })
}

/// The attempts, when this is how they ended: by what says most, since an address family without a route says little.
fn ended_with<'a>(sight: &Sight<'a>, kind: FailureKind) -> Option<&'a TcpFacts> {
    let failure = sight.trace.tcp.failure()?;
    let facts = sight.tcp()?;
    let mut kinds = facts.attempts.iter().filter_map(|attempt| attempt.failure.as_ref()).map(|failure| failure.kind);
    let telling = kinds.find(|kind| *kind != FailureKind::Unreachable).unwrap_or(failure.kind);
    (telling == kind).then_some(facts)
}

fn is(attempt: &Attempt, kind: FailureKind) -> bool {
    attempt.failure.as_ref().is_some_and(|failure| failure.kind == kind)
}

/// Each attempt with how it ended and how long that took.
fn attempts(sight: &Sight<'_>, facts: &TcpFacts) -> String {
    let each = |attempt: &Attempt| {
        let class = AddressClass::of(attempt.peer.ip());
        let text = attempt.failure.as_ref().map_or("connected", |failure| ending(failure.kind));
        format!("{} ({class}) {text} after {}", attempt.peer, lasting(attempt.took))
    };
    let shown: Vec<String> = facts.attempts.iter().take(4).map(each).collect();
    let to = sight.proxied().map_or_else(|| format!("`{}`", sight.host()), |proxy| format!("the proxy `{proxy}`"));
    let from = facts.local.map(|ip| format!(", from {ip}")).unwrap_or_default();
    format!("{to}: {}{from}", joined(&shown))
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

fn first(facts: &TcpFacts) -> String {
    facts.attempts.first().map_or_else(|| "ADDRESS".to_owned(), |attempt| attempt.peer.ip().to_string())
}

/// Where the connection went.
pub(super) fn peer(sight: &Sight<'_>) -> String {
    let connected = sight.tcp().and_then(|facts| facts.connected);
    connected.map_or_else(|| format!("`{}`", sight.host()), |peer| peer.to_string())
}

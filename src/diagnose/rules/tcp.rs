//! Rules of TCP.

use std::net::SocketAddr;

use super::attempts::{attempts, ended_with, first, is, is_private_alone};
use super::wording::lasting;
use super::{Observation, Rule, RuleContext, private};
use crate::diagnose::catalogue::Severity;
use crate::diagnose::evidence::{Failure, FailureKind, Round, Spread};

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[
    Rule::target("TCP01", silent, &[]),
    Rule::target("TCP02", refused, &[]),
    Rule::target("TCP03", reset, &[]),
    Rule::target("TCP04", unreachable, &[]),
    Rule::target("TCP05", private::silent, &[]),
    Rule::target("TCP06", ipv6_hangs, &[]),
    Rule::target("TCP07", some_fail, &[]),
    Rule::target("TCP08", forbidden, &[]),
    Rule::target("TCP09", bursts, &[]),
    Rule::target("TCP10", large_packets_lost, &["TLS07"]),
    Rule::target("TCP11", private::not_on_the_network, &["TCP04"]),
];

/// TCP01: a time-out, unless only a private endpoint does not answer.
fn silent(context: &RuleContext<'_>) -> Option<Observation> {
    let facts = ended_with(context, FailureKind::TimedOut).filter(|_| !is_private_alone(context))?;
    let reference = facts.reference.as_ref();
    let other = reference.map(|reference| {
        if reference.is_connected() {
            format!("; `{}` answers", reference.host)
        } else {
            format!("; `{}` does not answer either", reference.host)
        }
    });
    let observation = Observation::new(format!("{}{}", attempts(context, facts), other.unwrap_or_default()))
        .not_if(context.is_public().then_some("the address is public"), "TCP05")
        .not("TCP02", "nothing arrives, not even a refusal");
    Some(toward_proxy(context, observation).with("ADDRESS", first(facts)))
}

/// TCP02: the host refuses the connection.
fn refused(context: &RuleContext<'_>) -> Option<Observation> {
    let facts = ended_with(context, FailureKind::Refused)?;
    let answered = if context.proxied().is_some() { "the proxy" } else { "the host" };
    let observation =
        Observation::new(attempts(context, facts)).not("TCP01", format!("{answered} answered with a refusal"));
    Some(toward_proxy(context, observation).with("ADDRESS", first(facts)))
}

/// TCP03: connected, then reset, whatever the server name in the handshake.
fn reset(context: &RuleContext<'_>) -> Option<Observation> {
    if let Some(facts) = ended_with(context, FailureKind::Reset) {
        return Some(Observation::new(attempts(context, facts)));
    }
    let failure = context.trace.tls.failure().filter(|failure| failure.kind == FailureKind::Reset)?;
    let other = context.tls().and_then(|tls| tls.other_name.as_ref());
    if other.is_some_and(|other| other.failure.is_none()) {
        return None;
    }
    let also = other.map(|other| format!("; a handshake for `{}` is reset as well", other.name)).unwrap_or_default();
    let observation = Observation::new(format!(
        "connected to {}, then reset before the server's first message ({failure}){also}",
        context.peer()
    ))
    .not_if(
        other.map(|other| format!("a handshake for `{}` at the same address is reset as well", other.name)),
        "TLS07",
    );
    Some(observation.not("TCP01", "the connection was established"))
}

/// TCP04: no route.
fn unreachable(context: &RuleContext<'_>) -> Option<Observation> {
    let facts = ended_with(context, FailureKind::Unreachable)?;
    let is_private = context.is_own() && context.proxied().is_none() && context.is_private();
    let observation = Observation::new(attempts(context, facts))
        .remedied(is_private.then_some(ROUTE_THE_RANGE))
        .not_if(is_private.then_some("the address is private, as expected"), "DNS03")
        .not("TCP01", "this machine has no route; no packet was lost");
    Some(toward_proxy(context, observation).with("ADDRESS", first(facts)))
}

/// Adds the remedy for a connection to a proxy: the rules of the service do not apply to it.
fn toward_proxy(context: &RuleContext<'_>, observation: Observation) -> Observation {
    let facts = context.tcp().filter(|facts| facts.proxy.is_some() && context.trace.tcp.failure().is_some());
    let Some(facts) = facts else { return observation };
    let port = facts.attempts.first().map_or_else(|| "PORT".to_owned(), |attempt| attempt.peer.port().to_string());
    let is_private = (context.is_own() && context.is_private()).then_some("the connection goes to the proxy");
    observation
        .remedied(Some(REACH_THE_PROXY))
        .not("PXY02", "the proxy has an address")
        .not_if(is_private, "TCP05")
        .not_if(is_private, "TCP11")
        .with("PROXY_PORT", port)
        .with("VARIABLE", facts.proxy_source.clone().unwrap_or_else(|| "--proxy".to_owned()))
}

/// The connection to the proxy fails, so nothing is known about the service.
const REACH_THE_PROXY: (&str, &[&str]) = (
    "start the proxy, allow TCP PROXY_PORT from this machine to ADDRESS, or correct the proxy in `VARIABLE`; if this machine \
        reaches the service without a proxy, remove the setting or add the host to `NO_PROXY`",
    &["curl -sv -o /dev/null -x http://ADDRESS:PROXY_PORT https://HOST/", "nc -vz -w 5 ADDRESS PROXY_PORT"],
);

/// A name server of the private network answers, so only the way there is missing.
const ROUTE_THE_RANGE: (&str, &[&str]) = (
    "the name leads to the private endpoint, but this machine has no route to ADDRESS: connect the VPN, let it route the \
        range of the endpoint's subnet, or peer the two networks",
    &["ip route get ADDRESS", "az network vnet peering list -g GROUP --vnet-name VNET -o table"],
);

/// TCP06: IPv6 does not answer, IPv4 connects.
fn ipv6_hangs(context: &RuleContext<'_>) -> Option<Observation> {
    let facts = context.tcp().filter(|_| context.trace.tcp.has_passed())?;
    let connected = facts.connected.filter(SocketAddr::is_ipv4)?;
    let hung = facts.attempts.iter().find(|attempt| attempt.peer.is_ipv6() && is(attempt, FailureKind::TimedOut))?;
    let late = facts.attempts.iter().find(|attempt| attempt.peer == connected).map(|attempt| lasting(attempt.took));
    let after = late.map(|took| format!(" after {took}")).unwrap_or_default();
    Some(Observation::new(format!(
        "{} did not answer for {}; {connected} connected{after}",
        hung.peer,
        lasting(hung.took)
    )))
}

/// TCP07: one address connects, another of the same family does not. Applications may use either.
fn some_fail(context: &RuleContext<'_>) -> Option<Observation> {
    let facts = context.tcp().filter(|_| context.trace.tcp.has_passed() && context.proxied().is_none())?;
    let works = |family: bool| {
        facts.attempts.iter().any(|attempt| attempt.failure.is_none() && attempt.peer.is_ipv4() == family)
    };
    if !facts.attempts.iter().any(|attempt| attempt.failure.is_some() && works(attempt.peer.is_ipv4())) {
        return None;
    }
    let observation =
        Observation::new(attempts(context, facts)).not("TCP01", "another address of the same host connects");
    Some(observation.not("TCP06", "another address of the same family connects"))
}

/// TCP08: the operating system does not permit the connection.
fn forbidden(context: &RuleContext<'_>) -> Option<Observation> {
    let facts = ended_with(context, FailureKind::NotPermitted)?;
    let denied = facts.attempts.iter().find(|attempt| is(attempt, FailureKind::NotPermitted))?;
    let text = denied.failure.as_ref().map(|failure| format!("; {failure}")).unwrap_or_default();
    let observation = Observation::new(format!("{}{text}", attempts(context, facts)))
        .not("TCP01", "this machine does not permit it; no packet was lost")
        .not("TCP02", "this machine refuses, not the host")
        .not("TCP04", "this machine has a route");
    Some(observation)
}

/// TCP09: of many connections, several get no answer or only a late one, although each address answers.
fn bursts(context: &RuleContext<'_>) -> Option<Observation> {
    let rounds = context.trace.rounds.as_ref()?;
    let is_reliable = context.tcp()?.attempts.iter().all(|attempt| attempt.failure.is_none());
    let all: Vec<&Round> = rounds.cold.iter().chain(&rounds.warm).collect();
    let times: Vec<f64> = all.iter().filter_map(|round| round.tcp_ms).collect();
    let usual = Spread::of(times.iter().copied())?.min;
    let failed = all.iter().filter(|round| is_without_connection(round)).count();
    // A lost first packet is sent again after a second (RFC 6298, section 2).
    let late = times.iter().filter(|time| usual < SENT_AGAIN / 2.0 && **time >= SENT_AGAIN).count();
    let lost = failed + late;
    if !is_reliable || lost < FEWEST_LOST || lost * 10 < all.len() || lost == all.len() {
        return None;
    }
    let how = match (failed, late) {
        (0, _) => "are established only after a second or more".to_owned(),
        (_, 0) => "are not established".to_owned(),
        _ => format!("are not established in time ({failed} not at all)"),
    };
    let first = all.iter().find_map(|round| round.failure.as_ref().filter(|_| is_without_connection(round)));
    let first = first.map(|failure| format!(": {failure}")).unwrap_or_default();
    let ports = context.evidence.machine.local_ports.map(|(from, to)| format!("; its local ports are {from} to {to}"));
    let to = context.proxied().map_or_else(|| format!("`{}`", context.host()), |proxy| format!("the proxy `{proxy}`"));
    let text = format!(
        "{lost} of {} connections from this machine to {to} {how}{first}; the others take {usual:.1} ms{}",
        all.len(),
        ports.unwrap_or_default()
    );
    let observation = Observation::new(text).not("TCP01", "the same address answers other connections");
    Some(observation.not("TCP07", "every address connects"))
}

/// Whether a timed connection failed before its handshake: no answer, or no free local port.
fn is_without_connection(round: &Round) -> bool {
    let failed = |failure: &Failure| {
        failure.text.starts_with("tcp") && matches!(failure.kind, FailureKind::TimedOut | FailureKind::Unreachable)
    };
    round.tcp_ms.is_none() && round.failure.as_ref().is_some_and(failed)
}

/// In milliseconds: the first packet of a connection is sent again after this time, less a margin for the clock.
const SENT_AGAIN: f64 = 950.0;

/// One or two lost packets happen on every network.
const FEWEST_LOST: usize = 3;

/// TCP10: what was silent passes on a connection with small segments.
fn large_packets_lost(context: &RuleContext<'_>) -> Option<Observation> {
    let small = context.tcp()?.small_segments.as_ref().filter(|small| small.failure.is_none())?;
    let stage = context.trace.failed_at()?;
    let from = context.tcp()?.local.map(|ip| format!(" from {ip}")).unwrap_or_default();
    let (peer, bytes) = (context.peer(), small.bytes);
    let observation = Observation::new(format!(
        "{peer} connects{from}, and then the {stage} stage gets no answer; with segments of {bytes} bytes it passes"
    ))
    .at(Severity::Error)
    .not("TCP01", "the connection was established")
    .not("TLS07", "the same name passes in small packets")
    .not("TLS08", "the handshake passes in small packets");
    Some(observation)
}

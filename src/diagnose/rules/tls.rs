//! Rules of TLS.

use std::time::Duration;

use super::sight::{joined, lasting};
use super::tcp::peer;
use super::{Rule, Seen, Sight};
use crate::diagnose::evidence::{
    Certificate, CertificateFault, FailureKind, StepState, TlsFacts, TrustFacts, unix_seconds,
};

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[
    Rule::target("TLS01", intercepted, &[]),
    Rule::target("TLS02", no_roots, &[]),
    Rule::target("TLS03", wrong_name, &[]),
    Rule::target("TLS04", wrong_time, &[]),
    Rule::target("TLS06", no_version, &[]),
    Rule::target("TLS07", name_cut, &[]),
    Rule::target("TLS08", slow, &[]),
];

/// TLS01: the issuer is unknown to everybody.
fn intercepted(sight: &Sight<'_>) -> Option<Seen> {
    let (facts, _) =
        fault(sight, &[CertificateFault::UnknownIssuer]).filter(|(facts, trust)| !is_genuine(facts, trust))?;
    let leaf = facts.chain.first()?;
    let others = sight.others().filter(|trace| same_issuer(trace.tls.found(), leaf)).count();
    let also = if others > 0 {
        let hosts = if others == 1 { "host" } else { "hosts" };
        format!("; the same issuer signs for {others} other {hosts} of this run")
    } else {
        String::new()
    };
    let seen = Seen::new(format!("{}, which neither this machine nor the built-in roots trust{also}", described(leaf)))
        .not("TLS02", "the chain does not verify against the built-in roots either");
    Some(seen)
}

/// TLS02: the chain is genuine, the roots are not there.
fn no_roots(sight: &Sight<'_>) -> Option<Seen> {
    let known = &[CertificateFault::UnknownIssuer, CertificateFault::NoRoots];
    let (facts, trust) = fault(sight, known)?;
    let is_empty = trust.fault == Some(CertificateFault::NoRoots);
    let leaf = facts.chain.first().map(described).unwrap_or_default();
    let machine = &sight.evidence.machine;
    let from = machine.roots_from.as_deref().map(|from| format!(" from `{from}`")).unwrap_or_default();
    let roots = machine.roots.map_or_else(|| "some".to_owned(), |roots| roots.to_string());
    let seen = Seen::new(format!("the trust store has {roots} roots{from}; {leaf}")).not_if(
        (trust.by_builtin_roots == Some(true)).then_some("the chain verifies against the built-in roots"),
        "TLS01",
    );
    (is_empty || is_genuine(facts, trust)).then_some(seen)
}

/// TLS03: the certificate of somebody else.
fn wrong_name(sight: &Sight<'_>) -> Option<Seen> {
    let (facts, _) = fault(sight, &[CertificateFault::WrongName])?;
    let leaf = facts.chain.first()?;
    let names: Vec<String> = leaf.names.iter().take(4).map(|name| format!("`{name}`")).collect();
    let names = if names.is_empty() { "no name at all".to_owned() } else { joined(&names) };
    let seen = Seen::new(format!("{} presents a certificate for {names}, not for `{}`", peer(sight), sight.host()))
        .not("TLS01", format!("the issuer is not what is wrong: {}", issuer(leaf)));
    Some(seen)
}

/// TLS04: outside its time.
fn wrong_time(sight: &Sight<'_>) -> Option<Seen> {
    let (facts, trust) = fault(sight, &[CertificateFault::Expired, CertificateFault::NotYetValid])?;
    let leaf = facts.chain.first()?;
    let now = unix_seconds(sight.evidence.observed_at);
    let when = match trust.fault {
        Some(CertificateFault::Expired) => format!("ended {} ago", span(now - leaf.not_after)),
        _ => format!("begins in {}", span(leaf.not_before - now)),
    };
    let skew = sight.evidence.traces.iter().find_map(|trace| trace.http.found()?.skew_seconds);
    let clock = skew.map(|skew| format!("; the local clock is {skew} s from that of another host")).unwrap_or_default();
    let seen = Seen::new(format!("by the local clock the certificate `{}` {when}{clock}", leaf.subject))
        .not("TLS01", format!("the issuer is not what is wrong: {}", issuer(leaf)));
    Some(seen.not_if(skew.filter(|skew| skew.abs() < 60).map(|_| "the local clock is right"), "ENV01"))
}

/// TLS06: an alert.
fn no_version(sight: &Sight<'_>) -> Option<Seen> {
    let failure = sight.trace.tls.failure().filter(|failure| failure.kind == FailureKind::Alert)?;
    let versions = sight.tls().map(|facts| facts.versions.as_slice()).unwrap_or_default();
    let each: Vec<String> = versions
        .iter()
        .map(|alone| match &alone.failure {
            Some(alike) if alike.text == failure.text => format!("{} alone is refused alike", alone.version),
            Some(failure) => format!("{} alone: {failure}", alone.version),
            None => format!("{} alone passes", alone.version),
        })
        .collect();
    let tried = if each.is_empty() { String::new() } else { format!("; {}", joined(&each)) };
    let seen = Seen::new(format!("{} refuses the handshake: {failure}{tried}", peer(sight)));
    Some(seen.not("TLS07", "it answers, with an alert").not("TLS01", "no certificate was refused"))
}

/// TLS07: cut for this name alone.
fn name_cut(sight: &Sight<'_>) -> Option<Seen> {
    let failure = sight.trace.tls.failure().filter(|failure| failure.kind == FailureKind::Reset)?;
    let other = sight.tls()?.other_name.as_ref().filter(|other| other.failure.is_none())?;
    let (peer, host) = (peer(sight), sight.host());
    let seen =
        Seen::new(format!("{peer} is cut after the SNI `{host}` ({failure}); the SNI `{}` passes there", other.name))
            .not("TCP03", format!("`{}` survives at the same address", other.name));
    Some(match sight.tcp().and_then(|facts| facts.connected) {
        Some(peer) => seen.with("ADDRESS", peer.ip().to_string()),
        None => seen,
    })
}

/// TLS08: the handshake takes far longer than the connection, which is half of its round trips.
fn slow(sight: &Sight<'_>) -> Option<Seen> {
    let took = passed_in(sight.trace.tls.state())?;
    let tcp = sight.tcp()?;
    let connected = tcp.attempts.iter().find(|attempt| Some(attempt.peer) == tcp.connected)?.took;
    let name = passed_in(sight.trace.dns.state()).map(|took| format!(", the name {}", lasting(took)));
    let leaf = sight.tls().and_then(|facts| facts.chain.first());
    let by = leaf.map(|leaf| format!("; the certificate is issued by {}", issuer(leaf))).unwrap_or_default();
    let steps = format!("{}, the connection {}{}", lasting(took), lasting(connected), name.unwrap_or_default());
    let seen = Seen::new(format!("the handshake with {} takes {steps}{by}", peer(sight)))
        .not("TCP10", "the handshake comes to its end")
        .not("TLS01", "the certificate verifies on this machine");
    (took >= SLOW && took >= connected * 10).then_some(seen)
}

fn passed_in(state: StepState<'_>) -> Option<Duration> {
    if let StepState::Passed { took } = state { Some(took) } else { None }
}

fn fault<'a>(sight: &Sight<'a>, faults: &[CertificateFault]) -> Option<(&'a TlsFacts, &'a TrustFacts)> {
    sight.trace.tls.failure()?;
    let facts = sight.tls()?;
    let trust = facts.trust.as_ref()?;
    trust.fault.is_some_and(|fault| faults.contains(&fault)).then_some((facts, trust))
}

/// Whether the chain is that of the service: it verifies elsewhere, or nobody tried and the issuer says so.
fn is_genuine(facts: &TlsFacts, trust: &TrustFacts) -> bool {
    let names = facts.chain.first().and_then(|leaf| leaf.organization.as_deref()).unwrap_or_default();
    trust.by_builtin_roots.unwrap_or_else(|| ["Microsoft", "DigiCert"].iter().any(|known| names.contains(known)))
}

fn same_issuer(facts: Option<&TlsFacts>, leaf: &Certificate) -> bool {
    facts.and_then(|facts| facts.chain.first()).is_some_and(|other| other.issuer == leaf.issuer)
}

fn described(leaf: &Certificate) -> String {
    let sha256 = leaf.sha256.get(..16).map(|start| format!(", SHA-256 {start}…")).unwrap_or_default();
    format!("the certificate `{}` is issued by {}{sha256}", leaf.subject, issuer(leaf))
}

pub(super) fn issuer(leaf: &Certificate) -> String {
    match &leaf.organization {
        Some(organization) => format!("`{}` of `{organization}`", leaf.issuer),
        None => format!("`{}`", leaf.issuer),
    }
}

/// Seconds as days, hours or seconds.
fn span(seconds: i64) -> String {
    match seconds {
        86_400.. => format!("{} days", seconds / 86_400),
        3600.. => format!("{} h", seconds / 3600),
        _ => format!("{seconds} s"),
    }
}

/// Two round trips from the other side of the world take half of it.
const SLOW: Duration = Duration::from_secs(1);

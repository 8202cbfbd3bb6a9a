//! Rules of TLS.

use std::time::Duration;

use super::context::neighbours;
use super::wording::{issuer, joined, lasting};
use super::{Observation, Rule, RuleContext};
use crate::diagnose::catalogue::Severity;
use crate::diagnose::evidence::{
    Arrival, Certificate, CertificateFault, Failure, FailureKind, RevocationKind, RevocationTry, StepState, TlsFacts,
    Trace, TrustFacts, unix_seconds,
};

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[
    Rule::target("TLS01", intercepted, &[]),
    Rule::target("TLS02", no_roots, &[]),
    Rule::target("TLS03", wrong_name, &[]),
    Rule::target("TLS04", wrong_time, &[]),
    Rule::target("TLS05", no_revocation, &[]),
    Rule::target("TLS06", no_version, &[]),
    Rule::target("TLS07", name_cut, &[]),
    Rule::target("TLS08", slow, &[]),
    Rule::target("TLS09", roots_disagree, &[]),
    Rule::target("TLS10", incomplete_chain, &[]),
    Rule::target("TLS11", unfit_certificate, &[]),
    Rule::target("TLS12", wants_a_certificate, &["TLS06", "TLS07"]),
];

/// TLS09: this machine trusts the issuer and the built-in roots do not, while another host verifies with both. Where no host
/// verifies with the built-in roots, every client of this network needs the root of the company, and knows it.
fn roots_disagree(context: &RuleContext<'_>) -> Option<Observation> {
    verified_by(context.trace).filter(|is_builtin| !is_builtin)?;
    let leaf = context.tls()?.chain.first()?;
    let other = context.others().find(|trace| verified_by(trace) == Some(true))?;
    let text = format!(
        "{}, which this machine trusts and the built-in roots do not; `{}` verifies with both",
        described(leaf),
        other.target.host
    );
    let observation = Observation::new(text).not("TLS01", "the certificate verifies on this machine");
    Some(observation.not("TLS02", "the trust store of this machine has the root"))
}

/// Whether the built-in roots verify a chain that this machine verifies.
fn verified_by(trace: &Trace) -> Option<bool> {
    trace.tls.found().filter(|_| trace.tls.has_passed())?.trust.as_ref()?.by_builtin_roots
}

/// TLS10: the server sends its certificate without the one that issued it.
fn incomplete_chain(context: &RuleContext<'_>) -> Option<Observation> {
    let (facts, trust) = fault(context, &[CertificateFault::UnknownIssuer])?;
    let leaf = facts.chain.first().filter(|_| lacks_its_issuer(context, facts, trust))?;
    let observation = Observation::new(format!(
        "{} sends 1 certificate and not that of its issuer: {}",
        context.peer(),
        described(leaf)
    ))
    .not("TLS01", "the certificate is that of a public authority");
    Some(observation.not("TLS02", "no chain reaches a root without the certificate in between"))
}

/// Whether the issuer of a lone certificate is an intermediate authority: another host sends its certificate, it is one of
/// Azure's, or the certificate says where to fetch it.
fn lacks_its_issuer(context: &RuleContext<'_>, facts: &TlsFacts, trust: &TrustFacts) -> bool {
    let [leaf] = facts.chain.as_slice() else { return false };
    if trust.by_builtin_roots != Some(false) {
        return false;
    }
    let is_sent_elsewhere = context.others().any(|trace| {
        let chain = trace.tls.found().map(|facts| facts.chain.as_slice()).unwrap_or_default();
        trace.tls.has_passed() && chain.iter().skip(1).any(|other| other.subject == leaf.issuer)
    });
    let names = leaf.organization.as_deref().unwrap_or_default();
    let is_of_azure = ["Microsoft", "DigiCert"].iter().any(|known| names.contains(known));
    leaf.subject != leaf.issuer && (is_sent_elsewhere || is_of_azure || leaf.names_its_issuer)
}

/// TLS11: the certificate breaks a rule of its own, such as a weak signature or a name constraint of its issuer.
fn unfit_certificate(context: &RuleContext<'_>) -> Option<Observation> {
    let (facts, trust) = fault(context, &[CertificateFault::Other])?;
    let leaf = facts.chain.first().map(|leaf| format!("; {}", described(leaf))).unwrap_or_default();
    let why = trust.text.as_deref().unwrap_or("the certificate does not verify");
    Some(Observation::new(format!("{}: {why}{leaf}", context.peer())))
}

/// TLS12: the peer ends the connection for want of a client certificate.
fn wants_a_certificate(context: &RuleContext<'_>) -> Option<Observation> {
    context.tls().filter(|facts| facts.asks_for_certificate)?;
    let (tls, http) = (context.trace.tls.failure(), context.trace.http.failure());
    let is_cut = |failure: &&Failure| {
        matches!(failure.kind, FailureKind::Alert | FailureKind::Reset | FailureKind::Protocol | FailureKind::Other)
    };
    let failure = tls.filter(is_cut).or_else(|| http.filter(is_cut))?;
    let observation = Observation::new(format!("{} asks for a client certificate, then: {failure}", context.peer()))
        .not("TLS06", "the versions agree")
        .not("AUTH01", "no request with a credential was sent");
    Some(observation)
}

/// TLS01: neither this machine nor the built-in roots trust the issuer.
fn intercepted(context: &RuleContext<'_>) -> Option<Observation> {
    let is_foreign = |facts, trust| !is_genuine(facts, trust) && !lacks_its_issuer(context, facts, trust);
    let (facts, _) =
        fault(context, &[CertificateFault::UnknownIssuer]).filter(|(facts, trust)| is_foreign(facts, trust))?;
    let leaf = facts.chain.first()?;
    let others = context.others().filter(|trace| same_issuer(trace.tls.found(), leaf)).count();
    let also = if others > 0 {
        let hosts = if others == 1 { "host" } else { "hosts" };
        format!("; the same issuer signed the certificates of {others} other {hosts} in this run")
    } else {
        String::new()
    };
    let observation =
        Observation::new(format!("{}, which neither this machine nor the built-in roots trust{also}", described(leaf)))
            .not("TLS02", "the chain does not verify against the built-in roots either");
    Some(observation)
}

/// TLS02: the chain is genuine, but its root is not in the trust store.
fn no_roots(context: &RuleContext<'_>) -> Option<Observation> {
    let (facts, trust) = fault(context, &[CertificateFault::UnknownIssuer, CertificateFault::NoRoots])?;
    let is_empty = trust.fault == Some(CertificateFault::NoRoots);
    if !is_empty && (!is_genuine(facts, trust) || lacks_its_issuer(context, facts, trust)) {
        return None;
    }
    let leaf = facts.chain.first().map(described).unwrap_or_default();
    let machine = &context.evidence.machine;
    let from = machine.roots_from.as_deref().map(|from| format!(" from `{from}`")).unwrap_or_default();
    let roots = machine.roots.map_or_else(|| "some".to_owned(), |roots| roots.to_string());
    let verifies = trust.by_builtin_roots == Some(true);
    let observation = Observation::new(format!("the trust store has {roots} roots{from}; {leaf}"));
    Some(observation.not_if(verifies.then_some("the chain verifies against the built-in roots"), "TLS01"))
}

/// TLS03: a certificate for other names.
fn wrong_name(context: &RuleContext<'_>) -> Option<Observation> {
    let (facts, _) = fault(context, &[CertificateFault::WrongName])?;
    let leaf = facts.chain.first()?;
    let names: Vec<String> = leaf.names.iter().take(4).map(|name| format!("`{name}`")).collect();
    let names = if names.is_empty() { "no name at all".to_owned() } else { joined(&names) };
    let observation = Observation::new(format!(
        "{} presents a certificate for {names}, not for `{}`",
        context.peer(),
        context.host()
    ))
    .not("TLS01", format!("the issuer is not the problem: {}", issuer(leaf)));
    Some(observation)
}

/// TLS04: a certificate outside its validity.
fn wrong_time(context: &RuleContext<'_>) -> Option<Observation> {
    let (facts, trust) = fault(context, &[CertificateFault::Expired, CertificateFault::NotYetValid])?;
    let leaf = facts.chain.first()?;
    let now = unix_seconds(context.evidence.observed_at);
    let when = match trust.fault {
        Some(CertificateFault::Expired) => format!("expired {} ago", span(now - leaf.not_after)),
        _ => format!("becomes valid in {}", span(leaf.not_before - now)),
    };
    let skew = neighbours(context.evidence).iter().find_map(|trace| trace.http.found()?.skew_seconds);
    let clock =
        skew.map(|skew| format!("; the local clock differs from that of another host by {skew} s")).unwrap_or_default();
    let observation = Observation::new(format!("by the local clock, the certificate `{}` {when}{clock}", leaf.subject))
        .not("TLS01", format!("the issuer is not the problem: {}", issuer(leaf)));
    Some(observation.not_if(skew.filter(|skew| skew.abs() < 60).map(|_| "the local clock is correct"), "ENV01"))
}

/// TLS05: no list of a certificate, or no responder of it, can be reached.
fn no_revocation(context: &RuleContext<'_>) -> Option<Observation> {
    let all = &context.tls()?.revocation;
    let is_alike =
        |one: &RevocationTry, other: &RevocationTry| one.kind == other.kind && one.certificate == other.certificate;
    // A client needs one of the URLs of a certificate.
    let is_lost = |one: &&RevocationTry| {
        one.failure.is_some() && !all.iter().any(|other| is_alike(one, other) && other.failure.is_none())
    };
    let lost: Vec<String> = all.iter().filter(is_lost).take(3).filter_map(refused_url).collect();
    if lost.is_empty() {
        return None;
    }
    let works = all.iter().find(|one| one.failure.is_none()).map(|one| format!("; `{}` answers", one.url));
    let text = format!("{}{}", joined(&lost), works.unwrap_or_default());
    Some(Observation::new(text).not("TLS01", "the certificate verifies on this machine"))
}

fn refused_url(tried: &RevocationTry) -> Option<String> {
    let kind = match tried.kind {
        RevocationKind::Ocsp => "the responder",
        _ => "the revocation list",
    };
    let failure = tried.failure.as_ref()?;
    Some(format!("{kind} `{}` of the certificate `{}`: {failure}", tried.url, tried.certificate))
}

/// TLS06: the peer sends an alert.
fn no_version(context: &RuleContext<'_>) -> Option<Observation> {
    let failure = context.trace.tls.failure().filter(|failure| failure.kind == FailureKind::Alert)?;
    let versions = context.tls().map(|facts| facts.versions.as_slice()).unwrap_or_default();
    let each: Vec<String> = versions
        .iter()
        .map(|alone| match &alone.failure {
            Some(alike) if alike.text == failure.text => format!("{} alone is rejected the same way", alone.version),
            Some(failure) => format!("{} alone: {failure}", alone.version),
            None => format!("{} alone passes", alone.version),
        })
        .collect();
    let tried = if each.is_empty() { String::new() } else { format!("; {}", joined(&each)) };
    let observation = Observation::new(format!("{} rejects the handshake: {failure}{tried}", context.peer()));
    Some(observation.not("TLS07", "the peer answers with an alert").not("TLS01", "no certificate was rejected"))
}

/// TLS07: the connection is cut, or left without an answer, for this name only.
fn name_cut(context: &RuleContext<'_>) -> Option<Observation> {
    let is_cut = |kind| matches!(kind, FailureKind::Reset | FailureKind::TimedOut);
    let failure = context.trace.tls.failure().filter(|failure| is_cut(failure.kind))?;
    let other = context.tls()?.other_name.as_ref().filter(|other| other.failure.is_none())?;
    let (peer, host) = (context.peer(), context.host());
    let how = match failure.drip() {
        Some(arrival) => format!("gets {arrival}, which is too slow,"),
        None if failure.kind == FailureKind::Reset => "is cut".to_owned(),
        None => "gets no answer".to_owned(),
    };
    let observation = Observation::new(format!(
        "the connection to {peer} {how} after the SNI `{host}` ({failure}); the SNI `{}` passes there",
        other.name
    ))
    .not("TCP03", format!("`{}` passes at the same address", other.name));
    Some(match context.tcp().and_then(|facts| facts.connected) {
        Some(peer) => observation.with("ADDRESS", peer.ip().to_string()),
        None => observation,
    })
}

/// TLS08: the handshake takes far longer than the connection, which is half of its round trips, or does not end at all.
fn slow(context: &RuleContext<'_>) -> Option<Observation> {
    if context.trace.tls.failed_with(FailureKind::TimedOut) {
        return endless(context);
    }
    let took = passed_in(context.trace.tls.state())?;
    let tcp = context.tcp()?;
    let connected = tcp.attempts.iter().find(|attempt| Some(attempt.peer) == tcp.connected)?.took;
    if took < SLOW || took < connected * 10 {
        return None;
    }
    let name = passed_in(context.trace.dns.state()).map(|took| format!(", the lookup {}", lasting(took)));
    let leaf = context.tls().and_then(|facts| facts.chain.first());
    let by = leaf.map(|leaf| format!("; the certificate is issued by {}", issuer(leaf))).unwrap_or_default();
    let steps = format!("{}, the connection {}{}", lasting(took), lasting(connected), name.unwrap_or_default());
    let observation = Observation::new(format!("the handshake with {} takes {steps}{by}", context.peer()))
        .not("TCP10", "the handshake completes");
    Some(observation.not("TLS01", "the certificate verifies on this machine"))
}

/// The handshake does not end: for no name, and in small packets neither.
fn endless(context: &RuleContext<'_>) -> Option<Observation> {
    let failure = context.trace.tls.failure()?;
    if let Some(arrival) = failure.drip() {
        return dripping(context, arrival);
    }
    // Without that attempt, a filter for this name is as likely (TLS07).
    let other = context.tls()?.other_name.as_ref().filter(|other| other.failure.is_some())?;
    if context.has_lost_large_packets() {
        return None;
    }
    let name = &other.name;
    let elsewhere = context.others().find(|trace| trace.tls.has_passed());
    let elsewhere =
        elsewhere.map(|trace| format!("; `{}` completes its handshake", trace.target.host)).unwrap_or_default();
    let small = context.tcp().and_then(|facts| facts.small_segments.as_ref());
    let observation = Observation::new(format!(
        "{} connects and then does not answer the handshake: {failure}; the SNI `{name}` gets no answer there either{elsewhere}",
        context.peer()
    ))
    .at(Severity::Error)
    .remedied(Some(COMPARE_NETWORKS))
    .not("TCP01", "the connection was established")
    .not("TLS07", format!("the SNI `{name}` gets no answer either"));
    let small = small.filter(|small| small.is_silent());
    Some(
        observation
            .not_if(small.map(|small| format!("segments of {} bytes get no answer either", small.bytes)), "TCP10"),
    )
}

/// The handshake keeps arriving, too slowly to end. Where another name is quick, the name is throttled (TLS07).
fn dripping(context: &RuleContext<'_>, arrival: Arrival) -> Option<Observation> {
    let other = context.tls().and_then(|facts| facts.other_name.as_ref());
    if other.is_some_and(|other| other.failure.is_none()) {
        return None;
    }
    let text = format!("{} sends its handshake too slowly: {arrival}, and the handshake does not end", context.peer());
    let observation = Observation::new(text)
        .at(Severity::Error)
        .remedied(Some(COMPARE_NETWORKS))
        .not("TCP01", "the connection was established")
        .not("TCP10", "bytes keep arriving");
    Some(observation.not_if(other.map(|other| format!("the SNI `{}` is as slow", other.name)), "TLS07"))
}

fn passed_in(state: StepState<'_>) -> Option<Duration> {
    if let StepState::Passed { took } = state { Some(took) } else { None }
}

fn fault<'a>(context: &RuleContext<'a>, faults: &[CertificateFault]) -> Option<(&'a TlsFacts, &'a TrustFacts)> {
    context.trace.tls.failure()?;
    let facts = context.tls()?;
    let trust = facts.trust.as_ref()?;
    trust.fault.is_some_and(|fault| faults.contains(&fault)).then_some((facts, trust))
}

/// Whether the chain is that of the service: it verifies against the built-in roots, or has a known issuer where that
/// was not tried.
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

/// Seconds as days, hours or seconds.
fn span(seconds: i64) -> String {
    match seconds {
        86_400.. => format!("{} days", seconds / 86_400),
        3600.. => format!("{} h", seconds / 3600),
        _ => format!("{seconds} s"),
    }
}

/// The remedy for a handshake that never ends: keeping connections open does not help then.
const COMPARE_NETWORKS: (&str, &[&str]) = (
    "run the same command from a second network: if the handshake completes there, have HOST exempted from inspection on \
        this one; if it does not, the peer itself is at fault",
    &["openssl s_client -connect HOST:443 -servername HOST </dev/null"],
);

/// Two round trips around the world take half of it.
const SLOW: Duration = Duration::from_secs(1);

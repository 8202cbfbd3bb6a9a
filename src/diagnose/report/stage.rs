//! One stage of one target in words.

use std::fmt::Write as _;
use std::time::SystemTime;

use super::page::time;
use crate::diagnose::Diagnosis;
use crate::diagnose::alias::AliasChain;
use crate::diagnose::evidence::{
    Address, AddressClass, Attempt, AuthFacts, Certificate, DnsFacts, Evidence, HoldEnd, HoldFacts, HttpFacts,
    ProxyFacts, Reply, Skip, Step, StepState, TcpFacts, TlsFacts, Trace, UpgradeFacts, unix_seconds,
};
use crate::diagnose::redact::shortened;
use crate::diagnose::stage::Stage;
use crate::resolve::endpoint::Expectation;
use crate::resolve::form::CredentialForm;

/// Returns the result of a stage, its failure, or the reason why it was not tried.
pub(super) fn detail(evidence: &Evidence, diagnosis: &Diagnosis, trace: &Trace, stage: Stage) -> String {
    let skipped = |because| not_tried(evidence, diagnosis, trace, because);
    match stage {
        Stage::Dns => words(&trace.dns, skipped, |found, failure| dns(trace, found, failure)),
        Stage::Tcp => words(&trace.tcp, skipped, |found, failure| tcp(trace, found, failure)),
        Stage::Proxy => words(&trace.proxy, skipped, proxy),
        Stage::Tls => words(&trace.tls, skipped, |found, failure| tls(found, failure, evidence.observed_at)),
        Stage::Http => words(&trace.http, skipped, http),
        Stage::WebSocket => words(&trace.websocket, skipped, websocket),
        Stage::Auth => words(&trace.auth, skipped, auth),
    }
}

/// Returns the mark of a stage. The four shapes are distinct without colour.
pub(super) fn mark(state: StepState<'_>) -> &'static str {
    match state {
        StepState::Passed { .. } => "✓",
        StepState::Failed { .. } => "×",
        StepState::Skipped { because } if because.stage().is_some() || because == Skip::Ended => "·",
        StepState::Skipped { .. } => "-",
    }
}

/// Returns whether a stage applies to the target.
pub(super) fn is_shown(state: StepState<'_>) -> bool {
    !matches!(state, StepState::Skipped { because: Skip::NotWebSocket | Skip::ReachableOnly })
}

/// Returns the addresses in use, each with its class, in capitals if that is not the expected one.
pub(super) fn addresses(trace: &Trace) -> Option<String> {
    let DnsFacts { addresses, more_addresses, .. } = trace.dns.found()?;
    let shown = addresses.iter().take(MOST_ADDRESSES).map(|address| with_class(*address, trace.target.expect));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if addresses.len() > MOST_ADDRESSES {
        let _ = write!(text, " and {} more", more_addresses.saturating_add(addresses.len() - MOST_ADDRESSES));
    }
    (!addresses.is_empty()).then_some(text)
}

/// Returns the first address without its class, for narrow pages.
pub(super) fn bare_addresses(trace: &Trace) -> Option<String> {
    let DnsFacts { addresses, more_addresses, .. } = trace.dns.found()?;
    let more = if addresses.len() > 1 {
        format!(" and {} more", more_addresses.saturating_add(addresses.len() - 1))
    } else {
        String::new()
    };
    addresses.first().map(|address| format!("{}{more}", address.ip))
}

/// Returns the issuer of a certificate, and how many days are left until it expires.
fn certificate(leaf: &Certificate, now: SystemTime) -> String {
    let (now, day) = (unix_seconds(now), 86_400);
    let days = |seconds: i64| match seconds / day {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    let validity = if now > leaf.not_after {
        format!("expired {} ago", days(now - leaf.not_after))
    } else if now < leaf.not_before {
        format!("becomes valid in {}", days(leaf.not_before - now))
    } else {
        format!("{} left", days(leaf.not_after - now))
    };
    format!("{}, {validity}", if leaf.issuer.is_empty() { "unnamed issuer" } else { &leaf.issuer })
}

fn words<T>(step: &Step<T>, skipped: impl Fn(Skip) -> String, found: impl Fn(&T, Option<&str>) -> String) -> String {
    let failure = step.failure().map(|failure| failure.text.as_str());
    match (step.found(), step.skipped()) {
        (Some(facts), _) => found(facts, failure),
        (None, Some(because)) => skipped(because),
        (None, None) => failure.unwrap_or_default().to_owned(),
    }
}

/// Returns why a stage was not tried, with the id of the finding that explains it.
fn not_tried(evidence: &Evidence, diagnosis: &Diagnosis, trace: &Trace, because: Skip) -> String {
    if let Some(stage) = because.stage() {
        return match diagnosis.explanation(trace, stage) {
            Some(finding) => format!("not tried because of {}", finding.failure.id),
            None => format!("not tried because {stage} failed"),
        };
    }
    match because {
        Skip::NoProxy => "not used".to_owned(),
        Skip::Proxied => "resolved by the proxy".to_owned(),
        Skip::PlainText => "not applicable (no TLS)".to_owned(),
        Skip::NotWebSocket => "not a WebSocket".to_owned(),
        Skip::NoCredential => no_credential(evidence),
        Skip::ReachableOnly => "only reachability is checked".to_owned(),
        Skip::NotAsked => "not needed: applications upgrade directly".to_owned(),
        Skip::Redirected => "not tried: the service redirects to another host".to_owned(),
        _ => "not reached before the run ended (nor were the stages after it)".to_owned(),
    }
}

fn no_credential(evidence: &Evidence) -> String {
    match evidence.credential.as_ref().map(|credential| &credential.fault) {
        None => "not tried: no credential was given".to_owned(),
        Some(Some(fault)) => format!("not sent because of {}", fault.id),
        Some(None) => "not tried: this host does not accept this kind of credential".to_owned(),
    }
}

fn dns(trace: &Trace, found: &DnsFacts, failure: Option<&str>) -> String {
    let chain = AliasChain::read(&trace.target.host, found);
    let way = chain.shortened();
    let addresses = addresses(trace);
    match (failure, addresses) {
        (Some(failure), _) if chain.names.len() > 1 => format!("{way} → {failure}"),
        (Some(failure), _) => failure.to_owned(),
        (None, Some(addresses)) => format!("{way} → {addresses}"),
        (None, None) => way,
    }
}

fn with_class(address: Address, expect: Expectation) -> String {
    let is_expected = match expect {
        Expectation::PrivateAddress => address.class.is_private(),
        Expectation::PublicAddress => address.class == AddressClass::Public,
        Expectation::Either => true,
    };
    let class = address.class.id().replace('_', "-");
    format!("{} {}", address.ip, if is_expected { class } else { class.to_uppercase() })
}

fn tcp(trace: &Trace, found: &TcpFacts, failure: Option<&str>) -> String {
    let mut parts: Vec<String> = Vec::new();
    if let Some(peer) = found.connected {
        let is_proxy = trace.proxy.found().is_some_and(|facts| facts.proxy.is_some());
        parts.push(format!("{peer}{}", if is_proxy { " (proxy)" } else { "" }));
    }
    let failed = found.attempts.iter().filter_map(|attempt| Some((attempt, attempt.failure.as_ref()?)));
    for (Attempt { peer, .. }, why) in failed {
        let peer = peer.to_string();
        parts.push(if why.text.contains(&peer) { why.text.clone() } else { format!("{peer} {why}") });
    }
    if parts.is_empty() {
        parts.extend(failure.map(str::to_owned));
    }
    if let Some(reference) = &found.reference {
        let result = if reference.is_connected() { "is reachable" } else { "is not reachable either" };
        parts.push(format!("{} {result}", reference.host));
    }
    parts.join("; ")
}

fn proxy(found: &ProxyFacts, failure: Option<&str>) -> String {
    let Some(proxy) = &found.proxy else {
        return match (&found.no_proxy_entry, &found.unused) {
            (Some(entry), _) => format!("not used: `NO_PROXY` contains `{entry}`"),
            (None, Some(unused)) => {
                format!("{} from `{}` is not used: {}", unused.proxy, unused.source, unused.because)
            }
            (None, None) => "not used".to_owned(),
        };
    };
    let source = found.source.as_deref().map(|source| format!(" from `{source}`")).unwrap_or_default();
    let status = found.tunnel.as_ref().and_then(|tunnel| tunnel.status);
    let answer = match (failure, status) {
        (Some(failure), _) => failure.to_owned(),
        (None, Some(status)) => format!("responds to CONNECT with {status}"),
        (None, None) => "in use".to_owned(),
    };
    format!("{proxy}{source}: {answer}")
}

fn tls(found: &TlsFacts, failure: Option<&str>, now: SystemTime) -> String {
    let leaf = found.chain.first().map(|leaf| certificate(leaf, now));
    let parts = match failure {
        Some(failure) => [Some(failure.to_owned()), leaf.map(|leaf| format!("issued by {leaf}"))],
        None => [found.version.clone(), leaf],
    };
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn http(found: &HttpFacts, failure: Option<&str>) -> String {
    // The request carries no credential, so a healthy service responds with 401.
    let mut text = match (failure, found.reply.status) {
        (None, 401) => "401, the service requires a credential".to_owned(),
        _ => reply(&found.reply, failure),
    };
    if let Some(host) = found.redirect.as_ref().and_then(|redirect| redirect.host.as_deref()) {
        let _ = write!(text, "; the service redirects to {host}");
    }
    if let Some(skew) = found.skew_seconds.filter(|skew| skew.unsigned_abs() >= NOTABLE_SKEW) {
        let direction = if skew > 0 { "ahead" } else { "behind" };
        let _ = write!(text, "; the local clock is {} s {direction}", skew.unsigned_abs());
    }
    text
}

fn websocket(found: &UpgradeFacts, failure: Option<&str>) -> String {
    let hold = found.hold.as_ref().map(|hold| format!("; {}", held(hold))).unwrap_or_default();
    upgrade(found, failure) + &hold
}

fn upgrade(found: &UpgradeFacts, failure: Option<&str>) -> String {
    if let (Some(_), Some(code)) = (failure, found.close_code) {
        let reason = found.close_reason.as_deref().unwrap_or("no reason given");
        let after = found.closed_after_ms.map(|after| format!(" after {after:.0} ms")).unwrap_or_default();
        return format!("101, then closed{after} with {code}: {}", shortened(reason));
    }
    match (failure, found.reply.status) {
        (Some(failure), 101) => format!("101, then {failure}"),
        (None, 101) => match found.is_alive {
            Some(true) => "101, answers pings".to_owned(),
            Some(false) => "101, does not answer pings".to_owned(),
            None => "101".to_owned(),
        },
        // The network path works. The stage `auth` reports the rejected credential.
        (None, status @ (401 | 403)) => format!("{status}, the service responds and rejects the credential"),
        _ => reply(&found.reply, failure),
    }
}

/// Returns how an idle socket ended.
fn held(hold: &HoldFacts) -> String {
    let (silent, at_ping) = (time(hold.silent), hold.held >= hold.wanted);
    match hold.end {
        HoldEnd::Interrupted => format!("idle for {silent}, until the run ended"),
        HoldEnd::Open if hold.pong_ms.is_some() => format!("idle for {silent}, then answered a ping"),
        HoldEnd::Open => format!("idle for {silent}"),
        HoldEnd::Closed => {
            let code = hold.close_code.map(|code| format!(" with {code}")).unwrap_or_default();
            let reason = hold.close_reason.as_deref().filter(|reason| !reason.is_empty());
            let reason = reason.map(|reason| format!(": {}", shortened(reason))).unwrap_or_default();
            format!("idle for {silent}, then closed by the service{code}{reason}")
        }
        HoldEnd::Cut | HoldEnd::Reset if at_ping => format!("idle for {silent}, closed when pinged"),
        HoldEnd::Cut => format!("idle for {silent}, then closed without a close frame"),
        HoldEnd::Reset => format!("idle for {silent}, then reset"),
        HoldEnd::Flooded => format!("idle for {silent}, then flooded by the peer"),
        HoldEnd::Silent => format!("idle for {silent}, then did not answer a ping"),
    }
}

fn auth(found: &AuthFacts, failure: Option<&str>) -> String {
    let form =
        CredentialForm::ALL.into_iter().find(|form| form.id() == found.form).map_or(&*found.form, |form| form.title());
    let mut text = match failure {
        None => format!("{form} accepted ({})", found.reply.status),
        Some(_) => format!("{form} rejected: {}", reply(&found.reply, failure)),
    };
    if !found.tries.is_empty() && text.ends_with('.') {
        text.pop();
    }
    for attempt in &found.tries {
        let answer = attempt.status.map_or_else(|| "no response".to_owned(), |status| status.to_string());
        let _ = write!(text, "; {}: {answer}", attempt.description());
    }
    text
}

/// Returns the status and the message of a response, or the failure if there was no response.
fn reply(reply: &Reply, failure: Option<&str>) -> String {
    let message = reply.message.as_deref().or(reply.code.as_deref()).map(shortened);
    match (reply.status, message) {
        (0, _) => failure.unwrap_or("no response").to_owned(),
        (status, Some(message)) => format!("{status} {message}"),
        (status, None) => format!("{status} {}", reason(status)).trim_end().to_owned(),
    }
}

/// Returns the reason phrase of a status, for a response without a message. RFC 9110.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        301 | 302 | 307 | 308 => "redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        407 => "Proxy Authentication Required",
        415 => "Unsupported Media Type",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}

/// More addresses fill a screen without adding information.
const MOST_ADDRESSES: usize = 4;

/// In seconds. Tokens and certificates tolerate less than that.
const NOTABLE_SKEW: u64 = 60;

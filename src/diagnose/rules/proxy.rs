//! Rules of the proxy.

use super::refusal::{phrase, quoted};
use super::{Observation, Rule, RuleContext};
use crate::diagnose::evidence::{AddressClass, FailureKind, ProxyTry};
use crate::diagnose::stage::Stage;

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[
    Rule::target("PXY01", unused, NO_DIRECT_WAY),
    Rule::target("PXY02", unresolved, &[]),
    Rule::target("PXY03", wants_credentials, &[]),
    Rule::target("PXY04", refuses, &[]),
    Rule::target("PXY05", no_websocket, &["HTTP02", "HTTP04", "HTTP05", "WS01"]),
    Rule::target("PXY06", not_for_private, PUBLIC_WAY),
];

/// Consequences of a direct connection where only the proxy leads out.
const NO_DIRECT_WAY: &[&str] = &[
    "DNS01", "DNS02", "DNS13", "DNS14", "TCP01", "TCP02", "TCP03", "TCP04", "TCP05", "TCP08", "TCP11", "TLS01",
    "TLS03", "TLS06", "TLS07",
];

/// The proxy is well formed, but nobody knows its name.
const CORRECT_NAME: (&str, &[&str]) = (
    "correct the name of the proxy in `VARIABLE`, or use a name server that knows it: names of a company resolve only in its \
        network or VPN",
    &["getent hosts PROXY_HOST"],
);

/// Consequences of a proxy that uses the public endpoint in place of the private one.
const PUBLIC_WAY: &[&str] = &[
    "CFG14", "TCP01", "TCP02", "TCP03", "PXY03", "PXY04", "PXY05", "TLS01", "TLS03", "TLS07", "HTTP01", "HTTP03",
    "HTTP04", "AUTH01", "POL01", "POL02", "POL03",
];

/// PXY01: the direct connection fails, and the proxy that does not apply opens a tunnel.
fn unused(context: &RuleContext<'_>) -> Option<Observation> {
    let proxy = context.proxy()?.unused.as_ref().filter(|proxy| is_open(&proxy.tunnel))?;
    let stage = context.trace.failed_at()?;
    let failure = match stage {
        Stage::Dns => context.trace.dns.failure(),
        Stage::Tcp => context.trace.tcp.failure(),
        Stage::Tls => context.trace.tls.failure(),
        _ => None,
    }?;
    let (url, source, because) = (&proxy.proxy, &proxy.source, &proxy.because);
    let observation = Observation::new(format!(
        "the direct connection fails ({stage}: {failure}); the proxy `{url}` of `{source}` opens a tunnel but is not used: {because}"
    ))
    .not("PXY03", "the proxy does not require credentials")
    .not("PXY04", "the proxy opens the tunnel");
    Some(observation)
}

/// PXY02: the name of the proxy does not resolve, most often because the setting is not just a URL or a host.
fn unresolved(context: &RuleContext<'_>) -> Option<Observation> {
    let failure = context.trace.tcp.failure()?;
    let proxy = context.tcp()?.unresolved_proxy.as_ref()?;
    let (source, host) = (&proxy.source, &proxy.host);
    let is_scheme = matches!(host.as_str(), "http" | "https");
    let text = if is_scheme {
        format!("the value of `{source}` has a second scheme: its host is read as `{host}`; {failure}")
    } else {
        format!("`{source}`: {failure}")
    };
    let observation = Observation::new(text)
        .remedied((!is_scheme).then_some(CORRECT_NAME))
        .not("TCP02", "there is no address to connect to")
        .with("VARIABLE", source.as_str())
        .with("PROXY_HOST", host.as_str());
    Some(observation.not_if((failure.kind == FailureKind::NoSuchName).then_some("the name server answers"), "DNS02"))
}

/// PXY03: 407.
fn wants_credentials(context: &RuleContext<'_>) -> Option<Observation> {
    let (proxy, tunnel) = refused(context, FailureKind::ProxyAuth)?;
    let schemes = match tunnel.schemes.as_slice() {
        [] => "no scheme".to_owned(),
        schemes => schemes.join(", "),
    };
    let observation = Observation::new(format!("`{proxy}` answers CONNECT with 407 and offers {schemes}"));
    Some(observation.not("AUTH01", "the proxy refuses the request, not the service").not("PXY04", "the status is 407"))
}

/// PXY04: another status.
fn refuses(context: &RuleContext<'_>) -> Option<Observation> {
    let (proxy, tunnel) = refused(context, FailureKind::ProxyRefused)?;
    let status = tunnel.status.map_or_else(|| "no status".to_owned(), |status| status.to_string());
    let named: Vec<String> =
        tunnel.headers.iter().take(3).map(|(name, value)| format!("{name}: {}", quoted(value))).collect();
    let headers = if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) };
    let observation =
        Observation::new(format!("`{proxy}` answers CONNECT to `{}` with {status}{headers}", context.host()))
            .not("POL02", "the proxy refuses the request, not the service")
            .not("PXY03", "the proxy does not require credentials");
    Some(observation)
}

/// PXY05: the proxy passes requests but not upgrades.
fn no_websocket(context: &RuleContext<'_>) -> Option<Observation> {
    let proxy = context.proxied().filter(|_| context.trace.http.has_passed())?;
    let failure = context.trace.websocket.failure()?;
    let reply = context.upgrade().map(|facts| &facts.reply).filter(|reply| reply.status > 0);
    // The service refuses in JSON.
    let is_lost = reply.is_none_or(|reply| matches!(reply.status, 101 | 200 | 400 | 426) && reply.code.is_none());
    let is_cut = matches!(
        failure.kind,
        FailureKind::Status | FailureKind::Protocol | FailureKind::Reset | FailureKind::TimedOut
    );
    if !is_lost || !is_cut {
        return None;
    }
    let got = reply.map_or_else(|| failure.text.clone(), phrase);
    let plain = context.http().map(|facts| facts.reply.status).unwrap_or_default();
    let text = format!("through `{proxy}`, a plain request gets {plain} from the service and the upgrade gets {got}");
    let observation = Observation::new(text).not("PXY04", "the proxy opens the tunnel");
    Some(observation.not("CFG03", "a plain request to the same path reaches the service"))
}

/// PXY06: the direct connection to the private address works.
fn not_for_private(context: &RuleContext<'_>) -> Option<Observation> {
    let proxy = context.proxied().filter(|_| context.is_own())?;
    let direct = context.proxy()?.direct.as_ref().filter(|direct| direct.failure.is_none())?;
    let stage = context.trace.failed_at()?;
    let is_wrong_way =
        context.policy().is_some() || context.refusal().is_none() || context.refused_with(&[404]).is_some();
    if !is_wrong_way || !AddressClass::of(direct.peer.ip()).is_private() {
        return None;
    }
    let got = match context.refusal() {
        Some(reply) => format!("gets {}", phrase(reply)),
        None => format!("fails ({stage})"),
    };
    let (host, peer) = (context.host(), direct.peer);
    let text = format!("`{host}` through `{proxy}` {got}; a direct connection to {peer} (private) works");
    let observation = Observation::new(text)
        .not_if(context.is_private().then_some("this machine resolves the name to its private address"), "DNS03");
    Some(observation.not("TCP05", "the private address answers"))
}

fn refused<'a>(context: &RuleContext<'a>, kind: FailureKind) -> Option<(&'a str, &'a ProxyTry)> {
    context.trace.proxy.failure().filter(|failure| failure.kind == kind)?;
    Some((context.proxied()?, context.proxy()?.tunnel.as_ref()?))
}

fn is_open(tunnel: &ProxyTry) -> bool {
    tunnel.failure.is_none() && tunnel.status.is_some_and(|status| (200..300).contains(&status))
}

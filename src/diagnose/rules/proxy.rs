//! Rules of the proxy.

use super::refusal::{phrase, quoted};
use super::{Rule, Seen, Sight};
use crate::diagnose::evidence::{AddressClass, FailureKind, ProxyTry};

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[
    Rule::target("PXY01", unused, NO_DIRECT_WAY),
    Rule::target("PXY03", wants_credentials, &[]),
    Rule::target("PXY04", refuses, &[]),
    Rule::target("PXY05", no_websocket, &["HTTP02", "HTTP04", "HTTP05", "WS01"]),
    Rule::target("PXY06", not_for_private, PUBLIC_WAY),
];

/// What follows when the direct way is tried where only the proxy leads out.
const NO_DIRECT_WAY: &[&str] = &[
    "DNS01", "DNS02", "DNS13", "TCP01", "TCP02", "TCP03", "TCP04", "TCP05", "TCP08", "TLS01", "TLS03", "TLS06", "TLS07",
];

/// What follows when the proxy takes the public way to a private endpoint.
const PUBLIC_WAY: &[&str] = &[
    "CFG14", "TCP01", "TCP02", "TCP03", "PXY03", "PXY04", "PXY05", "TLS01", "TLS03", "TLS07", "HTTP01", "HTTP03",
    "HTTP04", "AUTH01", "POL01", "POL02", "POL03",
];

/// PXY01: the direct way fails, the proxy that was not used leads there.
fn unused(sight: &Sight<'_>) -> Option<Seen> {
    let proxy = sight.proxy()?.unused.as_ref().filter(|proxy| is_open(&proxy.tunnel))?;
    let stage = sight.trace.failed_at()?;
    let failure = match stage {
        crate::diagnose::stage::Stage::Dns => sight.trace.dns.failure(),
        crate::diagnose::stage::Stage::Tcp => sight.trace.tcp.failure(),
        crate::diagnose::stage::Stage::Tls => sight.trace.tls.failure(),
        _ => None,
    }?;
    let (url, source, because) = (&proxy.proxy, &proxy.source, &proxy.because);
    let seen = Seen::new(format!(
        "the direct way fails ({stage}: {failure}); a tunnel through `{url}` of `{source}` opens, which is not used: {because}"
    ))
    .not("PXY03", "the proxy asks for no credentials")
    .not("PXY04", "the proxy opens the tunnel");
    Some(seen)
}

/// PXY03: 407.
fn wants_credentials(sight: &Sight<'_>) -> Option<Seen> {
    let (proxy, tunnel) = refused(sight, FailureKind::ProxyAuth)?;
    let schemes = match tunnel.schemes.as_slice() {
        [] => "no scheme".to_owned(),
        schemes => schemes.join(", "),
    };
    let seen = Seen::new(format!("`{proxy}` answers CONNECT with 407 and offers {schemes}"));
    Some(seen.not("AUTH01", "it is the proxy that refuses, and not the service").not("PXY04", "the status is 407"))
}

/// PXY04: another refusal.
fn refuses(sight: &Sight<'_>) -> Option<Seen> {
    let (proxy, tunnel) = refused(sight, FailureKind::ProxyRefused)?;
    let status = tunnel.status.map_or_else(|| "no status".to_owned(), |status| status.to_string());
    let named: Vec<String> =
        tunnel.headers.iter().take(3).map(|(name, value)| format!("{name}: {}", quoted(value))).collect();
    let headers = if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) };
    let seen = Seen::new(format!("`{proxy}` answers CONNECT to `{}` with {status}{headers}", sight.host()))
        .not("POL02", "it is the proxy that refuses, and not the service")
        .not("PXY03", "it does not ask for credentials");
    Some(seen)
}

/// PXY05: requests pass, upgrades do not.
fn no_websocket(sight: &Sight<'_>) -> Option<Seen> {
    let proxy = sight.proxied().filter(|_| sight.trace.http.has_passed())?;
    let failure = sight.trace.websocket.failure()?;
    let reply = sight.upgrade().map(|facts| &facts.reply).filter(|reply| reply.status > 0);
    let is_lost = match reply {
        // The service refuses in JSON.
        Some(reply) => matches!(reply.status, 101 | 200 | 400 | 426) && reply.code.is_none(),
        None => true,
    };
    let kind = failure.kind;
    let is_cut =
        matches!(kind, FailureKind::Status | FailureKind::Protocol | FailureKind::Reset | FailureKind::TimedOut);
    let got = reply.map_or_else(|| failure.text.clone(), phrase);
    let plain = sight.http().map(|facts| facts.reply.status).unwrap_or_default();
    let seen =
        Seen::new(format!("through `{proxy}` a plain request gets {plain} of the service, the upgrade gets {got}"))
            .not("PXY04", "the tunnel opens")
            .not("CFG03", "the plain request to the same path reaches the service");
    (is_lost && is_cut).then_some(seen)
}

/// PXY06: what fails through the proxy works without it.
fn not_for_private(sight: &Sight<'_>) -> Option<Seen> {
    let proxy = sight.proxied().filter(|_| sight.is_own())?;
    let direct = sight.proxy()?.direct.as_ref().filter(|direct| direct.failure.is_none())?;
    let is_private = AddressClass::of(direct.peer.ip()).is_private();
    let stage = sight.trace.failed_at()?;
    let got = match sight.refusal() {
        Some(reply) => format!("gets {}", phrase(reply)),
        None => format!("fails ({stage})"),
    };
    let is_wrong_way = sight.policy().is_some() || sight.refusal().is_none() || sight.refused_with(&[404]).is_some();
    let host = sight.host();
    let seen =
        Seen::new(format!("`{host}` goes through `{proxy}` and {got}; directly {} (private) connects", direct.peer))
            .not_if(sight.is_private().then_some("this machine resolves the name to its private address"), "DNS03")
            .not("TCP05", "the private address answers");
    (is_private && is_wrong_way).then_some(seen)
}

fn refused<'a>(sight: &Sight<'a>, kind: FailureKind) -> Option<(&'a str, &'a ProxyTry)> {
    sight.trace.proxy.failure().filter(|failure| failure.kind == kind)?;
    Some((sight.proxied()?, sight.proxy()?.tunnel.as_ref()?))
}

fn is_open(tunnel: &ProxyTry) -> bool {
    tunnel.failure.is_none() && tunnel.status.is_some_and(|status| (200..300).contains(&status))
}

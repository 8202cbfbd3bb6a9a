//! Rules of HTTP.

use url::Url;

use super::config::no_realtime;
use super::page;
use super::refusal::{Refusal, phrase, quoted};
use super::sight::joined;
use super::tls::issuer;
use super::{Rule, Seen, Sight};
use crate::diagnose::catalogue::Severity;
use crate::diagnose::evidence::{Reply, Skip};
use crate::resolve::cloud::Cloud;

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[
    Rule::target("HTTP01", not_offered, &[]),
    Rule::target("HTTP02", bad_request, &[]),
    Rule::target("HTTP03", redirected, &["HTTP01"]),
    Rule::target("HTTP04", no_upgrade, &[]),
    Rule::target("HTTP05", foreign_page, &["HTTP01", "HTTP04", "HTTP06"]),
    Rule::target("HTTP06", fails, &[]),
];

/// HTTP01: 404.
fn not_offered(sight: &Sight<'_>) -> Option<Seen> {
    let reply = sight.refused_with(&[404]).filter(|_| no_realtime(sight).is_none())?;
    let seen = Seen::new(format!("`{}` answers {}{}", sight.host(), phrase(reply), asked(reply)));
    Some(seen.not("AUTH01", "the refusal is about the path and not about the credential"))
}

/// HTTP02: 400 to the upgrade, by whoever reads its query and its token.
fn bad_request(sight: &Sight<'_>) -> Option<Seen> {
    let reply = sight.refused_with(&[400]).filter(|reply| Refusal::of(reply) != Refusal::Page)?;
    let is_upgrade = sight.trace.target.is_websocket && sight.trace.http.failure().is_none();
    let asks_for_a_key = ASKS_FOR_A_KEY.iter().any(|words| reply.text().contains(words));
    let seen = Seen::new(format!(
        "`{}` answers {} to the upgrade, asked {}",
        sight.host(),
        phrase(reply),
        parameters(&sight.trace.target.url)
    ))
    .not("AUTH02", "the answer does not ask for another kind of credential")
    .not_if(sight.proxied().is_none().then_some("no proxy applies"), "PXY05");
    (is_upgrade && !asks_for_a_key).then_some(seen)
}

/// HTTP03: another host is named, although following it was not what the run set out to do.
fn redirected(sight: &Sight<'_>) -> Option<Seen> {
    let is_planned = sight.trace.http.skipped() == Some(Skip::Redirected)
        || sight.trace.websocket.skipped() == Some(Skip::Redirected);
    let (status, host, class) = named(sight).filter(|_| portal(sight).is_none())?;
    let is_followed = is_planned && !sight.expects_private();
    // That the gateway directs to the region says no more than that it is the gateway.
    if is_followed || host == sight.host() || no_realtime(sight).is_some() {
        return None;
    }
    let at = class.map(|class| format!(" ({class})")).unwrap_or_default();
    let own = sight.address().map(|address| format!(" ({})", address.class)).unwrap_or_default();
    // A step that failed is one where the client did not go on.
    let is_in_the_way =
        sight.expects_private() || sight.trace.http.failure().is_some() || sight.refused_with(REDIRECTS).is_some();
    let severity = if is_in_the_way { Severity::Error } else { Severity::Warning };
    Some(Seen::new(format!("`{}`{own} answers {status} and directs to `{host}`{at}", sight.host())).at(severity))
}

/// The host that the service names: asked for it, or in place of an answer.
fn named(sight: &Sight<'_>) -> Option<(u16, String, Option<crate::diagnose::evidence::AddressClass>)> {
    let asked = sight.http().and_then(|facts| facts.redirect.as_ref());
    if let Some((redirect, host)) = asked.and_then(|redirect| Some((redirect, redirect.host.clone()?))) {
        return Some((redirect.status, host, redirect.class));
    }
    let reply = sight.refused_with(REDIRECTS)?;
    let base = Url::parse(&sight.trace.target.url).ok()?;
    let url = base.join(reply.header("location")?).ok()?;
    Some((reply.status, url.host_str()?.to_owned(), None))
}

/// HTTP04: an answer where a socket should be. A page to a plain request, which asks for no socket, is that of HTTP05.
fn no_upgrade(sight: &Sight<'_>) -> Option<Seen> {
    let reply = sight.refusal().filter(|reply| (200..300).contains(&reply.status))?;
    if sight.trace.http.failure().is_some() && page::sign(reply).is_some() {
        return None;
    }
    let server = reply.header("server").map(|server| format!(" of {}", quoted(server))).unwrap_or_default();
    let kind = reply.header("content-type").map(|kind| format!(", {}", quoted(kind))).unwrap_or_default();
    let bytes = reply.body_bytes;
    let seen =
        Seen::new(format!("`{}` answers {}{server}{kind}, {bytes} bytes{}", sight.host(), phrase(reply), asked(reply)))
            .not_if(sight.proxied().is_none().then_some("no proxy applies"), "PXY05")
            .not("AUTH01", "no credential is refused");
    sight.trace.target.is_websocket.then_some(seen)
}

/// HTTP05: a page to sign in at, or one that blocks; or the way to such a page, at a host that is none of Azure.
fn foreign_page(sight: &Sight<'_>) -> Option<Seen> {
    let reply = sight.refusal()?;
    let portal = portal(sight);
    let sign = page::sign(reply).or_else(|| portal.as_ref().map(|host| format!("it directs to `{host}`")))?;
    let trusted = sight.tls().filter(|_| sight.trace.tls.has_passed()).and_then(|facts| facts.chain.first());
    let issuer = trusted.map(|leaf| format!("; the certificate is issued by {}", issuer(leaf))).unwrap_or_default();
    let to_plain = sight.trace.http.failure().map(|_| "a plain request is answered alike, not only the upgrade");
    let seen = Seen::new(format!("`{}` answers {}{}: {sign}{issuer}", sight.host(), reply.status, signed(reply)))
        .not_if(to_plain, "HTTP04")
        .not_if(trusted.map(|_| "the certificate verifies on this machine"), "TLS01")
        .not_if(portal.map(|_| "the host that is named is none of Azure"), "HTTP03")
        .not("POL02", "the service does not refuse with a page");
    Some(seen)
}

/// The host of a portal that a redirect leads to, by the words of its address.
fn portal(sight: &Sight<'_>) -> Option<String> {
    let location = sight.refused_with(REDIRECTS)?.header("location")?;
    let (_, host, _) = named(sight).filter(|(_, host, _)| host != sight.host() && !is_of_azure(sight, host))?;
    page::is_portal(location).then_some(host)
}

/// Whether a host is one of the service. Of a cloud of one's own nothing is known here.
fn is_of_azure(sight: &Sight<'_>, host: &str) -> bool {
    let is_known = |cloud: &Cloud| cloud.suffixes().read(host).is_some();
    let own = sight.evidence.resource.cloud.as_deref().and_then(|cloud| cloud.parse::<Cloud>().ok());
    own.is_none() || Cloud::DOCUMENTED.iter().any(is_known)
}

/// HTTP06: 5xx; an error where it keeps a service from working.
fn fails(sight: &Sight<'_>) -> Option<Seen> {
    let reply = sight.refusal().filter(|reply| reply.status >= 500)?;
    let after = reply.header("retry-after").map(|after| format!(", `Retry-After: {after}`")).unwrap_or_default();
    let id = REQUEST_IDS.iter().find_map(|name| Some(format!(", `{name}: {}`", reply.header(name)?)));
    let seen = Seen::new(format!("`{}` answers {}{after}{}", sight.host(), phrase(reply), id.unwrap_or_default()))
        .at(Severity::Error)
        .not_if(sight.proxied().map(|_| "the tunnel of the proxy was open"), "PXY04");
    Some(seen)
}

/// The headers by which whoever answered names itself.
pub(super) fn signed(reply: &Reply) -> String {
    let names = ["server", "via", "proxy-agent", "x-cache"].into_iter();
    let headers = names.filter_map(|name| Some(format!("`{name}` {}", quoted(reply.header(name)?))));
    match headers.collect::<Vec<_>>().as_slice() {
        [] => String::new(),
        headers => format!(" (with {})", joined(headers)),
    }
}

/// The names of the parameters; their values may say who asks.
fn parameters(url: &str) -> String {
    let url = Url::parse(url).ok();
    let names = url.iter().flat_map(Url::query_pairs).map(|(name, _)| format!("`{name}`"));
    match names.collect::<Vec<_>>().as_slice() {
        [] => "without parameters".to_owned(),
        names => format!("with {}", joined(names)),
    }
}

/// What was asked.
fn asked(reply: &Reply) -> String {
    if reply.request.is_empty() { String::new() } else { format!(" to `{}`", reply.request) }
}

const REDIRECTS: &[u16] = &[301, 302, 303, 307, 308];

/// Where the kind of credential is refused (AUTH02).
const ASKS_FOR_A_KEY: [&str; 2] = ["authentication key", "custom subdomain"];

/// Support asks for these first.
const REQUEST_IDS: [&str; 3] = ["x-requestid", "apim-request-id", "x-ms-request-id"];

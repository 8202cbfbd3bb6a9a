//! Rules of HTTP.

use url::Url;

use super::context::{Closed, ClosedWhen};
use super::page;
use super::refusal::{Closing, Refusal, phrase, quoted, signed};
use super::wording::{issuer, joined};
use super::{Observation, Remedy, Rule, RuleContext, round_trip};
use crate::diagnose::catalogue::Severity;
use crate::diagnose::evidence::{AddressClass, Arrival, Failure, FailureKind, Phase, Reply, Skip};
use crate::resolve::cloud::Cloud;

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[
    Rule::target("HTTP01", not_offered, &[]),
    Rule::target("HTTP02", bad_request, &[]),
    Rule::target("HTTP03", redirected, &["HTTP01"]),
    Rule::target("HTTP04", no_upgrade, &[]),
    Rule::target("HTTP05", foreign_page, &["HTTP01", "HTTP02", "HTTP04", "HTTP06", "HTTP07"]),
    Rule::target("HTTP06", fails, &[]),
    Rule::target("HTTP07", no_content, &[]),
    Rule::target("HTTP08", no_http, &[]),
    Rule::target("HTTP09", round_trip::inaudible, &[]),
    Rule::target("HTTP10", round_trip::not_recognised, &[]),
    Rule::target("HTTP11", round_trip::not_translated, &[]),
];

/// HTTP01: 404, or 410 for what is gone.
fn not_offered(context: &RuleContext<'_>) -> Option<Observation> {
    let reply = context.refused_with(&[404, 410]).filter(|_| context.without_realtime().is_none())?;
    let text = reply.text();
    let names = |words: &[&str]| words.iter().any(|words| text.contains(words));
    let remedy = if names(&["deployment", "model_not_found"]) {
        Some(NO_DEPLOYMENT)
    } else if names(&["subdomain does not map"]) {
        Some(NO_SUBDOMAIN)
    } else {
        None
    };
    let observation = Observation::new(format!("`{}` answers {}{}", context.host(), phrase(reply), request(reply)));
    Some(observation.remedied(remedy).not("AUTH01", "the response is about the path and not about the credential"))
}

/// HTTP02: the request is rejected, by whatever reads its method, its parameters, its headers or its token.
fn bad_request(context: &RuleContext<'_>) -> Option<Observation> {
    let reply = context.refusal().filter(|reply| is_about_the_request(reply.status))?;
    let is_upgrade = context.trace.target.is_websocket && context.trace.http.failure().is_none();
    let wants_a_key = ASKS_FOR_A_KEY.iter().any(|words| reply.text().contains(words));
    let is_service = Refusal::of(reply) != Refusal::Page && (reply.status == 400 || !is_upgrade);
    // Before the upgrade, a request without parameters is rejected for what it lacks.
    let is_judged = is_upgrade || !context.trace.target.is_websocket || reply.rejects_the_version();
    if !is_service || !is_judged || wants_a_key {
        return None;
    }
    let (host, parameters) = (context.host(), parameters(&context.trace.target.url));
    let asked = if is_upgrade { " to the upgrade".to_owned() } else { request(reply) };
    let observation = Observation::new(format!("`{host}` answers {}{asked} {parameters}", phrase(reply)))
        .remedied(remedy_of(context, reply))
        .not("AUTH02", "the response does not ask for another kind of credential");
    let direct = context.proxied().is_none().then_some("no proxy applies");
    Some(observation.not_if(direct.filter(|_| is_upgrade), "PXY05"))
}

/// Whether a status is about the request: neither about the credential, the path, a limit nor a proxy.
fn is_about_the_request(status: u16) -> bool {
    (400..500).contains(&status) && !matches!(status, 401 | 403 | 404 | 407 | 408 | 410 | 429 | 499)
}

/// The remedy for a rejected request, by the part of it that is wrong.
fn remedy_of(context: &RuleContext<'_>, reply: &Reply) -> Option<Remedy> {
    let service = context.trace.target.service.as_deref().unwrap_or_default();
    let lacks_model = matches!(service, "openai-realtime" | "voice-live" | "voice-live-webrtc")
        && !context.trace.target.url.contains("model=");
    match reply.status {
        _ if reply.rejects_the_version() => Some(OTHER_VERSION),
        400 if lacks_model => Some(NAME_THE_MODEL),
        400 if !context.trace.target.is_websocket => Some(CORRECT_PARAMETERS),
        405 => Some(OTHER_METHOD),
        409 => Some(TRY_AGAIN),
        413 | 414 | 431 => Some(SIZE_LIMIT),
        406 | 415 => Some(OTHER_TYPE),
        _ => None,
    }
}

/// HTTP03: the service names another host, and the run was not meant to follow it.
fn redirected(context: &RuleContext<'_>) -> Option<Observation> {
    let is_planned = context.trace.http.skipped() == Some(Skip::Redirected)
        || context.trace.websocket.skipped() == Some(Skip::Redirected);
    let (status, host, class) = named(context).filter(|_| portal(context).is_none())?;
    let is_followed = is_planned && !context.expects_private();
    // A redirect to the region shows only that this is the gateway.
    if is_followed || host == context.host() || context.without_realtime().is_some() {
        return None;
    }
    let at = class.map(|class| format!(" ({class})")).unwrap_or_default();
    let own = context.address().map(|address| format!(" ({})", address.class)).unwrap_or_default();
    // Where a stage failed, the client did not continue.
    let is_in_the_way = context.expects_private()
        || context.trace.http.failure().is_some()
        || context.refused_with(REDIRECTS).is_some();
    let severity = if is_in_the_way { Severity::Error } else { Severity::Warning };
    Some(
        Observation::new(format!("`{}`{own} answers {status} and redirects to `{host}`{at}", context.host()))
            .at(severity),
    )
}

/// The host that the service names, on request or in place of a response.
fn named(context: &RuleContext<'_>) -> Option<(u16, String, Option<AddressClass>)> {
    let asked = context.http().and_then(|facts| facts.redirect.as_ref());
    if let Some((redirect, host)) = asked.and_then(|redirect| Some((redirect, redirect.host.clone()?))) {
        return Some((redirect.status, host, redirect.class));
    }
    let reply = context.refused_with(REDIRECTS)?;
    let base = Url::parse(&context.trace.target.url).ok()?;
    let url = base.join(reply.header("location")?).ok()?;
    Some((reply.status, url.host_str()?.to_owned(), None))
}

/// HTTP04: a success in place of the upgrade, or a response that knows no upgrade. A page in response to a plain request
/// belongs to HTTP05.
fn no_upgrade(context: &RuleContext<'_>) -> Option<Observation> {
    let is_no_upgrade =
        |status| matches!(status, 200..=299) || context.proxied().is_none() && matches!(status, 405 | 426);
    let reply = context.refusal().filter(|reply| is_no_upgrade(reply.status))?;
    let is_page = context.trace.http.failure().is_some() && page::sign(reply).is_some();
    if !context.trace.target.is_websocket || is_page {
        return None;
    }
    let server = reply.header("server").map(|server| format!(" from {}", quoted(server))).unwrap_or_default();
    let kind = reply.header("content-type").map(|kind| format!(", {}", quoted(kind))).unwrap_or_default();
    let (host, status, bytes, request) = (context.host(), phrase(reply), reply.body_bytes, request(reply));
    let observation = Observation::new(format!("`{host}` answers {status}{server}{kind}, {bytes} bytes{request}"))
        .not_if(context.proxied().is_none().then_some("no proxy applies"), "PXY05");
    Some(observation.not("AUTH01", "no credential is rejected"))
}

/// HTTP05: a sign-in or block page, or a redirect to one at a host that is not an Azure host.
fn foreign_page(context: &RuleContext<'_>) -> Option<Observation> {
    let reply = context.refusal()?;
    let portal = portal(context);
    let redirects = || portal.as_ref().map(|host| format!("it redirects to `{host}`"));
    let sign = page::sign(reply).or_else(redirects).or_else(|| in_place_of_content(context, reply))?;
    let trusted = context.tls().filter(|_| context.trace.tls.has_passed()).and_then(|facts| facts.chain.first());
    let issuer = trusted.map(|leaf| format!("; the certificate is issued by {}", issuer(leaf))).unwrap_or_default();
    let to_plain = context.trace.http.failure().map(|_| "a plain request gets the same response, not only the upgrade");
    let observation =
        Observation::new(format!("`{}` answers {}{}: {sign}{issuer}", context.host(), reply.status, signed(reply)))
            .not_if(to_plain, "HTTP04")
            .not_if(trusted.map(|_| "the certificate verifies on this machine"), "TLS01")
            .not_if(portal.map(|_| "the named host is not an Azure host"), "HTTP03")
            .not("POL02", "the service never refuses with a page");
    Some(observation)
}

/// A page where a REST service has content. Its refusals may be pages of its gateway.
fn in_place_of_content(context: &RuleContext<'_>, reply: &Reply) -> Option<String> {
    let is_content = !context.trace.target.is_websocket && (200..300).contains(&reply.status);
    (is_content && page::is_page(reply)).then(|| "an HTML page, which the service never sends".to_owned())
}

/// The host of a portal that a redirect leads to, recognised by its URL.
fn portal(context: &RuleContext<'_>) -> Option<String> {
    let location = context.refused_with(REDIRECTS)?.header("location")?;
    let (_, host, _) = named(context).filter(|(_, host, _)| host != context.host() && !is_of_azure(context, host))?;
    page::is_portal(location).then_some(host)
}

/// Whether a host belongs to the service. The hosts of a custom cloud are unknown here.
fn is_of_azure(context: &RuleContext<'_>, host: &str) -> bool {
    let is_known = |cloud: &Cloud| cloud.suffixes().read(host).is_some();
    let own = context.evidence.resource.cloud.as_deref().and_then(|cloud| cloud.parse::<Cloud>().ok());
    own.is_none() || Cloud::DOCUMENTED.iter().any(is_known)
}

/// HTTP06: 5xx, the time-out of a gateway, no response at all, or a socket closed for an error of the service.
fn fails(context: &RuleContext<'_>) -> Option<Observation> {
    let is_it = |closed: &Closed| closed.when != ClosedWhen::Idle && closed.why == Closing::Failing;
    if let Some(closed) = context.closed().filter(is_it) {
        let observation = Observation::new(closed.words).at(Severity::Error);
        return Some(observation.not("WS02", "it is closed with a code of the service"));
    }
    if let Some(observation) = silent(context) {
        return Some(observation);
    }
    if context.trip().is_some_and(|trip| trip.recognition_status.as_deref() == Some("Error")) {
        let text = format!("`{}` ends a recognition with the status `Error`", context.host());
        return Some(Observation::new(text).at(Severity::Error));
    }
    let reply = context.refusal().filter(|reply| reply.status >= 500 || matches!(reply.status, 408 | 499))?;
    let after = reply.header("retry-after").map(|after| format!(", `Retry-After: {after}`")).unwrap_or_default();
    let id = REQUEST_IDS.iter().find_map(|name| Some(format!(", `{name}: {}`", reply.header(name)?)));
    let observation =
        Observation::new(format!("`{}` answers {}{after}{}", context.host(), phrase(reply), id.unwrap_or_default()))
            .at(Severity::Error)
            .not_if(context.proxied().map(|_| "the proxy opened the tunnel"), "PXY04");
    Some(observation)
}

/// No response to a request, although the handshake completed.
fn silent(context: &RuleContext<'_>) -> Option<Observation> {
    let (trace, host) = (context.trace, context.host());
    let is_silent = |failure: &&Failure| failure.kind == FailureKind::TimedOut;
    let (what, failure) = if let Some(failure) = trace.http.failure().filter(is_silent) {
        ("a plain request", failure)
    } else if let Some(failure) = trace.websocket.failure().filter(is_silent) {
        ("the upgrade", failure)
    } else {
        ("the request with the credential", trace.auth.failure().filter(is_silent)?)
    };
    // An inspecting proxy that loses upgrades is PXY05; a path that loses large packets is TCP10.
    let small = context.tcp().and_then(|tcp| tcp.small_segments.as_ref());
    let is_by_proxy = context.proxied().is_some();
    if let Some(arrival) = failure.drip() {
        return Some(dripping(context, what, arrival));
    }
    if context.has_lost_large_packets() || (small.is_none() && !is_by_proxy) || (is_by_proxy && trace.http.has_passed())
    {
        return None;
    }
    let plain = context.http().filter(|_| trace.http.has_passed()).map(|facts| facts.reply.status);
    let plain = plain.map(|status| format!("; a plain request gets {status}")).unwrap_or_default();
    let observation = Observation::new(format!("`{host}` does not answer {what}: {failure}{plain}"))
        .at(Severity::Error)
        .not("TLS08", "the handshake completes");
    let small = small.filter(|small| small.is_silent());
    Some(observation.not_if(small.map(|_| "small packets get no answer either"), "TCP10"))
}

/// A response that keeps arriving, too slowly to end.
fn dripping(context: &RuleContext<'_>, what: &str, arrival: Arrival) -> Observation {
    let text = format!("`{}` answers {what} too slowly: {arrival}, and the response is not complete", context.host());
    Observation::new(text)
        .at(Severity::Error)
        .remedied(Some(SLOW_RESPONSE))
        .not("TCP10", "bytes keep arriving")
        .not("TLS08", "the handshake completes")
}

/// HTTP08: the response is not HTTP/1.1.
fn no_http(context: &RuleContext<'_>) -> Option<Observation> {
    let is_unread = |failure: &&Failure| failure.kind == FailureKind::Protocol;
    let upgrade =
        context.trace.websocket.failure().filter(|_| context.upgrade().is_none_or(|facts| facts.reply.status == 0));
    let failure = context.trace.http.failure().filter(is_unread).or(upgrade.filter(is_unread))?;
    if context.trace.http.found().is_some_and(|facts| facts.reply.status > 0) {
        return None;
    }
    if context.tls().is_some_and(|facts| facts.asks_for_certificate) {
        return None;
    }
    let by = context.tls().and_then(|facts| facts.chain.first());
    let by = by.map(|leaf| format!("; the certificate is issued by {}", issuer(leaf))).unwrap_or_default();
    let observation =
        Observation::new(format!("{} answers with something else than HTTP/1.1: {failure}{by}", context.peer()));
    Some(observation.not("TLS06", "the handshake completes"))
}

/// HTTP07: a success of a REST service without its content.
fn no_content(context: &RuleContext<'_>) -> Option<Observation> {
    let reply = context.refusal().filter(|reply| (200..300).contains(&reply.status) && !page::is_page(reply))?;
    if context.trace.target.is_websocket {
        return None;
    }
    let in_trip = || {
        let trip = context.failed_trip(&[FailureKind::Protocol, FailureKind::Reset])?;
        trip.failure.as_ref().filter(|_| trip.phase > Phase::Start)
    };
    let why = context.trace.auth.failure().or_else(|| context.trace.http.failure()).or_else(in_trip)?;
    if why.kind == FailureKind::TimedOut {
        return None;
    }
    let kind = reply.header("content-type").map(|kind| format!(", {}", quoted(kind))).unwrap_or_default();
    let observation = Observation::new(format!("`{}` answers {}{kind}{}", context.host(), why.text, request(reply)));
    Some(observation.not("AUTH01", "the credential is accepted"))
}

/// The names of the parameters, without values that may identify the caller.
fn parameters(url: &str) -> String {
    let url = Url::parse(url).ok();
    let names = url.iter().flat_map(Url::query_pairs).map(|(name, _)| format!("`{name}`"));
    match names.collect::<Vec<_>>().as_slice() {
        [] => "without parameters".to_owned(),
        names => format!("with {}", joined(names)),
    }
}

/// The request.
fn request(reply: &Reply) -> String {
    if reply.request.is_empty() { String::new() } else { format!(" to `{}`", reply.request) }
}

const REDIRECTS: &[u16] = &[301, 302, 303, 307, 308];

/// Texts of responses that reject the kind of credential (AUTH02).
const ASKS_FOR_A_KEY: [&str; 2] = ["authentication key", "custom subdomain"];

/// <https://learn.microsoft.com/azure/ai-services/openai/how-to/working-with-models>
const NO_DEPLOYMENT: Remedy = (
    "name a deployment that exists on the resource, exactly as it is spelt there; a new one takes some minutes",
    &["az cognitiveservices account deployment list -n NAME -g GROUP --query \"[].name\" -o tsv"],
);

/// Seen for a misspelt name, a deleted resource, and for about 90 seconds after a resource was created.
const NO_SUBDOMAIN: Remedy = (
    "check the custom domain of the resource; if it was created a moment ago, wait two minutes and try again",
    &["az cognitiveservices account show -n NAME -g GROUP --query properties.customSubDomainName -o tsv"],
);

const OTHER_VERSION: Remedy = (
    "use an `api-version` that this service supports here; without `--api-version`, `resolve` prints the latest one",
    &["speech-endpoint resolve --region REGION --service SERVICE"],
);

const NAME_THE_MODEL: Remedy = (
    "name the model or its deployment: this service has no default",
    &["speech-endpoint doctor --endpoint https://HOST/ --service SERVICE --query model=MODEL"],
);

const CORRECT_PARAMETERS: Remedy = (
    "correct the parameter that the message names; compare the URL with the one that `resolve` prints",
    &["speech-endpoint resolve --region REGION --service SERVICE"],
);

const OTHER_METHOD: Remedy = (
    "use the method and the path that `resolve` prints; if they are those already, a device on the path changes the \
        request: have HOST exempted from inspection",
    &["speech-endpoint resolve --region REGION --service SERVICE"],
);

const TRY_AGAIN: Remedy =
    ("another operation on the same item is in progress: wait until it ends, or use another id", &[]);

const SIZE_LIMIT: Remedy = (
    "the request is a few hundred bytes long, so a proxy or gateway limits it: have HOST exempted there",
    &["curl -si https://HOST/ | head -n 20"],
);

const OTHER_TYPE: Remedy = (
    "the request has the documented content type, so the path belongs to another API or a device on the path changes \
        the request: compare the URL with the one that `resolve` prints",
    &["speech-endpoint resolve --region REGION --service SERVICE"],
);

/// A gateway that fails answers whole or not at all; what arrives byte by byte is throttled on the way or by the peer.
const SLOW_RESPONSE: Remedy = (
    "run the same command from a second network: if the response is quick there, have HOST exempted from inspection and \
        traffic shaping on this one; if it is not, the peer itself is overloaded: use another region until it recovers",
    &["curl -s -o /dev/null -w 'first byte %{time_starttransfer} total %{time_total}\\n' https://HOST/"],
);

/// Support asks for these first.
const REQUEST_IDS: [&str; 3] = ["x-requestid", "apim-request-id", "x-ms-request-id"];

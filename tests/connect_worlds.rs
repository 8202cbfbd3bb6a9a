//! Runs a connector in every world. It must open what works for the doctor, and fail with the doctor's root cause. Where an
//! attempt cannot distinguish similar failures, its error is less specific, and `examine` finds the root cause.

#![cfg(feature = "connect")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a lab begins at the real time, and a test may stop"
)]

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use futures_util::StreamExt as _;
use speech_endpoint::connect::{Connector, TokenSource};
use speech_endpoint::net::{ProxySettings, Trust};
use speech_endpoint::{Plan, Query, Service, diagnose};
use speech_endpoint_lab::{ClientCredential, Lab, World};

/// The results of attempts that differ from the doctor's root cause, each with the reason why it is right.
const OTHERWISE: &[(&str, &str, &str)] = &[
    ("AUTH03-composed-token-at-own-host", "unexplained at auth", "the other form is not tried"),
    (
        "AUTH09-voice-agent-key",
        "nothing: voice-agent at contoso.services.ai.azure.com: `voice-agent` does not accept this credential here (key): expected Entra token",
        "a key is not sent to a service that takes none",
    ),
    (
        "AUTH10-issued-token-at-private-endpoint",
        "nothing: voices at contoso.cognitiveservices.azure.com: issued tokens do not work with a resource limited to selected networks or private endpoints; send the key itself or an Entra token",
        "the connector does not send such a token",
    ),
    ("DNS06-address-of-no-endpoint", "TCP05", "the connector has no documents of Azure"),
    ("POL05-endpoint-of-another-resource", "AUTH01", "the connector has no documents of Azure"),
    ("DNS06-address-of-a-leftover-endpoint", "TCP05", "the connector has no documents of Azure"),
    ("POL02-admitted-without-its-service-endpoint", "POL03", "the connector has no documents of Azure"),
    ("POL02-forced-tunnelling", "POL03", "the connector has no documents of Azure"),
    ("POL02-on-premises-behind-the-gateway", "POL03", "the connector has no documents of Azure"),
    ("POL03-address-rule-against-a-service-endpoint", "POL02", "the connector has no documents of Azure"),
    ("POL03-private-range-in-the-address-rules", "POL02", "the connector has no documents of Azure"),
    ("POL03-shown-by-the-route", "POL02", "the connector has no documents of Azure"),
    ("POL04-pending-endpoint", "DNS03", "the connector has no documents of Azure"),
    ("TCP11-forwarded-traffic-not-accepted", "TCP05", "the connector has no documents of Azure"),
    ("TCP11-peering-disconnected", "TCP05", "the connector has no documents of Azure"),
    ("AUTH11-not-signed-in", "unexplained at websocket", "no credential is given"),
    ("AUTH12-not-signed-in-host-refused", "unexplained at websocket", "no credential is given"),
    ("AUTH12-sign-in-host-dropped", "open", "the token is already available"),
    ("AUTH12-sign-in-host-reset-in-tls", "open", "the token is already available"),
    ("AUTH13-recognition-alone", "AUTH01", "other services are not tried"),
    ("AUTH13-recognition-alone", "open", "for the service that accepts the key"),
    ("CFG03-token-host-for-realtime", "open", "the right host is used"),
    ("CFG04-path-without-offering", "open", "the right path is used"),
    ("CFG07-privatelink-name", "open", "the right name is used"),
    ("CFG08-foundry-endpoint", "open", "the right host is used"),
    ("CFG12-region-of-a-private-resource", "AUTH01", "other hosts are not tried"),
    ("CFG14-open-custom-domain", "open", "discovery returns the region, which is used"),
    ("DNS01-foundry-search-misspelt", "open", "the search service is not called"),
    ("DNS03-foundry-openai-zone-missing", "open", "Azure OpenAI is not called"),
    ("DNS03-foundry-storage-zone-missing", "open", "the storage account is not called"),
    ("DNS03-public-ipv6-beside", "open", "the private address is used"),
    ("DNS04-foundry-vault-record-missing", "open", "the key vault is not called"),
    ("DNS07-system-sees-the-private-zone-alone", "open", "the connection works"),
    ("DNS08-search-domain-answers", "DNS07", "search domains are not queried"),
    ("DNS08-search-list-first", "open", "the connection works"),
    ("DNS09-servers-disagree", "open", "the connection works"),
    ("DNS10-first-server-dead", "open", "the connection works"),
    ("DNS11-ipv6-of-the-service", "open", "the connection works"),
    ("DNS11-ipv6-only-with-nat64", "open", "the connection works"),
    ("DNS12-sign-in-host-filtered", "open", "the token is already available"),
    ("DNS12-synthesis-host-filtered", "DNS01", "other names are not resolved"),
    ("DNS12-synthesis-host-filtered", "open", "for the service whose host resolves"),
    ("ENV01-clock-ten-minutes-ahead", "open", "the connector uses the real clock"),
    ("ENV01-clock-ten-minutes-behind", "open", "the connector uses the real clock"),
    ("ENV02-answers-over-tcp", "open", "the connection works"),
    ("ENV02-musl-takes-the-first-answer", "open", "the connection works"),
    ("HTTP01-offering-not-there", "open", "for the services that are available"),
    ("HTTP02-deployment-unknown", "open", "that deployment is not used"),
    ("HTTP06-closed-for-an-error", "open", "the WebSocket closes after it was opened"),
    ("HTTP06-list-drips", "unexplained at http", "the bytes of a response to a request are not counted"),
    ("HTTP07-list-without-body", "open", "the content of a response is for the application"),
    ("POL02-on-premises-by-metadata", "POL03", "the metadata service is not queried"),
    ("PXY01-proxy-not-used", "TCP01", "the bypassed proxy is not tried"),
    ("PXY02-name-unknown", "unexplained at dns", "the lookup of a proxy is not recorded"),
    ("PXY02-scheme-twice", "unexplained at dns", "the lookup of a proxy is not recorded"),
    ("PXY05-no-websocket", "unexplained at websocket", "other requests are not tried"),
    ("PXY06-private-host-through-proxy", "POL01", "a direct connection is not tried"),
    ("QUO01-closed-as-too-busy", "open", "the WebSocket closes after it was opened"),
    ("QUO01-too-many-requests", "open", "for the services below their limit"),
    ("QUO02-closed-for-the-quota", "open", "the WebSocket closes after it was opened"),
    ("QUO02-concurrent-requests", "open", "the WebSocket closes after it was opened"),
    ("TCP01-foundry-storage-blocked", "open", "the storage account is not called"),
    ("TCP05-foundry-storage-blocked", "open", "the storage account is not called"),
    ("WS07-pings-without-end", "open", "the flood comes after the WebSocket was opened"),
    ("TCP06-ipv6-hangs", "open", "the connection race continues with IPv4"),
    ("TCP07-one-address-dead", "open", "the connection race continues with the other address"),
    ("TCP09-bursts-of-timeouts", "open", "one connection is enough"),
    ("TCP10-large-packets-lost", "unexplained at tls", "small segments are not tried"),
    ("TCP11-no-route-to-the-private-network", "TCP04", "public hosts are not tried"),
    ("TLS01-foundry-vault-inspected", "open", "the key vault is not called"),
    ("TLS04-clock-ahead", "open", "the connector uses the real clock"),
    ("TLS04-clock-behind", "open", "the connector uses the real clock"),
    ("TLS05-block-page", "open", "revocation lists are not fetched"),
    ("TLS05-port-80-dropped", "open", "revocation lists are not fetched"),
    ("TLS07-name-filtered", "TCP03", "another name is not tried"),
    ("TLS07-name-filtered-by-close", "TCP03", "another name is not tried"),
    ("TLS07-name-filtered-by-silence", "unexplained at tls", "another name is not tried"),
    ("TLS08-handshake-never-ends", "unexplained at tls", "another name is not tried"),
    ("TLS08-one-host-hangs", "unexplained at tls", "another name is not tried"),
    ("TLS08-one-host-hangs", "open", "for the service whose host answers"),
    ("TLS08-slow-handshake", "unexplained at tls", "the time limit is shorter than the handshake"),
    ("TLS09-one-host-inspected", "open", "this machine trusts the certificate"),
    ("TLS12-client-certificate", "unexplained at websocket", "the request for a certificate is not recorded"),
    ("WS02-closed-at-once", "open", "the WebSocket closes after it was opened"),
    ("WS03-idle-closed", "open", "the WebSocket becomes idle after it was opened"),
    ("WS03-idle-forgotten", "open", "the WebSocket becomes idle after it was opened"),
    ("WS03-idle-reset", "open", "the WebSocket becomes idle after it was opened"),
    ("WS04-parameter-refused", "open", "the WebSocket closes after it was opened"),
    ("WS05-instance-recycled", "open", "the WebSocket closes after it was opened"),
    ("WS06-nothing-after-upgrade", "open", "the WebSocket is silent after it was opened"),
    ("WS08-two-sockets-at-once", "open", "the WebSocket ends after it was opened"),
    ("healthy-foundry-models-none", "unexplained at http", "no credential is given"),
    ("healthy-openai-no-credential", "unexplained at http", "no credential is given"),
    ("healthy-no-credential", "unexplained at websocket", "no credential is given"),
    ("QUO01-throttled-once", "open", "the connector waits and tries again"),
    ("healthy-but-container-voice", "HTTP02", "synthesis without a text is rejected"),
    ("healthy-but-deployment-gone", "HTTP02", "no audio is given"),
    ("healthy-but-throttled-after-three-turns", "HTTP02", "synthesis without a text is rejected"),
    ("healthy-container", "HTTP02", "synthesis without a text is rejected"),
    ("healthy-openai-live", "HTTP02", "no model and no body is given"),
    (
        "healthy-openai-live",
        "nothing: openai-realtime-webrtc at contoso.openai.azure.com: `openai-realtime-webrtc` does not accept this credential here (key): expected client secret",
        "a key is no client secret",
    ),
    (
        "healthy-openai-live",
        "nothing: openai-realtime-translation-webrtc at contoso.openai.azure.com: `openai-realtime-translation-webrtc` does not accept this credential here (key): expected client secret",
        "a key is no client secret",
    ),
    ("healthy-openai-realtime", "HTTP02", "no model and no audio is given"),
    ("healthy-rest-services", "HTTP02", "synthesis without a text and recognition without audio are rejected"),
    ("healthy-voice-live", "HTTP02", "no model is given"),
];

/// The worlds that need the doctor's additional probes to be distinguished from others.
const EXAMINED: &[&str] = &[
    "AUTH03-composed-token-at-own-host",
    "CFG12-region-of-a-private-resource",
    "PXY01-proxy-not-used",
    "PXY05-no-websocket",
    "PXY06-private-host-through-proxy",
    "TLS07-name-filtered",
];

fn connector(lab: &Lab) -> Option<Connector> {
    let proxies = ProxySettings::new(lab.proxy_argument().as_deref(), &lab.variables()).ok()?;
    let credential = lab.credential().map(ClientCredential::read).transpose().ok()?;
    let source = credential.map_or_else(TokenSource::none, TokenSource::ready);
    let builder = Connector::builder(lab.account().ok()?.clone(), source)
        .network(lab.network())
        .trust(Trust::of(lab.system_roots(), lab.builtin_roots(), "the lab's store"))
        .proxies(proxies)
        .time_limit(LIMIT);
    Some(builder.build().unwrap())
}

/// Returns the result of an attempt: `open`, the id of the root cause, or the stage of a failure without a rule.
async fn attempt(connector: &Connector, service: Service) -> String {
    let query = names_of(service);
    let begun = tokio::time::Instant::now();
    let outcome = if service.is_websocket() {
        connector.websocket(service, &query).await.map(drop)
    } else {
        connector.send(service, service.method().parse().unwrap(), &query, |request| request).await.map(drop)
    };
    assert!(begun.elapsed() < LIMIT + Duration::from_secs(1), "{service} took {:?}", begun.elapsed());
    let Err(error) = outcome else { return "open".to_owned() };
    let diagnosis = error.diagnosis();
    let root = diagnosis.root_cause().map(|finding| finding.failure.id.to_owned());
    let unexplained =
        || diagnosis.unexplained.first().map(|unexplained| format!("unexplained at {}", unexplained.stage));
    root.or_else(unexplained).unwrap_or_else(|| format!("nothing: {error}"))
}

/// The same, where the time of an attempt may end before the name servers respond. One of the results comes.
const LATE: &[(&str, &str, &str)] = &[
    ("TCP11-public-source", "DNS07", "the route is not looked up"),
    ("TCP11-public-source", "TCP05", "without the responses of the name servers, the hosts file contradicts nothing"),
];

/// Returns the names in the path of a service, without which it has no URL.
fn names_of(service: Service) -> Query {
    let names: &[(&str, &str)] = match service {
        Service::VoiceAgent => &[("agent-name", "greeter"), ("agent-project-name", "support")],
        Service::OpenAiLiveAttach => &[("session_id", "sess_123")],
        _ => &[],
    };
    names.iter().fold(Query::default(), |query, (name, value)| query.with_parameter(name, value).unwrap())
}

/// Returns the attempts of a world that differ from the doctor, with the doctor's result.
async fn differing(name: &'static str) -> Vec<(String, String, String)> {
    let world = World::named(name).unwrap();
    let expected = world.expect().root_cause.clone().or_else(|| world.expect().findings.first().cloned());
    let lab = Lab::start(world, SystemTime::now()).await.unwrap();
    let Some(connector) = connector(&lab) else { return Vec::new() };
    let usual = Plan::usual_services(lab.account().unwrap());
    let services = if lab.services().is_empty() { &usual[..] } else { lab.services() };
    let mut differing = Vec::new();
    for service in services {
        let came_to = attempt(&connector, *service).await;
        if came_to != expected.clone().unwrap_or_else(|| "open".to_owned()) {
            differing.push((name.to_owned(), service.to_string(), came_to));
        }
    }
    differing
}

#[tokio::test]
async fn a_connector_opens_or_explains_every_world() {
    let all = futures_util::stream::iter(World::all()).map(|(name, _)| differing(name)).buffer_unordered(6);
    let mut differing: Vec<_> = all.concat().await;
    let is_listed = |(name, _, came_to): &(String, String, String)| {
        OTHERWISE.iter().chain(LATE).any(|(known, expected, _)| known == name && expected == came_to)
    };
    // The limits are short, and six worlds share a thread: what differs has to differ again when its world is alone.
    let late: BTreeSet<String> =
        differing.iter().filter(|one| !is_listed(one)).map(|(name, ..)| name.clone()).collect();
    differing.retain(|(name, ..)| !late.contains(name));
    for (name, _) in World::all().filter(|(name, _)| late.contains(*name)) {
        println!("{name} once more");
        differing.extend(self::differing(name).await);
    }
    let mut failures = Vec::new();
    let mut met = BTreeSet::new();
    for (name, service, came_to) in differing {
        let one = (name, service, came_to);
        let is_listed = is_listed(&one);
        let (name, service, came_to) = one;
        if is_listed {
            met.insert((name, came_to));
        } else {
            failures.push(format!("{name}, {service}: {came_to}"));
        }
    }
    let is_met = |name: &str, expected: &str| met.contains(&(name.to_owned(), expected.to_owned()));
    let unmet = OTHERWISE.iter().filter(|(name, expected, _)| !is_met(name, expected));
    failures.extend(unmet.map(|(name, expected, _)| format!("{name}: nothing came to {expected}")));
    println!("{} worlds, {} otherwise as listed", World::all().count(), met.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test]
async fn examine_distinguishes_failures_that_an_attempt_cannot() {
    for name in EXAMINED {
        let lab = Lab::start(World::named(name).unwrap(), SystemTime::now()).await.unwrap();
        let evidence = connector(&lab).unwrap().probe(Service::SpeechToText, &Query::default()).await;
        let diagnosis = diagnose(&evidence[0]);
        let root = diagnosis.root_cause().map(|finding| finding.failure.id);
        assert_eq!(root, name.split('-').next(), "{name}");
    }
}

/// Loopback responds at once, so a short time limit is enough for peers that never respond.
const LIMIT: Duration = Duration::from_millis(1500);

//! Every world by a connector: what works for the doctor is opened, and what fails carries the doctor's root cause. Where an
//! attempt cannot tell look-alikes apart it says so much, and `examine` says the rest.

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
use speech_endpoint::net::ProxySettings;
use speech_endpoint::net::Trust;
use speech_endpoint::{Plan, Query, Service, diagnose};
use speech_endpoint_lab::{GivenCredential, Lab, World};

/// What an attempt says in place of the doctor's root cause, and why that is right for an application.
const OTHERWISE: &[(&str, &str, &str)] = &[
    ("AUTH03-composed-token-at-own-host", "unexplained at auth", "the other form is not tried"),
    ("AUTH11-not-signed-in", "unexplained at websocket", "no credential is given here"),
    ("AUTH13-recognition-alone", "AUTH01", "what another offering takes is not tried"),
    ("AUTH13-recognition-alone", "open", "for the service that takes the key"),
    ("CFG03-token-host-for-realtime", "open", "the right host is used"),
    ("CFG04-path-without-offering", "open", "the right path is used"),
    ("CFG07-privatelink-name", "open", "the right name is used"),
    ("CFG08-foundry-endpoint", "open", "the right host is used"),
    ("CFG12-region-of-a-private-resource", "AUTH01", "that the key is good elsewhere is not tried"),
    ("CFG14-open-custom-domain", "open", "the region is asked for and used"),
    ("DNS07-system-sees-the-private-zone-alone", "open", "it works from here"),
    ("DNS08-search-domain-answers", "DNS07", "the search domains are not asked"),
    ("DNS08-search-list-first", "open", "it works from here"),
    ("DNS09-servers-disagree", "open", "it works from here"),
    ("DNS10-first-server-dead", "open", "it works from here"),
    ("DNS12-sign-in-host-filtered", "open", "the token is there already"),
    ("DNS12-synthesis-host-filtered", "DNS01", "what else resolves is not looked at"),
    ("DNS12-synthesis-host-filtered", "open", "for the service whose host resolves"),
    ("HTTP01-offering-not-there", "open", "for the services that are there"),
    ("HTTP02-deployment-unknown", "open", "nothing is asked of that deployment"),
    ("PXY01-proxy-not-used", "TCP01", "the proxy that does not apply is not tried"),
    ("PXY05-no-websocket", "unexplained at websocket", "that other requests pass is not tried"),
    ("PXY06-private-host-through-proxy", "POL01", "the direct way is not tried"),
    ("QUO01-too-many-requests", "open", "for the services that are not asked too often"),
    ("QUO02-closed-for-the-quota", "open", "it is closed after it was handed over"),
    ("QUO02-concurrent-requests", "open", "it is closed after it was handed over"),
    ("TCP06-ipv6-hangs", "open", "the race goes on with IPv4"),
    ("TCP07-one-address-dead", "open", "the race goes on with the other address"),
    ("TLS04-clock-ahead", "open", "the clock here is the real one"),
    ("TLS04-clock-behind", "open", "the clock here is the real one"),
    ("TLS07-name-filtered", "TCP03", "another name is not tried"),
    ("TLS07-name-filtered-by-close", "TCP03", "another name is not tried"),
    ("TLS08-slow-handshake", "unexplained at tls", "it has less time than the handshake takes"),
    ("WS02-closed-at-once", "open", "it is closed after it was handed over"),
    ("WS03-idle-closed", "open", "it is silent after it was handed over"),
    ("WS03-idle-forgotten", "open", "it is silent after it was handed over"),
    ("WS03-idle-reset", "open", "it is silent after it was handed over"),
    ("WS04-parameter-refused", "open", "it is closed after it was handed over"),
    ("WS05-instance-recycled", "open", "it is closed after it was handed over"),
    ("healthy-no-credential", "unexplained at websocket", "there is none to be accepted"),
    ("healthy-container", "unexplained at http", "synthesis without a text is refused"),
    (
        "healthy-rest-services",
        "unexplained at http",
        "synthesis without a text, and recognition without sound, are refused",
    ),
];

/// The worlds that only the doctor's further probes tell from others.
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
    let credential = lab.credential().map(GivenCredential::read).transpose().ok()?;
    let source = credential.map_or_else(TokenSource::none, TokenSource::ready);
    let builder = Connector::builder(lab.account().ok()?.clone(), source)
        .network(lab.network())
        .trust(Trust::of(lab.system_roots(), lab.builtin_roots(), "the lab's store"))
        .proxies(proxies)
        .time_limit(LIMIT);
    Some(builder.build().unwrap())
}

/// What an attempt came to: `open`, the id of the root cause, or the stage of what no rule explains.
async fn attempt(connector: &Connector, service: Service) -> String {
    let query = Query::default();
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

/// The attempts of a world that differ from the doctor, and what the doctor says.
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
async fn every_world_is_opened_or_explained() {
    let all = futures_util::stream::iter(World::all()).map(|(name, _)| differing(name)).buffer_unordered(24);
    let differing: Vec<_> = all.concat().await;
    let mut failures = Vec::new();
    let mut met = BTreeSet::new();
    for (name, service, came_to) in differing {
        if OTHERWISE.iter().any(|(known, expected, _)| *known == name && *expected == came_to) {
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
async fn what_an_attempt_cannot_tell_apart_is_examined() {
    for name in EXAMINED {
        let lab = Lab::start(World::named(name).unwrap(), SystemTime::now()).await.unwrap();
        let evidence = connector(&lab).unwrap().examine(Service::SpeechToText, &Query::default()).await;
        let diagnosis = diagnose(&evidence[0]);
        let root = diagnosis.root_cause().map(|finding| finding.failure.id);
        assert_eq!(root, name.split('-').next(), "{name}");
    }
}

/// Loopback answers at once; what never does is waited for in steps of a quarter.
const LIMIT: Duration = Duration::from_millis(1500);

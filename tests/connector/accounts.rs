//! The accounts of a connector: their names, and the doctor's run over all services that the application uses.

use std::time::{Duration, SystemTime};

use reqwest::Method;
use speech_endpoint::connect::{Builder, Connector, TokenSource};
use speech_endpoint::{Account, Query, Service, diagnose};
use speech_endpoint_lab::{Lab, World};

async fn lab(world: &str) -> Lab {
    Lab::start(World::named(world).unwrap(), SystemTime::now()).await.unwrap()
}

fn builder(lab: &Lab) -> Builder {
    let source = TokenSource::ready(lab.credential().unwrap().read().unwrap());
    let builder = Connector::builder(lab.account().unwrap().clone(), source);
    builder.network(lab.network()).trust(lab.trust()).proxies(lab.proxies()).time_limit(Duration::from_secs(5))
}

fn names(builder: Builder) -> Vec<String> {
    builder.build().unwrap().accounts().into_iter().map(|account| account.name).collect()
}

fn account(endpoint: &str) -> Account {
    Account::from_endpoint(endpoint).unwrap().value
}

#[test]
fn an_account_is_named_by_its_region_its_custom_domain_or_its_host() {
    let region = Account::regional("westeurope".parse().unwrap()).unwrap();
    let own = account("https://contoso.cognitiveservices.azure.com/");
    let container = Account::from_host("ws://localhost:5000").unwrap().value;
    let mut all = Connector::builder(region.clone(), TokenSource::none());
    for account in [own, container, region.clone(), region] {
        all = all.fallback(account, TokenSource::none());
    }
    assert_eq!(names(all), ["westeurope", "contoso", "localhost:5000", "westeurope-2", "westeurope-3"]);
}

#[test]
fn a_name_of_the_application_takes_the_place_of_the_usual_one() {
    let region = Account::regional("westeurope".parse().unwrap()).unwrap();
    let builder = Connector::builder(region.clone(), TokenSource::none()).named("near");
    assert_eq!(names(builder.fallback(region, TokenSource::none())), ["near", "westeurope"]);
}

#[tokio::test]
async fn what_a_call_returns_names_the_account() {
    let lab = lab("healthy-regional").await;
    let connector = builder(&lab).build().unwrap();
    let opened = connector.websocket(Service::SpeechToText, &Query::default()).await.unwrap();
    assert_eq!((opened.account_name(), opened.account_index()), ("westeurope", 0));
    // A prepared connection and an error name it too.
    connector.prepare(Service::TextToSpeechWebSocket, &Query::default()).await.unwrap();
    let opened = connector.websocket(Service::TextToSpeechWebSocket, &Query::default()).await.unwrap();
    assert_eq!(opened.account_name(), "westeurope");
    lab.regenerate_key();
    lab.regenerate_second_key();
    let error = connector.websocket(Service::SpeechToText, &Query::default()).await.unwrap_err();
    assert_eq!((error.account_name(), error.status(), error.is_transient()), (Some("westeurope"), Some(401), false));
    let error = connector.send(Service::Voices, Method::GET, &Query::default(), |request| request).await.unwrap_err();
    assert_eq!((error.account_name(), error.is_transient()), (Some("westeurope"), false));
}

#[tokio::test]
async fn an_error_says_whether_it_may_pass() {
    for (world, is_transient) in [
        ("QUO01-too-many-requests", true),
        ("TCP02-refused", true),
        ("TLS01-inspected", false),
        ("AUTH01-foreign-key", false),
        ("DNS03-zone-not-linked", false),
    ] {
        let lab = lab(world).await;
        let connector = builder(&lab).time_limit(Duration::from_secs(2)).build().unwrap();
        let error = connector.websocket(Service::TextToSpeechWebSocket, &Query::default()).await.expect_err(world);
        assert_eq!(error.is_transient(), is_transient, "{world}: {error}");
    }
}

/// The credential is accepted by one offering and rejected by the other, which only a run over both can show.
#[tokio::test]
async fn a_run_over_all_services_in_use_applies_the_rules_that_compare_them() {
    let lab = lab("AUTH13").await;
    let connector = builder(&lab).build().unwrap();
    let query = Query::default();
    let mut used = Vec::new();
    for service in [Service::SpeechToText, Service::TextToSpeechWebSocket] {
        let alone = connector.probe(service, &query).await.remove(0);
        let ids: Vec<&str> = diagnose(&alone).findings.iter().map(|finding| finding.failure.id).collect();
        assert!(!ids.contains(&"AUTH13"), "{service}: {ids:?}");
        let _ = connector.websocket(service, &query).await;
        used.push(service.id());
    }
    let evidence = connector.probe_services(&[], &query).await.remove(0);
    let traced: Vec<_> = evidence.traces.iter().filter_map(|trace| trace.target.service.as_deref()).collect();
    assert!(used.iter().all(|service| traced.contains(service)), "{used:?} {traced:?}");
    let ids: Vec<&str> = diagnose(&evidence).findings.iter().map(|finding| finding.failure.id).collect();
    assert!(ids.contains(&"AUTH13"), "{ids:?}");
    assert!(!format!("{evidence:?}").contains(lab.key().expose()));
}

#[tokio::test]
async fn a_run_before_any_call_checks_the_usual_services_of_each_account() {
    let lab = lab("healthy-regional").await;
    let (account, source) = (lab.account().unwrap().clone(), TokenSource::key(lab.key().expose()).unwrap());
    let connector = builder(&lab).fallback(account, source).build().unwrap();
    let runs = connector.probe_services(&[], &Query::default()).await;
    assert_eq!(runs.len(), 2);
    for evidence in runs {
        assert!(evidence.traces.len() >= 2 && diagnose(&evidence).findings.is_empty(), "{evidence:?}");
    }
}

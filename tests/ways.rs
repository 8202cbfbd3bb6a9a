//! The fifteen ways to connect that the vendor's tests name, each for recognition, translation and synthesis: the URL and form
//! of credential that reach the service, or the documented reason for rejection.
#![cfg(feature = "connect")]
#![allow(clippy::disallowed_methods, reason = "a lab begins at the real time")]
#![allow(clippy::print_stdout, reason = "the counts are part of what the test shows")]

use std::collections::BTreeSet;

use serde_json::Value;
use speech_endpoint::connect::TokenSource;
use speech_endpoint::{Credential, Query, RecognitionMode, Service};
use speech_endpoint_lab::{Lab, SeenRequest};

mod wire;

const WAYS: [&str; 15] = [
    "subscription-region",
    "host-key",
    "endpoint-key",
    "endpoint-key-credential",
    "endpoint-issued-token",
    "endpoint-entra",
    "legacy-issued-token-region",
    "legacy-composed-region",
    "container-host",
    "private-link-key",
    "private-link-issued-token",
    "private-link-entra",
    "private-link-legacy-key",
    "private-link-legacy-issued-token",
    "private-link-legacy-entra",
];

const FEATURES: [&str; 3] = ["recognition", "translation", "synthesis"];

#[tokio::test]
async fn every_way_to_connect_reaches_its_url_or_is_rejected_as_documented() {
    let ways = wire::vectors("ways");
    let named: BTreeSet<_> = ways.iter().filter_map(|way| way["name"].as_str()).collect();
    let (mut open, mut refused, mut faults) = (0, 0, Vec::new());
    for name in WAYS {
        let Some(way) = ways.iter().find(|way| way["name"] == name) else {
            faults.push(format!("{name}: missing"));
            continue;
        };
        for feature in FEATURES {
            match connect(way, &way[feature]).await {
                Ok(true) => open += 1,
                Ok(false) => refused += 1,
                Err(fault) => faults.push(format!("{name}, {feature}: {fault}")),
            }
        }
    }
    println!("{} ways × {}: {open} open, {refused} refused as documented", WAYS.len(), FEATURES.len());
    assert!(faults.is_empty(), "{} faults:\n  {}", faults.len(), faults.join("\n  "));
    assert_eq!(named, BTreeSet::from(WAYS), "a way that is tested by nobody");
}

#[test]
fn every_way_has_a_source_and_every_rejection_a_reason() {
    for way in wire::vectors("ways") {
        for field in ["doc", "source"] {
            assert!(way[field].as_str().is_some_and(|text| text.len() > 9), "{way} has no {field}");
        }
        for expected in FEATURES.map(|feature| &way[feature]) {
            assert!(expected["reached"].is_array() != expected["refused"].is_string(), "{way}: one of both");
            assert!(
                expected["refused"].is_null() || expected["because"].is_string(),
                "{way}: refused without a reason"
            );
        }
    }
}

/// Returns whether a connection was opened as expected, or the difference.
async fn connect(way: &Value, expected: &Value) -> Result<bool, String> {
    let given = if expected["given"].is_null() { &way["given"] } else { &expected["given"] };
    let lab = wire::lab(given, way["network"].as_str(), way["really"].as_str()).await;
    let remarks: Vec<_> = lab.remarks().iter().map(|note| Value::from(note.id)).collect();
    if remarks != *way["remarks"].as_array().unwrap_or(&Vec::new()) {
        return Err(format!("remarks {remarks:?}"));
    }
    let service: Service = expected["service"].as_str().expect("a service").parse().expect("a service");
    let connector = wire::connector(&lab, source(&lab, way["credential"].as_str().expect("a credential")));
    let outcome = connector.websocket(service, &query(&expected["query"])).await;
    let secrets = [lab.key(), lab.second_key(), lab.issued_token(), lab.entra_token()];
    let leaks = wire::urls_with_a_secret(&lab, &secrets.map(|secret| secret.expose().to_owned()));
    if !leaks.is_empty() {
        return Err(format!("a credential in a URL: {leaks:?}"));
    }
    let reached: Vec<_> = lab.requests().iter().map(shown).collect();
    let wanted: Vec<_> = expected["reached"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if reached != wanted {
        return Err(format!("reached {reached:#?}, expected {wanted:#?}; {:?}", outcome.err()));
    }
    match (outcome, expected["refused"].as_str()) {
        (Ok(_), None) => Ok(true),
        (Err(error), Some(id)) if wire::id_of(&error) == id => Ok(false),
        (outcome, id) => Err(format!("{:?}, expected {}", outcome.err(), id.unwrap_or("a connection"))),
    }
}

fn source(lab: &Lab, credential: &str) -> TokenSource {
    let ready = |read: Result<Credential, _>| TokenSource::ready(read.expect("the lab's own"));
    match credential {
        "key" => TokenSource::key(lab.key().expose()).expect("the lab's own"),
        "ready-key" => ready(Credential::key(lab.key().expose())),
        "issued-token" => ready(Credential::issued_token(lab.issued_token().expose())),
        "identity" => wire::identity(lab),
        "composed" => ready(Credential::token(wire::composed(lab))),
        "none" => TokenSource::none(),
        other => panic!("`{other}` is no credential"),
    }
}

fn query(given: &Value) -> Query {
    let mut query = Query::default();
    if let Some(mode) = given["mode"].as_str() {
        query = query.with_mode(if mode == "interactive" {
            RecognitionMode::Interactive
        } else {
            RecognitionMode::Conversation
        });
    }
    match given["language"].as_str() {
        Some(language) => query.with_language(language).expect("a language"),
        None => query,
    }
}

/// Returns the status, URL and form of the credential.
fn shown(seen: &SeenRequest) -> String {
    let is_container = seen.host == "localhost";
    let scheme = match (seen.is_upgrade, is_container) {
        (true, true) => "ws",
        (true, false) => "wss",
        (false, _) => "https",
    };
    format!("{} {scheme}://{} {}", seen.status, wire::url(seen), seen.form.map_or("none", |form| form.id()))
}

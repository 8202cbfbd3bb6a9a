//! Compares requests with those of the native SDK 1.53.0, for each kind of credential: the same method, URL and headers, or a
//! listed deviation. Every request is actually sent, to a lab.
#![cfg(feature = "connect")]
#![allow(clippy::disallowed_methods, reason = "a lab begins at the real time")]
#![allow(clippy::print_stdout, reason = "the counts are part of what the test shows")]

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::Value;
use speech_endpoint::connect::{ConnectError, TokenSource};
use speech_endpoint::{Credential, Query, Service};
use speech_endpoint_lab::{Lab, SeenRequest};
use url::Url;

mod wire;

/// The compared parts of a request, by name.
type Parts = BTreeMap<String, String>;

#[tokio::test]
async fn every_request_matches_the_native_sdk_or_a_listed_deviation() {
    let mut listed = deviations();
    let (mut same, mut deviating, mut faults) = (0, 0, Vec::new());
    let cases = wire::vectors("sdk-wire");
    for case in &cases {
        let id = case["id"].as_str().expect("an id");
        let (differences, wrong) = compare(case).await;
        faults.extend(wrong.into_iter().map(|fault| format!("{id}: {fault}")));
        if differences.is_empty() {
            same += 1;
        } else {
            deviating += 1;
        }
        for (part, text) in differences {
            if !listed.remove(&(id.to_owned(), part.clone())) {
                faults.push(format!("{id}: {part} deviates and is not listed: {text}"));
            }
        }
    }
    println!("native SDK 1.53.0 on the wire: {same} of {} the same, {deviating} deviating as listed", cases.len());
    faults.extend(listed.iter().map(|(id, part)| format!("{id}: {part} is listed as deviating and is the same")));
    assert!(faults.is_empty(), "{} faults:\n  {}", faults.len(), faults.join("\n  "));
    assert_eq!(cases.len(), 48, "is the file complete?");
}

#[test]
fn every_group_of_deviations_has_a_reason_from_the_documentation() {
    for group in wire::vectors("wire-deviations") {
        for field in ["reason", "source"] {
            assert!(group[field].as_str().is_some_and(|text| text.len() > 3), "{group} has no {field}");
        }
        for field in ["parts", "cases"] {
            assert!(group[field].as_array().is_some_and(|list| !list.is_empty()), "{group} has no {field}");
        }
    }
}

/// Sends the request of a case. Returns the parts that differ, and the faults that are independent of the SDK.
async fn compare(case: &Value) -> (Parts, Vec<String>) {
    // With a private endpoint and public access, the custom domain serves everything and accepts issued tokens.
    let lab = wire::lab(&case["input"], None, Some("private-and-public")).await;
    let sent = match source(&lab, &case["input"]) {
        Ok(source) => send(&lab, source, case).await.map_err(|error| wire::id_of(&error)),
        Err(id) => Err(id),
    };
    let requests = lab.requests();
    let mut wrong = Vec::new();
    let secrets = [lab.key(), lab.issued_token(), lab.entra_token()].map(|secret| secret.expose().to_owned());
    wrong.extend(wire::urls_with_a_secret(&lab, &secrets).into_iter().map(|url| format!("a credential in {url}")));
    let [seen] = &requests[..] else {
        let refused = sent.err().filter(|_| requests.is_empty());
        let Some(id) = refused else {
            wrong.push(format!("{} requests: {requests:?}", requests.len()));
            return (Parts::new(), wrong);
        };
        return (Parts::from([(format!("refused {id}"), "before anything was sent".into())]), wrong);
    };
    let named = seen.header("x-connectionid").map(str::to_owned);
    let expected = if takes_it(case) { Ok(named.filter(|_| seen.is_upgrade)) } else { Err("401".to_owned()) };
    if sent != expected {
        wrong.push(format!("{sent:?}, expected {expected:?}"));
    }
    (differences(&ours(seen), &theirs(&lab, case)), wrong)
}

/// Returns whether the service accepts the request.
fn takes_it(case: &Value) -> bool {
    !case["id"].as_str().is_some_and(|id| id.starts_with("native/auth/cd-noauth/"))
}

/// Returns the lab's credential for a case, or the id of its fault.
fn source(lab: &Lab, input: &Value) -> Result<TokenSource, String> {
    let given = |name: &str| input[name].as_str().map(|text| in_the_lab(lab, text));
    if input["token_credential"] == true {
        return Ok(wire::identity(lab));
    }
    let credential =
        match (given("subscription").or(given("key_credential")), given("auth_token").or(given("auth_token_later"))) {
            (Some(key), _) => Credential::key(key),
            (None, Some(token)) => Credential::token(token),
            (None, None) => return Ok(TokenSource::none()),
        };
    credential.map(TokenSource::ready).map_err(|error| error.id().to_owned())
}

/// Replaces the keys and tokens of the recording by those of the lab.
fn in_the_lab(lab: &Lab, text: &str) -> String {
    let text = text.replace(THEIR_COMPOSED, &wire::composed(lab)).replace(THEIR_KEY, lab.key().expose());
    text.replace(THEIR_ISSUED, lab.issued_token().expose()).replace(THEIR_ENTRA, lab.entra_token().expose())
}

/// Connects, and returns the `X-ConnectionId` of the open WebSocket.
async fn send(lab: &Lab, source: TokenSource, case: &Value) -> Result<Option<String>, ConnectError> {
    let connector = wire::connector(lab, source);
    let mut query = Query::default();
    let service = match case["feature"].as_str().expect("a feature") {
        "stt_once" => Service::SpeechToText,
        "translate_once" => Service::Translation,
        "tts_text" => Service::TextToSpeechWebSocket,
        "conv_transcribe" => {
            // Version 2 sends the language in a message; only the transcriber also has it in the URL.
            query = query.with_language(case["input"]["options"]["language"].as_str().expect("one")).expect("one");
            Service::ConversationTranscription
        }
        "voices" => {
            connector.send(Service::Voices, Method::GET, &query, |request| request).await?;
            return Ok(None);
        }
        other => panic!("`{other}` is no feature"),
    };
    connector.websocket(service, &query).await.map(|opened| Some(opened.connection_id))
}

fn ours(seen: &SeenRequest) -> Parts {
    let scheme = if seen.is_upgrade { "wss" } else { "https" };
    let url = Url::parse(&format!("{scheme}://{}", wire::url(seen))).expect("a URL");
    let headers = seen.headers.iter().filter(|(name, _)| !OF_THE_PROTOCOL.contains(&name.as_str()));
    parts(&seen.method, &url, headers.map(|(name, value)| (name.as_str(), shape(value))))
}

fn theirs(lab: &Lab, case: &Value) -> Parts {
    let url = Url::parse(case["url"].as_str().expect("a URL")).expect("a URL");
    let headers = case["headers"].as_object().expect("headers").iter();
    let text = |value: &Value| in_the_lab(lab, value.as_str().expect("a text"));
    parts(case["method"].as_str().expect("a method"), &url, headers.map(|(name, value)| (name.as_str(), text(value))))
}

fn parts<'a>(method: &str, url: &Url, headers: impl Iterator<Item = (&'a str, String)>) -> Parts {
    let host = url.port().map_or_else(String::new, |port| format!(":{port}"));
    let host = format!("{}{host}", url.host_str().unwrap_or_default());
    let of_url =
        [("method", method), ("host", &host), ("path", url.path()), ("query", url.query().unwrap_or_default())];
    let of_url = of_url.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    of_url.chain(headers.map(|(name, value)| (format!("header {}", name.to_ascii_lowercase()), value))).collect()
}

fn differences(ours: &Parts, theirs: &Parts) -> Parts {
    let names: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    let differing = names.into_iter().filter(|name| ours.get(*name) != theirs.get(*name));
    let text = |parts: &Parts, name| parts.get(name).cloned().unwrap_or_else(|| "nothing".into());
    differing.map(|name| (name.clone(), format!("`{}`, SDK `{}`", text(ours, name), text(theirs, name)))).collect()
}

/// Replaces a random value by its format.
fn shape(value: &str) -> String {
    let is_id = value.len() == 32 && value.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if is_id { "<hex32-lower>".into() } else { value.to_owned() }
}

/// Returns the case and part of each deviation.
fn deviations() -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for group in wire::vectors("wire-deviations") {
        for case in group["cases"].as_array().expect("a list") {
            for part in group["parts"].as_array().expect("a list") {
                let entry = (case.as_str().expect("an id").to_owned(), part.as_str().expect("a part").to_owned());
                assert!(all.insert(entry), "{case}: {part} is listed twice");
            }
        }
    }
    all
}

/// Headers that every HTTP client or WebSocket adds, and that the recordings do not contain.
const OF_THE_PROTOCOL: [&str; 7] =
    ["accept", "connection", "host", "sec-websocket-key", "sec-websocket-version", "upgrade", "user-agent"];

const THEIR_KEY: &str = "FAKEKEY0123456789abcdef";
const THEIR_ISSUED: &str = "eyFAKE.JWT.TOKEN";
const THEIR_ENTRA: &str = "FAKE-AAD-TOKEN";
const THEIR_COMPOSED: &str =
    "aad#/subscriptions/0000/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/myres#eyFAKE.AAD.TOKEN";

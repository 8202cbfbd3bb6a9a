//! Compares URLs with those of the native SDK 1.53.0: the same scheme, host and path, or a listed deviation.
#![cfg(feature = "serde")]
#![allow(clippy::print_stdout, reason = "the counts are part of what the tests show")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use speech_endpoint::{Account, Endpoint, Query, RecognitionMode, Region, Service};
use url::Url;

#[test]
fn every_native_case_matches_or_is_a_listed_deviation() {
    let mut listed = deviations();
    let (mut matched, mut deviating, mut rejected) = (0, 0, 0);
    let mut unexplained = Vec::new();
    for case in cases() {
        let Some((service, query)) = service_of(&case) else { continue };
        if !is_in_scope(&case["input"]) {
            continue;
        }
        let id = case["id"].as_str().expect("an id").to_owned();
        let ours = account_of(&case["input"])
            .and_then(|account| account.endpoint_with(service, &query).map_err(|error| error.to_string()));
        let theirs = case["url"].as_str();
        match (&ours, theirs) {
            (Ok(ours), Some(theirs)) if is_same(ours, theirs) => matched += 1,
            (Err(_), None) => rejected += 1,
            _ => match listed.remove(&id) {
                Some(_) => deviating += 1,
                None => unexplained.push(format!(
                    "{id}\n    {}\n    SDK:  {}\n    ours: {}",
                    case["input"],
                    theirs.unwrap_or("nothing sent"),
                    shown(&ours)
                )),
            },
        }
    }
    println!("native SDK 1.53.0: {matched} matched, {deviating} deviating, {rejected} rejected by both");
    assert!(matched > 250, "only {matched} cases matched: is the file complete?");
    assert!(
        unexplained.is_empty(),
        "{} deviations that are not listed:\n  {}",
        unexplained.len(),
        unexplained.join("\n  ")
    );
    assert!(listed.is_empty(), "listed as deviations but matching or unknown: {:?}", listed.keys());
}

#[test]
fn every_group_of_deviations_has_a_reason_from_the_documentation() {
    for group in read("deviations").as_array().expect("a list") {
        for field in ["reason", "source"] {
            assert!(group[field].as_str().is_some_and(|text| text.len() > 3), "{group} has no {field}");
        }
        assert!(group["cases"].as_array().is_some_and(|cases| !cases.is_empty()), "{group} has no cases");
    }
}

/// Returns the service that corresponds to a feature of the SDK, with its settings.
fn service_of(case: &Value) -> Option<(Service, Query)> {
    let (feature, input, options) = (case["feature"].as_str()?, &case["input"], &case["input"]["options"]);
    let query = Query::default();
    let by_host = input["host"].is_string();
    let speaks = feature.starts_with("tts_") || feature == "voices";
    let custom_voice = options["endpoint_id"].as_str().filter(|_| speaks);
    Some(match feature {
        "stt_once" | "stt_continuous" if by_host => {
            let dictation =
                options["dictation"] == true || options["props"]["SpeechServiceConnection_RecoMode"] == "DICTATION";
            let mode = match feature {
                _ if dictation => RecognitionMode::Dictation,
                "stt_once" => RecognitionMode::Interactive,
                _ => RecognitionMode::Conversation,
            };
            (Service::SpeechToTextV1, query.with_mode(mode))
        }
        "stt_once" | "stt_continuous" => (Service::SpeechToText, query),
        "translate_once" | "translate_continuous" => (Service::Translation, query),
        "conv_transcribe" => (Service::ConversationTranscription, query),
        "voices" => match custom_voice {
            Some(id) => (Service::Voices, query.with_deployment(id).expect("an id")),
            None => (Service::Voices, query),
        },
        "tts_text" | "tts_ssml" | "tts_stream" if options["props_by_name"]["SPEECH-SynthesisBackend"] == "rest" => {
            (Service::TextToSpeech, query)
        }
        "tts_text" | "tts_ssml" | "tts_stream" => match custom_voice {
            Some(id) => (Service::CustomVoiceWebSocket, query.with_deployment(id).expect("an id")),
            None => (Service::TextToSpeechWebSocket, query),
        },
        // Dialogs and meetings are retired.
        _ => return None,
    })
}

/// Returns whether the input is a region, a host, or an endpoint without a path.
fn is_in_scope(input: &Value) -> bool {
    let Some(endpoint) = input["endpoint"].as_str() else { return true };
    let after_scheme = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let path = after_scheme.find('/').map_or("", |slash| &after_scheme[slash..]);
    matches!(path.split(['?', '#']).next().unwrap_or_default().trim(), "" | "/")
}

fn account_of(input: &Value) -> Result<Account, String> {
    if let Some(region) = input["region"].as_str() {
        let region = Region::read(region).map_err(|error| error.to_string())?.value;
        return Account::regional(region).map_err(|error| error.to_string());
    }
    let read = match (input["endpoint"].as_str(), input["host"].as_str()) {
        (Some(endpoint), _) => Account::from_endpoint(endpoint),
        (None, host) => Account::from_host(host.expect("a host")),
    };
    read.map(|read| read.value).map_err(|error| error.to_string())
}

/// Compares scheme, host and path. The case of the host and the default port do not matter.
fn is_same(ours: &Endpoint, theirs: &str) -> bool {
    let theirs = Url::parse(theirs).expect("an observed URL");
    let ours = ours.to_url();
    (ours.scheme(), ours.host_str(), ours.port(), ours.path())
        == (theirs.scheme(), theirs.host_str(), theirs.port(), theirs.path())
}

fn shown(ours: &Result<Endpoint, String>) -> String {
    match ours {
        Ok(endpoint) => endpoint.url().to_owned(),
        Err(error) => format!("refused: {error}"),
    }
}

/// Returns the listed cases, each with the reason of its group.
fn deviations() -> BTreeMap<String, String> {
    let mut cases = BTreeMap::new();
    for group in read("deviations").as_array().expect("a list") {
        for case in group["cases"].as_array().expect("a list") {
            let twice = cases.insert(case.as_str().expect("an id").to_owned(), group["reason"].to_string());
            assert!(twice.is_none(), "{case} is listed twice");
        }
    }
    cases
}

fn cases() -> Vec<Value> {
    read("sdk-observed").as_array().expect("a list").clone()
}

fn read(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name).with_extension("json");
    serde_json::from_str(&fs::read_to_string(path).expect("a readable file")).expect("JSON")
}

//! Compares URLs, methods and headers with those of the vendors' other clients in their newest versions: the JavaScript SDK of
//! Speech, azure-ai-voicelive, azure-ai-projects, azure-ai-transcription and openai. Captured on 2026-11-29 from the packages of
//! the registries, with a transport that sends nothing. Each part is the same, or a listed deviation.
#![cfg(feature = "serde")]
#![allow(clippy::print_stdout, reason = "the counts are part of what the test shows")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use speech_endpoint::{Account, CredentialForm, Endpoint, Query, Service};
use url::Url;

/// The compared parts of a request, by name.
type Parts = BTreeMap<&'static str, String>;

#[test]
fn every_request_matches_the_client_or_a_listed_deviation() {
    let (mut listed, mut faults) = (deviations(), Vec::new());
    let (mut same, mut deviating) = (0, 0);
    let cases = read("sdk-clients");
    let cases = cases.as_array().expect("a list");
    let mut services = BTreeSet::new();
    for case in cases {
        let id = text(&case["id"]);
        services.insert(text(&case["service"]));
        let theirs = theirs(case);
        let differing: Vec<_> = match endpoint(case) {
            Ok(endpoint) => {
                let ours = ours(&endpoint, case);
                let is_different = |part: &&&str| ours[**part] != theirs[**part];
                let shown = |part: &&'static str| (*part, format!("`{}`, client `{}`", ours[*part], theirs[*part]));
                theirs.keys().collect::<Vec<_>>().iter().filter(|part| is_different(part)).map(|p| shown(p)).collect()
            }
            Err(error) => vec![("refused", error)],
        };
        if differing.is_empty() {
            same += 1;
        } else {
            deviating += 1;
        }
        for (part, what) in differing {
            if !listed.remove(&(id.clone(), part.to_owned())) {
                faults.push(format!("{id}: {part} deviates and is not listed: {what}"));
            }
        }
    }
    let count = cases.len();
    println!("clients: {same} of {count} the same, {deviating} deviating as listed, {} services", services.len());
    faults.extend(listed.iter().map(|(id, part)| format!("{id}: {part} is listed as deviating and is the same")));
    assert!(faults.is_empty(), "{} faults:\n  {}", faults.len(), faults.join("\n  "));
    assert_eq!(count, 68, "is the file complete?");
}

#[test]
fn every_group_of_deviations_has_a_reason_and_a_source() {
    for group in read("client-deviations").as_array().expect("a list") {
        for field in ["reason", "source"] {
            assert!(group[field].as_str().is_some_and(|text| text.len() > 3), "{group} has no {field}");
        }
    }
}

fn endpoint(case: &Value) -> Result<Endpoint, String> {
    let given = &case["given"];
    let account = if let Some(region) = given["region"].as_str() {
        Account::regional(region.parse().expect("a region")).map_err(|error| error.to_string())?
    } else if let Some(host) = given["host"].as_str() {
        Account::from_host(host).map_err(|error| error.to_string())?.value
    } else {
        Account::from_endpoint(&text(given)).map_err(|error| error.to_string())?.value
    };
    let service: Service = text(&case["service"]).parse().expect("a service id");
    account.endpoint_with(service, &query(&case["query"])).map_err(|error| error.id().to_owned())
}

fn query(given: &Value) -> Query {
    let mut query = Query::default();
    for (name, value) in given.as_object().into_iter().flatten() {
        query = match name.as_str() {
            "parameters" => value.as_array().expect("a list").iter().fold(query, |query, pair| {
                query.with_parameter(&text(&pair[0]), &text(&pair[1])).expect("a parameter")
            }),
            "mode" => query.with_mode(text(value).parse().expect("a mode")),
            "deployment" => query.with_deployment(&text(value)).expect("a deployment"),
            "custom_model" => query.with_custom_model(&text(value)).expect("a model"),
            "api_version" => query.with_api_version(&text(value)).expect("a version"),
            "language" => query.with_language(&text(value)).expect("a language"),
            other => panic!("no setting {other}"),
        };
    }
    query
}

fn ours(endpoint: &Endpoint, case: &Value) -> Parts {
    let service = endpoint.service();
    let accepts = |form| endpoint.accepts().contains(form);
    let credential = if !sends_key(case) && !sends_token(case) {
        ""
    } else if sends_token(case) || accepts(CredentialForm::ClientSecret) {
        "authorization"
    } else if accepts(CredentialForm::Key) {
        "ocp-apim-subscription-key"
    } else {
        "api-key"
    };
    let required = service.headers().iter().map(|(name, value)| format!("{}: {value}", name.to_lowercase()));
    parts(service.method(), &endpoint.to_url(), credential, &required.collect::<Vec<_>>())
}

fn theirs(case: &Value) -> Parts {
    let headers = case["headers"].as_object().expect("headers");
    let credential = CREDENTIALS.iter().find(|name| headers.contains_key(**name)).copied().unwrap_or_default();
    let required = headers.iter().filter(|(name, _)| name.starts_with("foundry-") || name.starts_with("voicelive-"));
    let required: Vec<_> = required.map(|(name, value)| format!("{name}: {}", text(value))).collect();
    parts(&text(&case["method"]), &text(&case["url"]).parse().expect("a URL"), credential, &required)
}

fn parts(method: &str, url: &Url, credential: &str, required: &[String]) -> Parts {
    let items: BTreeSet<String> = url
        .query_pairs()
        .filter(|(name, _)| !OF_THE_CLIENT.contains(&name.to_ascii_lowercase().as_str()))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let host = url.port().map_or_else(String::new, |port| format!(":{port}"));
    let host = format!("{}://{}{host}", url.scheme(), url.host_str().unwrap_or_default());
    let query = items.into_iter().collect::<Vec<_>>().join("&");
    Parts::from([
        ("method", method.to_owned()),
        ("host", host),
        ("path", url.path().to_owned()),
        ("query", query),
        ("credential", credential.to_owned()),
        ("headers", required.join(", ")),
    ])
}

fn sends_key(case: &Value) -> bool {
    case["headers"].as_object().expect("headers").values().any(|value| text(value).contains("FAKEKEY"))
}

fn sends_token(case: &Value) -> bool {
    case["headers"].as_object().expect("headers").values().any(|value| text(value).contains("eyJTOKEN"))
}

/// Returns the case and part of each deviation. A case that ends in `*` stands for all that begin like it.
fn deviations() -> BTreeSet<(String, String)> {
    let (mut all, cases) = (BTreeSet::new(), read("sdk-clients"));
    for group in read("client-deviations").as_array().expect("a list") {
        for pattern in group["cases"].as_array().expect("a list").iter().map(text) {
            let is_meant = |id: &String| match pattern.strip_suffix('*') {
                Some(start) => id.starts_with(start),
                None => *id == pattern,
            };
            let ids = cases.as_array().expect("a list").iter().map(|case| text(&case["id"])).filter(is_meant);
            for id in ids.collect::<Vec<_>>() {
                for part in group["parts"].as_array().expect("a list") {
                    assert!(all.insert((id.clone(), text(part))), "{id}: {part} is listed twice");
                }
            }
        }
    }
    all
}

fn read(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name).with_extension("json");
    serde_json::from_str(&fs::read_to_string(path).expect("a readable file")).expect("JSON")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The headers that carry a credential.
const CREDENTIALS: [&str; 3] = ["authorization", "api-key", "ocp-apim-subscription-key"];

/// Parameters by which a client names itself or the connection.
const OF_THE_CLIENT: [&str; 3] = ["x-ms-client-sdk", "x-connectionid", "connectionid"];

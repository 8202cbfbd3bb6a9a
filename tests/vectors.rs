//! Endpoints as data written from the documentation. Every vector is checked, and all failures are reported.
#![cfg(feature = "serde")]
#![allow(clippy::print_stdout, reason = "the counts are part of what the tests show")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use speech_endpoint::{
    Access, Account, AccountKind, Cloud, ContainerHost, Credential, CredentialForm, CustomDomain, Endpoint, Fact,
    Facts, Query, RecognitionMode, Region, ResolveError, Scenario, Service, may_receive,
};

/// Collects all failures and panics with them at the end.
#[derive(Default)]
struct Failures(Vec<String>);

impl Failures {
    fn check(&mut self, name: &str, what: &str, expected: impl AsRef<str>, got: impl AsRef<str>) {
        let (expected, got) = (expected.as_ref(), got.as_ref());
        if expected != got {
            self.0.push(format!("{name}\n    {what}: expected {expected:?}, got {got:?}"));
        }
    }

    fn fail(&mut self, name: &str, what: impl std::fmt::Display) {
        self.0.push(format!("{name}\n    {what}"));
    }

    /// Checks what an error message must contain, and what it must not.
    fn message(&mut self, name: &str, expect: &Value, message: &str) {
        for wanted in strings(&expect["message_contains"]) {
            if !message.contains(&wanted) {
                self.fail(name, format!("the message lacks {wanted:?}: {message}"));
            }
        }
        for secret in strings(&expect["message_lacks"]) {
            if message.contains(&secret) {
                self.fail(name, "the message holds a value that must not be seen");
            }
        }
        if message.contains(['\n', '\r']) {
            self.fail(name, format!("the message is not one line: {message:?}"));
        }
    }

    fn report(self, title: &str, count: usize) {
        println!("{title}: {count} vectors, {} failures", self.0.len());
        assert!(count > 0, "{title}: no vectors");
        assert!(self.0.is_empty(), "{} of {count} {title} vectors failed:\n  {}", self.0.len(), self.0.join("\n  "));
    }
}

#[test]
fn every_endpoint_vector_holds() {
    let mut failures = Failures::default();
    let mut count = 0;
    for (service, vectors) in endpoint_files() {
        for vector in vectors["vectors"].as_array().expect("a list") {
            count += 1;
            let name = format!("{service}: {}", text(&vector["doc"]));
            require_doc_and_source(&name, vector, &mut failures);
            let result = account_of(vector).endpoint_with(service.parse().expect("a service id"), &names_of(vector));
            compare(&name, &vector["expect"], result, &mut failures);
        }
    }
    failures.report("endpoint", count);
}

#[test]
fn every_service_scenario_and_cloud_has_vectors() {
    let mut seen: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for (service, vectors) in endpoint_files() {
        let pairs = vectors["vectors"].as_array().expect("a list").iter();
        seen.entry(service)
            .or_default()
            .extend(pairs.map(|v| (text(&v["scenario"]), v["cloud"].as_str().unwrap_or("-").to_owned())));
    }
    let mut missing = Vec::new();
    for service in Service::all() {
        let Some(pairs) = seen.get(service.id()) else {
            missing.push(format!("{service}: no file"));
            continue;
        };
        for scenario in Scenario::ALL {
            let clouds: &[&str] = if scenario == Scenario::Container { &["-"] } else { &["public", "usgov", "china"] };
            for cloud in clouds {
                if !pairs.contains(&(scenario.id().to_owned(), (*cloud).to_owned())) {
                    missing.push(format!("{service} × {scenario} × {cloud}"));
                }
            }
        }
    }
    let unknown: Vec<_> = seen.keys().filter(|service| service.parse::<Service>().is_err()).collect();
    assert!(missing.is_empty(), "without vectors:\n  {}", missing.join("\n  "));
    assert!(unknown.is_empty(), "vector files that name no service: {unknown:?}");
}

#[test]
fn every_endpoint_of_a_vector_can_be_parsed_again() {
    let mut failures = Failures::default();
    let mut count = 0;
    for (service, vectors) in endpoint_files() {
        for vector in vectors["vectors"].as_array().expect("a list") {
            let account = account_of(vector);
            let service = service.parse().expect("a service id");
            let Ok(endpoint) = account.endpoint_with(service, &names_of(vector)) else { continue };
            if account.scenario() == Scenario::Container {
                continue;
            }
            count += 1;
            match Account::from_endpoint(endpoint.url()) {
                Err(error) => failures.fail(endpoint.url(), error.to_string()),
                Ok(read) => {
                    failures.check(endpoint.url(), "cloud", account.cloud().id(), read.value.cloud().id());
                    if endpoint.is_own_host() {
                        failures.check(
                            endpoint.url(),
                            "custom domain",
                            shown(account.domain()),
                            shown(read.value.domain()),
                        );
                    } else {
                        failures.check(endpoint.url(), "region", shown(account.region()), shown(read.value.region()));
                    }
                }
            }
        }
    }
    failures.report("resolve → parse", count);
}

/// Where sources contradict each other: the one place that says which of them is followed.
#[test]
fn every_conflict_of_the_sources_is_settled_as_stated() {
    let (conflicts, mut failures) = (vectors("conflicts"), Failures::default());
    for conflict in &conflicts {
        let id = text(&conflict["id"]);
        for field in ["question", "answer", "source"] {
            if conflict[field].as_str().is_none_or(|text| text.len() < 10) {
                failures.fail(&id, format!("has no {field}"));
            }
        }
        if !["settled", "open"].contains(&text(&conflict["state"]).as_str()) {
            failures.fail(&id, "is neither settled nor open");
        }
        for example in conflict["examples"].as_array().expect("a list") {
            let service = text(&example["service"]).parse().expect("a service id");
            match account_of(example).endpoint_with(service, &names_of(example)) {
                Ok(endpoint) => failures.check(&id, "url", text(&example["url"]), endpoint.url()),
                Err(error) => failures.fail(&id, error),
            }
        }
    }
    failures.report("conflict", conflicts.len());
}

#[test]
fn every_fact_vector_holds() {
    let (vectors, mut failures) = (vectors("facts"), Failures::default());
    for vector in &vectors {
        let name = text(&vector["doc"]);
        require_doc_and_source(&name, vector, &mut failures);
        let (about, expect) = (&vector["fact"], &vector["expect"]);
        let is_asked = |fact: &&Fact| {
            let cloud = fact.cloud.as_ref().map_or("", Cloud::id);
            let given =
                [fact.kind.id(), fact.service.map_or("", Service::id), cloud, fact.name.as_deref().unwrap_or_default()];
            given == ["kind", "service", "cloud", "name"].map(|field| about[field].as_str().unwrap_or_default())
        };
        let Some(fact) = Facts::BUILT_IN.all().iter().find(is_asked) else {
            failures.fail(&name, format!("there is no such fact: {about}"));
            continue;
        };
        let mut values: Vec<&str> = fact.values.iter().map(|value| &**value).collect();
        values.sort_unstable();
        if let Some(list) = expect["values"].as_array() {
            let expected: Vec<String> = list.iter().map(text).collect();
            failures.check(&name, "values", expected.join(" "), values.join(" "));
        }
        if expect["value"].is_string() {
            failures.check(&name, "value", text(&expect["value"]), values[0]);
        }
        failures.check(&name, "edition", text(&expect["edition"]), &fact.edition);
        failures.check(&name, "confirmed", expect["confirmed"].to_string(), fact.is_confirmed.to_string());
    }
    failures.report("fact", vectors.len());
}

#[test]
fn every_region_vector_holds() {
    let (vectors, mut failures) = (vectors("regions"), Failures::default());
    for vector in &vectors {
        let name = text(&vector["doc"]);
        require_doc_and_source(&name, vector, &mut failures);
        let expect = &vector["expect"];
        match Region::read(&text(&vector["given"])) {
            Ok(read) => {
                failures.check(&name, "region", text(&expect["region"]), read.value.as_str());
                let note = read.notes.first();
                failures.check(
                    &name,
                    "note",
                    text(&expect["note"]),
                    note.map_or_else(String::new, |note| short(note.id)),
                );
                let suggestion = note.and_then(|note| note.suggestion.clone()).unwrap_or_default();
                if !expect["suggestion"].is_null() {
                    failures.check(&name, "suggestion", text(&expect["suggestion"]), &suggestion);
                }
            }
            Err(error) => {
                failures.check(&name, "error", text(&expect["error"]), error.id());
                failures.message(&name, expect, &error.to_string());
            }
        }
    }
    failures.report("region", vectors.len());
}

#[test]
fn every_custom_domain_vector_holds() {
    let (vectors, mut failures) = (vectors("custom-domains"), Failures::default());
    for vector in &vectors {
        let name = text(&vector["doc"]);
        require_doc_and_source(&name, vector, &mut failures);
        let expect = &vector["expect"];
        match CustomDomain::read(&text(&vector["given"])) {
            Ok(read) => {
                failures.check(&name, "custom domain", text(&expect["custom_domain"]), read.value.0.as_str());
                failures.check(
                    &name,
                    "cloud",
                    text(&expect["cloud"]),
                    read.value.1.map_or("", |cloud| cloud_id(&cloud)),
                );
            }
            Err(error) => {
                failures.check(&name, "error", text(&expect["error"]), error.id());
                failures.message(&name, expect, &error.to_string());
            }
        }
    }
    failures.report("custom domain", vectors.len());
}

#[test]
fn every_pasted_vector_holds() {
    let (vectors, mut failures) = (vectors("pasted"), Failures::default());
    for vector in &vectors {
        let name = format!("{} [{}]", text(&vector["doc"]), text(&vector["given"]));
        require_doc_and_source(&name, vector, &mut failures);
        let expect = &vector["expect"];
        match Account::from_endpoint(&text(&vector["given"])) {
            Ok(read) => {
                failures.check(&name, "cloud", text(&expect["cloud"]), read.value.cloud().id());
                failures.check(&name, "region", text(&expect["region"]), shown(read.value.region()));
                failures.check(&name, "custom domain", text(&expect["custom_domain"]), shown(read.value.domain()));
                failures.check(&name, "scenario", text(&expect["scenario"]), read.value.scenario().id());
                let wanted: BTreeSet<String> = strings(&expect["notes"]).into_iter().collect();
                let got: BTreeSet<String> = read.notes.iter().map(|note| short(note.id)).collect();
                if wanted != got {
                    failures.fail(&name, format!("notes: expected {wanted:?}, got {got:?}"));
                }
            }
            Err(error) => {
                failures.check(&name, "error", text(&expect["error"]), error.id());
                failures.message(&name, expect, &error.to_string());
            }
        }
    }
    failures.report("pasted", vectors.len());
}

#[test]
fn every_account_vector_holds() {
    let (vectors, mut failures) = (vectors("accounts"), Failures::default());
    for vector in &vectors {
        let name = text(&vector["doc"]);
        require_doc_and_source(&name, vector, &mut failures);
        let expect = &vector["expect"];
        match Account::from_arm_json(vector["json"].to_string().as_bytes()) {
            Ok(read) => {
                failures.check(&name, "cloud", text(&expect["cloud"]), read.value.cloud().id());
                failures.check(&name, "region", text(&expect["region"]), shown(read.value.region()));
                failures.check(&name, "custom domain", text(&expect["custom_domain"]), shown(read.value.domain()));
                failures.check(&name, "scenario", text(&expect["scenario"]), read.value.scenario().id());
                let wanted: BTreeSet<String> = strings(&expect["notes"]).into_iter().collect();
                let got: BTreeSet<String> = read.notes.iter().map(|note| short(note.id)).collect();
                if wanted != got {
                    failures.fail(&name, format!("notes: expected {wanted:?}, got {got:?}"));
                }
            }
            Err(error) => {
                failures.check(&name, "error", text(&expect["error"]), error.id());
                failures.message(&name, expect, &error.to_string());
            }
        }
    }
    failures.report("account", vectors.len());
}

#[test]
fn every_credential_vector_holds() {
    let (vectors, mut failures) = (vectors("credentials"), Failures::default());
    for vector in &vectors {
        let name = text(&vector["doc"]);
        require_doc_and_source(&name, vector, &mut failures);
        let expect = &vector["expect"];
        let endpoint = account_of(vector).endpoint(text(&vector["service"]).parse().expect("a service id"));
        let endpoint = endpoint.unwrap_or_else(|error| panic!("{name}: {error}"));
        let header = credential_of(&vector["credential"]).and_then(|credential| credential.header(&endpoint));
        match header {
            Ok(header) => {
                let got = vec![header.name.to_owned(), header.value.expose().to_owned()];
                if got != strings(&expect["header"]) {
                    failures.fail(&name, format!("header: expected {expect}, got {got:?}"));
                }
            }
            Err(error) => {
                failures.check(&name, "error", text(&expect["error"]), error.id());
                failures.message(&name, expect, &error.to_string());
                for text in [error.to_string(), format!("{error:?}")] {
                    let value = vector["credential"]["value"].as_str().unwrap_or_default();
                    if value.len() > 8 && text.contains(value) {
                        failures.fail(&name, "the error holds the credential");
                    }
                }
            }
        }
    }
    failures.report("credential", vectors.len());
}

#[test]
fn every_receiver_vector_holds() {
    let (vectors, mut failures) = (vectors("receivers"), Failures::default());
    for vector in &vectors {
        let name = text(&vector["doc"]);
        require_doc_and_source(&name, vector, &mut failures);
        let given = &vector["account"];
        let read = match given["host"].as_str() {
            Some(host) => Account::from_host(host),
            None => Account::from_endpoint(&text(&given["endpoint"])),
        };
        let url = text(&vector["url"]).parse().expect("a URL");
        let receives = may_receive(&read.expect("an account").value, &url).is_ok();
        failures.check(&name, "receives", vector["receives"].to_string(), receives.to_string());
    }
    failures.report("receiver", vectors.len());
}

#[test]
fn every_query_vector_holds() {
    let (vectors, mut failures) = (vectors("queries"), Failures::default());
    for vector in &vectors {
        let name = text(&vector["doc"]);
        require_doc_and_source(&name, vector, &mut failures);
        let expect = &vector["expect"];
        let service = text(&vector["service"]).parse().expect("a service id");
        let result = query_of(&vector["query"]).and_then(|query| {
            account_of(vector)
                .endpoint_with(service, &query)
                .map_err(|error| (error.id().to_owned(), error.to_string()))
        });
        match result {
            Ok(endpoint) => failures.check(&name, "url", text(&expect["url"]), endpoint.url()),
            Err((code, message)) => {
                failures.check(&name, "error", text(&expect["error"]), &code);
                failures.message(&name, expect, &message);
            }
        }
    }
    failures.report("query", vectors.len());
}

fn compare(name: &str, expect: &Value, result: Result<Endpoint, ResolveError>, failures: &mut Failures) {
    match result {
        Ok(endpoint) => {
            failures.check(name, "url", text(&expect["url"]), endpoint.url());
            failures.check(name, "parsed url", endpoint.url(), endpoint.to_url().as_str());
            failures.check(name, "method", text(&expect["method"]), endpoint.service().method());
            failures.check(
                name,
                "protocol",
                text(&expect["protocol"]),
                if endpoint.service().is_websocket() { "websocket" } else { "rest" },
            );
            failures.check(
                name,
                "accepts",
                strings(&expect["accepts"]).join(" "),
                endpoint.accepts().iter().map(CredentialForm::id).collect::<Vec<_>>().join(" "),
            );
            failures.check(name, "expect_address", text(&expect["expect_address"]), endpoint.expects().id());
            failures.check(name, "discovery", text(&expect["discovery"]), endpoint.discovery().id());
        }
        Err(error) => failures.check(name, "error", text(&expect["error"]), error.id()),
    }
}

/// Returns the account that a vector describes by cloud, scenario and region.
fn account_of(vector: &Value) -> Account {
    if let Some(host) = vector["host"].as_str() {
        return Account::container(host.parse::<ContainerHost>().expect("a container host"));
    }
    let cloud: Cloud = text(&vector["cloud"]).parse().expect("a cloud");
    let region = vector["region"].as_str().map(|region| region.parse::<Region>().expect("a region"));
    if let Some(kind) = vector["kind"].as_str() {
        let kind = AccountKind::from_arm(kind).expect("a kind");
        let contoso: CustomDomain = "contoso".parse().expect("a custom domain");
        return Account::custom_domain(contoso).with_cloud(cloud).expect("an account").with_kind(kind);
    }
    let contoso: CustomDomain = "contoso".parse().expect("a custom domain");
    let access = match vector["scenario"].as_str().expect("a scenario") {
        "regional" => return Account::regional_in(region.expect("a region"), cloud).expect("a regional account"),
        "openai" => return Account::openai(contoso).with_cloud(cloud).expect("an account"),
        "custom_domain_unknown" => None,
        "custom_domain_open" => Some(Access::open()),
        "custom_domain_selected_ip_only" => Some(Access::ip_rules()),
        "custom_domain_locked" => Some(Access::locked()),
        "service_endpoint" => Some(Access::service_endpoint()),
        "private_endpoint" => Some(Access::private_endpoint()),
        "pe_and_service_endpoint" => Some(Access::private_and_service_endpoint()),
        "disabled_private_endpoint" => Some(Access::disabled()),
        "perimeter" => Some(Access::perimeter()),
        "disabled_unreachable" => Some(Access { private_endpoints: 0, ..Access::disabled() }),
        other => panic!("no scenario {other}"),
    };
    let account = Account::custom_domain(contoso).with_cloud(cloud).expect("an account");
    let account = access.map_or(account.clone(), |access| account.with_access(access));
    let account = region.map_or(account.clone(), |region| account.with_region(region).expect("the region's cloud"));
    assert_eq!(account.scenario().id(), vector["scenario"], "the vector's own scenario");
    account
}

fn credential_of(given: &Value) -> Result<Credential, speech_endpoint::CredentialError> {
    let value = text(&given["value"]);
    let resource_id = given["resource_id"].as_str().map(str::parse).transpose()?;
    match given["kind"].as_str().expect("a kind") {
        "key" => Credential::key(value),
        "issued_token" => Credential::issued_token(value),
        "entra_composed" if value.starts_with("aad#") => Credential::token(value),
        "entra" | "entra_composed" => Credential::entra(value, resource_id),
        other => panic!("no credential kind {other}"),
    }
}

fn query_of(given: &Value) -> Result<Query, (String, String)> {
    let error = |error: speech_endpoint::QueryError| ("parameter".to_owned(), error.to_string());
    let mut query = Query::default();
    for (name, value) in given.as_object().expect("an object") {
        query = match name.as_str() {
            "language" => query.with_language(&text(value)),
            "mode" => text(value).parse::<RecognitionMode>().map(|mode| query.with_mode(mode)),
            "custom_model" => query.with_custom_model(&text(value)),
            "deployment" => query.with_deployment(&text(value)),
            "api_version" => query.with_api_version(&text(value)),
            "parameters" => value
                .as_array()
                .expect("a list")
                .iter()
                .try_fold(query, |query, pair| query.with_parameter(&text(&pair[0]), &text(&pair[1]))),
            other => panic!("no setting {other}"),
        }
        .map_err(error)?;
    }
    Ok(query)
}

/// Returns the names in the path of a service, if it has any.
fn names_of(vector: &Value) -> Query {
    let given = vector.get("query").map_or_else(|| Ok(Query::default()), query_of);
    given.unwrap_or_else(|(_, message)| panic!("{message}"))
}

fn endpoint_files() -> Vec<(String, Value)> {
    let mut files: Vec<_> = fs::read_dir(directory().join("endpoints"))
        .expect("the vectors")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files.iter().map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), read(path))).collect()
}

fn vectors(name: &str) -> Vec<Value> {
    read(&directory().join(name).with_extension("json")).as_array().expect("a list").clone()
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).expect("a readable file"))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn directory() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn require_doc_and_source(name: &str, vector: &Value, failures: &mut Failures) {
    for field in ["doc", "source"] {
        if vector[field].as_str().is_none_or(str::is_empty) {
            failures.fail(name, format!("has no {field}"));
        }
    }
}

/// Returns the id as the vectors write it; they shorten two ids.
fn short(id: &str) -> String {
    match id {
        "unlisted_region" => "unlisted",
        "region_alias" => "alias",
        other => other,
    }
    .to_owned()
}

fn cloud_id(cloud: &Cloud) -> &'static str {
    cloud.id()
}

fn shown(value: Option<&impl ToString>) -> String {
    value.map_or_else(String::new, ToString::to_string)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().map(|list| list.iter().map(text).collect()).unwrap_or_default()
}

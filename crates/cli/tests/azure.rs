//! Documents of Azure through the built binary: `account` in every format, and its refusals.
#![allow(clippy::disallowed_methods, reason = "files in a temporary folder")]

mod schema;
mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use support::{fed, program, text};
use tempfile::TempDir;

fn vectors() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/azure/accounts.json");
    serde_json::from_str(&fs::read_to_string(path).expect("the vectors")).expect("JSON")
}

/// Writes the documents into a folder and runs `account` with them.
fn account(documents: &[Value], args: &[&str]) -> Output {
    let folder = TempDir::new().expect("a folder");
    let mut command = program();
    command.arg("account");
    for (place, document) in documents.iter().enumerate() {
        let path = folder.path().join(format!("{place}.json"));
        fs::write(&path, document.to_string()).expect("written");
        command.arg("--azure").arg(path);
    }
    command.args(args).output().expect("the binary runs")
}

fn list(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Returns where the JSON of an account differs from what a vector expects.
fn faults(expect: &Value, seen: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut compare = |what: &str, wanted: &Value, got: &Value| {
        if wanted != got {
            faults.push(format!("{what}: expected {wanted}, got {got}"));
        }
    };
    compare("scenario", &expect["scenario"], &seen["resource"]["scenario"]);
    for name in ["region", "cloud", "custom_domain"].into_iter().filter(|name| expect.get(name).is_some()) {
        compare(name, &expect[name], &seen["resource"][name]);
    }
    for (name, wanted) in expect["admits"].as_object().expect("an object") {
        let mut got = seen["admits"][name].clone();
        for item in got.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            item.retain(|field, _| field != "id" || name == "subnets");
        }
        compare(name, wanted, &got);
    }
    compare("clients", &expect["clients"], &seen["clients"]);
    let notes = seen["notes"].as_array().expect("notes");
    let mut codes: Vec<&Value> = notes.iter().map(|note| &note["code"]).collect();
    codes.sort_by_key(ToString::to_string);
    compare("notes", &expect["notes"], &json!(codes));
    let commands: Vec<&str> = notes.iter().flat_map(|note| list(&note["commands"])).collect();
    for wanted in list(&expect["commands"]) {
        if !commands.contains(&wanted) {
            faults.push(format!("no command `{wanted}` among {commands:?}"));
        }
    }
    faults
}

#[test]
fn every_account_vector_holds() {
    let schema: Value = serde_json::from_str(include_str!("../schema/account.schema.json")).expect("JSON");
    let mut failures = Vec::new();
    for vector in vectors() {
        let (name, expect) = (vector["doc"].as_str().expect("a sentence"), &vector["expect"]);
        assert!(vector["source"].as_str().is_some_and(|source| !source.is_empty()), "{name}: no source");
        let documents = vector["documents"].as_array().expect("documents");
        let args = [&list(&vector["args"])[..], &["--format", "json"]].concat();
        let output = account(documents, &args);
        let mut found = Vec::new();
        if output.status.code().map(i64::from) != expect["exit_code"].as_i64() {
            found.push(format!("exit {:?}, expected {}", output.status.code(), expect["exit_code"]));
        }
        let stderr = text(&output.stderr);
        let seen: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        if let Some(wanted) = expect.get("error_contains") {
            found.extend(list(wanted).iter().filter(|w| !stderr.contains(**w)).map(|w| format!("no {w} in: {stderr}")));
            if stderr.lines().count() != 1 {
                found.push(format!("not one line: {stderr}"));
            }
        } else {
            found.extend(schema::faults(&schema, &seen));
            found.extend(faults(expect, &seen));
        }
        failures.extend(found.into_iter().map(|fault| format!("{name}\n    {fault}")));
    }
    assert!(failures.is_empty(), "{} failures:\n  {}", failures.len(), failures.join("\n  "));
}

/// The notes of an account and of its documents.
const CODES: &[&str] = &[
    "rules_need_custom_domain",
    "key_auth_disabled",
    "private_endpoint_not_approved",
    "null_network_acls",
    "rules_ignored_disabled",
    "vnet_rules_ignored",
    "ip_rules_ignored",
    "dns_not_ready",
    "everything_refused",
    "unreachable",
    "endpoint_differs",
    "secured_by_perimeter",
    "not_speech",
    "public_beside_private_endpoint",
    "free_tier_private_endpoint",
    "no_credential_works",
    "fqdn_list_ignored",
    "private_ip_rule",
    "subnet_rule_dead",
    "service_endpoint_missing",
    "provisioning",
    "record_differs",
    "peering_down",
    "unknown_value",
    "more_pages",
    "unknown_document",
    "keys_refused",
];

#[test]
fn every_note_has_a_vector_that_shows_it() {
    let vectors = vectors();
    let shown: Vec<&str> = vectors.iter().flat_map(|vector| list(&vector["expect"]["notes"])).collect();
    let missing: Vec<&&str> = CODES.iter().filter(|code| !shown.contains(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let unknown: Vec<&&str> = shown.iter().filter(|code| !CODES.contains(code)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(vectors.len() >= 60, "{}", vectors.len());
}

fn sample() -> Value {
    vectors().remove(6)["documents"][0].clone()
}

fn stderr_of(output: &Output) -> String {
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert_eq!(text(&output.stdout), "");
    stderr
}

fn run(args: &[&str], folder: &Path) -> Output {
    program().arg("account").args(args).current_dir(folder).output().expect("the binary runs")
}

#[test]
fn documents_come_from_files_folders_and_standard_input() {
    let folder = TempDir::new().expect("a folder");
    let documents = folder.path().join("documents");
    fs::create_dir(&documents).expect("created");
    fs::write(documents.join("account.JSON"), sample().to_string()).expect("written");
    fs::write(documents.join("notes.txt"), "{ not JSON").expect("written");
    let json = run(&["--azure", "documents", "--format", "json"], folder.path());
    assert_eq!(json.status.code(), Some(0), "{}", text(&json.stderr));
    let seen: Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(seen["documents"], json!([{ "from": "documents/account.JSON", "kind": "account" }]));
    let piped = fed(&["account", "--azure", "-", "--format", "json"], sample().to_string().as_bytes());
    let seen: Value = serde_json::from_slice(&piped.stdout).expect("JSON");
    assert_eq!(seen["documents"], json!([{ "from": "standard input", "kind": "account" }]));
    let account = run(&["--account", "documents/account.JSON", "--format", "json"], folder.path());
    assert_eq!(account.status.code(), Some(0), "{}", text(&account.stderr));
}

#[test]
fn what_cannot_be_read_is_one_line_that_names_the_file() {
    let folder = TempDir::new().expect("a folder");
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).expect("written");
    write("broken.json", b"{\"name\": \"contoso\",");
    write("account.json", sample().to_string().as_bytes());
    write("bytes.json", b"{\"name\": \"\xff\xfe\"}");
    write("surrogate.json", b"\xff\xfe\x00\xd8{\x00");
    write("odd.json", b"\xff\xfe{\x00}\x00 ");
    write("escape.json", br#"{"name":"\ud800"}"#);
    write("twice.json", br#"{"name":"a","name":"b"}"#);
    write("two.json", b"{} {}");
    fs::create_dir(folder.path().join("empty")).expect("created");
    for (path, wanted) in [
        ("broken.json", "it ends too early at line 1, column 19"),
        ("bytes.json", "neither UTF-8 nor UTF-16"),
        ("surrogate.json", "neither UTF-8 nor UTF-16"),
        ("odd.json", "neither UTF-8 nor UTF-16"),
        ("escape.json", "a character is out of place at line 1"),
        ("twice.json", "an object has the same key twice"),
        ("two.json", "a character is out of place at line 1, column 4"),
        ("empty", "has no file that ends in `.json`"),
        ("nowhere.json", "No such file"),
    ] {
        let stderr = stderr_of(&run(&["--azure", "account.json", "--azure", path], folder.path()));
        assert!(stderr.contains(&format!("`{path}`")) && stderr.contains(wanted), "{path}: {stderr}");
    }
    let stderr = stderr_of(&run(&["--azure", "."], folder.path()));
    assert!(stderr.contains(".json`"), "{stderr}");
    let stderr = stderr_of(&run(&[], folder.path()));
    assert!(stderr.contains("az cognitiveservices account show"), "{stderr}");
}

#[cfg(unix)]
#[test]
fn a_pipe_with_a_name_is_read_to_its_end() {
    let folder = TempDir::new().expect("a folder");
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let writer = std::thread::spawn({
        let (pipe, document) = (pipe.clone(), sample().to_string());
        move || fs::write(pipe, document).expect("written")
    });
    let output = run(&["--azure", "pipe"], folder.path());
    writer.join().expect("it wrote");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

const SECRETS: &[&str] = &[
    "0123456789abcdef0123456789abcdef",
    "7hT2kQ9xW4mN8vB3cR6yL1pZ5sD0fG7jH2aK9eU4iO8wX3qE6tVJQQJ99BAACYeBjFXJ3w3AAAYACOGabcd1",
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2NvZ25pdGl2ZSJ9.c2lnbmF0dXJlLW9mLWl0",
    "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;EndpointSuffix=core.windows.net",
    "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=aB3+dE6/gH9=",
    "https://x.blob.core.windows.net/c?sv=2024-01-01&sig=aB3dE6gH9%2BkL%3D",
];

/// Returns the part of a secret that must not be seen.
fn essence(secret: &str) -> &str {
    let from = ["AccountKey=", "SharedAccessKey=", "sig="]
        .iter()
        .find_map(|name| secret.rfind(name).map(|at| at + name.len()));
    let rest = &secret[from.unwrap_or_default()..];
    &rest[..rest.len().min(10)]
}

/// Puts a secret in place of each text, one at a time.
fn planted(value: &Value, secret: &str, at: usize, count: &mut usize) -> Value {
    match value {
        Value::String(text) => {
            *count += 1;
            if *count - 1 == at { json!(secret) } else { json!(text) }
        }
        Value::Array(items) => items.iter().map(|item| planted(item, secret, at, count)).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, item)| (name.clone(), planted(item, secret, at, count))).collect())
        }
        _ => value.clone(),
    }
}

#[test]
fn no_secret_in_any_field_reaches_any_output() {
    let documents = vectors()
        .into_iter()
        .find(|vector| vector["doc"].as_str().is_some_and(|doc| doc.starts_with("The record has another address")))
        .expect("a vector with an account, an endpoint and a record")["documents"]
        .clone();
    let mut documents = documents;
    documents[0]["properties"]["networkAcls"] = json!({ "defaultAction": "Deny", "bypass": "None",
        "ipRules": [{ "value": "203.0.113.7" }],
        "virtualNetworkRules": [{ "id": "/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/virtualNetworks/v/subnets/n", "state": "Failed" }] });
    documents[0]["properties"]["apiProperties"] =
        json!({ "qnaAzureSearchEndpointKey": "x", "storageConnectionString": "y" });
    documents[0]["tags"] = json!({ "owner": "someone" });
    let mut fields = 0;
    planted(&documents, "", usize::MAX, &mut fields);
    assert!(fields > 40, "{fields} texts");
    let mut leaks = Vec::new();
    for at in 0..fields {
        let secret = SECRETS[at % SECRETS.len()];
        let others = [at % SECRETS.len(), (at + 1) % SECRETS.len()];
        for (secret, format) in
            others.into_iter().map(|n| SECRETS[n]).zip(["json", "markdown"]).chain([(secret, "text")])
        {
            let documents = planted(&documents, secret, at, &mut 0);
            let output = account(documents.as_array().expect("a list"), &["--format", format, "-vv"]);
            let all = text(&output.stdout) + &text(&output.stderr);
            if all.contains(essence(secret)) {
                let line = all.lines().find(|line| line.contains(essence(secret))).unwrap_or_default();
                leaks.push(format!("text {at} as {format}: {line}"));
            }
        }
    }
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
}

#[test]
fn the_name_of_a_file_that_is_a_secret_is_not_shown() {
    let folder = TempDir::new().expect("a folder");
    let name = format!("{}.json", SECRETS[0]);
    fs::write(folder.path().join(&name), sample().to_string()).expect("written");
    for format in ["text", "json", "markdown"] {
        let output = run(&["--azure", &name, "--format", format], folder.path());
        assert!(!text(&output.stdout).contains(SECRETS[0]), "{format}");
    }
}

/// Names that do something in Markdown, HTML, a terminal or a table.
const FOREIGN: &[&str] = &[
    "a|b|c",
    "](https://evil.example)",
    "<img src=https://evil.example/x>",
    "**b** _i_ ~~s~~ `c`",
    "![x](https://evil.example/x)",
    "x\n# heading\n- item",
    "@someone #1 https://evil.example",
    "\u{1b}[31mred\u{7}\u{202e}",
    "```\nrm -rf\n```",
];

#[test]
fn foreign_names_are_inert_in_every_format() {
    let vector = vectors().into_iter().find(|vector| {
        vector["doc"]
            .as_str()
            .is_some_and(|doc| doc.starts_with("A peering that is connected and denies access on the other"))
    });
    let mut documents = vector.expect("a vector")["documents"].clone();
    documents[0]["properties"]["privateEndpointConnections"] = json!([{ "name": "pe", "properties": {
        "privateLinkServiceConnectionState": { "status": "Pending" } } }]);
    documents[0]["properties"]["networkAcls"] = json!({ "defaultAction": "Deny", "bypass": "None", "ipRules": [{ "value": "203.0.113.7" }],
        "virtualNetworkRules": [{ "id": "/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/virtualNetworks/v/subnets/n", "state": "Failed" },
            { "id": "/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/virtualNetworks/v/subnets/m" }] });
    let mut fields = 0;
    planted(&documents, "", usize::MAX, &mut fields);
    let mut failures = Vec::new();
    for at in 0..fields {
        let name = FOREIGN[at % FOREIGN.len()];
        let documents = planted(&documents, name, at, &mut 0);
        let documents = documents.as_array().expect("a list");
        let markdown = text(&account(documents, &["--format", "markdown"]).stdout);
        failures.extend(rendered(&markdown).into_iter().map(|what| format!("{name:?} at {at}: {what}")));
        for format in ["text", "json", "markdown"] {
            let output = account(documents, &["--format", format, "--color", "never"]);
            let all = text(&output.stdout) + &text(&output.stderr);
            if all.contains(['\u{1b}', '\u{7}', '\u{202e}']) {
                failures.push(format!("{name:?} at {at} as {format}: a control character"));
            }
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

/// Returns what renders in a report besides its own heading, table, list and commands.
fn rendered(markdown: &str) -> Vec<String> {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    let (mut found, mut headings, mut tables) = (Vec::new(), 0, 0);
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(Tag::Heading { .. }) => headings += 1,
            Event::Start(Tag::Table(columns)) => {
                tables += 1;
                if columns.len() != 2 {
                    found.push(format!("a table of {} columns", columns.len()));
                }
            }
            Event::Start(
                tag @ (Tag::Link { .. } | Tag::Image { .. } | Tag::Emphasis | Tag::Strikethrough | Tag::HtmlBlock),
            ) => {
                found.push(format!("{tag:?}"));
            }
            Event::Html(html) | Event::InlineHtml(html) => found.push(html.to_string()),
            _ => {}
        }
    }
    // A failure has no report.
    if !markdown.is_empty() && (headings, tables) != (1, 1) {
        found.push(format!("{headings} headings and {tables} tables"));
    }
    found
}

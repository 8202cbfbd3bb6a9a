//! `posture`: every vector in every format, exit codes, and documents with secrets and hostile texts.
#![allow(clippy::print_stdout, reason = "the counts are part of what the tests show")]

mod schema;
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::process::Output;

use serde_json::{Value, json};
use support::{fed, text};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const ID: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/contoso";

fn posture(documents: &Value, args: &[&str]) -> Output {
    fed(&[&["posture", "--azure", "-"], args].concat(), documents.to_string().as_bytes())
}

fn account(properties: &Value) -> Value {
    json!({ "type": "Microsoft.CognitiveServices/accounts", "id": ID, "name": "contoso", "location": "westeurope",
        "kind": "SpeechServices", "sku": { "name": "S0" }, "properties": properties })
}

/// The documents of a vector as one list.
fn documents(vector: &Value) -> Value {
    let mut account = account(&vector["properties"]);
    let fields = account.as_object_mut().expect("an object");
    fields.extend(vector["top"].as_object().cloned().unwrap_or_default());
    if vector["properties"].is_null() {
        fields.remove("properties");
    } else {
        fields["properties"]["provisioningState"] = "Succeeded".into();
        fields["properties"]["endpoint"] = "https://westeurope.api.cognitive.microsoft.com/".into();
    }
    let mut all = vec![account];
    for document in vector["documents"].as_array().into_iter().flatten() {
        // A list in a list has no shape; the envelopes and pages stay out.
        all.extend(document.as_array().cloned().unwrap_or_else(|| vec![document.clone()]));
    }
    all.into()
}

fn schema_of(path: &str) -> Value {
    let file = fs::read_to_string(format!("{ROOT}/crates/cli/{path}")).expect("a readable file");
    serde_json::from_str(&file).expect("JSON")
}

#[test]
fn every_vector_matches_the_schemas_and_fits_the_terminal() {
    let vectors = fs::read_to_string(format!("{ROOT}/tests/vectors/posture.json")).expect("a readable file");
    let vectors: Vec<Value> = serde_json::from_str(&vectors).expect("a list");
    let (own, sarif) = (schema_of("schema/posture.schema.json"), schema_of("tests/schema/sarif-2.1.0.json"));
    for vector in &vectors {
        let given = documents(vector);
        let printed = posture(&given, &["--format", "json"]);
        assert_eq!(printed.status.code(), Some(0), "{vector}: {}", text(&printed.stderr));
        let document: Value = serde_json::from_slice(&printed.stdout).expect("JSON");
        let faults = schema::faults(&own, &document);
        assert!(faults.is_empty(), "{vector}: {}", faults.join("\n"));

        let log: Value = serde_json::from_slice(&posture(&given, &["--format", "sarif"]).stdout).expect("JSON");
        let faults = schema::faults(&sarif, &log);
        assert!(faults.is_empty(), "{vector}: {}", faults.join("\n"));
        agree(&document, &log);

        let shown = text(&posture(&given, &[]).stdout);
        let wide = |line: &&str| line.chars().count() > 80 && !line.trim_start().starts_with("az ");
        assert_eq!(shown.lines().filter(wide).collect::<Vec<_>>(), [""; 0], "{vector}");
        let markdown = text(&posture(&given, &["--format", "markdown"]).stdout);
        for id in document["checks"].as_array().expect("a list").iter().filter_map(|check| check["id"].as_str()) {
            assert!(shown.contains(id) && markdown.contains(&format!("| [{id}](https://")), "{id}: {markdown}");
        }
    }
    println!("{} vectors", vectors.len());
}

/// The results of SARIF name their rules, and say what the checks say.
fn agree(document: &Value, log: &Value) {
    let run = &log["runs"][0];
    let kinds = BTreeMap::from([
        ("met", ("pass", "none")),
        ("not_met", ("fail", "warning")),
        ("not_visible", ("open", "none")),
        ("not_applicable", ("notApplicable", "none")),
    ]);
    let checks = document["checks"].as_array().expect("a list");
    let results = run["results"].as_array().expect("a list");
    assert_eq!((checks.len(), results.len()), (28, 28));
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (check, result) in checks.iter().zip(results) {
        let status = check["status"].as_str().expect("a status");
        *counts.entry(status).or_default() += 1;
        let (kind, level) = kinds[status];
        assert_eq!((&result["kind"], &result["level"]), (&kind.into(), &level.into()), "{check}");
        let rule = &run["tool"]["driver"]["rules"]
            [usize::try_from(result["ruleIndex"].as_u64().unwrap_or(99)).expect("small")];
        assert_eq!((&rule["id"], &rule["helpUri"]), (&check["id"], &check["see"]));
        assert_eq!(result["properties"]["status"], check["status"]);
    }
    for (status, count) in document["summary"].as_object().expect("counts") {
        assert_eq!(count.as_u64().unwrap_or(99), counts.get(status.as_str()).copied().unwrap_or_default(), "{status}");
    }
}

#[test]
fn a_long_headline_is_broken() {
    let name = "contoso-speech-in-the-region-of-the-headquarters";
    let given = account(&json!({ "customSubDomainName": name, "privateEndpointConnections": [
        { "properties": { "privateLinkServiceConnectionState": { "status": "Approved" } } }] }));
    let shown = text(&posture(&given, &[]).stdout);
    assert!(shown.starts_with(name), "{shown}");
    assert!(shown.lines().take(3).all(|line| line.chars().count() <= 80), "{shown}");
}

#[test]
fn the_schemas_detect_a_fault() {
    let given = account(&json!({ "customSubDomainName": "contoso" }));
    let mut document: Value = serde_json::from_slice(&posture(&given, &["--format", "json"]).stdout).expect("JSON");
    document["checks"][0]["status"] = "unknown".into();
    document["checks"][5]["needs"] = Value::Null;
    assert_eq!(schema::faults(&schema_of("schema/posture.schema.json"), &document).len(), 2);
    let mut log: Value = serde_json::from_slice(&posture(&given, &["--format", "sarif"]).stdout).expect("JSON");
    log["runs"][0]["results"][0]["kind"] = "failed".into();
    log["runs"][0]["tool"]["driver"]["rules"][0]["helpUri"] = "not a uri".into();
    log["runs"][0]["results"][1]["colour"] = "red".into();
    assert_eq!(schema::faults(&schema_of("tests/schema/sarif-2.1.0.json"), &log).len(), 3);
}

#[test]
fn a_required_check_that_fails_decides_the_exit_code() {
    let given = account(
        &json!({ "customSubDomainName": "contoso", "disableLocalAuth": true, "publicNetworkAccess": "Disabled" }),
    );
    let code = |args: &[&str]| posture(&given, args).status.code();
    assert_eq!(code(&[]), Some(0));
    assert_eq!(code(&["--require", "NET4,id1"]), Some(0));
    assert_eq!(code(&["--require", "ID4"]), Some(0), "not applicable");
    assert_eq!(code(&["--require", "NET1"]), Some(80), "not met");
    assert_eq!(code(&["--require", "NET4", "--require", "DR1"]), Some(80), "not visible");
    assert_eq!(code(&["--require", "NET1, NET4", "--ignore", "NET1"]), Some(0));
    assert_eq!(code(&["--require", "all"]), Some(80));
    for format in ["json", "markdown", "sarif"] {
        assert_eq!(code(&["--require", "NET1", "--format", format]), Some(80), "{format}");
    }
    let all = text(&posture(&given, &["--require", "all"]).stdout);
    let ids =
        all.lines().skip_while(|line| !line.contains("of 28 required checks fail:")).collect::<Vec<_>>().join(" ");
    assert!(ids.contains("NET1,") && ids.contains("SVC4") && !ids.contains("NET4"), "{all}");
    let log: Value =
        serde_json::from_slice(&posture(&given, &["--require", "NET1", "--ignore", "DATA1", "--format=sarif"]).stdout)
            .expect("JSON");
    assert_eq!(log["runs"][0]["results"][0]["level"], "error");
    assert_eq!(log["runs"][0]["results"][8]["suppressions"][0]["kind"], "external");
}

#[test]
fn unknown_ids_are_usage_errors_with_a_suggestion() {
    let given = account(&json!({}));
    for (args, words) in [
        (["--require", "NTE1"], "did you mean `NET1`?"),
        (["--ignore", "LOG9"], "did you mean `LOG1`?"),
        (["--require", "everything"], "expected an id such as `NET1`, or `all`"),
        (["--require", ""], "expected an id such as `NET1`, or `all`"),
        (["--format", "yaml"], "expected text, json, markdown or sarif"),
    ] {
        let output = posture(&given, &args);
        let err = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{args:?}");
        assert!(err.contains(words) && err.trim_end().lines().count() == 1, "{err}");
    }
}

/// Two accounts in the documents need a name.
#[test]
fn several_accounts_need_a_name() {
    let other = json!({ "type": "Microsoft.CognitiveServices/accounts", "id": ID.replace("contoso", "other"), "name": "other",
        "location": "westeurope", "kind": "SpeechServices", "properties": { "disableLocalAuth": true } });
    let given = json!([account(&json!({ "customSubDomainName": "contoso" })), other]);
    assert_eq!(posture(&given, &[]).status.code(), Some(2));
    let status = |name: &str| {
        let output = posture(&given, &["--custom-domain", name, "--format", "json"]);
        let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        document["checks"][4]["status"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!((status("contoso").as_str(), status("other").as_str()), ("not_met", "met"));
}

#[test]
fn no_format_shows_a_planted_secret_or_a_control_character() {
    let key = "c0ffee00c0ffee00c0ffee00c0ffee00";
    let connection = "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=cGxhbnRlZA==";
    let hostile = "a\u{1b}[31m|b\u{202e}<img src=x>";
    for planted in [key, hostile] {
        let at = |kind: &str| format!("{ID}/providers/Microsoft.Insights/{kind}/{planted}");
        let document = json!([
            { "type": "Microsoft.CognitiveServices/accounts", "id": format!("{ID}{planted}"), "name": planted,
              "location": planted, "kind": planted, "sku": { "name": planted }, "tags": { planted: planted },
              "identity": { "type": planted },
              "properties": {
                "customSubDomainName": planted, "publicNetworkAccess": planted, "disableLocalAuth": planted,
                "encryption": { "keySource": planted }, "restrictOutboundNetworkAccess": planted,
                "allowedFqdnList": [planted], "userOwnedStorage": planted, "migrationToken": planted,
                "networkAcls": { "defaultAction": planted, "ipRules": [{ "value": planted }],
                    "virtualNetworkRules": [{ "id": format!("/{planted}"), "state": planted }] },
                "privateEndpointConnections": [{ "id": planted, "name": planted,
                    "properties": { "privateLinkServiceConnectionState": { "status": planted } } }],
                "apiProperties": { "qnaAzureSearchEndpointKey": planted, "storageConnectionString": connection },
              } },
            { "id": at("diagnosticSettings"), "type": "Microsoft.Insights/diagnosticSettings", "name": planted, "logs": [] },
            { "id": at("metricAlerts"), "type": "Microsoft.Insights/metricAlerts", "criteria": {}, "scopes": [planted] },
            { "id": at("roleAssignments"), "scope": format!("{ID}{planted}"), "principalId": planted,
              "roleDefinitionId": format!("/{planted}"), "roleDefinitionName": planted },
            { "resourceId": format!("{ID}{planted}"), "complianceState": planted, "policyAssignmentId": planted },
            { "key1": planted, "key2": planted },
        ]);
        for format in ["text", "json", "markdown", "sarif"] {
            let output = posture(&document, &["--format", format, "--require", "all"]);
            assert_eq!(output.status.code(), Some(80), "{format}: {}", text(&output.stderr));
            let shown = text(&output.stdout) + &text(&output.stderr);
            for secret in [key, connection, "cGxhbnRlZA"] {
                assert!(!shown.contains(secret), "{format}: {shown}");
            }
            assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{format}: {shown:?}");
            // Neither a code span nor an escaped character renders.
            let outside = shown.split('`').step_by(2).collect::<String>().replace("\\<", "");
            assert!(format != "markdown" || !outside.contains("<img"), "{shown}");
        }
    }
}

//! `route` and `inventory`: every vector through the binary, and their JSON against the schemas.

mod schema;
mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

fn run(command: &str, vector: &Value, folder: &Path, more: &[&str]) -> Output {
    for (number, document) in vector["documents"].as_array().expect("documents").iter().enumerate() {
        fs::write(folder.join(format!("{number}.json")), document.to_string()).expect("a file");
    }
    let mut program = support::program();
    program.args([command, "--format", "json", "--azure"]).arg(folder).args(more).output().expect("the binary runs")
}

fn vectors(text: &str) -> Vec<Value> {
    let vectors: Vec<Value> = serde_json::from_str(text).expect("JSON");
    for vector in &vectors {
        assert!(vector["doc"].is_string() && vector["source"].is_string(), "{vector}");
    }
    vectors
}

fn schema(name: &str) -> Value {
    let path = format!("{}/schema/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs::read_to_string(path).expect("a file")).expect("JSON")
}

/// Returns the fields of the expectation that the answer does not have.
fn missing(expected: &Value, found: &Value, path: &str) -> Vec<String> {
    match expected {
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, value)| missing(value, &found[name], &format!("{path}.{name}"))).collect()
        }
        Value::String(word) if word == "absent" && found.is_null() => Vec::new(),
        _ if expected == found => Vec::new(),
        _ => vec![format!("{path} is {found}, expected {expected}")],
    }
}

#[test]
fn every_route_vector_holds() {
    let (vectors, schema) = (vectors(include_str!("../../../tests/vectors/azure/routes.json")), schema("route"));
    let mut failures = Vec::new();
    for vector in &vectors {
        let folder = tempfile::tempdir().expect("a folder");
        let to: Vec<&str> = vector["to"].as_array().expect("addresses").iter().filter_map(Value::as_str).collect();
        let output = run("route", vector, folder.path(), &to);
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let mut wrong = schema::faults(&schema, &answer);
        let (expected, found) = (&vector["expect"]["routes"], &answer["routes"]);
        if output.status.code() != vector["expect"]["exit"].as_i64().and_then(|code| i32::try_from(code).ok()) {
            wrong.push(format!("exit {:?}: {}", output.status.code(), String::from_utf8_lossy(&output.stderr)));
        }
        if expected.as_array().map(Vec::len) != found.as_array().map(Vec::len) {
            wrong.push(format!("{found}"));
        }
        for (number, route) in expected.as_array().into_iter().flatten().enumerate() {
            wrong.extend(missing(route, &found[number], ""));
        }
        failures.extend(wrong.into_iter().map(|text| format!("{}: {text}", vector["doc"])));
    }
    assert!(vectors.len() >= 70, "{}", vectors.len());
    assert!(failures.is_empty(), "{} differences in {}:\n{}", failures.len(), vectors.len(), failures.join("\n"));
}

#[test]
fn every_inventory_vector_holds() {
    let (vectors, schema) =
        (vectors(include_str!("../../../tests/vectors/azure/inventories.json")), schema("inventory"));
    let mut failures = Vec::new();
    for vector in &vectors {
        let folder = tempfile::tempdir().expect("a folder");
        let subnet = vector["subnet"].as_str().map(|id| vec!["--subnet", id]).unwrap_or_default();
        let output = run("inventory", vector, folder.path(), &subnet);
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let mut wrong = schema::faults(&schema, &answer);
        let found = answer["accounts"].as_array().cloned().unwrap_or_default();
        let expected = vector["expect"].as_array().expect("accounts");
        if found.len() != expected.len() {
            wrong.push(format!("{} accounts", found.len()));
        }
        for (expected, found) in expected.iter().zip(&found) {
            let codes: Vec<&Value> =
                found["notes"].as_array().into_iter().flatten().map(|note| &note["code"]).collect();
            let mut found = found.clone();
            found["notes"] = json!(codes);
            wrong.extend(missing(expected, &found, &found["name"].to_string()));
        }
        failures.extend(wrong.into_iter().map(|text| format!("{}: {text}", vector["doc"])));
    }
    assert!(failures.is_empty(), "{} differences in {}:\n{}", failures.len(), vectors.len(), failures.join("\n"));
}

#[test]
fn bad_input_is_one_line_with_the_documented_exit_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let routes = folder.path().join("routes.json");
    fs::write(&routes, r#"[{"addressPrefix":["0.0.0.0/0"],"nextHopType":"Internet"}]"#).expect("a file");
    let account = folder.path().join("account.json");
    fs::write(&account, r#"{"type":"Microsoft.CognitiveServices/accounts","name":"a"}"#).expect("a file");
    let keys = folder.path().join("keys.json");
    fs::write(&keys, r#"{"key1":"0123456789abcdef0123456789abcdef","key2":"fedcba9876543210fedcba9876543210"}"#)
        .expect("a file");
    let (routes, account, keys) =
        (routes.display().to_string(), account.display().to_string(), keys.display().to_string());
    for (args, words) in [
        (vec!["route", "--azure", &routes], "ADDRESS|HOST"),
        (vec!["route", "10.0.0", "--azure", &routes], "neither an address nor a host"),
        (vec!["route", "a b", "--azure", &routes], "neither an address nor a host"),
        (vec!["route", "10.0.0.1", "--azure", &account], "no document holds effective routes"),
        (vec!["route", "10.0.0.1"], "no document holds effective routes"),
        (vec!["inventory", "--azure", &routes], "no document describes an account"),
        (vec!["account", "--azure", &keys], "holds keys of an account, which are never read"),
        (vec!["posture", "--azure", &keys], "holds keys of an account, which are never read"),
        (vec!["inventory", "--azure", &account, "--subnet", "x; reboot"], "not the ARM ID of a subnet"),
        (vec!["inventory", "--azure", &account, "--format", "xml"], "expected text, json or csv"),
    ] {
        let output = support::program().args(&args).output().expect("the binary runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {error}");
        assert!(!error.contains("0123456789abcdef") && !error.contains("fedcba98"), "{error}");
        assert!(output.stdout.is_empty() && error.lines().count() == 1 && error.contains(words), "{args:?}: {error}");
    }
}

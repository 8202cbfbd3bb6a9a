//! `explain` on whole logs: its text, its JSON against the schema, and its Markdown.
#![allow(clippy::print_stdout, reason = "the counts are part of what the tests show")]

mod schema;
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

fn explain(args: &[&str]) -> Output {
    support::program().arg("explain").args(args).output().expect("the binary runs")
}

fn shown(args: &[&str]) -> String {
    let output = explain(args);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), errors.as_str()), (Some(0), ""), "{args:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/logs")
}

fn cases() -> Vec<Value> {
    let text = fs::read_to_string(folder().join("cases.json")).expect("the cases");
    serde_json::from_str(&text).expect("JSON")
}

fn schema_of_explain() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/explain.schema.json");
    serde_json::from_str(&fs::read_to_string(path).expect("the schema")).expect("JSON")
}

fn path(case: &Value) -> String {
    folder().join(case["log"].as_str().expect("a name")).to_string_lossy().into_owned()
}

/// Every format of every log: valid, within the width of a terminal, and without the secrets of the log.
#[test]
fn every_log_is_explained_in_every_format_without_its_secrets() {
    let (schema, mut faults, mut secrets, mut unknown) = (schema_of_explain(), Vec::new(), 0, 0);
    let cases = cases();
    for case in &cases {
        let path = path(case);
        let outputs: Vec<Output> = [&["-v"][..], &["--format", "json"], &["--format", "markdown"]]
            .iter()
            .map(|args| explain(&[&[path.as_str()][..], args].concat()))
            .collect();
        let all: String = outputs
            .iter()
            .flat_map(|output| [&output.stdout, &output.stderr])
            .map(|bytes| String::from_utf8_lossy(bytes))
            .collect();
        for secret in case["expect"]["secrets"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            secrets += 1;
            if all.to_lowercase().contains(&secret.to_lowercase()) {
                faults.push(format!("{path}: a secret is shown"));
            }
        }
        if outputs[1].status.code() != Some(0) {
            unknown += 1;
            continue;
        }
        let document: Value = serde_json::from_slice(&outputs[1].stdout).expect("JSON");
        faults.extend(schema::faults(&schema, &document).into_iter().map(|fault| format!("{path}: {fault}")));
        let text = String::from_utf8_lossy(&outputs[0].stdout).into_owned();
        // Commands and URLs stay whole.
        let whole = ["speech-endpoint ", "export ", "curl ", "dig ", "openssl ", "az ", "`https://"];
        let is_whole = |line: &str| whole.iter().any(|start| line.trim_start().starts_with(start));
        let wide = text.lines().filter(|line| line.chars().count() > 80 && !is_whole(line));
        faults.extend(wide.map(|line| format!("{path}: wide: {line}")));
        let markdown = String::from_utf8_lossy(&outputs[2].stdout).into_owned();
        if !markdown.starts_with("## What the text says\n") {
            faults.push(format!("{path}: {markdown}"));
        }
    }
    println!("{} logs, {secrets} planted secrets, {unknown} logs that say nothing", cases.len());
    assert!(secrets >= 30 && unknown <= 10, "{secrets} secrets, {unknown} unknown");
    assert!(faults.is_empty(), "{} faults:\n  {}", faults.len(), faults.join("\n  "));
}

#[test]
fn a_log_shows_its_course_its_ids_and_what_it_rules_out() {
    let case = |name: &str| folder().join(name).to_string_lossy().into_owned();
    let text = shown(&[&case("native-1.53-tls-handshake-silent.log")]);
    for part in [
        "\ntimeline\n",
        "\nruled out by the log\n  the name: it resolved to an address\n",
        "\nids for a support request\n",
        "sdk            Speech SDK for Python 1.53\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let healed = shown(&[&case("node-network-comes-up-then-healthy.log")]);
    assert!(healed.contains("; the last call worked\n") || healed.contains("the last call worked"), "{healed}");
    assert!(!healed.contains("\nlikely\n"), "{healed}");
}

#[test]
fn the_defects_of_an_sdk_are_listed_and_those_that_are_mended_are_not() {
    let (old, new) = (shown(&["--sdk", "python:1.44"]), shown(&["--sdk", "python:1.53"]));
    assert!(old.starts_with("Speech SDK for Python 1.44\n") && old.contains("(error 44,"), "{old}");
    assert!(!new.contains("(error 44,"), "{new}");
    for text in [&old, &new] {
        assert!(text.lines().all(|line| line.chars().count() <= 80 || line.contains("source")), "{text}");
    }
    let document: Value = serde_json::from_str(&shown(&["--sdk", "js:1.48", "--format", "json"])).expect("JSON");
    assert_eq!(schema::faults(&schema_of_explain(), &document), Vec::<String>::new());
    assert!(
        document["sdk"]["defects"]
            .as_array()
            .expect("a list")
            .iter()
            .any(|defect| defect["id"] == "redirect-synthesis")
    );
    assert!(shown(&["--sdk", "js:1.48", "--format", "markdown"]).starts_with("## Speech SDK for JavaScript 1.48\n"));
    for given in ["ruby:1.0", "python:new", "python:"] {
        let output = explain(&["--sdk", given]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{given}");
    }
}

/// An SDK that the reader names counts more than what the text says.
#[test]
fn a_given_sdk_decides_which_defects_fit() {
    let line = "tlsio_openssl.c:1604 Error loading CRL from http://crl3.digicert.com/x.crl. WS_OPEN_ERROR_UNDERLYING_IO_OPEN_FAILED";
    let has = |sdk: &str| {
        let document: Value = serde_json::from_str(&shown(&["--sdk", sdk, "--format", "json", line])).expect("JSON");
        let defects = document["sdk"]["defects"].as_array().expect("a list").clone();
        defects.iter().any(|defect| defect["id"] == "crl-partitioned")
    };
    assert!(has("python:1.44") && has("java") && !has("python:1.50"));
}

#[test]
fn entries_of_the_catalogue_have_markdown() {
    let text = shown(&["DNS03", "--format", "markdown"]);
    assert!(text.starts_with("## DNS03 ") && text.contains("\n- **do** ") && text.contains("\n```sh\n"), "{text}");
}

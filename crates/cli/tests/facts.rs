//! `facts` and `--facts`: the table, its schema, and files that replace a part of it.
#![allow(clippy::print_stdout, reason = "the counts are part of what the tests show")]

mod schema;
mod support;

use std::path::PathBuf;

use serde_json::{Value, json};
use support::{fed, text};

fn parsed(args: &[&str], stdin: &[u8]) -> Value {
    let output = fed(args, stdin);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// A document with one fact more than the required fields.
fn document(fact: &Value) -> Vec<u8> {
    let mut whole = json!({ "source": "https://example.com/edition", "edition": "2027-02-03", "confirmed": true });
    whole.as_object_mut().expect("an object").extend(fact.as_object().expect("an object").clone());
    json!({ "schema_version": 1, "facts": [whole] }).to_string().into_bytes()
}

#[test]
fn the_table_matches_its_schema_and_is_a_file_for_the_option() {
    let schema: Value = serde_json::from_str(include_str!("../schema/facts.schema.json")).expect("JSON");
    let printed = fed(&["facts", "--format", "json"], b"");
    let table: Value = serde_json::from_slice(&printed.stdout).expect("JSON");
    let faults = schema::faults(&schema, &table);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let mut broken = table.clone();
    broken["facts"][0]["edition"] = json!("May 2026");
    broken["facts"][1]["values"] = json!("westeurope");
    assert_eq!(schema::faults(&schema, &broken).len(), 2);

    let again = fed(&["facts", "--format", "json", "--facts", "-"], &printed.stdout);
    assert_eq!(text(&again.stdout), text(&printed.stdout));
    println!("{} facts", table["facts"].as_array().expect("a list").len());
}

#[test]
fn the_text_fits_80_columns_and_marks_every_unconfirmed_fact() {
    let all = text(&fed(&["facts"], b"").stdout);
    let wide: Vec<&str> = all.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    let narrow = support::program().arg("facts").env("COLUMNS", "1").output().expect("the binary runs");
    assert_eq!(narrow.status.code(), Some(0), "{}", text(&narrow.stderr));
    let table = parsed(&["facts", "--format", "json", "--unconfirmed"], b"");
    let count = table["facts"].as_array().expect("a list").len();
    assert!(count > 5);
    let words = all.split_whitespace().filter(|word| *word == "unconfirmed").count();
    assert_eq!(words, count, "one mark per fact");
    assert!(all.contains(&format!("facts, {count} unconfirmed;")), "{all}");
}

#[test]
fn filters_select_facts() {
    let values = |args: &[&str]| -> Vec<String> {
        let table = parsed(&[&["facts", "--format", "json"], args].concat(), b"");
        let facts = table["facts"].as_array().expect("a list").clone();
        facts.iter().map(|fact| fact["kind"].as_str().expect("a text").to_owned()).collect()
    };
    assert_eq!(values(&["--kind", "api-version", "--service", "voice-live"]), ["api-version"]);
    assert!(values(&["--region", "qatarcentral"]).iter().all(|kind| kind == "regions"));
    assert_eq!(values(&["--service", "avatar-relay-token"]), ["regions"], "listed as `avatar`");
    assert_eq!(values(&["--kind", "dns-zone", "--cloud", "china"]).len(), 2);
    let none = fed(&["facts", "--kind", "quota", "--service", "voices"], b"");
    assert_eq!((none.status.code(), text(&none.stdout).as_str()), (Some(0), ""));
    assert!(text(&none.stderr).contains("no fact passes"), "{}", text(&none.stderr));
    for (args, code) in [(["--kind", "colour"], 2), (["--service", "speech"], 2), (["--region", "en-US"], 10)] {
        let output = fed(&[&["facts"][..], &args].concat(), b"");
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(code), ""), "{args:?}");
        assert_eq!(text(&output.stderr).lines().count(), 1, "{args:?}");
    }
}

#[test]
fn a_file_replaces_the_facts_that_the_commands_rest_on() {
    let version = document(&json!({ "kind": "api-version", "service": "batch-synthesis", "value": "2027-01-01" }));
    let resolve = ["resolve", "--region", "westeurope", "--format", "json", "--facts", "-"];
    let resolved = parsed(&[&resolve[..], &["--service", "batch-synthesis"]].concat(), &version);
    let endpoint = &resolved["endpoints"][0];
    assert!(endpoint["url"].as_str().is_some_and(|url| url.ends_with("?api-version=2027-01-01")), "{endpoint}");
    assert_eq!(endpoint["facts"][0]["edition"], "2027-02-03");
    assert_eq!(endpoint["facts"][0]["source"], "https://example.com/edition");
    assert!(
        resolved["notes"].to_string().contains("standard input replaces 1 of the built-in facts"),
        "{}",
        resolved["notes"]
    );

    let regions = document(&json!({ "kind": "regions", "service": "avatar", "cloud": "public", "values": ["ukwest"] }));
    let resolved = parsed(&[&resolve[..], &["--service", "avatar"]].concat(), &regions);
    let note = "the region table of 2027-02-03 does not list this service for West Europe";
    assert!(resolved["endpoints"][0]["notes"].to_string().contains(note), "{resolved}");

    let plan = [
        "doctor",
        "--region",
        "westeurope",
        "--service",
        "batch-synthesis",
        "--plan",
        "--format",
        "json",
        "--facts",
        "-",
    ];
    let planned = parsed(&plan, &version).to_string();
    assert!(planned.contains("api-version=2027-01-01"), "{planned}");
}

#[test]
fn a_region_that_only_the_file_lists_has_no_note() {
    let mut table = parsed(&["facts", "--kind", "regions", "--cloud", "public", "--format", "json"], b"");
    table["facts"][0]["values"].as_array_mut().expect("a list").push(json!("mooncentral"));
    let file = table.to_string().into_bytes();
    let note = |args: &[&str]| text(&fed(args, &file).stderr).contains("`mooncentral` is not in");
    assert!(note(&["resolve", "--region", "mooncentral", "--service", "voices"]));
    assert!(!note(&["resolve", "--region", "mooncentral", "--service", "voices", "--facts", "-"]));
}

#[test]
fn a_wrong_file_is_rejected_in_one_line_with_nothing_on_standard_output() {
    let cut_utf16 = b"\xff\xfe{\0}".to_vec();
    let mut large = vec![b' '; (1 << 20) + 1];
    large[0] = b'{';
    let suffix = json!({ "kind": "host-suffix", "cloud": "public", "name": "realtime", "value": "evil.example" });
    let cases: [(&str, Vec<u8>, &str); 8] = [
        ("text", b"regions: westeurope".to_vec(), "not valid JSON: line 1"),
        ("half a character", cut_utf16, "neither UTF-8 nor UTF-16"),
        ("too large", large, "larger than 1048576 bytes"),
        (
            "other shape",
            br#"{ "schema_version": 1, "endpoints": [] }"#.to_vec(),
            "expected the output of `speech-endpoint facts",
        ),
        ("version", br#"{ "schema_version": 9, "facts": [] }"#.to_vec(), "schema version `9`"),
        (
            "service",
            document(&json!({ "kind": "quota", "service": "voise", "value": "1" })),
            "fact 1 has an unknown `service`: `voise`",
        ),
        ("date", document(&json!({ "kind": "sdk", "value": "1", "edition": "2026-13-01" })), "`2026-13-01`"),
        ("suffix", document(&suffix), "a `host-suffix`, which a file cannot"),
    ];
    for (name, file, expected) in &cases {
        for command in [
            &["facts"][..],
            &["resolve", "--region", "westeurope"],
            &["allowlist", "--region", "westeurope"],
            &["doctor", "--region", "westeurope", "--plan"],
        ] {
            let output = fed(&[command, &["--facts", "-"]].concat(), file);
            let error = text(&output.stderr);
            assert_eq!(
                (output.status.code(), text(&output.stdout).as_str()),
                (Some(2), ""),
                "{name} {command:?}: {error}"
            );
            assert!(error.contains(expected) && error.contains("`--facts`"), "{name}: {error}");
            assert_eq!(error.lines().count(), 1, "{name}: {error}");
        }
    }
    let missing = fed(&["facts", "--facts", "/does/not/exist.json"], b"");
    assert_eq!((missing.status.code(), text(&missing.stdout).as_str()), (Some(2), ""));
    let both = fed(&["resolve", "--account", "-", "--facts", "-"], b"{}");
    assert!(text(&both.stderr).contains("both read standard input"), "{}", text(&both.stderr));
    let evidence = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/evidence/wrong-key.json");
    let from = fed(&["doctor", "--from", &evidence.display().to_string(), "--facts", "-"], b"{}");
    assert_eq!(from.status.code(), Some(2), "saved evidence has its facts already");
}

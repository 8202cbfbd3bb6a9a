//! Pasted texts and what they lead to: the table of wordings, the vectors, and what is never said.
#![allow(clippy::print_stdout, reason = "the counts are part of what the tests show")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::Value;
use speech_endpoint::{Explanation, KnownFailure, Meaning, Strength, Topic, Wording, explain};

/// What clients of every language write. The first failure is one of those that the facts name.
#[test]
fn errors_of_clients_lead_to_the_failures_to_test() {
    let mut failures = Vec::new();
    let vectors = vectors("errors-of-clients.json");
    for vector in &vectors {
        let (said, expected) = (text(&vector["text"]), expanded(&vector["first"]));
        let first = explain(&said).causes.first().map(|cause| cause.id);
        if !first.is_some_and(|first| expected.iter().any(|id| id == first)) {
            failures.push(format!("{said}: expected one of {expected:?}, got {first:?}"));
        }
    }
    report("errors of clients", vectors.len(), &failures);
}

/// One file for each family of clients: the failures that the text shows stand among the first three.
#[test]
fn texts_of_every_family_of_clients_lead_to_their_failures() {
    let (mut count, mut failures) = (0, Vec::new());
    for file in families() {
        let family = file.file_stem().expect("a name").to_string_lossy().into_owned();
        for vector in read(&file) {
            count += 1;
            let said = text(&vector["text"]);
            let ids: Vec<&str> = explain(&said).causes.iter().map(|cause| cause.id).collect();
            let holds = |wanted: &Value, most: usize| {
                let wanted = expanded(wanted);
                let shown = &ids[..ids.len().min(most)];
                wanted.is_empty() || shown.iter().any(|id| wanted.iter().any(|wanted| wanted == id))
            };
            let is_silent = vector["expect"].as_array().is_some_and(Vec::is_empty);
            if is_silent && !ids.is_empty() || !holds(&vector["expect"], 3) || !holds(&vector["first"], 1) {
                let shown = &ids[..ids.len().min(4)];
                failures.push(format!(
                    "{family}: {said:?}: expected {} {}, got {shown:?}",
                    vector["expect"], vector["first"]
                ));
            }
        }
    }
    report("texts of families", count, &failures);
}

/// The first failure is one of those that the facts name; a text that means nothing leads to nothing.
#[test]
fn every_pasted_line_leads_to_the_failures_of_its_vector() {
    let (vectors, mut failures) = (vectors("texts.json"), Vec::new());
    for vector in &vectors {
        let name = text(&vector["doc"]);
        if name.is_empty() || text(&vector["source"]).is_empty() {
            failures.push(format!("{name}: no sentence or no source"));
        }
        let ids: Vec<&str> = explain(&text(&vector["text"])).causes.iter().map(|cause| cause.id).collect();
        let expected = expanded(&vector["expect"]["first"]);
        let is_right = match ids.first() {
            None => expected.is_empty(),
            Some(first) => expected.iter().any(|id| id == first),
        };
        if !is_right {
            failures.push(format!("{name}: expected {expected:?}, got {:?}", &ids[..ids.len().min(6)]));
        }
    }
    let nothing = vectors.iter().filter(|vector| vector["expect"].is_null()).count();
    assert!(vectors.len() >= 60 && nothing >= 7, "{} vectors, {nothing} without a failure", vectors.len());
    report("pasted lines", vectors.len(), &failures);
}

/// Texts of other services, of healthy programs and of everyday life. None names a cause of Speech with certainty.
///
/// 1. No cause is likely by itself, proved, or far ahead of the next one.
/// 2. No cause concerns a key, a policy, a quota or an endpoint of Speech.
/// 3. A cause that may hold for any service comes with the note that the text is about another one.
/// 4. The text of a healthy program has no cause at all.
#[test]
fn a_text_about_something_else_names_no_cause_with_certainty() {
    let (vectors, mut failures) = (vectors("explain-elsewhere.json"), Vec::new());
    for vector in &vectors {
        let (said, kind) = (text(&vector["text"]), text(&vector["kind"]));
        assert!(!text(&vector["source"]).is_empty() && !said.is_empty(), "{}", vector["doc"]);
        if let Some(fault) = certainty(&explain(&said), kind.starts_with("healthy")) {
            let doc = text(&vector["doc"]);
            failures.push(format!("{kind}: {doc}: {fault}"));
        }
    }
    assert!(vectors.len() >= 120);
    report("texts about something else", vectors.len(), &failures);
}

/// Returns what an explanation says with more certainty than a text about something else allows.
fn certainty(found: &Explanation, is_healthy: bool) -> Option<String> {
    let causes = &found.causes;
    let ids: Vec<&str> = causes.iter().map(|cause| cause.id).collect();
    if let (true, Some(first)) = (is_healthy, ids.first()) {
        return Some(format!("{first} in a healthy text"));
    }
    if let Some(likely) = found.likely() {
        return Some(format!("{} is the likely cause", likely.id));
    }
    if let Some(cause) = causes.iter().find(|cause| cause.is_proved()) {
        return Some(format!("{} is proved", cause.id));
    }
    if let [first, second, ..] = &causes[..]
        && first.is_ahead_of(second)
    {
        return Some(format!("{} is far ahead of {}", first.id, second.id));
    }
    let is_ours = |id: &&&str| ["AUTH", "POL", "QUO", "CFG"].iter().any(|area| id.starts_with(area));
    if let Some(id) = ids.iter().find(is_ours) {
        return Some(format!("{id} is a cause of Speech"));
    }
    ids.first()
        .filter(|_| found.topic != Topic::OtherService)
        .map(|id| format!("{id} without the note that the text is about another service"))
}

#[test]
fn the_table_is_large_and_every_meaning_has_a_wording_or_a_number() {
    let count = Wording::all().count();
    println!("{count} wordings of {} meanings", Meaning::all().count());
    assert!(count >= 1_500);
    let worded: BTreeSet<&str> = Wording::all().map(|wording| wording.meaning().id()).collect();
    let numbered: BTreeSet<&str> = include_str!("../src/explain/numbers.txt")
        .lines()
        .filter_map(|line| Some(line.split('|').nth(2)?.trim()))
        .collect();
    for meaning in Meaning::all() {
        assert!(worded.contains(meaning.id()) || numbered.contains(meaning.id()), "{} is never said", meaning.id());
    }
}

/// Every wording, alone, leads to its own meaning: no other one hides it.
#[test]
fn every_wording_alone_has_its_meaning() {
    let mut failures = Vec::new();
    // An event means nothing by itself; the test of the logs shows what each does.
    for wording in Wording::all().filter(|wording| wording.meaning().strength() > Strength::Event) {
        let said = wording.written().replace('#', " 7 ").replace('§', " 203.0.113.7 ").replace('…', " x ");
        let found = explain(&said);
        if !found.meanings.iter().any(|meaning| meaning.id() == wording.meaning().id()) {
            failures.push(format!(
                "{} ({}): {:?}",
                wording.written(),
                wording.meaning().id(),
                found.meanings.first().map(|m| m.id())
            ));
        }
    }
    report("wordings", Wording::all().count(), &failures);
}

#[test]
fn a_stronger_meaning_goes_first() {
    let found = explain("WS_OPEN_ERROR_UNDERLYING_IO_OPEN_FAILED (code=111: x)");
    let strengths: Vec<Strength> = found.meanings.iter().map(|meaning| meaning.strength()).collect();
    assert!(strengths.iter().rev().is_sorted(), "{strengths:?}");
    assert_eq!(first(&found), Some("TCP02"));
}

/// A log repeats a failure with each attempt. That makes it no likelier, and proves nothing.
#[test]
fn a_line_that_a_log_repeats_weighs_as_much_as_once() {
    let (vectors, mut failures) = (vectors("texts.json"), Vec::new());
    let summary = |said: &str| -> Vec<(&'static str, bool)> {
        explain(said).causes.iter().map(|cause| (cause.id, cause.is_proved())).collect()
    };
    // A number that is the whole text means something by that alone.
    let lines = vectors.iter().map(|vector| text(&vector["text"])).filter(|said| said.contains(' '));
    for said in lines {
        let (once, often) = (summary(&said), summary(&format!("{said} .\n").repeat(40)));
        if once != often {
            failures.push(format!("{said}: {once:?} became {often:?}"));
        }
    }
    report("repeated lines", vectors.len(), &failures);
}

/// Four times the text costs about four times the time, whatever it repeats.
#[test]
#[allow(clippy::disallowed_methods, reason = "the test measures time")]
fn long_texts_cost_no_more_than_their_length() {
    let patterns = [
        "a ",
        "\n",
        "1 ",
        "{",
        "\"",
        "status 200 ",
        "error code 111 ",
        "GET /x HTTP/1.1\" 404 ",
        "SessionId: ",
        "https://a.example.com/x ",
        "0123456789abcdef0123456789abcdef ",
        "connect response 407 ",
        "WS_OPEN_ERROR_UNDERLYING_IO_OPEN_FAILED (code=111) ",
        "2026-11-29T18:09:10.741Z connection refused\n",
        "{\"log\":\"connection refused\",\"time\":\"2026-11-29T18:09:10Z\"}\n",
        "Start to open websocket\nDNS resolved a.example.com to 10.0.0.1\n",
        "proxy http://p.corp.local:3128 ",
        "\\n\\u0027&lt;",
        "westeurope.stt.speech.microsoft.com ",
        "10.0.0.4 ",
        "é",
        "speech sdk 1.44 ",
    ];
    let took = |pattern: &str, length: usize| {
        let text = pattern.repeat(length / pattern.len());
        let begin = Instant::now();
        let _ = explain(&text);
        begin.elapsed()
    };
    let mut failures = Vec::new();
    for pattern in patterns {
        let (short, long) = (took(pattern, 1 << 15), took(pattern, 1 << 17));
        if long > short * 9 + Duration::from_millis(500) {
            failures.push(format!("{pattern:?}: {short:?} for 32 KiB, {long:?} for 128 KiB"));
        }
    }
    report("patterns", patterns.len(), &failures);
}

fn first(found: &Explanation) -> Option<&'static str> {
    found.causes.first().map(|cause| cause.id)
}

proptest! {
    #[test]
    fn no_text_causes_a_panic(text in "\\PC{0,200}") {
        let _ = explain(&text);
        let _ = (KnownFailure::find(&text), KnownFailure::nearest(&text));
    }

    #[test]
    fn no_mixture_of_known_pieces_causes_a_panic(pieces in prop::collection::vec(piece(), 0..12)) {
        for cause in explain(&pieces.concat()).causes {
            prop_assert!(KnownFailure::find(cause.id).is_some());
        }
    }

    #[test]
    fn case_does_not_matter(index in any::<prop::sample::Index>()) {
        let vectors = vectors("texts.json");
        let line = text(&index.get(&vectors)["text"]);
        // Catalogue ids are the exception: they are recognised only in capitals. `\n` is an escape in small letters alone.
        prop_assume!(!line.contains("CFG") && !line.contains('\\'));
        prop_assert_eq!(first(&explain(&line)), first(&explain(&line.to_ascii_uppercase())));
    }
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,6}",
        "[ :=(\\[\"'`.,/#-]{0,3}",
        "\\PC{0,5}",
        prop::sample::select(vec![
            "StatusCode",
            "code",
            "errno",
            "HTTP",
            "ID",
            "Error details",
            "error",
            "1006",
            "401",
            "é",
            "\u{202e}"
        ])
        .prop_map(str::to_owned),
    ]
}

/// Returns the given ids, with areas such as `DNS*` replaced by their ids.
fn expanded(ids: &Value) -> Vec<String> {
    let mut all = Vec::new();
    for id in ids.as_array().into_iter().flatten().map(text) {
        match id.strip_suffix('*') {
            Some(area) => {
                all.extend(KnownFailure::all().map(|known| known.id.to_owned()).filter(|id| id.starts_with(area)));
            }
            None => all.push(id),
        }
    }
    all
}

fn report(what: &str, count: usize, failures: &[String]) {
    println!("{count} {what}");
    assert!(failures.is_empty(), "{what}: {} failures:\n  {}", failures.len(), failures.join("\n  "));
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn families() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder().join("explain")).expect("the folder");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

fn vectors(name: &str) -> Vec<Value> {
    read(&folder().join(name))
}

fn read(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

//! Every message and every answer that the lab sends has a shape in `shapes.json`, which is written from public sources and names
//! them. The exchanges make the lab send everything that it can; what is added to its code fails here until it has a shape.
#![allow(clippy::expect_used, clippy::panic, reason = "a test may stop")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

use serde_json::Value;

#[path = "shapes/access.rs"]
mod access;
#[path = "shapes/client.rs"]
mod client;
#[path = "shapes/code.rs"]
mod code;
#[path = "shapes/complete.rs"]
mod complete;
#[path = "shapes/list.rs"]
mod list;
#[path = "shapes/realtime.rs"]
mod realtime;
#[path = "shapes/record.rs"]
mod record;
#[path = "shapes/rest.rs"]
mod rest;
#[path = "shapes/schema.rs"]
mod schema;
#[path = "shapes/speech.rs"]
mod speech;

use client::Client;
use complete::Sent;
use list::{channels, head_of, list, shapes, text, types};
use record::{Body, Record};
use schema::{Check, optional_keys, used_types};

/// All that the exchanges made the lab send.
static CLIENTS: LazyLock<Vec<Client>> = LazyLock::new(|| {
    let exchange = || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (speech, realtime, rest, access) =
                tokio::join!(speech::all(), realtime::all(), rest::all(), access::all());
            [speech, realtime, rest, access].into_iter().flatten().collect()
        })
    };
    std::thread::scope(|scope| scope.spawn(exchange).join()).expect("the exchanges end")
});

/// The result of comparing all messages with all shapes.
static RESULT: LazyLock<Outcome> = LazyLock::new(Outcome::of_all);

#[derive(Default)]
struct Outcome {
    differences: BTreeSet<String>,
    /// The numbers of the shapes that a message had.
    used: BTreeSet<usize>,
    /// The optional keys that a message had.
    present: BTreeSet<String>,
}

#[test]
fn every_message_has_the_shape_of_its_source() {
    let differences = &RESULT.differences;
    println!("{} messages and answers", records().count());
    assert!(differences.is_empty(), "\n{}", joined(differences));
}

#[test]
fn every_shape_and_every_optional_key_is_sent() {
    let mut missing = BTreeSet::new();
    for (number, shape) in shapes().iter().enumerate() {
        let name = format!("{} {}", text(shape, "channel"), text(shape, "message"));
        if !RESULT.used.contains(&number) {
            missing.insert(format!("no message has shape {number}: {name}"));
        }
        for key in optional_keys(&shape["shape"], &format!("#{number}")).difference(&RESULT.present) {
            missing.insert(format!("{name}: no message has the optional key {key}"));
        }
        for key in optional_keys(&head_of(shape), &format!("#{number} headers")).difference(&RESULT.present) {
            missing.insert(format!("{name}: no message has the optional header {key}"));
        }
    }
    for (name, shape) in types() {
        for key in optional_keys(shape, &format!("@{name}")).difference(&RESULT.present) {
            missing.insert(format!("no message has the optional key {key}"));
        }
    }
    assert!(missing.is_empty(), "\n{}", joined(&missing));
}

#[test]
fn every_shape_names_a_source_that_exists_and_every_source_and_type_is_used() {
    let ids: BTreeSet<&str> = list("sources").iter().map(|source| text(source, "id")).collect();
    assert_eq!(ids.len(), list("sources").len(), "two sources have one id");
    assert!(
        list("sources")
            .iter()
            .all(|source| text(source, "url").starts_with("https://") && !text(source, "what").is_empty())
    );
    let mut used = BTreeSet::new();
    for shape in shapes() {
        let sources = shape["source"].as_array().expect("a list of sources");
        assert!(!sources.is_empty(), "{shape}");
        for source in sources {
            let id = source.as_str().expect("a text").split(':').next().unwrap_or_default();
            assert!(ids.contains(id), "there is no source {id}");
            used.insert(id);
        }
        assert!(channels().contains_key(text(shape, "channel")), "there is no channel {}", text(shape, "channel"));
    }
    assert_eq!(ids, used, "the sources that are listed and those that are used");
    let named: BTreeSet<String> = types().keys().cloned().collect();
    let of_types = types().values().flat_map(used_types);
    let used: BTreeSet<String> =
        shapes().iter().flat_map(|shape| used_types(&shape["shape"])).chain(of_types).collect();
    assert_eq!(named, used, "the types that are listed and those that are used");
}

#[test]
fn what_is_listed_as_computed_or_not_sent_exists_in_the_code() {
    let all = code::all();
    for entry in list("computed").iter().chain(list("not-sent")) {
        let file = text(entry, "file");
        let code = all.iter().find(|code| code.file == file).unwrap_or_else(|| panic!("there is no file {file}"));
        let names = if entry["reason"].is_string() { &entry["names"] } else { &entry["expression"] };
        let names = names.as_array().cloned().unwrap_or_else(|| vec![names.clone()]);
        for name in names.iter().filter_map(Value::as_str) {
            assert!(code.contains(name), "{file} does not contain `{name}`");
        }
    }
}

#[test]
fn everything_that_the_code_can_send_is_sent() {
    let missing = Sent::of(&CLIENTS).missing();
    assert!(missing.is_empty(), "\n{}", joined(&missing));
}

#[test]
fn the_last_piece_of_synthesised_audio_is_empty() {
    let mut turns = 0;
    for client in CLIENTS.iter() {
        let records: Vec<&Record> = client.records.iter().filter(|record| record.channel == "synthesis").collect();
        for turn in records.split(|record| record.message == "turn.end") {
            let Some(stream) =
                turn.iter().rfind(|record| record.message == "response").map(|record| record.body.value())
            else {
                continue;
            };
            let audio: Vec<&&Record> = turn.iter().filter(|record| record.message == "audio").collect();
            let (Some(last), rest) = (audio.last(), &audio[..audio.len().saturating_sub(1)]) else { continue };
            turns += 1;
            assert!(matches!(last.body, Body::Empty), "the last piece has content");
            assert!(!rest.is_empty() && rest.iter().all(|piece| matches!(piece.body, Body::Bytes)));
            let id = stream["audio"]["streamId"].as_str().expect("an id");
            assert!(audio.iter().all(|piece| piece.headers["X-StreamId"] == id), "another stream");
        }
    }
    assert!(turns >= speech::FORMATS.len(), "{turns} turns");
}

impl Outcome {
    fn of_all() -> Self {
        let mut outcome = Self::default();
        let mut check = Check { types: types(), present: BTreeSet::new() };
        for record in records() {
            outcome.compare(record, &mut check);
        }
        outcome
    }

    /// Compares a message with the shapes of its name; the first that fits is its own.
    fn compare(&mut self, record: &Record, check: &mut Check<'_>) {
        let own = |shape: &&(usize, &Value)| {
            text(shape.1, "channel") == record.channel && is_named(&record.message, text(shape.1, "message"))
        };
        let all: Vec<(usize, &Value)> = shapes().iter().enumerate().collect();
        let candidates: Vec<&(usize, &Value)> = all.iter().filter(own).collect();
        let name = format!("{} {}", record.channel, record.message);
        if candidates.is_empty() {
            self.differences.insert(format!("{name}: there is no shape for {} {}", record.head(), shown(record)));
        }
        let mut differences = BTreeSet::new();
        for (number, shape) in candidates {
            check.present = BTreeSet::new();
            let head = check.compare(&record.head(), &head_of(shape), &format!("#{number} headers"), "headers");
            let body = check.compare(&record.body.value(), &shape["shape"], &format!("#{number}"), "body");
            match head.and(body) {
                Ok(()) => {
                    self.used.insert(*number);
                    self.present.append(&mut check.present);
                    return;
                }
                Err(difference) => {
                    differences.insert(format!("{name}: {difference}; source: {}", shape["source"]));
                }
            }
        }
        self.differences.append(&mut differences);
    }
}

/// Returns whether a message has a name; a star stands for any text.
fn is_named(message: &str, name: &str) -> bool {
    match name.split_once('*') {
        Some((start, end)) => message.starts_with(start) && message.ends_with(end),
        None => message == name,
    }
}

fn records() -> impl Iterator<Item = &'static Record> {
    CLIENTS.iter().flat_map(|client| &client.records)
}

fn shown(record: &Record) -> String {
    record.body.value().to_string().chars().take(600).collect()
}

fn joined(lines: &BTreeSet<String>) -> String {
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
    text
}

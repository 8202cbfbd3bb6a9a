//! Hostile documents: each ends in one line or a note, in time, with little more memory than the file.
#![cfg(all(feature = "serde", target_os = "linux"))]
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "each document is read by a process of its own")]

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Instant;

use speech_endpoint::azure::AzureView;

const MB: usize = 1 << 20;

/// The size of a large document.
const SIZE: usize = 50_000_000;

/// The most memory beside the document, in bytes.
const MOST_MEMORY: usize = 64 * MB;

/// What becomes of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It is refused in one line that contains this.
    Refused(&'static str),
    /// It is read, with this note.
    Noted(&'static str),
    /// It is read.
    Read,
}

/// Every document with its end.
const CASES: &[(&str, End)] = &[
    ("numbers", End::Noted("unknown_document")),
    ("tiny accounts", End::Refused("entries; split it")),
    ("accounts with long ids", End::Refused("entries; split it")),
    ("one giant string", End::Noted("unknown_document")),
    ("one giant string with an escape", End::Noted("unknown_document")),
    ("an account with a giant name", End::Read),
    ("a million keys", End::Refused("values in one object")),
    ("many keys with escapes", End::Refused("values in one object")),
    ("many texts with escapes", End::Refused("values in one object")),
    ("the same key with a large value many times", End::Refused("values in one object")),
    ("a million address rules", End::Refused("values in one object")),
    ("10,000 levels of lists", End::Refused("128 levels")),
    ("10,000 levels of objects", End::Refused("128 levels")),
    ("brackets", End::Refused("128 levels")),
    ("many small objects in lists", End::Noted("unknown_document")),
    ("rules that name one large tag", End::Refused("entries; split it")),
    ("a route with many tags", End::Read),
    ("an alert with many fields", End::Read),
    ("many routes of one long name", End::Read),
    ("wide characters in UTF-16", End::Refused("bytes in UTF-8")),
    ("letters in UTF-16", End::Noted("unknown_document")),
    ("NUL bytes", End::Refused("a character is out of place")),
    ("spaces", End::Noted("unknown_document")),
    ("errors", End::Noted("unknown_document")),
    ("empty envelopes", End::Refused("entries; split it")),
    ("many private address rules", End::Read),
    ("many virtual-network rules beside many subnets", End::Read),
];

/// Returns items of a list or an object up to a size.
fn filled(head: &str, tail: &str, size: usize, item: impl Fn(usize) -> String) -> Vec<u8> {
    let mut text = String::with_capacity(size + 8192);
    text.push_str(head);
    let mut place = 0;
    while text.len() < size {
        let comma = if place == 0 { "" } else { "," };
        let _ = write!(text, "{comma}{}", item(place));
        place += 1;
    }
    text.push_str(tail);
    text.into_bytes()
}

fn joined(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(",")
}

fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

fn document(name: &str) -> Vec<u8> {
    let account = |id: &str, more: &str| {
        format!(
            r#"{{"type":"Microsoft.CognitiveServices/accounts","id":"/accounts/{id}","name":"a","kind":"SpeechServices","location":"westeurope","sku":{{"name":"S0"}},"properties":{{"customSubDomainName":"contoso"{more}}}}}"#
        )
    };
    match name {
        "numbers" => filled("[", "]", SIZE / 4, |_| "1".into()),
        "tiny accounts" => filled("[", "]", SIZE, |_| r#"{"kind":"a","sku":1,"endpoint":""}"#.into()),
        "accounts with long ids" => filled("[", "]", SIZE, |n| account(&format!("{n}{}", "x".repeat(3900)), "")),
        "one giant string" => format!("\"{}\"", "a".repeat(SIZE)).into_bytes(),
        "one giant string with an escape" => format!("\"\\n{}\"", "a".repeat(SIZE)).into_bytes(),
        "an account with a giant name" => account("a", &format!(r#","x":"\n{}""#, "a".repeat(SIZE))).into_bytes(),
        "a million keys" => filled("{", "}", SIZE, |n| format!("\"key-{n:08}-{}\":1", "x".repeat(24))),
        "many keys with escapes" => filled("{", "}", SIZE, |n| format!("\"\\n{n}{}\":0", "a".repeat(205))),
        "many texts with escapes" => filled("{\"a\":[", "]}", SIZE, |_| format!("\"\\n{}\"", "a".repeat(210))),
        "the same key with a large value many times" => {
            let value = joined(60_000, |n| format!("\"{n}\":{{\"a\":1}}"));
            filled("{", "}", SIZE, |_| format!("\"value\":{{{value}}}"))
        }
        "a million address rules" => {
            let rules = joined(1_000_000, |n| format!(r#"{{"value":"203.0.{}.{}"}}"#, n % 256, n / 256 % 256));
            account("a", &format!(r#","networkAcls":{{"defaultAction":"Deny","ipRules":[{rules}]}}"#)).into_bytes()
        }
        "10,000 levels of lists" => ("[".repeat(10_000) + &"]".repeat(10_000)).into_bytes(),
        "10,000 levels of objects" => ("{\"a\":".repeat(10_000) + "1" + &"}".repeat(10_000)).into_bytes(),
        "brackets" => vec![b'['; SIZE],
        "many small objects in lists" => {
            let list = joined(120_000, |_| r#"{"a":1}"#.into());
            filled("[", "]", SIZE / 2, |_| format!("[{list}]"))
        }
        "rules that name one large tag" => {
            let rules = joined(40_000, |_| r#"{"destinationAddressPrefix":"A"}"#.into());
            let tag = joined(100_000, |n| format!("\"10.{}.{}.0/24\"", n / 256 % 256, n % 256));
            format!(r#"{{"effectiveSecurityRules":[{rules}],"tagMap":{{"A":[{tag}]}}}}"#).into_bytes()
        }
        "a route with many tags" => {
            format!(r#"{{"nextHopType":"None","addressPrefix":[{}]}}"#, joined(240_000, |n| format!("\"t{n}\""))).into()
        }
        "an alert with many fields" => {
            let fields = joined(80_000, |n| format!(r#"{{"field":"f{n}","equals":"x"}}"#));
            format!(r#"{{"scopes":[],"condition":{{"allOf":[{{"anyOf":[{fields}]}}]}}}}"#).into()
        }
        "many routes of one long name" => {
            let routes = joined(110_000, |_| r#"{"addressPrefix":[],"nextHopType":"None"}"#.into());
            let of = "x".repeat(4000);
            format!(r#"{{"kind":"effective_routes","of":"/{of}","document":[{routes}]}}"#).into()
        }
        "wide characters in UTF-16" => utf16(&format!("\"{}\"", "\u{4e2d}".repeat(SIZE / 2))),
        "letters in UTF-16" => utf16(&format!("\"{}\"", "a".repeat(SIZE / 2))),
        "NUL bytes" => vec![0; SIZE],
        "spaces" => vec![b' '; SIZE],
        "errors" => filled("[", "]", SIZE / 2, |_| r#"{"error":{"code":"a"}}"#.into()),
        "empty envelopes" => filled("[", "]", SIZE, |n| format!(r#"{{"kind":"account","of":"/x{n}","document":[]}}"#)),
        "many private address rules" => {
            let rules = joined(80_000, |n| format!(r#"{{"value":"10.0.{}.{}"}}"#, n % 256, n / 256 % 256));
            account("a", &format!(r#","networkAcls":{{"defaultAction":"Deny","ipRules":[{rules}]}}"#)).into_bytes()
        }
        "many virtual-network rules beside many subnets" => {
            let rules = joined(60_000, |n| format!(r#"{{"id":"/s/{n:06}"}}"#));
            let rules = format!(r#","networkAcls":{{"defaultAction":"Deny","virtualNetworkRules":[{rules}]}}"#);
            let subnets =
                joined(80_000, |n| format!(r#"{{"id":"/S/{:06}","addressPrefix":"x","delegations":[]}}"#, n + 100_000));
            format!("[{},{subnets}]", account("a", &rules)).into()
        }
        _ => panic!("no document `{name}`"),
    }
}

/// Returns a line of the memory of this process, in bytes.
fn memory(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") * 1024
}

#[test]
#[ignore = "a process of its own runs it for each document"]
fn one_document() {
    // Another process makes the document, so that no memory of making it is left to hide what reading it takes.
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).expect("a document");
    std::fs::write("/proc/self/clear_refs", "5").expect("the peak is reset");
    let (before, begun) = (memory("VmRSS:"), Instant::now());
    let mut view = AzureView::default();
    let end = match view.read("it.json", &bytes) {
        Ok(()) => view.notes.iter().map(|note| note.id).collect::<Vec<_>>().join(" "),
        Err(error) => format!("refused {error}"),
    };
    let standings = view.accounts.iter().map(|account| view.standing(account).notes.len());
    let notes: usize = standings.sum();
    assert!(notes < 1000, "{notes} notes");
    println!("\nmemory {}", memory("VmHWM:").saturating_sub(before));
    println!("took {}", begun.elapsed().as_millis());
    println!("end {end}");
}

#[test]
fn hostile_documents_cost_little_and_end_in_one_line() {
    let mut failures = Vec::new();
    for (name, end) in CASES {
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["one_document", "--exact", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        child.stdin.take().expect("a pipe").write_all(&document(name)).expect("it reads all");
        let output = child.wait_with_output().expect("it ends");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = |word: &str| text.lines().find_map(|line| line.strip_prefix(word)).map(str::to_owned);
        let (Some(used), Some(took), Some(seen)) = (line("memory "), line("took "), line("end ")) else {
            failures.push(format!("{name}: it did not end:\n{text}{}", String::from_utf8_lossy(&output.stderr)));
            continue;
        };
        let used: usize = used.parse().expect("bytes");
        println!("{name}: {} MB, {took} ms, {seen}", used / MB);
        let is_expected = match end {
            End::Refused(why) => seen.starts_with("refused ") && seen.contains(why),
            End::Noted(code) => seen == *code,
            End::Read => seen.is_empty(),
        };
        if !is_expected {
            failures.push(format!("{name}: expected {end:?}, got `{seen}`"));
        }
        if used > MOST_MEMORY {
            failures.push(format!("{name}: {} MB", used / MB));
        }
        // Far more than any of them needs, far less than one that is quadratic.
        if took.parse::<u64>().expect("milliseconds") > 60_000 {
            failures.push(format!("{name}: {took} ms"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

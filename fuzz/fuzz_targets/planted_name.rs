#![no_main]
//! The name of a customer in any text of a peer: nothing of it stays in a report without `--share`, whatever stands around it.

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use speech_endpoint::evidence::Evidence;
use speech_endpoint::fuzzing::redacted;

// The first bytes choose the evidence, the field, the name and the place; the rest is the text.
fuzz_target!(|given: ([u8; 5], &str)| {
    let ([which, field, name, place, _], text) = given;
    let (saved, fields) = &EVIDENCE[usize::from(which) % EVIDENCE.len()];
    let (name, telling) = PLANTED[usize::from(name) % PLANTED.len()];
    // What was there before is not planted.
    if telling.iter().any(|part| text.to_lowercase().contains(part)) {
        return;
    }
    let at = text.floor_char_boundary(usize::from(place) * (text.len() + 1) / 256);
    let mut saved = saved.clone();
    let field = saved.pointer_mut(&fields[usize::from(field) % fields.len()]).expect("a field");
    let planted = format!("{}{name}{}", &text[..at], &text[at..]);
    *field = Value::from(planted.as_str());

    let evidence: Evidence = serde_json::from_value(saved).expect("evidence");
    for shown in redacted(&evidence, &planted) {
        let lower = shown.to_lowercase();
        let found = telling.iter().find(|part| lower.contains(**part));
        assert!(found.is_none(), "{found:?} of {planted:?}: {shown}");
    }
});

/// Names, and the parts of each that identify somebody.
const PLANTED: [(&str, &[&str]); 9] = [
    ("fw01.corp.fabrikam.example", &["fabrikam", "fw01"]),
    ("FABRIKAM\\jdoe", &["fabrikam", "jdoe"]),
    ("LAPTOP-JDOE", &["jdoe"]),
    ("srv_jdoe_01", &["jdoe"]),
    ("jdoe@fabrikam.example", &["jdoe", "fabrikam"]),
    ("5d1f8a2e-0000-4000-8000-0000beefbeef", &["5d1f8a2e", "beefbeef"]),
    ("48151623", &["48151623"]),
    ("https://portal.fabrikam.example/login?user=jdoe#top", &["jdoe", "fabrikam"]),
    ("/subscriptions/5d1f8a2e-0000-4000-8000-0000beefbeef/resourceGroups/fabrikam", &["5d1f8a2e", "fabrikam"]),
];

/// The fields that peers fill with sentences.
const SENTENCES: &[&str] = &["message", "body", "close_reason", "issuer", "subject", "organization", "text"];

/// The headers that they fill with sentences.
const HEADERS: &[&str] = &["server", "via", "www-authenticate"];

/// Saved evidence, and where it has sentences of peers.
static EVIDENCE: LazyLock<Vec<(Value, Vec<String>)>> = LazyLock::new(|| {
    let saved = [
        include_str!("../../tests/evidence/wrong-key.json"),
        include_str!("../../tests/evidence/proxy-credentials.json"),
        include_str!("../../tests/evidence/expired-certificate.json"),
        include_str!("../seeds/evidence/closed"),
    ];
    let read = |saved| {
        let value: Value = serde_json::from_str(saved).expect("JSON");
        let mut fields = Vec::new();
        collect(&value, String::new(), &mut fields);
        assert!(!fields.is_empty());
        (value, fields)
    };
    saved.map(read).into()
});

fn collect(value: &Value, path: String, fields: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(name, value)| collect(value, format!("{path}/{name}"), fields))
        }
        Value::Array(items) => {
            // A header is a pair of its name and its value.
            if let [Value::String(name), Value::String(_)] = items.as_slice() {
                fields.extend(HEADERS.contains(&name.as_str()).then(|| format!("{path}/1")));
                return;
            }
            items.iter().enumerate().for_each(|(at, value)| collect(value, format!("{path}/{at}"), fields));
        }
        Value::String(_) => {
            let name = path.rsplit('/').next().unwrap_or_default();
            let is_own = path.starts_with("/remarks") || path.starts_with("/credential");
            fields.extend((SENTENCES.contains(&name) && !is_own).then_some(path));
        }
        _ => {}
    }
}

//! Documents of Azure: what each shape is, in every spelling and dress, and what is read out of it.
#![cfg(feature = "serde")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Map, Value, json};
use speech_endpoint::azure::{AzureView, DocumentKind};

#[path = "azure/seen.rs"]
mod seen;

const OF: &str = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/asked";

fn vectors() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/azure/documents.json");
    let text = fs::read_to_string(path).expect("the vectors");
    serde_json::from_str(&text).expect("JSON")
}

fn read(bytes: &[u8]) -> AzureView {
    let mut view = AzureView::default();
    view.read("it.json", bytes).expect("a document");
    view
}

fn codes(view: &AzureView) -> Vec<&str> {
    let mut codes: Vec<&str> = view.notes.iter().map(|note| note.id).collect();
    codes.sort_unstable();
    codes
}

/// Returns the kinds of the documents with the number of objects of each.
fn kinds(view: &AzureView) -> Value {
    view.documents.iter().map(|it| json!([it.kind.map(DocumentKind::id), it.count])).collect()
}

/// Returns where a document differs from what is expected of it.
fn faults(dress: &str, bytes: &[u8], expect: &Value) -> Vec<String> {
    let mut view = AzureView::default();
    if let Err(error) = view.read("it.json", bytes) {
        return vec![format!("{dress}: {error}")];
    }
    let mut faults = Vec::new();
    let wanted: Vec<&str> = expect["notes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if codes(&view) != wanted {
        faults.push(format!("{dress}: notes {:?}, expected {wanted:?}", codes(&view)));
    }
    if kinds(&view) != expect["kinds"] {
        faults.push(format!("{dress}: kinds {}, expected {}", kinds(&view), expect["kinds"]));
    }
    let mut seen = seen::view(&view);
    // What no vector expects must not be there.
    for (name, list) in seen.as_object_mut().expect("an object") {
        if expect["view"].get(name).is_none() && list.as_array().is_some_and(|list| !list.is_empty()) {
            faults.push(format!("{dress}: {name} should be empty: {list}"));
        }
    }
    if let Some(wanted) = expect.get("view") {
        faults.extend(seen::lacks(wanted, &seen, dress));
    }
    faults
}

/// Every dress in which a document may come. Each says the same.
fn dresses(document: &Value, unset: &BTreeSet<String>) -> Vec<(&'static str, Vec<u8>)> {
    let kind = "deployment";
    let text = document.to_string();
    let with_fields = |more: &dyn Fn(&mut Map<String, Value>)| {
        let mut document = document.clone();
        more(document.as_object_mut().expect("an object"));
        document.to_string().into_bytes()
    };
    let utf16: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    let enveloped = format!(r#"{{"document":{text},"of":"{OF}","kind":"{kind}"}}"#);
    let utf16_envelope: Vec<u8> =
        std::iter::once(0xfeff).chain(enveloped.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    vec![
        ("alone", text.clone().into_bytes()),
        ("in a list", format!("[{text}]").into_bytes()),
        ("in a page", format!(r#"{{"value":[{text}]}}"#).into_bytes()),
        ("in a last page", format!(r#"{{"nextLink":null,"value":[{text}]}}"#).into_bytes()),
        ("in an envelope", format!(r#"{{"kind":"{kind}","of":"{OF}","document":{text}}}"#).into_bytes()),
        ("in an envelope that begins with the document", enveloped.into_bytes()),
        ("in an envelope with a list", format!(r#"{{"document":[{text}],"kind":"{kind}","of":"{OF}"}}"#).into_bytes()),
        (
            "in an envelope with a page",
            format!(r#"{{"of":"{OF}","document":{{"value":[{text}],"nextLink":null}},"kind":"{kind}"}}"#).into_bytes(),
        ),
        ("in a list of envelopes", format!(r#"[{{"of":"{OF}","document":{text},"kind":"{kind}"}}]"#).into_bytes()),
        ("in UTF-16 LE", utf16),
        ("in UTF-16 BE", big),
        ("in an envelope in UTF-16 LE", utf16_envelope),
        ("in UTF-8 with a mark", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        ("indented", serde_json::to_vec_pretty(document).expect("JSON")),
        (
            "with unknown fields",
            with_fields(&|fields| {
                fields.insert("x-new".into(), json!({ "deep": [1, null, { "key9": "x" }] }));
                fields.insert("zz".into(), json!("text"));
                if let Some(Value::Object(inner)) = fields.get_mut("properties") {
                    inner.insert("brandNew".into(), json!([{ "a": 1.5 }]));
                }
            }),
        ),
        (
            "with every unset field",
            with_fields(&|fields| {
                for name in unset {
                    if !fields.keys().any(|known| known.eq_ignore_ascii_case(name)) {
                        fields.insert(name.clone(), Value::Null);
                    }
                }
            }),
        ),
        ("with fields in another order", reversed(document).into_bytes()),
    ]
}

/// Writes a document with the fields of each object from the last to the first.
fn reversed(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().rev().map(|(name, value)| format!("{}:{}", json!(name), reversed(value))).collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(reversed).collect::<Vec<_>>().join(",")),
        _ => value.to_string(),
    }
}

#[test]
fn every_document_says_the_same_in_every_spelling_and_dress() {
    let vectors = vectors();
    // The top-level fields that some spelling of a kind has: the CLI prints those that are not set as `null`.
    let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for vector in &vectors {
        let names = vector["document"].as_object().into_iter().flat_map(|fields| fields.keys().cloned());
        fields.entry(vector["kind"].to_string()).or_default().extend(names);
    }
    let mut failures = Vec::new();
    for vector in &vectors {
        let name = vector["doc"].as_str().expect("a sentence");
        assert!(vector["source"].as_str().is_some_and(|source| !source.is_empty()), "{name}: no source");
        let document = &vector["document"];
        let is_single = vector["kind"].is_string();
        let all = if is_single {
            dresses(document, &fields[&vector["kind"].to_string()])
        } else {
            vec![("as it is", document.to_string().into_bytes())]
        };
        for (dress, bytes) in all {
            let mut expect = vector["expect"].clone();
            if dress.contains("envelope") {
                name_the_resource(&mut expect);
            }
            failures.extend(faults(dress, &bytes, &expect).into_iter().map(|fault| format!("{name}\n    {fault}")));
        }
    }
    assert!(failures.is_empty(), "{} failures:\n  {}", failures.len(), failures.join("\n  "));
}

/// An envelope names the resource that a document is about.
fn name_the_resource(expect: &mut Value) {
    for (list, field) in
        [("route_tables", "interface"), ("groups", "interface"), ("diagnostics", "of"), ("policies", "of")]
    {
        for item in expect["view"].get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if item.get(field) == Some(&Value::Null) {
                item[field] = json!(OF);
            }
        }
    }
}

#[test]
fn every_kind_has_a_vector_in_both_spellings() {
    let mut seen: BTreeMap<String, BTreeSet<bool>> = BTreeMap::new();
    for vector in vectors() {
        if let Some(kind) = vector["kind"].as_str() {
            seen.entry(kind.to_owned()).or_default().insert(vector["document"].get("properties").is_some());
        }
    }
    for kind in DocumentKind::all() {
        let spellings = seen.get(kind.id()).map_or(0, BTreeSet::len);
        // Rows of routes and groups, policy states and keys have one spelling.
        let least = match kind {
            DocumentKind::EffectiveRoutes
            | DocumentKind::EffectiveNsg
            | DocumentKind::PolicyState
            | DocumentKind::Keys => 1,
            _ => 2,
        };
        assert!(spellings >= least, "{kind}: {spellings} spellings");
    }
}

#[test]
fn a_list_in_an_envelope_is_complete_only_if_it_is_what_the_envelope_says() {
    let of = speech_endpoint::azure::ArmId::new(OF);
    let lists = |kind: &str, document: &str| {
        let text = format!(r#"{{"kind":"{kind}","of":"{OF}","document":{document}}}"#);
        read(text.as_bytes()).lists(kind.parse().expect("a kind"), &of)
    };
    assert!(lists("metric_alert", "[]"));
    assert!(lists("metric_alert", r#"{"value":[]}"#));
    assert!(lists("metric_alert", r#"{"value":[],"nextLink":null}"#));
    assert!(lists("metric_alert", r#"[{"criteria":{},"scopes":[]}]"#));
    for (kind, document) in [
        ("metric_alert", "null"),
        ("metric_alert", "{}"),
        ("metric_alert", r#"{"error":{"code":"AuthorizationFailed"}}"#),
        ("metric_alert", r#"[{"error":{"code":"AuthorizationFailed"}}]"#),
        ("metric_alert", r#"{"value":[],"nextLink":"https://management.azure.com/x"}"#),
        ("metric_alert", r#"[{"roleDefinitionId":"x","principalId":"y"}]"#),
        ("metric_alert", r#"[{"key1":"a","key2":"b"}]"#),
        ("metric_alert", r#"[{"type":"Microsoft.Storage/storageAccounts"}]"#),
    ] {
        assert!(!lists(kind, document), "{kind}: {document}");
    }
}

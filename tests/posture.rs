//! The posture of accounts as data written from the guidance. Every vector is checked, and all failures are reported.
#![cfg(feature = "serde")]
#![allow(clippy::print_stdout, reason = "the counts are part of what the tests show")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use speech_endpoint::azure::{
    AzureView, CheckStatus, GuidancePart, GuidancePlace, GuidanceStatement, Posture, Recommendation,
};
use speech_endpoint::diagnosed_ids;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// In the order of the guidance.
const IDS: [&str; 28] = [
    "NET1", "NET2", "NET3", "NET4", "ID1", "ID2", "ID3", "ID4", "DATA1", "DATA2", "DATA3", "DATA4", "LOG1", "LOG2",
    "LOG3", "LOG4", "GOV1", "GOV2", "GOV3", "GOV4", "DR1", "DR2", "DR3", "DR4", "SVC1", "SVC2", "SVC3", "SVC4",
];

/// The checks that can have further statuses than *met*, *not met* and *not visible*, and those that no document decides.
const ALSO_NOT_APPLICABLE: [&str; 2] = ["NET2", "SVC2"];
const NEVER_DECIDED: [&str; 10] = ["DATA3", "GOV3", "GOV4", "DR1", "DR2", "DR3", "DR4", "SVC1", "SVC3", "SVC4"];

fn vectors() -> Vec<Value> {
    let file = Path::new(ROOT).join("tests/vectors/posture.json");
    serde_json::from_str(&fs::read_to_string(file).expect("a readable file")).expect("a list")
}

/// The account of a vector: one that sets nothing, with the fields that the vector names.
fn account(vector: &Value) -> Value {
    let id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/contoso";
    let mut account = json!({
        "type": "Microsoft.CognitiveServices/accounts", "id": id, "name": "contoso", "location": "westeurope",
        "kind": "SpeechServices", "sku": { "name": "S0" }
    });
    let fields = account.as_object_mut().expect("an object");
    fields.extend(object(&vector["top"]));
    if let Some(properties) = vector["properties"].as_object() {
        let mut all = Map::from_iter([
            ("endpoint".to_owned(), json!("https://westeurope.api.cognitive.microsoft.com/")),
            ("provisioningState".to_owned(), json!("Succeeded")),
        ]);
        all.extend(properties.clone());
        fields.insert("properties".to_owned(), Value::Object(all));
    }
    account
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn posture(vector: &Value) -> Posture {
    let mut view = AzureView::default();
    let read = |view: &mut AzureView, name: &str, document: &Value| {
        view.read(name, document.to_string().as_bytes()).expect("JSON");
    };
    read(&mut view, "account.json", &account(vector));
    for (place, document) in vector["documents"].as_array().into_iter().flatten().enumerate() {
        read(&mut view, &format!("document-{place}.json"), document);
    }
    assert_eq!(view.accounts.len(), 1, "{vector}");
    view.posture(&view.standing(&view.accounts[0]))
}

#[test]
fn every_posture_vector_holds() {
    let (vectors, mut failures) = (vectors(), Vec::new());
    for vector in &vectors {
        let posture = posture(vector);
        let mut fail = |what: String| failures.push(format!("{}\n    {what}", vector["doc"]));
        if vector["doc"].as_str().is_none() || vector["source"].as_str().is_none() {
            fail("no doc or source".to_owned());
        }
        for (id, expected) in object(&vector["expect"]) {
            let check = posture.check(&id).expect("a check");
            if expected != check.status.id() {
                fail(format!("{id}: expected {expected}, got {} ({})", check.status.id(), check.observed));
            }
        }
        for (id, words) in object(&vector["observed"]) {
            let observed = &posture.check(&id).expect("a check").observed;
            if !observed.contains(words.as_str().expect("a text")) {
                fail(format!("{id}: {words} is not in {observed}"));
            }
        }
        for (id, needs) in object(&vector["needs"]) {
            let found = posture.check(&id).expect("a check").needs.as_deref();
            if found != needs.as_str() {
                fail(format!("{id}: needs {needs}, got {found:?}"));
            }
        }
        for (id, parts) in object(&vector["commands"]) {
            let commands = posture.check(&id).expect("a check").commands.join("\n");
            for part in parts.as_array().expect("a list").iter().filter_map(Value::as_str) {
                if !commands.contains(part) {
                    fail(format!("{id}: {part} is not in {commands}"));
                }
            }
        }
    }
    println!("{} vectors, {} failures", vectors.len(), failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_check_is_in_every_posture_in_the_order_of_the_guidance() {
    assert_eq!(Recommendation::all().map(|row| row.id).collect::<Vec<_>>(), IDS);
    for vector in vectors() {
        let posture = posture(&vector);
        assert_eq!(posture.checks.iter().map(|check| check.recommendation.id).collect::<Vec<_>>(), IDS, "{vector}");
        let counted: usize = CheckStatus::ALL.into_iter().map(|status| posture.count(status)).sum();
        assert_eq!(counted, IDS.len());
        for check in &posture.checks {
            let id = check.recommendation.id;
            assert_eq!(check.needs.is_some(), check.status == CheckStatus::NotVisible, "{id}: {vector}");
            assert!(!check.observed.is_empty() && !check.remedy.is_empty(), "{id}");
            assert!(
                check.commands.iter().all(|command| command.starts_with("az ") && !command.contains(['\n', '{'])
                    || command.contains("'{\"")
                    || command.contains("'[{\"")
                    || command.contains("\"{'")
                    || command.contains("[?")),
                "{:?}",
                check.commands
            );
            assert!(check.status != CheckStatus::NotMet || !check.commands.is_empty(), "{id} has no command");
        }
    }
}

#[test]
fn every_status_that_a_check_can_have_has_a_vector() {
    let mut shown: BTreeSet<(String, String)> = BTreeSet::new();
    for vector in vectors() {
        let expected = object(&vector["expect"]).into_iter();
        shown.extend(expected.map(|(id, status)| (id, status.as_str().unwrap_or_default().to_owned())));
    }
    let mut missing = Vec::new();
    for id in IDS {
        let statuses: &[&str] = match id {
            "ID4" => &["not_visible", "not_applicable"],
            id if NEVER_DECIDED.contains(&id) => &["not_visible"],
            id if ALSO_NOT_APPLICABLE.contains(&id) => &["met", "not_met", "not_visible", "not_applicable"],
            _ => &["met", "not_met", "not_visible"],
        };
        let lacking = statuses.iter().filter(|status| !shown.contains(&(id.to_owned(), (**status).to_owned())));
        missing.extend(lacking.map(|status| format!("{id} {status}")));
    }
    assert!(missing.is_empty(), "without a vector: {missing:?}");
}

#[test]
fn every_place_of_a_statement_exists() {
    let notes = fs::read_to_string(Path::new(ROOT).join("src/azure/notes.rs")).expect("a readable file");
    for statement in GuidanceStatement::all() {
        assert!(!statement.places.is_empty(), "{statement:?}");
        for place in &statement.places {
            let exists = match place {
                GuidancePlace::Check(id) => Recommendation::find(id).is_some(),
                GuidancePlace::Finding(id) => diagnosed_ids().any(|known| known == *id),
                GuidancePlace::Note(code) => notes.contains(&format!("\"{code}\"")),
                GuidancePlace::Remedy(id, words) => Recommendation::find(id)
                    .is_some_and(|row| row.notes.iter().chain([&row.remedy]).any(|text| text.contains(words))),
                _ => false,
            };
            assert!(exists, "{place:?} of {:?}", statement.text);
        }
    }
}

/// The statements are written from the guidance, each with the places that it needs at least.
#[test]
fn every_statement_of_the_guidance_has_its_places() {
    let file = Path::new(ROOT).join("tests/vectors/guidance.json");
    let vectors: Vec<Value> =
        serde_json::from_str(&fs::read_to_string(file).expect("a readable file")).expect("a list");
    let statements = GuidanceStatement::all();
    let mut missing = Vec::new();
    for vector in &vectors {
        let is_it = |statement: &&GuidanceStatement| {
            vector["part"] == statement.part.title() && vector["statement"] == statement.text
        };
        let Some(statement) = statements.iter().find(is_it) else {
            missing.push(format!("no statement for {vector}"));
            continue;
        };
        let places: Vec<String> = statement.places.iter().map(place).collect();
        let wanted = vector["places"].as_array().expect("places").iter().filter_map(Value::as_str);
        missing.extend(
            wanted
                .filter(|wanted| !places.iter().any(|place| place == wanted))
                .map(|wanted| format!("{wanted} of {:?}, which has {places:?}", statement.text)),
        );
    }
    let known: BTreeSet<&str> = vectors.iter().filter_map(|vector| vector["statement"].as_str()).collect();
    let lower = statements.iter().filter(|statement| statement.part != GuidancePart::Recommendations);
    missing.extend(lower.filter(|it| !known.contains(it.text)).map(|it| format!("no vector for {:?}", it.text)));
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

fn place(place: &GuidancePlace) -> String {
    match place {
        GuidancePlace::Check(id) => format!("check {id}"),
        GuidancePlace::Finding(id) => format!("finding {id}"),
        GuidancePlace::Note(code) => format!("note {code}"),
        GuidancePlace::Remedy(id, _) => format!("remedy {id}"),
        _ => String::new(),
    }
}

#[test]
fn a_mistyped_id_finds_the_nearest_check() {
    for (typed, nearest) in [("net1", "NET1"), ("NET9", "NET1"), ("NTE2", "NET2"), ("LOG-3", "LOG3"), ("SVC", "SVC1")] {
        assert_eq!(Recommendation::nearest(typed).map(|row| row.id), Some(nearest), "{typed}");
    }
    for typed in ["", "é", "xyz", "1"] {
        assert_eq!(Recommendation::nearest(typed).map(|row| row.id), None, "{typed}");
    }
}

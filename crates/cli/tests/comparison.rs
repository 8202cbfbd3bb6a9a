//! Documents of Azure compared with the network: `doctor --lab WORLD --azure FOLDER` for each vector.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use speech_endpoint_lab::World;

mod support;

use support::program;

#[test]
fn every_comparison_vector_holds() {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).expect("JSON");
    let mut failures = Vec::new();
    for vector in &vectors {
        for field in ["doc", "source", "world"] {
            assert!(vector[field].as_str().is_some_and(|text| !text.is_empty()), "{field} of {vector}");
        }
        let report = report(vector);
        failures.extend(differences(vector, &report).into_iter().map(|text| format!("{}\n  {text}", vector["doc"])));
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), vectors.len(), failures.join("\n"));
}

#[test]
fn a_ticket_shows_no_name_and_no_private_address_of_the_documents() {
    let (mut worlds, mut shown) = (0, Vec::new());
    for (name, toml) in World::all() {
        let world = World::parse(toml).expect("a world");
        let mut texts = BTreeSet::new();
        for (file, document) in world.document_files() {
            texts.insert(format!("`{file}`"));
            identifying(&serde_json::from_str(document).expect("JSON"), &mut texts);
        }
        if texts.is_empty() {
            continue;
        }
        let output =
            program().args(["doctor", "--format", "markdown", "--lab", name]).output().expect("the command runs");
        let ticket = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(ticket.contains("verdict"), "{name}: {ticket}");
        worlds += 1;
        shown.extend(texts.into_iter().filter(|text| ticket.contains(text)).map(|text| format!("{name}: {text}")));
    }
    assert!(worlds >= 15, "{worlds} worlds with documents");
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}

/// Adds what identifies the customer in a document: the names of resources, in backticks, and private addresses.
fn identifying(value: &Value, texts: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for field in fields.values() {
                identifying(field, texts);
            }
        }
        Value::Array(items) => {
            for item in items {
                identifying(item, texts);
            }
        }
        Value::String(text) if text.starts_with("/subscriptions/") => {
            let names = text.rsplit('/').next().filter(|name| !name.starts_with("privatelink.") && name.len() > 2);
            texts.extend(names.map(|name| format!("`{name}`")));
        }
        Value::String(text) if ["10.", "192.168.", "203.0.113."].iter().any(|range| text.starts_with(range)) => {
            texts.insert(text.clone());
        }
        _ => {}
    }
}

/// Runs the doctor in the world of a vector, with its documents in a folder.
fn report(vector: &Value) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    // A folder has at least one document; this one says nothing.
    fs::write(folder.path().join("nothing.json"), "{}").expect("a file");
    for (number, document) in vector["documents"].as_array().expect("documents").iter().enumerate() {
        fs::write(folder.path().join(format!("{number}.json")), document.to_string()).expect("a file");
    }
    let output = program()
        .args(["doctor", "--format", "json", "--lab", vector["world"].as_str().expect("a world"), "--azure"])
        .arg(folder.path())
        .args(texts(&vector["args"]))
        .output()
        .expect("the command runs");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// The findings that ask for documents, in the remedy of JSON, with the kinds that they name.
#[test]
fn every_finding_asks_for_the_documents_that_decide_and_for_no_other() {
    let vectors: Vec<Value> = serde_json::from_str(WANTED).expect("JSON");
    let mut failures = Vec::new();
    for vector in &vectors {
        let report = report(vector);
        let asking = report["findings"].as_array().into_iter().flatten().filter_map(|finding| {
            let remedy = &finding["remedy"];
            let sentence = text(&remedy["text"]).rsplit_once(": collect ").map(|(before, _)| before.to_owned());
            let is_collected =
                texts(&remedy["commands"]).iter().any(|command| command.contains("speech-endpoint collect"));
            assert_eq!(sentence.is_some(), is_collected, "{remedy}");
            let kinds = |sentence: String| {
                let list = sentence.rsplit_once(". ").map_or(sentence.clone(), |(_, list)| list.to_owned());
                Value::from(list.split('`').skip(1).step_by(2).collect::<Vec<_>>())
            };
            Some((text(&finding["id"]), kinds(sentence?)))
        });
        let found = Value::Object(asking.collect());
        if found != vector["wants"] {
            failures.push(format!("{}\n  found {found}, expected {}", vector["doc"], vector["wants"]));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), vectors.len(), failures.join("\n"));
}

/// Text and Markdown show the same hint, with the commands to type.
#[test]
fn every_format_shows_how_to_collect_the_documents() {
    for format in ["text", "markdown"] {
        let run = |more: &[&str]| {
            let mut command = program();
            command.args(["doctor", "--lab", "DNS03-zone-not-linked", "--format", format]).args(more);
            String::from_utf8(command.output().expect("the command runs").stdout).expect("UTF-8")
        };
        let report = run(&[]);
        for words in ["speech-endpoint collect RESOURCE_ID --nic NIC_ID > collect.sh", "doctor … --azure azure"] {
            assert!(report.contains(words), "{format}: {report}");
        }
    }
}

fn differences(vector: &Value, report: &Value) -> Vec<String> {
    let expect = &vector["expect"];
    let mut differences = Vec::new();
    if report["root_cause"] != expect["root_cause"] {
        differences.push(format!("root cause {}, expected {}", report["root_cause"], expect["root_cause"]));
    }
    let root =
        report["findings"].as_array().into_iter().flatten().find(|finding| finding["id"] == report["root_cause"]);
    let observed = root.and_then(|root| root["observed"].as_str()).unwrap_or_default();
    for words in texts(&expect["says"]) {
        if !observed.contains(&words) {
            differences.push(format!("`{observed}` does not say `{words}`"));
        }
    }
    for words in texts(&expect["says_not"]) {
        let mut all = report["findings"].as_array().into_iter().flatten().map(|finding| text(&finding["observed"]));
        if let Some(observed) = all.find(|observed| observed.contains(&words)) {
            differences.push(format!("`{observed}` says `{words}`"));
        }
    }
    if expect["severity"].is_string() && root.map(|root| &root["severity"]) != Some(&expect["severity"]) {
        differences.push(format!("severity {:?}, expected {}", root.map(|root| &root["severity"]), expect["severity"]));
    }
    let ruled_out: BTreeSet<String> =
        root.iter().filter_map(|root| root["ruled_out"].as_array()).flatten().map(|other| text(&other["id"])).collect();
    let found: BTreeSet<String> =
        report["findings"].as_array().into_iter().flatten().map(|finding| text(&finding["id"])).collect();
    for id in texts(&expect["rules_out"]) {
        if !ruled_out.contains(&id) || found.contains(&id) {
            differences.push(format!("{id} is not ruled out: {ruled_out:?}, found {found:?}"));
        }
    }
    for id in texts(&expect["found"]).into_iter().filter(|id| !found.contains(id)) {
        differences.push(format!("{id} is not found: {found:?}"));
    }
    if let Some(azure) = expect["azure"].as_object() {
        let own = report["targets"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|target| text(&target["host"]).starts_with("contoso."));
        let got = own.map(|own| &own["azure"]).expect("the target's own part");
        for (part, fields) in azure {
            if fields.is_null() && !got[part].is_null() {
                differences.push(format!("azure.{part} is {}, expected null", got[part]));
            }
            for (field, wanted) in fields.as_object().into_iter().flatten() {
                if got[part][field] != *wanted {
                    differences.push(format!("azure.{part}.{field} is {}, expected {wanted}", got[part][field]));
                }
            }
        }
    }
    differences
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(text).collect()
}

const VECTORS: &str = include_str!("../../../tests/vectors/azure/comparisons.json");

const WANTED: &str = include_str!("../../../tests/vectors/azure/wanted.json");

//! Alias chains as data written from the documentation. Every vector is checked, and all failures are reported.
#![cfg(feature = "serde")]
#![allow(clippy::print_stdout, reason = "the count is part of what the test shows")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use speech_endpoint::AliasChain;
use speech_endpoint::evidence::{AddressClass, DnsFacts};

#[test]
fn every_alias_vector_holds() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/aliases.json");
    let file: Value = serde_json::from_str(&fs::read_to_string(file).expect("the vectors")).expect("JSON");
    let vectors = file["vectors"].as_array().expect("a list");
    let (mut failures, mut seen) = (Vec::new(), BTreeSet::new());
    for vector in vectors {
        assert!(text(&vector["source"]).len() > 10, "a source for {}", vector["doc"]);
        let chain = AliasChain::read(&text(&vector["host"]), &facts(vector));
        let got = json!({
            "fingerprint": chain.fingerprint.map(speech_endpoint::Fingerprint::id),
            "region": chain.region,
            "private_link": chain.has_private_link,
        });
        let expected = &vector["expect"];
        seen.extend(chain.fingerprint.map(speech_endpoint::Fingerprint::id));
        for key in ["fingerprint", "region", "private_link"] {
            if got[key] != expected[key] {
                failures.push(format!("{}\n    {key}: expected {}, got {}", vector["doc"], expected[key], got[key]));
            }
        }
        if let Some(shortened) = expected["shortened"].as_str().filter(|shortened| *shortened != chain.shortened()) {
            failures.push(format!("{}\n    expected {shortened}, got {}", vector["doc"], chain.shortened()));
        }
    }
    println!("alias: {} vectors, {} failures", vectors.len(), failures.len());
    assert!(failures.is_empty(), "{} failed:\n  {}", failures.len(), failures.join("\n  "));
    assert_eq!(seen.into_iter().collect::<String>(), "ABCDEFG", "every fingerprint has a vector");
}

/// Returns the response of one server in the format of evidence.
fn facts(vector: &Value) -> DnsFacts {
    let mut name = vector["host"].clone();
    let mut chain = Vec::new();
    for target in vector["chain"].as_array().expect("a list") {
        chain.push(json!({ "name": name, "target": target, "ttl": 60 }));
        name = target.clone();
    }
    let address = |ip: &Value| {
        let class = AddressClass::of(text(ip).parse().expect("an address"));
        json!({ "ip": ip, "class": class.id() })
    };
    let used: Vec<Value> = vector["addresses"].as_array().expect("a list").iter().map(address).collect();
    let server = json!({
        "server": "168.63.129.16:53", "transport": "udp", "rcode": vector["rcode"], "failure": null, "chain": chain,
        "addresses": vector["addresses"], "soa": null, "took_ms": 2.0,
    });
    let hosts_file = vector.get("hosts_file").cloned().unwrap_or_else(|| json!([]));
    let facts = json!({ "hosts_file": hosts_file, "system": null, "servers": [server], "addresses": used, "also": [] });
    serde_json::from_value(facts).expect("facts")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

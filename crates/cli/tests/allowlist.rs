//! `allowlist`: its optional groups, and rules that are valid for their tool.
#![allow(clippy::print_stdout, reason = "the counts are part of what the tests show")]

mod schema;
mod support;

use std::process::Output;

use hcl::{Attribute, Block, Body, Expression};
use serde_json::{Value, json};
use support::{fed, text};

/// Accounts of every kind, in every cloud.
const ACCOUNTS: &[&[&str]] = &[
    &["--region", "westeurope"],
    &["--region", "usgovvirginia", "--entra"],
    &["--region", "chinaeast2", "--entra"],
    &["--region", "westeurope", "--service", "speech-to-text"],
    &["--custom-domain", "contoso", "--network", "private-endpoint", "--entra"],
    &["--custom-domain", "contoso", "--network", "service-endpoint"],
    &["--custom-domain", "contoso", "--region", "westeurope", "--network", "open"],
    &["--custom-domain", "contoso", "--cloud", "china", "--network", "private-endpoint"],
    &["--custom-domain", "contoso", "--service", "voices", "--entra", "managed-identity"],
    &["--custom-domain", "contoso", "--service", "speech-to-text"],
    &["--endpoint", "https://contoso.openai.azure.com/", "--service", "openai-models", "--entra"],
];

fn run(args: &[&str], stdin: &[u8]) -> Output {
    fed(&[&["allowlist"], args].concat(), stdin)
}

/// Returns the standard output of a run that prints an allowlist, even if some services have no URL.
fn printed(args: &[&str]) -> String {
    let output = run(args, b"");
    assert!(matches!(output.status.code(), Some(0 | 10)), "{args:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn parsed(args: &[&str], stdin: &[u8]) -> Value {
    let output = run(args, stdin);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Every account, with the rules for its services alone and with all groups.
fn each(format: &'static str, check: impl Fn(&[&str], &str)) {
    for account in ACCOUNTS {
        for groups in [&[][..], &["--with", "all"]] {
            let args = [account, groups, &["--format", format]].concat();
            check(&args, &printed(&args));
        }
    }
    println!("{} outputs of {format}", 2 * ACCOUNTS.len());
}

fn arm() -> Value {
    serde_json::from_str(include_str!("schema/arm-network.json")).expect("JSON")
}

#[test]
fn templates_match_the_schema_of_azure_resource_manager() {
    let schema = arm();
    for format in ["nsg", "azfw"] {
        each(format, |args, output| {
            let template: Value = serde_json::from_str(output).unwrap_or_else(|error| panic!("{args:?}: {error}"));
            let faults = schema::faults(&schema, &template);
            assert!(faults.is_empty(), "{args:?}\n{}", faults.join("\n"));
            names_are_unique(&template);
        });
    }
}

/// Checks what a schema cannot say: names and priorities are unique where they must be.
fn names_are_unique(template: &Value) {
    let resources = template["resources"].as_array().expect("a list");
    let unique = |values: Vec<String>, what: &str| {
        let mut sorted = values.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), values.len(), "{what} twice: {values:?}");
    };
    let field = |list: &[Value], path: &str| -> Vec<String> {
        list.iter().filter_map(|value| value.pointer(path)).map(Value::to_string).collect()
    };
    unique(field(resources, "/name"), "a name");
    unique(field(resources, "/properties/priority"), "a priority");
    let collections = resources.iter().filter_map(|resource| resource["properties"]["ruleCollections"].as_array());
    for collections in collections {
        unique(field(collections, "/priority"), "a priority of a collection");
        for collection in collections {
            let rules = collection["rules"].as_array().expect("a list");
            unique(field(rules, "/name"), "a name of a rule");
        }
    }
}

#[test]
fn a_broken_template_is_detected() {
    let schema = arm();
    let template = |format: &str| -> Value {
        serde_json::from_str(&printed(&["--region", "westeurope", "--format", format])).expect("JSON")
    };
    let breaks: [(&str, &str, Value); 8] = [
        ("nsg", "/resources/0/properties/protocol", json!("TCP")),
        ("nsg", "/resources/0/properties/priority", json!("200")),
        ("nsg", "/resources/0/apiVersion", json!("2024-01-01")),
        ("nsg", "/parameters/firstPriority/type", json!("number")),
        ("azfw", "/resources/0/properties/ruleCollections/0/priority", json!(99)),
        ("azfw", "/resources/0/properties/ruleCollections/0/action/type", json!("allow")),
        ("azfw", "/resources/0/properties/ruleCollections/0/rules/0/ruleType", json!("Rule")),
        ("azfw", "/resources/0/properties/ruleCollections/1/rules/0/protocols/0/protocolType", json!("TLS")),
    ];
    for (format, path, value) in breaks {
        let mut broken = template(format);
        assert!(schema::faults(&schema, &broken).is_empty());
        *broken.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = value;
        assert!(!schema::faults(&schema, &broken).is_empty(), "{path}");
    }
    let mut misspelt = template("nsg");
    misspelt["resources"][0]["properties"]["destinationPort"] = json!("443");
    assert!(!schema::faults(&schema, &misspelt).is_empty(), "a property that does not exist");
}

#[test]
fn terraform_parses_and_has_the_arguments_of_the_provider() {
    each("terraform", |args, output| {
        let faults = terraform_faults(output);
        assert!(faults.is_empty(), "{args:?}\n{}\n{output}", faults.join("\n"));
    });
}

#[test]
fn broken_terraform_is_detected() {
    let whole = printed(&["--region", "westeurope", "--format", "terraform"]);
    assert!(terraform_faults(&whole).is_empty());
    for (from, to) in [
        ("    rule {", "    rule"),
        ("destination_fqdns", "target_fqdns"),
        ("\"Https\"", "\"https\""),
        ("action   = \"Allow\"", ""),
        ("priority = 200", "priority = 99"),
        ("destination_ports     = [\"3478\"]", ""),
        ("protocols             = [\"UDP\"]", "protocols = [\"udp\"]"),
        ("firewall_policy_id = var.firewall_policy_id", "policy_id = var.policy"),
        ("\"20.202.0.0/16\"", "\"20.202.0.0/16"),
        ("var.source_addresses", "var.sources"),
    ] {
        assert!(whole.contains(from), "{from}");
        assert!(!terraform_faults(&whole.replacen(from, to, 1)).is_empty(), "{from} -> {to}");
    }
}

/// The faults of a file: those of HCL, and those of the arguments that the documentation of the provider lists.
fn terraform_faults(text: &str) -> Vec<String> {
    let body: Body = match hcl::parse(text) {
        Ok(body) => body,
        Err(error) => return vec![error.to_string()],
    };
    let documented: Value = serde_json::from_str(include_str!("schema/azurerm.json")).expect("JSON");
    let mut faults = Vec::new();
    let labels = |block: &Block| block.labels().iter().map(|label| label.as_str().to_owned()).collect::<Vec<_>>();
    let variables: Vec<String> =
        body.blocks().filter(|block| block.identifier() == "variable").flat_map(labels).collect();
    for block in body.blocks() {
        match block.identifier() {
            "variable" => {}
            "resource" if labels(block)[0] == "azurerm_firewall_policy_rule_collection_group" => {
                arguments(&documented, "resource", block.body(), &variables, &mut faults);
            }
            other => faults.push(format!("`{other}` is not expected")),
        }
    }
    if !body.blocks().any(|block| block.identifier() == "resource") {
        faults.push("there is no resource".to_owned());
    }
    faults
}

/// Checks the arguments of a block and of the blocks in it.
fn arguments(documented: &Value, path: &str, body: &Body, variables: &[String], faults: &mut Vec<String>) {
    let listed = |what: &str| documented[path][what].as_array().cloned().unwrap_or_default();
    let given: Vec<&str> = body.attributes().map(Attribute::key).collect();
    let inner: Vec<&str> = body.blocks().map(Block::identifier).collect();
    let missing = |names: Vec<Value>, given: &[&str]| -> Vec<String> {
        let is_missing = |name: &&Value| !given.contains(&name.as_str().unwrap_or_default());
        names.iter().filter(is_missing).map(|name| format!("{path}: {name} is missing")).collect()
    };
    faults.extend(missing(listed("required"), &given));
    faults.extend(missing(listed("needs"), &inner));
    for attribute in body.attributes() {
        let key = attribute.key();
        if !listed("required").contains(&json!(key)) && !listed("optional").contains(&json!(key)) {
            faults.push(format!("{path}: `{key}` is not an argument"));
        }
        value(documented, key, attribute.expr(), variables, faults);
    }
    for block in body.blocks() {
        if !listed("blocks").contains(&json!(block.identifier())) {
            faults.push(format!("{path}: `{}` is not a block", block.identifier()));
        }
        let below =
            if path == "resource" { block.identifier().to_owned() } else { format!("{path}.{}", block.identifier()) };
        arguments(documented, &below, block.body(), variables, faults);
    }
}

/// Checks a value against the values and ranges that the documentation names. A variable must be declared.
fn value(documented: &Value, key: &str, given: &Expression, variables: &[String], faults: &mut Vec<String>) {
    match given {
        Expression::Array(items) => items.iter().for_each(|item| value(documented, key, item, variables, faults)),
        Expression::String(text) => {
            let allowed = documented["values"].get(key).and_then(Value::as_array);
            if allowed.is_some_and(|allowed| !allowed.contains(&json!(text))) {
                faults.push(format!("{key}: {text} is not a value"));
            }
        }
        Expression::Number(number) => {
            let range = documented["ranges"].get(key).and_then(Value::as_array);
            let bounds = range.map(|range| (range[0].as_i64(), range[1].as_i64()));
            if bounds.is_some_and(|(low, high)| number.as_i64() < low || number.as_i64() > high) {
                faults.push(format!("{key}: {number} is out of range"));
            }
        }
        Expression::Traversal(_) => {
            let name = hcl::format::to_string(given).expect("HCL");
            let is_declared = name.strip_prefix("var.").is_some_and(|name| variables.contains(&name.to_owned()));
            if !is_declared {
                faults.push(format!("{key}: `{name}` is not declared"));
            }
        }
        other => faults.push(format!("{key}: {other:?} is not expected")),
    }
}

/// The hosts of <https://learn.microsoft.com/azure/security/fundamentals/azure-certificate-authority-details> (2025-11-17) serve
/// certificates, revocation lists and their status over HTTP, in every cloud. <https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/1095>
#[test]
fn certificate_checks_are_listed_on_port_80_with_the_clients_that_make_them() {
    for (region, host) in [
        ("westeurope", "westeurope.stt.speech.microsoft.com"),
        ("usgovvirginia", "usgovvirginia.stt.speech.azure.us"),
        ("chinaeast2", "chinaeast2.stt.speech.azure.cn"),
    ] {
        let args = ["--region", region, "--service", "speech-to-text"];
        let list = parsed(&[&args[..], &["--format", "json"]].concat(), b"");
        let group = list["optional"].as_array().expect("a list").iter().find(|group| group["group"] == "certificates");
        let group = group.unwrap_or_else(|| panic!("{region}: no group of certificates"));
        let hosts: Vec<(&str, u64)> = (group["hosts"].as_array().expect("a list").iter())
            .map(|host| (host["host"].as_str().expect("a name"), host["port"].as_u64().expect("a port")))
            .collect();
        for expected in ["cacerts.digicert.com", "crl3.digicert.com", "www.microsoft.com", "oneocsp.microsoft.com"] {
            assert!(hosts.contains(&(expected, 80)), "{region}: {expected}");
        }
        let notes = group["notes"].to_string();
        let text = text(&run(&args, b"").stdout);
        let command = format!(
            "openssl s_client -connect {host}:443 -servername {host} </dev/null 2>/dev/null | openssl x509 -noout -text | grep URI:"
        );
        assert!(notes.contains(&command), "{region}: {notes}");
        assert!(text.lines().any(|line| line.trim() == command), "{region}: the command is one line: {text}");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for fact in
            ["before 1.48.1 does on Linux and Android", "before 1.48.2", "error 44", "`OPENSSL_DISABLE_CRL_CHECK`"]
        {
            assert!(notes.contains(fact) && text.contains(fact), "{region}: {fact}");
        }
    }
    let container = text(&run(&["--host", "ws://localhost:5000"], b"").stdout);
    assert!(container.contains("-connect HOST:443"), "{container}");
}

#[test]
fn optional_groups_are_told_apart_and_not_in_rules_unless_they_are_named() {
    let list = parsed(&["--region", "westeurope", "--format", "json"], b"");
    let groups: Vec<&str> =
        list["optional"].as_array().expect("a list").iter().filter_map(|group| group["group"].as_str()).collect();
    assert_eq!(groups, ["speech-studio", "storage", "containers", "certificates"]);
    assert_eq!(list["service_tags"], json!(["CognitiveServicesManagement"]), "those of the services alone");
    assert_eq!(list["optional"][0]["service_tags"].as_array().expect("a list").len(), 6);
    let ports = |group: usize| -> Vec<u64> {
        let hosts = list["optional"][group]["hosts"].as_array().expect("a list");
        hosts.iter().filter_map(|host| host["port"].as_u64()).collect()
    };
    assert!(ports(3).len() > 8 && ports(3).iter().all(|port| *port == 80), "certificate checks are plain HTTP");
    assert!(list["hosts"].as_array().expect("a list").iter().all(|host| host["port"] != 80));
    let recognition = parsed(&["--region", "westeurope", "--service", "speech-to-text", "--format", "json"], b"");
    assert!(!recognition["optional"].to_string().contains("\"storage\""), "recognition leaves nothing in storage");

    for format in ["nsg", "azfw", "terraform"] {
        let plain = run(&["--region", "westeurope", "--format", format], b"");
        let (out, err) = (text(&plain.stdout), text(&plain.stderr));
        assert!(!out.contains("digicert.com\"") && !out.contains("AzureFrontDoor"), "{format}");
        let left_out =
            "the rules do not include speech-studio, storage, containers, certificates; add a group with `--with`";
        assert!(err.contains(left_out) && out.contains(left_out), "{format}: {err}");
        let with = run(&["--region", "westeurope", "--format", format, "--with", "speech-studio,certificates"], b"");
        let (out, err) = (text(&with.stdout), text(&with.stderr));
        assert!(out.contains("AzureFrontDoor.Frontend"), "{format}");
        assert!(err.contains("do not include storage, containers"), "{format}: {err}");
        // A network security group cannot name a host, and says so.
        assert_eq!(err.contains("`crl3.digicert.com:80`"), format == "nsg", "{format}: {err}");
        assert_eq!(out.contains("\"crl3.digicert.com\""), format != "nsg", "{format}");
    }
    let unknown = run(&["--region", "westeurope", "--with", "studio"], b"");
    assert_eq!((unknown.status.code(), text(&unknown.stdout).as_str()), (Some(2), ""));
    assert!(text(&unknown.stderr).contains("speech-studio"), "{}", text(&unknown.stderr));
}

#[test]
fn rules_leave_out_what_no_firewall_can_name() {
    let open =
        run(&["--custom-domain", "contoso", "--network", "open", "--service", "voices", "--format", "azfw"], b"");
    assert_eq!(open.status.code(), Some(10), "the region is missing");
    for args in [["--custom-domain", "contoso"], ["--host", "ws://localhost:5000"]] {
        for format in ["nsg", "azfw", "terraform"] {
            let output = run(&[&args[..], &["--format", format]].concat(), b"");
            let out = text(&output.stdout);
            assert!(!out.contains("\"localhost") && !out.contains("\"{region}"), "{args:?} {format}: {out}");
        }
    }
    let identity = ["--region", "westeurope", "--service", "voices", "--entra", "managed-identity", "--format", "azfw"];
    let output = run(&identity, b"");
    assert!(text(&output.stderr).contains("the rules leave out `169.254.169.254:80`"), "{}", text(&output.stderr));
    assert!(!text(&output.stdout).contains("\"169.254.169.254\""));
}

/// A document with one fact more than the required fields.
fn document(fact: &Value) -> Vec<u8> {
    let mut whole = json!({ "source": "https://example.com/edition", "edition": "2027-02-03", "confirmed": true });
    whole.as_object_mut().expect("an object").extend(fact.as_object().expect("an object").clone());
    json!({ "schema_version": 1, "facts": [whole] }).to_string().into_bytes()
}

#[test]
fn tags_hosts_and_zones_come_from_the_facts() {
    let list = ["--custom-domain", "contoso", "--network", "private-endpoint", "--service", "voices"];
    let zone =
        json!({ "kind": "dns-zone", "cloud": "public", "name": "custom-domain", "value": "privatelink.new.example" });
    let allowed = parsed(&[&list[..], &["--format", "json", "--facts", "-"]].concat(), &document(&zone));
    assert_eq!(allowed["zones"][0]["private"], "privatelink.new.example");
    let regional = ["--region", "westeurope", "--service", "voices", "--format", "json", "--facts", "-"];
    let tag = json!({ "kind": "service-tag", "name": "speech", "values": ["SpeechServices"] });
    assert_eq!(parsed(&regional, &document(&tag))["service_tags"], json!(["SpeechServices"]));
    let host = json!({ "kind": "host", "name": "crl", "values": ["crl.example.com"] });
    assert!(parsed(&regional, &document(&host))["optional"].to_string().contains("\"crl.example.com\""));
}

#[test]
fn unconfirmed_zones_are_marked() {
    let china =
        ["--custom-domain", "contoso", "--cloud", "china", "--network", "private-endpoint", "--service", "voices"];
    let output = run(&china, b"");
    assert!(text(&output.stdout).contains("privatelink.cognitiveservices.azure.cn · unconfirmed"));
    assert!(text(&output.stderr).contains("the official table does not list"), "{}", text(&output.stderr));
    let document = parsed(&[&china[..], &["--format", "json"]].concat(), b"");
    assert_eq!(document["zones"][0]["confirmed"], false);
}

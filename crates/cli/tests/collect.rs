//! The scripts of `collect`: every command reads, and the documents of a folder are understood. A program stands in for `az`.
#![cfg(unix)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

const ACCOUNT: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/contoso";
const NIC: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Network/networkInterfaces/vm";

fn script(args: &[&str]) -> String {
    let output = support::program().arg("collect").args(args).output().expect("the binary runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn every_command_of_the_scripts_reads() {
    for format in ["sh", "ps1"] {
        let text = script(&[ACCOUNT, "--nic", NIC, "--format", format]);
        assert!(text.contains(ACCOUNT) && text.contains(NIC) && !text.contains("{{"), "{text}");
        for word in ["keys", "delete", "create", "update", "--set", " add", "remove", "az rest", "listKeys"] {
            let line = text.lines().filter(|line| !line.trim_start().starts_with('#')).find(|line| line.contains(word));
            assert_eq!(line, None, "{format}: {word}");
        }
    }
}

#[test]
fn an_id_that_a_shell_could_interpret_is_refused() {
    for (args, id) in [
        ([ACCOUNT, "--nic", "/subscriptions/s/resourceGroups/g/networkInterfaces/x';reboot;'"], "--nic"),
        (["/subscriptions/s/$(reboot)", "--format", "sh"], "account"),
    ] {
        let output = support::program().arg("collect").args(args).output().expect("the binary runs");
        assert!(matches!(output.status.code(), Some(2 | 10)) && output.stdout.is_empty(), "{id}: {output:?}");
    }
}

#[test]
fn the_documents_that_the_script_writes_are_understood() {
    let folder = tempfile::tempdir().expect("a folder");
    let (bin, documents) = (folder.path().join("bin"), folder.path().join("documents"));
    fs::create_dir(&bin).expect("a folder");
    executable(&bin.join("az"), AZ);
    let text = script(&[ACCOUNT, "--nic", NIC]);
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display());
    let mut sh = Command::new("sh");
    sh.arg("-s")
        .arg(&documents)
        .env("PATH", path)
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = sh.spawn().expect("a shell");
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), text.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{output:?}");

    let seen = account(&documents);
    assert_eq!(seen["resource"]["scenario"], "private_endpoint");
    assert_eq!(seen["admits"]["private_endpoints"][0]["addresses"][0], "10.1.0.4");
    assert_eq!(seen["notes"].as_array().map(Vec::len), Some(1), "the document that may not be read: {}", seen["notes"]);
    let posture =
        support::program().args(["posture", "--format", "json", "--azure"]).arg(&documents).output().expect("it runs");
    let posture: Value = serde_json::from_slice(&posture.stdout).expect("JSON");
    let status = |id: &str| {
        posture["checks"].as_array().expect("checks").iter().find(|c| c["id"] == id).expect("it")["status"].clone()
    };
    // The list of alerts is empty, and that of policy states may not be read.
    assert_eq!(
        (status("NET1"), status("LOG2"), status("GOV1")),
        ("met".into(), "not_met".into(), "not_visible".into())
    );
}

fn account(documents: &Path) -> Value {
    let output =
        support::program().args(["account", "--format", "json", "--azure"]).arg(documents).output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn executable(path: &Path, text: &str) {
    fs::write(path, text).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
}

/// An `az` that knows one account with a private endpoint.
const AZ: &str = r#"#!/bin/sh
S=/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers
A=$S/Microsoft.CognitiveServices/accounts/contoso
E=$S/Microsoft.Network/privateEndpoints/pe-contoso
case "$*" in
*"account show"*privateEndpoint.id*) printf '%s\r\n' "$E" ;;
*"account show"*virtualNetworkRules*) ;;
*"account show"*) echo "{ \"id\": \"$A\", \"name\": \"contoso\", \"type\": \"Microsoft.CognitiveServices/accounts\", \"location\": \"westeurope\",
  \"kind\": \"SpeechServices\", \"sku\": { \"name\": \"S0\" }, \"properties\": { \"customSubDomainName\": \"contoso\", \"publicNetworkAccess\": \"Enabled\",
  \"networkAcls\": { \"defaultAction\": \"Deny\" }, \"privateEndpointConnections\": [ { \"properties\": { \"privateEndpoint\": { \"id\": \"$E\" },
  \"privateLinkServiceConnectionState\": { \"status\": \"Approved\" } } } ] } }" ;;
*"private-endpoint show"*networkInterfaces*|*"private-endpoint show"*subnet.id*|*dns-zone-group*--query*|*"nic show"*--query*) ;;
*"private-endpoint show"*) echo "{ \"id\": \"$E\", \"type\": \"Microsoft.Network/privateEndpoints\",
  \"privateLinkServiceConnections\": [ { \"privateLinkServiceId\": \"$A\" } ],
  \"customDnsConfigs\": [ { \"fqdn\": \"contoso.cognitiveservices.azure.com\", \"ipAddresses\": [ \"10.1.0.4\" ] } ] }" ;;
*"policy state"*) echo "AuthorizationFailed" >&2; exit 1 ;;
*"nic show-effective"*|*list-effective*) echo '{ "value": [] }' ;;
*"nic show"*) echo '{ "type": "Microsoft.Network/networkInterfaces", "ipConfigurations": [] }' ;;
*) echo '[]' ;;
esac
"#;

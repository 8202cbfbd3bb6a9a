//! `inventory --probe`: every account is diagnosed as the doctor does, in time, with little memory, and with its own credential.
#![allow(clippy::disallowed_methods, reason = "a test may look at the clock")]

mod schema;
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use speech_endpoint_lab::{Lab, World};

use support::{Folder, text};

const WORLD: &str = "healthy-inventory";

fn inventory(args: &[&str]) -> Command {
    let mut program = support::program();
    program.arg("inventory").args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

fn probed(args: &[&str]) -> Output {
    inventory(&[&["--probe", "--lab", WORLD][..], args].concat()).output().expect("the binary runs")
}

fn accounts(output: &Output) -> Vec<Value> {
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    let path = format!("{}/schema/inventory.schema.json", env!("CARGO_MANIFEST_DIR"));
    let schema = serde_json::from_str(&fs::read_to_string(path).expect("a file")).expect("JSON");
    assert_eq!(schema::faults(&schema, &document), Vec::<String>::new());
    document["accounts"].as_array().expect("accounts").clone()
}

/// Returns the key of the client of a world.
fn key(world: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let world = World::named(world).expect("a world");
    let lab = runtime.block_on(Lab::start(world, SystemTime::now())).expect("it starts");
    lab.credential().expect("a key").text.expose().to_owned()
}

/// Returns the first part of a name, which is that of its group.
fn group(account: &Value) -> &str {
    account["name"].as_str().expect("a name").rsplit_once('-').expect("a number").0
}

#[test]
fn every_account_of_the_world_gets_the_diagnosis_that_it_states() {
    let output = probed(&["--format", "json"]);
    let found: BTreeMap<String, Value> = accounts(&output)
        .into_iter()
        .map(|account| {
            let name = account["name"].as_str().expect("a name").to_owned();
            (name, json!([account["verdict"], account["root_cause"], account["exit_code"]]))
        })
        .collect();
    let world = World::named(WORLD).expect("a world");
    let expected: BTreeMap<String, Value> = world
        .accounts()
        .map(|account| {
            let expect = account.expect;
            (account.name, json!([expect.verdict, expect.root_cause, expect.exit_code]))
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn the_worst_comes_first_and_decides_the_exit_code() {
    let output = probed(&["--format", "json"]);
    let accounts = accounts(&output);
    let groups: Vec<&str> = accounts.iter().map(group).collect();
    let mut each = groups.clone();
    each.dedup();
    let expected = [
        "closed",
        "record-missing",
        "silent",
        "inspected",
        "other-subnet",
        "locked",
        "not-approved",
        "regional",
        "translator",
        "private",
    ];
    assert_eq!(each, expected, "{groups:?}");
    assert_eq!(output.status.code(), Some(10));
    assert_eq!(accounts[0]["exit_code"], 10);
}

#[test]
fn the_same_diagnosis_as_that_of_the_doctor() {
    for world in ["DNS06", "POL05"] {
        let doctor = support::doctor(&["--lab", world, "--format", "json"]).output().expect("it runs");
        let doctor: Value = serde_json::from_slice(&doctor.stdout).expect("JSON");
        // The doctor takes the key of the world's client, which this command never does by itself.
        let args = ["--probe", "--lab", world, "--format", "json", "--key-env", "WORLD_KEY"];
        let output = inventory(&args).env("WORLD_KEY", key(world)).output().expect("it runs");
        let accounts = accounts(&output);
        for field in ["verdict", "root_cause", "exit_code"] {
            assert_eq!(accounts[0][field], doctor[field], "{world}: {field}");
        }
        assert_eq!(output.status.code().map(Value::from), Some(doctor["exit_code"].clone()));
    }
}

#[test]
fn a_silent_account_delays_no_other() {
    // With a single place, all accounts wait for the silent ones, one after the other, unless those leave it.
    let begun = Instant::now();
    let output = probed(&["--accounts", "100", "--jobs", "1", "--timeout", "12", "--format", "json"]);
    let took = begun.elapsed();
    let accounts = accounts(&output);
    assert_eq!(accounts.len(), 100);
    let verdicts = |name: &str| {
        let of = accounts.iter().filter(|account| group(account) == name);
        of.map(|account| account["root_cause"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(verdicts("silent"), vec![json!("TCP05"); 5]);
    println!("100 accounts in one place, five of them silent: {took:?}");
    assert!(took < Duration::from_secs(15), "{took:?}");
}

/// Runs a probe, and returns its output with its time and its most resident memory in KiB.
#[cfg(target_os = "linux")]
fn measured(args: &[&str]) -> (Output, Duration, u64) {
    let begun = Instant::now();
    let mut child = inventory(args).spawn().expect("it starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let mut stdout = child.stdout.take().expect("a pipe");
    let reader = std::thread::spawn(move || {
        let mut all = Vec::new();
        std::io::Read::read_to_end(&mut stdout, &mut all).map(|_| all).expect("it can be read")
    });
    while child.try_wait().expect("a status").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now: Option<u64> = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(now.unwrap_or_default());
        std::thread::sleep(Duration::from_millis(5));
    }
    let took = begun.elapsed();
    let mut output = child.wait_with_output().expect("an output");
    output.stdout = reader.join().expect("it ends");
    (output, took, peak)
}

/// A release build probes a thousand in less time: see `benches/inventory.sh`.
#[cfg(target_os = "linux")]
#[test]
fn many_accounts_take_little_time_and_memory() {
    let args = ["--probe", "--lab", WORLD, "--accounts", "300", "--format", "json"];
    let (output, took, peak) = measured(&args);
    println!("300 accounts: {took:?}, {peak} KiB");
    let accounts = accounts(&output);
    assert_eq!(accounts.len(), 300);
    let world = World::named(WORLD).expect("a world").with_accounts(300);
    let causes: BTreeMap<String, Option<String>> =
        world.accounts().map(|account| (account.name, account.expect.root_cause)).collect();
    let wrong: Vec<&Value> = accounts
        .iter()
        .filter(|account| {
            causes[account["name"].as_str().expect("a name")].as_deref() != account["root_cause"].as_str()
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(took < Duration::from_secs(30), "{took:?}");
    assert!(peak < 150 << 10, "{peak} KiB");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_probe_at_once_with_what_is_known() {
    let child =
        inventory(&["--probe", "--lab", WORLD, "--timeout", "60", "--format", "json"]).spawn().expect("it runs");
    std::thread::sleep(Duration::from_secs(3));
    let (output, took) = support::interrupted(child);
    assert!(took < Duration::from_secs(1), "{took:?}");
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(document["ended"], "interrupted");
    let accounts = accounts(&output);
    for account in &accounts {
        let is_probed = !matches!(group(account), "silent" | "translator");
        assert_eq!(account["verdict"].is_string(), is_probed, "{account}");
    }
    assert_eq!(output.status.code(), Some(10));
    assert!(text(&output.stderr).contains("interrupted"), "{}", text(&output.stderr));
}

#[cfg(unix)]
#[test]
fn an_interrupt_before_anything_wrong_is_known_has_its_own_exit_code() {
    let (folder, file) = documents(|account| group(account) == "silent");
    let child = inventory(&["--probe", "--lab", WORLD, "--azure", &file, "--timeout", "60"]).spawn().expect("it runs");
    std::thread::sleep(Duration::from_secs(1));
    let (output, took) = support::interrupted(child);
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stdout).starts_with("1 account: 0 unreachable, 0 degraded, 0 healthy, 1 not probed; interrupted;")
    );
    drop(folder);
}

/// Writes the documents of some accounts of the world into a file.
fn documents(keep: impl Fn(&Value) -> bool) -> (Folder, String) {
    let world = World::named(WORLD).expect("a world");
    let (_, list) = world.document_files().find(|(name, _)| *name == "accounts.json").expect("a list");
    let list: Vec<Value> = serde_json::from_str(list).expect("JSON");
    let folder = Folder::new();
    let file = folder.path("accounts.json");
    fs::write(&file, Value::Array(list.into_iter().filter(keep).collect()).to_string()).expect("a file");
    (folder, file)
}

const KEY: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn a_key_is_for_one_account() {
    let run = |args: &[&str], azure: Option<&str>| {
        let mut command = inventory(&[&["--probe", "--lab", WORLD, "--format", "json"][..], args].concat());
        command.args(azure.into_iter().flat_map(|file| ["--azure", file])).env("A_KEY", KEY).env("A_TOKEN", ISSUED);
        command.output().expect("it runs")
    };
    let several = run(&["--key-env", "A_KEY"], None);
    let error = text(&several.stderr);
    assert_eq!(several.status.code(), Some(2));
    assert!(error.starts_with("error: this key belongs to one account, and there are 18 to probe"), "{error}");
    assert_eq!(run(&["--token-env", "A_TOKEN"], None).status.code(), Some(2));
    let (_folder, file) = documents(|account| account["name"] == "private-0001");
    let one = run(&["--key-env", "A_KEY"], Some(&file));
    assert_eq!(accounts(&one)[0]["root_cause"], "AUTH01", "{}", text(&one.stderr));
    let malformed = inventory(&["--probe", "--lab", WORLD, "--key-env", "A_KEY"]).env("A_KEY", "your-key").output();
    let malformed = malformed.expect("it runs");
    assert_eq!((malformed.status.code(), malformed.stdout.len()), (Some(10), 0), "{}", text(&malformed.stderr));
}

/// A token that a key gave, without a valid signature.
const ISSUED: &str = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ1cm46bXMuY29nbml0aXZlc2VydmljZXMiLCJleHAiOjk5OTk5OTk5OTl9.c2ln";

#[test]
fn a_key_in_the_environment_is_ignored_and_a_note_says_so() {
    let (_folder, file) = documents(|account| account["name"] == "private-0001");
    // Without a lab, nothing answers at the loopback proxy; the account is unreachable with and without a key.
    let args = ["--probe", "--azure", &file, "--timeout", "1", "--proxy", "http://127.0.0.1:9", "--format", "json"];
    let output = inventory(&args).env("SPEECH_KEY", KEY).output().expect("it runs");
    assert_eq!(accounts(&output)[0]["verdict"], "unreachable");
    assert!(text(&output.stderr).contains("ignoring `SPEECH_KEY`"), "{}", text(&output.stderr));
    assert!(!text(&output.stderr).contains(KEY));
}

#[test]
fn one_entra_token_serves_every_account_with_its_own_id() {
    let mut command = inventory(&["--probe", "--lab", WORLD, "--entra", "client-secret", "--format", "json"]);
    let output = command.envs(Lab::sign_in_variables()).output().expect("it runs");
    for account in accounts(&output) {
        // The regional accounts accept no plain token: it needs the id of the account.
        if matches!(group(&account), "private" | "regional") {
            assert_eq!(account["verdict"], "healthy", "{account}");
        }
    }
    let without = inventory(&["--probe", "--lab", WORLD, "--entra", "client-secret"]).output().expect("it runs");
    assert!(text(&without.stderr).contains("no Entra token"), "{}", text(&without.stderr));
    let refused = probed(&["--entra", "--resource-id", "/subscriptions/s"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("`--resource-id` names one account"), "{}", text(&refused.stderr));
}

#[test]
fn arguments_of_a_probe_need_it() {
    let (_folder, file) = documents(|_| true);
    for argument in [
        &["--entra"][..],
        &["--key-env", "A"],
        &["--dns-server", "10.0.0.2"],
        &["--ca-file", "a.pem"],
        &["--proxy", "none"],
        &["--ip", "4"],
        &["--timeout", "5"],
        &["--jobs", "5"],
        &["--only", "DNS03"],
        &["--ignore", "DNS03"],
        &["--fail-on", "warn"],
        &["--lab", WORLD],
    ] {
        let output = inventory(&[&["--azure", &file][..], argument].concat()).output().expect("it runs");
        let error = text(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{argument:?}: {error}");
        assert!(error.contains("--probe"), "{argument:?}: {error}");
        assert_eq!(error.lines().count(), 1, "{argument:?}: {error}");
    }
    let without = inventory(&["--azure", &file, "--format", "json"]).output().expect("it runs");
    assert_eq!(without.status.code(), Some(0));
    assert!(accounts(&without)[0].get("verdict").is_none());
}

#[test]
fn findings_are_selected_and_warnings_may_count() {
    let ignoring = probed(&["--ignore", "POL02", "--format", "json"]);
    let locked = accounts(&ignoring).into_iter().find(|account| group(account) == "locked").expect("it is listed");
    assert_eq!((locked["verdict"].as_str(), locked["root_cause"].as_str()), (Some("healthy"), None));
    let unknown = probed(&["--ignore", "DNS99"]);
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn text_fits_in_eighty_columns_and_csv_has_a_row_for_each_account() {
    let output = text(&probed(&[]).stdout);
    for line in output.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(output.starts_with("20 accounts: "), "{output}");
    assert!(output.contains("\nunreachable 30 TCP05   silent-0001 "), "{output}");
    assert!(output.contains("\n     2 × DNS04   "), "{output}");
    let csv = text(&probed(&["--format", "csv"]).stdout);
    let rows: Vec<&str> = csv.split("\r\n").filter(|row| !row.is_empty()).collect();
    assert_eq!(rows.len(), 21);
    assert!(rows[0].ends_with(",id,verdict,root_cause,exit_code"), "{}", rows[0]);
    assert!(rows.iter().any(|row| row.contains("silent-0001") && row.ends_with(",unreachable,TCP05,30")), "{csv}");
    assert!(rows.iter().any(|row| row.contains("translator-0001") && row.ends_with(",,,")), "{csv}");
}

/// Each account has a private endpoint, whose addresses stand in a zone group or at an interface, and a record.
#[test]
fn many_accounts_with_endpoints_take_time_in_proportion_to_their_number() {
    let folder = Folder::new();
    let group = "/subscriptions/s/resourceGroups/rg/providers";
    let list = |kind: &str, item: &dyn Fn(&str, &str) -> Value| {
        let items: Vec<Value> = (0..3000)
            .map(|number| item(&format!("a{number:05}"), &format!("10.0.{}.{}", number / 256, number % 256)))
            .collect();
        fs::write(folder.path(kind), Value::Array(items).to_string()).expect("a file");
    };
    list("accounts.json", &|name, _| {
        json!({ "type": "Microsoft.CognitiveServices/accounts", "kind": "SpeechServices", "location": "westeurope", "name": name,
            "id": format!("{group}/Microsoft.CognitiveServices/accounts/{name}"), "sku": { "name": "S0" }, "properties": {
            "customSubDomainName": name, "publicNetworkAccess": "Disabled", "privateEndpointConnections": [{ "properties": {
            "privateEndpoint": { "id": format!("{group}/Microsoft.Network/privateEndpoints/{name}") },
            "privateLinkServiceConnectionState": { "status": "Approved" } } }] } })
    });
    list("groups.json", &|name, address| {
        let host = format!("{name}.privatelink.cognitiveservices.azure.com");
        json!({ "id": format!("{group}/Microsoft.Network/privateEndpoints/{name}/privateDnsZoneGroups/default"),
            "privateDnsZoneConfigs": [{ "recordSets": [{ "fqdn": host, "ipAddresses": [address] }] }] })
    });
    list("interfaces.json", &|name, address| {
        json!({ "type": "Microsoft.Network/networkInterfaces", "id": format!("{group}/Microsoft.Network/networkInterfaces/{name}"),
            "privateEndpoint": { "id": format!("{group}/Microsoft.Network/privateEndpoints/{name}") },
            "ipConfigurations": [{ "privateIPAddress": address }] })
    });
    list("records.json", &|name, address| {
        let zone = "Microsoft.Network/privateDnsZones/privatelink.cognitiveservices.azure.com";
        // The last record is stale.
        let address = if name == "a02999" { "10.9.9.9" } else { address };
        json!({ "type": "Microsoft.Network/privateDnsZones/A", "id": format!("{group}/{zone}/A/{name}"), "name": name,
            "aRecords": [{ "ipv4Address": address }] })
    });
    let begun = Instant::now();
    let output = inventory(&["--azure", &folder.itself(), "--format", "json"]).output().expect("it runs");
    let took = begun.elapsed();
    let accounts = accounts(&output);
    let noted: Vec<&str> = accounts
        .iter()
        .filter(|account| account["notes"].to_string().contains("record_differs"))
        .map(|account| account["name"].as_str().expect("a name"))
        .collect();
    assert_eq!((accounts.len(), noted), (3000, vec!["a02999"]));
    println!("3,000 accounts with endpoints: {took:?}");
    assert!(took < Duration::from_secs(15), "{took:?}");
}

/// Without a limit of its own, a process with few descriptors would call healthy accounts unreachable.
#[cfg(target_os = "linux")]
#[test]
fn few_descriptors_give_no_wrong_verdict() {
    let program = env!("CARGO_BIN_EXE_speech-endpoint");
    for count in [64, 128] {
        let script = format!(
            "ulimit -n {count} && exec {program} inventory --probe --lab {WORLD} --accounts 60 --jobs 64 --format json"
        );
        let mut command = Command::new("sh");
        let output = command.args(["-c", &script]).env_clear().stdin(Stdio::null()).output().expect("a shell runs");
        let healthy = accounts(&output).iter().filter(|account| account["verdict"] == "healthy").count();
        assert_eq!(healthy, 24, "{count} descriptors");
    }
}

#[test]
fn a_machine_that_is_too_slow_for_its_jobs_says_so() {
    let busy = probed(&["--accounts", "300", "--jobs", "256", "--timeout", "0.3"]);
    assert!(text(&busy.stderr).contains("this machine computed all the time"), "{}", text(&busy.stderr));
    let idle = probed(&[]);
    assert_eq!(text(&idle.stderr), "");
}

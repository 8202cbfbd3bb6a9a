//! `--live` with the built binary against the management API of the lab: the same result as from files, GET alone, no token
//! in any output, and an end in time whatever the API does.
#![allow(clippy::disallowed_methods, reason = "a lab begins at the real time, and runs are timed")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
#[cfg(unix)]
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use speech_endpoint_lab::{Lab, SeenRequest, World};
#[cfg(unix)]
use support::interrupted;
use support::{Folder, program, text};

const ID: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/contoso";

/// The worlds with all documents, the cloud and the management host of each.
const CLOUDS: [(&str, &str, &str); 3] = [
    ("healthy-documents", "public", "management.azure.com"),
    ("healthy-documents-usgov", "usgov", "management.usgovcloudapi.net"),
    ("healthy-documents-china", "china", "management.chinacloudapi.cn"),
];

/// A running world, whose proxy is the way into it.
struct Running {
    lab: Lab,
    _runtime: tokio::runtime::Runtime,
    folder: Folder,
    proxy: SocketAddr,
}

/// What a run gave.
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
    took: Duration,
}

impl Ran {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }

    /// Returns the messages of the notes with this code.
    fn notes(&self, code: &str) -> Vec<String> {
        let json = self.json();
        let notes = json["notes"].as_array().expect("notes").iter().filter(|note| note["code"] == code);
        notes.map(|note| note["message"].as_str().expect("a message").to_owned()).collect()
    }
}

impl Running {
    /// Starts a world with a proxy, a host that must never be asked, and these settings of the management API.
    fn start(world: &str, management: &str) -> Self {
        let (_, base) = World::all().find(|(name, _)| *name == world).expect("an embedded world");
        let more =
            format!("\n[proxy]\n[dns]\n\"collector.lab.example\" = [\"A 20.9.9.9\"]\n[management]\n{management}\n");
        let world = World::parse(&format!("{base}{more}")).expect("a world");
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let lab = runtime.block_on(Lab::start(world, SystemTime::now())).expect("a lab");
        let listeners = lab.listeners();
        let proxy = listeners.iter().find(|(role, ..)| role == "proxy").expect("a proxy").2;
        let folder = Folder::new();
        fs::write(folder.path("root.pem"), lab.root_pem()).expect("written");
        Self { lab, _runtime: runtime, folder, proxy }
    }

    /// Runs a command with `--live` and a token of the world's authority.
    fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, &["--entra", "client-secret"])
    }

    fn run_with(&self, args: &[&str], credential: &[&str]) -> Ran {
        let proxy = format!("http://{}", self.proxy);
        let ca = self.folder.path("root.pem");
        let road = ["--live", "--proxy", &proxy, "--ca-file", &ca];
        ran(&[args, &road, credential].concat())
    }

    fn requests(&self) -> Vec<SeenRequest> {
        self.lab.requests()
    }

    /// Writes the documents of the world to a folder.
    fn files(&self) -> String {
        for (name, document) in self.lab.world().document_files() {
            fs::write(self.folder.path(name), document).expect("written");
        }
        self.folder.itself()
    }

    /// Writes a token with these claims, which are valid for an hour otherwise.
    fn token(&self, audience: &str) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a time").as_secs();
        let claims =
            json!({ "aud": audience, "iss": "https://sts.windows.net/x/", "nbf": now - 60, "exp": now + 3600 });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let token =
            format!("{}.{}.{}", part(&json!({ "alg": "RS256" })), part(&claims), URL_SAFE_NO_PAD.encode("none"));
        let path = self.folder.path("token");
        fs::write(&path, token).expect("written");
        path
    }
}

/// Runs a command, whose outputs must not hold a token or the secret for one.
fn ran(args: &[&str]) -> Ran {
    let mut command = program();
    let variables = Lab::sign_in_variables();
    command.args(args).envs(variables);
    let begun = Instant::now();
    let output = command.output().expect("the binary runs");
    let took = begun.elapsed();
    let ran = Ran { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr), took };
    for secret in ["eyJ", variables[2].1] {
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{args:?}: {}{}", ran.stdout, ran.stderr);
    }
    ran
}

fn without_sources(mut json: Value) -> Value {
    json.as_object_mut().expect("an object").remove("documents");
    json
}

#[test]
fn every_command_says_the_same_as_from_files_in_every_cloud() {
    for (world, cloud, host) in CLOUDS {
        let running = Running::start(world, "");
        let files = running.files();
        for command in ["account", "posture"] {
            let live = running.run(&[command, "--resource-id", ID, "--cloud", cloud, "--format", "json"]);
            let from_files = ran(&[command, "--azure", &files, "--format", "json"]);
            assert_eq!((live.code, from_files.code), (Some(0), Some(0)), "{world}: {}", live.stderr);
            assert_eq!(without_sources(live.json()), without_sources(from_files.json()), "{world}: {command}");
        }
        let live = running.run(&["inventory", "--resource-id", ID, "--cloud", cloud, "--format", "json"]);
        let from_files = ran(&["inventory", "--azure", &running.folder.path("01-account.json"), "--format", "json"]);
        assert_eq!(live.json(), from_files.json(), "{world}");
        assert_eq!(live.json()["accounts"].as_array().map(Vec::len), Some(1), "{world}");
        assert!(running.requests().iter().all(|seen| seen.host == host), "{world}");
    }
}

#[test]
fn the_doctor_finds_the_same_as_with_files() {
    for world in
        ["healthy-documents", "healthy-documents-usgov", "healthy-documents-china", "DNS06-address-of-no-endpoint"]
    {
        let findings = |args: &[&str]| {
            let ran = ran(&[&["doctor", "--lab", world, "--format", "json"], args].concat());
            let json = ran.json();
            let ids: Vec<Value> =
                json["findings"].as_array().expect("findings").iter().map(|f| f["id"].clone()).collect();
            let azure: Vec<Value> =
                json["targets"].as_array().expect("targets").iter().map(|target| target["azure"].clone()).collect();
            (ran.code, json["verdict"].clone(), ids, azure)
        };
        let live = findings(&["--live"]);
        assert_eq!(live, findings(&[]), "{world}");
        assert!(live.3.iter().any(|azure| azure["endpoint"].is_object()), "{world}: {live:?}");
        assert_eq!(findings(&["--live", "--entra", "client-secret"]).1, live.1, "{world}");
    }
}

/// What `collect` reads with `az` for the same account, without what needs POST.
const PATHS: &[&str] = &[
    "",
    "/deployments",
    "/providers/Microsoft.Authorization/roleAssignments",
    "/providers/Microsoft.Insights/diagnosticSettings",
    "rg/providers/Microsoft.Insights/metricAlerts",
    "rg/providers/Microsoft.Insights/activityLogAlerts",
    "net/privateEndpoints/pe-contoso",
    "net/privateEndpoints/pe-contoso/privateDnsZoneGroups",
    "net/networkInterfaces/pe-contoso.nic",
    "net/virtualNetworks/vnet",
    "net/virtualNetworks/vnet/virtualNetworkPeerings",
    "net/virtualNetworks/vnet/subnets/pe",
    "net/virtualNetworks/vnet/subnets/app",
    "net/privateDnsZones/privatelink.cognitiveservices.azure.com",
    "net/privateDnsZones/privatelink.cognitiveservices.azure.com/A",
    "net/privateDnsZones/privatelink.cognitiveservices.azure.com/virtualNetworkLinks",
];

#[test]
fn only_get_requests_leave_each_once_and_to_the_management_api_alone() {
    let running = Running::start("healthy-documents", "");
    assert_eq!(running.run(&["account", "--resource-id", ID]).code, Some(0));
    let seen = running.requests();
    assert!(seen.iter().all(|seen| seen.method == "GET" && seen.status == 200), "{seen:#?}");
    let groups = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups";
    let expected: BTreeSet<String> = PATHS
        .iter()
        .map(|path| match path.split_once('/') {
            Some(("rg", rest)) => format!("{groups}/rg/{rest}"),
            Some(("net", rest)) => format!("{groups}/rg-net/providers/Microsoft.Network/{rest}"),
            _ => format!("{ID}{path}"),
        })
        .collect();
    let paths: Vec<String> = seen.iter().map(|seen| seen.path.clone()).collect();
    assert_eq!(paths.iter().cloned().collect::<BTreeSet<_>>(), expected);
    assert_eq!(paths.len(), expected.len(), "{paths:#?}");
}

#[test]
fn the_account_can_come_from_its_document_which_also_completes_what_live_cannot_read() {
    let running = Running::start("healthy-documents", "forbidden = [\"role_assignment\"]");
    let (account, roles) = ("01-account.json", "03-role_assignment.json");
    running.files();
    let with = |files: &[&str]| {
        let paths: Vec<String> = files.iter().map(|file| running.folder.path(file)).collect();
        let azure: Vec<&str> = paths.iter().flat_map(|path| ["--azure", path]).collect();
        running.run(&[&["posture", "--format", "json"], &azure[..]].concat())
    };
    let status = |ran: &Ran| {
        let json = ran.json();
        let checks = json["checks"].as_array().expect("checks");
        checks.iter().find(|check| check["id"] == "ID2").expect("a check")["status"].clone()
    };
    let (without, complete) = (with(&[account]), with(&[account, roles]));
    assert_eq!((status(&without), status(&complete)), (json!("not_visible"), json!("met")));
    let notes = without.notes("not_visible");
    assert_eq!(notes.len(), 1, "{notes:?}");
    for part in [
        "role assignments of `contoso`",
        "403 AuthorizationFailed",
        "Microsoft.Authorization/roleAssignments/read",
        "Reader",
    ] {
        assert!(notes[0].contains(part), "{notes:?}");
    }
    // What is live precedes a file, which may be old.
    let stale = running.folder.path("stale.json");
    let document = fs::read_to_string(running.folder.path(account)).expect("a file").replace("\"Deny\"", "\"Allow\"");
    fs::write(&stale, document).expect("written");
    let fresh = running.run(&["account", "--azure", &stale, "--format", "json"]);
    assert_eq!(fresh.json()["admits"]["everyone"], json!(false));
}

/// A fault of one document: the settings of the management API, the code of the note, and parts of its text.
const FAULTS: &[(&str, &str, &[&str])] = &[
    (
        "forbidden = [\"private_endpoint\"]",
        "not_visible",
        &["private endpoint `pe-contoso`", "403", "resource group `rg-net`"],
    ),
    (
        "gone = [\"virtual_network\"]",
        "not_visible",
        &["virtual network `vnet`", "404 ResourceNotFound", "does not exist"],
    ),
    ("gone = [\"deployment\"]", "not_visible", &["model deployments", "404 ResourceNotFound", "has no such list"]),
    ("huge = [\"diagnostic_setting\"]", "not_visible", &["diagnostic settings", "more than 16 MB"]),
    ("redirected = [\"record_set\"]", "not_visible", &["record sets", "status 307", "never gets the token"]),
    ("silent = [\"metric_alert\"]", "not_visible", &["metric alerts", "no answer within"]),
    ("circular = [\"role_assignment\"]", "more_pages", &["role assignments", "circle"]),
    ("endless = [\"peering\"]", "more_pages", &["peerings", "no end"]),
    ("foreign-page = [\"role_assignment\"]", "more_pages", &["role assignments", "another host"]),
];

#[test]
fn a_document_that_cannot_be_read_is_a_note_and_not_a_failure() {
    let faults: Vec<String> = std::thread::scope(|scope| {
        let runs: Vec<_> = FAULTS.iter().map(|fault| scope.spawn(move || fault_of(fault))).collect();
        runs.into_iter().filter_map(|run| run.join().expect("a run")).collect()
    });
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Returns what is wrong with the result of a run with a fault.
fn fault_of((management, code, parts): &(&str, &str, &[&str])) -> Option<String> {
    let running = Running::start("healthy-documents", management);
    let ran = running.run(&["account", "--resource-id", ID, "--format", "json", "--timeout", "8"]);
    let notes = ran.notes(code);
    let is_named = notes.len() == 1 && parts.iter().all(|part| notes[0].contains(part));
    let is_told = running.requests().iter().any(|seen| seen.host == "collector.lab.example");
    let is_right = ran.code == Some(0) && is_named && !is_told && ran.took < Duration::from_secs(9);
    (!is_right).then(|| format!("{management}: exit {:?} after {:?}, notes {notes:?}", ran.code, ran.took))
}

#[test]
fn an_unfinished_list_decides_nothing() {
    for management in
        ["circular = [\"metric_alert\"]", "foreign-page = [\"metric_alert\"]", "silent = [\"metric_alert\"]"]
    {
        let running = Running::start("healthy-documents", management);
        let ran = running.run(&["posture", "--resource-id", ID, "--format", "json", "--timeout", "6"]);
        let json = ran.json();
        let check =
            json["checks"].as_array().expect("checks").iter().find(|check| check["id"] == "LOG2").expect("a check");
        assert_eq!(check["status"], "not_visible", "{management}");
    }
    let whole = Running::start("healthy-documents", "");
    let json = whole.run(&["posture", "--resource-id", ID, "--format", "json"]).json();
    let check = json["checks"].as_array().expect("checks").iter().find(|check| check["id"] == "LOG2").expect("a check");
    assert_eq!(check["status"], "not_met");
}

#[test]
fn pages_and_retry_after_give_the_same_result() {
    let whole = Running::start("healthy-documents", "").run(&["account", "--resource-id", ID, "--format", "json"]);
    let paged = Running::start("healthy-documents", "page-size = 1");
    let ran = paged.run(&["account", "--resource-id", ID, "--format", "json"]);
    assert_eq!(without_sources(ran.json()), without_sources(whole.json()));
    assert!(paged.requests().iter().any(|seen| seen.query.contains("skiptoken=1")));
    let busy = Running::start("healthy-documents", "busy-times = 2\nbusy-seconds = 1");
    let ran = busy.run(&["account", "--resource-id", ID, "--format", "json"]);
    assert_eq!(ran.json(), whole.json());
    assert!(ran.took >= Duration::from_secs(2), "{:?}", ran.took);
    assert_eq!(busy.requests().iter().filter(|seen| seen.status == 429).count(), 2);
}

/// A failure of the account: the settings of the management API, the credential, the resource, the exit code, and parts of the
/// line. `AUDIENCE=` makes a token with that audience.
type Failing = (&'static str, &'static [&'static str], &'static [&'static str], i32, &'static [&'static str]);

const SIGNED_IN: &[&str] = &["--entra", "client-secret"];
const CONTOSO: &[&str] = &["--resource-id", ID];

const FAILURES: &[Failing] = &[
    ("token-expires-in = -60", SIGNED_IN, CONTOSO, 70, &["the token has expired", "401 ExpiredAuthenticationToken"]),
    // Such a token is not sent at all.
    (
        "token-audience = \"https://cognitiveservices.azure.com\"",
        SIGNED_IN,
        CONTOSO,
        70,
        &[
            "`https://cognitiveservices.azure.com`",
            "az account get-access-token --resource https://management.azure.com",
        ],
    ),
    ("", &["AUDIENCE=https://cognitiveservices.azure.com"], CONTOSO, 70, &["`https://cognitiveservices.azure.com`"]),
    (
        "",
        &["AUDIENCE=https://management.core.usgovcloudapi.net/"],
        CONTOSO,
        70,
        &["US Government cloud", "`--cloud usgov`"],
    ),
    // An audience that is an application says nothing; the management API decides.
    (
        "",
        &["AUDIENCE=11111111-2222-3333-4444-555555555555"],
        CONTOSO,
        70,
        &["another service", "401 InvalidAuthenticationTokenAudience"],
    ),
    (
        "forbidden = [\"account\"]",
        SIGNED_IN,
        CONTOSO,
        70,
        &["Microsoft.CognitiveServices/accounts/read", "Reader", "403 AuthorizationFailed"],
    ),
    (
        "",
        SIGNED_IN,
        &[
            "--resource-id",
            "/subscriptions/99999999-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/contoso",
        ],
        10,
        &["404 SubscriptionNotFound", "`--cloud`"],
    ),
    (
        "",
        SIGNED_IN,
        &[
            "--resource-id",
            "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/fabrikam",
        ],
        10,
        &["`fabrikam` does not exist", "404 ResourceNotFound"],
    ),
    ("huge = [\"account\"]", SIGNED_IN, CONTOSO, 60, &["more than 16 MB"]),
    ("redirected = [\"account\"]", SIGNED_IN, CONTOSO, 60, &["status 307", "never gets the token"]),
    ("silent = [\"account\"]", SIGNED_IN, CONTOSO, 60, &["no answer within"]),
    ("busy-times = 1000000\nbusy-seconds = 1", SIGNED_IN, CONTOSO, 90, &["throttles requests|with a wait of", "429"]),
    ("busy-times = 1000000\nbusy-seconds = 3600", SIGNED_IN, CONTOSO, 90, &["with a wait of 3600 s"]),
    ("busy-times = 1000000\nbusy-seconds = 0", SIGNED_IN, CONTOSO, 90, &["throttles requests"]),
    ("", &["--entra", "workload"], CONTOSO, 70, &["no Entra token", "AZURE_FEDERATED_TOKEN_FILE"]),
    ("", &[], CONTOSO, 2, &["needs a Microsoft Entra token", "`--entra`"]),
    ("", SIGNED_IN, &[], 2, &["`--resource-id`", "`--azure`"]),
    ("", SIGNED_IN, &["--resource-id", "contoso"], 10, &["/subscriptions/"]),
];

#[test]
fn a_failure_of_the_account_is_one_line_with_its_exit_code() {
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let runs: Vec<_> = FAILURES.iter().map(|failing| scope.spawn(move || wrong_with(failing))).collect();
        runs.into_iter().filter_map(|run| run.join().expect("a run")).collect()
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn wrong_with((management, credential, resource, code, parts): &Failing) -> Option<String> {
    let running = Running::start("healthy-documents", management);
    let audience = credential.first().and_then(|word| word.strip_prefix("AUDIENCE="));
    let token = audience.map(|audience| running.token(audience));
    let given = match &token {
        Some(file) => vec!["--token-file", file],
        None => credential.to_vec(),
    };
    let ran = running.run_with(&[&["account", "--timeout", "5"], *resource].concat(), &given);
    let line = ran.stderr.trim_end();
    let has = |part: &&str| part.split('|').any(|part| line.contains(part));
    let is_clear = line.lines().count() == 1 && line.starts_with("error: ") && parts.iter().all(has);
    let is_foreign =
        audience.is_some_and(|audience| audience.starts_with("https:")) || management.starts_with("token-audience");
    let is_kept = !is_foreign || running.requests().is_empty();
    let is_right =
        ran.code == Some(*code) && ran.stdout.is_empty() && is_clear && is_kept && ran.took < Duration::from_secs(6);
    (!is_right)
        .then(|| format!("{management} {credential:?} {resource:?}: exit {:?} after {:?}: {line}", ran.code, ran.took))
}

#[test]
fn without_a_network_the_exit_code_is_that_of_the_stage() {
    let running = Running::start("healthy-documents", "");
    let token = running.token("https://management.azure.com");
    let read = |road: &[&str]| {
        ran(&[&["account", "--live", "--resource-id", ID, "--timeout", "3", "--token-file", &token], road].concat())
    };
    for (road, code, part) in [
        (&["--dns-server", "127.0.0.1:9", "--proxy", "none"][..], 20, "management.azure.com"),
        (&["--proxy", "http://127.0.0.1:9"], 30, "refused"),
        // The certificate of the world, without its root.
        (&["--proxy", &format!("http://{}", running.proxy)], 50, "certificate"),
    ] {
        let ran = read(road);
        let line = ran.stderr.trim_end();
        assert_eq!((ran.code, ran.stdout.as_str(), line.lines().count()), (Some(code), "", 1), "{road:?}: {line}");
        assert!(line.to_lowercase().contains(part), "{road:?}: {line}");
        assert!(ran.took < Duration::from_secs(4), "{road:?}: {:?}", ran.took);
    }
    assert!(running.requests().is_empty());
}

#[test]
fn failures_and_notes_of_an_inventory_and_a_doctor_are_those_of_the_account() {
    let forbidden = Running::start("healthy-documents", "forbidden = [\"account\"]");
    let ran = forbidden.run(&["inventory", "--resource-id", "/subscriptions/00000000-0000-0000-0000-000000000001"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(70), ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("subscription `00000000-0000-0000-0000-000000000001`"), "{}", ran.stderr);
    let ran = forbidden.run(&["doctor", "--resource-id", ID, "--format", "json"]);
    assert_eq!(ran.code, Some(70), "{}", ran.stderr);
    assert_eq!(ran.json()["errors"][0]["code"], "live");
    assert!(ran.stderr.contains("without `--live`"), "{}", ran.stderr);
    let circular = Running::start("healthy-documents", "circular = [\"account\"]");
    let ran = circular.run(&["inventory", "--resource-id", ID, "--format", "json"]);
    assert_eq!(ran.json()["accounts"].as_array().map(Vec::len), Some(1));
    assert!(ran.stderr.contains("circle"), "{}", ran.stderr);
}

#[test]
fn the_doctor_ends_in_time_although_a_document_never_comes() {
    let running = Running::start("healthy-documents", "silent = [\"metric_alert\"]");
    let args = ["doctor", "--resource-id", ID, "--timeout", "4", "--dns-server", "127.0.0.1:9", "--format", "json"];
    let ran = running.run(&args);
    assert!(ran.json()["verdict"].is_string(), "{}", ran.stderr);
    assert!(ran.stderr.contains("metric alerts of `rg` are not visible"), "{}", ran.stderr);
    assert!(ran.took < Duration::from_secs(5), "{:?}", ran.took);
}

#[test]
#[cfg(unix)]
fn an_interrupt_ends_a_read_at_once() {
    let running = Running::start("healthy-documents", "silent = [\"account\"]");
    let token = running.token("https://management.azure.com");
    let (proxy, ca) = (format!("http://{}", running.proxy), running.folder.path("root.pem"));
    let mut command = program();
    command.args([
        "account",
        "--live",
        "--resource-id",
        ID,
        "--token-file",
        &token,
        "--proxy",
        &proxy,
        "--ca-file",
        &ca,
    ]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let begun = Instant::now();
    while running.requests().is_empty() && begun.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let (output, took) = interrupted(child);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr).trim_end(), "error: interrupted before the documents were read");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn arguments_of_live_need_it() {
    for args in [
        &["--entra"][..],
        &["--token-file", "t"],
        &["--lab", "healthy-documents"],
        &["--timeout", "3"],
        &["--proxy", "none"],
    ] {
        let ran = ran(&[&["account", "--resource-id", ID], args].concat());
        assert_eq!(ran.code, Some(2), "{args:?}");
        assert!(ran.stderr.contains("--live"), "{args:?}: {}", ran.stderr);
    }
    let ran = ran(&["account", "--live", "--lab", "healthy-regional"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("no documents of Azure"), "{}", ran.stderr);
}

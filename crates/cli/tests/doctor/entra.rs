//! Tests `doctor --entra` with the built binary: each source of tokens, its errors and its time limits. Nothing leaves
//! loopback: outside the lab, nothing listens at the proxy and the name server of a run.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a lab begins at the real time")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use speech_endpoint_lab::{Lab, World};

const WORLD: &str = "healthy-entra-private-endpoint";
const COMPOSED: &str = "healthy-entra-composed";
const OUTSIDE: [&str; 6] =
    ["--host", "ws://127.0.0.1:9", "--proxy", "http://127.0.0.1:9", "--dns-server", "127.0.0.1:9"];

/// The output and exit code of a run.
struct Ran {
    code: Option<i32>,
    text: String,
    took: Duration,
}

impl Ran {
    /// Parses the report as JSON.
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Returns the only remark about the token.
    fn remark(&self) -> String {
        let report = self.json();
        let remarks = report["remarks"].as_array().expect("remarks").iter();
        let of_entra = remarks.filter(|remark| remark["id"] == "entra" || remark["id"] == "AUTH11");
        let texts: Vec<&str> = of_entra.filter_map(|remark| remark["text"].as_str()).collect();
        assert_eq!(texts.len(), 1, "{report}");
        texts[0].to_owned()
    }

    /// Returns the form of the token that each service received, and whether the service accepted it.
    fn forms(&self) -> Vec<(String, String)> {
        let report = self.json();
        let targets = report["targets"].as_array().expect("targets").iter();
        let stages =
            targets.filter(|target| target["service"].is_string()).map(|target| target["stages"]["auth"].clone());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        stages.map(|auth| (text(&auth["facts"]["form"]), text(&auth["status"]))).collect()
    }
}

/// Runs the doctor with only the given environment, and checks every output for the secrets.
fn doctor(args: &[&str], env: &[(&str, &str)], secrets: &[&str]) -> Ran {
    let begun = Instant::now();
    let mut command = crate::support::program();
    command.arg("doctor").args(args).envs(env.iter().copied());
    let output = command.output().expect("the binary runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let error = String::from_utf8(output.stderr).expect("text");
    for secret in secrets {
        for piece in secret.as_bytes().windows(12) {
            let piece = std::str::from_utf8(piece).expect("ASCII");
            assert!(!text.contains(piece) && !error.contains(piece), "{piece} of a secret in: {text}\n{error}");
        }
    }
    Ran { code: output.status.code(), text, took: begun.elapsed() }
}

/// Runs the doctor in a world, with JSON output.
fn rehearse(world: &str, source: &str, env: &[(&str, &str)], secrets: &[&str]) -> Ran {
    doctor(&["--lab", world, "--entra", source, "--format", "json", "-vv"], env, secrets)
}

fn signed_in() -> [(&'static str, &'static str); 3] {
    Lab::sign_in_variables()
}

/// Returns the credential of a world's client.
fn given(world: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let lab =
        runtime.block_on(Lab::start(World::named(world).expect("a world"), SystemTime::now())).expect("it starts");
    lab.credential().expect("a credential").text.expose().to_owned()
}

/// A folder that is removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("speech-endpoint-entra-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("text")
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).expect("written");
        path.to_str().expect("text").to_owned()
    }

    /// Writes a shell script as the only program on the PATH.
    fn program(&self, name: &str, script: &str) {
        let file = self.file(name, &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a program");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Returns the output of `az account get-access-token`.
fn of_az(token: &str) -> String {
    let soon = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs() + 3599;
    json!({ "accessToken": token, "expires_on": soon, "tokenType": "Bearer" }).to_string()
}

/// Starts a server on loopback that responds to at most one request, and hands over the request.
fn identity_server(answer: Option<(u16, String)>) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/msi/token", listener.local_addr().expect("an address"));
    let (asked, heard) = mpsc::channel();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut request = vec![0; 8192];
        let length = stream.read(&mut request).expect("a request");
        drop(asked.send(String::from_utf8_lossy(&request[..length]).into_owned()));
        match answer {
            Some((status, body)) => {
                let length = body.len();
                write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
                    .expect("answered");
            }
            None => thread::sleep(Duration::from_secs(30)),
        }
    });
    (url, heard)
}

#[test]
fn a_client_secret_gets_a_token_that_the_service_accepts() {
    let ran = rehearse(WORLD, "client-secret", &signed_in(), &[signed_in()[2].1]);
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    assert!(
        ran.remark().starts_with("using an Entra token from a client secret, valid for 59 min"),
        "{}",
        ran.remark()
    );
    assert!(!ran.forms().is_empty() && ran.forms().iter().all(|(form, status)| form == "entra" && status == "passed"));
    let text = doctor(&["--lab", WORLD, "--entra", "client-secret"], &signed_in(), &[signed_in()[2].1]);
    assert!(text.text.contains("· using an Entra token from a client secret"), "{}", text.text);
}

#[test]
fn a_resource_id_enables_the_composed_form() {
    let composed = given(COMPOSED);
    let id = composed.split('#').nth(1).expect("an id");
    let args = ["--lab", COMPOSED, "--entra", "client-secret", "--format", "json", "--resource-id", id];
    let ran = doctor(&args, &signed_in(), &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    assert!(
        ran.forms().iter().all(|(form, status)| form == "entra_composed" && status == "passed"),
        "{:?}",
        ran.forms()
    );
    let plain = doctor(&args[..6], &signed_in(), &[]);
    assert_eq!(plain.code, Some(70), "{:?}", plain.forms());
    let wrong = doctor(&["--lab", COMPOSED, "--entra", "--resource-id", "contoso"], &signed_in(), &[]);
    assert_eq!(wrong.code, Some(10), "{}", wrong.text);
}

#[test]
fn a_wrong_secret_is_reported_with_its_code_and_the_run_continues() {
    let [tenant, id, _] = signed_in();
    let wrong = "wR0ng~planted-client-secret.0123456789";
    let ran = rehearse(WORLD, "client-secret", &[tenant, id, ("AZURE_CLIENT_SECRET", wrong)], &[wrong]);
    assert!(ran.remark().contains("AADSTS7000215: Invalid client secret provided"), "{}", ran.remark());
    assert!(!ran.remark().contains("Trace ID"), "{}", ran.remark());
    let report = ran.json();
    assert_eq!((ran.code, &report["root_cause"]), (Some(70), &json!("AUTH11")));
    assert!(report["credential"].is_null() && report["targets"][0]["stages"]["http"]["status"] == "passed");
    let text =
        doctor(&["--lab", WORLD, "--entra", "client-secret"], &[tenant, id, ("AZURE_CLIENT_SECRET", wrong)], &[wrong]);
    assert!(text.text.contains("× AUTH11") && text.text.contains("AADSTS7000215"), "{}", text.text);
}

#[test]
fn a_workload_identity_needs_its_file_and_variables() {
    let folder = Folder::new("workload");
    let assertion = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.c2lnbmF0dXJlLW9mLXRoZS1jbHVzdGVy";
    let [tenant, id, _] = signed_in();
    let by =
        |file: &str| rehearse(WORLD, "workload", &[tenant, id, ("AZURE_FEDERATED_TOKEN_FILE", file)], &[assertion]);
    let good = by(&folder.file("good", &format!("{assertion}\n")));
    assert!(good.code == Some(0) && good.remark().contains("from a workload identity, valid for"), "{}", good.text);
    for (file, expected) in [
        (folder.file("bad", "planted-and-no-token"), "AADSTS50027"),
        (folder.file("empty", "\n"), "the file in `AZURE_FEDERATED_TOKEN_FILE` is empty"),
        ("/nonexistent".to_owned(), "cannot read the file in `AZURE_FEDERATED_TOKEN_FILE`: No such file"),
    ] {
        assert!(by(&file).remark().contains(expected), "{}", by(&file).remark());
    }
    let without = rehearse(WORLD, "workload", &[tenant, id], &[]).remark();
    assert!(without.contains("a workload identity: `AZURE_FEDERATED_TOKEN_FILE` is not set"), "{without}");
}

#[test]
fn a_managed_identity_of_an_app_service_is_requested_with_its_header() {
    let header = "planted-identity-header-0123456789";
    let token = given(WORLD);
    let body = json!({ "access_token": token, "expires_on": "4102444800", "resource": "x", "token_type": "Bearer" });
    let (url, asked) = identity_server(Some((200, body.to_string())));
    let env = [("IDENTITY_ENDPOINT", url.as_str()), ("IDENTITY_HEADER", header)];
    let ran = rehearse(WORLD, "managed-identity", &env, &[header, &token]);
    assert!(ran.code == Some(0) && ran.remark().contains("from a managed identity, valid for"), "{}", ran.text);
    let asked = asked.recv().expect("it was asked").to_lowercase();
    assert!(asked.contains(&format!("x-identity-header: {header}")), "{asked}");
    assert!(asked.contains("resource=https%3a%2f%2fcognitiveservices.azure.com"), "{asked}");
}

/// The header is a secret of this machine. No proxy and no name server learns of the request.
#[test]
fn the_request_of_a_managed_identity_stays_on_this_machine() {
    let header = "planted-identity-header-0123456789";
    let trap = TcpListener::bind("127.0.0.1:0").expect("a port");
    trap.set_nonblocking(true).expect("a mode");
    let proxy = format!("http://{}", trap.local_addr().expect("an address"));
    let names = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
    names.set_nonblocking(true).expect("a mode");
    let server = names.local_addr().expect("an address").to_string();
    let variables = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
    for argument in [None, Some(proxy.as_str())] {
        let body = json!({ "access_token": "x", "expires_on": "4102444800", "resource": "x", "token_type": "Bearer" });
        let (url, asked) = identity_server(Some((200, body.to_string())));
        let url = url.replace("127.0.0.1", "localhost");
        let mut env = vec![("IDENTITY_ENDPOINT", url.as_str()), ("IDENTITY_HEADER", header)];
        env.extend(variables.map(|name| (name, proxy.as_str())));
        // The host needs no name server, and its own request may use the proxy.
        let mut args = vec!["--host", "ws://127.0.0.1:9", "--entra", "managed-identity", "--dns-server", &server];
        args.extend(["--timeout", "3", "--format", "json", "-vv"]);
        args.extend(argument.iter().flat_map(|proxy| ["--proxy", proxy]));
        doctor(&args, &env, &[header]);
        let asked = asked.recv_timeout(Duration::from_secs(5)).expect("it was asked").to_lowercase();
        assert!(asked.contains(&format!("x-identity-header: {header}")), "{asked}");
    }
    let mut heard = Vec::new();
    while let Ok((mut stream, _)) = trap.accept() {
        let mut request = vec![0; 4096];
        stream.set_nonblocking(false).expect("a mode");
        let length = stream.read(&mut request).unwrap_or_default();
        heard.push(String::from_utf8_lossy(&request[..length]).to_lowercase());
    }
    assert!(heard.iter().all(|request| !request.contains("identity") && !request.contains("/msi/")), "{heard:?}");
    let mut query = [0; 512];
    assert!(names.recv_from(&mut query).is_err(), "a name server was asked: {query:?}");
}

#[test]
fn an_identity_endpoint_must_be_local_and_its_response_is_not_repeated() {
    let header = "planted-identity-header-0123456789";
    let (url, _asked) = identity_server(Some((500, format!("no: {header} jdoe@contoso.example"))));
    let ran =
        rehearse(WORLD, "managed-identity", &[("IDENTITY_ENDPOINT", &url), ("IDENTITY_HEADER", header)], &[header]);
    assert!(ran.remark().contains("The request failed: no: … …"), "{}", ran.remark());
    for endpoint in ["http://collector.example/token", "http://10.0.0.4/token", "none"] {
        let env = [("IDENTITY_ENDPOINT", endpoint), ("IDENTITY_HEADER", header)];
        let ran = rehearse(WORLD, "managed-identity", &env, &[header]);
        assert!(ran.remark().contains("`IDENTITY_ENDPOINT` is not an address of this machine"), "{}", ran.remark());
    }
}

#[test]
fn programs_provide_tokens_and_their_errors_are_reported() {
    let folder = Folder::new("programs");
    let env = [("PATH", folder.path())];
    assert!(rehearse(WORLD, "cli", &env, &[]).remark().contains("the Azure CLI: `az` is not on the PATH"));
    assert!(rehearse(WORLD, "azd", &env, &[]).remark().contains("the Azure Developer CLI: `azd` is not on the PATH"));
    let token = given(WORLD);
    folder.program("az", &format!("echo \"$@\" > {}/asked\necho '{}'", folder.path(), of_az(&token)));
    let ran = rehearse(WORLD, "cli", &env, &[&token]);
    assert!(ran.code == Some(0) && ran.remark().starts_with("using an Entra token from the Azure CLI"), "{}", ran.text);
    let asked = fs::read_to_string(folder.0.join("asked")).expect("it was asked");
    assert!(asked.contains("--scope https://cognitiveservices.azure.com/.default"), "{asked}");
    folder.program("azd", &format!("echo '{}'", json!({ "token": token, "expiresOn": "2099-01-01T00:00:00Z" })));
    let ran = rehearse(WORLD, "azd", &env, &[&token]);
    assert!(ran.code == Some(0) && ran.remark().starts_with("using an Entra token from the Azure Developer CLI"));
    for (script, expected) in [
        (
            "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1".to_owned(),
            "Please run `az login` to setup account",
        ),
        (format!("echo 'ERROR: not {token} for jdoe@contoso.example' >&2; exit 1"), "not … for …"),
        (
            format!("echo '{{\"accessToken\":\"{token}\",\"expires_on\":\"{token}\",\"tokenType\":\"B\"}}'"),
            "the response is not a token",
        ),
        (format!("echo '{token}'"), "the response is not a token"),
        (format!("echo '{}'", of_az("not-a-token-at-all")), "the token it returned is unusable"),
    ] {
        folder.program("az", &script);
        let ran = rehearse(WORLD, "cli", &env, &[&token]);
        assert!(ran.code == Some(70) && ran.remark().contains(expected), "{expected}: {}", ran.remark());
    }
}

#[test]
fn the_first_working_source_is_named_with_the_failures_of_the_others() {
    let folder = Folder::new("chain");
    let token = given(WORLD);
    folder.program("az", "echo 'ERROR: broken' >&2; exit 1");
    folder.program("azd", &format!("echo '{}'", json!({ "token": token, "expiresOn": "2099-01-01T00:00:00Z" })));
    let (url, _asked) = identity_server(Some((400, String::new())));
    let env = [("PATH", folder.path()), ("IDENTITY_ENDPOINT", &url), ("IDENTITY_HEADER", "x")];
    let ran = doctor(&[&OUTSIDE[..], &["--entra", "--timeout", "8", "--format", "json"]].concat(), &env, &[&token]);
    let remark = ran.remark();
    let mut last = 0;
    for part in [
        "using an Entra token from the Azure Developer CLI",
        "not from a client secret: `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET` are not set",
        "a workload identity: `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_FEDERATED_TOKEN_FILE` are not set",
        "a managed identity: The requested identity has not been assigned to this resource",
        "the Azure CLI: broken",
    ] {
        let at = remark.find(part).unwrap_or_else(|| panic!("{part}: {remark}"));
        assert!(at >= last, "{part} comes too early: {remark}");
        last = at;
    }
}

#[test]
fn without_any_source_all_are_listed_and_no_request_leaves_the_lab() {
    let folder = Folder::new("none");
    folder.program("az", &format!("touch {}/asked", folder.path()));
    let ran = rehearse(WORLD, "auto", &[("PATH", folder.path())], &[]);
    for part in [
        "a client secret: `AZURE_TENANT_ID`",
        "a workload identity: `AZURE_TENANT_ID`",
        "a managed identity: 169.254.169.254 does not exist in this network",
        "the Azure CLI: tried only if selected by name",
        "the Azure Developer CLI: tried only if selected by name",
        "sign in with `az login`, or provide a token with `--token-env` or `--token-file`",
    ] {
        assert!(ran.remark().contains(part), "{part}: {}", ran.remark());
    }
    assert_eq!(ran.code, Some(70));
    assert!(!folder.0.join("asked").exists(), "a program was asked");
}

/// Returns whether a process is running; a zombie is not.
fn is_running(pid: &str) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z')
}

#[test]
fn a_program_that_hangs_is_killed_at_the_time_limit() {
    let folder = Folder::new("hangs");
    folder.program(
        "az",
        &format!("echo $$ > {}/pid\n/bin/sleep 600 &\necho $! > {}/child\nwait", folder.path(), folder.path()),
    );
    let ran = doctor(
        &[&OUTSIDE[..], &["--entra", "cli", "--timeout", "2", "--format", "json"]].concat(),
        &[("PATH", folder.path())],
        &[],
    );
    assert!(ran.remark().contains("the Azure CLI: no response within 1.5 s"), "{}", ran.remark());
    assert!(ran.took < Duration::from_secs(4), "{:?}", ran.took);
    thread::sleep(Duration::from_millis(200));
    for file in ["pid", "child"] {
        let pid = fs::read_to_string(folder.0.join(file)).expect("it ran");
        assert!(!is_running(pid.trim()), "{file} {pid} still runs");
    }
}

#[test]
fn a_silent_identity_endpoint_does_not_delay_the_run() {
    let (url, _asked) = identity_server(None);
    let env = [("IDENTITY_ENDPOINT", url.as_str()), ("IDENTITY_HEADER", "x")];
    let args = [&OUTSIDE[..], &["--entra", "managed-identity", "--format", "json"]].concat();
    let ran = doctor(&args, &env, &[]);
    assert!(ran.remark().contains("a managed identity: no response within 2.0 s"), "{}", ran.remark());
    assert!(ran.took < Duration::from_secs(6), "{:?}", ran.took);
    let ran = doctor(&[&args[..], &["--timeout", "0.4"]].concat(), &env, &[]);
    assert!(ran.remark().contains("no response within 0.3 s") && ran.took < Duration::from_secs(3), "{}", ran.remark());
}

#[test]
fn an_unreachable_authority_is_diagnosed_by_its_own_stages() {
    let env = signed_in();
    let args = [&OUTSIDE[..], &["--entra", "client-secret", "--timeout", "3", "--format", "json"]].concat();
    let ran = doctor(&args, &env, &[env[2].1]);
    assert!(ran.remark().contains("a client secret: no connection"), "{}", ran.remark());
    let report = ran.json();
    let ids: Vec<&str> =
        report["findings"].as_array().expect("findings").iter().filter_map(|finding| finding["id"].as_str()).collect();
    assert!(!ids.contains(&"AUTH11") && !ids.is_empty(), "{ids:?}");
}

#[test]
fn the_plan_fetches_no_token() {
    let folder = Folder::new("plan");
    folder.program("az", &format!("touch {}/asked", folder.path()));
    for resource in [&["--region", "westeurope"][..], &["--lab", WORLD]] {
        let ran = doctor(&[resource, &["--entra", "cli", "--plan"]].concat(), &[("PATH", folder.path())], &[]);
        assert!(ran.code == Some(0) && ran.text.contains("https://login.microsoftonline.com/"), "{}", ran.text);
        assert!(ran.text.contains("20 s total") || resource[0] == "--lab", "{}", ran.text);
    }
    assert!(!folder.0.join("asked").exists(), "a program was asked");
}

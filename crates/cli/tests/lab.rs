//! `lab` for clients in any language: what it prints, what it writes, where it listens, and how it ends.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "a test may look at the clock")]

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

mod support;

use support::{Folder, program, text};

const KEY: &str = "1aB2cD3eF4gH5iJ6kL7mN8oP9qR1sT2uV3wX4yZ5aB6cD7eF8gH9JQQJ99BKACYeBjFXJ3w3AAAYACOG7xKq";

/// A running lab. It ends with its owner.
struct Lab {
    child: Child,
    ready: String,
}

impl Lab {
    fn start(folder: &Folder, args: &[&str]) -> Self {
        let ready = folder.path("lab.env");
        let mut command = program();
        command.arg("lab").args(args).args(["--ready-file", &ready]).env("TMPDIR", folder.itself());
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut lab = Self { child: child.expect("it starts"), ready };
        let begun = Instant::now();
        while !fs::exists(&lab.ready).expect("a folder") {
            let has_ended = lab.child.try_wait().expect("a status").is_some();
            assert!(!has_ended && begun.elapsed() < Duration::from_secs(20), "it is not ready");
            sleep(Duration::from_millis(5));
        }
        lab
    }

    /// Returns the environment of a client.
    fn environment(&self) -> BTreeMap<String, String> {
        let content = fs::read_to_string(&self.ready).expect("the file is whole");
        let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        content.lines().map(|line| pair(line).expect(line)).collect()
    }

    /// Runs a command of a shell in the environment of a client.
    fn shell(&self, script: &str) -> Output {
        let script = format!("set -a; . {}; set +a; {script}", self.ready);
        Command::new("sh").args(["-c", &script]).env_clear().env("PATH", env!("PATH")).output().expect("a shell runs")
    }

    /// Ends the lab with a signal, and returns its output.
    fn end(mut self, signal: &str) -> (Option<i32>, String, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().expect("kill runs").success());
        let begun = Instant::now();
        while self.child.try_wait().expect("a status").is_none() {
            assert!(begun.elapsed() < Duration::from_secs(5), "{signal} does not end it");
            sleep(Duration::from_millis(5));
        }
        let (mut out, mut err) = (String::new(), String::new());
        self.child.stdout.take().expect("a pipe").read_to_string(&mut out).expect("text");
        self.child.stderr.take().expect("a pipe").read_to_string(&mut err).expect("text");
        (self.child.wait().expect("a status").code(), out, err)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(args: &[&str], input: &str) -> Output {
    let args: Vec<&str> = std::iter::once("lab").chain(args.iter().copied()).collect();
    support::fed(&args, input.as_bytes())
}

/// The addresses at which a process listens, from the tables of the kernel, as they are written there.
fn listeners(child: &Child) -> Vec<String> {
    let id = child.id();
    let own: HashSet<String> = fs::read_dir(format!("/proc/{id}/fd"))
        .expect("descriptors")
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let mut found = Vec::new();
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let lines = fs::read_to_string(format!("/proc/{id}/net/{table}")).unwrap_or_default();
        for line in lines.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let is_listening = fields[3] == "0A" || table.starts_with("udp");
            if is_listening && own.contains(fields[9]) {
                found.push(format!("{table} {}", fields[1]));
            }
        }
    }
    found
}

#[test]
fn a_lab_says_first_that_it_listens_on_loopback_only_and_does() {
    for world in ["healthy-regional", "healthy-private-endpoint", "healthy-ipv6", "healthy-container", "PXY03", "DNS03"]
    {
        let folder = Folder::new();
        let lab = Lab::start(&folder, &[world]);
        let found = listeners(&lab.child);
        assert!(found.len() >= 5, "{world}: {found:?}");
        for place in &found {
            assert!(place.contains(" 0100007F:"), "{world}: {place} is not on 127.0.0.1");
        }
        let (_, out, _) = lab.end("TERM");
        assert_eq!(out.lines().next(), Some(format!("{world}, on loopback only (127.0.0.1)").as_str()));
    }
}

#[test]
fn a_signal_ends_a_lab_cleanly_and_its_files_with_it() {
    for signal in ["TERM", "INT"] {
        let folder = Folder::new();
        let lab = Lab::start(&folder, &["healthy-regional"]);
        assert_eq!(folder.names().len(), 2, "{:?}", folder.names());
        let (code, _, err) = lab.end(signal);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{signal}");
        assert!(folder.names().is_empty(), "{signal} leaves {:?}", folder.names());
    }
}

#[test]
fn an_unmodified_client_works_in_the_environment_of_a_lab() {
    let folder = Folder::new();
    let lab = Lab::start(&folder, &["healthy-regional"]);
    // This program stands for a client: it resolves no name, trusts no lab, and reads these variables alone.
    let output = lab.shell(&format!("{} doctor --format short", env!("CARGO_BIN_EXE_speech-endpoint")));
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    let curl = "curl -sS -o /dev/null -w '%{http_code} ' -H \"Ocp-Apim-Subscription-Key: $SPEECH_KEY\" \
        https://$SPEECH_REGION.tts.speech.microsoft.com/cognitiveservices/voices/list && curl -sS $SPEECH_LAB_CONTROL/health";
    if Command::new("curl").arg("--version").output().is_ok() {
        let output = lab.shell(curl);
        assert_eq!(text(&output.stdout), "200 {\"status\":\"ok\"}", "{}", text(&output.stderr));
    }
    // Without the root of the lab, TLS fails.
    let output =
        lab.shell(&format!("SSL_CERT_FILE=/dev/null {} doctor --format short", env!("CARGO_BIN_EXE_speech-endpoint")));
    assert_eq!(output.status.code(), Some(50), "{}", text(&output.stdout));
}

#[test]
fn a_client_in_a_broken_world_meets_its_fault() {
    for (world, code) in [("AUTH01-foreign-key", 70), ("healthy-container", 0)] {
        let folder = Folder::new();
        let lab = Lab::start(&folder, &[world]);
        let resource = if world == "healthy-container" { "--host $SPEECH_HOST --proxy $HTTPS_PROXY" } else { "" };
        let program = env!("CARGO_BIN_EXE_speech-endpoint");
        let output = lab.shell(&format!("{program} doctor {resource} --timeout 10 --format short"));
        assert_eq!(output.status.code(), Some(code), "{world}: {}{}", text(&output.stdout), text(&output.stderr));
    }
}

#[test]
fn the_environment_is_the_same_on_standard_output_and_in_the_file() {
    let folder = Folder::new();
    let lab = Lab::start(&folder, &["healthy-private-endpoint", "--env"]);
    let (content, environment) = (fs::read_to_string(&lab.ready).expect("the file"), lab.environment());
    for name in ["HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"] {
        assert!(environment.contains_key(name), "{name}");
    }
    assert_eq!(environment["SPEECH_ENDPOINT"], "https://contoso.cognitiveservices.azure.com/");
    assert_eq!(environment["SPEECH_KEY"], KEY);
    assert_eq!(environment["HTTPS_PROXY"], format!("http://127.0.0.1:{}", environment["SPEECH_PROXY_PORT"]));
    let roots = fs::read_to_string(&environment["SSL_CERT_FILE"]).expect("the roots");
    assert_eq!(roots.matches("BEGIN CERTIFICATE").count(), 1);
    let (_, out, _) = lab.end("TERM");
    assert_eq!(out, content);
}

#[test]
fn every_language_has_lines_that_fit_a_terminal() {
    for (world, expected) in [
        (
            "healthy-regional",
            "config = speechsdk.SpeechConfig(\n    region=\"westeurope\",\n    subscription=os.environ[\"SPEECH_KEY\"])\nconfig.set_proxy(\"127.0.0.1\", 4",
        ),
        (
            "healthy-container",
            "config = speechsdk.SpeechConfig(\n    host=\"ws://localhost:5000\")\nconfig.set_proxy(\"127.0.0.1\", 4",
        ),
    ] {
        let folder = Folder::new();
        let port = free_port();
        let (_, out, _) = Lab::start(&folder, &[world, "--for", "python", "--port", &port.to_string()]).end("TERM");
        assert_eq!(out, format!("{}{port})\n", expected.strip_suffix('4').expect("the port")));
    }
    for world in
        ["healthy-regional", "healthy-us-government", "healthy-entra-private-endpoint", "healthy-openai", "CFG02"]
    {
        let folder = Folder::new();
        let (_, out, _) = Lab::start(&folder, &[world]).end("TERM");
        for line in out.lines().filter(|line| !line.contains(&folder.itself())) {
            assert!(line.chars().count() <= 80, "{world}: {line}");
        }
        let has_sdk = world != "healthy-openai";
        for title in ["Python", "JavaScript", "C#", "Java", "Go", "Rust"] {
            assert_eq!(out.lines().any(|line| line.starts_with(&format!("{title} "))), has_sdk, "{world}: {title}");
        }
        assert!(!out.contains(KEY), "a program reads the key from its environment");
    }
    let output = run(&["healthy-regional", "--for", "cobol"], "");
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""));
    assert!(text(&output.stderr).contains("expected python, javascript, csharp, java, go or rust"));
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}

#[test]
fn ports_can_be_fixed_and_a_taken_port_is_an_error() {
    let folder = Folder::new();
    let (port, control) = (free_port().to_string(), free_port().to_string());
    let lab = Lab::start(&folder, &["healthy-regional", "--port", &port, "--control-port", &control]);
    let environment = lab.environment();
    assert_eq!(environment["SPEECH_PROXY_PORT"], port);
    assert_eq!(environment["SPEECH_LAB_CONTROL"], format!("http://127.0.0.1:{control}"));
    let output = run(&["healthy-regional", "--port", &port], "");
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(1), ""));
    let error = format!("error: cannot listen on loopback: 127.0.0.1:{port}: ");
    assert!(text(&output.stderr).starts_with(&error), "{}", text(&output.stderr));
}

#[test]
fn a_folder_gets_every_root_that_clients_trust() {
    for (world, roots) in [("healthy-regional", 1), ("healthy-inspection-trusted", 2), ("TLS02-no-roots", 0)] {
        let folder = Folder::new();
        let lab = Lab::start(&folder, &[world, "--write", &folder.path("client")]);
        let read = |name: &str| fs::read_to_string(folder.path("client/") + name).unwrap_or_default();
        assert_eq!(read("root.pem").matches("BEGIN CERTIFICATE").count(), 1, "{world}");
        assert_eq!(read("roots.pem").matches("BEGIN CERTIFICATE").count(), roots, "{world}");
        assert_eq!(!read("company.pem").is_empty(), roots == 2, "{world}");
        let listeners = read("listeners");
        assert!(listeners.contains(" forward proxy\n") && listeners.contains(" control API\n"), "{listeners}");
        assert_eq!(lab.environment()["SSL_CERT_FILE"], folder.path("client/roots.pem"), "{world}");
    }
}

#[test]
fn the_log_has_a_line_for_each_request_and_no_credential() {
    let folder = Folder::new();
    let lab = Lab::start(&folder, &["healthy-regional", "-v"]);
    let real = format!("{}JQQJ99REALkeyOFaCUSTOMERxxxxxxxxxx", "Zz9k".repeat(13));
    let program = env!("CARGO_BIN_EXE_speech-endpoint");
    for key in [KEY, &real] {
        lab.shell(&format!("SPEECH_KEY={key} {program} doctor --service voices --format short"));
    }
    let (code, out, err) = lab.end("TERM");
    let requests: Vec<&str> = err.lines().filter(|line| line.contains("/cognitiveservices/voices/list")).collect();
    assert!(requests.iter().any(|line| line.ends_with(" 200, key")), "{err}");
    assert!(requests.iter().any(|line| line.ends_with(" 401, key")), "{err}");
    assert!(err.lines().any(|line| line.contains("Z connection to 20.61.99.1")), "{err}");
    assert!(!(out + &err).contains(&real) && !err.contains(KEY), "{err}");
    assert_eq!(code, Some(0));
}

const WORLD: &str = "\
title = \"A key of another resource\"
[resource]
region = \"westeurope\"
[credential]
kind = \"foreign-key\"
[expect]
findings = [\"AUTH01\"]
root-cause = \"AUTH01\"
verdict = \"unreachable\"
exit-code = 70
";

#[test]
fn a_world_can_be_a_file_or_standard_input() {
    let folder = Folder::new();
    let file = folder.path("my-world.toml");
    fs::write(&file, WORLD).expect("written");
    let (code, out, _) = Lab::start(&folder, &[&file]).end("TERM");
    assert_eq!(code, Some(0));
    assert_eq!(out.lines().nth(1), Some("A key of another resource"));
    let output = support::doctor(&["--lab", &file, "--format", "short"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(70), "{}", text(&output.stdout));
}

#[test]
fn a_mistake_in_a_world_is_named_with_its_line() {
    let folder = Folder::new();
    let file = folder.path("my-world.toml");
    let kinds = WORLD.replace("foreign-key", "foreign");
    let name = format!("`{file}` is not a world: line 5: `credential.kind`: ");
    for (content, expected) in [
        (kinds.as_str(), name.as_str()),
        ("title = \"x\"\n[resource\n", "line 2: "),
        (&WORLD.replace("region", "regoin"), "unknown field `regoin`, expected one of `region`, `custom-domain`"),
    ] {
        fs::write(&file, content).expect("written");
        for output in
            [run(&[&file], ""), run(&["-"], content), support::doctor(&["--lab", &file]).output().expect("it runs")]
        {
            let error = text(&output.stderr).replace("standard input is", &format!("`{file}` is"));
            assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{error}");
            assert!(error.contains(expected) && error.lines().count() == 1, "{error}");
        }
    }
    let missing = run(&["missing.toml"], "");
    assert_eq!(missing.status.code(), Some(2));
    assert!(text(&missing.stderr).contains("cannot read `missing.toml`"), "{}", text(&missing.stderr));
    let large = run(&["-"], &"#".repeat((4 << 20) + 1));
    assert!(text(&large.stderr).contains("larger than 4194304 bytes"), "{}", text(&large.stderr));
}

#[test]
fn the_page_of_the_lab_names_every_variable_and_every_call() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/");
    let page = fs::read_to_string(format!("{root}lab.md")).expect("the page");
    let folder = Folder::new();
    for world in ["healthy-container", "AUTH01-second-key-accepted", "healthy-issued-token", "healthy-private-endpoint"]
    {
        for name in Lab::start(&folder, &[world]).environment().keys() {
            assert!(page.contains(&format!("`{name}`")), "{name}");
        }
    }
    let document = fs::read_to_string(format!("{root}lab-api.json")).expect("the document");
    let document: serde_json::Value = serde_json::from_str(&document).expect("JSON");
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("methods").keys() {
            let call = format!("`{} {}`", method.to_uppercase(), path.replace("{number}", "1"));
            assert!(page.contains(&call), "{call}");
        }
    }
}

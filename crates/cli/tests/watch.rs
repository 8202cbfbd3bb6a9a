//! `doctor --watch`: state changes in text and as JSON lines, the endpoint for metrics, and the end of a watch. Worlds change while
//! they are watched, because a world that is a file is started again when the file changes.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test may look at the clock")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use speech_endpoint_lab::World;

mod schema;
mod support;

use support::{Folder, doctor, is_ignored, text};

/// A running watch, and the lines of its output.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(args: &[&str]) -> Self {
        let mut child = doctor(&[&["--watch"], args].concat()).spawn().expect("the binary starts");
        let lines = lines_of(child.stdout.take().expect("a pipe"));
        Self { child, lines }
    }

    /// The next line. It comes within a time that a busy machine needs too.
    fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line")
    }

    fn json(&self) -> Value {
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Sends a signal, and returns how the watch ended, the time until then, and its last lines.
    fn stop(mut self, signal: &str) -> (ExitStatus, Duration, Vec<String>) {
        let (begun, pid) = (Instant::now(), self.child.id().to_string());
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill runs").success());
        let status = self.child.wait().expect("it ends");
        let took = begun.elapsed();
        (status, took, self.lines.iter().collect())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines_of(stdout: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        BufReader::new(stdout).lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
    });
    receiver
}

/// A world in a file, which a test replaces.
struct WorldFile(Folder);

impl WorldFile {
    fn new(world: &str) -> Self {
        let file = Self(Folder::new());
        file.becomes(world);
        file
    }

    fn path(&self) -> String {
        self.0.path("world.toml")
    }

    /// Replaces the world by another one, at once.
    fn becomes(&self, world: &str) {
        let (_, toml) = World::all().find(|(name, _)| *name == world).expect("a world");
        self.holds(toml);
    }

    fn holds(&self, toml: &str) {
        let draft = self.0.path("draft");
        fs::write(&draft, toml).expect("written");
        fs::rename(draft, self.path()).expect("renamed");
    }
}

/// The line without its time.
fn undated(line: &str) -> &str {
    let (time, text) = line.split_once("  ").expect("a time");
    assert_eq!((time.len(), time.ends_with('Z')), (20, true), "{line}");
    text
}

const PATIENCE: Duration = Duration::from_secs(60);

const HEALTHY: &str = "healthy-regional";

#[test]
fn text_has_a_dated_line_for_each_change_and_none_without_one() {
    let world = WorldFile::new(HEALTHY);
    let watch = Watch::start(&["--lab", &world.path(), "--every", "0.05"]);
    assert!(undated(&watch.line()).starts_with("healthy · 2 services · "));
    // Runs without a change leave no line.
    thread::sleep(Duration::from_millis(500));
    world.becomes("AUTH01-foreign-key");
    let line = watch.line();
    let (service, rest) = undated(&line).split_once(' ').expect("a service");
    assert_eq!(service, "speech-to-text", "{line}");
    assert!(rest.starts_with("fails at auth: AUTH01 the key is not valid for this host"), "{line}");
    assert!(undated(&watch.line()).starts_with("text-to-speech-websocket fails at auth: AUTH01"));
    let whole = watch.line();
    let expected =
        "the result is unreachable, and was healthy; the root cause is AUTH01 the key is not valid for this host";
    assert_eq!(undated(&whole), expected);

    world.becomes("TCP02-refused");
    let line = watch.line();
    assert!(undated(&line).starts_with("speech-to-text still fails, now at tcp: TCP02 "), "{line}");
    assert!(line.contains("; the finding AUTH01 is gone"), "{line}");
    assert!(undated(&watch.line()).starts_with("text-to-speech-websocket still fails"));
    assert!(undated(&watch.line()).ends_with(", and was AUTH01"));

    world.becomes(HEALTHY);
    let line = watch.line();
    assert!(undated(&line).starts_with("speech-to-text works again after "), "{line}");
    watch.line();
    assert_eq!(undated(&watch.line()), "the result is healthy, and was unreachable; the root cause TCP02 is gone");
    let (status, took, lines) = watch.stop("-TERM");
    assert_eq!((status.code(), lines.len()), (Some(0), 1), "{lines:?}");
    assert!(undated(&lines[0]).starts_with("stopped after ") && lines[0].ends_with(" runs: healthy"), "{lines:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn json_lines_match_their_schema_and_name_a_service_once_for_each_run() {
    let schema: Value = serde_json::from_str(include_str!("../schema/watch.schema.json")).expect("JSON");
    let world = WorldFile::new(HEALTHY);
    let watch = Watch::start(&["--lab", &world.path(), "--every", "0.02", "--format", "json"]);
    let mut lines = vec![watch.json()];
    for number in 0..6 {
        world.becomes(if number % 2 == 0 { "TCP02-refused" } else { HEALTHY });
        // Both services and the whole.
        lines.extend((0..3).map(|_| watch.json()));
    }
    fs::remove_file(world.path()).expect("it was there");
    lines.push(watch.json());
    world.becomes(HEALTHY);
    lines.push(watch.json());
    let (status, _, rest) = watch.stop("-INT");
    lines.extend(rest.iter().map(|line| serde_json::from_str::<Value>(line).expect("JSON")));
    assert_eq!(status.code(), Some(0));

    let mut seen = BTreeSet::new();
    for line in &lines {
        let faults = schema::faults(&schema, line);
        assert!(faults.is_empty(), "{line}\n{}", faults.join("\n"));
        let key = (line["run"].as_u64(), line["kind"].to_string(), line["service"].to_string());
        assert!(seen.insert(key), "twice: {line}");
    }
    let kinds: BTreeSet<&str> = lines.iter().filter_map(|line| line["kind"].as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["failed", "first", "recovered", "result", "service", "stopped"]));
    let down = &lines[1];
    assert_eq!(
        (&down["status"], &down["status_before"], &down["stage"]),
        (&"down".into(), &"up".into(), &"tcp".into())
    );
    assert_eq!((&down["cause"], &down["appeared"][0]), (&"TCP02".into(), &"TCP02".into()));
    let up = lines.iter().find(|line| line["down_for_s"].is_u64()).expect("a service that is up again");
    assert_eq!((&up["status"], &up["gone"][0]), (&"up".into(), &"TCP02".into()));

    // The schema is strict enough to find a fault.
    let mut broken = down.clone();
    broken["status"] = "broken".into();
    assert!(!schema::faults(&schema, &broken).is_empty());
}

#[test]
fn another_address_and_another_certificate_are_changes() {
    let world = WorldFile::new("healthy-private-endpoint");
    let watch = Watch::start(&["--lab", &world.path(), "--every", "0.05", "--format", "json"]);
    let first = watch.json();
    // The same world again has the same address and a new certificate.
    let (_, same) = World::all().find(|(name, _)| *name == "healthy-private-endpoint").expect("a world");
    world.holds(&format!("{same}\n"));
    let change = watch.json();
    assert_eq!((&change["kind"], &change["is_new_certificate"]), (&"service".into(), &true.into()));
    assert_eq!((&change["status"], &change["status_before"]), (&"up".into(), &"up".into()));
    assert_eq!(change["new_addresses"].as_array().map(Vec::len), Some(0));
    assert_ne!(change["certificate"]["sha256"], first["services"][0]["certificate"]["sha256"]);
    watch.json();
    let record = "[dns]\n\"contoso.privatelink.cognitiveservices.azure.com\" = [\"A 10.1.0.99\"]\n";
    world.holds(&format!("{same}\n{record}"));
    assert_eq!(watch.json()["new_addresses"], serde_json::json!(["10.1.0.99"]));
    // The name had this address before.
    watch.json();
    world.holds(&format!("{same}\n\n"));
    let back = watch.json();
    assert_eq!(
        (&back["addresses"], &back["new_addresses"]),
        (&serde_json::json!(["10.1.0.4"]), &serde_json::json!([]))
    );
}

#[test]
fn a_signal_ends_a_run_and_a_pause_within_a_second() {
    if is_ignored(2) {
        return;
    }
    // Packets to this world are dropped, so that a run takes until its time limit.
    let watch = Watch::start(&["--lab", "TCP01-public-dropped", "--timeout", "30"]);
    thread::sleep(Duration::from_millis(700));
    let (status, took, lines) = watch.stop("-INT");
    assert_eq!((status.code(), lines.len()), (Some(1), 0), "{lines:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
    for (signal, world, code) in
        [("-INT", "AUTH01-foreign-key", 70), ("-TERM", HEALTHY, 0), ("-TERM", "TCP02-refused", 30)]
    {
        let watch = Watch::start(&["--lab", world]);
        watch.line();
        thread::sleep(Duration::from_millis(200));
        let (status, took, lines) = watch.stop(signal);
        assert_eq!(status.code(), Some(code), "{world}: {lines:?}");
        assert!(lines.last().is_some_and(|line| undated(line).starts_with("stopped after 1 run")), "{lines:?}");
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
}

#[test]
fn a_watch_ends_when_its_reader_is_gone_and_when_it_takes_nothing() {
    let world = WorldFile::new(HEALTHY);
    let mut child = doctor(&["--watch", "--lab", &world.path(), "--every", "0.02"]).spawn().expect("it starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    // The reader is dropped. The next change has nobody who reads it.
    world.becomes("TCP02-refused");
    let begun = Instant::now();
    while child.try_wait().expect("it runs or has ended").is_none() {
        assert!(begun.elapsed() < PATIENCE, "it goes on without a reader");
        thread::sleep(Duration::from_millis(20));
    }

    // A pipe that is full: the watch waits for its reader, and a signal ends it.
    let (reader, writer) = full_pipe();
    let mut command = doctor(&["--watch", "--lab", HEALTHY, "--every", "0.02"]);
    let child = command.stdout(writer).spawn().expect("it starts");
    thread::sleep(Duration::from_millis(1500));
    let (output, took) = support::interrupted(child);
    drop(reader);
    assert!(output.status.code().is_some() || is_ignored(2), "{output:?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

/// Returns a pipe whose buffer is full.
fn full_pipe() -> (std::io::PipeReader, std::io::PipeWriter) {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut filler = writer.try_clone().expect("a copy");
    let (sender, receiver) = channel();
    // The write that does not fit waits until the test has ended.
    thread::spawn(move || while filler.write_all(&[b'\n'; 4096]).is_ok() && sender.send(()).is_ok() {});
    while receiver.recv_timeout(Duration::from_millis(200)).is_ok() {}
    (reader, writer)
}

/// A watch with an endpoint for metrics.
fn with_metrics(args: &[&str]) -> (Watch, String) {
    let mut watch = Watch::start(&[args, &["--metrics", "127.0.0.1:0"]].concat());
    let mut note = String::new();
    BufReader::new(watch.child.stderr.take().expect("a pipe")).read_line(&mut note).expect("a line");
    let address = note.trim().strip_prefix("note: metrics at http://").and_then(|rest| rest.strip_suffix("/metrics"));
    (watch, address.unwrap_or_else(|| panic!("{note}")).to_owned())
}

/// Sends a request, and returns the response.
fn exchange(address: &str, head: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    stream.write_all(head.as_bytes()).expect("sent");
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response);
    text(&response)
}

fn get(address: &str, path: &str) -> String {
    exchange(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n"))
}

#[test]
fn metrics_follow_the_runs() {
    let world = WorldFile::new(HEALTHY);
    let (watch, address) = with_metrics(&["--lab", &world.path(), "--every", "0.05"]);
    watch.line();
    let metrics = get(&address, "/metrics");
    assert!(
        metrics.starts_with("HTTP/1.1 200 ") && metrics.contains("content-type: text/plain; version=0.0.4"),
        "{metrics}"
    );
    for (name, value) in [
        ("speech_endpoint_up{service=\"speech-to-text\",host=\"westeurope.stt.speech.microsoft.com\"}", "1"),
        ("speech_endpoint_state_changes_total{service=\"speech-to-text\"}", "0"),
        ("speech_endpoint_failed_runs_total", "0"),
    ] {
        assert!(metrics.contains(&format!("\n{name} {value}\n")), "{name}: {metrics}");
    }
    world.becomes("TCP02-refused");
    watch.line();
    let metrics = get(&address, "/metrics");
    assert!(
        metrics
            .contains("speech_endpoint_up{service=\"speech-to-text\",host=\"westeurope.stt.speech.microsoft.com\"} 0")
    );
    assert!(metrics.contains("\nspeech_endpoint_state_changes_total{service=\"speech-to-text\"} 1\n"), "{metrics}");
    assert!(get(&address, "/healthz").starts_with("HTTP/1.1 200 "));
}

#[test]
fn the_endpoint_refuses_other_requests_and_outlasts_slow_clients() {
    let (watch, address) = with_metrics(&["--lab", HEALTHY, "--every", "0.05"]);
    watch.line();
    for (head, status) in [
        ("GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n", "403"),
        ("GET /metrics HTTP/1.1\r\n\r\n", "4"),
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", "200"),
        ("POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", "405"),
        ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "404"),
        ("GET /metrics/../healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "404"),
        ("nonsense\r\n\r\n", "400"),
    ] {
        let response = exchange(&address, head);
        assert!(response.starts_with(&format!("HTTP/1.1 {status}")), "{head}: {response}");
    }
    let long =
        exchange(&address, &format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(100_000)));
    assert!(!long.starts_with("HTTP/1.1 200"), "{long}");
    // Clients that send nothing take every place, until their time is up.
    let silent: Vec<TcpStream> = (0..40).filter_map(|_| TcpStream::connect(&address).ok()).collect();
    assert!(get(&address, "/metrics").starts_with("HTTP/1.1 200 "));
    drop(silent);
}

#[test]
fn a_port_that_is_taken_is_one_line_and_exit_code_1() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let output = doctor(&["--watch", "--lab", HEALTHY, "--metrics", &address]).output().expect("it runs");
    let error = text(&output.stderr);
    assert_eq!((output.status.code(), error.lines().count()), (Some(1), 1), "{error}");
    assert!(error.starts_with(&format!("error: cannot listen on {address} for `--metrics`: ")), "{error}");
}

#[test]
fn a_watch_of_an_invalid_resource_ends_after_its_first_run() {
    let output = doctor(&["--watch", "--lab", "CFG01"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(10), "{}", text(&output.stdout));
    let output = doctor(&["--watch", "--region", "en-US", "--format", "json"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(10));
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(document["errors"][0]["code"], "CFG01");
}

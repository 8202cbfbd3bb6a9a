//! Files and signals: what `--save` and `--output` write, what they leave alone, and how a run that waits for a reader ends.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test may look at the clock")]

use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

mod support;

use support::{Folder, hangup_is_ignored, program};

fn mode(path: &str) -> u32 {
    fs::symlink_metadata(path).expect("a file").permissions().mode() & 0o777
}

fn fifo(path: &str) {
    let made = Command::new("mkfifo").args(["-m", "666", path]).status().expect("mkfifo runs");
    assert!(made.success());
}

/// Runs the doctor in a healthy world.
fn run(args: &[&str]) -> Output {
    let world = ["doctor", "--lab", "healthy-regional", "--format", "short"];
    program().args(world).args(args).stdin(Stdio::null()).output().expect("it runs")
}

#[test]
fn a_device_or_a_pipe_keeps_its_mode() {
    let folder = Folder::new();
    let (pipe, before) = (folder.path("pipe"), mode("/dev/null"));
    fifo(&pipe);
    let reader = Command::new("cat").arg(&pipe).stdout(Stdio::piped()).spawn().expect("cat runs");
    assert_eq!(run(&["--save", &pipe]).status.code(), Some(0));
    let read = reader.wait_with_output().expect("it ends").stdout;
    assert!(String::from_utf8_lossy(&read).contains("\"schema_version\""));
    assert_eq!(mode(&pipe), 0o666);
    for argument in ["--save", "--output"] {
        assert_eq!(run(&[argument, "/dev/null"]).status.code(), Some(0));
        assert_eq!(mode("/dev/null"), before, "{argument}");
    }
}

#[test]
fn evidence_is_readable_by_its_owner_alone_and_a_report_keeps_the_mode_of_the_file() {
    let folder = Folder::new();
    let (evidence, report) = (folder.path("evidence.json"), folder.path("report.txt"));
    for path in [&evidence, &report] {
        fs::write(path, "old").expect("written");
        fs::set_permissions(path, fs::Permissions::from_mode(0o664)).expect("a mode");
    }
    assert_eq!(run(&["--save", &evidence, "--output", &report]).status.code(), Some(0));
    assert_eq!((mode(&evidence), mode(&report)), (0o600, 0o664));
    assert_eq!(folder.names(), ["evidence.json", "report.txt"]);
}

#[test]
fn a_descriptor_of_the_process_is_written_behind_what_it_holds() {
    let folder = Folder::new();
    let path = folder.path("out.txt");
    fs::write(&path, "before\n").expect("written");
    let file = fs::OpenOptions::new().append(true).open(&path).expect("a file");
    let args = ["doctor", "--lab", "healthy-regional", "--format", "short", "--save", "/dev/stdout"];
    let ended = program().args(args).stdout(file).status().expect("it runs");
    let written = fs::read_to_string(&path).expect("text");
    assert!(ended.success() && written.starts_with("before\n") && written.contains("\"schema_version\""), "{written}");
    assert!(fs::symlink_metadata("/dev/stdout").expect("a link").is_symlink(), "the link is not replaced");
}

#[test]
fn a_symbolic_link_is_replaced_and_not_followed() {
    let folder = Folder::new();
    for argument in ["--save", "--output"] {
        let (target, link) = (folder.path(&format!("target{argument}")), folder.path(&format!("link{argument}")));
        fs::write(&target, "of somebody else").expect("written");
        symlink(&target, &link).expect("a link");
        assert_eq!(run(&[argument, &link]).status.code(), Some(0));
        assert_eq!(fs::read_to_string(&target).expect("text"), "of somebody else", "{argument}");
        assert!(fs::symlink_metadata(&link).expect("a file").is_file(), "{argument}");
    }
}

#[test]
fn a_full_disk_leaves_the_old_content() {
    let folder = Folder::new();
    for argument in ["--save", "--output"] {
        let path = folder.path("kept");
        fs::write(&path, "old").expect("written");
        // One block of 512 bytes, and an error in place of the signal.
        let script = format!(
            "trap '' XFSZ; ulimit -f 1; exec {} doctor --lab healthy-regional --format json {argument} {path}",
            env!("CARGO_BIN_EXE_speech-endpoint")
        );
        let output = Command::new("sh").args(["-c", &script]).env_clear().output().expect("it runs");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains("cannot write") && error.lines().count() == 1, "{error}");
        assert_eq!(fs::read_to_string(&path).expect("text"), "old", "{argument}");
        assert_eq!(folder.names(), ["kept"], "no draft is left");
    }
}

#[test]
fn a_secret_in_place_of_a_file_name_is_not_shown() {
    let key = "c0ffee0dba11feed5ca1ab1ebadf00d7";
    let missing = format!("/nowhere/{key}");
    for secret in [key, &missing] {
        for argument in ["--key-file", "--token-file", "--ca-file", "--from", "--account", "--save", "--output"] {
            let resource: &[&str] = if argument == "--account" { &[] } else { &["--lab", "healthy-regional"] };
            let mut command = program();
            command.arg("doctor").args(resource).args([argument, secret, "--format", "json", "-vv"]);
            let output = command.current_dir("/proc").stdin(Stdio::null()).output().expect("it runs");
            let all = [output.stdout, output.stderr].concat();
            assert!(!String::from_utf8_lossy(&all).contains(key), "{argument}: {}", String::from_utf8_lossy(&all));
            assert_ne!(output.status.code(), Some(0), "{argument} {secret}");
        }
    }
}

#[test]
fn a_key_that_is_not_text_is_malformed_and_not_missing() {
    let key = std::ffi::OsString::from_vec(b"\xff\xfe0123456789abcdef0123456789abcdef".to_vec());
    let mut command = program();
    command
        .args(["doctor", "--lab", "healthy-regional", "--key-env", "SPEECH_KEY", "--format", "short"])
        .env("SPEECH_KEY", key);
    let output = command.output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.code() == Some(10) && text.contains("CFG10"), "{text}");
}

/// Sends a signal, and returns the time until the program ended.
fn ends(mut child: Child, signal: &str) -> Duration {
    let begun = Instant::now();
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
    while child.try_wait().expect("a status").is_none() {
        assert!(begun.elapsed() < Duration::from_secs(5), "{signal} has no effect");
        std::thread::sleep(Duration::from_millis(5));
    }
    begun.elapsed()
}

#[test]
fn a_run_that_waits_for_a_reader_ends_with_a_signal() {
    let folder = Folder::new();
    let pipe = folder.path("pipe");
    fifo(&pipe);
    for signal in
        ["-INT", "-TERM", "-HUP", "-QUIT"].into_iter().filter(|signal| *signal != "-HUP" || !hangup_is_ignored())
    {
        for argument in ["--save", "--output"] {
            let args = ["doctor", "--lab", "healthy-regional", "--format", "short", argument, &pipe];
            let child = program().args(args).stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("it runs");
            std::thread::sleep(Duration::from_millis(700));
            let took = ends(child, signal);
            assert!(took < Duration::from_secs(1), "{signal} {argument}: {took:?}");
        }
    }
}

#[test]
fn no_signal_leaves_a_program_behind() {
    let folder = Folder::new();
    let (az, started) = (folder.path("az"), folder.path("started"));
    fs::write(&az, format!("#!/bin/sh\necho $$ > {started}\nexec /bin/sleep 30\n")).expect("written");
    fs::set_permissions(&az, fs::Permissions::from_mode(0o755)).expect("a mode");
    for signal in
        ["-INT", "-TERM", "-HUP", "-QUIT"].into_iter().filter(|signal| *signal != "-HUP" || !hangup_is_ignored())
    {
        let _ = fs::remove_file(&started);
        let mut command = program();
        let args = ["doctor", "--host", "ws://127.0.0.1:9", "--entra", "cli", "--timeout", "20"];
        let path = format!("{}:/usr/bin:/bin", folder.itself());
        command.args(args).env("PATH", path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("it runs");
        let begun = Instant::now();
        let pid = loop {
            let text = fs::read_to_string(&started).unwrap_or_default();
            if text.ends_with('\n') {
                break text.trim().to_owned();
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "`az` is not started");
            std::thread::sleep(Duration::from_millis(10));
        };
        ends(child, signal);
        std::thread::sleep(Duration::from_millis(100));
        let lives = fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
        assert!(!lives, "{signal} leaves `az` behind");
    }
}

//! The command as a process: few descriptors, little memory, no threads, full disks, devices, signals and slow readers. Each
//! run ends in time, with a documented exit code, without a panic and without a file that is half written.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "a test may look at the clock")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::os::unix::net::UnixListener;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

mod support;

use support::{Folder, hangup_is_ignored, is_ignored, program};

const PROGRAM: &str = env!("CARGO_BIN_EXE_speech-endpoint");

/// One run of each command that ends by itself.
const COMMANDS: [&[&str]; 7] = [
    &["doctor", "--lab", "healthy-regional", "--format", "short"],
    &["doctor", "--host", "ws://127.0.0.1:9", "--format", "short"],
    &["lab", "list"],
    &["explain"],
    &["resolve", "--region", "westeurope"],
    &["allowlist", "--region", "westeurope"],
    &["completions", "bash"],
];

/// Runs the command in a shell that first carries out `before`.
fn after(before: &str, args: &[&str]) -> Output {
    let script = format!("{before} && exec {PROGRAM} \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, "sh"]).args(args).env_clear().stdin(Stdio::null());
    command.output().expect("a shell runs")
}

/// Checks the end of a run: a documented code, no panic, and one line if the program failed and no report says why.
fn assert_ended(output: &Output, what: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!error.contains("panicked") && !error.contains("RUST_BACKTRACE"), "{what}: {error}");
    let code = output.status.code();
    assert!(code.is_some_and(|code| DOCUMENTED.contains(&code)), "{what}: {:?} {error}", output.status);
    let is_said = String::from_utf8_lossy(&output.stdout).contains("interrupted");
    if matches!(code, Some(1 | 2)) && !is_said {
        assert!(error.starts_with("error: ") && error.lines().count() == 1, "{what}: {error}");
    }
}

const DOCUMENTED: [i32; 12] = [0, 1, 2, 10, 20, 30, 40, 50, 60, 70, 80, 90];

/// Returns the effective user of this process.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|found| found.uid() == 0)
}

#[test]
fn few_descriptors_are_an_error_and_no_wrong_verdict() {
    for count in 4..=24 {
        for args in COMMANDS {
            let output = after(&format!("ulimit -n {count}"), args);
            let what = format!("{count} descriptors, {args:?}");
            assert_ended(&output, &what);
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            if args.contains(&"doctor") {
                assert!(!text.contains("DNS02") && !text.contains("DNS12"), "{what}: {text}");
            } else {
                assert_eq!(output.status.code(), Some(0), "{what}");
            }
        }
    }
}

#[test]
fn little_memory_is_enough() {
    for args in COMMANDS {
        let output = after("ulimit -v 131072", args);
        assert_ended(&output, &format!("{args:?}"));
        assert!(!output.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn a_run_without_threads_says_so_where_it_needs_one() {
    let way = format!("unshare -n setpriv --reuid 65534 --regid 65534 --clear-groups prlimit --nproc=0 {PROGRAM}");
    let run = |args: &[&str]| {
        let script = format!("exec {way} \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &script, "sh"]).args(args).env("HOME", "/nowhere").stdin(Stdio::null());
        command.output().expect("a shell runs")
    };
    if !is_root() || !run(&["--version"]).status.success() {
        println!("skipped: needs root, `unshare`, `setpriv`, and a program that every user may run");
        return;
    }
    for args in COMMANDS {
        let output = run(args);
        assert_ended(&output, &format!("{args:?}"));
        assert!(!output.stdout.is_empty(), "{args:?}");
    }
    let limits = ["--timeout", "3", "--format", "short"];
    let output = run(&[&["doctor", "--region", "westeurope"][..], &limits].concat());
    assert_ended(&output, "a name");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!text.contains("DNS01") && !text.contains("DNS07"), "{text}");
    for source in ["cli", "azd", "managed-identity", "workload", "client-secret"] {
        let output = run(&[&["doctor", "--host", "ws://127.0.0.1:9", "--entra", source][..], &limits].concat());
        assert_ended(&output, source);
    }
}

#[test]
fn a_full_disk_is_an_error() {
    for args in COMMANDS {
        let full = fs::File::options().write(true).open("/dev/full").expect("a device");
        let output = program().args(args).stdout(full).output().expect("it runs");
        assert_ended(&output, &format!("{args:?}"));
        assert_eq!(output.status.code(), Some(1), "{args:?}");
    }
    let folder = Folder::new();
    let (disk, saved) = (folder.path("disk"), folder.path("disk/kept"));
    fs::create_dir(&disk).expect("a folder");
    if !is_root() || !Command::new("unshare").args(["-m", "true"]).status().is_ok_and(|ended| ended.success()) {
        println!("skipped: a small disk needs root and a namespace of mounts");
        return;
    }
    for argument in ["--save", "--output"] {
        // 60 of 64 KiB are taken, and a file holds something old.
        let script = format!(
            "mount -t tmpfs -o size=64k none {disk} && head -c 57344 /dev/zero > {disk}/big && echo old > {saved} &&
            {{ {PROGRAM} doctor --lab DNS03 --format json {argument} {saved}; code=$?; cat {saved}; ls -A {disk}; exit $code; }}"
        );
        let output = Command::new("unshare").args(["-m", "sh", "-c", &script]).env_clear().output().expect("it runs");
        assert_ended(&output, argument);
        assert_eq!(output.status.code(), Some(1), "{argument}");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.ends_with("old\nbig\nkept\n"), "{argument}: {text}");
    }
}

#[test]
fn devices_are_read_and_written_as_such() {
    let folder = Folder::new();
    let socket = folder.path("socket");
    let _listener = UnixListener::bind(&socket).expect("a socket");
    let folder_itself = folder.itself();
    for argument in ["--account", "--from", "--key-file", "--token-file", "--ca-file"] {
        for device in ["/dev/null", "/dev/stdin", "/proc/self/mem", &socket, &folder_itself] {
            let lab: &[&str] = if argument == "--account" { &[] } else { &["--lab", "healthy-regional"] };
            let mut command = program();
            command.arg("doctor").args(lab).args([argument, device, "--format", "short"]).stdin(Stdio::null());
            let output = command.output().expect("it runs");
            let what = format!("{argument} {device}");
            assert_ended(&output, &what);
            assert!(matches!(output.status.code(), Some(2 | 10)), "{what}: {:?}", output.status);
        }
    }
    for argument in ["--save", "--output"] {
        let args = ["doctor", "--lab", "healthy-regional", "--format", "short", argument];
        for place in [&socket, &folder_itself] {
            let output = program().args(args).arg(place).output().expect("it runs");
            assert_ended(&output, place);
            assert_eq!(output.status.code(), Some(1), "{argument} {place}");
        }
        assert!(fs::metadata(&socket).expect("a socket").file_type().is_socket());
    }
    assert_eq!(folder.names(), ["socket"], "no draft is left");
}

/// Evidence of many targets, whose reports are larger than any pipe.
fn evidence(folder: &Folder) -> String {
    let saved = include_str!("../../../tests/evidence/well-regional.json");
    let mut evidence: serde_json::Value = serde_json::from_str(saved).expect("JSON");
    let traces = evidence["traces"].as_array().expect("traces").clone();
    evidence["traces"] = (0..1000).map(|number| traces[number % traces.len()].clone()).collect();
    let path = folder.path("evidence.json");
    fs::write(&path, evidence.to_string()).expect("written");
    path
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
}

/// Returns the output of a run that ends within a second.
fn ended(mut child: Child, what: &str) -> Output {
    let begun = Instant::now();
    while child.try_wait().expect("a status").is_none() {
        if begun.elapsed() > Duration::from_secs(2) {
            let _ = child.kill();
            panic!("{what} has no effect");
        }
        sleep(Duration::from_millis(5));
    }
    child.wait_with_output().expect("it ends")
}

/// Starts the command with pipes.
fn started(args: &[&str], stdin: Stdio) -> Child {
    let mut command = program();
    command.args(args).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("it starts")
}

/// Waits until a process reads, writes or waits, and not only starts.
fn settle() {
    sleep(Duration::from_millis(400));
}

const SIGNALS: [(&str, i32); 4] = [("INT", 2), ("TERM", 15), ("HUP", 1), ("QUIT", 3)];

fn signals() -> impl Iterator<Item = (&'static str, i32)> {
    SIGNALS.into_iter().filter(|(name, _)| *name != "HUP" || !hangup_is_ignored())
}

#[test]
fn a_signal_ends_a_run_that_waits_for_its_input_or_for_a_reader() {
    use std::os::unix::process::ExitStatusExt as _;
    let folder = Folder::new();
    let large = evidence(&folder);
    let waiting: [(&[&str], bool); 4] = [
        (&["resolve", "--account", "-"], true),
        (&["doctor", "--account", "-"], true),
        (&["doctor", "--from", &large, "--format", "json"], false),
        (&["doctor", "--from", &large, "--format", "markdown"], false),
    ];
    for (args, is_reading) in waiting {
        for (name, number) in signals().filter(|(name, number)| *name != "QUIT" && !is_ignored(*number)) {
            let mut child = started(args, if is_reading { Stdio::piped() } else { Stdio::null() });
            let _open = child.stdin.take();
            let stdout = child.stdout.take();
            settle();
            signal(&child, name);
            let what = format!("{name} {args:?}");
            let output = ended(child, &what);
            assert!(output.stderr.is_empty(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
            assert_eq!(output.status.signal(), Some(number), "{what}");
            drop(stdout);
        }
    }
}

#[test]
fn a_signal_ends_a_probe_with_what_it_found_and_the_next_one_ends_its_report() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let host = format!("ws://{}", silent.local_addr().expect("an address"));
    let folder = Folder::new();
    let (pipe, saved) = (folder.path("pipe"), folder.path("saved.json"));
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    let args = ["doctor", "--host", &host, "--timeout", "20", "--format", "short", "--save", &saved];
    for (name, _) in signals() {
        let child = started(&args, Stdio::null());
        settle();
        signal(&child, name);
        let output = ended(child, name);
        assert_ended(&output, name);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("interrupted"), "{name}: {text}");
        let kept: serde_json::Value = serde_json::from_slice(&fs::read(&saved).expect("saved")).expect("whole");
        assert_eq!(kept["ended"], "interrupted", "{name}");

        let child = started(&[&args[..], &["--output", &pipe]].concat(), Stdio::null());
        settle();
        signal(&child, name);
        settle();
        signal(&child, name);
        let output = ended(child, name);
        assert_ended(&output, name);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            (output.status.code(), error.as_str()),
            (Some(1), "error: interrupted before all output was written\n"),
            "{name} twice"
        );
    }
    let names = folder.names();
    assert_eq!(names, ["pipe", "saved.json"], "no draft is left");
}

#[test]
fn a_signal_ends_a_lab_and_its_file() {
    for (name, _) in signals() {
        let mut child = started(&["lab", "DNS03"], Stdio::null());
        let mut text = String::new();
        let mut stdout = child.stdout.take().expect("a pipe");
        let mut buffer = [0; 1024];
        while !text.contains("press Ctrl-C") {
            let length = stdout.read(&mut buffer).expect("text");
            assert!(length > 0, "{text}");
            text.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
        settle();
        let root = text.split_whitespace().find(|word| word.contains(".pem")).expect("a file").to_owned();
        assert!(fs::exists(&root).expect("a folder"), "{root}");
        signal(&child, name);
        let output = ended(child, name);
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{name}");
        assert!(!fs::exists(&root).expect("a folder"), "{name} leaves {root}");
    }
}

#[test]
fn an_ignored_hangup_stays_ignored_and_an_ignored_interrupt_does_not() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let host = format!("ws://{}", silent.local_addr().expect("an address"));
    let runs: [&[&str]; 2] = [&["doctor", "--host", &host, "--timeout", "20"], &["lab", "DNS03"]];
    for args in runs {
        for name in ["HUP", "INT", "QUIT"] {
            let script = format!("trap '' {name}; exec {PROGRAM} \"$@\"");
            let mut command = Command::new("sh");
            command.args(["-c", &script, "sh"]).args(args).env_clear().stdin(Stdio::null());
            let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
            settle();
            signal(&child, name);
            settle();
            // `nohup` ignores the first, and shells ignore the others for programs in the background.
            if name == "HUP" {
                assert!(child.try_wait().expect("a status").is_none(), "{name} ends {args:?}");
                signal(&child, "TERM");
            }
            assert_ended(&ended(child, name), name);
        }
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let folder = Folder::new();
    let large = evidence(&folder);
    let all = COMMANDS.iter().map(|args| args.to_vec()).chain([vec!["doctor", "--from", &large, "--format", "json"]]);
    for args in all {
        let mut child = started(&args, Stdio::null());
        let mut byte = [0];
        child.stdout.take().expect("a pipe").read_exact(&mut byte).expect("a byte");
        let output = child.wait_with_output().expect("it ends");
        assert_ended(&output, &format!("{args:?}"));
        assert!(output.stderr.is_empty(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_non_blocking_output_gets_all_of_it() {
    let folder = Folder::new();
    let large = evidence(&folder);
    for args in [&["doctor", "--from", &large, "--format", "json"][..], &["doctor", "--from", &large], &["--help"]] {
        let wanted = program().args(args).output().expect("it runs");
        let (mut reader, writer) = std::io::pipe().expect("a pipe");
        rustix::io::ioctl_fionbio(&writer, true).expect("non-blocking");
        let mut child =
            program().args(args).stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped()).spawn().expect("it starts");
        settle();
        let (mut text, mut buffer) = (Vec::new(), vec![0; 20_000]);
        loop {
            let length = reader.read(&mut buffer).expect("bytes");
            if length == 0 {
                break;
            }
            text.extend_from_slice(&buffer[..length]);
            sleep(Duration::from_micros(500));
        }
        assert_eq!(text.len(), wanted.stdout.len(), "{args:?}");
        assert!(child.wait().expect("a status").success(), "{args:?}");
        let mut error = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut error).expect("text");
        assert_eq!(error, "", "{args:?}");
    }
}

#[test]
fn a_non_blocking_input_is_waited_for() {
    let account = r#"{"kind": "SpeechServices", "location": "westeurope", "properties": {"publicNetworkAccess": "Enabled",
        "endpoint": "https://westeurope.api.cognitive.microsoft.com/"}}"#;
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    rustix::io::ioctl_fionbio(&reader, true).expect("non-blocking");
    let child = started(&["resolve", "--account", "-"], reader.into());
    let (first, second) = account.split_at(account.len() / 2);
    for part in [first, second] {
        sleep(Duration::from_millis(200));
        writer.write_all(part.as_bytes()).expect("written");
    }
    drop(writer);
    let output = ended(child, "an input");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The standard library opens `/dev/null` in place of a closed standard output, as Python and Node.js do for a run without
/// output. Nothing distinguishes the two, so neither is an error.
#[test]
fn an_output_that_nobody_wants_is_no_error() {
    let null = fs::File::options().read(true).write(true).open("/dev/null").expect("a device");
    let output = program().args(["resolve", "--region", "westeurope"]).stdout(null).output().expect("it runs");
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
    let script = format!("{PROGRAM} resolve --region westeurope >&-");
    assert_ended(&Command::new("sh").args(["-c", &script]).env_clear().output().expect("it runs"), "closed");
}

//! The command in a shell: completions, manual pages, schemas, ASCII, colours, times and short names.
#![allow(clippy::disallowed_methods, reason = "the environment names a test's own settings")]

mod support;

use std::fs;
use std::process::Output;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::Value;
use speech_endpoint::{KnownFailure, Service};
use speech_endpoint_lab::World;

use support::{Folder, completed, doctor, fed, program, text};

const COMMANDS: [&str; 13] = [
    "resolve",
    "doctor",
    "allowlist",
    "account",
    "posture",
    "route",
    "inventory",
    "collect",
    "facts",
    "explain",
    "lab",
    "schema",
    "completions",
];

/// Options whose values this program cannot know.
const FREE: &[&str] = &[
    "--accounts",
    "--api-version",
    "--control-port",
    "--custom-domain",
    "--custom-model",
    "--deployment",
    "--dns-server",
    "--endpoint",
    "--every",
    "--foundry",
    "--foundry-with",
    "--hold",
    "--host",
    "--jobs",
    "--key-env",
    "--language",
    "--metrics",
    "--nic",
    "--otlp",
    "--port",
    "--profile",
    "--query",
    "--resource-id",
    "--rounds",
    "--runs",
    "--subnet",
    "--synthesis-path",
    "--timeout",
    "--token-env",
];

fn run(args: &[&str]) -> Output {
    fed(args, b"")
}

fn shown(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn every_command_and_every_value_of_an_option_is_completed() {
    let commands = completed(&[""]);
    assert!(COMMANDS.iter().all(|command| commands.iter().any(|known| known == command)), "{commands:?}");
    let folder = std::env::current_dir().expect("a folder");
    let file = fs::read_dir(&folder).expect("a folder").next().expect("a file").expect("a file").file_name();
    let mut without = Vec::new();
    for command in commands.iter().filter(|command| !command.starts_with('-') && *command != "help") {
        let help = text(&run(&[command, "--help"]).stdout);
        let takes_value = |line: &&str| line.trim_start().starts_with("--") && line.contains('<');
        for line in help.lines().filter(takes_value) {
            let option = line.trim_start().split([' ', '[']).next().unwrap_or_default();
            let values = completed(&[command, option, ""]);
            let is_path = values.iter().any(|value| value.trim_end_matches('/') == file.to_string_lossy());
            let is_listed = values.iter().any(|value| !value.starts_with('-') && *value != "help") || is_path;
            if !is_listed && !FREE.contains(&option) {
                without.push(format!("{command} {option}"));
            }
        }
    }
    assert!(without.is_empty(), "without values: {without:?}");
}

#[test]
fn completions_offer_exactly_what_the_tables_hold() {
    let services: Vec<_> = Service::in_use().map(|service| service.id().to_owned()).collect();
    assert_eq!(completed(&["resolve", "--service", ""]), services);
    let mut failures: Vec<_> = KnownFailure::all().map(|failure| failure.id.to_owned()).collect();
    assert_eq!(completed(&["doctor", "--ignore", ""]), failures);
    failures.retain(|id| id.starts_with("TLS"));
    let listed: Vec<_> = failures.iter().map(|id| format!("DNS03,{id}")).collect();
    assert_eq!(completed(&["doctor", "--only", "DNS03,TLS"]), listed);
    let worlds: Vec<_> = World::all().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(completed(&["doctor", "--lab", ""]), worlds);
    assert_eq!(completed(&["lab", "lis"]), ["list"]);
    assert_eq!(completed(&["resolve", "--format", "snippet:p"]), ["snippet:python"]);
    assert_eq!(completed(&["resolve", "--cloud", ""]), ["public", "usgov", "china"]);
}

#[test]
fn a_manual_page_has_every_option_of_its_command() {
    let folder = Folder::new();
    assert_eq!(shown(&run(&["completions", "all", "--output-dir", &folder.itself()])), "");
    for command in COMMANDS {
        let page = fs::read_to_string(folder.path(&format!("man/man1/speech-endpoint-{command}.1"))).expect("a page");
        // At 80 columns the name stands on both sides of the words in the middle.
        let name = format!("speech-endpoint-{command}");
        let title = page.lines().next().unwrap_or_default().replace("\\-", "-");
        let version = concat!("speech-endpoint ", env!("CARGO_PKG_VERSION"));
        assert_eq!(title, format!(".TH {name} 1 \"\" \"{version}\" \"User Commands\""));
        assert!(2 * (name.len() + "(1)".len()) + "User Commands".len() < 78, "{name}");
        let help = text(&run(&[command, "--help"]).stdout);
        for section in ["NAME", "SYNOPSIS", "EXAMPLES", "EXIT STATUS", "ENVIRONMENT", "\"SEE ALSO\""] {
            let is_there = page.contains(&format!(".SH {section}\n"))
                || page.contains(&format!(".SH {}\n", section.trim_matches('"')));
            assert!(is_there, "{command}: {section}\n{page}");
        }
        // What the help says of exit codes is not lost, and is written once.
        assert_eq!(page.matches("EXIT STATUS").count(), 1, "{command}");
        assert!(!page.contains("Exit codes"), "{command}: {page}");
        let options = help
            .lines()
            .map(str::trim_start)
            .filter_map(|line| line.split([' ', ',', '[']).find(|word| word.starts_with("--")));
        let mut count = 0;
        for option in options.filter(|option| help.lines().any(|line| line.trim_start().starts_with(option))) {
            assert!(page.contains(&option.replace('-', "\\-")), "{command}: {option}");
            count += 1;
        }
        assert!(count >= 3, "{command}: {count}");
        // A line that is not filled keeps the columns of a terminal.
        let typed = page.split(".nf\n").skip(1).filter_map(|part| part.split(".fi").next());
        for line in typed.flat_map(str::lines) {
            assert!(line.replace("\\-", "-").chars().count() <= 73, "{command}: {line}");
        }
    }
    let page = fs::read_to_string(folder.path("man/man1/speech-endpoint.1")).expect("a page");
    assert!(COMMANDS.iter().all(|command| page.contains(&format!("speech\\-endpoint\\-{command}(1)"))), "{page}");
}

#[test]
fn the_files_of_a_package_are_what_the_commands_print() {
    let folder = Folder::new();
    assert_eq!(shown(&run(&["completions", "all", "--output-dir", &folder.itself()])), "");
    for (shell, name) in [
        ("bash", "speech-endpoint"),
        ("elvish", "speech-endpoint.elv"),
        ("fish", "speech-endpoint.fish"),
        ("powershell", "speech-endpoint.ps1"),
        ("zsh", "_speech-endpoint"),
    ] {
        let file = fs::read(folder.path(&format!("completions/{shell}/{name}"))).expect("a file");
        assert_eq!(text(&file), text(&run(&["completions", shell]).stdout), "{shell}");
    }
    let list = text(&run(&["schema"]).stdout);
    let files = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/schema")).expect("a folder");
    let mut count = 0;
    for file in files.map(|file| file.expect("a file")) {
        let name = file.file_name().to_string_lossy().replace(".schema.json", "");
        let printed = run(&["schema", &name]);
        assert_eq!(printed.stdout, fs::read(file.path()).expect("a file"), "{name}");
        assert_eq!(printed.stdout, fs::read(folder.path(&format!("schema/{name}.schema.json"))).expect("a file"));
        assert!(serde_json::from_slice::<Value>(&printed.stdout).is_ok() && list.contains(&name), "{name}");
        count += 1;
    }
    assert_eq!(list.lines().count(), count);
    let output = run(&["completions", "all"]);
    assert!(output.status.code() == Some(2) && text(&output.stderr).contains("--output-dir"));
}

#[test]
fn ascii_holds_for_every_text_and_leaves_json_alone() {
    let worlds: Vec<_> = World::all().map(|(name, _)| name).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(world) = worlds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let output = doctor(&["--lab", world, "--ascii"]).output().expect("it runs");
                    assert!(shown(&output).is_ascii(), "{world}: {}", shown(&output));
                    assert!(!output.stdout.is_empty(), "{world}");
                }
            });
        }
    });
    for args in [
        &["resolve", "--region", "westeurope", "-v"][..],
        &["resolve", "--region", "münchen"],
        &["allowlist", "--custom-domain", "contoso", "--network", "private-endpoint"],
        &["explain"],
        &["explain", "DNS03", "POL01"],
        &["explain", "接続できません: WebSocket upgrade failed: 401"],
        &["facts"],
        &["lab", "list"],
        &["doctor", "--help"],
        &["posture", "--help"],
    ] {
        let output = shown(&run(&[args, &["--ascii"]].concat()));
        assert!(output.is_ascii() && !output.is_empty(), "{args:?}: {output}");
    }
    let json = run(&["doctor", "--lab", "DNS03-zone-not-linked", "--format", "json", "--ascii"]);
    assert!(!json.stdout.is_ascii(), "the document keeps its characters: {}", shown(&json));
    let healthy = || doctor(&["--lab", "healthy-regional"]);
    let output = healthy().env("SPEECH_ASCII", "1").output().expect("it runs");
    assert!(output.stdout.is_ascii() && !healthy().output().expect("it runs").stdout.is_ascii());
}

#[test]
fn force_color_gives_colours_to_a_pipe_and_no_color_goes_before_it() {
    let coloured = |variables: &[(&str, &str)]| {
        let mut command = program();
        command.args(["resolve", "--region", "westeurope"]).envs(variables.iter().copied());
        text(&command.output().expect("it runs").stdout).contains('\u{1b}')
    };
    assert!(coloured(&[("FORCE_COLOR", "1")]));
    assert!(!coloured(&[("FORCE_COLOR", "0")]));
    assert!(!coloured(&[("FORCE_COLOR", "")]));
    assert!(!coloured(&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn a_time_may_have_a_unit() {
    for (time, limit) in [
        ("90s", "limits: 90 s total"),
        ("5m", "limits: 300 s total"),
        ("1.5m", "limits: 90 s total"),
        ("500ms", "limits: 0.5 s total"),
        ("7", "limits: 7 s total"),
        ("1h", "limits: 3600 s total"),
    ] {
        let output = run(&["doctor", "--region", "westeurope", "--plan", "--timeout", time]);
        assert!(text(&output.stdout).contains(limit), "{time}: {}", shown(&output));
    }
    for time in ["5x", "m", "2h", "0s", "-1m", "1m30s", ""] {
        let output = run(&["doctor", "--region", "westeurope", "--plan", &format!("--timeout={time}")]);
        assert_eq!(output.status.code(), Some(2), "{time}");
        assert!(shown(&output).contains("`5m`") || time.is_empty(), "{time}: {}", shown(&output));
    }
}

#[test]
fn a_short_name_of_a_service_leads_to_its_ids() {
    for (name, id) in [
        ("tts", "`text-to-speech-websocket`"),
        ("STT", "`speech-to-text`"),
        ("asr", "`speech-to-text`"),
        ("realtime", "`voice-live`"),
    ] {
        let output = run(&["resolve", "--region", "westeurope", "--service", name]);
        let error = text(&output.stderr);
        assert_eq!((output.status.code(), error.lines().count()), (Some(2), 1), "{error}");
        assert!(error.contains(id), "{error}");
    }
}

#[test]
fn an_argument_without_a_value_says_where_the_values_are() {
    for (args, expected) in [
        (&["doctor", "--lab"][..], "`speech-endpoint lab list`"),
        (&["completions"], "bash, elvish, fish, powershell, zsh, man or all"),
        (&["lab"], "list"),
    ] {
        let output = run(args);
        let error = text(&output.stderr);
        assert_eq!((output.status.code(), error.lines().count()), (Some(2), 1), "{error}");
        assert!(error.contains(expected), "{args:?}: {error}");
    }
}

#[test]
fn a_long_run_says_in_a_log_what_it_does() {
    let began = Instant::now();
    let output = doctor(&["--lab", "healthy-regional", "--service", "speech-to-text", "--hold", "17"])
        .output()
        .expect("it runs");
    let log = text(&output.stderr);
    assert!(began.elapsed().as_secs() >= 15, "{log}");
    let lines: Vec<_> =
        log.lines().filter(|line| line.starts_with("info: holding westeurope.stt.speech.microsoft.com idle")).collect();
    assert_eq!(lines.len(), 1, "{log}");
    let short = doctor(&["--lab", "healthy-regional"]).output().expect("it runs");
    assert_eq!(text(&short.stderr), "");
}

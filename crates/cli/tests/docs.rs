//! What the documents show is what comes out: every command of the README and every example, run.
#![allow(clippy::print_stdout, reason = "the counts are part of what the tests show")]
#![allow(clippy::disallowed_methods, reason = "UPDATE_GOLDEN is read from the environment")]

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use speech_endpoint::{KnownFailure, diagnosed_ids};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).expect("a readable file").replace("\r\n", "\n")
}

/// A run with nothing of this machine's environment, in a folder that holds the files that the documents name.
fn run(program: &Path, args: &[String], folder: &Path, stdin: &str) -> Output {
    let mut child = Command::new(program)
        .args(args)
        .env_clear()
        .envs(["TMPDIR", "TMP"].map(|name| (name, folder)))
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}; `cargo test` builds it", program.display()));
    // A run that does not read its input may end before this is written.
    let _ = child.stdin.take().expect("a pipe").write_all(stdin.as_bytes());
    child.wait_with_output().expect("it ends")
}

fn binary() -> PathBuf {
    env!("CARGO_BIN_EXE_speech-endpoint").into()
}

/// `cargo test` builds the examples beside the binary.
fn example(name: &str) -> PathBuf {
    binary().with_file_name("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// The fenced blocks of a document: what stands behind the fence, and the lines inside.
fn blocks(markdown: &str) -> Vec<(String, Vec<String>)> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String, Vec<String>)> = None;
    for line in markdown.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        open = match open {
            None if ticks >= 3 => Some((ticks, line[ticks..].to_owned(), Vec::new())),
            Some((fence, language, lines)) if ticks >= fence && line.len() == ticks => {
                blocks.push((language, lines));
                None
            }
            Some((fence, language, mut lines)) => {
                lines.push(line.to_owned());
                Some((fence, language, lines))
            }
            None => None,
        };
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// A line without what differs from run to run: times, addresses of loopback, dates, fingerprints, ids, widths of columns.
fn steady(line: &str) -> String {
    let is_fingerprint = |word: &str| matches!(word.len(), 8 | 16 | 32) && word.bytes().all(|b| b.is_ascii_hexdigit());
    let is_time =
        |word: &str| word.len() == 20 && word.starts_with("20") && word.as_bytes()[10] == b'T' && word.ends_with('Z');
    let words = line.split_whitespace().map(|word| {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        if is_fingerprint(bare) {
            return word.replace(bare, "FINGERPRINT");
        }
        if is_time(bare) {
            return word.replace(bare, "TIME");
        }
        let mut text = String::new();
        let mut last = ' ';
        for c in word.chars() {
            match c {
                // A digit after a letter belongs to a name, such as DNS03; a number is as good as another.
                '0'..='9' | '.' if last == '#' => {}
                '0'..='9' if !last.is_alphanumeric() => text.push('#'),
                _ => text.push(c),
            }
            last = if text.ends_with('#') { '#' } else { c };
        }
        text
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Whether an output is what is shown, where `…` on a line of its own stands for any lines.
fn is_as_shown(shown: &[String], output: &str) -> Result<(), String> {
    let shown: Vec<String> = shown.iter().map(|line| steady(line)).collect();
    let lines: Vec<String> = output.trim_end().lines().map(steady).collect();
    let pieces: Vec<&[String]> = shown.split(|line| line == "…").collect();
    let mut at = 0;
    for (index, piece) in pieces.iter().enumerate() {
        let is_last = index + 1 == pieces.len();
        let from = if is_last && index > 0 { lines.len().saturating_sub(piece.len()).max(at) } else { at };
        let found = (from..=lines.len().saturating_sub(piece.len())).find(|start| lines[*start..].starts_with(piece));
        match found {
            Some(start) if index > 0 || start == 0 => at = start + piece.len(),
            _ => return Err(format!("not found: {piece:#?}\nin {:#?}", &lines[at.min(lines.len())..])),
        }
    }
    if at == lines.len() { Ok(()) } else { Err(format!("not shown: {:#?}", &lines[at..])) }
}

/// Words as a shell reads them.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in command.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, ' ') => words.push(String::new()),
            (_, c) => words.last_mut().expect("a word").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The arguments of this program in a line of a document, without what the shell does with its output.
fn arguments(line: &str) -> Option<Vec<String>> {
    let line = line.trim_start().trim_start_matches("$ ");
    let starts = ["cargo run -- ", "/tmp/speech-endpoint ", "speech-endpoint "];
    let rest = match starts.iter().find_map(|start| line.strip_prefix(start)) {
        Some(rest) => rest,
        None if line.contains(" | ") || line.starts_with("kubectl exec") => {
            let start = starts.iter().find(|start| line.contains(**start))?;
            line.split_once(start)?.1
        }
        None => return None,
    };
    let end = ["   ", " > ", " || ", "; ", " | "].iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
    Some(words(&rest[..end]))
}

/// A folder with the files that the documents name.
fn folder(of: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("speech-endpoint-{}-{of}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("key.txt"), "0123456789abcdef0123456789abcdef").expect("a file");
    fs::write(folder.join("account.json"), account()).expect("a file");
    fs::write(folder.join("evidence.json"), read("tests/evidence/private-name-public-address.json")).expect("a file");
    fs::write(folder.join("company.pem"), "").expect("a file");
    folder
}

fn account() -> String {
    let vectors: serde_json::Value = serde_json::from_str(&read("tests/vectors/accounts.json")).expect("JSON");
    vectors[0]["json"].to_string()
}

#[test]
fn every_command_of_the_readme_runs_and_prints_what_is_shown() {
    let folder = folder("readme");
    let (mut failures, mut count, mut compared) = (Vec::new(), 0, 0);
    for (language, lines) in blocks(&read("README.md")) {
        for line in &lines {
            // What else a console shows is output.
            let is_shown = language == "console" && line.starts_with("$ ");
            let is_typed = is_shown || language == "text";
            let Some(mut args) = arguments(line).filter(|_| is_typed) else { continue };
            let is_open =
                |args: &[String]| !args.iter().any(|arg| ["--lab", "--from", "--plan"].contains(&arg.as_str()));
            // Without a network.
            if args[0] == "doctor" && is_open(&args) {
                args.retain(|arg| arg != "--save" && arg != "evidence.json");
                args.push("--plan".to_owned());
            }
            // It runs until somebody interrupts it.
            if args[0] == "lab" && args[1] != "list" {
                continue;
            }
            let output = run(&binary(), &args, &folder, &account());
            let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            if !matches!(output.status.code(), Some(0 | 10..)) {
                failures.push(format!("{line}\n  {:?} {err}", output.status.code()));
            }
            if is_shown {
                compared += 1;
                if let Err(difference) = is_as_shown(&lines[1..], &out) {
                    failures.push(format!("{line}\n{difference}"));
                }
            }
            count += 1;
        }
    }
    fs::remove_dir_all(folder).expect("removed");
    println!("{count} commands, {compared} with their output");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(count >= 20 && compared >= 4, "{count} {compared}");
}

#[test]
fn every_example_prints_what_is_shown() {
    let mut readme = read("examples/README.md");
    let is_written = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut failures = Vec::new();
    for (shown, printed) in printed_by_examples(&readme) {
        let (command, lines) = shown.split_first().expect("a command");
        let difference = printed.and_then(|out| match is_as_shown(lines, &out) {
            Err(_) if is_written => {
                readme = readme.replacen(&shown.join("\n"), &format!("{command}\n{}", out.trim_end()), 1);
                Ok(())
            }
            compared => compared,
        });
        failures.extend(difference.err().map(|difference| format!("{command}: {difference}")));
    }
    if is_written {
        fs::write(Path::new(ROOT).join("examples/README.md"), &readme).expect("written");
    }
    assert!(failures.is_empty(), "{}\nUPDATE_GOLDEN=1 writes anew what is shown", failures.join("\n"));
}

#[test]
fn every_example_is_shown_once() {
    let shown = consoles(&read("examples/README.md"));
    let mut shown: Vec<String> = shown.iter().map(|lines| format!("{}.rs", example_of(lines))).collect();
    let mut files: Vec<String> = fs::read_dir(Path::new(ROOT).join("examples"))
        .expect("the directory")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "rs"))
        .collect();
    files.sort();
    shown.sort();
    assert_eq!(files, shown);
}

/// The examples that a document shows, each with what it printed or why it failed. They run at the same time: what they
/// wait for is themselves.
fn printed_by_examples(readme: &str) -> Vec<(Vec<String>, Result<String, String>)> {
    let folder = folder("examples");
    let run = |lines: &[String]| {
        let output = run(&example(example_of(lines)), &[], &folder, "");
        let out = String::from_utf8_lossy(&output.stdout);
        // The temporary folder is another one on every machine.
        let out = out.replace(&folder.display().to_string(), "/tmp").replace("/tmp\\", "/tmp/");
        if output.status.success() { Ok(out) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    };
    let shown = consoles(readme);
    let printed: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = shown.iter().map(|lines| scope.spawn(|| run(lines))).collect();
        running.into_iter().map(|running| running.join().expect("it ends")).collect()
    });
    fs::remove_dir_all(&folder).expect("removed");
    shown.into_iter().zip(printed).collect()
}

/// What is shown as typed and printed.
fn consoles(markdown: &str) -> Vec<Vec<String>> {
    blocks(markdown).into_iter().filter(|(language, _)| language == "console").map(|(_, lines)| lines).collect()
}

fn example_of(lines: &[String]) -> &str {
    lines[0].strip_prefix("$ cargo run --example ").expect("an example")
}

#[test]
fn the_table_of_the_readme_is_that_of_the_rules() {
    let readme = read("README.md");
    let (before, rest) = readme.split_once(BEGIN).expect("the beginning of the table");
    let (_, after) = rest.split_once(END).expect("the end of the table");
    let table = table();
    let expected = format!("{before}{BEGIN}{table}{END}{after}");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(Path::new(ROOT).join("README.md"), &expected).expect("written");
        return;
    }
    assert_eq!(readme, expected, "UPDATE_GOLDEN=1 writes it anew");
}

fn table() -> String {
    let mut table =
        "\n| Exit code | Id | What is the matter | What brings it about |\n| ---: | --- | --- | --- |\n".to_owned();
    let known = || diagnosed_ids().filter_map(KnownFailure::find);
    for failure in KnownFailure::all().filter(|failure| known().any(|known| known.id == failure.id)) {
        let code = failure.area.exit_code().map(|code| code.to_string()).unwrap_or_default();
        let cell = |text: &str| text.replace('|', "\\|");
        let _ = writeln!(table, "| {code} | {} | {} | {} |", failure.id, cell(failure.title), cell(failure.cause));
    }
    table
}

#[test]
fn a_comparison_sees_what_differs() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        steady("√ dns   1.5 ms  10.1.0.4 of 84 (af96e5ca), DNS03 v2"),
        "√ dns # ms # of # (FINGERPRINT), DNS03 v2"
    );
    assert!(is_as_shown(&lines("a 1.5 ms\n…\nd"), "a 12 ms\nb\nc\nd\n").is_ok());
    assert!(is_as_shown(&lines("a\nb"), "a\nb\n").is_ok());
    for (shown, output) in [("a\nb", "a\nc"), ("a", "a\nb"), ("b", "a\nb"), ("a\n…\nd", "a\nb\nc"), ("DNS03", "DNS04")]
    {
        assert!(is_as_shown(&lines(shown), output).is_err(), "{shown:?} {output:?}");
    }
}

const BEGIN: &str = "<!-- the rules, written by `UPDATE_GOLDEN=1 cargo test --test docs` -->\n";
const END: &str = "\n<!-- end of the rules -->";

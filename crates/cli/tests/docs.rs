//! Runs every command of the README and of `docs/`, and every example, and compares the output with the text.
#![allow(clippy::print_stdout, reason = "the counts are part of what the tests show")]
#![allow(clippy::disallowed_methods, reason = "UPDATE_GOLDEN is read from the environment")]

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use speech_endpoint::azure::{GuidancePart, GuidancePlace, GuidanceStatement, Recommendation};
use speech_endpoint::{KnownFailure, Service, ServiceStatus, diagnosed_ids};
use speech_endpoint_lab::World;

mod support;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).expect("a readable file").replace("\r\n", "\n")
}

fn is_update() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

fn write(path: &str, text: &str) {
    fs::write(Path::new(ROOT).join(path), text).expect("written");
}

/// The README and the reference pages, by their path from the root.
fn documents() -> Vec<String> {
    let mut pages: Vec<String> = fs::read_dir(Path::new(ROOT).join("docs"))
        .expect("the directory")
        .map(|entry| format!("docs/{}", entry.expect("an entry").file_name().to_string_lossy()))
        .collect();
    pages.sort();
    assert!(pages.len() >= 8, "{pages:?}");
    pages.insert(0, "README.md".to_owned());
    pages
}

/// Runs a program without this machine's environment, in a folder with the files that the documents name.
fn run(program: &Path, args: &[String], folder: &Path, stdin: &str) -> Output {
    let mut command = Command::new(program);
    support::clear_environment(&mut command);
    let mut child = command
        .args(args)
        .envs(["TMPDIR", "TMP"].map(|name| (name, folder)))
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}; `cargo test` builds it", program.display()));
    // A run that does not read its input may end before the write.
    let _ = child.stdin.take().expect("a pipe").write_all(stdin.as_bytes());
    child.wait_with_output().expect("it ends")
}

fn binary() -> PathBuf {
    env!("CARGO_BIN_EXE_speech-endpoint").into()
}

/// Returns the path of an example, which `cargo test` builds next to the binary.
fn example(name: &str) -> PathBuf {
    binary().with_file_name("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// The fenced blocks of a document: the word after the fence, and the lines inside.
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

/// Replaces what differs from run to run: times, loopback addresses, dates, fingerprints, ids, column widths.
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
                // A digit after a letter belongs to a name, such as DNS03. Any number equals any other.
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

/// Compares an output with the lines of a document, where a line `…` matches any number of lines.
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

/// Splits a command into words like a shell.
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

/// The arguments of this program in a line of a document, without redirections and pipes of its output.
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

/// Creates a folder with the files that the documents name.
fn folder(of: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("speech-endpoint-{}-{of}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("key.txt"), "0123456789abcdef0123456789abcdef").expect("a file");
    fs::write(folder.join("account.json"), account()).expect("a file");
    fs::write(folder.join("evidence.json"), read("tests/evidence/private-name-public-address.json")).expect("a file");
    for folder in [folder.join("evidence"), folder.join("evidence-of-all-nodes")] {
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("node-1.json"), read("tests/evidence/well-regional.json")).expect("a file");
    }
    fs::write(folder.join("facts.json"), r#"{ "schema_version": 1, "facts": [] }"#).expect("a file");
    fs::write(folder.join("company.pem"), "").expect("a file");
    let configuration = blocks(&read("docs/command-line.md")).into_iter().find(|(language, _)| language == "toml");
    fs::write(folder.join("speech-endpoint.toml"), configuration.expect("a block").1.join("\n")).expect("a file");
    for log in ["speech.log", "app.log"] {
        fs::write(folder.join(log), read("tests/logs/native-1.53-tls-handshake-silent.log")).expect("a file");
    }
    folder
}

fn account() -> String {
    let vectors: serde_json::Value = serde_json::from_str(&read("tests/vectors/accounts.json")).expect("JSON");
    vectors[0]["json"].to_string()
}

#[test]
fn every_command_of_the_documents_runs_and_prints_what_is_shown() {
    let folder = folder("documents");
    let (mut failures, mut count, mut compared) = (Vec::new(), 0, 0);
    for path in documents() {
        let before = read(&path);
        let mut document = before.clone();
        for (language, lines) in blocks(&before) {
            for line in &lines {
                // All other lines of a console block are output.
                let is_shown = language == "console" && line.starts_with("$ ");
                let is_typed = is_shown || language == "text";
                let Some(args) = arguments(line).filter(|_| is_typed) else { continue };
                // It runs until it is interrupted.
                if args[0] == "lab" && args[1] != "list" {
                    continue;
                }
                let output = run(&binary(), &offline(args), &folder, &account());
                let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
                if !matches!(output.status.code(), Some(0 | 10..)) {
                    failures.push(format!("{path}: {line}\n  {:?} {err}", output.status.code()));
                }
                count += 1;
                compared += usize::from(is_shown);
                match is_as_shown(&lines[1..], &out) {
                    Err(_) if is_shown && is_update() => {
                        let updated = updated(&lines[1..], &out).join("\n");
                        document = document.replacen(&lines.join("\n"), &format!("{line}\n{updated}"), 1);
                    }
                    Err(difference) if is_shown => failures.push(format!("{path}: {line}\n{difference}")),
                    _ => {}
                }
            }
        }
        if document != before {
            write(&path, &document);
        }
    }
    fs::remove_dir_all(folder).expect("removed");
    println!("{count} commands, {compared} with their output");
    assert!(failures.is_empty(), "{}\nUPDATE_GOLDEN=1 rewrites the output", failures.join("\n"));
    assert!(count >= 20 && compared >= 4, "{count} {compared}");
}

/// The arguments of a command that needs no network: a doctor without a world or evidence only plans.
fn offline(mut args: Vec<String>) -> Vec<String> {
    let needs_network = !args.iter().any(|arg| ["--lab", "--from", "--plan"].contains(&arg.as_str()));
    if args[0] == "doctor" && needs_network {
        if let Some(save) = args.iter().position(|arg| arg == "--save") {
            args.drain(save..save + 2);
        }
        args.push("--plan".to_owned());
    }
    args
}

/// The new lines for a block of a document. Where the block leaves out lines (`…`), the new one keeps as many paragraphs
/// before and after the gap.
fn updated(shown: &[String], output: &str) -> Vec<String> {
    let lines: Vec<String> = output.trim_end().lines().map(str::to_owned).collect();
    let Some(gap) = shown.iter().position(|line| line == "…") else { return lines };
    let paragraphs = |lines: &[String]| lines.split(String::is_empty).filter(|lines| !lines.is_empty()).count();
    let (before, after) = (paragraphs(&shown[..gap]), paragraphs(&shown[gap + 1..]));
    let all: Vec<&[String]> = lines.split(String::is_empty).collect();
    if all.len() <= before + after {
        return lines;
    }
    let gap = ["…".to_owned()];
    let kept = [&all[..before], &[&gap[..]], &all[all.len() - after..]].concat();
    kept.join(&String::new())
}

#[test]
fn every_example_prints_the_shown_output() {
    let mut readme = read("examples/README.md");
    let mut failures = Vec::new();
    for (shown, printed) in printed_by_examples(&readme) {
        let (command, lines) = shown.split_first().expect("a command");
        let difference = printed.and_then(|out| match is_as_shown(lines, &out) {
            Err(_) if is_update() => {
                readme = readme.replacen(&shown.join("\n"), &format!("{command}\n{}", out.trim_end()), 1);
                Ok(())
            }
            compared => compared,
        });
        failures.extend(difference.err().map(|difference| format!("{command}: {difference}")));
    }
    if is_update() {
        write("examples/README.md", &readme);
    }
    assert!(failures.is_empty(), "{}\nUPDATE_GOLDEN=1 rewrites the output", failures.join("\n"));
}

#[test]
fn the_readme_shows_every_example_once() {
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

/// The examples of a document, each with its output or its error. They run in parallel, because they mostly wait.
fn printed_by_examples(readme: &str) -> Vec<(Vec<String>, Result<String, String>)> {
    let folder = folder("examples");
    let run = |lines: &[String]| {
        let output = run(&example(example_of(lines)), &[], &folder, "");
        let out = String::from_utf8_lossy(&output.stdout);
        // The temporary folder differs between machines.
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

/// The console blocks of a document: a command and its output.
fn consoles(markdown: &str) -> Vec<Vec<String>> {
    blocks(markdown).into_iter().filter(|(language, _)| language == "console").map(|(_, lines)| lines).collect()
}

fn example_of(lines: &[String]) -> &str {
    lines[0].strip_prefix("$ cargo run --example ").expect("an example")
}

#[test]
fn the_table_of_failures_is_that_of_the_rules() {
    compare_table("docs/failures.md", "rules", &failures());
    compare_table("docs/failures.md", "unseen", &unseen());
}

#[test]
fn the_table_of_services_is_that_of_the_library() {
    compare_table("docs/services.md", "services", &services());
}

#[test]
fn the_tables_of_the_guidance_are_those_of_the_code() {
    compare_table("docs/guidance.md", "checks", &checks());
    compare_table("docs/guidance.md", "statements", &statements());
}

/// Compares the part of a document between two comments, or rewrites it.
fn compare_table(path: &str, name: &str, table: &str) {
    let begin = format!("<!-- {name}: generated by `UPDATE_GOLDEN=1 cargo test --test docs` -->\n");
    let end = format!("\n<!-- end of {name} -->");
    let document = read(path);
    let (before, rest) = document.split_once(&begin).expect("the beginning of the table");
    let (_, after) = rest.split_once(&end).expect("the end of the table");
    let expected = format!("{before}{begin}{table}{end}{after}");
    if is_update() {
        write(path, &expected);
        return;
    }
    assert_eq!(document, expected, "UPDATE_GOLDEN=1 rewrites it");
}

fn failures() -> String {
    let mut table = "\n| Exit code | Id | Problem | Cause |\n| ---: | --- | --- | --- |\n".to_owned();
    let known = || diagnosed_ids().filter_map(KnownFailure::find);
    for failure in KnownFailure::all().filter(|failure| known().any(|known| known.id == failure.id)) {
        let code = failure.area.exit_code().map(|code| code.to_string()).unwrap_or_default();
        let _ = writeln!(table, "| {code} | {} | {} | {} |", failure.id, cell(failure.title), cell(failure.cause));
    }
    table
}

fn unseen() -> String {
    let mut table = "\n| Id | Problem | Why |\n| --- | --- | --- |\n".to_owned();
    for failure in KnownFailure::all() {
        if let Some(reason) = failure.unseen() {
            let _ = writeln!(table, "| {} | {} | {} |", failure.id, cell(failure.title), cell(reason));
        }
    }
    table
}

fn services() -> String {
    let mut table = "\n| Id | Service | Protocol | Method | Status |\n| --- | --- | --- | --- | --- |\n".to_owned();
    for service in Service::all() {
        let protocol = if service.is_websocket() { "WebSocket" } else { "HTTPS" };
        let status = match service.status() {
            ServiceStatus::Retiring { on, .. } => format!("retires on {on}"),
            ServiceStatus::Retired { since, .. } => format!("retired since {since}"),
            status => status.id().to_owned(),
        };
        let (id, title, method) = (service.id(), cell(service.title()), service.method());
        let _ = writeln!(table, "| `{id}` | {title} | {protocol} | {method} | {status} |");
    }
    table
}

fn checks() -> String {
    let mut table = "\n| Check | Recommendation | Decided by |\n| --- | --- | --- |\n".to_owned();
    for row in Recommendation::all() {
        let evidence = row.evidence.map_or("no document of Azure", |kind| kind.title());
        let _ = writeln!(table, "| [{}]({}) | {} | {evidence} |", row.id, row.see, cell(row.title));
    }
    table
}

fn statements() -> String {
    let mut table = String::new();
    let all = GuidanceStatement::all();
    for part in GuidancePart::ALL {
        let _ = writeln!(table, "\n### {}\n\n| Statement | Place |\n| --- | --- |", part.title());
        for statement in all.iter().filter(|statement| statement.part == part) {
            let places: Vec<String> = statement.places.iter().map(place).collect();
            let _ = writeln!(table, "| {} | {} |", cell(statement.text), places.join(", "));
        }
    }
    table
}

fn place(place: &GuidancePlace) -> String {
    match place {
        GuidancePlace::Check(id) => format!("check {id}"),
        GuidancePlace::Finding(id) => format!("finding {id}"),
        GuidancePlace::Note(code) => format!("note `{code}`"),
        GuidancePlace::Remedy(id, words) => format!("remedy of {id} (“{words}”)"),
        _ => String::new(),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[test]
fn the_world_of_the_lab_page_is_valid() {
    let blocks = blocks(&read("docs/lab.md"));
    let worlds = blocks.iter().filter(|(language, lines)| language == "toml" && lines.contains(&"[expect]".to_owned()));
    let worlds: Vec<World> = worlds.map(|(_, lines)| World::parse(&lines.join("\n")).expect("a world")).collect();
    let causes: Vec<_> = worlds.iter().map(|world| world.expect().root_cause.as_deref()).collect();
    assert_eq!(causes, [Some("TCP05")]);
}

#[test]
fn every_link_of_the_documents_leads_to_a_file() {
    for path in documents().into_iter().chain(["examples/README.md", "CONTRIBUTING.md"].map(str::to_owned)) {
        let folder = Path::new(ROOT).join(&path).parent().expect("a folder").to_owned();
        for link in read(&path).split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            let file = link.split('#').next().unwrap_or_default();
            assert!(link.starts_with("https://") || folder.join(file).exists(), "{path}: {link}");
        }
    }
}

#[test]
fn an_update_keeps_the_gap_of_a_block() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(updated(&lines("a\n\n…\n\nd"), "A\nB\n\nC\n\nD\n"), lines("A\nB\n\n…\n\nD"));
    assert_eq!(updated(&lines("a\nb"), "A\n\nB\n"), lines("A\n\nB"));
    assert_eq!(updated(&lines("a\n…"), "A\nB\n"), lines("A\nB"));
}

#[test]
fn the_comparison_detects_differences() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        steady("✓ dns   1.5 ms  10.1.0.4 of 84 (af96e5ca), DNS03 v2"),
        "✓ dns # ms # of # (FINGERPRINT), DNS03 v2"
    );
    assert!(is_as_shown(&lines("a 1.5 ms\n…\nd"), "a 12 ms\nb\nc\nd\n").is_ok());
    assert!(is_as_shown(&lines("a\nb"), "a\nb\n").is_ok());
    for (shown, output) in [("a\nb", "a\nc"), ("a", "a\nb"), ("b", "a\nb"), ("a\n…\nd", "a\nb\nc"), ("DNS03", "DNS04")]
    {
        assert!(is_as_shown(&lines(shown), output).is_err(), "{shown:?} {output:?}");
    }
}

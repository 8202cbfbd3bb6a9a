//! Runs every world through the binary. Report, exit code, saved evidence and all formats must agree.
#![allow(clippy::print_stdout, reason = "the counts are part of what the tests show")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use speech_endpoint_lab::World;

mod schema;

fn doctor(args: &[&str]) -> Output {
    doctor_in(Path::new("."), args)
}

fn doctor_in(folder: &Path, args: &[&str]) -> Output {
    let mut command = crate::support::program();
    command.arg("doctor").args(args).current_dir(folder).output().expect("the binary runs")
}

fn code(output: &Output) -> i64 {
    output.status.code().map_or(-1, i64::from)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// One world and its saved evidence.
struct Case {
    name: &'static str,
    world: World,
    file: PathBuf,
    document: Value,
    code: i64,
    wrong: Vec<String>,
}

impl Case {
    fn check(&mut self, what: &str, found: &impl PartialEqDebug, expected: &impl PartialEqDebug) {
        if found.shown() != expected.shown() {
            self.wrong.push(format!("{}: {what}: expected {}, found {}", self.name, expected.shown(), found.shown()));
        }
    }

    fn from(&self, args: &[&str]) -> Output {
        let saved = self.file.display().to_string();
        // Documents are not evidence, so they are given again, by the names that they have in the world.
        let folder = self.file.with_extension("azure");
        let mut all = vec!["--from", &saved];
        for (name, document) in self.world.document_files() {
            fs::create_dir_all(&folder).expect("a directory");
            fs::write(folder.join(name), document).expect("a file");
            all.extend(["--azure", name]);
        }
        let folder = Some(folder.as_path()).filter(|folder| folder.exists());
        doctor_in(folder.unwrap_or(Path::new(".")), &[&all, args].concat())
    }

    fn ids(&self, at_least: &[&str]) -> Vec<String> {
        let findings = self.document["findings"].as_array().into_iter().flatten();
        let wanted = findings.filter(|finding| at_least.iter().any(|severity| finding["severity"] == **severity));
        wanted.map(|finding| finding["id"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// Values that are compared by their `Debug` text.
trait PartialEqDebug {
    fn shown(&self) -> String;
}

impl<T: std::fmt::Debug> PartialEqDebug for T {
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

/// Runs every world once, eight at a time, and then the checks of each.
fn every_world(check: impl Fn(&mut Case) + Sync) {
    let worlds: Vec<_> = World::all().collect();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let directory = std::env::temp_dir().join(format!("speech-endpoint-agreement-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some((name, toml)) = worlds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let file = directory.join(format!("{name}.json"));
                    let saved = file.display().to_string();
                    let output = doctor(&["--lab", name, "--format", "json", "--save", &saved]);
                    let document = serde_json::from_slice(&output.stdout).unwrap_or_default();
                    let world = World::parse(toml).expect("a world");
                    let mut case = Case { name, world, file, document, code: code(&output), wrong: Vec::new() };
                    case.check("standard error", &text(&output.stderr), &"");
                    check(&mut case);
                    wrong.lock().expect("no panic").append(&mut case.wrong);
                }
            });
        }
    });
    fs::remove_dir_all(&directory).expect("removed");
    let wrong = wrong.into_inner().expect("no panic");
    println!("{} worlds", worlds.len());
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_report_agrees_with_its_world_exit_code_evidence_and_formats() {
    let schema = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema/doctor.schema.json")).expect("it");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    every_world(|case| {
        for fault in schema::faults(&schema, &case.document) {
            case.wrong.push(format!("{}: {fault}", case.name));
        }
        agrees_with_its_world(case);
        agrees_with_its_evidence(case);
        agrees_in_every_format(case);
        follows_what_is_wanted(case);
    });
}

fn agrees_with_its_world(case: &mut Case) {
    let expect = case.world.expect().clone();
    let document = case.document.clone();
    let code = case.code;
    case.check("exit code of the process", &code, &i64::from(expect.exit_code));
    case.check("exit code in JSON", &document["exit_code"].as_i64(), &Some(i64::from(expect.exit_code)));
    case.check("verdict", &document["verdict"].as_str(), &Some(expect.verdict.as_str()));
    case.check("root cause", &document["root_cause"].as_str(), &expect.root_cause.as_deref());
    let found: BTreeSet<String> = case.ids(&["error", "warning", "info"]).into_iter().collect();
    case.check("findings", &found, &expect.findings.iter().cloned().collect::<BTreeSet<_>>());
}

/// Saved evidence must give the same report.
fn agrees_with_its_evidence(case: &mut Case) {
    let again = case.from(&["--format", "json"]);
    let code = case.code;
    case.check("exit code of --from", &self::code(&again), &code);
    let again: Value = serde_json::from_slice(&again.stdout).unwrap_or_default();
    let fields = ["findings", "verdict", "root_cause", "exit_code", "unexplained", "targets", "resource", "credential"];
    for field in fields.into_iter().filter(|field| again[field] != case.document[field]) {
        case.wrong.push(format!("{}: `{field}` of --from differs", case.name));
    }
}

fn agrees_in_every_format(case: &mut Case) {
    let expected = case.code;
    for format in ["text", "short", "markdown"] {
        let output = case.from(&["--format", format]);
        case.check(&format!("exit code of --format {format}"), &code(&output), &expected);
        let report = text(&output.stdout);
        if let Some(cause) = case.document["root_cause"].as_str().filter(|cause| !report.contains(cause)) {
            case.wrong.push(format!("{}: {format} does not name {cause}", case.name));
        }
        if format == "markdown" {
            for word in private(case) {
                if report.to_lowercase().contains(&word) {
                    let line = report.lines().find(|line| line.to_lowercase().contains(&word)).unwrap_or_default();
                    case.wrong.push(format!("{}: markdown holds `{word}`: {line}", case.name));
                }
            }
        }
    }
}

/// Returns what Markdown must not contain: the name of the resource, private addresses and the host of a proxy.
fn private(case: &Case) -> BTreeSet<String> {
    let evidence = fs::read_to_string(&case.file).unwrap_or_default();
    let runs = evidence.split(|c: char| !(c.is_ascii_hexdigit() || c == '.' || c == ':'));
    let address = |run: &str| {
        let run = run.trim_matches(':');
        let bare = run.rsplit_once(':').map_or(run, |(address, _)| address);
        run.parse::<IpAddr>().or_else(|_| bare.parse()).ok()
    };
    let is_private = |address: &IpAddr| match address {
        IpAddr::V4(address) => address.is_private() || address.octets()[0] == 100 && address.octets()[1] & 0xc0 == 64,
        IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
    };
    let mut words: BTreeSet<String> =
        runs.filter_map(address).filter(is_private).map(|address| address.to_string()).collect();
    words.extend(case.document["resource"]["custom_domain"].as_str().map(str::to_lowercase));
    let targets = case.document["targets"].as_array().into_iter().flatten();
    let proxies = targets.filter_map(|target| target["proxy"].as_str()?.strip_prefix("http://")?.split(':').next());
    words.extend(proxies.map(str::to_lowercase));
    words
}

/// Checks `--only`, `--ignore` and `--fail-on`.
fn follows_what_is_wanted(case: &mut Case) {
    let (errors, warnings) = (case.ids(&["error"]), case.ids(&["warning"]));
    let cannot_begin = case.document["targets"].as_array().is_none_or(Vec::is_empty);
    let is_refused = case.document["remarks"].as_array().into_iter().flatten().any(|remark| remark["is_error"] == true);
    let of = |case: &Case, args: &[&str]| code(&case.from(&[args, &["--format", "short"]].concat()));
    // A warning changes the exit code only with `--fail-on warn`.
    let with_warnings = of(case, &["--fail-on", "warn"]);
    let counts = !errors.is_empty() || !warnings.is_empty();
    case.check("--fail-on warn", &(with_warnings != 0), &counts);
    if !errors.is_empty() {
        let code = case.code;
        case.check("--fail-on warn beside an error", &with_warnings, &code);
    }
    // An ignored finding does not count, unless it prevented the check of a host.
    if counts && !cannot_begin && !is_refused {
        let all = [errors.clone(), warnings.clone()].concat().join(",");
        let found = of(case, &["--fail-on", "warn", "--ignore", &all]);
        case.check("--ignore of all", &found, &0);
        let found = of(case, &["--fail-on", "warn", "--only", "ENV05"]);
        case.check("--only of something else", &found, &0);
    }
    if let Some(cause) = case.document["root_cause"].as_str().map(str::to_owned) {
        let (found, expected) = (of(case, &["--only", &cause]), case.code);
        case.check("--only of the root cause", &found, &expected);
    }
}

#[test]
fn the_lab_has_the_same_exit_code_in_every_format() {
    for (world, expected) in [("DNS03", 20), ("AUTH01-foreign-key", 70), ("healthy-regional", 0), ("CFG01", 10)] {
        for format in ["text", "short", "json", "markdown"] {
            let output = doctor(&["--lab", world, "--format", format]);
            assert_eq!(code(&output), expected, "{world} as {format}: {}", text(&output.stdout));
            assert!(!output.stdout.is_empty());
        }
    }
}

#[test]
fn evidence_of_an_older_version_can_be_read() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/evidence");
    let file = std::env::temp_dir().join(format!("speech-endpoint-older-{}.json", std::process::id()));
    let mut tried = 0;
    for entry in fs::read_dir(directory).expect("the directory") {
        let path = entry.expect("an entry").path();
        let mut evidence: Value = serde_json::from_str(&fs::read_to_string(&path).expect("a file")).expect("JSON");
        // An older version lacks the fields that are empty here.
        tried += without_what_says_nothing(&mut evidence);
        // A newer version may add unknown fields.
        evidence["invented_later"] = Value::from(1);
        evidence["machine"]["invented_later"] = Value::from("x");
        fs::write(&file, evidence.to_string()).expect("written");
        let report = |path: &Path| doctor(&["--from", &path.display().to_string(), "--format", "json"]);
        let (old, new) = (report(&file), report(&path));
        assert_eq!(text(&old.stderr), "", "{}", path.display());
        assert_eq!(code(&old), code(&new), "{}", path.display());
        assert_eq!(text(&old.stdout), text(&new.stdout), "{}", path.display());
    }
    fs::remove_file(&file).expect("removed");
    println!("{tried} fields left out");
    assert!(tried > 200, "{tried}");
}

#[test]
fn evidence_of_version_1_is_reported_and_that_of_a_newer_version_is_refused() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let saved = tests.join("evidence-version-1/wrong-key.json");
    let output = doctor(&["--from", &saved.display().to_string(), "--format", "json"]);
    assert_eq!((code(&output), text(&output.stderr)), (70, String::new()));
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    // The report has the spelling that it always had.
    assert_eq!(document["second_key"]["fault"], serde_json::json!(["CFG10", "the key has a blank"]));
    let tries = document["targets"][0]["stages"]["auth"]["facts"]["tries"].as_array().expect("tries");
    let ways: Vec<&Value> = tries.iter().map(|other| &other["way"]).collect();
    assert_eq!(ways, ["issue-token", "with the second key", "at contoso.cognitiveservices.azure.com"]);
    let companion = document["targets"].as_array().and_then(|targets| targets.last()).expect("a target");
    assert_eq!(companion["purpose"], "Entra token host");
    assert_eq!(companion["stages"]["tcp"]["facts"]["reference"][0], "www.microsoft.com");

    let newer = fs::read_to_string(tests.join("evidence/configuration.json")).expect("a file");
    let file = std::env::temp_dir().join(format!("speech-endpoint-newer-{}.json", std::process::id()));
    fs::write(&file, newer.replace("\"schema_version\": 2", "\"schema_version\": 3")).expect("written");
    let output = doctor(&["--from", &file.display().to_string()]);
    fs::remove_file(&file).expect("removed");
    let line = text(&output.stderr);
    assert_eq!((code(&output), line.lines().count()), (2, 1), "{line}");
    assert!(line.contains("it has schema version 3, and this program reads versions 1 to 2"), "{line}");
}

/// Removes nulls, empty lists, empty texts and `false`. Returns the number of removed values.
fn without_what_says_nothing(value: &mut Value) -> usize {
    match value {
        Value::Array(items) => items.iter_mut().map(without_what_says_nothing).sum(),
        Value::Object(fields) => {
            let before = fields.len();
            fields.retain(|name, value| {
                let is_empty = value.as_array().is_some_and(Vec::is_empty) || value.as_str() == Some("");
                // `traces` is required even if it is empty.
                name == "traces" || !(value.is_null() || is_empty || *value == false)
            });
            before - fields.len() + fields.values_mut().map(without_what_says_nothing).sum::<usize>()
        }
        _ => 0,
    }
}

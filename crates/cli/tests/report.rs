//! Reports of saved evidence, through the built binary with `doctor --from`.
#![allow(clippy::disallowed_methods, reason = "UPDATE_GOLDEN is read from the environment")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};

mod schema;

fn run(args: &[&str], env: &[(&str, &str)]) -> Output {
    crate::support::program()
        .args(args)
        .envs(env.iter().copied())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the binary runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// Returns every evidence file of the directory with its name.
fn evidence() -> Vec<(String, PathBuf)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/evidence");
    let mut files: Vec<(String, PathBuf)> = fs::read_dir(directory)
        .expect("the directory")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), path))
        .collect();
    files.sort();
    assert!(files.len() >= 7, "{files:?}");
    files
}

fn report(path: &Path, args: &[&str]) -> String {
    let path = path.display().to_string();
    let output = run(&[&["doctor", "--from", &path], args].concat(), &[]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{path} {args:?}");
    stdout(&output)
}

fn document(path: &Path, args: &[&str]) -> Value {
    serde_json::from_str(&report(path, &[&["--format", "json"], args].concat())).expect("JSON")
}

#[test]
fn reports_match_their_golden_files() {
    let mut failures = Vec::new();
    let formats: [(&str, &str, &[&str]); 5] = [
        ("80.txt", "80", &["--format", "text"]),
        ("120.txt", "120", &["--format", "text"]),
        ("color.txt", "80", &["--format", "text", "--color", "always"]),
        ("short.txt", "80", &["--format", "short"]),
        ("md", "80", &["--format", "markdown"]),
    ];
    for (name, path) in evidence() {
        for (ending, columns, args) in formats {
            let golden = format!("{}/../../tests/golden/doctor/{name}.{ending}", env!("CARGO_MANIFEST_DIR"));
            let path = path.display().to_string();
            let output = run(&[&["doctor", "--from", &path], args].concat(), &[("COLUMNS", columns)]);
            let report = stdout(&output).replace(env!("CARGO_PKG_VERSION"), "VERSION");
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                fs::write(&golden, &report).expect("written");
            }
            if fs::read_to_string(&golden).ok().as_deref() != Some(report.as_str()) {
                failures.push(format!("{golden}:\n{report}"));
            }
        }
    }
    assert!(failures.is_empty(), "not as reviewed (UPDATE_GOLDEN=1 rewrites them):\n{}", failures.join("\n"));
}

#[test]
fn reports_for_pipelines_match_their_golden_files() {
    let mut failures = Vec::new();
    for name in ["private-name-public-address", "proxy-credentials", "well-regional"] {
        for (ending, format) in PIPELINES {
            let golden = format!("{}/../../tests/golden/doctor/{name}.{ending}", env!("CARGO_MANIFEST_DIR"));
            let evidence = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../tests/evidence/{name}.json"));
            let report = report(&evidence, &["--format", format]).replace(env!("CARGO_PKG_VERSION"), "VERSION");
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                fs::write(&golden, &report).expect("written");
            }
            if fs::read_to_string(&golden).ok().as_deref() != Some(report.as_str()) {
                failures.push(format!("{golden}:\n{report}"));
            }
        }
    }
    assert!(failures.is_empty(), "not as reviewed (UPDATE_GOLDEN=1 rewrites them):\n{}", failures.join("\n"));
}

/// The ending of the golden file of each format for pipelines and monitoring.
const PIPELINES: [(&str, &str); 5] =
    [("html", "html"), ("junit.xml", "junit"), ("sarif", "sarif"), ("github.txt", "github"), ("prom", "prometheus")];

#[test]
fn sarif_follows_its_schema_and_has_the_same_fingerprints_in_each_run() {
    let schema = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schema/sarif-2.1.0.json"));
    let schema: Value = serde_json::from_str(&schema.expect("the schema")).expect("JSON");
    let mut results = 0;
    for (name, path) in evidence() {
        let log = |args: &[&str]| -> Value {
            serde_json::from_str(&report(&path, &[&["--format", "sarif"], args].concat())).expect("JSON")
        };
        let first = log(&[]);
        assert_eq!(schema::faults(&schema, &first), Vec::<String>::new(), "{name}");
        let run = &first["runs"][0];
        for result in run["results"].as_array().expect("results") {
            results += 1;
            let index = usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("an index");
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"], "{name}");
            assert!(result["partialFingerprints"]["findingAtPlace/v1"].is_string(), "{name}: {result}");
        }
    }
    assert!(results >= 8, "{results} results");
}

#[test]
fn every_format_has_the_same_exit_code_and_is_written_to_a_file() {
    let file = std::env::temp_dir().join(format!("speech-endpoint-format-{}", std::process::id()));
    for (_, path) in evidence() {
        let path = path.display().to_string();
        let plain = run(&["doctor", "--from", &path], &[]);
        for (_, format) in PIPELINES {
            let args = ["doctor", "--from", &path, "--format", format];
            let printed = run(&args, &[]);
            let written = run(&[&args[..], &["--output", &file.display().to_string()]].concat(), &[]);
            assert_eq!((printed.status.code(), written.status.code()), (plain.status.code(), plain.status.code()));
            assert_eq!(fs::read(&file).expect("a file"), printed.stdout, "{format}");
        }
    }
    fs::remove_file(&file).expect("removed");
}

#[test]
fn json_follows_its_schema() {
    let schema =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema/doctor.schema.json")).expect("the schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let mut failures = Vec::new();
    for (name, path) in evidence() {
        for fault in schema::faults(&schema, &document(&path, &[])) {
            failures.push(format!("{name}: {fault}"));
        }
    }
    let unread = run(&["doctor", "--region", "en-US", "--format", "json"], &[]);
    assert_eq!(unread.status.code(), Some(10));
    failures.extend(schema::faults(&schema, &serde_json::from_slice(&unread.stdout).expect("JSON")));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn json_contains_the_documented_fields() {
    let (_, path) = evidence().into_iter().find(|(name, _)| name == "private-name-public-address").expect("evidence");
    let document = document(&path, &[]);
    assert_eq!(document["schema_version"], 1);
    assert_eq!(document["observed_at"], "2026-01-01T00:00:00Z");
    let target = &document["targets"][0];
    let stages: Vec<&String> = target["stages"].as_object().expect("stages").keys().collect();
    assert_eq!(stages.len(), 7, "{stages:?}");
    let dns = &target["stages"]["dns"];
    assert_eq!(
        (&dns["status"], &dns["took_ms"], &dns["skipped_because"]),
        (&json!("passed"), &json!(2.1), &Value::Null)
    );
    let facts = &dns["facts"];
    assert_eq!(facts["chain"].as_array().map(Vec::len), Some(4));
    assert_eq!((&facts["fingerprint"], &facts["region"]), (&json!("B"), &json!("westeurope")));
    assert_eq!(facts["addresses"], json!([{ "ip": "20.50.1.7", "class": "public" }]));
    let server = &facts["servers"][0];
    assert_eq!((&server["address"], &server["rcode"]), (&json!("168.63.129.16:53"), &json!("NOERROR")));
    assert_eq!(target["stages"]["auth"]["skipped_because"], "http");
}

#[test]
fn evidence_that_is_none_is_one_line_and_exit_code_2() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/doctor.schema.json");
    for file in [manifest, vectors, "/nonexistent.json"] {
        let output = run(&["doctor", "--from", file], &[]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), error.lines().count()), (Some(2), 1), "{error}");
        assert!(error.starts_with("error: cannot read `"), "{error}");
    }
}

#[test]
fn saved_evidence_gives_the_same_report_and_is_private_to_its_owner() {
    let file = std::env::temp_dir().join(format!("speech-endpoint-report-{}.json", std::process::id()));
    let name = file.display().to_string();
    for (_, path) in evidence() {
        let first = report(&path, &["--save", &name]);
        assert_eq!(report(&file, &[]), first);
        let read =
            |path: &Path| serde_json::from_str::<Value>(&fs::read_to_string(path).expect("a file")).expect("JSON");
        assert_eq!(read(&file), read(&path));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    }
    let unwritable = run(&["doctor", "--from", &name, "--save", "/nonexistent/evidence.json"], &[]);
    assert_eq!(unwritable.status.code(), Some(1));
    assert!(stdout(&unwritable).contains("westeurope"), "the report appears all the same");
    fs::remove_file(&file).expect("removed");
}

#[test]
fn terminal_control_characters_are_not_written() {
    let (_, path) = evidence().into_iter().find(|(name, _)| name == "wrong-key").expect("evidence");
    let planted =
        fs::read_to_string(path).expect("a file").replace("Access denied", "\\u001b]0;x\\u0007\\u202eAccess denied");
    let file = std::env::temp_dir().join(format!("speech-endpoint-escape-{}.json", std::process::id()));
    fs::write(&file, planted).expect("written");
    for format in ["text", "short", "markdown"] {
        let report = report(&file, &["--format", format, "--color", "always", "-v"]);
        assert!(!report.contains("\u{1b}]") && !report.contains(['\u{7}', '\u{202e}']), "{report:?}");
    }
    fs::remove_file(&file).expect("removed");
}

#[test]
fn invalid_arguments_are_usage_errors() {
    for (args, wanted) in [
        (&["--only", "DNS99"][..], "did you mean `DNS14`?"),
        (&["--ignore", "DNS03,nonsense"], "expected ids"),
        (&["--timeout", "0"], "expected seconds above 0"),
        (&["--timeout", "-1"], ""),
        (&["--timeout", "NaN"], "expected seconds above 0"),
        (&["--jobs", "0"], "expected a number from 1 to 256"),
        (&["--dns-server", "resolver"], "expected an address"),
        (&["--ip", "5"], ""),
        (&["--key-env", "UNSET_VARIABLE"], "is not set"),
        (&["--ca-file", "/nonexistent.pem"], "cannot read"),
    ] {
        let output = run(&[&["doctor", "--region", "westeurope"], args].concat(), &[]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), error.lines().count()), (Some(2), 1), "{args:?}: {error}");
        assert!(error.contains(wanted), "{args:?}: {error}");
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn the_plan_is_printed_without_using_the_network() {
    let output = run(&["doctor", "--custom-domain", "contoso", "--network", "private-endpoint", "--plan"], &[]);
    let plan = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{plan}");
    assert!(plan.contains("private  wss://contoso.cognitiveservices.azure.com/stt/"), "{plan}");
    let output =
        run(&["doctor", "--region", "westeurope", "--entra", "--expect", "any", "--plan", "--format", "json"], &[]);
    let plan: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let targets: Vec<(&Value, &Value)> = plan["targets"]
        .as_array()
        .expect("targets")
        .iter()
        .map(|target| (&target["host"], &target["expect"]))
        .collect();
    assert_eq!(
        targets,
        [
            (&json!("westeurope.stt.speech.microsoft.com"), &json!("any")),
            (&json!("westeurope.tts.speech.microsoft.com"), &json!("any")),
            (&json!("login.microsoftonline.com"), &json!("public")),
        ]
    );
}

#[test]
fn only_urls_and_commands_exceed_the_width() {
    for (name, path) in evidence() {
        for line in report(&path, &["-v"]).lines().filter(|line| line.chars().count() > 80) {
            let is_command = line.starts_with("               ") && !line.starts_with("                ");
            assert!(line.contains("://") || is_command, "{name}: {line}");
        }
    }
}

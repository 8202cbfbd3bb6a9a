//! A note that `resolve` prints on a resource or a service is also in the plan and in the report of the doctor.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use support::{Folder, text};

/// A resource with notes: arguments, environment, the services to take, and the ids of the notes on the resource.
type Case = (
    &'static [&'static str],
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
    &'static [&'static str],
);

const SPEECH: &[&str] = &["speech-to-text", "voices"];
const MODELS: &[&str] = &["openai-models"];

const CASES: &[Case] = &[
    (&["--region", "westeurop"], &[], SPEECH, &["unlisted_region"]),
    (&["--region", "atlantiscentral9"], &[], SPEECH, &["unlisted_region"]),
    (&["--region", "Virginia"], &[], SPEECH, &["region_alias"]),
    (&["--endpoint", "https://westeurope.tts.speech.microsoft.com/none"], &[], SPEECH, &["used_as_given"]),
    (&["--region", "chinanorth2"], &[], &["issue-token"], &[]),
    (&["--region", "usgovarizona"], &[], SPEECH, &[]),
    (
        &["--region", "eastus"],
        &[("SPEECH_ENDPOINT", "https://westus.api.cognitive.microsoft.com/")],
        SPEECH,
        &["CFG09"],
    ),
    (
        &[],
        &[("SPEECH_ENDPOINT", "https://eastus.api.cognitive.microsoft.com/"), ("SPEECH_REGION", "westeurope")],
        SPEECH,
        &["sdk_host", "CFG09"],
    ),
    (
        &[],
        &[("SPEECH_ENDPOINT", "https://eastus.api.cognitive.microsoft.com/"), ("SPEECH_REGION", "undefined")],
        SPEECH,
        &["sdk_host", "CFG01"],
    ),
    (&["--endpoint", "https://westeurope.api.cognitive.microsoft.com/sts/v1.0/issuetoken"], &[], SPEECH, &["CFG03"]),
    (
        &["--endpoint", "https://contoso.cognitiveservices.azure.com/sts/v1.0/issuetoken"],
        &[("SPEECH_REGION", "westeurope")],
        SPEECH,
        &["CFG03"],
    ),
    (&["--endpoint", "https://contoso.stt.speech.microsoft.com/"], &[], SPEECH, &["CFG02"]),
    (&["--endpoint", "wss://contoso.cognitiveservices.azure.com/speech/universal/v2"], &[], SPEECH, &["CFG04"]),
    (&["--endpoint", "https://contoso.privatelink.cognitiveservices.azure.com/"], &[], SPEECH, &["CFG07"]),
    (&["--custom-domain", "contoso.privatelink.cognitiveservices.azure.com"], &[], SPEECH, &["CFG07"]),
    (&["--endpoint", "https://contoso.openai.azure.com/"], &[], SPEECH, &["CFG08"]),
    (&["--endpoint", "https://contoso.openai.azure.com/openai/v1/"], &[], MODELS, &[]),
    (&["--endpoint", "https://contoso.openai.azure.com/openai/v1/"], &[], &["openai-realtime"], &[]),
    (&["--custom-domain", "contoso.services.ai.azure.com"], &[], SPEECH, &["CFG08"]),
    (&["--custom-domain", "contoso.services.ai.azure.com"], &[], &["voice-live"], &[]),
    (&["--host", "https://westeurope.stt.speech.microsoft.com/"], &[], SPEECH, &["azure_host"]),
    (&["--host", "ws://127.0.0.1:9"], &[], &["speech-to-text-v1", "text-to-speech"], &[]),
    (&["--region", "westeurope", "--facts", "FACTS"], &[], SPEECH, &["facts"]),
    (&["--account", "ACCOUNT"], &[], SPEECH, &["other_document"]),
    (&["--account", "ENVIRONMENT"], &[], SPEECH, &["settings", "sdk_host", "CFG09"]),
    (&["--custom-domain", "contoso"], &[], SPEECH, &[]),
    (&["--custom-domain", "contoso", "--region", "westeurope", "--network", "locked"], &[], SPEECH, &[]),
    (&["--custom-domain", "contoso", "--network", "private-endpoint"], &[], SPEECH, &[]),
];

/// An endpoint in a document that does not describe an account.
const ACCOUNT: &str = r#"{ "Endpoint": "https://contoso.cognitiveservices.azure.com/" }"#;

/// Settings that contradict each other.
const ENVIRONMENT: &str = "SPEECH_ENDPOINT=https://eastus.api.cognitive.microsoft.com/\nSPEECH_REGION=westeurope\n";

struct Files {
    folder: Folder,
}

impl Files {
    fn new() -> Self {
        let folder = Folder::new();
        fs::write(folder.path("ACCOUNT"), ACCOUNT).expect("a file");
        fs::write(folder.path("ENVIRONMENT"), ENVIRONMENT).expect("a file");
        let facts = run(&["facts", "--format", "json"], &[]);
        fs::write(folder.path("FACTS"), facts.stdout).expect("a file");
        Self { folder }
    }

    /// Returns the arguments of a case, with the paths of the files.
    fn arguments(&self, case: &Case) -> Vec<String> {
        let path = |argument: &&str| match *argument {
            "ACCOUNT" | "ENVIRONMENT" | "FACTS" => self.folder.path(argument),
            other => other.to_owned(),
        };
        let services = case.2.iter().flat_map(|service| ["--service", service]);
        case.0.iter().map(path).chain(services.map(str::to_owned)).collect()
    }
}

fn run(args: &[&str], env: &[(&str, &str)]) -> Output {
    support::program().args(args).envs(env.iter().copied()).output().expect("the binary runs")
}

fn ran(command: &[&str], args: &[String], env: &[(&str, &str)]) -> Output {
    let args: Vec<&str> = command.iter().copied().chain(args.iter().map(String::as_str)).collect();
    run(&args, env)
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("not JSON: {}", text(&output.stderr)))
}

/// Returns a text in one line, without the marks of Markdown.
fn flat(bytes: &[u8]) -> String {
    text(bytes).replace('\\', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the notes on each service by its id.
fn of_services(document: &Value, list: &str) -> Vec<(Value, Value)> {
    let items = document[list].as_array().expect("a list");
    items.iter().map(|item| (item["service"].clone(), item["notes"].clone())).collect()
}

fn messages(notes: &Value) -> impl Iterator<Item = &str> {
    notes.as_array().expect("notes").iter().map(|note| note["message"].as_str().or(note.as_str()).expect("a message"))
}

/// A name server that does not exist, so that no run leaves this machine.
const OFFLINE: &[&str] = &["--dns-server", "127.0.0.1:9", "--proxy", "none", "--timeout", "1"];

#[test]
fn the_doctor_prints_each_note_that_resolve_prints() {
    let files = Files::new();
    for case in CASES {
        let (args, env) = (files.arguments(case), case.1);
        let resolved = document(&ran(&["resolve", "--format", "json"], &args, env));
        let ids: Vec<&str> = resolved["notes"]
            .as_array()
            .expect("notes")
            .iter()
            .map(|note| note["id"].as_str().expect("an id"))
            .collect();
        assert_eq!(ids, case.3, "{args:?}: {resolved}");

        let plan = document(&ran(&["doctor", "--plan", "--format", "json"], &args, env));
        assert_eq!(plan["notes"], resolved["notes"], "{args:?}");
        assert_eq!(of_services(&plan, "targets"), of_services(&resolved, "endpoints"), "{args:?}");

        let evidence = files.folder.path("evidence.json");
        let saved = [&["doctor", "--format", "json", "--save", &evidence], OFFLINE].concat();
        let report = document(&ran(&saved, &args, env));
        assert_eq!(report["notes"], resolved["notes"], "{args:?}");
        assert_eq!(of_services(&report, "targets"), of_services(&resolved, "endpoints"), "{args:?}");

        let plan = ran(&["doctor", "--plan"], &args, env);
        let plan = format!("{} {}", flat(&plan.stdout), flat(&plan.stderr));
        let again = |more: &[&str]| flat(&run(&[&["doctor", "--from", &evidence], more].concat(), &[]).stdout);
        let texts = [plan, again(&["-v"]), again(&["--format", "markdown", "--share"])];
        let notes = of_services(&resolved, "endpoints");
        let all = messages(&resolved["notes"]).chain(notes.iter().flat_map(|(_, notes)| messages(notes)));
        for message in all {
            for written in &texts {
                assert!(written.contains(&flat(message.as_bytes())), "{args:?}: no `{message}` in {written}");
            }
        }
    }
}

#[test]
fn the_cases_have_each_note_on_a_resource() {
    let shown: BTreeSet<&str> = CASES.iter().flat_map(|case| case.3.iter().copied()).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let files = [
        "src/resolve/read/endpoint_url.rs",
        "src/resolve/name.rs",
        "src/resolve/facts.rs",
        "src/azure/read/named_account.rs",
        "src/azure/read/settings_text.rs",
        "crates/cli/src/settings/facts.rs",
        "crates/cli/src/settings/resource.rs",
    ];
    let mut made = BTreeSet::from(["CFG01".to_owned()]);
    for file in files {
        let source = fs::read_to_string(root.join(file)).expect("a source file");
        let ids = source
            .split("Note::new(")
            .skip(1)
            .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
        made.extend(ids.map(str::to_owned));
    }
    let missing: Vec<_> = made.iter().filter(|id| !shown.contains(id.as_str())).collect();
    assert!(missing.is_empty() && made.len() > 8, "{missing:?} of {made:?}");
}

#[test]
fn a_note_changes_neither_the_verdict_nor_the_exit_code() {
    let args = ["doctor", "--host", "ws://127.0.0.1:9", "--format", "json", "--proxy", "none"];
    let without = document(&run(&args, &[]));
    let with = document(&run(&args, &[("SPEECH_REGION", "undefined")]));
    assert_eq!(with["verdict"], without["verdict"]);
    assert_eq!(with["exit_code"], without["exit_code"]);
    assert_eq!(without["notes"], json!([]));
}

/// Azure OpenAI has no Speech service, so the host of Speech does not matter to a run that asks for none.
#[test]
fn the_host_of_speech_is_noted_only_where_a_service_of_speech_is_asked_for() {
    let endpoint = ["--endpoint", "https://contoso.openai.azure.com/openai/v1/"];
    for (command, services, is_noted) in [
        // Without a service, it prints those of Speech too.
        ("resolve", &[][..], true),
        ("resolve", &["--service", "openai-realtime"], false),
        ("resolve", &["--service", "speech-to-text"], true),
        ("resolve", &["--service", "openai-realtime", "--service", "speech-to-text"], true),
        ("allowlist", &["--service", "openai-realtime"], false),
        ("allowlist", &["--service", "speech-to-text"], true),
    ] {
        for format in [&[][..], &["--format", "json"]] {
            let output = run(&[&[command], &endpoint[..], services, format].concat(), &[]);
            let all = format!("{}{}", text(&output.stdout), text(&output.stderr));
            assert_eq!(all.contains("CFG08"), is_noted, "{command} {services:?} {format:?}: {all}");
        }
    }
}

#[test]
fn the_second_host_of_foundry_is_not_noted_at_itself() {
    let plan = document(&run(&["doctor", "--foundry", "contoso", "--plan", "--format", "json"], &[]));
    let has_note = |host: &str| {
        let target = plan["targets"].as_array().expect("targets").iter().find(|target| target["host"] == host);
        target.unwrap_or_else(|| panic!("{host} is missing: {plan}"))["notes"].to_string().contains("the same path at")
    };
    assert!(has_note("contoso.openai.azure.com") && !has_note("contoso.services.ai.azure.com"));
}

/// A value that was not filled in never becomes a region.
#[test]
fn a_region_that_was_not_filled_in_is_refused_by_every_command() {
    for command in [&["resolve"][..], &["doctor"], &["doctor", "--plan"], &["allowlist"]] {
        for value in ["undefined", "null", "YOUR_REGION", "${SPEECH_REGION}"] {
            let output = run(command, &[("SPEECH_REGION", value)]);
            assert_eq!(output.status.code(), Some(10), "{command:?} {value}");
            assert!(text(&output.stderr).contains("CFG01"), "{command:?} {value}: {}", text(&output.stderr));
        }
    }
}

//! Runs the built binary as people and scripts use it.
#![allow(clippy::print_stdout, reason = "the counts are part of what the tests show")]
#![allow(clippy::disallowed_methods, reason = "UPDATE_GOLDEN is read from the environment")]

mod support;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::Value;
use speech_endpoint::Area;

/// Runs the binary with an empty environment.
fn run(args: &[&str], env: &[(&str, &str)], stdin: &str) -> Output {
    let mut child = crate::support::program()
        .args(args)
        .envs(env.iter().copied())
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // A run that does not read its input may end before the write.
    let _ = child.stdin.take().expect("a pipe").write_all(stdin.as_bytes());
    child.wait_with_output().expect("the binary ends")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

fn resolve(args: &[&str]) -> Output {
    run(&[&["resolve"], args].concat(), &[], "")
}

/// Returns the JSON of a run that must succeed.
fn json(args: &[&str]) -> Value {
    let output = resolve(&[args, &["--format", "json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", stderr(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn every_error_is_one_clear_line_with_the_documented_exit_code() {
    let mut failures = Vec::new();
    let vectors = vectors("refusals");
    for vector in &vectors {
        let texts =
            |name: &str| vector[name].as_array().map(|list| list.iter().map(text).collect()).unwrap_or_default();
        let given: Vec<String> = texts("args");
        let mut args: Vec<&str> = vec!["resolve"];
        args.extend(given.iter().map(String::as_str));
        let env: Vec<(String, String)> = vector["env"]
            .as_object()
            .map_or_else(Vec::new, |env| env.iter().map(|(k, v)| (k.clone(), text(v))).collect());
        let env: Vec<(&str, &str)> = env.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let stdin = vector["stdin"].as_str().unwrap_or_default();
        let mut fail = |what: String| failures.push(format!("{}\n    {what}", text(&vector["doc"])));

        let output = run(&args, &env, stdin);
        let (out, err) = (stdout(&output), stderr(&output));
        if output.status.code().map(i64::from) != vector["code"].as_i64() {
            fail(format!("exit code {:?}: {err}", output.status.code()));
        }
        if !out.is_empty() {
            fail(format!("standard output is not empty: {out}"));
        }
        if !err.starts_with("error: ") || err.trim_end().lines().count() != 1 {
            fail(format!("not one line of error: {err}"));
        }
        let contains: Vec<String> = texts("stderr_contains");
        contains
            .iter()
            .filter(|wanted| !err.contains(*wanted))
            .for_each(|wanted| fail(format!("lacks {wanted:?}: {err}")));

        args.extend(["--format", "json"]);
        let output = run(&args, &env, stdin);
        let out = stdout(&output);
        if output.status.code().map(i64::from) != vector["code"].as_i64() {
            fail(format!("exit code {:?} with JSON", output.status.code()));
        }
        match serde_json::from_str::<Value>(&out) {
            Ok(document)
                if document["errors"][0]["code"] == vector["json_code"]
                    && document["endpoints"] == serde_json::json!([]) => {}
            other => fail(format!("the JSON lacks the error {}: {other:?}", vector["json_code"])),
        }
        let lacks: Vec<String> = texts("stderr_lacks");
        for secret in lacks {
            if err.contains(&secret) || out.contains(&secret) || stderr(&output).contains(&secret) {
                fail("shows a secret".to_owned());
            }
        }
    }
    println!("{} refusals", vectors.len());
    assert!(failures.is_empty(), "{} failures:\n  {}", failures.len(), failures.join("\n  "));
}

#[test]
fn the_json_has_the_documented_structure() {
    let document = json(&[
        "--custom-domain",
        "contoso",
        "--region",
        "westeurope",
        "--network",
        "private-endpoint",
        "--service",
        "speech-to-text",
    ]);
    let expected = serde_json::json!({
        "schema_version": 1,
        "resource": { "cloud": "public", "region": "westeurope", "custom_domain": "contoso", "scenario": "private_endpoint" },
        "endpoints": [ { "service": "speech-to-text", "method": "GET", "protocol": "websocket",
                         "url": "wss://contoso.cognitiveservices.azure.com/stt/speech/universal/v2",
                         "accepts": ["key", "entra", "entra_composed"], "expect_address": "private",
                         "status": "current", "discovery": "none", "notes": [] } ],
        "errors": [],
        "notes": [],
    });
    assert_eq!(document, expected);
}

#[test]
fn every_network_selects_its_scenario() {
    for (network, scenario) in [
        ("unknown", "custom_domain_unknown"),
        ("open", "custom_domain_open"),
        ("private-endpoint", "private_endpoint"),
        ("service-endpoint", "service_endpoint"),
        ("private-and-service-endpoint", "pe_and_service_endpoint"),
        ("disabled", "disabled_private_endpoint"),
        ("ip-rules", "custom_domain_selected_ip_only"),
        ("locked", "custom_domain_locked"),
    ] {
        let document = json(&["--custom-domain", "contoso", "--region", "westeurope", "--network", network]);
        assert_eq!(document["resource"]["scenario"], scenario, "{network}");
    }
}

#[test]
fn a_service_without_a_url_does_not_hide_the_others() {
    let output =
        resolve(&["--region", "westeurope", "--service", "voices", "--service", "custom-commands", "--format", "json"]);
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(output.status.code(), Some(10));
    assert_eq!(document["endpoints"][0]["service"], "voices");
    assert_eq!(document["errors"][0]["code"], "retired");
}

#[test]
fn the_environment_names_the_resource_and_arguments_take_precedence() {
    let region =
        |output: &Output| serde_json::from_slice::<Value>(&output.stdout).expect("JSON")["resource"]["region"].clone();
    let args = ["resolve", "--service", "voices", "--format", "json"];
    assert_eq!(region(&run(&args, &[("SPEECH_REGION", "West Europe")], "")), "westeurope");
    let endpoint = ("SPEECH_ENDPOINT", "https://eastus.api.cognitive.microsoft.com/");
    assert_eq!(region(&run(&args, &[endpoint], "")), "eastus");
    let overruled = run(&[&args[..], &["--region", "northeurope"]].concat(), &[endpoint], "");
    assert_eq!(region(&overruled), "northeurope");
    assert!(stdout(&overruled).contains("CFG09"), "{}", stdout(&overruled));
}

#[test]
fn an_account_can_be_read_from_standard_input() {
    let account = vectors("accounts")[0]["json"].to_string();
    let output = run(&["resolve", "--account", "-", "--service", "speech-to-text", "--format", "json"], &[], &account);
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(document["resource"]["scenario"], "pe_and_service_endpoint");
    assert_eq!(document["resource"]["region"], "westeurope");
}

#[test]
fn output_can_go_to_a_file() {
    let file = scratch("output.json");
    let output = resolve(&["--region", "westeurope", "--format", "json", "--output", file.to_str().expect("UTF-8")]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), ""));
    assert!(serde_json::from_str::<Value>(&fs::read_to_string(&file).expect("the file")).is_ok());
    fs::remove_file(file).expect("the file");

    let output = resolve(&["--region", "westeurope", "--output", "no/such/folder/file"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).starts_with("error: cannot write `no/such/folder/file`"), "{}", stderr(&output));
}

#[test]
fn colour_follows_the_option_and_the_environment() {
    let coloured = |args: &[&str], env: &[(&str, &str)]| {
        stdout(&run(&[&["resolve", "--region", "westeurope"], args].concat(), env, "")).contains('\u{1b}')
    };
    assert!(coloured(&["--color", "always"], &[]));
    assert!(!coloured(&["--color", "never"], &[]));
    assert!(!coloured(&[], &[]), "a pipe gets no colours");
    assert!(!coloured(&[], &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "")]));
}

#[test]
fn help_and_version_go_to_standard_output() {
    for args in
        [&["--help"][..], &["resolve", "--help"], &["allowlist", "--help"], &["completions", "--help"], &["--version"]]
    {
        let output = run(args, &[], "");
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{args:?}");
        assert!(stdout(&output).len() > 10);
    }
    for command in ["resolve", "doctor", "allowlist", "account", "posture", "facts", "explain", "lab", "completions"] {
        assert!(stdout(&run(&[command, "--help"], &[], "")).contains("Examples:"), "{command}");
    }
    let help = stdout(&run(&["--help"], &[], ""));
    for area in Area::ALL.iter().filter(|area| **area != Area::Configuration) {
        let Some(code) = area.exit_code() else { continue };
        let line = help.lines().find(|line| line.starts_with(&format!("  {code}  ")));
        assert!(line.is_some_and(|line| line.contains(area.id())), "{code} {area}: {help}");
    }
}

#[test]
fn a_missing_command_lists_all_commands() {
    let output = run(&[], &[], "");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""));
    assert!(stderr(&output).contains("Usage: speech-endpoint <COMMAND>"), "{}", stderr(&output));
    assert!(stderr(&output).trim_end().lines().last().is_some_and(|line| line.starts_with("error: ")));
    for command in
        ["resolve", "doctor", "allowlist", "account", "posture", "facts", "explain", "lab", "completions", "--help"]
    {
        assert!(stderr(&output).contains(&format!("`{command}`")), "{}", stderr(&output));
    }
}

#[test]
fn the_manual_page_has_every_command_with_its_options() {
    let manual = stdout(&run(&["completions", "man"], &[], ""));
    assert!(!manual.contains("(1)"), "there is no other page");
    for (command, option) in
        [("DOCTOR", "\\-\\-only"), ("LAB", "\\-\\-output"), ("RESOLVE", "\\-\\-discovery"), ("EXPLAIN", "\\-\\-format")]
    {
        let section = manual.split(&format!("\n.SH {command}\n")).nth(1).unwrap_or_default();
        let section = section.split("\n.SH ").next().unwrap_or_default();
        assert!(section.contains(option) && section.contains(".SS EXAMPLES"), "{command}: {section}");
    }
}

#[test]
fn completions_exist_for_every_shell() {
    for (shell, mark) in [
        ("bash", "complete"),
        ("zsh", "#compdef"),
        ("fish", "complete --"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
        ("man", ".TH"),
    ] {
        let output = run(&["completions", shell], &[], "");
        assert!(stdout(&output).contains(mark), "{shell}");
    }
    assert_eq!(run(&["completions", "tcsh"], &[], "").status.code(), Some(2));
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let mut child = crate::support::program()
        .args(["resolve", "--region", "westeurope", "-v"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the binary ends");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn the_allowlist_depends_on_resource_service_and_credential() {
    let list = |args: &[&str], env: &[(&str, &str)]| -> Value {
        let output = run(&[&["allowlist", "--format", "json"], args].concat(), env, "");
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let hosts = |list: &Value| -> Vec<String> {
        list["hosts"].as_array().expect("a list").iter().map(|host| text(&host["host"])).collect()
    };

    let private = list(
        &[
            "--custom-domain",
            "contoso",
            "--network",
            "private-endpoint",
            "--service",
            "speech-to-text",
            "--entra",
            "cli",
        ],
        &[],
    );
    assert_eq!(hosts(&private), ["contoso.cognitiveservices.azure.com", "login.microsoftonline.com"]);
    assert_eq!(private["hosts"][0]["address"], "private");
    assert_eq!(private["zones"][0]["private"], "privatelink.cognitiveservices.azure.com");
    assert_eq!(private["zones"][0]["forward"], "cognitiveservices.azure.com");

    let regional = list(&["--region", "usgovvirginia", "--service", "text-to-speech"], &[]);
    assert_eq!(hosts(&regional), ["usgovvirginia.tts.speech.azure.us"]);
    assert_eq!(regional["service_tags"][0], "CognitiveServicesManagement");

    let token = "eyJhbGciOiJIUzI1NiJ9.eyJyZWdpb24iOiJ3ZXN0ZXVyb3BlIiwicHJvZHVjdC1pZCI6IlNwZWVjaFNlcnZpY2VzLlMwIn0.c2ln";
    let issued =
        list(&["--region", "westeurope", "--service", "text-to-speech", "--token-env", "TOKEN"], &[("TOKEN", token)]);
    assert_eq!(hosts(&issued), ["westeurope.tts.speech.microsoft.com", "westeurope.api.cognitive.microsoft.com"]);

    let identity = list(&["--custom-domain", "contoso", "--service", "voices", "--entra", "managed-identity"], &[]);
    assert!(hosts(&identity).contains(&"169.254.169.254".to_owned()));
}

#[test]
fn a_malformed_credential_is_rejected_without_being_shown() {
    for (key, fault) in [
        ("0123456789abcdef 123456789abcdef", "blanks"),
        ("\"0123456789abcdef0123456789abcdef\"", "quotes"),
        ("your-key", "placeholder"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln", "token"),
    ] {
        let output = run(&["allowlist", "--region", "westeurope"], &[("SPEECH_KEY", key)], "");
        assert_eq!(output.status.code(), Some(10), "{fault}");
        assert!(stderr(&output).contains("CFG10") && stderr(&output).contains(fault), "{}", stderr(&output));
        assert!(!stderr(&output).contains(key), "{fault}");
    }
    let composed = run(
        &["allowlist", "--region", "westeurope", "--token-env", "T"],
        &[("T", "aad#/subscriptions/x#eyJh.eyJh.c2ln")],
        "",
    );
    assert!(stderr(&composed).contains("CFG11"), "{}", stderr(&composed));
}

#[test]
fn commonly_confused_hosts_resolve_to_the_right_one() {
    // The given endpoint, the service, the correct URL, and the note about the difference.
    let rows = [
        (
            "wss://westeurope.api.cognitive.microsoft.com/speech/universal/v2",
            "speech-to-text",
            "wss://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2",
            "CFG03",
        ),
        (
            "https://contoso.cognitiveservices.azure.com/cognitiveservices/v1",
            "text-to-speech",
            "https://contoso.cognitiveservices.azure.com/tts/cognitiveservices/v1",
            "CFG04",
        ),
        (
            "https://contoso.cognitiveservices.azure.com/stt/speechtotext/transcriptions",
            "speech-to-text-rest",
            "https://contoso.cognitiveservices.azure.com/speechtotext/transcriptions?api-version=2025-10-15",
            "CFG04",
        ),
        (
            "https://contoso.privatelink.cognitiveservices.azure.com/",
            "voices",
            "https://contoso.cognitiveservices.azure.com/tts/cognitiveservices/voices/list",
            "CFG07",
        ),
        (
            "https://contoso.services.ai.azure.com/stt/speech/universal/v2",
            "speech-to-text",
            "wss://contoso.cognitiveservices.azure.com/stt/speech/universal/v2",
            "CFG08",
        ),
        (
            "wss://contoso.stt.speech.microsoft.com/speech/universal/v2",
            "speech-to-text",
            "wss://contoso.stt.speech.microsoft.com/stt/speech/universal/v2",
            "CFG02",
        ),
    ];
    for (endpoint, service, url, note) in rows {
        let document = json(&["--endpoint", endpoint, "--service", service]);
        assert_eq!(document["endpoints"][0]["url"], url, "{endpoint}");
        assert_eq!(document["notes"][0]["id"], note, "{endpoint}");
    }
    let own = resolve(&["--endpoint", "https://westeurope.cognitiveservices.azure.com/", "--service", "voices"]);
    assert!(stderr(&own).contains("--region westeurope"), "{}", stderr(&own));
    let voice = resolve(&["--region", "westeurope", "--service", "text-to-speech", "--deployment", "D"]);
    assert!(stderr(&voice).contains("use `custom-voice`"), "{}", stderr(&voice));
    let custom = json(&["--region", "westeurope", "--service", "custom-voice", "--deployment", "D"]);
    assert_eq!(
        custom["endpoints"][0]["url"],
        "https://westeurope.voice.speech.microsoft.com/cognitiveservices/v1?deploymentId=D"
    );
}

#[test]
fn an_unusual_credential_is_noted() {
    let notes = |env: (&str, &str), args: &[&str]| {
        let output =
            run(&[&["allowlist", "--custom-domain", "contoso", "--service", "voices"], args].concat(), &[env], "");
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stderr(&output)
    };
    assert!(notes(("SPEECH_KEY", "0123456789abcdef"), &[]).contains("CFG10: the key has 16 characters"));
    assert_eq!(notes(("SPEECH_KEY", "0123456789abcdef0123456789abcdef"), &[]), "");
    let id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/fabrikam";
    assert!(notes(("T", &format!("aad#{id}#eyJh.eyJh.c2ln")), &["--token-env", "T"]).contains("CFG11"));
    assert!(notes(("T", ""), &["--entra", "--resource-id", id]).contains("CFG11"));
}

#[test]
fn no_output_contains_a_planted_secret() {
    let key = "c0ffee00c0ffee00c0ffee00c0ffee00";
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJwbGFudGVkIjoic2VjcmV0In0.cGxhbnRlZA";
    let composed = format!(
        "aad#/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/contoso#{token}"
    );
    let secrets = [key, token, &composed];
    let mut runs = 0;
    for secret in secrets {
        let query = format!("x={secret}");
        let in_url = format!("https://contoso.cognitiveservices.azure.com/?Ocp-Apim-Subscription-Key={secret}");
        let in_path = format!("https://evil.example/{secret}");
        let with_password = format!("https://user:{secret}@contoso.cognitiveservices.azure.com/");
        for command in ["resolve", "allowlist"] {
            for argument in [
                "--region",
                "--custom-domain",
                "--endpoint",
                "--host",
                "--account",
                "--cloud",
                "--network",
                "--service",
                "--format",
                "--output",
                "--key",
                "--key-env",
                "--token-file",
            ] {
                for value in [secret, &in_url, &in_path, &with_password, &query] {
                    if argument == "--output" {
                        continue;
                    }
                    for extra in [
                        &["-vv"][..],
                        &["--format=json"],
                        &["--region=westeurope", "--query", value],
                        &["--region=westeurope", "--deployment", value, "--language", value],
                    ] {
                        let output =
                            run(&[&[command, argument, value], extra].concat(), &[("SPEECH_KEY", secret)], value);
                        let shown = stdout(&output) + &stderr(&output);
                        // The path of a missing file is shown, so that a user can find the mistake.
                        let names_a_file =
                            matches!(argument, "--account" | "--token-file") && shown.contains("cannot read");
                        assert!(names_a_file || !shown.contains(secret), "{command} {argument} {extra:?}: {shown}");
                        assert_ne!(output.status.code(), Some(101), "{command} {argument}: a panic: {shown}");
                        runs += 1;
                    }
                }
            }
        }
    }
    println!("{runs} runs");
}

#[test]
fn listening_on_the_addresses_of_a_world_needs_a_machine_that_has_them() {
    let folder = scratch("client");
    let output = run(&["lab", "healthy-regional", "--listen", "--write", &folder.to_string_lossy()], &[], "");
    let err = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert!(err.starts_with("error: cannot listen on 168.63.129.16:53: "), "{err}");
    assert!(err.contains("network namespace") && !folder.exists(), "{err}");
}

#[test]
fn every_output_matches_its_golden_file() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut failures = Vec::new();
    let list = fs::read_to_string(golden("commands.txt")).expect("the list of commands");
    for line in list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (file, command) = line.split_once(": ").expect("FILE: COMMAND");
        let args: Vec<&str> = command.split(' ').collect();
        let got = stdout(&run(&args, &[], ""));
        let path = golden(file);
        if update {
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(&path, &got).expect("the golden file");
        } else if fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n") != got {
            failures.push(format!("{file} ({command}):\n{got}"));
        }
    }
    assert!(failures.is_empty(), "UPDATE_GOLDEN=1 rewrites them, for review:\n{}", failures.join("\n"));
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(name)
}

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("speech-endpoint-{}-{name}", std::process::id()))
}

fn vectors(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(name).with_extension("json");
    serde_json::from_str(&fs::read_to_string(path).expect("a readable file")).expect("a list")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

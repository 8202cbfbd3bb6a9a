//! The failure catalogue, the texts that match its entries, and the command that explains both.
#![allow(clippy::print_stdout, reason = "the counts are part of what the tests show")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use speech_endpoint::{Area, KnownFailure};

#[test]
fn the_catalogue_matches_its_vectors() {
    let (vectors, mut failures) = (vectors("catalogue"), Vec::new());
    let ids: Vec<&str> = KnownFailure::all().map(|failure| failure.id).collect();
    let expected: Vec<String> = vectors.iter().map(|vector| text(&vector["id"])).collect();
    assert_eq!((ids.len(), vectors.iter().filter(|vector| vector["core"] == true).count()), (105, 63));
    assert_eq!(ids, expected);
    for (failure, vector) in KnownFailure::all().zip(&vectors) {
        let got = serde_json::json!({
            "id": failure.id, "stage": failure.area.id(), "severity": failure.severity.id(), "core": failure.is_core,
            "see": failure.see,
        });
        if got != *vector {
            failures.push(format!("expected {vector}\n       got {got}"));
        }
        if failure.is_confirmed() == vector["see"].is_null() {
            failures.push(format!("{}: confirmed without a source, or the reverse", failure.id));
        }
        if KnownFailure::find(&failure.id.to_lowercase()) != Some(failure) {
            failures.push(format!("{} is not found by its id", failure.id));
        }
    }
    report("catalogue", vectors.len(), &failures);
}

#[test]
fn every_area_has_failures_and_its_documented_exit_code() {
    let codes: Vec<Option<u8>> = Area::ALL.iter().map(|area| area.exit_code()).collect();
    let expected = [10, 20, 30, 40, 50, 60, 60, 70, 80, 90];
    assert_eq!(codes[..10], expected.map(Some));
    assert_eq!(codes[10], None);
    for area in Area::ALL {
        assert!(KnownFailure::all().any(|failure| failure.area == area), "{area}");
    }
}

#[test]
fn every_text_of_the_catalogue_is_a_phrase_of_limited_length() {
    let mut failures = Vec::new();
    let titles: BTreeSet<&str> = KnownFailure::all().map(|failure| failure.title).collect();
    assert_eq!(titles.len(), KnownFailure::all().count(), "a title stands twice");
    for failure in KnownFailure::all() {
        let mut fail = |what: String| failures.push(format!("{}: {what}", failure.id));
        // A title must fit on a line of 80 columns, after the id and the severity.
        if failure.title.chars().count() > 61 {
            fail(format!("the title has {} characters", failure.title.len()));
        }
        for word in failure.title.split(' ').filter(|word| word.contains(|c: char| c.is_ascii_uppercase())) {
            if !NAMES.contains(&word) {
                fail(format!("`{word}` in the title is not in lower case"));
            }
        }
        let sentences = [
            failure.title,
            failure.observed,
            failure.cause,
            failure.tell_apart,
            failure.remedy,
            failure.evidence,
            failure.severity_when.unwrap_or("x"),
        ];
        for sentence in sentences.iter().chain(failure.commands) {
            if sentence.is_empty() || sentence.len() > 400 || sentence.contains('\n') || sentence.trim() != *sentence {
                fail(format!("empty, long or ragged: {sentence:?}"));
            }
            if sentence.contains("  ") && !failure.commands.contains(sentence) {
                fail(format!("two blanks: {sentence:?}"));
            }
        }
        for sentence in sentences {
            let first = sentence.split(' ').next().unwrap_or_default();
            if sentence.ends_with('.') || sentence.matches('`').count() % 2 == 1 {
                fail(format!("a full stop or an open quote: {sentence:?}"));
            }
            let begins_in_lower_case = first.starts_with(|c: char| !c.is_uppercase());
            if !begins_in_lower_case && !NAMES.contains(&first.trim_end_matches([',', ';'])) {
                fail(format!("does not begin in lower case: {sentence:?}"));
            }
        }
        for vague in ["check your", "check the network", "make sure", "contact your"] {
            if failure.remedy.contains(vague) {
                fail(format!("the remedy is vague: {vague:?}"));
            }
        }
        if let Some(see) = failure.see {
            let is_neutral = !see.contains("/en-us/") && !see.ends_with('/');
            if !see.starts_with("https://") || !is_neutral {
                fail(format!("not a link without a locale: {see}"));
            }
        }
    }
    report("texts of the catalogue", KnownFailure::all().count(), &failures);
}

#[test]
fn every_id_in_a_text_refers_to_an_entry() {
    let mut count = 0;
    for failure in KnownFailure::all() {
        let texts = [failure.observed, failure.cause, failure.tell_apart, failure.remedy, failure.evidence].concat();
        for word in texts.split(|c: char| !c.is_ascii_alphanumeric()) {
            let area = word.trim_end_matches(|c: char| c.is_ascii_digit());
            let is_area = !area.is_empty() && KnownFailure::all().any(|known| known.id.starts_with(area));
            // `NAT64` and `DNS64` look like ids.
            if is_area && word.len() == area.len() + 2 && word != "DNS64" {
                assert!(KnownFailure::find(word).is_some_and(|known| known != failure), "{}: {word}", failure.id);
                count += 1;
            }
        }
    }
    println!("{count} references");
    assert!(count > 5);
}

fn report(what: &str, count: usize, failures: &[String]) {
    println!("{count} {what}");
    assert!(failures.is_empty(), "{what}: {} failures:\n  {}", failures.len(), failures.join("\n  "));
}

fn vectors(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(name).with_extension("json");
    serde_json::from_str(&fs::read_to_string(path).expect("a readable file")).expect("a list")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Words that are written with capitals wherever they stand.
const NAMES: [&str; 25] = [
    "AAAA",
    "Azure",
    "CONNECT",
    "DNS",
    "DigiCert",
    "Entra",
    "Foundry",
    "HTML",
    "HTTP",
    "ID",
    "IPv4",
    "IPv6",
    "MTU",
    "NXDOMAIN",
    "OpenAI",
    "SDK",
    "SERVFAIL",
    "SNI",
    "TCP",
    "TLS",
    "URL",
    "VNet",
    "VPN",
    "WebSocket",
    "WebSockets",
];

mod command {
    use std::io::Write as _;
    use std::process::{Output, Stdio};

    use speech_endpoint::diagnosed_ids;

    use super::{KnownFailure, Value, fs, vectors};

    /// Runs the binary with an empty environment.
    fn run(args: &[&str], env: &[(&str, &str)], stdin: &str) -> Output {
        let mut child = crate::support::program()
            .args(args)
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        // A run that does not read its input may end before the write.
        let _ = child.stdin.take().expect("a pipe").write_all(stdin.as_bytes());
        child.wait_with_output().expect("the binary ends")
    }

    fn explain(args: &[&str]) -> Output {
        run(&[&["explain"], args].concat(), &[], "")
    }

    fn stdout(output: &Output) -> String {
        String::from_utf8(output.stdout.clone()).expect("UTF-8")
    }

    fn stderr(output: &Output) -> String {
        String::from_utf8(output.stderr.clone()).expect("UTF-8")
    }

    /// Returns the output of a run that must succeed without messages.
    fn shown(args: &[&str]) -> String {
        let output = explain(args);
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{args:?}");
        stdout(&output)
    }

    fn json(args: &[&str]) -> Value {
        serde_json::from_str(&shown(&[args, &["--format", "json"]].concat())).expect("JSON")
    }

    fn ids(document: &Value) -> Vec<String> {
        let failures = document["failures"].as_array().expect("a list").iter();
        failures.map(|failure| failure["id"].as_str().expect("an id").to_owned()).collect()
    }

    #[test]
    fn the_list_has_one_line_per_failure_by_stage() {
        let text = shown(&[]);
        for failure in KnownFailure::all() {
            let lines: Vec<&str> = text.lines().filter(|line| line.contains(failure.id)).collect();
            assert_eq!(lines.len(), 1, "{}", failure.id);
            assert!(lines[0].contains(failure.title) && lines[0].contains(failure.severity.id()));
        }
        for header in ["configuration   exit code 10", "dns   exit code 20", "quota   exit code 90", "environment"] {
            assert_eq!(text.lines().filter(|line| *line == header).count(), 1, "{header}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!(ids(&json(&[])).len(), 105);
    }

    #[test]
    fn an_entry_has_its_labels_in_order_and_unwrapped_commands() {
        let mut runs = 0;
        for failure in KnownFailure::all() {
            let text = shown(&[&failure.id.to_lowercase()]);
            let mut lines = text.lines();
            assert_eq!(lines.next(), Some(format!("{}  {}", failure.id, failure.title).as_str()));
            let labels = ["symptom", "cause", "distinguish", "do", "evidence", "see", "check"];
            let starts: Vec<usize> =
                labels.iter().map(|label| text.find(&format!("\n  {label:<12}")).expect(label)).collect();
            assert!(starts.is_sorted(), "{text}");
            for command in failure.commands {
                assert!(text.lines().any(|line| line.trim() == *command), "{}: {command}", failure.id);
            }
            let elsewhere = ["windows", "macos"].into_iter().flat_map(|system| failure.commands_on(system));
            let commands: Vec<&str> = failure.commands.iter().copied().chain(elsewhere).collect();
            assert!(commands.iter().all(|command| text.contains(command)), "{}", failure.id);
            let is_sentence = |line: &&str| !commands.iter().any(|command| line.ends_with(command));
            for line in text.lines().filter(is_sentence).filter(|line| !line.contains("https://")) {
                assert!(line.chars().count() <= 80 && !line.ends_with(' '), "{line}");
            }
            runs += 1;
        }
        println!("{runs} entries");
    }

    #[test]
    fn several_ids_are_explained_once_each_in_the_given_order() {
        for args in [&["TCP02", "DNS03", "tcp02"][..], &["tcp02,dns03"], &["TCP02, DNS03;"], &["TCP02 DNS03"]] {
            assert_eq!(ids(&json(args)), ["TCP02", "DNS03"], "{args:?}");
        }
    }

    #[test]
    fn the_json_has_the_documented_structure() {
        let document = json(&["DNS05"]);
        let failure = KnownFailure::find("DNS05").expect("an id");
        let expected = serde_json::json!({
            "schema_version": 1,
            "failures": [ { "id": "DNS05", "stage": "dns", "exit_code": 20, "severity": "warning",
                            "severity_when": "an error where a private address is expected", "core": true,
                            "title": "the custom domain has no private endpoint",
                            "observed": failure.observed, "cause": failure.cause, "tell_apart": failure.tell_apart,
                            "remedy": { "text": failure.remedy, "commands": failure.commands },
                            "evidence": failure.evidence,
                            "see": "https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-private-link",
                            "confirmed": true, "has_rule": true, "rehearse": "speech-endpoint doctor --lab DNS05" } ],
            "test": "speech-endpoint doctor RESOURCE --only DNS05",
        });
        assert_eq!(document, expected);
        let environment = json(&["ENV01"]);
        assert_eq!(
            (&environment["failures"][0]["exit_code"], &environment["failures"][0]["see"]),
            (&Value::Null, &Value::Null)
        );
    }

    #[test]
    fn a_pasted_line_lists_the_ids_to_check() {
        let line = "Unable to contact server. StatusCode: 1006, Reason:  Unexpected server response: 404";
        let words: Vec<&str> = line.split(' ').collect();
        for args in [&[line][..], &words] {
            let text = shown(args);
            let start = "meaning        the host does not serve this path\n\nto check, the most likely first\n  CFG03 ";
            assert!(text.starts_with(start), "{text}");
            assert_eq!(ids(&json(args)), ["CFG03", "CFG04", "HTTP01", "CFG14", "CFG13", "DNS05"]);
            assert_eq!(json(args)["reading"], "the host does not serve this path");
        }
        let whole = shown(&["Unable to contact server. StatusCode: 1006, Reason:"]);
        assert!(whole.contains("\n  57 more with -v\n") && whole.lines().count() < 30, "{whole}");
        assert!(whole.contains("\n  speech-endpoint doctor RESOURCE\n"), "{whole}");
        let is_command = |line: &str| line.contains(" --only ");
        assert!(whole.lines().all(|line| line.chars().count() <= 80 || is_command(line)), "{whole}");
        let none = ["Failed to initialize platform (azure-c-shared). Error: 2153"];
        assert!(shown(&none).contains("no failure of the catalogue"));
        assert_eq!(json(&none)["failures"], serde_json::json!([]));
        assert_eq!(ids(&json(&["HTTP404"])), ids(&json(&[line])), "a status is not taken for an id");
    }

    #[test]
    fn a_dash_reads_the_text_from_standard_input() {
        let read = |stdin: &str, args: &[&str]| run(&[&["explain", "-"], args].concat(), &[], stdin);
        assert!(stdout(&read("DNS03\r\n", &[])).starts_with("DNS03  "));
        let log = "12:00 started\n12:01 Error details: 11001.\n12:02 done\n";
        assert!(stdout(&read(log, &[])).starts_with("meaning        the host name was not found\n"));
        for (stdin, expected) in [
            (String::new(), "nothing to explain"),
            (" \n".into(), "nothing to explain"),
            ("all works\n".into(), "not a known error"),
        ] {
            let output = read(&stdin, &[]);
            assert_eq!(output.status.code(), Some(2), "{expected}");
            assert!(stderr(&output).contains(expected), "{}", stderr(&output));
        }
        // Of a long log, the end is read.
        let endless = format!("{} HTTP 429\n", "x ".repeat(1 << 20));
        assert!(stdout(&read(&endless, &[])).contains("QUO01"), "the end of a long text");
        let wide: Vec<u8> = "\u{feff}HTTP 429\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let file = std::env::temp_dir().join(format!("speech-endpoint-{}-wide.log", std::process::id()));
        fs::write(&file, wide).expect("the file");
        let named = file.to_str().expect("UTF-8");
        assert!(shown(&[named]).contains("QUO01"), "a log of PowerShell");
        fs::remove_file(file).expect("the file");
    }

    #[test]
    fn an_unknown_id_or_text_gives_one_line_and_exit_code_two() {
        for (args, contains) in [
            (&["DNS99"][..], "`DNS99` is not in the failure catalogue; did you mean `DNS14`?"),
            (&["dns3"], "did you mean `DNS03`?"),
            (&["DSN03"], "did you mean `DNS03`?"),
            (&["DNS03", "TCP77"], "`TCP77` is not in the failure catalogue; did you mean `TCP11`?"),
            (&["ZZZ01"], "expected an id like `DNS03`"),
            (&["all works"], "the text is not a known error"),
            (&["all works"], "property `Speech_LogFilename`"),
            (&["missing.log"], "cannot read `missing.log` given to `explain`: there is no such file"),
            (&["./logs/app.txt"], "there is no such file"),
            (&[""], "nothing to explain"),
            (&[" ", ""], "nothing to explain"),
            (&["DNS03", "--format", "xml"], "--format"),
            (&["--nope"], "--nope"),
        ] {
            let output = explain(args);
            let (out, err) = (stdout(&output), stderr(&output));
            assert_eq!((output.status.code(), out.as_str()), (Some(2), ""), "{args:?}: {err}");
            assert!(err.starts_with("error: ") && err.trim_end().lines().count() == 1, "{args:?}: {err}");
            assert!(err.contains(contains), "{args:?}: {err}");
            assert!(!err.trim_end().ends_with('.'), "{err}");
        }
        for args in [&["DNS99"][..], &["all works"]] {
            let output = explain(&[args, &["--format=json"]].concat());
            let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
            assert_eq!((output.status.code(), &document["errors"][0]["code"]), (Some(2), &"usage".into()));
        }
    }

    #[test]
    fn a_pasted_line_is_never_shown() {
        let mut runs = 0;
        for planted in [
            "c0ffee00c0ffee00c0ffee00c0ffee00",
            "eyJhbGciOiJIUzI1NiJ9.eyJwbGFudGVkIjoic2VjcmV0In0.cGxhbnRlZA",
            "hunter2secret",
            "+Zz/Zz==plantedPLANTED",
        ] {
            for line in [
                planted.to_owned(),
                format!("Ocp-Apim-Subscription-Key: {planted} HTTP 401"),
                format!(
                    "wss://westeurope.stt.speech.microsoft.com/?Ocp-Apim-Subscription-Key={planted} StatusCode: 1006,"
                ),
                format!("DNS03 {planted}"),
                format!("DNS99 {planted}"),
                format!("{planted}\n{planted} all works"),
            ] {
                for extra in [&[][..], &["-vv"], &["--format", "json", "-v"], &["--color", "always"]] {
                    let given = run(&[&["explain", &line], extra].concat(), &[], "");
                    let read = run(&[&["explain", "-"], extra].concat(), &[], &line);
                    for output in [given, read] {
                        let all = stdout(&output) + &stderr(&output);
                        assert!(!all.contains(planted), "{line}: {all}");
                        assert!(matches!(output.status.code(), Some(0 | 2)), "{line}: {all}");
                        runs += 1;
                    }
                }
            }
            for args in [["explain", "--format", planted], ["explain", "--color", planted]] {
                let output = run(&args, &[], "");
                assert_eq!(output.status.code(), Some(2));
                assert!(planted.len() < 30 || !(stdout(&output) + &stderr(&output)).contains(planted));
            }
        }
        println!("{runs} runs");
    }

    #[test]
    fn every_vector_gives_valid_json_and_plain_text() {
        for vector in vectors("texts") {
            let line = vector["text"].as_str().expect("a text");
            let plain = run(&["explain", "-"], &[("NO_COLOR", "1")], line);
            let document = run(&["explain", "-", "--format", "json"], &[], line);
            let code = if vector["expect"].is_null() { 2 } else { 0 };
            assert_eq!((plain.status.code(), document.status.code()), (Some(code), Some(code)), "{line}");
            assert!(!stdout(&plain).contains('\u{1b}'));
            let document: Value = serde_json::from_slice(&document.stdout).expect("JSON");
            assert_eq!(document["schema_version"], 1);
            assert_eq!(document["reading"].is_string(), code == 0, "{line}");
        }
    }

    #[test]
    fn colour_and_output_file_work_as_in_other_commands() {
        let coloured = |args: &[&str], env: &[(&str, &str)]| {
            stdout(&run(&[&["explain", "DNS03"], args].concat(), env, "")).contains('\u{1b}')
        };
        assert!(coloured(&["--color", "always"], &[]));
        assert!(!coloured(&["--color", "never"], &[]));
        assert!(!coloured(&[], &[]), "a pipe gets no colours");
        assert!(!coloured(&[], &[("NO_COLOR", "1")]));

        let file = std::env::temp_dir().join(format!("speech-endpoint-{}-explain.txt", std::process::id()));
        let output = explain(&["DNS03", "--color", "always", "--output", file.to_str().expect("UTF-8")]);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), ""));
        assert_eq!(fs::read_to_string(&file).expect("the file"), shown(&["DNS03"]));
        fs::remove_file(file).expect("the file");

        let help = shown(&["--help"]);
        assert!(help.contains("Examples:") && help.contains("explain DNS03"), "{help}");
        let detail = stderr(&explain(&["DNS03", "-v"]));
        assert!(detail.starts_with("info: ") && detail.lines().count() == 1, "{detail}");
    }

    #[test]
    fn the_suggested_command_holds_what_the_text_says_and_is_valid() {
        for (line, command) in [
            ("Error details: 11001.", "speech-endpoint doctor RESOURCE --only DNS01,CFG01,CFG02,DNS04,PXY02"),
            (
                "wss://contoso.cognitiveservices.azure.us/stt/speech/universal/v2 connect ECONNREFUSED 10.1.0.4:443",
                "speech-endpoint doctor --custom-domain contoso --cloud usgov --service speech-to-text --only TCP02",
            ),
            (
                "https://westeurope.tts.speech.microsoft.com/cognitiveservices/voices/list HTTP 429",
                "speech-endpoint doctor --region westeurope --service voices --only QUO01",
            ),
            ("websocket error code: 1006", "speech-endpoint doctor RESOURCE"),
            (
                "a program failed with code 7: WS_OPEN_ERROR_UNDERLYING_IO_OPEN_FAILED",
                "speech-endpoint doctor RESOURCE",
            ),
        ] {
            assert_eq!(json(&[line])["test"], command, "{line}");
            assert!(shown(&[line]).contains(&format!("\n  {command}\n")), "{line}");
        }
        let known: Vec<&str> = diagnosed_ids().collect();
        let mut commands = 0;
        for vector in vectors("texts") {
            let line = vector["text"].as_str().expect("a text");
            let output = run(&["explain", "-", "--format", "json"], &[], line);
            let Ok(document) = serde_json::from_slice::<Value>(&output.stdout) else { continue };
            let command = document["test"].as_str().unwrap_or_default();
            let Some((_, only)) = command.split_once(" --only ") else { continue };
            let checked: Vec<String> = ids(&document).into_iter().filter(|id| known.contains(&id.as_str())).collect();
            assert_eq!(only, checked.join(","), "{line}");
            commands += 1;
        }
        println!("{commands} commands");
        assert!(commands > 20);
        let pasted = json(&["Error details: 11001."]);
        let command = pasted["test"].as_str().expect("a command").replace("RESOURCE", "--lab DNS01");
        let args: Vec<&str> = command.split(' ').skip(1).collect();
        let output = run(&args, &[], "");
        assert_eq!(output.status.code(), Some(20), "{command}: {}{}", stdout(&output), stderr(&output));
    }

    #[test]
    fn a_text_about_another_service_names_no_failure() {
        for line in [
            "https://api.cognitive.microsofttranslator.com/translate 403 Forbidden: out of call volume quota",
            "GET https://graph.microsoft.com/v1.0/me 401 Unauthorized",
            "https://contoso.blob.core.windows.net/x HTTP 404",
        ] {
            assert_eq!(json(&[line])["failures"], serde_json::json!([]), "{line}");
            let words: Vec<String> = shown(&[line]).split_whitespace().map(str::to_owned).collect();
            assert!(words.join(" ").contains("which does not belong to Speech"), "{line}");
        }
    }

    /// No cause is called likely, and no remedy is given.
    #[test]
    fn a_text_that_may_be_about_another_service_is_called_so() {
        let database = "psycopg2.OperationalError: connection to server at db, port 5432 failed: Connection refused";
        let long = "2016-12-15 14:56:54 WARNING notification 17 of 20 to the desk of Ann failed, retry later: Too Many Requests";
        let short = "429 Too Many Requests";
        for (text, about, note) in [
            (database, "other_service", "the text is about another service than Speech"),
            (long, "unclear", "nothing in the text names Speech: another service may have caused it"),
        ] {
            assert_eq!(json(&[text])["text"]["about"], about, "{text}");
            let output = shown(&[text]);
            let words: Vec<&str> = output.split_whitespace().collect();
            assert!(words.join(" ").contains(note), "{output}");
            assert!(!output.contains("\nlikely\n") && !output.contains("\n  do  "), "{output}");
        }
        assert_eq!(json(&[short])["text"]["about"], "speech");
        assert!(shown(&[short]).contains("\nlikely\n"));
    }

    #[test]
    fn an_entry_names_the_commands_that_check_and_reproduce_it() {
        let dns = shown(&["DNS03"]);
        assert!(dns.contains("\n  check       speech-endpoint doctor RESOURCE --only DNS03\n"), "{dns}");
        assert!(dns.ends_with("\n  reproduce   speech-endpoint doctor --lab DNS03\n"), "{dns}");
        let output = run(&["doctor", "--lab", "DNS03", "--only", "DNS03"], &[], "");
        assert_eq!(output.status.code(), Some(20));
        for failure in KnownFailure::all() {
            let document = json(&[failure.id]);
            let has_rule = diagnosed_ids().any(|id| id == failure.id);
            assert_eq!(document["failures"][0]["has_rule"], has_rule, "{}", failure.id);
            assert_eq!(document["test"].is_string(), has_rule, "{}", failure.id);
            // `tests/cases.rs` ensures that every rule has a world.
            assert_eq!(document["failures"][0]["rehearse"].is_string(), has_rule, "{}", failure.id);
        }
    }

    #[test]
    fn commands_of_this_program_in_remedies_are_valid() {
        let mut count = 0;
        for failure in KnownFailure::all() {
            for command in failure.commands.iter().filter_map(|command| command.strip_prefix("speech-endpoint ")) {
                let filled = command
                    .replace("SERVICE", "voices")
                    .replace("LANGUAGE", "en-US")
                    .replace("REGION", "westeurope")
                    .replace("NAME", "contoso");
                let mut args: Vec<&str> = filled.split(' ').collect();
                // A test reaches no service.
                args.extend((args[0] == "doctor").then_some("--plan"));
                let settings = [("SPEECH_REGION", "westeurope"), ("SPEECH_KEY", "3f9a1c7e5b2d48608f1e6a7c9d0b2e41")];
                let output = run(&args, &settings, "");
                assert_eq!(output.status.code(), Some(0), "{}: {command}: {}", failure.id, stderr(&output));
                count += 1;
            }
        }
        println!("{count} commands");
        assert!(count > 10);
    }
}

//! `doctor --lab`: every option takes effect in a world, or is refused. None is ignored.
#![allow(clippy::disallowed_methods, reason = "a lab begins at the real time")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Output;
use std::time::SystemTime;

use speech_endpoint_lab::{Lab, World};

/// What an option does in a world.
enum Effect {
    /// Exit code 2 and one line that names the option.
    Refused,
    /// The output contains this text with the option, and not without it.
    Shows(&'static str),
    /// The output contains this text without the option, and not with it.
    Hides(&'static str),
    /// The exit code, which is 0 without the option.
    Code(i32),
    /// The option names a file that is written.
    Writes,
}

use Effect::{Code, Hides, Refused, Shows, Writes};

/// An option with its value, the world with the other arguments, and the effect.
type Row = (&'static [&'static str], &'static [&'static str], Effect);

/// `PEM`, `KEY`, `TOKEN`, `BASELINE`, `CONFIG` and `FILE` stand for files: a certificate, a key, a token, the evidence of an
/// earlier run, a configuration, and one to write.
const ROWS: &[Row] = &[
    (&["--lab", "AUTH01-foreign-key"], &[], Shows("AUTH01")),
    // The world replaces the resource of a profile.
    (&["--profile", "office"], &[REGIONAL, "--plan", "--config", "CONFIG"], Shows("limits: 9 s total")),
    (&["--config", "CONFIG"], &[REGIONAL, "--plan"], Shows("5 hosts in parallel")),
    // The resource and the network are the world's.
    (&["--region", "westeurope"], &[REGIONAL], Refused),
    (&["--custom-domain", "contoso"], &[REGIONAL], Refused),
    (&["--endpoint", "https://westeurope.api.cognitive.microsoft.com"], &[REGIONAL], Refused),
    (&["--host", "ws://localhost:5000"], &[REGIONAL], Refused),
    (&["--account", "account.json"], &[REGIONAL], Refused),
    (&["--foundry", "contoso"], &[REGIONAL], Refused),
    (&["--foundry-with", "search=contoso-search"], &[REGIONAL], Refused),
    (&["--cloud", "china"], &[REGIONAL], Refused),
    (&["--network", "private-endpoint"], &[REGIONAL], Refused),
    (&["--synthesis-path", "/tts"], &[REGIONAL], Refused),
    (&["--dns-server", "10.0.0.2"], &[REGIONAL], Refused),
    (&["--proxy", "none"], &[REGIONAL], Refused),
    (&["--from", "evidence.json"], &[REGIONAL], Refused),
    (&["--facts", "FACTS"], &[REGIONAL], Shows("replaces 1 of the built-in facts")),
    (&["--azure", "AZURE"], &["healthy-private-endpoint"], Shows("DNS06")),
    (&["--live"], &["DNS06-address-of-no-endpoint"], Shows("(`live`)")),
    (&["--expect-denied"], &[REGIONAL], Code(80)),
    (&["--expect-denied"], &["POL01-public-access-disabled"], Shows("the denial is expected")),
    // The plan.
    (&["--plan"], &[REGIONAL], Shows("hosts in parallel")),
    (&["--expect", "public"], &["healthy-private-endpoint", "--plan"], Shows("  public   wss:")),
    (&["--service", "voices"], &[REGIONAL, "--plan"], Shows("voices/list")),
    (&["--language", "de-DE"], &[REGIONAL, "--plan"], Shows("language=de-DE")),
    (&["--mode", "dictation"], &[REGIONAL, "--service", "short-audio", "--plan"], Shows("/recognition/dictation/")),
    (&["--custom-model", ID], &[REGIONAL, "--plan"], Shows("cid=11111111-2222-3333-4444-555555555555")),
    (
        &["--deployment", ID],
        &[REGIONAL, "--service", "custom-voice", "--plan"],
        Shows("deploymentId=11111111-2222-3333-4444-555555555555"),
    ),
    (
        &["--api-version", "2024-05-15-preview"],
        &[REGIONAL, "--service", "fast-transcription", "--plan"],
        Shows("preview"),
    ),
    (&["--query", "profanity=raw"], &[REGIONAL, "--plan"], Shows("profanity=raw")),
    (&["--timeout", "7"], &[REGIONAL, "--plan"], Shows("limits: 7 s total")),
    (&["--hold", "1.5"], &[REGIONAL, "--plan"], Shows("idle for 1.5 s")),
    (&["--rounds", "3"], &[REGIONAL, "--plan"], Shows("up to 3 more connections")),
    (&["--deep"], &[REGIONAL], Shows("real-time factor")),
    (&["--baseline", "BASELINE"], &[REGIONAL, "--deep"], Shows("(before ")),
    (&["--check-revocation"], &[REGIONAL, "--plan"], Shows("revocation lists")),
    (&["--jobs", "3"], &[REGIONAL, "--plan"], Shows("3 hosts in parallel")),
    // The credential.
    (&["--key-env", "ANOTHER_KEY"], &[REGIONAL], Shows("AUTH01")),
    (&["--key-file", "KEY"], &[REGIONAL], Shows("AUTH01")),
    (&["--token-env", "A_TOKEN"], &[REGIONAL], Shows("token")),
    (&["--token-file", "TOKEN"], &[REGIONAL], Shows("token")),
    (&["--entra", "client-secret"], &["healthy-entra-private-endpoint"], Shows("AUTH11")),
    (
        &["--resource-id", ARM_ID],
        &["healthy-entra-private-endpoint", "--format", "json"],
        Shows("Entra token with resource id"),
    ),
    // The network.
    (&["--ca-file", "PEM"], &[REGIONAL, "--format", "json"], Shows("1 extra certificates")),
    (&["--ask-metadata"], &[REGIONAL, "--format", "json"], Shows("\"is_azure\": false")),
    (&["--ip", "6"], &[REGIONAL, "--format", "json"], Shows("\"unreachable\"")),
    // The watch.
    (&["--watch", "--runs", "1"], &[REGIONAL], Shows("stopped after 1 run: healthy")),
    (&["--every", "0", "--watch", "--runs", "3"], &[REGIONAL], Shows("stopped after 3 runs: healthy")),
    (&["--runs", "1", "--watch"], &[REGIONAL], Shows("stopped after 1 run: healthy")),
    (&["--metrics", "127.0.0.1:0", "--watch", "--runs", "1"], &[REGIONAL], Shows("note: metrics at http://127.0.0.1:")),
    #[cfg(feature = "otlp")]
    (
        &["--otlp", "http://127.0.0.1:9", "--watch", "--runs", "1"],
        &[REGIONAL],
        Shows("error: the collector at http://127.0.0.1:9/"),
    ),
    // The report.
    (&["--save", "FILE"], &[REGIONAL], Writes),
    (&["--output", "FILE"], &[REGIONAL], Writes),
    (&["--only", "DNS03"], &["AUTH01-foreign-key", "--format", "short"], Hides("AUTH01")),
    (&["--ignore", "AUTH01"], &["AUTH01-foreign-key", "--format", "short"], Hides("AUTH01")),
    (&["--fail-on", "warn"], &["TCP07-one-address-dead"], Code(30)),
    (&["--format", "json"], &[REGIONAL], Shows("\"schema_version\"")),
    (&["--share"], &["healthy-private-endpoint", "--format", "markdown"], Shows("contoso")),
    (&["--color", "always"], &[REGIONAL], Shows("\u{1b}[")),
    (&["--ascii"], &[REGIONAL], Hides("✓")),
    (&["--verbose"], &[REGIONAL], Shows("info: world: ")),
    (&["--help"], &[REGIONAL], Shows("Usage: ")),
    (&["--version"], &[REGIONAL], Shows(env!("CARGO_PKG_VERSION"))),
];

const REGIONAL: &str = "healthy-regional";

const ID: &str = "11111111-2222-3333-4444-555555555555";

const ARM_ID: &str = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/contoso";

/// A key of the right form that no world knows.
const KEY: &str = "3f9a1c7e5b2d48608f1e6a7c9d0b2e41";

/// One fact that differs from the built-in one.
const FACTS: &str = r#"{ "schema_version": 1, "facts": [ { "kind": "quota", "service": "voice-live", "name": "new connections",
    "value": "100 per minute", "source": "https://learn.microsoft.com/", "edition": "2026-12-01", "confirmed": true } ] }"#;

/// An account whose private endpoint has another address than the one that the name resolves to.
const AZURE: &str = r#"[ { "type": "Microsoft.CognitiveServices/accounts", "name": "contoso", "location": "westeurope",
    "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/contoso", "properties": {
    "customSubDomainName": "contoso", "privateEndpointConnections": [ { "properties": { "privateEndpoint": { "id": "/subscriptions/s/pe" },
    "privateLinkServiceConnectionState": { "status": "Approved" } } } ] } },
    { "type": "Microsoft.Network/privateEndpoints", "id": "/subscriptions/s/pe", "customDnsConfigs": [
    { "fqdn": "contoso.cognitiveservices.azure.com", "ipAddresses": [ "10.1.0.9" ] } ] } ]"#;

/// A configuration file.
const CONFIG: &str = "[defaults]\njobs = 5\n[profile.office]\nregion = \"westeurope\"\ntimeout = \"9s\"\n";

/// Not the form of any token.
const TOKEN: &str = "planted-token";

#[test]
fn every_option_takes_effect_in_a_world_or_is_refused() {
    let files = Files::new();
    let wrong: Vec<String> =
        ROWS.iter().filter_map(|row| Some(format!("{}: {}", row.0.join(" "), files.fault(row)?))).collect();
    assert!(wrong.is_empty(), "{} of {} options:\n{}", wrong.len(), ROWS.len(), wrong.join("\n"));
}

#[test]
fn every_option_has_a_row() {
    let rows: BTreeSet<String> = ROWS.iter().map(|(option, ..)| option[0].to_owned()).collect();
    let missing: Vec<_> = options().difference(&rows).cloned().collect();
    assert!(missing.is_empty(), "without a row: {missing:?}");
    let unknown: Vec<_> = rows.difference(&options()).cloned().collect();
    assert!(unknown.is_empty(), "not an option: {unknown:?}");
}

/// The long names of all options of `doctor`, as the parser of arguments knows them.
fn options() -> BTreeSet<String> {
    let completed = crate::support::completed(&["doctor", "--"]);
    assert!(!completed.is_empty(), "the options of doctor");
    completed.into_iter().filter(|word| word.starts_with("--")).collect()
}

fn run(args: &[&str]) -> Output {
    let mut command = crate::support::program();
    command.args(args).envs([("ANOTHER_KEY", KEY), ("A_TOKEN", TOKEN)]);
    command.output().expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The files that options name, in a folder that is removed in the end.
struct Files(PathBuf);

impl Files {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("speech-endpoint-options-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let lab = runtime.block_on(Lab::start(World::named(REGIONAL).expect("a world"), SystemTime::now()));
        for (name, content) in [
            ("PEM", lab.expect("it starts").root_pem().as_str()),
            ("KEY", KEY),
            ("TOKEN", TOKEN),
            ("FACTS", FACTS),
            ("AZURE", AZURE),
            ("CONFIG", CONFIG),
        ] {
            fs::write(folder.join(name), content).expect("written");
        }
        let files = Self(folder);
        let saved = files.path("BASELINE");
        let output = run(&["doctor", "--lab", REGIONAL, "--deep", "--save", &saved]);
        assert_eq!(output.status.code(), Some(0));
        files
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// Runs the command with the option and without it, and describes what is wrong.
    fn fault(&self, (option, others, effect): &Row) -> Option<String> {
        let named = |word: &&str| {
            let is_file = ["PEM", "KEY", "TOKEN", "FACTS", "AZURE", "BASELINE", "CONFIG", "FILE"].contains(word);
            if is_file { self.path(word) } else { (*word).to_owned() }
        };
        let option: Vec<String> = option.iter().map(named).collect();
        let others: Vec<String> = others.iter().map(named).collect();
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        let file = self.path("FILE");
        let _ = fs::remove_file(&file);
        let base = match others.as_slice() {
            [] => vec!["doctor"],
            [world, others @ ..] => [&["doctor", "--lab", world][..], others].concat(),
        };
        let with = run(&[&base[..], &option.iter().map(String::as_str).collect::<Vec<_>>()].concat());
        let without = run(&base);
        let shown = |output: &Output| text(&output.stdout) + &text(&output.stderr);
        let (after, before) = (shown(&with), shown(&without));
        let is_right = match effect {
            Refused => {
                let is_one_line = after.starts_with("error: ") && after.trim_end().lines().count() == 1;
                with.status.code() == Some(2) && is_one_line && after.contains(option[0].as_str())
            }
            Shows(text) => after.contains(text) && !before.contains(text),
            Hides(text) => before.contains(text) && !after.contains(text),
            Code(code) => (with.status.code(), without.status.code()) == (Some(*code), Some(0)),
            Writes => fs::metadata(&file).is_ok_and(|file| file.len() > 0),
        };
        (!is_right).then(|| format!("{:?}\n{after}\nwithout it:\n{before}", with.status.code()))
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

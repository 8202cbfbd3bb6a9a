//! No output of any command, in any format, at any verbosity, contains a secret or a piece of one: not a planted secret, not
//! that of a world's client, and not one that a server sends back.
#![allow(clippy::disallowed_methods, reason = "a lab begins at the real time")]
#![allow(clippy::print_stdout, reason = "the counts are part of what the tests show")]

mod support;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use speech_endpoint::diagnose;
use speech_endpoint::report::{self, ReportOptions};
use speech_endpoint_lab::{Lab, Rehearsal, World};

const KEY: &str = "7pLaNtEd8kEy9oF1rEsOuRcE2wItH3eIgHtY4fOuR5lEtTeRs6aNd7dIgItS8JQQJ99BKACYeBjFXJ3wXq9";
const SECOND_KEY: &str = "2sEcOnDkEyFoRrOtAtIoN9pLaNtEdToBeFoUnDnOwHeRe3vErYsEcReTiNdEeD5JQQJ99BKACYeBjF7tGb";
const OLD_KEY: &str = "c0ffee0ddba11feedbeef5ca1ab1e0d7";
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJwbGFudGVkIjoic2VjcmV0IGNsYWltIn0.cGxhbnRlZC1zaWduYXR1cmU";
const PASSWORD: &str = "Pr0xy-Gehe1mnis-77";

/// Every piece of twelve characters of the secrets, in plain text, base64 and percent-encoding, in lower case.
#[derive(Default)]
struct Planted(HashSet<Vec<u8>>);

impl Planted {
    fn of(secrets: &[&str]) -> Self {
        let mut planted = Self::default();
        for secret in secrets {
            planted.add(secret);
            planted.add(&STANDARD.encode(secret));
            planted.add(&URL_SAFE_NO_PAD.encode(secret));
            planted.add(&percent_encoded(secret));
        }
        planted
    }

    fn add(&mut self, text: &str) {
        self.0.extend(text.to_lowercase().as_bytes().windows(12).map(<[u8]>::to_vec));
    }

    /// Returns the first piece that a text contains.
    fn find(&self, text: &[u8]) -> Option<String> {
        let text = text.to_ascii_lowercase();
        let found = text.windows(12).position(|piece| self.0.contains(piece))?;
        let around = &text[found.saturating_sub(60)..(found + 72).min(text.len())];
        Some(String::from_utf8_lossy(around).into_owned())
    }
}

/// One run of the binary.
#[derive(Clone, Default)]
struct Run {
    args: Vec<String>,
    env: Vec<(&'static str, String)>,
    /// The files that the run may write.
    written: Vec<PathBuf>,
}

impl Run {
    fn of(args: &[&str]) -> Self {
        Self { args: args.iter().map(ToString::to_string).collect(), ..Self::default() }
    }

    fn with(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(ToString::to_string));
        self
    }

    fn env(mut self, name: &'static str, value: &str) -> Self {
        self.env.push((name, value.to_owned()));
        self
    }

    fn writes(mut self, argument: &str, file: &Path) -> Self {
        self.args.extend([argument.to_owned(), file.display().to_string()]);
        self.written.push(file.to_owned());
        self
    }
}

/// Executes all runs, eight at a time, and fails for those that show a secret.
fn search(runs: &[Run], planted: &Planted) {
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(run) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // The run must start before the lock is taken, or the runs would be serialised.
                    let faults = faults(run, planted);
                    wrong.lock().expect("no panic").extend(faults);
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no panic");
    println!("{} runs", runs.len());
    assert!(wrong.is_empty(), "{} of {} runs:\n{}", wrong.len(), runs.len(), wrong.join("\n"));
}

fn faults(run: &Run, planted: &Planted) -> Vec<String> {
    let mut command = crate::support::program();
    command.args(&run.args);
    if run.args.iter().any(|arg| arg == "doctor")
        && !run.args.iter().any(|arg| ["--lab", "--from"].contains(&arg.as_str()))
    {
        // No DNS query leaves this machine, because nothing listens at this address.
        command.args(["--dns-server", "127.0.0.1:9"]);
    }
    command.env("RUST_BACKTRACE", "full").envs(run.env.iter().cloned());
    let output = command.stdin(std::process::Stdio::null()).output().expect("the binary runs");
    let shown = format!("{:?} with {:?}", run.args, run.env.iter().map(|(name, _)| name).collect::<Vec<_>>());
    let mut outputs = vec![("standard output", output.stdout), ("standard error", output.stderr)];
    outputs.extend(run.written.iter().map(|file| ("a file", fs::read(file).unwrap_or_default())));
    let mut wrong = Vec::new();
    for (place, text) in &outputs {
        wrong.extend(planted.find(text).map(|piece| format!("{shown}: {place}: {piece}")));
    }
    if !matches!(output.status.code(), Some(0 | 1 | 2 | 10..=90)) {
        wrong.push(format!("{shown}: ended by {}", output.status));
    }
    wrong
}

fn directory(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("speech-endpoint-{name}-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory");
    directory
}

/// Puts secrets into every right place and many wrong ones, for every command and format.
#[test]
fn no_output_contains_a_planted_secret() {
    let directory = directory("planted");
    let composed = format!(
        "aad#/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/contoso#{TOKEN}"
    );
    let proxy = format!("http://svc:{PASSWORD}@127.0.0.1:9");
    let planted = Planted::of(&[KEY, SECOND_KEY, OLD_KEY, TOKEN, PASSWORD]);
    let mut runs = Vec::new();
    for (number, secret) in [KEY, OLD_KEY, TOKEN, &composed].into_iter().enumerate() {
        let file = directory.join(format!("{number}.txt"));
        fs::write(&file, format!("{secret}\n")).expect("written");
        let file = file.display().to_string();
        let given = [
            Run::default().env("SPEECH_KEY", secret).env("SPEECH_KEY_2", SECOND_KEY),
            Run::of(&["--key-env", "MINE"]).env("MINE", SECOND_KEY).env("SPEECH_KEY_2", secret),
            Run::of(&["--token-env", "MINE"]).env("MINE", secret),
            Run::of(&["--token-file", &file]),
            // Malformed as by a shell or an editor.
            Run::of(&["--key-env", "MINE"]).env("MINE", &format!("\"{secret}\"\r")),
            Run::default().env("SPEECH_KEY", SECOND_KEY).env("SPEECH_KEY_2", &format!("\"{secret}\"\r")),
            Run::default().env("SPEECH_KEY_2", secret),
        ];
        let resources: [&[&str]; 3] = [
            &["--region", "westeurope"],
            &["--custom-domain", "contoso", "--network", "private-endpoint"],
            &["--host", "ws://127.0.0.1:9"],
        ];
        for (one, given) in given.iter().enumerate() {
            for resource in resources.into_iter().skip(one % 3).take(1) {
                for format in ["text", "json"] {
                    let run = Run { args: vec!["allowlist".into()], ..given.clone() };
                    runs.push(run.with(&given_args(given)).with(resource).with(&["--format", format, "-vv"]));
                }
                let plan = Run { args: vec!["doctor".into()], ..given.clone() };
                runs.push(plan.with(&given_args(given)).with(resource).with(&["--plan", "-vv"]));
            }
            // Nothing listens at the container or the proxy.
            for format in DOCTOR_FORMATS {
                let saved = directory.join(format!("{number}-{one}-{format}.json"));
                let run = Run { args: vec!["doctor".into()], ..given.clone() }.env("HTTPS_PROXY", &proxy);
                let run = run.with(&given_args(given)).writes("--save", &saved);
                runs.push(run.clone().with(&[
                    "--host",
                    "ws://127.0.0.1:9",
                    "--timeout",
                    "0.3",
                    "--format",
                    format,
                    "-vv",
                ]));
                let through =
                    ["--region", "westeurope", "--proxy", &proxy, "--timeout", "0.1", "--format", format, "-v"];
                runs.push(run.with(&through));
            }
        }
        runs.extend(misplaced(secret));
    }
    for text in ["http://svc:", "ftp://svc:", "https://svc:"] {
        let proxy = format!("{text}{PASSWORD}@proxy.example:3128");
        runs.push(Run::of(&["doctor", "--region", "westeurope", "--timeout", "0.1", "--proxy", &proxy, "-vv"]));
        runs.push(Run::of(&["doctor", "--region", "westeurope", "--timeout", "0.1"]).env("HTTPS_PROXY", &proxy));
    }
    search(&runs, &planted);
    fs::remove_dir_all(&directory).expect("removed");
}

fn given_args(given: &Run) -> Vec<&str> {
    given.args.iter().map(String::as_str).collect()
}

/// Returns runs with a secret in place of another value.
fn misplaced(secret: &str) -> Vec<Run> {
    let in_query = format!("https://contoso.cognitiveservices.azure.com/?Ocp-Apim-Subscription-Key={secret}");
    let in_path = format!("wss://westeurope.stt.speech.microsoft.com/{secret}/v2");
    let in_user = format!("https://user:{secret}@contoso.cognitiveservices.azure.com/");
    let error = format!("WebSocket upgrade failed: 401 (key {secret}) wss://x.example/?access_token={secret}");
    let parameter = format!("access_token={secret}");
    let mut runs = Vec::new();
    for command in ["resolve", "doctor", "allowlist"] {
        let formats: &[&str] = match command {
            "resolve" => &["text", "json", "env", "curl", "snippet:python"],
            "doctor" => &DOCTOR_FORMATS,
            _ => &["text", "json"],
        };
        for format in formats {
            let end: &[&str] = if command == "doctor" { &["--timeout", "0.1", "-vv"] } else { &["-vv"] };
            let run = |args: &[&str]| Run::of(&[&[command], args, &["--format", format], end].concat());
            for value in [secret, &in_query, &in_path, &in_user] {
                runs.push(run(&["--region", value]));
                let first = if value == secret { "--custom-domain" } else { "--service" };
                runs.push(run(&["--region", "westeurope", first, value]));
                runs.push(run(&["--endpoint", value, "--region", "westeurope"]));
                runs.push(run(&["--host", value]));
                runs.push(run(&["--region", "westeurope", "--key-env", value]));
            }
            runs.push(run(&[]).env("SPEECH_ENDPOINT", &in_query));
            runs.push(run(&[]).env("SPEECH_REGION", secret));
            if command != "allowlist" {
                runs.push(run(&["--host", "ws://127.0.0.1:9", "--query", &parameter]));
                runs.push(run(&["--host", "ws://127.0.0.1:9", "--query", secret, "--language", secret]));
            }
        }
    }
    for argument in ["--lab", "--only", "--timeout", "--jobs", "--dns-server", "--expect", "--format", "--fail-on"] {
        runs.push(Run::of(&["doctor", "--region", "westeurope", "--timeout", "0.1", argument, secret]));
    }
    runs.extend([
        Run::of(&["lab", secret]),
        Run::of(&["completions", secret]),
        Run::of(&["explain", secret, "-vv"]),
        Run::of(&["explain", &error, "-vv"]),
        Run::of(&["explain", &error, "--format", "json"]),
        Run::of(&[secret]),
        Run::of(&["completions", "bash"]).env("SPEECH_KEY", secret),
        Run::of(&["lab", "list"]).env("SPEECH_KEY", secret),
    ]);
    runs
}

/// Every format of `doctor`.
const DOCTOR_FORMATS: [&str; 9] =
    ["text", "short", "json", "markdown", "html", "junit", "sarif", "github", "prometheus"];

/// Puts sign-in secrets into right and wrong places, for every source of Entra tokens.
#[test]
fn no_output_contains_a_secret_for_entra_sign_in() {
    let directory = directory("entra");
    let [tenant, id, _] = Lab::sign_in_variables();
    let planted = Planted::of(&[KEY, TOKEN, PASSWORD]);
    let mut runs = Vec::new();
    for (number, secret) in [KEY, TOKEN, PASSWORD].into_iter().enumerate() {
        let file = directory.join(format!("{number}.txt"));
        fs::write(&file, secret).expect("written");
        let file = file.display().to_string();
        let endpoint = format!("http://127.0.0.1:9/{secret}");
        let signed = Run::default().env(tenant.0, tenant.1).env(id.0, id.1);
        let given = [
            ("client-secret", signed.clone().env("AZURE_CLIENT_SECRET", secret)),
            ("client-secret", signed.clone().env(tenant.0, secret).env("AZURE_CLIENT_SECRET", secret)),
            ("client-secret", signed.clone().env(id.0, secret).env("AZURE_CLIENT_SECRET", secret)),
            ("workload", signed.clone().env("AZURE_FEDERATED_TOKEN_FILE", &file)),
            ("workload", signed.clone().env("AZURE_FEDERATED_TOKEN_FILE", secret)),
            ("managed-identity", Run::default().env("IDENTITY_ENDPOINT", &endpoint).env("IDENTITY_HEADER", secret)),
            ("managed-identity", Run::default().env("IDENTITY_ENDPOINT", secret).env("IDENTITY_HEADER", secret)),
            ("auto", signed.env("AZURE_CLIENT_SECRET", secret).env("AZURE_FEDERATED_TOKEN_FILE", &file)),
        ];
        for (one, (source, given)) in given.into_iter().enumerate() {
            for format in DOCTOR_FORMATS {
                let saved = directory.join(format!("{number}-{one}-{format}.json"));
                let world = ["doctor", "--lab", "healthy-entra-private-endpoint", "--format", format, "-vv"];
                runs.push(given.clone().with(&world).with(&["--entra", source]).writes("--save", &saved));
            }
            if source != "auto" {
                let proxy = format!("http://svc:{PASSWORD}@127.0.0.1:9");
                let there = ["doctor", "--region", "westeurope", "--proxy", &proxy, "--timeout", "0.4", "-vv"];
                runs.push(given.with(&there).with(&["--entra", source]));
            }
        }
    }
    search(&runs, &planted);
    fs::remove_dir_all(&directory).expect("removed");
}

/// Returns the credentials of the worlds' clients and of their proxies.
fn credentials_of(worlds: &[(&str, &str)]) -> Planted {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut planted = Planted::default();
    for (name, toml) in worlds {
        let world = World::parse(toml).unwrap_or_else(|error| panic!("{name}: {error}"));
        let lab = runtime.block_on(Lab::start(world, SystemTime::now())).expect("it starts");
        let second = lab.second_credential();
        planted.0.extend(second.into_iter().flat_map(|given| Planted::of(&[given.text.expose()]).0));
        let Some(given) = lab.credential() else { continue };
        let text = given.text.expose();
        // The timestamps of a token differ on each start, its header and signature do not; the resource id is not secret.
        let secret = text.strip_prefix("aad#").and_then(|rest| rest.split_once('#')).map_or(text, |(_, token)| token);
        for part in [secret, secret.split('.').next_back().unwrap_or_default()] {
            planted.0.extend(Planted::of(&[part]).0);
        }
    }
    planted.0.extend(Planted::of(&["correct-horse", "svc-speech:correct-horse"]).0);
    planted
}

#[test]
fn no_world_shows_the_credential_of_its_client() {
    let directory = directory("worlds");
    let worlds: Vec<_> = World::all().collect();
    let planted = credentials_of(&worlds);
    let mut runs = Vec::new();
    for (name, _) in &worlds {
        let saved = directory.join(format!("{name}.json"));
        runs.push(Run::of(&["doctor", "--lab", name, "--format", "json", "-vv"]).writes("--save", &saved));
        for format in ["text", "markdown"] {
            runs.push(Run::of(&["doctor", "--lab", name, "--format", format, "--share", "-vv"]));
        }
        runs.push(Run::of(&["doctor", "--lab", name, "--format", "short"]));
    }
    search(&runs, &planted);
    let again: Vec<Run> = worlds
        .iter()
        .map(|(name, _)| directory.join(format!("{name}.json")).display().to_string())
        .flat_map(|file| {
            let again = |format| Run::of(&["doctor", "--from", &file, "--format", format, "--share", "-vv"]);
            ["text", "html", "junit", "sarif", "github", "prometheus"].map(again)
        })
        .collect();
    search(&again, &planted);
    fs::remove_dir_all(&directory).expect("removed");
}

/// Uses a server that sends the credential back in every place that a report reads.
#[test]
fn a_credential_sent_back_by_a_server_is_not_kept() {
    let first = "1aB2cD3eF4gH5iJ6kL7mN8oP9qR1sT2uV3wX4yZ5aB6cD7eF8gH9JQQJ99BKACYeBjFXJ3w3AAAYACOG7xKq";
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let world = World::named("AUTH01-second-key-accepted").expect("a world");
    let lab = runtime.block_on(Lab::start(world, SystemTime::now())).expect("it starts");
    let second = lab.second_credential().expect("a second key");
    sent_back(first, "");
    sent_back(second.text.expose(), "[credential]\nkind = \"foreign-key\"\nsecond-key = true\n");
}

/// Sends back the first or second key of a world's client in every part of a response.
fn sent_back(key: &str, credential: &str) {
    let (half, last) = (&key[..30], &key[60..]);
    let encoded = STANDARD.encode(key);
    let login = STANDARD.encode("svc-speech:correct-horse");
    let percent = percent_encoded(key);
    let bodies = [
        format!("the key {key} is wrong"),
        format!("the key '{half}' and '{last}' is wrong"),
        format!(r#"{{\"error\":{{\"code\":\"{half}\",\"message\":\"no {last}, {encoded}\"}}}}"#),
        format!("Basic {} or {percent}", &encoded[..40]),
    ];
    let planted = Planted::of(&[key, "correct-horse", "svc-speech:correct-horse"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut wrong = Vec::new();
    let mut tried = 0;
    for body in &bodies {
        for (status, service) in [(401, "speech-to-text"), (403, "voices"), (302, "voices"), (101, "speech-to-text")] {
            for proxy in [
                String::new(),
                format!(
                    "[proxy]\nmode = \"forbid\"\nbody = \"{body} {login} svc-speech:correct-horse\"\ncredentials = \"svc-speech:correct-horse\"\nheaders = {{ via = \"{login} correct-horse\" }}\n"
                ),
            ] {
                let toml = format!(
                    "title = \"x\"\n[resource]\ncustom-domain = \"contoso\"\nnetwork = \"private-endpoint\"\nservices = [\"{service}\"]\n\
                     {credential}[[answer]]\nstatus = {status}\npath-prefix = \"/\"\nbody = \"{body}\"\n\
                     [answer.headers]\nserver = \"{half}\"\nx-ms-error = \"{key}\"\nwww-authenticate = \"Bearer {last}\"\n\
                     x-request-id = \"{encoded}\"\nlocation = \"https://{half}.example/{half}/{last}?k={key}#{key}\"\n\
                     {proxy}[expect]\nfindings = []\nverdict = \"healthy\"\n"
                );
                let world = World::parse(&toml).unwrap_or_else(|error| panic!("{error}: {toml}"));
                let evidence = runtime.block_on(async {
                    let lab = Lab::start(world, SystemTime::now()).await.expect("it starts");
                    lab.examine(&Rehearsal::default(), &(), std::future::pending()).await
                });
                let diagnosis = diagnose(&evidence);
                let options = ReportOptions::default().with_verbosity(2).with_share(true);

                let outputs = [
                    ("evidence", serde_json::to_string(&evidence).expect("JSON")),
                    ("debug", format!("{evidence:?} {diagnosis:?}")),
                    ("text", report::text(&evidence, &diagnosis, &options)),
                    ("short", report::short(&evidence, &diagnosis, &options)),
                    ("json", report::json(&evidence, &diagnosis, &options).expect("JSON")),
                    ("markdown", report::markdown(&evidence, &diagnosis, &options)),
                    ("html", report::html(&evidence, &diagnosis, &options)),
                    ("junit", report::junit(&evidence, &diagnosis, &options)),
                    ("sarif", report::sarif(&evidence, &diagnosis).expect("JSON")),
                    ("github", report::github(&evidence, &diagnosis)),
                    ("prometheus", report::prometheus(&evidence, &diagnosis, &options)),
                ];
                for (place, output) in outputs {
                    tried += 1;
                    let found = planted.find(output.as_bytes());
                    wrong.extend(found.map(|piece| format!("{status} {service} in {place}: {piece}")));
                }
            }
        }
    }
    println!("{tried} outputs");
    assert!(wrong.is_empty(), "{} of {tried} outputs:\n{}", wrong.len(), wrong.join("\n"));
}

/// A server repeats a short secret, and a long one, in every spelling that is searched for, to the command itself.
#[test]
fn no_spelling_of_a_secret_that_a_server_repeats_is_shown() {
    let saved = std::env::temp_dir().join(format!("speech-endpoint-repeated-{}.json", std::process::id()));
    let mut wrong = Vec::new();
    for secret in ["Geheim/99+x", KEY] {
        for spelling in spellings(secret) {
            let url = repeating(&spelling);
            for format in DOCTOR_FORMATS {
                let mut command = crate::support::program();
                let args = ["doctor", "--host", &url, "--key-env", "PLANTED", "-vv", "--share", "--format", format];
                command.args(args).arg("--save").arg(&saved).env("PLANTED", secret);
                let output = command.stdin(std::process::Stdio::null()).output().expect("the binary runs");
                let evidence = fs::read(&saved).expect("saved");
                assert!(String::from_utf8_lossy(&evidence).contains("repeated"), "the server was asked");
                for (place, bytes) in [("output", output.stdout), ("errors", output.stderr), ("evidence", evidence)] {
                    // JSON doubles a backslash.
                    let text = String::from_utf8_lossy(&bytes).to_lowercase().replace("\\\\", "\\");
                    // Long texts are shortened.
                    let beginning: String = spelling.to_lowercase().chars().take(40).collect();
                    if text.contains(&beginning) {
                        wrong.push(format!("{spelling} in {place}, {format}"));
                    }
                }
            }
        }
    }
    fs::remove_file(&saved).expect("removed");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn spellings(secret: &str) -> Vec<String> {
    let each = |escape: &dyn Fn(u8) -> String| secret.bytes().map(escape).collect::<String>();
    vec![
        secret.to_owned(),
        secret.to_uppercase(),
        secret.to_lowercase(),
        percent_encoded(secret),
        percent_encoded(secret).to_uppercase(),
        secret.replace('/', "%2F").replace('+', "%2b"),
        each(&|byte| format!("\\u{byte:04x}")),
        each(&|byte| format!("&#{byte};")),
        each(&|byte| format!("&#x{byte:X};")),
        secret.replacen('e', "\\u0065", 1),
        each(&|byte| format!("{byte:02x}")),
        each(&|byte| format!("{byte:02X}")),
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
    ]
}

/// Starts a server that rejects every request with this text in the body and in headers.
fn repeating(text: &str) -> String {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("ws://{}", listener.local_addr().expect("an address"));
    let text = text.to_owned();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 4096]);
            let body = format!("repeated: {text}");
            let head = format!("server: {text}\r\nx-ms-error: {text}\r\nwww-authenticate: Bearer {text}");
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 403 No\r\n{head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
        }
    });
    url
}

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02x}"))
}

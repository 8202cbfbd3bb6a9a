//! `--profile` and `--config`: options from a configuration file.
#![allow(clippy::disallowed_methods, reason = "a test sets variables of the command")]

mod support;

use std::process::Output;

use support::{Folder, program, text};

/// Runs the command in the folder, with the file as its configuration.
fn run_in(folder: &Folder, file: &str, args: &[&str], variables: &[(&str, &str)]) -> Output {
    std::fs::write(folder.path("speech-endpoint.toml"), file).expect("written");
    let mut command = program();
    command.args(args).envs(variables.iter().copied()).current_dir(folder.itself());
    command.output().expect("it runs")
}

fn run(file: &str, args: &[&str]) -> Output {
    run_in(&Folder::new(), file, args, &[])
}

fn shown(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

/// A setting, the command that shows its effect, and what that prints with the setting and not without it.
const ROWS: &[(&str, &[&str], &str)] = &[
    (r#"region = "northeurope""#, &["resolve"], "wss://northeurope.stt"),
    (r#"custom-domain = "fabrikam""#, &["resolve"], "fabrikam.cognitiveservices.azure.com"),
    (r#"endpoint = "https://eastus.api.cognitive.microsoft.com/""#, &["resolve"], "wss://eastus.stt"),
    (r#"host = "ws://localhost:5000""#, &["resolve"], "ws://localhost:5000"),
    (r#"account = "account.json""#, &["resolve"], "wss://westus2.stt"),
    ("region = \"chinaeast2\"\ncloud = \"china\"", &["resolve"], "China"),
    ("custom-domain = \"fabrikam\"\nnetwork = \"private-endpoint\"", &["resolve"], "custom domain, private endpoint"),
    ("host = \"ws://localhost:5000\"\nsynthesis-path = \"/tts\"", &["resolve"], "localhost:5000/tts"),
    ("custom-domain = \"fabrikam\"\nexpect = \"private\"", &["doctor", "--plan"], "  private  "),
    (r#"azure = ["account.json"]"#, &["account"], "westus2"),
    (r#"facts = "facts.json""#, &["resolve", "--region", "westeurope"], "contains the built-in facts"),
    (r#"service = ["voices"]"#, &["resolve", "--region", "westeurope"], "· an Entra token works only"),
    (r#"language = "de-DE""#, &["resolve", "--region", "westeurope"], "language=de-DE"),
    (r#"key-env = "TEAM_KEY""#, &["doctor", "--lab", "healthy-regional"], "AUTH01"),
    (r#"key-file = "key.txt""#, &["doctor", "--lab", "healthy-regional"], "AUTH01"),
    (r#"token-env = "TEAM_TOKEN""#, &["doctor", "--lab", "healthy-regional"], "token"),
    (r#"token-file = "token.txt""#, &["doctor", "--lab", "healthy-regional"], "token"),
    (r#"entra = "client-secret""#, &["doctor", "--lab", "healthy-entra-private-endpoint"], "AUTH11"),
    (
        "resource-id = \"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/contoso\"",
        &["doctor", "--lab", "healthy-entra-private-endpoint", "--format", "json"],
        "Entra token with resource id",
    ),
    (r#"dns-server = "not an address""#, &["doctor", "--region", "westeurope", "--plan"], "--dns-server"),
    (r#"ca-file = "absent.pem""#, &["doctor", "--region", "westeurope", "--plan"], "absent.pem"),
    (r#"proxy = "socks5://10.0.0.1""#, &["doctor", "--region", "westeurope", "--plan"], "`--proxy`"),
    ("ip = 6", &["doctor", "--lab", "healthy-regional", "--format", "json"], "\"unreachable\""),
    (r#"timeout = "1.5m""#, &["doctor", "--region", "westeurope", "--plan"], "limits: 90 s total"),
    ("jobs = 3", &["doctor", "--region", "westeurope", "--plan"], "3 hosts in parallel"),
    ("ask-metadata = true", &["doctor", "--lab", "healthy-regional", "--format", "json"], "\"is_azure\": false"),
    ("check-revocation = true", &["doctor", "--region", "westeurope", "--plan"], "revocation lists"),
    (r#"only = ["DNS03"]"#, &["doctor", "--lab", "AUTH01-foreign-key", "--format", "json"], "\"root_cause\": null"),
    (
        r#"ignore = [{ id = "AUTH01", reason = "the key of the test is old" }]"#,
        &["doctor", "--lab", "AUTH01-foreign-key"],
        "ignores AUTH01 (the key of the test is old)",
    ),
    (r#"fail-on = "warn""#, &["doctor", "--lab", "TCP07-one-address-dead", "--format", "json"], "\"exit_code\": 30"),
];

/// An account as `az` prints it.
const ACCOUNT: &str = r#"{ "type": "Microsoft.CognitiveServices/accounts", "name": "fabrikam", "location": "westus2", "kind": "SpeechServices",
    "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/fabrikam", "properties": {
    "endpoint": "https://westus2.api.cognitive.microsoft.com/" } }"#;

/// A key of the right form that no world knows.
const KEY: &str = "3f9a1c7e5b2d48608f1e6a7c9d0b2e41";

#[test]
fn every_setting_has_its_effect() {
    let folder = Folder::new();
    for (name, content) in [
        ("account.json", ACCOUNT),
        ("facts.json", r#"{ "schema_version": 1, "facts": [] }"#),
        ("key.txt", KEY),
        ("token.txt", "planted-token"),
    ] {
        std::fs::write(folder.path(name), content).expect("written");
    }
    let variables = [("TEAM_KEY", KEY), ("TEAM_TOKEN", "planted-token")];
    let mut wrong = Vec::new();
    for (setting, args, expected) in ROWS {
        let args = [args, &["--profile", "team"][..]].concat();
        let with = shown(&run_in(&folder, &format!("[profile.team]\n{setting}\n"), &args, &variables));
        let without = shown(&run_in(&folder, "[profile.team]\n", &args, &variables));
        if !with.contains(expected) || without.contains(expected) {
            wrong.push(format!("{setting}\n{with}\nwithout it:\n{without}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), ROWS.len(), wrong.join("\n"));
}

#[test]
fn every_setting_has_a_row() {
    let error = shown(&run("[profile.team]\nzzz = 1\n", &["resolve", "--profile", "team"]));
    assert!(error.contains("`zzz` is not a setting of a profile"), "{error}");
    let source = include_str!("../src/profile/keys.rs");
    let keys: Vec<_> = source.split("key(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(keys.len() > 20, "{keys:?}");
    let rows: Vec<_> = ROWS.iter().flat_map(|row| row.0.lines()).filter_map(|line| line.split(" =").next()).collect();
    let missing: Vec<_> = keys.iter().filter(|key| !rows.contains(key)).collect();
    assert!(missing.is_empty(), "without a row: {missing:?}");
    let page = include_str!("../../../docs/command-line.md");
    let missing: Vec<_> = keys.iter().filter(|key| !page.contains(&format!("`{key}`"))).collect();
    assert!(missing.is_empty(), "not in docs/command-line.md: {missing:?}");
}

#[test]
fn the_command_line_goes_before_the_profile_and_the_profile_before_the_defaults_and_the_environment() {
    let file = "[defaults]\ntimeout = 7\njobs = 3\nregion = \"northeurope\"\n[profile.team]\nregion = \"westus2\"\ntimeout = 8\n";
    let folder = Folder::new();
    let plan = |args: &[&str], variables: &[(&str, &str)]| {
        shown(&run_in(&folder, file, &[&["doctor", "--plan"], args].concat(), variables))
    };
    let environment = [("SPEECH_REGION", "eastus")];
    let of_profile = plan(&["--profile", "team"], &environment);
    assert!(["westus2.stt", "limits: 8 s", "3 hosts"].iter().all(|text| of_profile.contains(text)), "{of_profile}");
    assert!(of_profile.contains("note: using profile `team` of `speech-endpoint.toml`\n"), "{of_profile}");
    let given = plan(&["--profile", "team", "--timeout", "9", "--region=uksouth"], &environment);
    assert!(["uksouth.stt", "limits: 9 s", "3 hosts"].iter().all(|text| given.contains(text)), "{given}");
    let defaults = plan(&["--config", "speech-endpoint.toml"], &environment);
    assert!(["northeurope.stt", "limits: 7 s", "3 hosts"].iter().all(|text| defaults.contains(text)), "{defaults}");
    // A resource of the command line replaces that of the profile as a whole.
    let other = plan(&["--profile", "team", "--custom-domain", "contoso"], &[]);
    assert!(other.contains("contoso.cognitiveservices") && !other.contains("westus2"), "{other}");
    // A file that nobody names changes nothing.
    let unnamed = plan(&[], &environment);
    assert!(unnamed.contains("eastus.stt") && unnamed.contains("limits: 20 s"), "{unnamed}");
    let lab = shown(&run_in(&folder, file, &["doctor", "--lab", "healthy-regional", "--profile", "team"], &[]));
    assert!(lab.contains("healthy · 2 services"), "{lab}");
}

#[test]
fn the_file_is_found_in_the_folder_of_the_user() {
    let (home, empty) = (Folder::new(), Folder::new());
    let folder = home.path("speech-endpoint");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(format!("{folder}/speech-endpoint.toml"), "[profile.own]\nregion = \"westus2\"\n").expect("written");
    let mut command = program();
    command.args(["resolve", "--profile", "own"]).current_dir(empty.itself());
    command.env("XDG_CONFIG_HOME", home.itself()).env("APPDATA", home.itself());
    let output = shown(&command.output().expect("it runs"));
    assert!(output.contains("westus2.stt") && output.contains(&folder), "{output}");
    let mut command = program();
    let output = command.args(["resolve", "--profile", "own"]).current_dir(empty.itself()).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(shown(&output).contains("`speech-endpoint.toml` in the working folder"), "{}", shown(&output));
}

#[test]
fn a_wrong_file_is_one_line_with_its_place() {
    for (file, expected) in [
        (
            "[profile.team]\nnetwrok = \"open\"\n",
            "`speech-endpoint.toml`: line 2: `netwrok` is not a setting; did you mean `network`?",
        ),
        (
            "[profile.team]\ndns-servers = \"10.0.0.2\"\n",
            "line 2: `dns-servers` is not a setting; did you mean `dns-server`?",
        ),
        ("[profil.team]\n", "line 1: expected `[defaults]` or `[profile.NAME]`"),
        ("[profile.other]\n", "there is no profile `team`: it has `other`"),
        ("", "there is no profile `team`: it has no profiles"),
        ("[profile.team]\nregion = [1\n", "it is not valid TOML"),
        ("[profile.team]\nregion = { a = 1 }\n", "line 2: `region` expects a text"),
        ("[profile.team]\nask-metadata = \"yes\"\n", "line 2: `ask-metadata` expects true or false"),
        ("[profile.team]\nignore = [\"DNS03\"]\n", "`ignore` expects entries like"),
        ("[profile.team]\nignore = [{ id = \"DNS03\", reason = \" \" }]\n", "`ignore` expects entries like"),
        ("[profile.team]\nip = 7\n", "(read from profile `team` of `speech-endpoint.toml`)"),
        ("[profile.team]\nignore = [{ id = \"DNS99\", reason = \"none\" }]\n", "(read from profile `team` of"),
        ("[profile.other]\nnetwrok = \"open\"\n[profile.team]\n", "line 2: `netwrok`"),
    ] {
        let output = run(file, &["doctor", "--plan", "--region", "westeurope", "--profile", "team"]);
        let error = text(&output.stderr);
        assert_eq!((output.status.code(), error.lines().count()), (Some(2), 1), "{file}: {error}");
        assert!(error.starts_with("error: ") && error.contains(expected), "{file}: {error}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_secret_in_the_file_is_refused_and_never_shown() {
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJwbGFudGVkIjoic2VjcmV0In0.cGxhbnRlZA";
    for secret in [KEY, token] {
        for line in [
            format!("key-env = \"{secret}\""),
            format!("region = \"{secret}\""),
            format!("key = \"{secret}\""),
            format!("{secret} = 1"),
            format!("service = [\"{secret}\"]"),
            format!("endpoint = \"https://contoso.cognitiveservices.azure.com/?key={secret}\""),
            format!("proxy = \"http://user:{secret}@10.0.0.1:3128\""),
            format!("ignore = [{{ id = \"DNS03\", reason = \"{secret}\" }}]"),
            format!("key = {secret}"),
        ] {
            for args in [
                &["doctor", "--plan", "--profile", "team"][..],
                &["resolve", "--profile", "team", "--format", "json", "-vv"],
            ] {
                let output = run(&format!("[profile.team]\n{line}\n"), args);
                assert_eq!(output.status.code(), Some(2), "{line}: {}", shown(&output));
                assert!(!shown(&output).contains(secret), "{line}: {}", shown(&output));
                assert_eq!(text(&output.stderr).lines().count(), 1, "{}", shown(&output));
            }
        }
    }
    let output =
        run("[profile.team]\nproxy = \"http://user:word@10.0.0.1:3128\"\n", &["doctor", "--profile", "team", "--plan"]);
    assert!(
        shown(&output).contains("`proxy` holds a secret") && !shown(&output).contains("word@"),
        "{}",
        shown(&output)
    );
}

#[test]
fn paths_start_at_the_folder_of_the_file() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    std::fs::write(folder.path("team.toml"), "[profile.team]\naccount = \"account.json\"\n").expect("written");
    std::fs::write(folder.path("account.json"), ACCOUNT).expect("written");
    let mut command = program();
    command
        .args(["resolve", "--config", &folder.path("team.toml"), "--profile", "team"])
        .current_dir(elsewhere.itself());
    let output = shown(&command.output().expect("it runs"));
    assert!(output.contains("wss://westus2.stt"), "{output}");
}

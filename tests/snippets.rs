//! The golden programs of `--format snippet:rust` compile against this library and run as they should.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "the programs are separate")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::process::Command;

const KEY: &str = "0123456789abcdef0123456789abcdef";

mod private_endpoint {
    include!("golden/snippets/private-endpoint.rs");

    #[test]
    #[ignore = "run by the tests below in a process with its own environment"]
    fn program() {
        main().unwrap();
    }
}

mod usgov {
    include!("golden/snippets/usgov.rs");

    #[test]
    #[ignore = "run by the tests below in a process with its own environment"]
    fn program() {
        main().unwrap();
    }
}

const PROGRAMS: [(&str, &str); 2] = [
    ("private_endpoint::program", "GET wss://contoso.cognitiveservices.azure.com/stt/speech/universal/v2"),
    ("usgov::program", "GET https://usgovvirginia.tts.speech.azure.us/cognitiveservices/voices/list"),
];

/// Runs a program with this key or with none. Returns whether it succeeds, and its whole output.
fn run(program: &str, key: Option<&str>) -> (bool, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([program, "--exact", "--ignored", "--nocapture"]).env_remove("SPEECH_KEY");
    if let Some(key) = key {
        command.env("SPEECH_KEY", key);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.success(), text)
}

#[test]
fn a_program_prints_the_endpoint_and_fails_without_a_key() {
    for (program, endpoint) in PROGRAMS {
        let (succeeds, text) = run(program, None);
        assert!(!succeeds, "{text}");
        assert!(text.lines().any(|line| line.ends_with(endpoint)), "{text}");
        assert!(text.contains("SPEECH_KEY is not set"), "{text}");
    }
}

#[test]
fn a_program_prints_the_endpoint_and_the_name_of_the_header_but_not_the_key() {
    for (program, endpoint) in PROGRAMS {
        let (succeeds, text) = run(program, Some(KEY));
        assert!(succeeds, "{text}");
        assert!(text.contains(&format!("{endpoint}\nOcp-Apim-Subscription-Key\n")), "{text}");
        assert!(!text.contains(KEY), "{text}");
    }
}

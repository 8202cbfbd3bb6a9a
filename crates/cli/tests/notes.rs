//! Notes that commands print on a resource.

mod support;

use std::process::Output;

use support::text;

fn run(args: &[&str], env: &[(&str, &str)]) -> Output {
    support::program().args(args).envs(env.iter().copied()).output().expect("the binary runs")
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

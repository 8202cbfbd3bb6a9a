//! `--account` and `--endpoint` read the settings of an application.

mod support;

use std::fs;

use serde_json::Value;
use support::{Folder, fed, text};

const ENDPOINT: &str = "https://contoso.cognitiveservices.azure.com/";
const SECRET: &str = "planted-s3cret";

fn files() -> Folder {
    let folder = Folder::new();
    let appsettings = format!(
        "{{\n  // the portal\n  \"AzureSpeech\": {{ \"Endpoint\": \"{ENDPOINT}\", \"Key\": \"{SECRET}\", }},\n  \"AzureOpenAI\": {{ \"Endpoint\": \"https://models.openai.azure.com/\" }}\n}}\n"
    );
    for (name, content) in [
        (".env", format!("SPEECH_KEY={SECRET}\nSPEECH_ENDPOINT={ENDPOINT}\nSPEECH_REGION=westeurope\n")),
        ("appsettings.json", appsettings),
        ("two.env", "SPEECH_REGION_A=westeurope\nSPEECH_REGION_B=eastus\n".to_owned()),
        ("template.env", format!("SPEECH_KEY={SECRET}\nSPEECH_REGION=your_region\n")),
        ("other.env", format!("PORT=80\nSECRET={SECRET}\n")),
    ] {
        fs::write(folder.path(name), content).expect("a file");
    }
    folder
}

fn run(args: &[&str]) -> (Option<i32>, Value, String) {
    let output = fed(&[&["resolve", "--service", "voices", "--format", "json"], args].concat(), b"");
    let all = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert!(!all.contains(SECRET), "{args:?}: {all}");
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default(), all)
}

#[test]
fn files_and_connection_strings_name_the_resource() {
    let folder = files();
    let (env, settings) = (folder.path(".env"), folder.path("appsettings.json"));
    let string = format!("Endpoint={ENDPOINT};Key={SECRET}");
    let line = format!("export SPEECH_ENDPOINT='{ENDPOINT}'");
    for (args, region) in [
        (&["--account", &*env][..], Some("westeurope")),
        (&["--endpoint", &*env], Some("westeurope")),
        (&["--account", &*settings], None),
        (&["--endpoint", &*settings], None),
        (&["--endpoint", &*string], None),
        (&["--endpoint", &*line], None),
        (&["--endpoint", &*settings, "--region", "northeurope"], Some("northeurope")),
    ] {
        let (code, document, all) = run(args);
        assert_eq!(code, Some(0), "{args:?}: {all}");
        let resource = &document["resource"];
        assert_eq!(
            (resource["custom_domain"].as_str(), resource["region"].as_str()),
            (Some("contoso"), region),
            "{args:?}"
        );
        let ids = document["notes"].to_string();
        assert!(ids.contains("\"settings\"") || ids.contains("\"other_document\""), "{args:?}: {ids}");
    }
    let piped = fed(
        &["resolve", "--account", "-", "--service", "voices"],
        format!("SPEECH_REGION=westeurope\nSPEECH_KEY={SECRET}").as_bytes(),
    );
    assert!(text(&piped.stdout).contains("westeurope.tts.speech.microsoft.com"), "{}", text(&piped.stderr));
    let mut variable = support::program();
    variable.args(["resolve", "--service", "voices"]).env("SPEECH_ENDPOINT", &string);
    let output = variable.output().expect("the binary runs");
    assert!(text(&output.stdout).contains("contoso.cognitiveservices.azure.com"), "{}", text(&output.stderr));
}

#[test]
fn settings_that_name_no_resource_or_several_are_refused() {
    let folder = files();
    for (name, code, parts) in [
        (
            "two.env",
            2,
            &["2 resources: `westeurope` of `SPEECH_REGION_A`, `eastus` of `SPEECH_REGION_B`", "`--region`"][..],
        ),
        ("template.env", 10, &["CFG01", "`your_region`", "read from `SPEECH_REGION`"]),
        ("other.env", 2, &["not JSON", "names an endpoint or a region of Speech"]),
    ] {
        for argument in ["--account", "--endpoint"] {
            let (found, _, all) = run(&[argument, &folder.path(name)]);
            assert_eq!(found, Some(code), "{argument} {name}: {all}");
            for part in parts {
                assert!(all.contains(part), "{argument} {name}: no `{part}` in {all}");
            }
        }
    }
    let (code, _, all) = run(&["--endpoint", &format!("Endpoint=https://example.com/;Key={SECRET}")]);
    assert!(code == Some(10) && all.contains("CFG05") && all.contains("`https://example.com/`"), "{all}");
    let (code, _, all) = run(&["--endpoint", &format!("AccountName=x;Key={SECRET}")]);
    assert!(code == Some(10) && all.contains("looks like a secret"), "{all}");
    // A file that does not exist is read as an endpoint.
    let (code, _, all) = run(&["--endpoint", "none.env"]);
    assert!(code == Some(10) && all.contains("CFG05"), "{all}");
}

//! The resource that settings of an application name: lines, connection strings and JSON, whole, hostile, and with secrets.
#![cfg(feature = "serde")]
#![allow(clippy::disallowed_methods, reason = "a test may look at the clock")]

use std::fs;

use serde_json::{Value, json};
use speech_endpoint::{Account, ArmError};

fn vectors() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/settings.json");
    serde_json::from_str(&fs::read_to_string(path).expect("the vectors")).expect("JSON")
}

/// Reads settings as a file is read: as a document of Azure first.
fn read(bytes: &[u8]) -> Result<Value, ArmError> {
    let read = match Account::from_arm_json(bytes) {
        Err(ArmError::Json(_) | ArmError::Shape { .. }) => Account::from_settings(bytes),
        other => other,
    }?;
    let mut notes: Vec<&str> = read.notes.iter().map(|note| note.id).collect();
    notes.retain(|id| !["settings", "other_document"].contains(id));
    notes.sort_unstable();
    let account = &read.value;
    Ok(json!({
        "domain": account.domain().map(ToString::to_string),
        "region": account.region().map(ToString::to_string),
        "notes": notes,
    }))
}

#[test]
fn settings_name_their_resource() {
    let mut wrong = Vec::new();
    for vector in vectors() {
        let doc = vector["doc"].as_str().expect("a doc");
        assert!(vector["source"].is_string(), "{doc}");
        let text = vector["text"].as_str().expect("a text");
        let utf16: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        for bytes in [text.as_bytes(), &[b"\xef\xbb\xbf", text.as_bytes()].concat(), &utf16] {
            match (read(bytes), vector.get("error")) {
                (Ok(found), None) if found == vector["expect"] => {}
                (Err(error), Some(expected)) => {
                    let said = error.to_string();
                    let parts =
                        expected["contains"].as_array().expect("parts").iter().map(|part| part.as_str().expect("it"));
                    wrong.extend(
                        parts.filter(|part| !said.contains(part)).map(|part| format!("{doc}: no {part} in {said}")),
                    );
                    if error.id() != expected["id"] {
                        wrong.push(format!("{doc}: {}: {said}", error.id()));
                    }
                }
                (found, _) => wrong.push(format!("{doc}: {text:?}: {found:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What a person pastes around a resource is never in a value, a note or an error, whatever its name.
#[test]
fn a_secret_in_settings_is_never_shown() {
    const SECRETS: [&str; 3] =
        ["planted-s3cret", "0123456789abcdef0123456789abcdef", "cGxhbnRlZC1zZWNyZXQtcGxhbnRlZC1zZWNyZXQ="];
    let endpoint = "https://contoso.cognitiveservices.azure.com/";
    for secret in SECRETS {
        for text in [
            format!("SPEECH_KEY={secret}\nSPEECH_ENDPOINT={endpoint}\n"),
            format!("SPEECH_KEY={secret}\nSPEECH_REGION=your_region\n"),
            format!("Endpoint={endpoint};Key={secret}"),
            format!("Endpoint=https://example.com/;Key={secret}"),
            format!("Key={secret};Region=nowhere-at-all"),
            format!("SPEECH_CONNECTION_STRING=Endpoint={endpoint};AccessKey={secret}"),
            format!(r#"{{"Speech":{{"Key":"{secret}","Endpoint":"{endpoint}","Region":"undefined"}}}}"#),
            format!(r#"{{"Speech":{{"Key":"{secret}","Other":"Endpoint={endpoint};Key={secret}"}}}}"#),
            format!(
                "SPEECH_A={endpoint}?key={secret}\nSPEECH_B=https://fabrikam.cognitiveservices.azure.com/?code={secret}\n"
            ),
            format!("SPEECH_KEY={secret}\nSPEECH_KEY_2={secret}\n"),
        ] {
            for read in [Account::from_settings(text.as_bytes()), Account::from_arm_json(text.as_bytes())] {
                let shown = match &read {
                    Ok(read) => format!("{read:?} {:?}", read.notes),
                    Err(error) => format!("{error} {error:?}"),
                };
                assert!(!shown.contains(secret), "{text:?}: {shown}");
            }
        }
    }
}

#[test]
fn hostile_settings_are_read_in_bounded_time() {
    let many = |line: &dyn Fn(usize) -> String| (0..100_000).map(line).collect::<String>();
    let deep = format!("{}{}", "{\"Speech\":".repeat(100_000), "}".repeat(100_000));
    let wide = |depth: usize| format!("{}1{}", format!("{{\"{}\":", "a".repeat(2000)).repeat(depth), "}".repeat(depth));
    let begun = std::time::Instant::now();
    for text in [
        "=".repeat(4 << 20),
        ";=".repeat(2 << 20),
        "\"".repeat(4 << 20),
        "/*".repeat(2 << 20),
        format!("{{{}", "//\n".repeat(1 << 20)),
        format!("[{}]", ",".repeat(4 << 20)),
        format!("SPEECH_ENDPOINT={}", "a".repeat(4 << 20)),
        format!("{}=westeurope", "SPEECH_REGION".repeat(100_000)),
        many(&|n| format!("SPEECH_REGION_{n}=region{n}\n")),
        many(&|n| format!("SPEECH_ENDPOINT_{n}=https://c{n}.cognitiveservices.azure.com/\n")),
        many(&|_| "SPEECH_REGION=undefined\n".to_owned()),
        deep,
        wide(120),
        format!("[{}1]", format!("{},", wide(100)).repeat(20)),
    ] {
        let _ = read(text.as_bytes());
    }
    let _ = read(&[0xff, 0xfe, 0x00, 0xd8, 0x3d]);
    let _ = read(&[0xff; 4096]);
    println!("{:?}", begun.elapsed());
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

/// A comment in another encoding does not hide the settings.
#[test]
fn a_file_with_a_comment_in_another_encoding_is_read() {
    let found = read(b"# Schl\xfcssel\nSPEECH_REGION=westeurope\n").expect("a region");
    assert_eq!(found["region"], "westeurope");
}

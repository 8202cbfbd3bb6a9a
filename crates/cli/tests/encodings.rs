//! Files as Windows writes them: UTF-16, and byte order marks.

mod support;

use std::fs;

use support::{Folder, program, text};

/// Returns a text as a shell of Windows writes it to a file: in UTF-16, or in UTF-8, with a byte order mark.
fn of_windows(text: &str) -> [Vec<u8>; 3] {
    let units = |bytes: fn(u16) -> [u8; 2]| format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect();
    [units(u16::to_le_bytes), units(u16::to_be_bytes), format!("\u{feff}{text}").into_bytes()]
}

#[test]
fn every_file_that_an_argument_names_may_be_utf16() {
    let folder = Folder::new();
    let output = |args: &[&str]| program().args(args).current_dir(folder.itself()).output().expect("it runs");
    let facts = text(&output(&["facts", "--format", "json"]).stdout);
    let world = "title = \"x\"\n[resource]\nregion = \"eastus\"\n[expect]\nfindings = []\nverdict = \"healthy\"\n";
    assert!(output(&["doctor", "--lab", "DNS03-zone-not-linked", "--save", "evidence.json"]).stderr.is_empty());
    let evidence = fs::read_to_string(folder.path("evidence.json")).expect("evidence");
    let key = "0123456789abcdef0123456789abcdef";
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJ1cm46bXMuc3BlZWNoIn0.c2lnbmF0dXJl";
    let region = ["--region", "westeurope"];
    let doctor = ["doctor", "--lab", "healthy-regional", "--format", "short"];
    let cases: &[(&str, &[&str], &str)] = &[
        (key, &[&doctor[..], &["--key-file", "file"]].concat(), "AUTH01"),
        (token, &[&doctor[..], &["--token-file", "file"]].concat(), "token"),
        (&facts, &[&["resolve", "--service", "voices", "--facts", "file"][..], &region].concat(), "voices"),
        ("[profile.team]\nregion = \"eastus\"\n", &["resolve", "--config", "file", "--profile", "team"], "eastus"),
        (&evidence, &["doctor", "--from", "file", "--format", "short"], "DNS03"),
        (world, &["doctor", "--lab", "file.toml", "--format", "short"], "healthy"),
        ("region = \"eastus\"", &[&doctor[..], &["--ca-file", "file"]].concat(), "certificate"),
    ];
    for (content, args, expected) in cases {
        let name = args.iter().find(|arg| arg.starts_with("file")).expect("a file");
        let mut codes = Vec::new();
        for bytes in [content.as_bytes().to_vec()].into_iter().chain(of_windows(content)) {
            fs::write(folder.path(name), bytes).expect("written");
            let output = output(args);
            let shown = text(&output.stdout) + &text(&output.stderr);
            assert!(shown.contains(expected), "{args:?}: {shown}");
            assert!(!shown.contains(key) && !shown.contains(token), "{args:?}: {shown}");
            codes.push(output.status.code());
        }
        assert_eq!(codes, [codes[0]; 4], "{args:?}");
    }
}

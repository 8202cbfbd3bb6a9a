//! The guide for applications states the versions that this crate uses, and names every program.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect(path)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the crates of dependency lines, each with its version.
fn versions(text: &str) -> BTreeMap<String, String> {
    let line = |line: &str| {
        let (name, value) = line.split_once(" = ")?;
        let value = value.split_once("version = ").map_or(value, |(_, value)| value);
        let version = value.strip_prefix('"')?.split('"').next()?;
        let is_version = version.starts_with(|c: char| c.is_ascii_digit());
        is_version.then(|| (name.to_owned(), version.to_owned()))
    };
    text.lines().filter_map(line).collect()
}

#[test]
fn the_versions_of_the_guide_are_those_of_the_library() {
    let manifest = read("Cargo.toml");
    let mut used = versions(manifest.split("[workspace.dependencies]").nth(1).expect("dependencies"));
    let own = manifest.split_once("version = \"").and_then(|(_, rest)| rest.split_once(".0\"")).expect("a version").0;
    used.extend(["speech-endpoint", "speech-endpoint-lab"].map(|name| (name.to_owned(), own.to_owned())));
    let guide = read("docs/embedding.md");
    let blocks = guide.split("```toml\n").skip(1).map(|rest| rest.split("```").next().expect("a block"));
    let stated: Vec<_> = blocks.flat_map(versions).collect();
    assert!(stated.len() >= 10, "{stated:?}");
    for (name, version) in stated {
        assert_eq!(Some(&version), used.get(&name), "{name}");
    }
}

#[test]
fn the_guide_names_every_program() {
    let guide = read("docs/embedding.md");
    let mut programs = 0;
    for entry in fs::read_dir(root().join("examples/embedding")).expect("the programs") {
        let folder: &Path = &entry.expect("an entry").path();
        if folder.join("Cargo.toml").exists() {
            let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
            assert!(guide.contains(&format!("(../examples/embedding/{name}/src/main.rs)")), "{name}");
            programs += 1;
        }
    }
    assert_eq!(programs, 5);
}

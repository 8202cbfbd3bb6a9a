//! The packages of a release agree with each other: targets, names of archives, platforms and versions.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Reads a file of the repository. A package of crates.io does not have the folder `packaging`.
fn read(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
        .replace("\r\n", "\n")
}

fn targets() -> Vec<Value> {
    serde_json::from_str(&read("packaging/targets.json")).expect("a list of targets")
}

fn text<'a>(target: &'a Value, key: &str) -> &'a str {
    target[key].as_str().unwrap_or_else(|| panic!("`{key}` of {target}"))
}

/// Returns the value of a key in a section of a manifest.
fn in_section(manifest: &str, section: &str, key: &str) -> Option<String> {
    let (_, rest) = manifest.split_once(&format!("\n[{section}]\n"))?;
    let lines = rest.lines().take_while(|line| !line.starts_with('['));
    let value = lines.filter_map(|line| line.split_once(" = ")).find(|(name, _)| *name == key)?.1;
    Some(value.trim_matches('"').to_owned())
}

fn version() -> String {
    in_section(&read("Cargo.toml"), "workspace.package", "version").expect("a version")
}

/// The name of an archive, as `packaging/release.py` has it.
fn archive(target: &Value) -> String {
    format!("speech-endpoint-v{}-{}.{}", version(), text(target, "target"), text(target, "archive"))
}

/// Replaces the variables of a template as cargo-binstall does.
fn rendered(template: &str, target: &str) -> String {
    let repository = in_section(&read("Cargo.toml"), "workspace.package", "repository").expect("a repository");
    let ending = if target.contains("windows") { ".exe" } else { "" };
    let values = [("repo", repository.as_str()), ("version", &version()), ("target", target)];
    let values = values.into_iter().chain([("bin", "speech-endpoint"), ("binary-ext", ending)]);
    values.fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{ {name} }}"), value))
}

#[test]
fn binstall_finds_the_archive_of_each_target() {
    let manifest = read("crates/cli/Cargo.toml");
    let value = |target: &str, key: &str| {
        let own = in_section(&manifest, &format!("package.metadata.binstall.overrides.{target}"), key);
        own.or_else(|| in_section(&manifest, "package.metadata.binstall", key)).unwrap_or_else(|| panic!("no `{key}`"))
    };
    for target in targets() {
        let (name, kind) = (text(&target, "target"), text(&target, "archive"));
        let url = rendered(&value(name, "pkg-url"), name);
        assert!(url.ends_with(&format!("/releases/download/v{}/{}", version(), archive(&target))), "{url}");
        assert!(url.starts_with("https://") && !url.contains('{'), "{url}");
        assert_eq!(value(name, "pkg-fmt"), if kind == "zip" { "zip" } else { "tgz" }, "{name}");
        let program = if name.contains("windows") { "speech-endpoint.exe" } else { "speech-endpoint" };
        let folder = archive(&target).replace(&format!(".{kind}"), "");
        assert_eq!(rendered(&value(name, "bin-dir"), name), format!("{folder}/{program}"));
    }
}

#[test]
fn every_manifest_names_targets_of_the_release() {
    let known: BTreeSet<String> = targets().iter().map(|target| text(target, "target").to_owned()).collect();
    let mut named = BTreeSet::new();
    for path in [
        "packaging/homebrew/speech-endpoint.rb",
        "packaging/winget/SpeechEndpoint.SpeechEndpoint.installer.yaml",
        "packaging/scoop/speech-endpoint.json",
    ] {
        let manifest = read(path);
        for key in ["URL", "SHA256"] {
            let found: BTreeSet<String> = manifest
                .split(&format!("@{key}:"))
                .skip(1)
                .map(|rest| rest.split('@').next().unwrap_or_default().to_owned())
                .collect();
            assert!(!found.is_empty() && found.is_subset(&known), "{path}: {key} of {found:?}");
            named.extend(found);
        }
    }
    let with_manager = known.iter().filter(|target| !target.ends_with("-linux-gnu"));
    assert_eq!(named.iter().collect::<Vec<_>>(), with_manager.collect::<Vec<_>>());
}

#[test]
fn the_action_installs_targets_of_the_release() {
    let script = read("packaging/action/run");
    let cases: Vec<(&str, &str)> = script
        .lines()
        .filter_map(|line| line.split_once(" target=")?.1.strip_suffix(" ;;")?.split_once(" ending="))
        .collect();
    assert_eq!(cases.len(), 5, "{cases:?}");
    for (name, ending) in cases {
        let known = targets().iter().any(|target| text(target, "target") == name && text(target, "archive") == ending);
        assert!(known, "{name} {ending}");
    }
}

#[test]
fn each_platform_of_a_package_is_one_target_with_one_binary() {
    for key in ["npm", "wheel", "linux"] {
        let targets = targets();
        let all: Vec<&Value> = targets.iter().filter(|target| target[key].is_string()).collect();
        let distinct: BTreeSet<&str> = all.iter().map(|target| text(target, key)).collect();
        assert!(!all.is_empty() && distinct.len() == all.len(), "{key}: {distinct:?}");
        for target in all {
            // A binary for glibc does not run everywhere that a package can be installed.
            assert!(!text(target, "target").ends_with("-linux-gnu"), "{key}: {target}");
            let is_arm = text(target, "target").starts_with("aarch64");
            assert_eq!(
                ["arm64", "aarch64"].iter().any(|arm| text(target, key).contains(arm)),
                is_arm,
                "{key}: {target}"
            );
        }
    }
}

#[test]
fn the_release_takes_its_targets_from_their_file() {
    let release = read(".github/workflows/release.yml");
    assert!(release.contains("jq -c . packaging/targets.json"), "release.yml has targets of its own");
    assert!(!targets().iter().any(|target| release.contains(text(target, "target"))), "release.yml names a target");
}

#[test]
fn no_text_of_an_input_is_part_of_a_program() {
    for path in ["action.yml", "packaging/azure-pipelines/doctor.yml"] {
        let text = read(path);
        let mut program_indent = None;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let key = line.trim_start().trim_start_matches("- ");
            let indent = line.len() - key.len();
            let starts = ["run:", "bash:", "script:"].iter().any(|name| key.starts_with(name));
            program_indent = if starts { Some(indent) } else { program_indent.filter(|start| indent > *start) };
            assert!(program_indent.is_none() || !line.contains("${{"), "{path}: {line}");
        }
    }
}

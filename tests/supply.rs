//! The workflows run only actions that are pinned by commit, and keep no credential in the checkout.

use std::fs;
use std::path::Path;

#[test]
fn every_action_is_pinned_by_commit_and_every_checkout_drops_its_credential() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (path, text) in workflows() {
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let Some(action) = line.trim().trim_start_matches("- ").strip_prefix("uses: ") else { continue };
            count += 1;
            let version = action.split_once('@').map_or("", |(_, version)| version);
            let commit = version.split(' ').next().unwrap_or_default();
            if commit.len() != 40 || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                wrong.push(format!("{}:{}: `{action}` is not pinned by commit", path, number + 1));
            }
            let with = lines[number + 1..].iter().take(2).any(|line| line.trim() == "persist-credentials: false");
            if action.starts_with("actions/checkout@") && !with {
                wrong.push(format!("{}:{}: the checkout keeps its credential", path, number + 1));
            }
        }
    }
    assert!(wrong.is_empty() && (count > 0 || workflows().is_empty()), "{}", wrong.join("\n"));
}

#[test]
fn every_installed_program_has_a_version() {
    for (path, text) in workflows() {
        for line in text.lines().filter(|line| line.contains("cargo install")) {
            let has_version = line.split(' ').any(|word| word.starts_with("cargo-") && word.contains('@'));
            assert!(has_version && line.contains("--locked"), "{path}: {line}");
        }
    }
}

/// A workflow reads by default. A job that may write runs no code of the project, whose build scripts could use its token.
#[test]
fn only_a_job_without_a_build_may_write() {
    for (path, text) in workflows() {
        let (head, jobs) = text.split_once("\njobs:\n").expect("jobs");
        assert!(head.contains("\npermissions:\n  contents: read\n"), "{path}");
        assert!(!head.contains(": write"), "{path}");
        for job in jobs.split("\n\n").filter(|job| job.contains(": write")) {
            for code in ["cargo", "actions/checkout", "bash ", "python"] {
                assert!(!job.contains(code), "{path}: a job that may write uses {code}: {job}");
            }
        }
    }
}

#[test]
fn a_release_has_checksums_attestations_and_a_list_of_what_it_is_made_of() {
    let Some((_, release)) = workflows().into_iter().find(|(path, _)| path.ends_with("release.yml")) else {
        assert!(workflows().is_empty(), "there is no release workflow");
        return;
    };
    for part in ["cargo cyclonedx", "SHA256SUMS", "actions/attest@", "sbom-path: dist/speech-endpoint.cdx.json"] {
        assert!(release.contains(part), "{part}");
    }
}

/// Returns the name and text of each workflow. A package does not contain them.
fn workflows() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows");
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.map(|path| (path.display().to_string(), fs::read_to_string(&path).expect("text"))).collect()
}

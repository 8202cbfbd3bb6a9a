//! The workflows run only actions that are pinned by commit, and keep no credential in the checkout.

use std::fs;
use std::path::Path;

#[test]
fn every_action_is_pinned_by_commit_and_every_checkout_drops_its_credential() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows");
    // A package does not contain the workflows.
    let Ok(entries) = fs::read_dir(folder) else { return };
    let (mut wrong, mut count) = (Vec::new(), 0);
    for entry in entries {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("text");
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let Some(action) = line.trim().trim_start_matches("- ").strip_prefix("uses: ") else { continue };
            count += 1;
            let version = action.split_once('@').map_or("", |(_, version)| version);
            let commit = version.split(' ').next().unwrap_or_default();
            if commit.len() != 40 || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                wrong.push(format!("{}:{}: `{action}` is not pinned by commit", path.display(), number + 1));
            }
            let with = lines[number + 1..].iter().take(2).any(|line| line.trim() == "persist-credentials: false");
            if action.starts_with("actions/checkout@") && !with {
                wrong.push(format!("{}:{}: the checkout keeps its credential", path.display(), number + 1));
            }
        }
    }
    assert!(count > 0 && wrong.is_empty(), "{}", wrong.join("\n"));
}

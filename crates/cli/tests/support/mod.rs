//! Runs the command as a separate process.

#![allow(
    dead_code,
    clippy::disallowed_methods,
    reason = "each test program uses a part, and a test may look at the clock"
)]

use std::io::Write as _;
#[cfg(unix)]
use std::process::Child;
use std::process::{Command, Output, Stdio};
#[cfg(unix)]
use std::time::{Duration, Instant};

/// Returns the command with an empty environment, so that no setting of this machine reaches it.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_speech-endpoint"));
    clear_environment(&mut command);
    command
}

/// Empties the environment of a command. Windows opens no socket for a process without `SystemRoot` (error 10106), so what
/// Windows itself sets stays.
pub(crate) fn clear_environment(command: &mut Command) {
    command.env_clear();
    if cfg!(windows) {
        let kept = ["SystemRoot", "windir"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        command.envs(kept);
    }
}

/// Returns whether the tests run with a signal ignored: `nohup` starts them so, and shells do in the background. Programs inherit
/// that.
#[cfg(target_os = "linux")]
pub(crate) fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or_default();
    u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn is_ignored(_: i32) -> bool {
    false
}

/// Returns whether a hangup that is sent to a program has no effect, because it inherits that.
pub(crate) fn hangup_is_ignored() -> bool {
    is_ignored(1)
}

/// A folder of a test, which is removed at its end.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// Returns the path of a file in the folder.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// Returns the names of its files, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name().display().to_string());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    /// Returns the path of the folder.
    pub(crate) fn itself(&self) -> String {
        self.0.path().display().to_string()
    }
}

/// Runs the command with an input.
pub(crate) fn fed(args: &[&str], input: &[u8]) -> Output {
    let mut command = program();
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    // A run that does not read its input may end before the write.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    child.wait_with_output().expect("the binary ends")
}

/// Returns what this program offers to a shell for the last of some words.
pub(crate) fn completed(words: &[&str]) -> Vec<String> {
    let mut command = program();
    command.args(["--", "speech-endpoint"]).args(words);
    let index = words.len().to_string();
    command.envs([("SPEECH_COMPLETE", "bash"), ("_CLAP_COMPLETE_INDEX", index.as_str()), ("_CLAP_IFS", "\n")]);
    let output = command.output().expect("the binary runs");
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout).lines().map(str::to_owned).collect()
}

/// Returns output as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// Returns the doctor with these arguments, without input, and with its output in pipes.
pub(crate) fn doctor(args: &[&str]) -> Command {
    let mut command = program();
    command.arg("doctor").args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Interrupts a run, and returns its output and the time until it ended.
#[cfg(unix)]
pub(crate) fn interrupted(child: Child) -> (Output, Duration) {
    let pid = child.id().to_string();
    let begun = Instant::now();
    let sent = Command::new("kill").args(["-INT", &pid]).status().expect("kill runs");
    assert!(sent.success());
    (child.wait_with_output().expect("it ends"), begun.elapsed())
}

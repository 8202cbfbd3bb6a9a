//! Runs the doctor as a separate process.

use std::process::{Command, Stdio};
#[cfg(unix)]
use std::{
    process::{Child, Output},
    time::{Duration, Instant},
};

/// Runs the binary with an empty environment.
pub(crate) fn doctor(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_speech-endpoint"));
    command.arg("doctor").args(args).env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
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

//! The doctor as a process of its own.

use std::process::{Command, Stdio};
#[cfg(unix)]
use std::{
    process::{Child, Output},
    time::{Duration, Instant},
};

/// A run with nothing of this machine's environment.
pub(crate) fn doctor(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_speech-endpoint"));
    command.arg("doctor").args(args).env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a run says that is interrupted, and how long after it takes to end.
#[cfg(unix)]
pub(crate) fn interrupted(child: Child) -> (Output, Duration) {
    let pid = child.id().to_string();
    let begun = Instant::now();
    let sent = Command::new("kill").args(["-INT", &pid]).status().expect("kill runs");
    assert!(sent.success());
    (child.wait_with_output().expect("it ends"), begun.elapsed())
}

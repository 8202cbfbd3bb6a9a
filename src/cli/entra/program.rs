//! A program that is asked for a token. One that hangs does not outlive the wait.

use std::ffi::OsStr;
use std::io;
use std::process::{Output, Stdio};

use azure_identity::Executor;

/// Runs programs, which end when nobody waits for them any more and are not asked anything.
#[derive(Debug)]
pub(super) struct Programs;

#[async_trait::async_trait]
impl Executor for Programs {
    async fn run(&self, program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let mut command = tokio::process::Command::new(program);
        command.args(args).stdin(Stdio::null()).kill_on_drop(true).output().await
    }
}

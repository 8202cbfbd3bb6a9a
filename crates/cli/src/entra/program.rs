//! Runs a program that prints a token. The program and its children are killed when the wait ends.

use std::ffi::OsStr;
use std::io;
use std::process::{Output, Stdio};

use azure_identity::Executor;
use tokio::process::{Child, Command};

/// Runs programs without input, and kills them once their result is no longer awaited.
#[derive(Debug)]
pub(super) struct Programs;

#[async_trait::async_trait]
impl Executor for Programs {
    async fn run(&self, program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn()?;
        let mut group = Group::of(&child);
        let output = child.wait_with_output().await;
        group.end();
        output
    }
}

/// The process group of a program: a shell starts `az`, which starts an interpreter.
struct Group {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

#[cfg(unix)]
impl Group {
    fn of(child: &Child) -> Self {
        let leader = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        Self { leader }
    }

    /// Marks the program as ended, so that nothing is killed.
    fn end(&mut self) {
        self.leader = None;
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            // An error means that the group has already ended.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(not(unix))]
impl Group {
    fn of(_: &Child) -> Self {
        Self {}
    }

    #[allow(clippy::unused_self, reason = "the same signature as on Unix")]
    fn end(&mut self) {}
}

//! The runtime of every command that waits, and the signals that end a wait.

use std::io;
#[cfg(unix)]
use std::os::unix::net::UnixStream;

use tokio::signal;

use super::failure::Failure;
use super::file;
#[cfg(unix)]
use super::{machine, output};

/// Runs a future to completion on one thread, which is enough because it mostly waits.
///
/// Background work of the operating system, such as a pending name lookup, is abandoned. From then on a signal ends the
/// program at once, because the output may wait for a reader that never comes.
pub(crate) fn block_on<T>(whole: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = descriptors().and_then(|()| tokio::runtime::Builder::new_current_thread().enable_all().build());
    let runtime = runtime.map_err(|error| Failure::cannot("start the network runtime", &error))?;
    let outcome = runtime.block_on(whole);
    let watch = move || {
        runtime.block_on(interrupt());
        file::remove_draft();
        #[cfg(unix)]
        output::complain_at_once("interrupted before all output was written");
        std::process::exit(INTERRUPTED);
    };
    // Without a thread, only SIGKILL ends a program whose reader never comes.
    let _ = std::thread::Builder::new().name("signals".to_owned()).spawn(watch);
    Ok(outcome)
}

/// Checks that the descriptors of a runtime can be opened, because its signals panic without them.
#[cfg(unix)]
fn descriptors() -> io::Result<()> {
    let pairs = [(); DESCRIPTORS / 2].map(|()| UnixStream::pair());
    pairs.into_iter().try_for_each(|pair| pair.map(drop))
}

#[cfg(not(unix))]
fn descriptors() -> io::Result<()> {
    Ok(())
}

/// Completes when the user presses Ctrl-C, or when another signal asks the program to end: of a service manager, of
/// `timeout`, or of a terminal that closes. A hangup that was ignored when the program started stays ignored, as `nohup` wants
/// it. Shells start programs in the background with Ctrl-C ignored, and a script that sends it means it. If signals are not
/// available, only the time limit ends a run.
#[cfg(unix)]
pub(crate) async fn interrupt() {
    use signal::unix::{SignalKind, signal};
    let ends = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup(), SignalKind::quit()];
    let mut waits: Vec<_> = ends
        .into_iter()
        .filter(|kind| *kind != SignalKind::hangup() || !machine::ignores(kind.as_raw_value()))
        .filter_map(|kind| signal(kind).ok())
        .collect();
    if waits.is_empty() {
        std::future::pending::<()>().await;
    }
    let waits = waits.iter_mut().map(|wait| Box::pin(wait.recv()));
    futures_util::future::select_all(waits).await;
}

/// Completes when the user presses Ctrl-C.
#[cfg(not(unix))]
pub(crate) async fn interrupt() {
    if signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// The exit code of a program that was interrupted before its output was written.
const INTERRUPTED: i32 = 1;

/// The descriptors of a runtime of tokio, rounded up to pairs: a poll, a wake-up, and a pair and a copy for signals.
#[cfg(unix)]
const DESCRIPTORS: usize = 6;

//! The runtime of every command that waits.

use super::failure::Failure;

/// Runs a future to completion on one thread, which is enough because it mostly waits.
///
/// Background work of the operating system, such as a pending name lookup, is abandoned.
pub(crate) fn block_on<T>(whole: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::cannot("start the network runtime", &error))?;
    let outcome = runtime.block_on(whole);
    runtime.shutdown_background();
    Ok(outcome)
}

/// Completes when the user presses Ctrl-C. If signals are not available, only the time limit ends a run.
pub(crate) async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

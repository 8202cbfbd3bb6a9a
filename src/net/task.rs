//! Background tasks that end with their owner.

use std::future::Future;

use tokio::task::AbortHandle;

/// A background task. It is aborted when this value is dropped.
#[derive(Debug)]
pub(crate) struct Task(Option<AbortHandle>);

impl Task {
    pub(crate) fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(Some(tokio::spawn(work).abort_handle()))
    }

    /// Lets the task run to its end, without its owner.
    pub(crate) fn detach(mut self) {
        self.0 = None;
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

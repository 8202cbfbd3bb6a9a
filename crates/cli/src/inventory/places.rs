//! Places: how many accounts are probed at the same time.

use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

/// The places for accounts. An account that takes long only waits for packets: it leaves its place to another one and waits
/// beside, so that a silent account delays no other.
pub(super) struct Places {
    busy: Semaphore,
    waiting: Semaphore,
}

impl Places {
    pub(super) fn new(jobs: usize) -> Self {
        Self { busy: Semaphore::new(jobs), waiting: Semaphore::new(MOST_WAITING) }
    }

    /// Returns the number of accounts that are probed or wait at the same time.
    pub(super) fn most(jobs: usize) -> usize {
        jobs + MOST_WAITING
    }

    /// Runs the probe of an account when there is a place.
    pub(super) async fn run<T>(&self, probe: impl Future<Output = T>) -> T {
        // The semaphores are never closed, and without them a probe would only be unlimited.
        let busy = self.busy.acquire().await;
        let mut probe = Box::pin(probe);
        if let Ok(outcome) = timeout(PATIENCE, &mut probe).await {
            return outcome;
        }
        let waiting = tokio::select! {
            biased;
            outcome = &mut probe => return outcome,
            waiting = self.waiting.acquire() => waiting,
        };
        drop(busy);
        let outcome = probe.await;
        drop(waiting);
        outcome
    }
}

/// An account that works has answered by then, from any continent.
const PATIENCE: Duration = Duration::from_secs(1);

/// Each has four sockets or so, and many systems allow a process 1,024 descriptors.
const MOST_WAITING: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{Instant, sleep};

    #[tokio::test(start_paused = true)]
    async fn who_waits_delays_nobody_and_there_is_a_limit() {
        let (places, begun) = (Places::new(1), Instant::now());
        let silent = places.run(sleep(Duration::from_secs(20)));
        let quick = async {
            for _ in 0..10 {
                places.run(sleep(Duration::from_millis(100))).await;
            }
            begun.elapsed()
        };
        let ((), quick) = tokio::join!(silent, quick);
        assert!(quick < Duration::from_secs(3), "{quick:?}");
        assert_eq!(begun.elapsed(), Duration::from_secs(20));
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_the_limit_run_at_once() {
        let (places, running, most) = (Places::new(3), std::cell::Cell::new(0), std::cell::Cell::new(0));
        let probe = || {
            places.run(async {
                running.set(running.get() + 1);
                most.set(most.get().max(running.get()));
                sleep(Duration::from_secs(5)).await;
                running.set(running.get() - 1);
            })
        };
        futures_util::future::join_all((0..500).map(|_| probe())).await;
        assert_eq!(most.get(), Places::most(3));
    }
}

//! Places: how many accounts are probed at the same time.

use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

/// The places for accounts. An account that takes long only waits for packets: it leaves its place to another one and waits
/// beside, so that a silent account delays no other.
pub(super) struct Places {
    busy: Semaphore,
    waiting: Semaphore,
    most: usize,
}

impl Places {
    /// Makes the places, fewer of them if the process may open few descriptors: an account without any would look unreachable.
    pub(super) fn new(jobs: usize, descriptors: Option<usize>) -> Self {
        let all = descriptors.map_or(usize::MAX, |all| (all.saturating_sub(OWN) / EACH).max(1));
        let jobs = jobs.min(all);
        let waiting = MOST_WAITING.min(all - jobs);
        Self { busy: Semaphore::new(jobs), waiting: Semaphore::new(waiting), most: jobs + waiting }
    }

    /// Returns the number of accounts that are probed or wait at the same time.
    pub(super) fn most(&self) -> usize {
        self.most
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

/// More silent accounts than this are rare, and each keeps its sockets.
const MOST_WAITING: usize = 128;

/// The descriptors of an account: a socket and two questions to name servers for each of two targets. A lab in the same process
/// accepts as many.
const EACH: usize = 12;

/// The descriptors of the program itself, and of the listeners of a lab.
const OWN: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{Instant, sleep};

    #[tokio::test(start_paused = true)]
    async fn who_waits_delays_nobody_and_there_is_a_limit() {
        let (places, begun) = (Places::new(1, None), Instant::now());
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
        let (places, running, most) = (Places::new(3, None), std::cell::Cell::new(0), std::cell::Cell::new(0));
        let probe = || {
            places.run(async {
                running.set(running.get() + 1);
                most.set(most.get().max(running.get()));
                sleep(Duration::from_secs(100)).await;
                running.set(running.get() - 1);
            })
        };
        futures_util::future::join_all((0..500).map(|_| probe())).await;
        assert_eq!(most.get(), 3 + MOST_WAITING);
        assert_eq!(places.most(), most.get());
    }

    #[test]
    fn few_descriptors_leave_few_places() {
        assert_eq!(Places::new(16, Some(1024)).most(), 81);
        assert_eq!(Places::new(16, Some(100)).most(), 4);
        assert_eq!(Places::new(16, Some(10)).most(), 1);
    }
}

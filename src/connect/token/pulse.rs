//! The pulse of a fetch: the sign that its runtime drives it. A runtime that is idle makes no progress, and its timers do not
//! expire, so its fetch cannot end by itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// The last time at which the runtime of a fetch drove it.
#[derive(Debug)]
pub(super) struct Pulse(Mutex<Instant>);

impl Pulse {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Instant::now())))
    }

    /// Beats without end.
    pub(super) async fn beat(&self) {
        loop {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
            sleep(BEAT).await;
        }
    }

    /// Returns whether the runtime is idle, to a call with this time limit. A call with little time concludes it sooner.
    pub(super) fn has_stopped(&self, limit: Duration) -> bool {
        let silence = (limit / 4).clamp(SHORTEST_SILENCE, LONGEST_SILENCE);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed() >= silence
    }
}

/// The time between two beats.
pub(super) const BEAT: Duration = Duration::from_millis(50);

/// The silence that a runtime with much to do may keep. A shorter one would begin a second fetch for no reason.
pub(super) const SHORTEST_SILENCE: Duration = Duration::from_millis(150);

/// After this silence a runtime is idle for every call.
const LONGEST_SILENCE: Duration = Duration::from_secs(2);

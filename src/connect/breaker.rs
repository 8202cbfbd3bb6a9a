//! The circuit breaker of one account.
//!
//! After several failures in a row an account backs off, longer each time. Then a single call probes it. `Retry-After` of
//! the service takes precedence over both.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::jitter::jitter;

/// The health of an account, as recent calls left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Health {
    /// Calls use the account.
    Healthy,
    /// Calls skip the account for some time, unless all accounts back off.
    BackingOff {
        /// The remaining time.
        remaining: Duration,
    },
    /// The back-off is over. One call probes whether the account works again.
    Probing,
}

/// Keeps calls away from an account that fails.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Consecutive failures.
    failures: u32,
    /// The end of the back-off.
    until: Option<Instant>,
    /// The end of the time that the service requested by `Retry-After`.
    retry_after: Option<Instant>,
    /// When a probe counts as abandoned: a call that is dropped does not report its outcome.
    probe: Option<Instant>,
}

impl Breaker {
    /// Returns whether a call may use the account now. The first call after a back-off becomes the probe.
    pub(super) fn admits(&self, now: Instant) -> bool {
        let mut state = self.state();
        let Some(until) = state.until else { return true };
        if now < until || state.probe.is_some_and(|probe| now < probe) {
            return false;
        }
        state.probe = Some(now + MAX_PROBE);
        true
    }

    /// Returns the remaining back-off.
    pub(super) fn remaining(&self, now: Instant) -> Duration {
        self.state().until.map(|until| until.saturating_duration_since(now)).unwrap_or_default()
    }

    /// Returns the remaining time that the service requested by `Retry-After`.
    pub(super) fn retry_after(&self, now: Instant) -> Duration {
        self.state().retry_after.map(|until| until.saturating_duration_since(now)).unwrap_or_default()
    }

    /// Records a response. Whatever its status, it proves that the account can be reached.
    pub(super) fn record_response(&self) {
        *self.state() = State::default();
    }

    /// Ends a probe whose outcome the connector does not learn.
    pub(super) fn abandon_probe(&self) {
        self.state().probe = None;
    }

    /// Records a failure, with `Retry-After` if the service sent it.
    pub(super) fn record_failure(&self, now: Instant, retry_after: Option<Duration>) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        state.probe = None;
        let back_off = (state.failures >= FAILURES).then(|| {
            let doubled = MIN_BACK_OFF.saturating_mul(1 << (state.failures - FAILURES).min(10));
            // Between half and all of it, so that clients do not return at the same moment.
            doubled.min(MAX_BACK_OFF).mul_f64(0.5 + jitter() / 2.0)
        });
        let retry_after = retry_after.map(|after| after.min(MAX_RETRY_AFTER));
        state.retry_after = retry_after.map(|after| now + after);
        if let Some(back_off) = retry_after.max(back_off) {
            state.until = Some(now + back_off);
        }
    }

    /// Backs off for a time that the application chooses, of at most [`MAX_RETRY_AFTER`].
    pub(super) fn leave_out(&self, now: Instant, time: Duration) {
        let mut state = self.state();
        state.until = state.until.max(Some(now + time.min(MAX_RETRY_AFTER)));
        state.probe = None;
    }

    pub(super) fn health(&self, now: Instant) -> Health {
        match self.state().until {
            None => Health::Healthy,
            Some(until) if now < until => Health::BackingOff { remaining: until - now },
            Some(_) => Health::Probing,
        }
    }

    /// Returns the number of consecutive failures.
    pub(super) fn failures(&self) -> u32 {
        self.state().failures
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A single failure is often a lost packet. Three in a row point at the host.
const FAILURES: u32 = 3;

/// Long enough to replace a gateway behind its address.
const MIN_BACK_OFF: Duration = Duration::from_secs(5);

/// An account that works again is used within a minute.
const MAX_BACK_OFF: Duration = Duration::from_secs(60);

/// The longest time without an attempt. The quotas of the service are per second and per minute, so a longer `Retry-After` is
/// an error of the service.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

/// Longer than a call takes by default, which is 20 seconds.
const MAX_PROBE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(times: u32, now: Instant) -> Breaker {
        let breaker = Breaker::default();
        (0..times).for_each(|_| breaker.record_failure(now, None));
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_backs_off_after_three_consecutive_failures_and_one_call_probes_it() {
        let now = Instant::now();
        assert!(failing(2, now).admits(now));
        let breaker = failing(3, now);
        assert!(!breaker.admits(now));
        assert!(matches!(breaker.health(now), Health::BackingOff { .. }));
        let later = now + MIN_BACK_OFF;
        assert!(breaker.admits(later), "after the back-off");
        assert!(!breaker.admits(later), "only one call");
        assert_eq!(breaker.health(later), Health::Probing);
        assert!(breaker.admits(later + MAX_PROBE), "after a probe that was abandoned");
        breaker.record_response();
        assert!(breaker.admits(later) && breaker.admits(later));
        assert_eq!((breaker.health(later), breaker.failures()), (Health::Healthy, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn back_offs_grow_to_a_minute_and_are_never_zero() {
        let now = Instant::now();
        for failures in 3..40 {
            let back_off = failing(failures, now).remaining(now);
            let longest = MIN_BACK_OFF.saturating_mul(1 << (failures - 3).min(10)).min(MAX_BACK_OFF);
            assert!(back_off >= longest / 2 && back_off <= longest, "{failures}: {back_off:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn retry_after_applies_at_once_and_is_bounded() {
        let now = Instant::now();
        let breaker = Breaker::default();
        breaker.record_failure(now, Some(Duration::from_secs(7)));
        assert_eq!(breaker.remaining(now), Duration::from_secs(7));
        assert!(!breaker.admits(now + Duration::from_millis(6_999)));
        assert!(breaker.admits(now + Duration::from_secs(7)));
        breaker.record_failure(now, Some(Duration::from_secs(1 << 40)));
        assert_eq!(breaker.remaining(now), MAX_RETRY_AFTER);
    }
}

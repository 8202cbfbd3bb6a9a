//! Failover: which account is tried, by what became of it before.
//!
//! An account rests after several failures in a row, longer each time, and is then tried by one call alone. What the
//! service asks for in `Retry-After` counts before anything else.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::jitter::jitter;

/// How an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Health {
    /// It is used.
    Well,
    /// It rests, for so long.
    Resting {
        /// Until it is tried again.
        left: Duration,
    },
    /// One call tries whether it works again.
    OnTrial,
}

/// Keeps calls from an account that fails.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// In a row.
    failures: u32,
    /// Resting until then.
    until: Option<Instant>,
    /// Until then the service asked to be left alone.
    asked: Option<Instant>,
    /// Until when a trial under way counts as one; a call that was given up leaves nothing behind.
    trial: Option<Instant>,
}

impl Breaker {
    /// Whether a call may use the account now. One that may after a rest is its trial.
    pub(super) fn admits(&self, now: Instant) -> bool {
        let mut state = self.state();
        let Some(until) = state.until else { return true };
        if now < until || state.trial.is_some_and(|trial| now < trial) {
            return false;
        }
        state.trial = Some(now + LONGEST_TRIAL);
        true
    }

    /// How long the account still rests.
    pub(super) fn rests(&self, now: Instant) -> Duration {
        self.state().until.map(|until| until.saturating_duration_since(now)).unwrap_or_default()
    }

    /// How long the service still asks to be left alone.
    pub(super) fn asked_to_rest(&self, now: Instant) -> Duration {
        self.state().asked.map(|asked| asked.saturating_duration_since(now)).unwrap_or_default()
    }

    /// The service answered: the way to it works, whatever it said to the caller.
    pub(super) fn answered(&self) {
        *self.state() = State::default();
    }

    /// A call that was admitted says nothing of how it went.
    pub(super) fn given_up(&self) {
        self.state().trial = None;
    }

    /// It failed; with how long the service wants to be left alone, if it said so.
    pub(super) fn failed(&self, now: Instant, retry_after: Option<Duration>) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        state.trial = None;
        let rest = (state.failures >= FAILURES).then(|| {
            let doubled = SHORTEST_REST.saturating_mul(1 << (state.failures - FAILURES).min(10));
            // Between half and the whole, so that clients do not come back all at once.
            doubled.min(LONGEST_REST).mul_f64(0.5 + jitter() / 2.0)
        });
        let asked = retry_after.map(|after| after.min(LONGEST_RETRY_AFTER));
        state.asked = asked.map(|asked| now + asked);
        if let Some(rest) = asked.max(rest) {
            state.until = Some(now + rest);
        }
    }

    pub(super) fn health(&self, now: Instant) -> Health {
        let state = self.state();
        match state.until {
            None => Health::Well,
            Some(until) if now < until => Health::Resting { left: until - now },
            Some(_) => Health::OnTrial,
        }
    }

    /// How often it failed in a row.
    pub(super) fn failures(&self) -> u32 {
        self.state().failures
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long to wait before a further round over the accounts: anything up to twice as long each time.
pub(super) fn pause(round: u32) -> Duration {
    let longest = SHORTEST_PAUSE.saturating_mul(1 << round.min(10)).min(LONGEST_PAUSE);
    longest.mul_f64(jitter())
}

/// A failure alone is often a packet, three are a host.
const FAILURES: u32 = 3;

/// Long enough for a gateway to be replaced behind its address.
const SHORTEST_REST: Duration = Duration::from_secs(5);

/// So that an account that works again is used within a minute.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// What a service asks for beyond is not believed: quotas are by the second and the minute.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

/// Longer than a call takes by default.
const LONGEST_TRIAL: Duration = Duration::from_secs(30);

/// About a round trip between continents.
const SHORTEST_PAUSE: Duration = Duration::from_millis(200);

/// A call that waits longer than this between its tries would better be told.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(times: u32, now: Instant) -> Breaker {
        let breaker = Breaker::default();
        (0..times).for_each(|_| breaker.failed(now, None));
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn three_failures_in_a_row_let_an_account_rest_and_one_call_tries_it() {
        let now = Instant::now();
        assert!(failing(2, now).admits(now));
        let breaker = failing(3, now);
        assert!(!breaker.admits(now));
        assert!(matches!(breaker.health(now), Health::Resting { .. }));
        let later = now + SHORTEST_REST;
        assert!(breaker.admits(later), "after its rest");
        assert!(!breaker.admits(later), "one alone");
        assert_eq!(breaker.health(later), Health::OnTrial);
        assert!(breaker.admits(later + LONGEST_TRIAL), "a trial that was given up");
        breaker.answered();
        assert!(breaker.admits(later) && breaker.admits(later));
        assert_eq!((breaker.health(later), breaker.failures()), (Health::Well, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn rests_grow_up_to_a_minute_and_never_are_nothing() {
        let now = Instant::now();
        for failures in 3..40 {
            let rest = failing(failures, now).rests(now);
            let longest = SHORTEST_REST.saturating_mul(1 << (failures - 3).min(10)).min(LONGEST_REST);
            assert!(rest >= longest / 2 && rest <= longest, "{failures}: {rest:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_service_asks_for_is_kept_at_once_and_within_reason() {
        let now = Instant::now();
        let breaker = Breaker::default();
        breaker.failed(now, Some(Duration::from_secs(7)));
        assert_eq!(breaker.rests(now), Duration::from_secs(7));
        assert!(!breaker.admits(now + Duration::from_millis(6_999)));
        assert!(breaker.admits(now + Duration::from_secs(7)));
        breaker.failed(now, Some(Duration::from_secs(1 << 40)));
        assert_eq!(breaker.rests(now), LONGEST_RETRY_AFTER);
    }

    #[test]
    fn pauses_grow_and_are_bounded() {
        for round in 0..50 {
            assert!(pause(round) <= LONGEST_PAUSE);
        }
        assert!((0..100).any(|_| pause(4) > SHORTEST_PAUSE));
    }
}

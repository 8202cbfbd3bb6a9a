//! Failover: the accounts of one call, tried in order until one accepts the call or the time is up.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::breaker::Breaker;
use super::dial::Clock;
use super::error::{ConnectCause, ConnectError};
use super::jitter::jitter;
use super::routes::{Route, Routes};
use super::token::{TokenError, TokenSource};
use crate::diagnose::evidence::FailureKind;
use crate::diagnose::plan::Limits;
use crate::resolve::account::Account;
use crate::resolve::query::Query;
use crate::resolve::service::Service;

/// An account that calls may use, with its token source and its health.
#[derive(Debug)]
pub(super) struct Candidate {
    /// The name of the account in spans, errors and states.
    pub(super) name: Arc<str>,
    pub(super) account: Account,
    pub(super) source: TokenSource,
    pub(super) breaker: Breaker,
    routes: Routes,
    /// The last error with `Retry-After`.
    retry_later: Mutex<Option<ConnectError>>,
}

impl Candidate {
    pub(super) fn new(name: String, account: Account, source: TokenSource) -> Self {
        let (name, breaker, routes, retry_later) =
            (name.into(), Breaker::default(), Routes::default(), Mutex::default());
        Self { name, account, source, breaker, routes, retry_later }
    }

    /// Returns the last error with `Retry-After`, and how long it still applies.
    pub(super) fn retry_later(&self, now: Instant) -> Option<(ConnectError, Duration)> {
        let remaining = self.breaker.retry_after(now);
        let error = self.retry_later.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        (!remaining.is_zero()).then_some((error, remaining))
    }

    pub(super) fn route(&self, service: Service, query: &Query) -> Result<Arc<Route>, ConnectError> {
        self.routes
            .to(&self.account, service, query)
            .map_err(|error| ConnectError::unresolved(&self.account, service, error))
    }

    fn record_failure(&self, error: &ConnectError) {
        let retry_after = error.retry_after();
        if retry_after.is_some() {
            *self.retry_later.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
        }
        self.breaker.record_failure(Instant::now(), retry_after);
    }
}

/// The account to try next.
pub(super) struct Selected<'a> {
    /// Its position in the order of the accounts.
    pub(super) index: usize,
    pub(super) candidate: &'a Candidate,
    /// The time that this attempt may take.
    pub(super) clock: Clock,
}

/// The attempts of one call.
pub(super) struct Failover<'a> {
    candidates: &'a [Candidate],
    /// The last round that has tried each account.
    tried: Vec<Option<u32>>,
    round: u32,
    /// The end of the attempts.
    deadline: Instant,
    /// The end of the call.
    end: Instant,
    step: Duration,
    last: Option<ConnectError>,
    earlier: Vec<ConnectError>,
}

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Retry {
    /// Return the error: the caller must fix the cause.
    Never,
    /// Try the other accounts.
    OtherAccounts,
    /// Try the other accounts, then all accounts again.
    AllAccounts,
}

impl<'a> Failover<'a> {
    pub(super) fn new(candidates: &'a [Candidate], limits: Limits) -> Self {
        let now = Instant::now();
        let Limits { total, step, .. } = limits;
        let (deadline, end) = (now + total.mul_f64(SHARE_OF_ATTEMPTS), now + total);
        let tried = vec![None; candidates.len()];
        Self { candidates, tried, round: 0, deadline, end, step, last: None, earlier: Vec::new() }
    }

    /// Returns the next account to try.
    ///
    /// 1. The first account, in their order, that this round has not tried and that does not back off.
    /// 2. If all accounts back off, the one whose back-off ends first: an attempt is better than none. `Retry-After` is
    ///    waited for nevertheless.
    /// 3. After a pause the next round begins, if there is time and a retry can help.
    pub(super) async fn next(&mut self) -> Option<Selected<'a>> {
        loop {
            let now = Instant::now();
            if now >= self.deadline {
                return None;
            }
            let untried = |index: &usize| self.tried[*index] != Some(self.round);
            let mut indices = (0..self.candidates.len()).filter(untried);
            if let Some(index) = indices.find(|index| self.candidates[*index].breaker.admits(now)) {
                return Some(self.select(index, now));
            }
            if !self.tried.contains(&Some(self.round)) {
                let remaining = |index: &usize| self.candidates[*index].breaker.remaining(now);
                let index = (0..self.candidates.len()).min_by_key(remaining)?;
                let wait = self.candidates[index].breaker.retry_after(now);
                if wait > self.deadline.saturating_duration_since(now) {
                    return None;
                }
                sleep(wait).await;
                return Some(self.select(index, Instant::now()));
            }
            self.round += 1;
            let wait = pause(self.round);
            let may_help = self.last.as_ref().is_none_or(|last| retry(last) == Retry::AllAccounts);
            if self.round >= ROUNDS || !may_help || wait > self.deadline.saturating_duration_since(now) {
                return None;
            }
            sleep(wait).await;
        }
    }

    /// Records a failed attempt. Returns its error if no other attempt can help.
    pub(super) fn failed(&mut self, candidate: &Candidate, error: ConnectError) -> Result<(), ConnectError> {
        let error = error.of_account(&candidate.name);
        match retry(&error) {
            Retry::Never => {
                candidate.breaker.record_response();
                self.earlier.extend(self.last.take());
                return Err(self.among_others(error));
            }
            Retry::OtherAccounts | Retry::AllAccounts => candidate.record_failure(&error),
        }
        match self.last.take() {
            // The previous error of this account explains more than a time-out does.
            Some(previous) if is_token_timeout(&error) && previous.evidence().resource == error.evidence().resource => {
                self.last = Some(previous);
            }
            previous => {
                self.earlier.extend(previous);
                self.last = Some(error);
            }
        }
        Ok(())
    }

    /// Returns the error of a call that no account accepted; `None` if no account was tried.
    pub(super) fn into_error(mut self) -> Option<ConnectError> {
        let last = self.last.take()?;
        Some(self.among_others(last))
    }

    fn among_others(&mut self, error: ConnectError) -> ConnectError {
        // The last attempt of each account is enough.
        let is_same = |one: &ConnectError, other: &ConnectError| one.evidence().resource == other.evidence().resource;
        let mut earlier: Vec<ConnectError> = Vec::new();
        for former in std::mem::take(&mut self.earlier).into_iter().filter(|former| !is_same(former, &error)) {
            earlier.retain(|known| !is_same(known, &former));
            earlier.push(former);
        }
        let now = Instant::now();
        let left_out = self.candidates.iter().zip(&self.tried).filter(|(_, tried)| tried.is_none());
        let waits = left_out.map(|(candidate, _)| candidate.breaker.remaining(now)).filter(|wait| !wait.is_zero());
        error.among(earlier, waits.min())
    }

    fn select(&mut self, index: usize, now: Instant) -> Selected<'a> {
        self.tried[index] = Some(self.round);
        // The remaining time is divided equally among this account and those that are still untried.
        let untried = self.tried.iter().filter(|tried| **tried != Some(self.round)).count();
        let shares = u32::try_from(untried + 1).unwrap_or(u32::MAX);
        let deadline = now + self.deadline.saturating_duration_since(now) / shares;
        let end = deadline + (self.end - self.deadline) / shares;
        Selected { index, candidate: &self.candidates[index], clock: Clock { deadline, step: self.step, end } }
    }
}

impl ConnectError {
    /// Returns whether the same call may succeed later although nobody changes anything: for one of the accounts, the network
    /// failed in a way that passes, the service answered with 408, 425, 429 or 5xx, or this call left the account out.
    ///
    /// The call has already retried: up to three rounds over all accounts within its time limit. An application that tries
    /// again waits for [`ConnectError::retry_after`], or for some seconds. It considers that the service may have processed a
    /// `POST` that got no response.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        retry(self) == Retry::AllAccounts || self.others_may_accept()
    }
}

/// Returns what to do after an error. A rejected credential, request or path fails everywhere, or is a mistake that an
/// account where it happens to work must not hide.
fn retry(error: &ConnectError) -> Retry {
    match error.cause() {
        ConnectCause::Token(TokenError::NotIssued { source }) => {
            source.downcast_ref().map_or(Retry::AllAccounts, |source| retry(source).max(Retry::OtherAccounts))
        }
        ConnectCause::Token(TokenError::TimedOut { .. } | TokenError::Cancelled) => Retry::AllAccounts,
        ConnectCause::Resolve(_) | ConnectCause::Credential(_) | ConnectCause::Token(_) => Retry::Never,
        ConnectCause::Network { failure, .. } | ConnectCause::NotTried { failure } => match error.status() {
            Some(408 | 425 | 429 | 500..=599) => Retry::AllAccounts,
            Some(101) => Retry::OtherAccounts,
            Some(_) => Retry::Never,
            None if is_transient(failure.kind) => Retry::AllAccounts,
            None => Retry::OtherAccounts,
        },
    }
}

fn is_token_timeout(error: &ConnectError) -> bool {
    matches!(error.cause(), ConnectCause::Token(TokenError::TimedOut { .. }))
}

/// Returns whether a failure may be gone a moment later.
fn is_transient(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::NoAnswer
            | FailureKind::TimedOut
            | FailureKind::Refused
            | FailureKind::Unreachable
            | FailureKind::Reset
            | FailureKind::Closed
    )
}

/// Returns the pause before another round over the accounts: a random time, at most twice as long in each round.
fn pause(round: u32) -> Duration {
    let longest = MIN_PAUSE.saturating_mul(1 << round.min(10)).min(MAX_PAUSE);
    longest.mul_f64(jitter())
}

/// One attempt and two retries. A failure that repeats three times within a second or two is not a coincidence.
const ROUNDS: u32 = 3;

/// The share of the time limit for attempts. The rest is for the facts that only a diagnosis needs.
const SHARE_OF_ATTEMPTS: f64 = 0.8;

/// About a round trip between continents.
const MIN_PAUSE: Duration = Duration::from_millis(200);

/// A caller that waits longer than this is better served by the error.
const MAX_PAUSE: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_are_bounded() {
        for round in 0..50 {
            assert!(pause(round) <= MAX_PAUSE);
        }
        assert!((0..100).any(|_| pause(4) > MIN_PAUSE));
    }
}

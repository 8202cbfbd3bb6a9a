//! Turns: the accounts of one call, each tried when it is its turn, until one takes the call or the time is up.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::dial::Clock;
use super::error::{ConnectCause, ConnectError};
use super::failover::{Breaker, pause};
use super::routes::Routes;
use super::token::{TokenError, TokenSource};
use crate::diagnose::evidence::{Evidence, FailureKind};
use crate::diagnose::plan::Limits;
use crate::resolve::account::Account;

/// An account, what it is authenticated with, and how it stands.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) account: Account,
    pub(super) source: TokenSource,
    pub(super) breaker: Breaker,
    pub(super) routes: Routes,
    /// The last answer by which the service asked to be left alone.
    asked: Mutex<Option<Arc<ConnectError>>>,
}

impl Seat {
    pub(super) fn new(account: Account, source: TokenSource) -> Self {
        Self { account, source, breaker: Breaker::default(), routes: Routes::default(), asked: Mutex::default() }
    }

    /// What the service said when it asked to be left alone, and for how long it still does.
    pub(super) fn asked(&self, now: Instant) -> (Option<Arc<ConnectError>>, Duration) {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (asked, self.breaker.asked_to_rest(now))
    }

    fn note(&self, error: &ConnectError) {
        if error.retry_after().is_some() {
            let asked = Arc::new(error.repeated());
            *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(asked);
        }
    }
}

/// One account's turn.
pub(super) struct Turn<'a> {
    /// Its place in the order.
    pub(super) place: usize,
    pub(super) seat: &'a Seat,
    pub(super) clock: Clock,
}

/// The turns of one call.
pub(super) struct Turns<'a> {
    seats: &'a [Seat],
    tried: Vec<bool>,
    round: u32,
    deadline: Instant,
    end: Instant,
    step: Duration,
    last: Option<ConnectError>,
    earlier: Vec<Evidence>,
}

/// What another try may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Remedy {
    /// Nothing: the caller has to know.
    None,
    /// Another account.
    Elsewhere,
    /// Another account, or the same once more.
    Again,
}

impl<'a> Turns<'a> {
    pub(super) fn new(seats: &'a [Seat], limits: Limits) -> Self {
        let now = Instant::now();
        // What is left is for the evidence.
        let Limits { total, step, .. } = limits;
        let (deadline, end) = (now + total.mul_f64(FOR_TRIES), now + total);
        Self { seats, tried: vec![false; seats.len()], round: 0, deadline, end, step, last: None, earlier: Vec::new() }
    }

    /// The next account to try, and how long it may take.
    ///
    /// 1. The first of this round, in their order, that does not rest.
    /// 2. When all rest, the one whose rest ends first: a call is better tried than not, but what the service asked for in
    ///    `Retry-After` is waited for.
    /// 3. A further round after a pause, while there is time.
    pub(super) async fn next(&mut self) -> Option<Turn<'a>> {
        loop {
            let now = Instant::now();
            if now >= self.deadline {
                return None;
            }
            let untried = |index: &usize| !self.tried[*index];
            let well = (0..self.seats.len()).filter(untried).find(|index| self.seats[*index].breaker.admits(now));
            if let Some(index) = well {
                return Some(self.take(index, now));
            }
            if !self.tried.contains(&true) {
                let index = (0..self.seats.len()).min_by_key(|index| self.seats[*index].breaker.rests(now))?;
                let wait = self.seats[index].breaker.asked_to_rest(now);
                if wait > self.deadline.saturating_duration_since(now) {
                    return None;
                }
                sleep(wait).await;
                return Some(self.take(index, Instant::now()));
            }
            self.round += 1;
            let wait = pause(self.round);
            let is_worth_it = self.last.as_ref().is_none_or(|last| remedy(last) == Remedy::Again);
            if self.round >= ROUNDS || !is_worth_it || wait > self.deadline.saturating_duration_since(now) {
                return None;
            }
            sleep(wait).await;
            self.tried.fill(false);
        }
    }

    /// An attempt failed. What no other account would change is given back.
    pub(super) fn failed(&mut self, seat: &Seat, error: ConnectError) -> Result<(), ConnectError> {
        match remedy(&error) {
            Remedy::None => {
                seat.breaker.answered();
                return Err(self.with_earlier(error));
            }
            Remedy::Elsewhere | Remedy::Again => {
                seat.note(&error);
                seat.breaker.failed(Instant::now(), error.retry_after());
            }
        }
        match self.last.take() {
            // That the time was up says less than what had used it up.
            Some(before) if is_out_of_time(&error) && before.evidence().resource == error.evidence().resource => {
                self.last = Some(before);
            }
            before => {
                self.earlier.extend(before.map(|before| before.evidence().clone()));
                self.last = Some(error);
            }
        }
        Ok(())
    }

    /// Nobody took the call.
    pub(super) fn end(mut self) -> Option<ConnectError> {
        let last = self.last.take()?;
        Some(self.with_earlier(last))
    }

    fn with_earlier(&mut self, error: ConnectError) -> ConnectError {
        // Of an account that was tried several times the last is enough.
        let is_other = |evidence: &Evidence| evidence.resource != error.evidence().resource;
        let mut earlier: Vec<Evidence> = Vec::new();
        for evidence in std::mem::take(&mut self.earlier).into_iter().filter(is_other) {
            earlier.retain(|known| known.resource != evidence.resource);
            earlier.push(evidence);
        }
        error.after(earlier)
    }

    fn take(&mut self, place: usize, now: Instant) -> Turn<'a> {
        self.tried[place] = true;
        // Those that come after have their share.
        let untried = self.tried.iter().filter(|tried| !**tried).count();
        let takers = u32::try_from(untried + 1).unwrap_or(u32::MAX);
        let deadline = now + self.deadline.saturating_duration_since(now) / takers;
        let end = deadline + (self.end - self.deadline) / takers;
        Turn { place, seat: &self.seats[place], clock: Clock { deadline, step: self.step, end } }
    }
}

/// What another try may change. A refusal of the credential, of the request or of the path is the same everywhere, or a
/// mistake that must not be hidden by an account where it happens to work.
fn remedy(error: &ConnectError) -> Remedy {
    match error.cause() {
        ConnectCause::Token(TokenError::NotIssued { source }) => {
            source.downcast_ref().map_or(Remedy::Again, |beneath| remedy(beneath).max(Remedy::Elsewhere))
        }
        ConnectCause::Token(TokenError::TimedOut { .. } | TokenError::BrokenOff) => Remedy::Again,
        ConnectCause::Resolve(_) | ConnectCause::Credential(_) | ConnectCause::Token(_) => Remedy::None,
        ConnectCause::Network { failure, .. } | ConnectCause::NotTried { failure } => match error.status() {
            Some(408 | 425 | 429 | 500..=599) => Remedy::Again,
            Some(101) => Remedy::Elsewhere,
            Some(_) => Remedy::None,
            None if is_passing(failure.kind) => Remedy::Again,
            None => Remedy::Elsewhere,
        },
    }
}

/// Whether nothing was seen, because a token did not come in time.
fn is_out_of_time(error: &ConnectError) -> bool {
    matches!(error.cause(), ConnectCause::Token(TokenError::TimedOut { .. }))
}

/// Whether it may be gone in a moment.
fn is_passing(kind: FailureKind) -> bool {
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

/// A first try and two more: what fails three times in a second or two is not chance.
const ROUNDS: u32 = 3;

/// The rest of the time is for what only a diagnosis wants to know.
const FOR_TRIES: f64 = 0.8;

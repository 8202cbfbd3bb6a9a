//! Slot: one token that many callers share.

use std::borrow::Borrow;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::error::TokenError;
use super::state::TokenTimes;
use super::task::Task;
use crate::connect::jitter::between;
use crate::resolve::credential::Secret;

/// Where the tokens of a slot come from.
#[async_trait]
pub(super) trait Fetch: Send + Sync {
    async fn fetch(&self) -> Result<Fetched, TokenError>;

    /// Whether it can still be asked: who asks may be gone.
    fn is_alive(&self) -> bool {
        true
    }
}

/// A token as it came.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) secret: Secret,
    pub(super) expires: Instant,
    pub(super) renew: Instant,
}

/// A token as it is handed out.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) secret: Secret,
    pub(super) generation: u64,
    expires: Instant,
}

impl Token {
    fn is_valid(&self) -> bool {
        Instant::now() < self.expires
    }
}

/// One token that many callers share.
///
/// 1. A valid token is handed out at once; when it is due, a fetch begins beside it.
/// 2. Without one, everybody waits for the same fetch. It runs in a task of its own: a caller that gives up ends nothing.
/// 3. A task renews the token when it is due, if it was used since the last renewal; it ends with the slot.
/// 4. When a renewal fails, the old token is handed out as long as it is valid, and the renewal is tried again.
#[derive(Debug, Default)]
pub(super) struct Slot(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    token: Option<Arc<Token>>,
    /// How many tokens came.
    generation: u64,
    renew: Option<Instant>,
    /// Whether a token was handed out since the last renewal.
    used: bool,
    flight: Option<Flight>,
    timer: Option<Task>,
    thrown_away: Option<Instant>,
    failure: Option<TokenError>,
}

/// A fetch that is under way.
#[derive(Debug)]
struct Flight {
    outcome: Outcome,
    task: Task,
}

type Outcome = watch::Receiver<Option<Result<Arc<Token>, TokenError>>>;

impl Slot {
    /// The token.
    pub(super) async fn token(
        self: &Arc<Self>,
        fetch: impl FnOnce() -> Arc<dyn Fetch>,
    ) -> Result<Arc<Token>, TokenError> {
        let mut outcome = match self.held(fetch) {
            Ok(token) => return Ok(token),
            Err(outcome) => outcome,
        };
        let outcome = outcome.wait_for(Option::is_some).await.map_err(|_| TokenError::BrokenOff)?;
        outcome.as_ref().map_or(Err(TokenError::BrokenOff), Clone::clone)
    }

    /// The service refused a token. True when a newer one is there, or will be fetched.
    pub(super) fn refused(&self, generation: u64) -> bool {
        let mut state = self.lock();
        if state.generation != generation || state.token.is_none() {
            return true;
        }
        // A credential that lacks a role is refused with every token: not each refusal is worth a fetch.
        let is_too_soon = state.thrown_away.is_some_and(|at| at.elapsed() < KEPT_AT_LEAST);
        if !is_too_soon {
            state.thrown_away = Some(Instant::now());
            (state.token, state.renew, state.timer) = (None, None, None);
        }
        !is_too_soon
    }

    pub(super) fn times(&self) -> TokenTimes {
        let state = self.lock();
        let now = Instant::now();
        let valid = state.token.as_ref().filter(|token| token.is_valid());
        TokenTimes {
            expires_in: valid.map(|token| token.expires - now),
            renews_in: valid.and(state.renew).map(|at| at.saturating_duration_since(now)),
            fetched: state.generation,
            failure: state.failure.clone(),
        }
    }

    /// The token, or the fetch to wait for.
    fn held(self: &Arc<Self>, fetch: impl FnOnce() -> Arc<dyn Fetch>) -> Result<Arc<Token>, Outcome> {
        let state = &mut *self.lock();
        state.used = true;
        let token = state.token.clone().filter(|token| token.is_valid());
        let is_due = state.renew.is_none_or(|at| at <= Instant::now());
        match token {
            Some(token) if !is_due || state.is_fetching() => Ok(token),
            Some(token) => {
                self.begin(state, fetch());
                Ok(token)
            }
            None => Err(match &state.flight {
                Some(flight) if state.is_fetching() => flight.outcome.clone(),
                _ => self.begin(state, fetch()),
            }),
        }
    }

    /// Begins a fetch, which holds the slot only at its end.
    fn begin(self: &Arc<Self>, state: &mut State, fetch: Arc<dyn Fetch>) -> Outcome {
        let (sender, outcome) = watch::channel(None);
        let slot = Arc::downgrade(self);
        let task = Task::spawn(async move {
            let fetched = timeout(LONGEST_FETCH, fetch.fetch()).await;
            let fetched = fetched.unwrap_or(Err(TokenError::TimedOut { limit: LONGEST_FETCH }));
            if let Some(slot) = slot.upgrade() {
                sender.send_replace(Some(slot.end(fetched, fetch)));
            }
        });
        state.flight = Some(Flight { outcome: outcome.clone(), task });
        outcome
    }

    fn end(
        self: &Arc<Self>,
        fetched: Result<Fetched, TokenError>,
        fetch: Arc<dyn Fetch>,
    ) -> Result<Arc<Token>, TokenError> {
        let state = &mut *self.lock();
        if let Some(flight) = state.flight.take() {
            flight.task.finish();
        }
        match fetched.and_then(in_time) {
            Ok(fetched) => Ok(self.keep(state, fetched, fetch)),
            Err(error) => {
                self.fall_back(state, &error, fetch);
                Err(error)
            }
        }
    }

    fn keep(self: &Arc<Self>, state: &mut State, fetched: Fetched, fetch: Arc<dyn Fetch>) -> Arc<Token> {
        let Fetched { secret, expires, renew } = fetched;
        state.generation += 1;
        state.failure = None;
        let token = Arc::new(Token { secret, generation: state.generation, expires });
        state.token = Some(token.clone());
        self.renew_at(state, renew, fetch);
        token
    }

    /// The old token, if there is one, is kept, and its renewal tried again.
    fn fall_back(self: &Arc<Self>, state: &mut State, error: &TokenError, fetch: Arc<dyn Fetch>) {
        tracing::warn!(%error, "no token was fetched");
        state.failure = Some(error.clone());
        state.used = true;
        if state.token.as_ref().is_some_and(|token| token.is_valid()) && fetch.is_alive() {
            self.renew_at(state, Instant::now() + between(SHORTEST_PAUSE, LONGEST_PAUSE), fetch);
        }
    }

    fn renew_at(self: &Arc<Self>, state: &mut State, at: Instant, fetch: Arc<dyn Fetch>) {
        let slot = Arc::downgrade(self);
        state.renew = Some(at);
        state.timer = Some(Task::spawn(async move {
            sleep_until(at).await;
            if let Some(slot) = slot.upgrade() {
                slot.renew(fetch);
            }
        }));
    }

    /// Renews a token that is in use; one that is not, is fetched when it is needed.
    fn renew(self: &Arc<Self>, fetch: Arc<dyn Fetch>) {
        let state = &mut *self.lock();
        let is_valid = state.token.as_ref().is_some_and(|token| token.is_valid());
        if is_valid && !state.is_fetching() && fetch.is_alive() && mem::take(&mut state.used) {
            self.begin(state, fetch);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A fetch that panicked, or whose runtime is gone, has left a channel without a sender.
    fn is_fetching(&self) -> bool {
        self.flight.as_ref().is_some_and(|flight| flight.outcome.has_changed().is_ok())
    }
}

/// One slot for each of what tokens are for.
#[derive(Debug)]
pub(super) struct Slots<K>(Mutex<Vec<(K, Arc<Slot>)>>);

impl<K> Slots<K> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// The slot of a key, which is made when it is first asked for.
    pub(super) fn slot<Q>(&self, key: &Q) -> Arc<Slot>
    where
        K: Borrow<Q>,
        Q: PartialEq + ToOwned<Owned = K> + ?Sized,
    {
        let mut slots = self.lock();
        if let Some((_, slot)) = slots.iter().find(|(known, _)| known.borrow() == key) {
            return slot.clone();
        }
        let slot = Arc::<Slot>::default();
        slots.push((key.to_owned(), slot.clone()));
        slot
    }

    pub(super) fn times(&self) -> Vec<TokenTimes> {
        self.lock().iter().map(|(_, slot)| slot.times()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(K, Arc<Slot>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn in_time(fetched: Fetched) -> Result<Fetched, TokenError> {
    let now = Instant::now();
    if fetched.expires > now { Ok(fetched) } else { Err(TokenError::Expired { ago: now - fetched.expires }) }
}

/// `az` starts an interpreter and then asks over the network: seconds. What takes longer hangs.
const LONGEST_FETCH: Duration = Duration::from_secs(30);

/// A failed renewal is tried again while the old token is valid: some times in its last minutes, not all at once.
const SHORTEST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How long a token is kept that came after another was refused.
const KEPT_AT_LEAST: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;

//! The token cache: one token that all calls share.

use std::borrow::Borrow;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::error::TokenError;
use super::state::TokenTimes;
use crate::connect::jitter::between;
use crate::net::task::Task;
use crate::resolve::credential::Secret;

/// Fetches the tokens of a cache.
#[async_trait]
pub(super) trait Fetch: Send + Sync {
    async fn fetch(&self) -> Result<Fetched, TokenError>;

    /// Returns whether it can still fetch. The issuer that it depends on may be gone.
    fn can_fetch(&self) -> bool {
        true
    }
}

/// A token that was fetched.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) secret: Secret,
    pub(super) expires: Instant,
    pub(super) renew: Instant,
}

/// A token in the cache.
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

/// One token that all calls share.
///
/// 1. A valid token is returned at once. If its renewal is due, a fetch starts in the background.
/// 2. If there is no valid token, all calls wait for the same fetch. It runs in its own task, so a call that is dropped does
///    not cancel it.
/// 3. A background task renews the token when it is due, if it was used since the last renewal. The task ends with the cache.
/// 4. If a renewal fails, the old token is used while it is valid, and the renewal is retried.
#[derive(Debug, Default)]
pub(super) struct TokenCache(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    token: Option<Arc<Token>>,
    /// The number of tokens that were fetched.
    generation: u64,
    renew: Option<Instant>,
    /// Whether the token was used since the last renewal.
    used: bool,
    pending: Option<PendingFetch>,
    timer: Option<Task>,
    /// The time of the last rejection for which no newer token has helped yet.
    discarded: Option<Instant>,
    failure: Option<TokenError>,
}

/// A fetch in progress.
#[derive(Debug)]
struct PendingFetch {
    outcome: Outcome,
    task: Task,
}

type Outcome = watch::Receiver<Option<Result<Arc<Token>, TokenError>>>;

impl TokenCache {
    /// Returns the token, and fetches it if necessary.
    pub(super) async fn token(
        self: &Arc<Self>,
        fetch: impl FnOnce() -> Arc<dyn Fetch>,
    ) -> Result<Arc<Token>, TokenError> {
        let mut outcome = match self.cached_or_pending(fetch) {
            Ok(token) => return Ok(token),
            Err(outcome) => outcome,
        };
        let outcome = outcome.wait_for(Option::is_some).await.map_err(|_| TokenError::Cancelled)?;
        outcome.as_ref().map_or(Err(TokenError::Cancelled), Clone::clone)
    }

    /// Records that the service rejected a token. Returns whether a newer one is available or will be fetched.
    pub(super) fn rejected(&self, generation: u64) -> bool {
        let mut state = self.lock();
        if state.generation != generation || state.token.is_none() {
            return true;
        }
        // A credential that lacks a role is rejected with every token, so the rejection of a fresh one justifies no fetch.
        let is_too_early = state.discarded.is_some_and(|at| at.elapsed() < MIN_INTERVAL);
        if !is_too_early {
            state.discarded = Some(Instant::now());
            (state.token, state.renew, state.timer) = (None, None, None);
        }
        !is_too_early
    }

    /// Records that the service accepted a newer token from a call whose older one it had rejected. Fetches help, so the next
    /// rejection is not one of a fresh token.
    pub(super) fn helped(&self) {
        self.lock().discarded = None;
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

    /// Returns the token, or the fetch to wait for.
    fn cached_or_pending(self: &Arc<Self>, fetch: impl FnOnce() -> Arc<dyn Fetch>) -> Result<Arc<Token>, Outcome> {
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
            None => Err(match &state.pending {
                Some(pending) if state.is_fetching() => pending.outcome.clone(),
                _ => self.begin(state, fetch()),
            }),
        }
    }

    /// Starts a fetch. It refers to the cache weakly until it ends, so that it does not keep the cache alive.
    fn begin(self: &Arc<Self>, state: &mut State, fetch: Arc<dyn Fetch>) -> Outcome {
        let (sender, outcome) = watch::channel(None);
        let cache = Arc::downgrade(self);
        let task = Task::spawn(async move {
            let fetched = timeout(FETCH_LIMIT, fetch.fetch()).await;
            let fetched = fetched.unwrap_or(Err(TokenError::TimedOut { limit: FETCH_LIMIT }));
            if let Some(cache) = cache.upgrade() {
                sender.send_replace(Some(cache.end(fetched, fetch)));
            }
        });
        state.pending = Some(PendingFetch { outcome: outcome.clone(), task });
        outcome
    }

    fn end(
        self: &Arc<Self>,
        fetched: Result<Fetched, TokenError>,
        fetch: Arc<dyn Fetch>,
    ) -> Result<Arc<Token>, TokenError> {
        let state = &mut *self.lock();
        if let Some(pending) = state.pending.take() {
            pending.task.detach();
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

    /// Keeps the old token while it is valid, and schedules another renewal.
    fn fall_back(self: &Arc<Self>, state: &mut State, error: &TokenError, fetch: Arc<dyn Fetch>) {
        tracing::warn!(%error, "cannot fetch a token");
        state.failure = Some(error.clone());
        state.used = true;
        if state.token.as_ref().is_some_and(|token| token.is_valid()) && fetch.can_fetch() {
            self.renew_at(state, Instant::now() + between(MIN_PAUSE, MAX_PAUSE), fetch);
        }
    }

    fn renew_at(self: &Arc<Self>, state: &mut State, at: Instant, fetch: Arc<dyn Fetch>) {
        let cache = Arc::downgrade(self);
        state.renew = Some(at);
        state.timer = Some(Task::spawn(async move {
            sleep_until(at).await;
            if let Some(cache) = cache.upgrade() {
                cache.renew(fetch);
            }
        }));
    }

    /// Renews a token that is in use. An unused one is fetched when it is needed.
    fn renew(self: &Arc<Self>, fetch: Arc<dyn Fetch>) {
        let state = &mut *self.lock();
        let is_valid = state.token.as_ref().is_some_and(|token| token.is_valid());
        if is_valid && !state.is_fetching() && fetch.can_fetch() && mem::take(&mut state.used) {
            self.begin(state, fetch);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Returns whether a fetch is in progress. One that panicked, or whose runtime is gone, leaves a channel without a
    /// sender.
    fn is_fetching(&self) -> bool {
        self.pending.as_ref().is_some_and(|pending| pending.outcome.has_changed().is_ok())
    }
}

/// A cache for each scope or account.
#[derive(Debug)]
pub(super) struct TokenCaches<K>(Mutex<Vec<(K, Arc<TokenCache>)>>);

impl<K> TokenCaches<K> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Returns the cache of a key, and creates it at the first call.
    pub(super) fn get<Q>(&self, key: &Q) -> Arc<TokenCache>
    where
        K: Borrow<Q>,
        Q: PartialEq + ToOwned<Owned = K> + ?Sized,
    {
        let mut caches = self.lock();
        if let Some((_, cache)) = caches.iter().find(|(known, _)| known.borrow() == key) {
            return cache.clone();
        }
        let cache = Arc::<TokenCache>::default();
        caches.push((key.to_owned(), cache.clone()));
        cache
    }

    pub(super) fn times(&self) -> Vec<TokenTimes> {
        self.lock().iter().map(|(_, cache)| cache.times()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(K, Arc<TokenCache>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn in_time(fetched: Fetched) -> Result<Fetched, TokenError> {
    let now = Instant::now();
    if fetched.expires > now { Ok(fetched) } else { Err(TokenError::Expired { ago: now - fetched.expires }) }
}

/// `az` starts an interpreter before it sends its request, which takes seconds. A longer fetch hangs.
const FETCH_LIMIT: Duration = Duration::from_secs(30);

/// The shortest pause before a failed renewal is retried. With five minutes left that is about fifteen retries.
const MIN_PAUSE: Duration = Duration::from_secs(10);
/// The longest pause. The spread keeps the clients of a fleet from retrying together.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// The shortest time between two fetches because of rejections.
const MIN_INTERVAL: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;

//! The token cache: one token that all calls share.

use std::borrow::Borrow;
use std::future::poll_fn;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::error::TokenError;
use super::pulse::{BEAT, Pulse};
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
///    not cancel it. A call begins another fetch beside one that makes no progress, early enough to use its token.
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
    /// The number of fetches that began.
    begun: u64,
    timer: Option<Task>,
    /// The time of the last rejection for which no newer token has helped yet.
    discarded: Option<Instant>,
    failure: Option<TokenError>,
}

/// The fetches in progress. There is more than one only if an earlier one makes no progress: the first token counts, and the
/// failure of the newest one.
#[derive(Debug)]
struct PendingFetch {
    outcome: Outcome,
    sender: Weak<Sender>,
    fetches: Vec<(u64, Task)>,
    newest: u64,
    begun: Instant,
    pulse: Arc<Pulse>,
}

type Ended = Option<Result<Arc<Token>, TokenError>>;
type Outcome = watch::Receiver<Ended>;
type Sender = watch::Sender<Ended>;

/// The fetch that a call waits for.
struct Wait {
    outcome: Outcome,
    /// Whether the call began it.
    is_own: bool,
}

/// A call that waits for a token.
#[derive(Clone, Copy)]
struct Caller {
    arrived: Instant,
    /// The time that it has.
    limit: Duration,
}

impl PendingFetch {
    /// Returns whether a call begins its own fetch: the runtime of this one is idle, or the credential hangs.
    fn is_stuck(&self, caller: Caller) -> bool {
        let is_of_another = self.begun < caller.arrived;
        // Half of its time is left for its own fetch.
        let patience = (caller.limit / 2).max(SHORTEST_PATIENCE);
        self.pulse.has_stopped(caller.limit) || is_of_another && self.begun.elapsed() >= patience
    }
}

impl TokenCache {
    /// Returns the token, and fetches it if necessary. `limit` is the time that the caller has: it does not wait longer for a
    /// fetch that another call began.
    pub(super) async fn token(
        self: &Arc<Self>,
        limit: Duration,
        fetch: impl Fn() -> Arc<dyn Fetch>,
    ) -> Result<Arc<Token>, TokenError> {
        let caller = Caller { arrived: Instant::now(), limit };
        let mut has_begun = false;
        loop {
            let mut outcome = match self.cached_or_pending(caller, &fetch) {
                Ok(token) => return Ok(token),
                Err(Wait { outcome, is_own }) => {
                    has_begun |= is_own;
                    outcome
                }
            };
            match timeout(BEAT, outcome.wait_for(Option::is_some)).await {
                Ok(Ok(ended)) => return ended.as_ref().map_or(Err(TokenError::Cancelled), Clone::clone),
                // The runtime of this call ends.
                Ok(Err(_)) if has_begun => return Err(TokenError::Cancelled),
                // The runtime of another call has ended, or the fetch may be stuck by now.
                Ok(Err(_)) | Err(_) => {}
            }
        }
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
    fn cached_or_pending(
        self: &Arc<Self>,
        caller: Caller,
        fetch: impl Fn() -> Arc<dyn Fetch>,
    ) -> Result<Arc<Token>, Wait> {
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
                Some(pending) if state.is_fetching() && !pending.is_stuck(caller) => {
                    Wait { outcome: pending.outcome.clone(), is_own: false }
                }
                _ => Wait { outcome: self.begin(state, fetch()), is_own: true },
            }),
        }
    }

    /// Starts a fetch, beside those that are stuck. It refers to the cache weakly until it ends, so that it does not keep the
    /// cache alive.
    fn begin(self: &Arc<Self>, state: &mut State, fetch: Arc<dyn Fetch>) -> Outcome {
        let stuck =
            state.pending.take().and_then(|stuck| Some((stuck.sender.upgrade()?, stuck.outcome, stuck.fetches)));
        let (sender, outcome, mut fetches) = stuck.unwrap_or_else(|| {
            let (sender, outcome) = watch::channel(None);
            (Arc::new(sender), outcome, Vec::new())
        });
        if fetches.len() >= MOST_FETCHES {
            fetches.remove(0);
        }
        state.begun += 1;
        let (number, pulse) = (state.begun, Pulse::new());
        let weak = Arc::downgrade(&sender);
        fetches.push((number, Task::spawn(run(Arc::downgrade(self), number, fetch, sender, pulse.clone()))));
        let begun = Instant::now();
        state.pending =
            Some(PendingFetch { outcome: outcome.clone(), sender: weak, fetches, newest: number, begun, pulse });
        outcome
    }

    /// Ends a fetch. Returns the outcome for all callers; `None` if they wait for a newer fetch.
    fn end(
        self: &Arc<Self>,
        number: u64,
        fetched: Result<Fetched, TokenError>,
        fetch: Arc<dyn Fetch>,
    ) -> Option<Result<Arc<Token>, TokenError>> {
        let state = &mut *self.lock();
        let fetched = fetched.and_then(in_time);
        let is_newest = state.pending.as_ref().is_none_or(|pending| pending.newest == number);
        if fetched.is_err() && !is_newest {
            return None;
        }
        let ended = state.pending.take().into_iter().flat_map(|pending| pending.fetches);
        // This task goes on to report the outcome; the others are aborted.
        ended.filter(|(of, _)| *of == number).for_each(|(_, task)| task.detach());
        Some(match fetched {
            Ok(fetched) => Ok(self.keep(state, fetched, fetch)),
            Err(error) => {
                self.fall_back(state, &error, fetch);
                Err(error)
            }
        })
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

/// Fetches a token within the limit, and reports it to the callers.
async fn run(cache: Weak<TokenCache>, number: u64, fetch: Arc<dyn Fetch>, sender: Arc<Sender>, pulse: Arc<Pulse>) {
    let fetched = tokio::select! {
        biased;
        fetched = timeout(FETCH_LIMIT, caught(&*fetch)) => fetched,
        () = pulse.beat() => return,
    };
    let fetched = fetched.unwrap_or(Err(TokenError::TimedOut { limit: FETCH_LIMIT }));
    let ended = cache.upgrade().and_then(|cache| cache.end(number, fetched, fetch));
    if ended.is_some() {
        sender.send_replace(ended);
    }
}

/// Fetches a token. A credential that panics is an error for the calls that wait for it.
async fn caught(fetch: &dyn Fetch) -> Result<Fetched, TokenError> {
    let mut fetching = fetch.fetch();
    let mut poll = |context: &mut Context<'_>| catch_unwind(AssertUnwindSafe(|| fetching.as_mut().poll(context)));
    poll_fn(move |context| poll(context).unwrap_or(Poll::Ready(Err(TokenError::Cancelled)))).await
}

impl State {
    /// Returns whether a fetch is in progress. One whose runtime is gone leaves a channel without a sender.
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

/// The shortest time that a call waits for the fetch of another one, whatever its own limit is.
const SHORTEST_PATIENCE: Duration = Duration::from_secs(1);

/// More fetches than this in progress are those of idle runtimes, which never end. The oldest one is dropped.
const MOST_FETCHES: usize = 16;

/// The shortest pause before a failed renewal is retried. With five minutes left that is about fifteen retries.
const MIN_PAUSE: Duration = Duration::from_secs(10);
/// The longest pause. The spread keeps the clients of a fleet from retrying together.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// The shortest time between two fetches because of rejections.
const MIN_INTERVAL: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;

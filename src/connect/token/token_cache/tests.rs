//! The token cache: fetches, renewals and their end, with a paused clock.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::runtime::Handle;
use tokio::task::{JoinSet, yield_now};
use tokio::time::{advance, sleep};

use super::*;

mod runtimes;

/// Returns tokens after a delay; or fails, or panics.
struct Fake {
    fetches: AtomicU64,
    takes: Duration,
    life: Duration,
    renew: Duration,
    mood: Mutex<Mood>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Giving,
    Failing,
    Panicking,
}

impl Fake {
    fn new(takes: u64, life: u64, renew: u64) -> Arc<Self> {
        let [takes, life, renew] = [takes, life, renew].map(Duration::from_secs);
        Arc::new(Self { fetches: AtomicU64::new(0), takes, life, renew, mood: Mutex::new(Mood::Giving) })
    }

    fn count(&self) -> u64 {
        self.fetches.load(Ordering::SeqCst)
    }

    fn is(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }
}

#[async_trait]
impl Fetch for Fake {
    async fn fetch(&self) -> Result<Fetched, TokenError> {
        let count = self.fetches.fetch_add(1, Ordering::SeqCst) + 1;
        sleep(self.takes).await;
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Giving => {
                let now = Instant::now();
                let secret = Secret::from(count.to_string());
                Ok(Fetched { secret, expires: now + self.life, renew: now + self.renew })
            }
            Mood::Failing => Err(TokenError::NotAToken { from: "the fake", length: 0 }),
            Mood::Panicking => panic!("the fake panics"),
        }
    }
}

async fn token(cache: &Arc<TokenCache>, fake: &Arc<Fake>) -> Result<String, TokenError> {
    let fetch = fake.clone();
    cache.token(FETCH_LIMIT * 2, || fetch.clone()).await.map(|token| token.secret.expose().to_owned())
}

/// Advances the clock, and runs the tasks that are due.
async fn pass(seconds: u64) {
    for _ in 0..seconds {
        advance(Duration::from_secs(1)).await;
        settle().await;
    }
}

async fn settle() {
    for _ in 0..8 {
        yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_wait_for_one_fetch() {
    let (cache, fake) = (Arc::<TokenCache>::default(), Fake::new(3, 600, 540));
    let mut callers = JoinSet::new();
    for _ in 0..100 {
        let (cache, fake) = (cache.clone(), fake.clone());
        callers.spawn(async move { token(&cache, &fake).await.unwrap() });
    }
    assert!(callers.join_all().await.iter().all(|token| token == "1"));
    assert_eq!(fake.count(), 1);
    assert_eq!(token(&cache, &fake).await.unwrap(), "1");
    assert_eq!(fake.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_share_one_failure_and_the_next_call_fetches_again() {
    let (cache, fake) = (Arc::<TokenCache>::default(), Fake::new(3, 600, 540));
    fake.is(Mood::Failing);
    let mut callers = JoinSet::new();
    for _ in 0..100 {
        let (cache, fake) = (cache.clone(), fake.clone());
        callers.spawn(async move { token(&cache, &fake).await.unwrap_err().to_string() });
    }
    assert!(callers.join_all().await.iter().all(|error| error.contains("the fake returned 0")));
    assert_eq!(fake.count(), 1);
    assert!(cache.times().failure.is_some());
    fake.is(Mood::Giving);
    assert_eq!(token(&cache, &fake).await.unwrap(), "2");
    assert!(cache.times().failure.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_token_in_use_is_renewed_in_the_background_and_an_unused_one_is_not() {
    let (cache, fake) = (Arc::<TokenCache>::default(), Fake::new(1, 600, 500));
    assert_eq!(token(&cache, &fake).await.unwrap(), "1");
    pass(499).await;
    assert_eq!(fake.count(), 1);
    pass(1).await;
    assert_eq!(fake.count(), 2, "renewed without a caller");
    assert_eq!(token(&cache, &fake).await.unwrap(), "1", "the old one, while the new one is being fetched");
    pass(2).await;
    assert_eq!(token(&cache, &fake).await.unwrap(), "2");
    pass(520).await;
    assert_eq!(fake.count(), 3);
    pass(3000).await;
    assert_eq!(fake.count(), 3, "nobody used the third");
    assert!(cache.times().expires_in.is_none());
    assert_eq!(token(&cache, &fake).await.unwrap(), "4");
    pass(501).await;
    assert_eq!(fake.count(), 5, "it is in use again");
}

#[tokio::test(start_paused = true)]
async fn the_next_use_of_a_due_token_renews_it_in_the_background() {
    let (cache, fake) = (Arc::<TokenCache>::default(), Fake::new(1, 600, 100));
    token(&cache, &fake).await.unwrap();
    pass(250).await;
    assert_eq!(fake.count(), 2, "the second was not used");
    let before = Instant::now();
    assert_eq!(token(&cache, &fake).await.unwrap(), "2");
    assert_eq!(before.elapsed(), Duration::ZERO);
    pass(2).await;
    assert_eq!(token(&cache, &fake).await.unwrap(), "3");
}

#[tokio::test(start_paused = true)]
async fn the_old_token_is_used_while_it_is_valid_and_no_longer() {
    let (cache, fake) = (Arc::<TokenCache>::default(), Fake::new(0, 600, 300));
    token(&cache, &fake).await.unwrap();
    fake.is(Mood::Failing);
    pass(310).await;
    let mut last = fake.count();
    assert_eq!(last, 2);
    let mut waits = Vec::new();
    let mut since = 0;
    for _ in 310..598 {
        pass(1).await;
        since += 1;
        assert_eq!(token(&cache, &fake).await.unwrap(), "1");
        if fake.count() > last {
            waits.push(since);
            (last, since) = (fake.count(), 0);
        }
    }
    assert!((9..=29).contains(&waits.len()), "{waits:?}");
    assert!(waits[1..].iter().all(|wait| (10..=31).contains(wait)), "{waits:?}");
    pass(3).await;
    assert!(token(&cache, &fake).await.is_err(), "it has expired");
    fake.is(Mood::Giving);
    assert!(token(&cache, &fake).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_failed_renewal_is_retried_without_a_caller() {
    let (cache, fake) = (Arc::<TokenCache>::default(), Fake::new(0, 600, 300));
    token(&cache, &fake).await.unwrap();
    fake.is(Mood::Failing);
    pass(301).await;
    fake.is(Mood::Giving);
    pass(31).await;
    assert_eq!((fake.count(), cache.times().fetched), (3, 2));
    assert!(cache.times().expires_in.unwrap() > Duration::from_secs(560));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_does_not_cancel_the_fetch() {
    let (cache, fake) = (Arc::<TokenCache>::default(), Fake::new(10, 600, 540));
    assert!(timeout(Duration::from_secs(1), token(&cache, &fake)).await.is_err());
    assert_eq!(token(&cache, &fake).await.unwrap(), "1");
    assert_eq!(fake.count(), 1, "the fetch went on without its first caller");
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_hangs_times_out_and_the_next_one_starts_again() {
    let (cache, fake) = (Arc::<TokenCache>::default(), Fake::new(100_000, 600, 540));
    let before = Instant::now();
    let error = token(&cache, &fake).await.unwrap_err();
    assert!(matches!(error, TokenError::TimedOut { .. }), "{error}");
    assert_eq!(before.elapsed().as_secs(), FETCH_LIMIT.as_secs());
    assert_eq!(token(&cache, &Fake::new(0, 600, 540)).await.unwrap(), "1");
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_panics_fails_only_its_callers() {
    let (cache, fake) = (Arc::<TokenCache>::default(), Fake::new(1, 600, 540));
    fake.is(Mood::Panicking);
    assert!(matches!(token(&cache, &fake).await, Err(TokenError::Cancelled)));
    fake.is(Mood::Giving);
    assert_eq!(token(&cache, &fake).await.unwrap(), "2");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_share_one_panic() {
    let (cache, fake) = (Arc::<TokenCache>::default(), Fake::new(1, 600, 540));
    fake.is(Mood::Panicking);
    let mut callers = JoinSet::new();
    for _ in 0..100 {
        let (cache, fake) = (cache.clone(), fake.clone());
        callers.spawn(async move { token(&cache, &fake).await.unwrap_err() });
    }
    assert!(callers.join_all().await.iter().all(|error| matches!(error, TokenError::Cancelled)));
    assert_eq!(fake.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_arrives_expired_is_not_returned() {
    let (cache, fake) = (Arc::<TokenCache>::default(), Fake::new(0, 0, 0));
    assert!(matches!(token(&cache, &fake).await, Err(TokenError::Expired { .. })));
    assert!(cache.times().expires_in.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_rejected_token_is_replaced_once_for_all_callers() {
    let (cache, fake) = (Arc::<TokenCache>::default(), Fake::new(1, 600, 540));
    token(&cache, &fake).await.unwrap();
    assert!((0..200).all(|_| cache.rejected(1)));
    let (one, other) = tokio::join!(token(&cache, &fake), token(&cache, &fake));
    assert_eq!((one.unwrap().as_str(), other.unwrap().as_str()), ("2", "2"));
    assert!(cache.rejected(1), "of the first, although the second is available");
    assert!((0..200).all(|_| !cache.rejected(2)), "the second is rejected too: not every rejection fetches");
    assert_eq!(token(&cache, &fake).await.unwrap(), "2");
    pass(MIN_INTERVAL.as_secs()).await;
    assert!(cache.rejected(2));
    assert_eq!(token(&cache, &fake).await.unwrap(), "3");
}

/// Both keys are regenerated within seconds, or a service restarts twice: each token worked, and then stopped to.
#[tokio::test(start_paused = true)]
async fn a_token_is_replaced_however_soon_it_is_rejected_if_the_one_before_helped() {
    let (cache, fake) = (Arc::<TokenCache>::default(), Fake::new(0, 600, 540));
    for generation in 1..20 {
        assert_eq!(token(&cache, &fake).await.unwrap(), generation.to_string());
        assert!(cache.rejected(generation), "{generation}");
        token(&cache, &fake).await.unwrap();
        cache.helped();
        pass(3).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_fresh_token_that_is_rejected_is_not_replaced_at_once() {
    let (cache, fake) = (Arc::<TokenCache>::default(), Fake::new(0, 600, 540));
    token(&cache, &fake).await.unwrap();
    assert!(cache.rejected(1));
    token(&cache, &fake).await.unwrap();
    for _ in 1..MIN_INTERVAL.as_secs() {
        assert!(!cache.rejected(2));
        pass(1).await;
    }
    assert_eq!(fake.count(), 2);
    pass(1).await;
    assert!(cache.rejected(2));
}

#[tokio::test(start_paused = true)]
async fn the_renewal_ends_with_the_slot() {
    let (cache, fake) = (Arc::<TokenCache>::default(), Fake::new(5, 600, 540));
    let before = Handle::current().metrics().num_alive_tasks();
    token(&cache, &fake).await.unwrap();
    settle().await;
    assert_eq!(Handle::current().metrics().num_alive_tasks(), before + 1, "the renewal waits");
    drop(cache);
    settle().await;
    assert_eq!((Handle::current().metrics().num_alive_tasks(), Arc::strong_count(&fake)), (before, 1));
}

#[tokio::test(start_paused = true)]
async fn a_fetch_ends_with_the_slot() {
    let (cache, fake) = (Arc::<TokenCache>::default(), Fake::new(5, 600, 540));
    assert!(timeout(Duration::from_secs(1), token(&cache, &fake)).await.is_err());
    drop(cache);
    settle().await;
    assert_eq!((Handle::current().metrics().num_alive_tasks(), Arc::strong_count(&fake)), (0, 1));
}

/// A runtime that begins a fetch and is then idle, as one of a thread that waits for something else.
#[test]
fn a_fetch_that_an_idle_runtime_began_blocks_no_other_runtime() {
    let (cache, fake) = (Arc::<TokenCache>::default(), Fake::new(0, 600, 540));
    let slow = Fake::new(3600, 600, 540);
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (idle, other) = (runtime(), runtime());
    idle.block_on(async { timeout(Duration::from_millis(20), token(&cache, &slow)).await }).unwrap_err();
    for _ in 0..3 {
        let limit = Duration::from_secs(4);
        let found = other.block_on(async { timeout(limit, cache.token(limit, || fake.clone())).await });
        assert_eq!(found.expect("in time").unwrap().secret.expose(), "1");
    }
    assert_eq!((slow.count(), fake.count()), (1, 1));
    drop(idle);
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_hangs_once_delays_a_call_by_at_most_its_own_limit() {
    let (cache, slow, fake) = (Arc::<TokenCache>::default(), Fake::new(100_000, 600, 540), Fake::new(1, 600, 540));
    let limit = Duration::from_secs(5);
    assert!(timeout(limit, cache.token(limit, || slow.clone())).await.is_err());
    let found = timeout(limit, cache.token(limit, || fake.clone())).await.expect("in time");
    assert_eq!(found.unwrap().secret.expose(), "1");
    assert_eq!((slow.count(), fake.count()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_slow_fetch_goes_on_beside_those_of_later_calls() {
    let (cache, slow) = (Arc::<TokenCache>::default(), Fake::new(12, 600, 540));
    let limit = Duration::from_secs(5);
    let begun = Instant::now();
    for _ in 0..2 {
        assert!(timeout(limit, cache.token(limit, || slow.clone())).await.is_err());
    }
    assert!(timeout(limit, cache.token(limit, || slow.clone())).await.expect("in time").is_ok());
    assert_eq!(begun.elapsed().as_secs(), 12);
    assert!(slow.count() <= 3, "{}", slow.count());
}

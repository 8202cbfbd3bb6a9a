//! Several runtimes in one process, as an application with a runtime for each thread has them, by the real clock.

use std::sync::Barrier;
use std::thread;

use tokio::runtime::{Builder, Runtime};

use super::*;
use crate::connect::token::pulse::SHORTEST_SILENCE;

/// The time that a loaded machine may add to a limit.
const SLACK: Duration = Duration::from_millis(300);

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// The outcome of one call, and the time that it took. `None` if the limit cut it off, as it does for a connector.
type Called = (Option<Result<String, TokenError>>, Duration);

fn call(on: &Runtime, cache: &Arc<TokenCache>, limit: Duration, fake: &Arc<Fake>) -> Called {
    let begun = Instant::now();
    let ended = on.block_on(async { timeout(limit, cache.token(limit, || fake.clone())).await });
    let ended = ended.ok().map(|ended| ended.map(|token| token.secret.expose().to_owned()));
    (ended, begun.elapsed())
}

/// Calls from four threads at once, each with its own runtime. `meanwhile` runs after the calls have begun to wait.
fn call_from_everywhere(
    cache: &Arc<TokenCache>,
    limit: Duration,
    fake: &Arc<Fake>,
    meanwhile: impl FnOnce(),
) -> Vec<Called> {
    let runtimes = [current_thread(), multi_thread(), current_thread(), multi_thread()];
    let ready = Barrier::new(runtimes.len() + 1);
    thread::scope(|scope| {
        let begin = |runtime| {
            let ready = &ready;
            scope.spawn(move || {
                ready.wait();
                call(&runtime, cache, limit, fake)
            })
        };
        let calls: Vec<_> = runtimes.into_iter().map(begin).collect();
        ready.wait();
        meanwhile();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    })
}

/// Lets a runtime begin a fetch for a call that gives up at once.
fn begin_on(runtime: &Runtime, cache: &Arc<TokenCache>, fake: &Arc<Fake>) {
    let (ended, _) = call(runtime, cache, Duration::from_millis(20), fake);
    assert!(ended.is_none(), "{ended:?}");
}

fn assert_all_within(calls: &[Called], limit: Duration) {
    for (ended, took) in calls {
        assert!(matches!(ended, Some(Ok(_))), "{limit:?}: {calls:?}");
        assert!(*took < limit, "{limit:?}: {calls:?}");
    }
}

#[test]
fn a_call_behind_an_idle_runtime_gets_its_token_within_any_limit() {
    for millis in [300, 500, 1000, 1900] {
        let (cache, hanging, fake) = (Arc::<TokenCache>::default(), Fake::new(3600, 600, 540), Fake::new(0, 600, 540));
        let leader = current_thread();
        begin_on(&leader, &cache, &hanging);
        let limit = Duration::from_millis(millis);
        assert_all_within(&call_from_everywhere(&cache, limit, &fake, || ()), limit);
        assert_eq!((hanging.count(), fake.count()), (1, 1), "one fetch for all four, after {limit:?}");
    }
}

#[test]
fn a_call_that_is_too_short_to_fetch_lets_the_next_one() {
    let (cache, hanging, fake) = (Arc::<TokenCache>::default(), Fake::new(3600, 600, 540), Fake::new(0, 600, 540));
    let (leader, other) = (current_thread(), current_thread());
    begin_on(&leader, &cache, &hanging);
    let (limit, begun) = (Duration::from_millis(50), Instant::now());
    while fake.count() == 0 {
        let (_, took) = call(&other, &cache, limit, &fake);
        assert!(took < limit + SLACK, "{took:?}");
        assert!(begun.elapsed() < SHORTEST_SILENCE + SLACK, "{:?}", begun.elapsed());
    }
}

#[test]
fn a_runtime_that_is_dropped_fails_no_call_that_waits_for_its_fetch() {
    for leader in [current_thread(), multi_thread()] {
        let (cache, hanging, fake) = (Arc::<TokenCache>::default(), Fake::new(3600, 600, 540), Fake::new(0, 600, 540));
        begin_on(&leader, &cache, &hanging);
        let limit = Duration::from_secs(10);
        let calls = call_from_everywhere(&cache, limit, &fake, || {
            thread::sleep(Duration::from_millis(50));
            leader.shutdown_background();
        });
        assert_all_within(&calls, Duration::from_millis(50) + SLACK);
        assert!(fake.count() <= 1, "{}", fake.count());
    }
}

#[test]
fn a_leader_that_is_cancelled_delays_no_call_that_waits_for_its_fetch() {
    let (cache, slow) = (Arc::<TokenCache>::default(), Fake::new(1, 600, 540));
    let leader = multi_thread();
    leader.block_on(async {
        tokio::select! {
            _ = cache.token(FETCH_LIMIT, || slow.clone()) => panic!("it takes a second"),
            () = sleep(Duration::from_millis(20)) => {}
        }
        let leading = tokio::spawn({
            let (cache, slow) = (cache.clone(), slow.clone());
            async move { cache.token(FETCH_LIMIT, || slow.clone()).await }
        });
        sleep(Duration::from_millis(20)).await;
        leading.abort();
    });
    let limit = Duration::from_secs(10);
    assert_all_within(&call_from_everywhere(&cache, limit, &slow, || ()), Duration::from_secs(1) + SLACK);
    assert_eq!(slow.count(), 1, "the fetch of the cancelled call is the one for all");
}

#[test]
fn a_credential_that_hangs_delays_a_call_by_at_most_half_its_limit() {
    let (cache, hanging, fake) = (Arc::<TokenCache>::default(), Fake::new(3600, 600, 540), Fake::new(0, 600, 540));
    let leader = multi_thread();
    begin_on(&leader, &cache, &hanging);
    let limit = Duration::from_millis(2400);
    let calls = call_from_everywhere(&cache, limit, &fake, || ());
    assert_all_within(&calls, limit / 2 + SLACK);
    assert_eq!((hanging.count(), fake.count()), (1, 1));
}

#[test]
fn a_short_call_behind_a_credential_that_hangs_ends_within_its_limit_and_a_later_one_fetches() {
    let (cache, hanging, fake) = (Arc::<TokenCache>::default(), Fake::new(3600, 600, 540), Fake::new(0, 600, 540));
    let leader = multi_thread();
    begin_on(&leader, &cache, &hanging);
    let (limit, begun) = (Duration::from_millis(400), Instant::now());
    loop {
        let calls = call_from_everywhere(&cache, limit, &fake, || ());
        assert!(calls.iter().all(|(_, took)| *took < limit + SLACK), "{calls:?}");
        if calls.iter().any(|(ended, _)| ended.is_some()) {
            assert_all_within(&calls, limit);
            break;
        }
        assert!(begun.elapsed() < SHORTEST_PATIENCE + limit + SLACK, "{:?}", begun.elapsed());
    }
    assert_eq!((hanging.count(), fake.count()), (1, 1));
}

/// Threads of a foreign interface whose runtimes begin a fetch and are never driven again.
#[test]
fn fetches_of_idle_runtimes_are_bounded() {
    let (cache, hanging, fake) = (Arc::<TokenCache>::default(), Fake::new(3600, 600, 540), Fake::new(0, 600, 540));
    let idle: Vec<Runtime> = (0..MOST_FETCHES + 3).map(|_| current_thread()).collect();
    for runtime in &idle {
        runtime.block_on(async { cache.begin(&mut cache.lock(), hanging.clone()) });
    }
    assert_eq!(cache.lock().pending.as_ref().unwrap().fetches.len(), MOST_FETCHES);
    let limit = Duration::from_secs(1);
    assert_all_within(&call_from_everywhere(&cache, limit, &fake, || ()), limit);
}

//! Lookups by the operating system in progress. `getaddrinfo` blocks a thread and cannot be cancelled, so that silent name servers
//! would take one thread for each call. A name is looked up once at a time, for all calls, on a thread that is not the
//! application's.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::thread;
use crate::diagnose::evidence::{Failure, FailureKind};

/// The addresses, or the failure of the lookup.
pub(super) type Found = Result<Vec<IpAddr>, Failure>;

/// The lookups in progress, and those that failed a moment ago, by name.
#[derive(Debug, Default)]
pub(crate) struct Asked(Mutex<HashMap<String, Answer>>);

type Answer = watch::Receiver<Option<(Found, Instant)>>;

impl Asked {
    /// Returns the addresses of a name from the lookup in progress, or from a new one. The caller sets the time limit.
    pub(super) async fn find(
        &self,
        name: &str,
        look: impl FnOnce(&str) -> io::Result<Vec<IpAddr>> + Send + 'static,
    ) -> Found {
        let mut answer = self.answer(name, look);
        let found = answer.wait_for(Option::is_some).await;
        let found = found.ok().and_then(|found| found.as_ref().map(|(found, _)| found.clone()));
        found.unwrap_or_else(|| Err(Failure::new(FailureKind::Other, NO_THREAD)))
    }

    fn answer(&self, name: &str, look: impl FnOnce(&str) -> io::Result<Vec<IpAddr>> + Send + 'static) -> Answer {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|_, answer| is_current(answer));
        if let Some(answer) = asked.get(name) {
            return answer.clone();
        }
        let (sender, answer) = watch::channel(None);
        asked.insert(name.to_owned(), answer.clone());
        let name = name.to_owned();
        let sender = Arc::new(sender);
        let report = sender.clone();
        // The thread itself reports the end, because nobody may drive the runtime that began the lookup.
        let is_started = thread::run(move || {
            let found = look(&name).map_err(|error| Failure::new(kind_of(&error), error.to_string()));
            report.send_replace(Some((found, Instant::now())));
        });
        if !is_started {
            let failure = Failure::new(FailureKind::Other, NO_THREAD);
            sender.send_replace(Some((Err(failure), Instant::now())));
        }
        answer
    }
}

/// Returns whether a lookup is in progress, or failed a moment ago.
fn is_current(answer: &Answer) -> bool {
    match &*answer.borrow() {
        None => answer.has_changed().is_ok(),
        Some((found, at)) => found.is_err() && at.elapsed() < FAILURE_LIFETIME,
    }
}

/// Returns the kind of a `getaddrinfo` error. The standard library keeps only the text of its code.
fn kind_of(error: &io::Error) -> FailureKind {
    let text = error.to_string();
    if text.contains("Temporary failure") {
        FailureKind::NoAnswer
    } else if is_local(error) || text.contains("Memory allocation failure") {
        FailureKind::Other
    } else {
        FailureKind::NoSuchName
    }
}

/// Returns whether the error is one of this machine, such as too many open files (`EAI_SYSTEM`). On Windows, every error has a
/// number.
fn is_local(error: &io::Error) -> bool {
    cfg!(unix) && error.raw_os_error().is_some()
}

/// A fault of this machine, and not of its name servers.
const NO_THREAD: &str = "no thread for the lookup";

/// The time for which a failure is the answer to further calls.
const FAILURE_LIFETIME: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread::sleep;

    use futures_util::future::join_all;
    use tokio::runtime::Builder;
    use tokio::task::spawn_blocking;
    use tokio::time::timeout;

    use super::*;

    /// A lookup that blocks its thread, and counts.
    fn blocking(
        count: &Arc<AtomicUsize>,
        time: Duration,
        is_well: bool,
    ) -> impl FnOnce(&str) -> io::Result<Vec<IpAddr>> + Send + 'static {
        let count = count.clone();
        move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            sleep(time);
            if is_well { Ok(vec![IpAddr::from([10, 1, 0, 4])]) } else { Err(io::Error::other("nobody knows")) }
        }
    }

    #[tokio::test]
    async fn silent_name_servers_take_one_thread_of_the_application() {
        let (asked, count) = (Asked::default(), Arc::new(AtomicUsize::new(0)));
        for _ in 0..3 {
            let calls = (0..300).map(|_| {
                timeout(Duration::from_millis(50), asked.find("silent.example", blocking(&count, SILENCE, false)))
            });
            assert!(join_all(calls).await.iter().all(Result::is_err));
        }
        assert_eq!(count.load(Ordering::SeqCst), 1);
        let begun = Instant::now();
        spawn_blocking(|| ()).await.unwrap();
        assert!(begun.elapsed() < Duration::from_millis(100), "{:?}", begun.elapsed());
        // The end of the lookup is the answer to everyone who still waits, and for a moment to those who come later.
        assert!(asked.find("silent.example", blocking(&count, SILENCE, true)).await.is_err());
        assert!(asked.find("silent.example", blocking(&count, SILENCE, true)).await.is_err());
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    /// The longest time for which a blocking task of the application waits for its thread, while names are looked up.
    fn longest_delay(threads: usize, names: usize) -> Duration {
        let runtime = Builder::new_multi_thread().enable_all().worker_threads(2).max_blocking_threads(threads).build();
        let (asked, count) = (Arc::new(Asked::default()), Arc::new(AtomicUsize::new(0)));
        let longest = runtime.unwrap().block_on(async {
            let begun = Instant::now();
            for call in 0..names * 20 {
                let (asked, look) = (asked.clone(), blocking(&count, SILENCE, false));
                let name = format!("silent-{}.example", call % names);
                tokio::spawn(async move { timeout(Duration::from_millis(50), asked.find(&name, look)).await });
            }
            let mut longest = Duration::ZERO;
            while begun.elapsed() < SILENCE {
                let asked_for = Instant::now();
                spawn_blocking(|| ()).await.unwrap();
                longest = longest.max(asked_for.elapsed());
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            longest
        });
        assert_eq!(count.load(Ordering::SeqCst), names, "every name was looked up");
        longest
    }

    #[test]
    fn silent_name_servers_delay_no_blocking_task_of_an_application_with_few_threads() {
        for threads in 1..=4 {
            for names in [1, threads, 16] {
                let longest = longest_delay(threads, names);
                assert!(longest < Duration::from_millis(100), "{threads} threads, {names} names: {longest:?}");
            }
        }
    }

    #[test]
    fn a_runtime_that_ends_does_not_wait_for_silent_name_servers() {
        let (asked, count) = (Asked::default(), Arc::new(AtomicUsize::new(0)));
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let look = blocking(&count, SILENCE, false);
        runtime
            .block_on(async { timeout(Duration::from_millis(20), asked.find("silent.example", look)).await })
            .unwrap_err();
        let begun = Instant::now();
        drop(runtime);
        assert!(begun.elapsed() < Duration::from_millis(100), "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn a_name_is_looked_up_again_after_an_answer_and_soon_after_a_failure() {
        let (asked, count) = (Asked::default(), Arc::new(AtomicUsize::new(0)));
        for _ in 0..2 {
            assert!(asked.find("known.example", blocking(&count, Duration::ZERO, true)).await.is_ok());
        }
        assert_eq!(count.load(Ordering::SeqCst), 2);
        assert!(asked.find("other.example", blocking(&count, Duration::ZERO, false)).await.is_err());
        tokio::time::sleep(FAILURE_LIFETIME).await;
        assert!(asked.find("other.example", blocking(&count, Duration::ZERO, true)).await.is_ok());
    }

    #[test]
    fn a_lookup_that_an_idle_runtime_began_answers_others() {
        let (asked, count) = (Asked::default(), Arc::new(AtomicUsize::new(0)));
        let idle = Builder::new_current_thread().enable_all().build().unwrap();
        let other = Builder::new_current_thread().enable_all().build().unwrap();
        let look = || blocking(&count, Duration::from_millis(200), true);
        let short = Duration::from_millis(20);
        idle.block_on(async { timeout(short, asked.find("a.example", look())).await }).unwrap_err();
        assert!(other.block_on(async { timeout(SILENCE, asked.find("a.example", look())).await }).unwrap().is_ok());
        assert_eq!(count.load(Ordering::SeqCst), 1);
        drop(idle);
    }

    const SILENCE: Duration = Duration::from_millis(600);
}

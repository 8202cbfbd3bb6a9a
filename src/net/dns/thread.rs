//! Threads for work that blocks and cannot be cancelled. They are not those of the runtime: silent name servers would take all
//! threads that the application has for its own files, and a runtime that ends would wait for them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Builder;

/// Runs work on its own thread. Returns whether there is one left.
pub(super) fn run(work: impl FnOnce() + Send + 'static) -> bool {
    let place = Place::take();
    place.is_some_and(|place| {
        let work = move || {
            work();
            drop(place);
        };
        Builder::new().name("speech-dns".to_owned()).spawn(work).is_ok()
    })
}

/// The right to one of the threads.
struct Place;

impl Place {
    fn take() -> Option<Self> {
        let is_free = |taken: usize| (taken < MOST_THREADS).then_some(taken + 1);
        TAKEN.fetch_update(Ordering::SeqCst, Ordering::SeqCst, is_free).ok().map(|_| Self)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        TAKEN.fetch_sub(1, Ordering::SeqCst);
    }
}

static TAKEN: AtomicUsize = AtomicUsize::new(0);

/// A run has fewer names. More threads than this wait for name servers that do not answer, and another one would wait too.
const MOST_THREADS: usize = 128;

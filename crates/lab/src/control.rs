//! What a test does to a lab while it runs: look at what came, change keys, end tokens, reset connections.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::Lab;
use super::fate::{Fate, Moment};
use super::seen::Seen;
use super::token::{KEY, SECOND_KEY};
use speech_endpoint::Secret;

/// The keys, the connections and the requests of a running lab.
#[derive(Debug)]
pub(super) struct Control {
    keys: Mutex<Keys>,
    seen: Mutex<VecDeque<Seen>>,
    resets: Mutex<Resets>,
    reset_all: Notify,
    open: AtomicUsize,
}

/// Both keys as they are now, and how many were made anew: four digits.
struct Keys {
    now: [String; 2],
    made: u32,
}

#[derive(Debug, Default)]
struct Resets {
    share: f64,
    state: u64,
}

/// A connection that counts as open until this is dropped.
pub(super) struct Open<'a>(&'a Control);

impl Control {
    pub(super) fn record(&self, seen: Seen) {
        let mut all = locked(&self.seen);
        if all.len() >= MOST_SEEN {
            all.pop_front();
        }
        all.push_back(seen);
    }

    /// Whether a key is one of the resource, now.
    pub(super) fn is_key(&self, key: &str) -> bool {
        locked(&self.keys).now.iter().any(|known| known == key)
    }

    /// Makes a key anew, and gives it.
    fn regenerate(&self, which: usize) -> Secret {
        let mut keys = locked(&self.keys);
        keys.made = (keys.made + 1) % 10_000;
        let old = if which == 0 { KEY } else { SECOND_KEY };
        let key = format!("{:04}{}", keys.made, &old[4..]);
        keys.now[which].clone_from(&key);
        Secret::from(key)
    }

    fn key(&self, which: usize) -> Secret {
        Secret::from(locked(&self.keys).now[which].clone())
    }

    pub(super) fn open(&self) -> Open<'_> {
        self.open.fetch_add(1, Ordering::Relaxed);
        Open(self)
    }

    /// The fate of the next connection.
    pub(super) fn fate(&self) -> Arc<Fate> {
        let mut resets = locked(&self.resets);
        let is_reset = resets.share > 0.0 && resets.unit() < resets.share;
        Arc::new(Fate::new(is_reset.then(|| Moment::of(resets.next()))))
    }

    /// Ends when all connections of now are reset.
    pub(super) fn reset_all(&self) -> Notified<'_> {
        self.reset_all.notified()
    }
}

impl Default for Control {
    fn default() -> Self {
        Self {
            keys: Mutex::new(Keys { now: [KEY.to_owned(), SECOND_KEY.to_owned()], made: 0 }),
            seen: Mutex::default(),
            resets: Mutex::default(),
            reset_all: Notify::new(),
            open: AtomicUsize::new(0),
        }
    }
}

#[allow(clippy::must_use_candidate, reason = "what is regenerated or revoked need not be looked at")]
impl Lab {
    /// The requests that reached the service, in the order they were answered: the last 10,000.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        locked(&self.control().seen).iter().cloned().collect()
    }

    /// Forgets the requests that came until now.
    pub fn forget_requests(&self) {
        locked(&self.control().seen).clear();
    }

    /// The first key of the resource, as it is now.
    #[must_use]
    pub fn key(&self) -> Secret {
        self.control().key(0)
    }

    /// The second key of the resource, as it is now.
    #[must_use]
    pub fn second_key(&self) -> Secret {
        self.control().key(1)
    }

    /// A new token, issued from a key, good for ten minutes.
    #[must_use]
    pub fn issued_token(&self) -> Secret {
        Secret::from(self.site.gateway.maker.issued(600))
    }

    /// A new Microsoft Entra token, good for an hour.
    #[must_use]
    pub fn entra_token(&self) -> Secret {
        Secret::from(self.site.gateway.maker.entra(None, 3600))
    }

    /// The ARM id of the resource.
    #[must_use]
    pub fn resource_id(&self) -> String {
        self.site.gateway.maker.resource_id()
    }

    /// Makes the first key anew: the old one is refused from now on.
    pub fn regenerate_key(&self) -> Secret {
        self.control().regenerate(0)
    }

    /// Makes the second key anew: the old one is refused from now on.
    pub fn regenerate_second_key(&self) -> Secret {
        self.control().regenerate(1)
    }

    /// Refuses a key from now on, as when somebody else makes it anew; says whether it was one.
    pub fn revoke(&self, key: &str) -> bool {
        let which = locked(&self.control().keys).now.iter().position(|known| known == key);
        which.map(|which| self.control().regenerate(which)).is_some()
    }

    /// Refuses all tokens that were handed out before now, with 401.
    pub fn expire_tokens(&self) {
        self.site.gateway.maker.expire();
    }

    /// Resets a share of the connections that are accepted from now on, from 0 to 1, each at a random moment of its
    /// life: before TLS, in it, in place of the first answer, or up to 200 ms after that.
    ///
    /// The same seed resets the same connections, in the order they are accepted.
    pub fn reset_share(&self, share: f64, seed: u64) {
        *locked(&self.control().resets) = Resets { share, state: seed };
    }

    /// Resets every connection that is open now.
    pub fn reset_all(&self) {
        self.control().reset_all.notify_waiters();
    }

    /// How many connections are open now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.control().open.load(Ordering::Relaxed)
    }

    fn control(&self) -> &Control {
        &self.site.gateway.control
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("made", &self.made).finish_non_exhaustive()
    }
}

impl Resets {
    /// The next random number: <https://prng.di.unimi.it/splitmix64.c>
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The next random number, from 0 to 1.
    fn unit(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap_or_default()) / f64::from(u32::MAX)
    }
}

/// A poisoned lock is one that a failed test left behind: what it guards is whole all the same.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const MOST_SEEN: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_names_the_same_connections_and_the_share_is_kept() {
        let run = |seed| {
            let control = Control::default();
            *locked(&control.resets) = Resets { share: 0.1, state: seed };
            (0..2000).map(|_| format!("{:?}", control.fate())).collect::<Vec<_>>()
        };
        let (one, again, other) = (run(1), run(1), run(2));
        assert_eq!(one, again);
        assert_ne!(one, other);
        let count = |word: &str| one.iter().filter(|fate| fate.contains(word)).count();
        assert!((150..250).contains(&count("Some")), "{}", count("Some"));
        for moment in ["BeforeTls", "InTls", "InAnswer", "After"] {
            assert!(count(moment) > 25, "{moment}: {}", count(moment));
        }
    }

    #[test]
    fn no_connection_is_reset_unless_it_is_asked_for() {
        let control = Control::default();
        assert!((0..100).all(|_| !format!("{:?}", control.fate()).contains("Some")));
    }

    #[test]
    fn a_new_key_has_the_shape_of_the_old_one_and_is_another() {
        let control = Control::default();
        let (first, second) = (control.regenerate(0), control.regenerate(0));
        assert_eq!(first.expose().len(), KEY.len());
        assert!(!control.is_key(KEY) && !control.is_key(first.expose()) && control.is_key(second.expose()));
        assert!(control.is_key(SECOND_KEY));
        assert!(!format!("{control:?}").contains(second.expose()));
    }
}

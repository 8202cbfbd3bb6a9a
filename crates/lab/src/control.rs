//! Controls a running lab for tests: inspects requests, changes keys, expires tokens and resets connections.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, mpsc};

use super::Lab;
use super::fate::{Fate, Moment};
use super::lock::locked;
use super::seen::{LabEvent, SeenRequest};
use super::token::{KEY, SECOND_KEY};
use speech_endpoint::Secret;

/// The keys, the connections and the requests of a running lab.
#[derive(Debug)]
pub(super) struct Control {
    keys: Mutex<Keys>,
    seen: Mutex<VecDeque<SeenRequest>>,
    resets: Mutex<Resets>,
    reset_all: Notify,
    open: AtomicUsize,
    events: Mutex<Option<mpsc::Sender<LabEvent>>>,
}

/// Both current keys, and the number of regenerated ones, which has at most four digits.
struct Keys {
    now: [String; 2],
    made: u32,
}

#[derive(Debug, Default)]
struct Resets {
    share: f64,
    state: u64,
}

/// A guard that counts a connection as open until it is dropped.
pub(super) struct Open<'a>(&'a Control);

impl Control {
    pub(super) fn record(&self, seen: SeenRequest) {
        self.report(|| LabEvent::Request(seen.clone()));
        let mut all = locked(&self.seen);
        if all.len() >= MOST_SEEN {
            all.pop_front();
        }
        all.push_back(seen);
    }

    /// Reports an event to the observer, if there is one. An observer that is too slow loses events.
    pub(super) fn report(&self, make: impl FnOnce() -> LabEvent) {
        if let Some(observer) = &*locked(&self.events) {
            let _ = observer.try_send(make());
        }
    }

    /// Returns the last requests, in the order of their responses.
    pub(super) fn seen(&self) -> Vec<SeenRequest> {
        locked(&self.seen).iter().cloned().collect()
    }

    pub(super) fn forget(&self) {
        locked(&self.seen).clear();
    }

    pub(super) fn connections(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    pub(super) fn reset_share(&self, share: f64, seed: u64) {
        *locked(&self.resets) = Resets { share, state: seed };
    }

    pub(super) fn reset_open(&self) {
        self.reset_all.notify_waiters();
    }

    /// Returns whether a key is currently valid.
    pub(super) fn is_key(&self, key: &str) -> bool {
        locked(&self.keys).now.iter().any(|known| known == key)
    }

    /// Regenerates a key and returns the new one.
    pub(super) fn regenerate(&self, which: usize) -> Secret {
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

    /// Returns the fate of the next connection.
    pub(super) fn fate(&self) -> Arc<Fate> {
        let mut resets = locked(&self.resets);
        let is_reset = resets.share > 0.0 && resets.unit() < resets.share;
        Arc::new(Fate::new(is_reset.then(|| Moment::of(resets.next()))))
    }

    /// Completes when all open connections are to be reset.
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
            events: Mutex::default(),
        }
    }
}

#[allow(clippy::must_use_candidate, reason = "a test may ignore the regenerated key")]
impl Lab {
    /// Returns the last 10,000 requests that reached the service, in the order of their responses.
    #[must_use]
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.control().seen()
    }

    /// Clears the recorded requests.
    pub fn forget_requests(&self) {
        self.control().forget();
    }

    /// Returns what happens in the lab from now on, as it happens. It ends the stream of an earlier call. While 1,000 events
    /// wait, further ones are lost.
    pub fn events(&self) -> mpsc::Receiver<LabEvent> {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        *locked(&self.control().events) = Some(sender);
        receiver
    }

    /// Returns the current first key of the resource.
    #[must_use]
    pub fn key(&self) -> Secret {
        self.control().key(0)
    }

    /// Returns the current second key of the resource.
    #[must_use]
    pub fn second_key(&self) -> Secret {
        self.control().key(1)
    }

    /// Returns a new token issued from a key, valid for ten minutes.
    #[must_use]
    pub fn issued_token(&self) -> Secret {
        Secret::from(self.site.gateway.maker.issued(600))
    }

    /// Returns a new Microsoft Entra token, valid for an hour.
    #[must_use]
    pub fn entra_token(&self) -> Secret {
        Secret::from(self.site.gateway.maker.entra(None, 3600, None))
    }

    /// Returns the ARM id of the resource.
    #[must_use]
    pub fn resource_id(&self) -> String {
        self.site.gateway.maker.resource_id()
    }

    /// Regenerates the first key; the old one is rejected from now on.
    pub fn regenerate_key(&self) -> Secret {
        self.control().regenerate(0)
    }

    /// Regenerates the second key; the old one is rejected from now on.
    pub fn regenerate_second_key(&self) -> Secret {
        self.control().regenerate(1)
    }

    /// Revokes a key, as if someone else had regenerated it. Returns whether it was valid.
    pub fn revoke(&self, key: &str) -> bool {
        let which = locked(&self.control().keys).now.iter().position(|known| known == key);
        which.map(|which| self.control().regenerate(which)).is_some()
    }

    /// Expires all tokens issued so far; the service rejects them with 401.
    pub fn expire_tokens(&self) {
        self.site.gateway.maker.expire();
    }

    /// Resets a share (0 to 1) of the connections accepted from now on, each at a random moment: before TLS, during the
    /// handshake, in place of the first response, or up to 200 ms after it.
    ///
    /// The same seed resets the same connections, counted in the order of acceptance.
    pub fn reset_share(&self, share: f64, seed: u64) {
        self.control().reset_share(share, seed);
    }

    /// Resets every open connection.
    pub fn reset_all(&self) {
        self.control().reset_open();
    }

    /// Returns the number of open connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.control().connections()
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
    /// Returns the next random number: <https://prng.di.unimi.it/splitmix64.c>
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns the next random number from 0 to 1.
    fn unit(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap_or_default()) / f64::from(u32::MAX)
    }
}

const MOST_SEEN: usize = 10_000;

const MOST_WAITING: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_resets_the_same_connections_and_the_share_is_met() {
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
    fn no_connection_is_reset_by_default() {
        let control = Control::default();
        assert!((0..100).all(|_| !format!("{:?}", control.fate()).contains("Some")));
    }

    #[test]
    fn a_regenerated_key_differs_but_has_the_same_format() {
        let control = Control::default();
        let (first, second) = (control.regenerate(0), control.regenerate(0));
        assert_eq!(first.expose().len(), KEY.len());
        assert!(!control.is_key(KEY) && !control.is_key(first.expose()) && control.is_key(second.expose()));
        assert!(control.is_key(SECOND_KEY));
        assert!(!format!("{control:?}").contains(second.expose()));
    }
}

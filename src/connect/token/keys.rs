//! The keys of a resource, and which of them is in use.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::resolve::credential::Credential;

/// One or two keys of a resource. Calls use the preferred key. If the service rejects it, the other one becomes the preferred
/// key, and a single call tries the rejected one again every [`RETRY_INTERVAL`]. Keys can thus be regenerated in turn while the
/// application runs.
#[derive(Debug)]
pub(super) struct Keys {
    keys: Vec<Credential>,
    rotation: Mutex<Rotation>,
}

/// Which key is in use.
#[derive(Debug)]
struct Rotation {
    preferred: usize,
    /// The number of changes of the preferred key. Concurrent rejections of one key change it only once.
    generation: u64,
    /// When the rejected key may be tried again.
    retry_at: Option<Instant>,
}

/// A key that a call uses, and the rotation that it was chosen in.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyLease {
    index: usize,
    generation: u64,
}

impl Keys {
    pub(super) fn one(key: Credential) -> Self {
        Self::new(vec![key])
    }

    pub(super) fn two(first: Credential, second: Credential) -> Self {
        Self::new(vec![first, second])
    }

    fn new(keys: Vec<Credential>) -> Self {
        Self { keys, rotation: Mutex::new(Rotation { preferred: 0, generation: 1, retry_at: None }) }
    }

    pub(super) fn count(&self) -> usize {
        self.keys.len()
    }

    /// Returns the index of the key in use.
    pub(super) fn preferred(&self) -> usize {
        self.lock().preferred
    }

    pub(super) fn key(&self, lease: KeyLease) -> &Credential {
        &self.keys[lease.index]
    }

    /// Returns the next key to try, if one is left.
    ///
    /// 1. The key that was rejected before, if its retry is due. Only one call gets it.
    /// 2. The preferred key.
    /// 3. The other key, if this call has tried the preferred one.
    pub(super) fn lease(&self, tried: TriedKeys) -> Option<KeyLease> {
        let mut rotation = self.lock();
        let other = 1 - rotation.preferred;
        let is_due = rotation.retry_at.is_some_and(|at| at <= Instant::now()) && !tried.has(other);
        let index = if is_due {
            rotation.retry_at = Some(Instant::now() + RETRY_INTERVAL);
            other
        } else {
            [rotation.preferred, other].into_iter().find(|index| *index < self.keys.len() && !tried.has(*index))?
        };
        Some(KeyLease { index, generation: rotation.generation })
    }

    /// Records that the service rejected a key. Returns whether another one is left to try.
    pub(super) fn rejected(&self, lease: KeyLease, tried: &mut TriedKeys) -> bool {
        tried.add(lease.index);
        let mut rotation = self.lock();
        if self.keys.len() > 1 && lease.index == rotation.preferred && lease.generation == rotation.generation {
            rotation.prefer(1 - lease.index, Some(Instant::now() + RETRY_INTERVAL));
        }
        (0..self.keys.len()).any(|index| !tried.has(index))
    }

    /// Records that the service accepted a key. If it was rejected before, it becomes the preferred one.
    pub(super) fn accepted(&self, lease: KeyLease) {
        let mut rotation = self.lock();
        if lease.index != rotation.preferred && lease.generation == rotation.generation {
            rotation.prefer(lease.index, None);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Rotation> {
        self.rotation.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rotation {
    fn prefer(&mut self, index: usize, retry_at: Option<Instant>) {
        *self = Self { preferred: index, generation: self.generation + 1, retry_at };
    }
}

/// The keys that a call has tried.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TriedKeys([bool; 2]);

impl TriedKeys {
    fn has(self, index: usize) -> bool {
        self.0[index]
    }

    fn add(&mut self, index: usize) {
        self.0[index] = true;
    }
}

/// It takes some minutes to distribute a regenerated key, and each retry costs one call a round trip.
const RETRY_INTERVAL: Duration = Duration::from_secs(5 * 60);

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn two() -> Keys {
        let key = |digit: &str| Credential::key(format!("{}f", digit.repeat(31))).unwrap();
        Keys::two(key("1"), key("2"))
    }

    fn lease(keys: &Keys) -> KeyLease {
        keys.lease(TriedKeys::default()).unwrap()
    }

    /// Runs one call and returns the keys that it tries, in order. The service accepts the keys in `accepted`.
    fn call(keys: &Keys, accepted: &[usize]) -> Vec<usize> {
        let (mut tried, mut order) = (TriedKeys::default(), Vec::new());
        while let Some(lease) = keys.lease(tried) {
            order.push(lease.index);
            assert!(order.len() < 3, "{order:?}");
            if accepted.contains(&lease.index) {
                keys.accepted(lease);
                break;
            }
            if !keys.rejected(lease, &mut tried) {
                break;
            }
        }
        order
    }

    #[tokio::test(start_paused = true)]
    async fn the_second_key_takes_over_until_the_first_is_accepted_again() {
        let keys = two();
        assert_eq!(call(&keys, &[0, 1]), [0]);
        assert_eq!(call(&keys, &[1]), [0, 1]);
        assert_eq!(call(&keys, &[1]), [1]);
        advance(RETRY_INTERVAL).await;
        assert_eq!(call(&keys, &[1]), [0, 1], "retried, and still rejected");
        assert_eq!(call(&keys, &[0, 1]), [1], "already retried");
        advance(RETRY_INTERVAL).await;
        assert_eq!(call(&keys, &[0, 1]), [0]);
        assert_eq!(call(&keys, &[0, 1]), [0]);
        advance(RETRY_INTERVAL * 2).await;
        assert_eq!(call(&keys, &[0, 1]), [0], "the second was never rejected");
    }

    #[tokio::test(start_paused = true)]
    async fn concurrent_rejections_change_the_key_once() {
        let keys = two();
        let leases: Vec<KeyLease> = (0..200).map(|_| lease(&keys)).collect();
        for first in leases {
            let mut tried = TriedKeys::default();
            assert!(keys.rejected(first, &mut tried));
            assert_eq!(keys.lease(tried).unwrap().index, 1);
        }
        assert_eq!((lease(&keys).index, lease(&keys).generation), (1, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_key_is_retried_by_one_call() {
        let keys = two();
        call(&keys, &[1]);
        advance(RETRY_INTERVAL).await;
        let indices: Vec<usize> = (0..200).map(|_| lease(&keys).index).collect();
        assert_eq!((indices[0], indices[1..].iter().all(|index| *index == 1)), (0, true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_tries_each_key_once_when_both_are_rejected() {
        let keys = two();
        for round in 0..5 {
            let mut order = call(&keys, &[]);
            order.sort_unstable();
            assert_eq!(order, [0, 1], "{round}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_is_accepted_late_does_not_change_the_preferred_key_back() {
        let keys = two();
        let slow = lease(&keys);
        assert_eq!(call(&keys, &[1]), [0, 1]);
        keys.accepted(slow);
        assert_eq!(lease(&keys).index, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_rejection_does_not_change_a_key_that_is_accepted_again() {
        let keys = two();
        let slow = lease(&keys);
        call(&keys, &[1]);
        advance(RETRY_INTERVAL).await;
        assert_eq!(call(&keys, &[0]), [0]);
        assert!(keys.rejected(slow, &mut TriedKeys::default()));
        assert_eq!(lease(&keys).index, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_single_key_is_tried_once() {
        let keys = Keys::one(Credential::key("0123456789abcdef0123456789abcdef").unwrap());
        assert_eq!(call(&keys, &[]), [0]);
        assert_eq!(call(&keys, &[0]), [0]);
    }
}

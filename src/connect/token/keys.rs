//! Keys: the one or two keys of a resource, and which of them is in use.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::resolve::credential::Credential;

/// The keys of a resource. One is preferred; the other takes over when the service refuses it, and the refused one is
/// tried again from time to time by one caller, so that keys can be regenerated in turn while the application runs.
#[derive(Debug)]
pub(super) struct Keys {
    keys: Vec<Credential>,
    rotation: Mutex<Rotation>,
}

/// Which key is in use.
#[derive(Debug)]
struct Rotation {
    preferred: usize,
    /// Counts the changes of the preferred key, so that refusals of one and the same moment change it once.
    generation: u64,
    /// When the key that was refused may be tried again.
    trial: Option<Instant>,
}

/// A key that was handed out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pick {
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
        Self { keys, rotation: Mutex::new(Rotation { preferred: 0, generation: 1, trial: None }) }
    }

    pub(super) fn count(&self) -> usize {
        self.keys.len()
    }

    /// The index of the key in use.
    pub(super) fn preferred(&self) -> usize {
        self.lock().preferred
    }

    pub(super) fn key(&self, pick: Pick) -> &Credential {
        &self.keys[pick.index]
    }

    /// The key to try next, if one is left.
    ///
    /// 1. The one that was refused before, when its time has come: for this caller alone.
    /// 2. The preferred one.
    /// 3. The other, when this caller has tried the preferred one already.
    pub(super) fn pick(&self, tried: TriedKeys) -> Option<Pick> {
        let mut rotation = self.lock();
        let other = 1 - rotation.preferred;
        let is_time = rotation.trial.is_some_and(|at| at <= Instant::now()) && !tried.has(other);
        let index = if is_time {
            rotation.trial = Some(Instant::now() + RETRY_AFTER);
            other
        } else {
            [rotation.preferred, other].into_iter().find(|index| *index < self.keys.len() && !tried.has(*index))?
        };
        Some(Pick { index, generation: rotation.generation })
    }

    /// The service refused a key. True when another one is left to try.
    pub(super) fn refused(&self, pick: Pick, tried: &mut TriedKeys) -> bool {
        tried.add(pick.index);
        let mut rotation = self.lock();
        if self.keys.len() > 1 && pick.index == rotation.preferred && pick.generation == rotation.generation {
            rotation.prefer(1 - pick.index, Some(Instant::now() + RETRY_AFTER));
        }
        (0..self.keys.len()).any(|index| !tried.has(index))
    }

    /// The service took a key: if it was tried again, it is preferred from now on.
    pub(super) fn accepted(&self, pick: Pick) {
        let mut rotation = self.lock();
        if pick.index != rotation.preferred && pick.generation == rotation.generation {
            rotation.prefer(pick.index, None);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Rotation> {
        self.rotation.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rotation {
    fn prefer(&mut self, index: usize, trial: Option<Instant>) {
        *self = Self { preferred: index, generation: self.generation + 1, trial };
    }
}

/// The keys that one call has tried.
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

/// Who regenerates a key needs some minutes to write it everywhere; and a trial costs one caller one refusal.
const RETRY_AFTER: Duration = Duration::from_secs(5 * 60);

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn two() -> Keys {
        let key = |digit: &str| Credential::key(format!("{}f", digit.repeat(31))).unwrap();
        Keys::two(key("1"), key("2"))
    }

    fn pick(keys: &Keys) -> Pick {
        keys.pick(TriedKeys::default()).unwrap()
    }

    /// One call: the keys it tries, in order, given those that the service takes.
    fn call(keys: &Keys, taken: &[usize]) -> Vec<usize> {
        let (mut tried, mut order) = (TriedKeys::default(), Vec::new());
        while let Some(pick) = keys.pick(tried) {
            order.push(pick.index);
            assert!(order.len() < 3, "{order:?}");
            if taken.contains(&pick.index) {
                keys.accepted(pick);
                break;
            }
            if !keys.refused(pick, &mut tried) {
                break;
            }
        }
        order
    }

    #[tokio::test(start_paused = true)]
    async fn the_second_key_takes_over_and_the_first_returns_when_it_is_taken_again() {
        let keys = two();
        assert_eq!(call(&keys, &[0, 1]), [0]);
        assert_eq!(call(&keys, &[1]), [0, 1]);
        assert_eq!(call(&keys, &[1]), [1]);
        advance(RETRY_AFTER).await;
        assert_eq!(call(&keys, &[1]), [0, 1], "it is tried again, and still refused");
        assert_eq!(call(&keys, &[0, 1]), [1], "it was tried again already");
        advance(RETRY_AFTER).await;
        assert_eq!(call(&keys, &[0, 1]), [0]);
        assert_eq!(call(&keys, &[0, 1]), [0]);
        advance(RETRY_AFTER * 2).await;
        assert_eq!(call(&keys, &[0, 1]), [0], "the second was never refused");
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_of_one_moment_change_the_key_once() {
        let keys = two();
        let picks: Vec<Pick> = (0..200).map(|_| pick(&keys)).collect();
        for first in picks {
            let mut tried = TriedKeys::default();
            assert!(keys.refused(first, &mut tried));
            assert_eq!(keys.pick(tried).unwrap().index, 1);
        }
        assert_eq!((pick(&keys).index, pick(&keys).generation), (1, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_key_is_tried_again_by_one_caller() {
        let keys = two();
        call(&keys, &[1]);
        advance(RETRY_AFTER).await;
        let indices: Vec<usize> = (0..200).map(|_| pick(&keys).index).collect();
        assert_eq!((indices[0], indices[1..].iter().all(|index| *index == 1)), (0, true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_tries_each_key_once_when_both_are_refused() {
        let keys = two();
        for round in 0..5 {
            let mut order = call(&keys, &[]);
            order.sort_unstable();
            assert_eq!(order, [0, 1], "{round}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_taken_before_a_change_does_not_change_it_back() {
        let keys = two();
        let slow = pick(&keys);
        assert_eq!(call(&keys, &[1]), [0, 1]);
        keys.accepted(slow);
        assert_eq!(pick(&keys).index, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_refusal_does_not_change_a_key_that_is_taken_again() {
        let keys = two();
        let slow = pick(&keys);
        call(&keys, &[1]);
        advance(RETRY_AFTER).await;
        assert_eq!(call(&keys, &[0]), [0]);
        assert!(keys.refused(slow, &mut TriedKeys::default()));
        assert_eq!(pick(&keys).index, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_single_key_is_tried_once() {
        let keys = Keys::one(Credential::key("0123456789abcdef0123456789abcdef").unwrap());
        assert_eq!(call(&keys, &[]), [0]);
        assert_eq!(call(&keys, &[0]), [0]);
    }
}

//! Random numbers for ids and for jitter. They are hard to guess, but not suitable as keys.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// Returns a random number: the standard library seeds each hasher differently.
#[must_use]
pub fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

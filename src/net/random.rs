//! Random numbers for ids and for jitter. They are hard to guess, but not suitable as keys.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// Returns a random number. The standard library seeds each hasher differently, from the operating system's random bytes.
#[must_use]
pub fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

//! Locks that a failed test does not poison for the others.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex. Only a failed test poisons it, and the data it guards is still consistent.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The wall clock.

use std::time::SystemTime;

/// Returns the current time. Evidence records when it was collected; this is the only place in CONNECT that reads the
/// wall clock for it.
#[allow(clippy::disallowed_methods, reason = "the only place")]
pub(super) fn wall_clock() -> SystemTime {
    SystemTime::now()
}

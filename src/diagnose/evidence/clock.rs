//! Seconds since 1970, in which tokens, certificates and headers count.

use std::time::{Duration, SystemTime};

/// Seconds since 1970, negative before.
#[must_use]
pub(crate) fn unix_seconds(time: SystemTime) -> i64 {
    let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => seconds(since),
        Err(before) => -seconds(before.duration()),
    }
}

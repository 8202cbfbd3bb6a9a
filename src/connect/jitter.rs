//! Jitter: what keeps a fleet from doing the same thing at the same moment.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

/// A number in 0..1, another one each time.
pub(crate) fn jitter() -> f64 {
    // The 53 bits that a float holds exactly.
    let bits = RandomState::new().build_hasher().finish() >> 11;
    #[allow(clippy::cast_precision_loss, reason = "53 bits are exact")]
    let (bits, all) = (bits as f64, (1_u64 << 53) as f64);
    bits / all
}

/// A time between two, anywhere.
pub(crate) fn between(shortest: Duration, longest: Duration) -> Duration {
    shortest + longest.saturating_sub(shortest).mul_f64(jitter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_spread_over_its_range() {
        let all: Vec<f64> = (0..1000).map(|_| jitter()).collect();
        assert!(all.iter().all(|jitter| (0.0..1.0).contains(jitter)));
        for tenth in 0..10 {
            let low = f64::from(tenth) / 10.0;
            assert!(all.iter().any(|jitter| (low..low + 0.1).contains(jitter)), "{low}");
        }
    }

    #[test]
    fn a_time_between_two_is_neither_shorter_nor_longer() {
        let (shortest, longest) = (Duration::from_secs(10), Duration::from_secs(30));
        assert!((0..1000).all(|_| (shortest..longest).contains(&between(shortest, longest))));
        assert_eq!(between(longest, shortest), longest);
    }
}

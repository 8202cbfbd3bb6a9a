//! Jitter: keeps the clients of a fleet from acting at the same moment.

use std::time::Duration;

use crate::net::random::random;

/// Returns a random number in 0..1.
pub(crate) fn jitter() -> f64 {
    // A float holds 53 bits exactly.
    let bits = random() >> 11;
    #[allow(clippy::cast_precision_loss, reason = "53 bits are exact")]
    let (bits, all) = (bits as f64, (1_u64 << 53) as f64);
    bits / all
}

/// Returns a random duration between two.
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
    fn a_random_duration_is_within_its_bounds() {
        let (shortest, longest) = (Duration::from_secs(10), Duration::from_secs(30));
        assert!((0..1000).all(|_| (shortest..longest).contains(&between(shortest, longest))));
        assert_eq!(between(longest, shortest), longest);
    }
}

//! Ids of requests, jobs and sessions: each one differs from all others of this process.

use std::sync::atomic::{AtomicU64, Ordering};

/// Returns an id of 32 hexadecimal digits.
pub(super) fn hex() -> String {
    let number = NEXT.fetch_add(2, Ordering::Relaxed);
    format!("{:016x}{:016x}", mixed(number), mixed(number + 1))
}

/// Returns an id in the form of a GUID of version 4.
pub(super) fn guid() -> String {
    let id = hex();
    format!("{}-{}-4{}-8{}-{}", &id[..8], &id[8..12], &id[13..16], &id[17..20], &id[20..])
}

/// Mixes the bits of a number, so that ids do not look alike: <https://prng.di.unimi.it/splitmix64.c>
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

static NEXT: AtomicU64 = AtomicU64::new(1);

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_differ_and_have_the_form_of_a_guid() {
        let ids: HashSet<String> = (0..1000).map(|_| guid()).collect();
        assert_eq!(ids.len(), 1000);
        for id in ids {
            let lengths: Vec<usize> = id.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
            assert!(id.chars().all(|c| c == '-' || c.is_ascii_hexdigit()), "{id}");
        }
    }
}

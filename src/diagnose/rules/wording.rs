//! Facts in words.

use std::net::IpAddr;
use std::time::Duration;

use crate::diagnose::evidence::{Address, Certificate};

/// An address with its class.
pub(super) fn shown(address: Address) -> String {
    format!("{} ({})", address.ip, address.class)
}

/// Addresses with their classes, and the number of those left out.
pub(super) fn listed(addresses: &[IpAddr]) -> String {
    let shown: Vec<String> = addresses.iter().take(3).map(|ip| shown(Address::from(*ip))).collect();
    let more = addresses.len().saturating_sub(shown.len());
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { joined(&shown) }
}

/// `a, b and c`.
pub(super) fn joined(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A duration: `12 ms`, `1.5 s`.
pub(super) fn lasting(took: Duration) -> String {
    if took < Duration::from_secs(1) {
        format!("{} ms", took.as_millis())
    } else {
        format!("{:.1} s", took.as_secs_f64())
    }
}

/// The issuer of a certificate.
pub(super) fn issuer(leaf: &Certificate) -> String {
    match &leaf.organization {
        Some(organization) => format!("`{}` of `{organization}`", leaf.issuer),
        None => format!("`{}`", leaf.issuer),
    }
}

/// The fact that rules out a rejected key.
pub(super) const NOT_THE_KEY: &str = "the response is about the network and not about the key";

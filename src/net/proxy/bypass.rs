//! Bypass: the hosts that `NO_PROXY` excludes. No standard defines the variable, so this follows curl, and
//! also accepts `*.` before a domain.

use std::net::IpAddr;

/// Returns whether an entry of `NO_PROXY` matches a host: `*`, the host, a parent domain with or without a leading dot
/// or `*.`, an address, or a network.
pub(super) fn matches(entry: &str, host: &str) -> bool {
    if entry == "*" {
        return true;
    }
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    if let Ok(address) = host.parse::<IpAddr>() {
        return entry.parse() == Ok(address) || is_in(entry, address);
    }
    let domain = entry.trim_start_matches("*.").trim_start_matches('.');
    let domain = domain.split(':').next().unwrap_or_default();
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.') && !domain.is_empty())
}

/// Returns whether an address is in a network such as `10.0.0.0/8`.
fn is_in(network: &str, address: IpAddr) -> bool {
    let Some((base, bits)) = network.split_once('/') else { return false };
    let (Ok(base), Ok(bits)) = (base.parse::<IpAddr>(), bits.parse::<u32>()) else { return false };
    match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) if bits <= 32 => {
            let shift = |address: std::net::Ipv4Addr| u32::from(address).checked_shr(32 - bits).unwrap_or_default();
            shift(base) == shift(address)
        }
        (IpAddr::V6(base), IpAddr::V6(address)) if bits <= 128 => {
            let shift = |address: std::net::Ipv6Addr| u128::from(address).checked_shr(128 - bits).unwrap_or_default();
            shift(base) == shift(address)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_no_proxy_match_as_in_curl() {
        let host = "contoso.cognitiveservices.azure.com";
        for (entry, expected) in [
            ("*", true),
            (host, true),
            ("azure.com", true),
            (".azure.com", true),
            ("*.azure.com", true),
            ("zure.com", false),
            ("contoso", false),
            ("", false),
            ("10.0.0.0/8", false),
        ] {
            assert_eq!(matches(entry, host), expected, "{entry}");
        }
        for (entry, expected) in [
            ("10.0.0.0/8", true),
            ("10.1.0.4", true),
            ("11.0.0.0/8", false),
            ("0.0.0.0/0", true),
            ("10.1.0.4/33", false),
        ] {
            assert_eq!(matches(entry, "10.1.0.4"), expected, "{entry}");
        }
    }
}

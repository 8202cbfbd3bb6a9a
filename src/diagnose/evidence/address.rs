//! Addresses and their classes.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// An address of a host with its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Address {
    /// The address.
    pub ip: IpAddr,
    /// The class.
    pub class: AddressClass,
}

/// The most addresses of a name that are kept and tried. A name server chooses how many a name has.
#[cfg(feature = "probe")]
pub(crate) const MOST_ADDRESSES: usize = 16;

/// Keeps the first addresses of a name in their order, and some of each family that it has. Returns the number of the others.
#[cfg(feature = "probe")]
pub(crate) fn keep_first<A: Copy>(addresses: &mut Vec<A>, is_v6: impl Fn(&A) -> bool) -> usize {
    let more = addresses.len().saturating_sub(MOST_ADDRESSES);
    if more > 0 {
        let of_v6 = addresses.iter().filter(|address| is_v6(address)).count();
        let of_v4 = addresses.len() - of_v6;
        // A family gets its half, and what the other one does not need.
        let mut left_v6 = of_v6.min(MOST_ADDRESSES - of_v4.min(MOST_ADDRESSES / 2));
        let mut left_v4 = of_v4.min(MOST_ADDRESSES - left_v6);
        addresses.retain(|address| {
            let left = if is_v6(address) { &mut left_v6 } else { &mut left_v4 };
            let is_kept = *left > 0;
            *left = left.saturating_sub(1);
            is_kept
        });
    }
    more
}

impl From<IpAddr> for Address {
    fn from(ip: IpAddr) -> Self {
        Self { ip, class: AddressClass::of(ip) }
    }
}

/// The class of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum AddressClass {
    /// A private network: RFC 1918, or IPv6 unique local.
    Private,
    /// The public internet.
    Public,
    /// This machine.
    Loopback,
    /// This link only.
    LinkLocal,
    /// Carrier-grade NAT, 100.64.0.0/10, which virtual networks also use (RFC 6598).
    Shared,
    /// Unspecified, multicast, documentation, NAT64, or the address of Azure's own DNS.
    Special,
}

impl AddressClass {
    /// Returns the class of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => of_v4(v4),
            IpAddr::V6(v6) => of_v6(v6),
        }
    }

    /// Returns the identifier used in output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Public => "public",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link_local",
            Self::Shared => "shared",
            Self::Special => "special",
        }
    }

    /// Returns whether a private endpoint can have such an address.
    #[must_use]
    pub fn is_private(self) -> bool {
        matches!(self, Self::Private | Self::Shared)
    }
}

impl fmt::Display for AddressClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

fn of_v4(address: Ipv4Addr) -> AddressClass {
    let [a, b, ..] = address.octets();
    match address {
        _ if address.is_loopback() => AddressClass::Loopback,
        _ if address.is_private() => AddressClass::Private,
        _ if address.is_link_local() => AddressClass::LinkLocal,
        _ if a == 100 && (64..128).contains(&b) => AddressClass::Shared,
        AZURE_DNS => AddressClass::Special,
        // 192.0.0.0/24 is for protocols, 198.18.0.0/15 for benchmarks, and filters answer with both; 240/4 is reserved.
        _ if address.is_unspecified()
            || address.is_multicast()
            || address.is_documentation()
            || a == 0
            || a >= 240
            || (a, b) == (198, 18)
            || (a, b) == (198, 19)
            || address.octets()[..3] == [192, 0, 0] =>
        {
            AddressClass::Special
        }
        _ => AddressClass::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> AddressClass {
    let segments = address.segments();
    match segments {
        _ if address.is_loopback() => AddressClass::Loopback,
        _ if address.is_unique_local() => AddressClass::Private,
        _ if address.is_unicast_link_local() => AddressClass::LinkLocal,
        // 64:ff9b::/96 and 64:ff9b:1::/48 are NAT64 (RFC 6052, RFC 8215), 100::/64 discards, 2001:db8::/32 documents.
        [0x64, 0xff9b, 0 | 1, ..] | [0x100, 0, 0, 0, ..] | [0x2001, 0xdb8, ..] => AddressClass::Special,
        _ if address.is_unspecified() || address.is_multicast() => AddressClass::Special,
        _ => AddressClass::Public,
    }
}

/// Azure's own DNS and health probes, the same address in every virtual network.
/// <https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16>
const AZURE_DNS: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_told_by_its_ranges() {
        for (address, expected) in [
            ("10.1.0.4", AddressClass::Private),
            ("172.28.0.10", AddressClass::Private),
            ("172.32.0.1", AddressClass::Public),
            ("192.168.1.1", AddressClass::Private),
            ("100.64.0.1", AddressClass::Shared),
            ("100.128.0.1", AddressClass::Public),
            ("20.50.1.7", AddressClass::Public),
            ("127.0.0.53", AddressClass::Loopback),
            ("169.254.169.254", AddressClass::LinkLocal),
            ("168.63.129.16", AddressClass::Special),
            ("0.0.0.0", AddressClass::Special),
            ("198.18.0.5", AddressClass::Special),
            ("224.0.0.1", AddressClass::Special),
            ("255.255.255.255", AddressClass::Special),
            ("::1", AddressClass::Loopback),
            ("fd00::4", AddressClass::Private),
            ("fe80::1", AddressClass::LinkLocal),
            ("2603:1020::7", AddressClass::Public),
            ("64:ff9b::1432:107", AddressClass::Special),
            ("::ffff:10.1.0.4", AddressClass::Private),
        ] {
            assert_eq!(AddressClass::of(address.parse().unwrap()), expected, "{address}");
        }
    }
}

//! A range of addresses in CIDR notation.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A range of addresses, such as `10.0.0.0/16`. An address alone is a range of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix {
    address: IpAddr,
    length: u8,
}

impl Prefix {
    /// Returns whether the range holds the address.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(start), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.length);
                u32::from(start).checked_shr(shift) == u32::from(address).checked_shr(shift)
            }
            (IpAddr::V6(start), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.length);
                u128::from(start).checked_shr(shift) == u128::from(address).checked_shr(shift)
            }
            _ => false,
        }
    }

    /// Returns whether the range holds every address of the other.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.length <= other.length && self.contains(other.address)
    }

    /// Returns the first address, as it was given.
    #[must_use]
    pub fn address(self) -> IpAddr {
        self.address
    }

    /// Returns the number of bits that all addresses of the range share.
    #[must_use]
    pub fn length(self) -> u8 {
        self.length
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let (address, length) = text.trim().split_once('/').map_or((text.trim(), None), |(a, l)| (a, Some(l)));
        let address: IpAddr = address.parse().map_err(|_| PrefixError)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            None => longest,
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().map_err(|_| PrefixError)?,
            Some(_) => return Err(PrefixError),
        };
        if length <= longest { Ok(Self { address, length }) } else { Err(PrefixError) }
    }
}

impl From<IpAddr> for Prefix {
    fn from(address: IpAddr) -> Self {
        Self { address, length: if address.is_ipv4() { 32 } else { 128 } }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

/// Text that is not a range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a range of addresses: expected an address or a prefix such as `10.0.0.0/16`")]
#[non_exhaustive]
pub struct PrefixError;

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(prefix: &str, address: &str) -> bool {
        prefix.parse::<Prefix>().unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn a_range_holds_the_addresses_with_its_bits() {
        assert!(holds("10.0.0.0/16", "10.0.255.1") && !holds("10.0.0.0/16", "10.1.0.0"));
        assert!(holds("0.0.0.0/0", "203.0.113.9") && !holds("0.0.0.0/0", "2001:db8::1"));
        assert!(holds("203.0.113.7", "203.0.113.7") && !holds("203.0.113.7", "203.0.113.8"));
        assert!(holds("::/0", "2001:db8::1") && holds("2001:db8::/32", "2001:db8:1::") && !holds("::/0", "10.0.0.1"));
    }

    #[test]
    fn text_that_is_no_range_is_rejected() {
        for text in
            ["", "Storage.EastUS", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0", "::/129", "10.0.0.0/1 6"]
        {
            assert!(text.parse::<Prefix>().is_err(), "{text}");
        }
    }
}

//! What differs between the vantage points of a group and those that work.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::traits::TraitKind;
use super::vantage::Vantage;

/// Something that every member of a group has and no other vantage point has, of those that it is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// What differs.
    pub(crate) kind: TraitKind,
    /// The values in the group, the commonest first.
    pub(crate) here: Vec<ValueCount>,
    /// The values elsewhere, the commonest first.
    pub(crate) elsewhere: Vec<ValueCount>,
}

/// A value with the number of vantage points that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ValueCount {
    /// The value.
    pub(crate) value: String,
    /// The number of vantage points.
    pub(crate) count: usize,
}

/// Returns what all of `here` have and none of `elsewhere` has. A kind that is unknown at any member proves nothing, and neither
/// does one that is different at nearly every member.
pub(super) fn differences(here: &[&Vantage], elsewhere: &[&Vantage]) -> Vec<Difference> {
    let mut differences: Vec<Difference> =
        TraitKind::ALL.into_iter().filter_map(|kind| difference(kind, here, elsewhere)).collect();
    // Addresses of another kind are other addresses.
    if differences.iter().any(|difference| difference.kind == TraitKind::AddressClass) {
        differences.retain(|difference| difference.kind != TraitKind::Addresses);
    }
    differences
}

fn difference(kind: TraitKind, here: &[&Vantage], elsewhere: &[&Vantage]) -> Option<Difference> {
    if here.is_empty() || elsewhere.is_empty() {
        return None;
    }
    let values = |vantages: &[&Vantage]| -> Option<Vec<String>> {
        vantages.iter().map(|vantage| vantage.traits.get(&kind).cloned()).collect()
    };
    let (here, elsewhere) = (values(here)?, values(elsewhere)?);
    if kind == TraitKind::LocalAddress {
        return range_apart(&here, &elsewhere);
    }
    if here.iter().any(|value| elsewhere.contains(value)) {
        return None;
    }
    let all = here.len() + elsewhere.len();
    let (here, elsewhere) = (counted(&here), counted(&elsewhere));
    // A value that no two vantage points share, such as a key of its own, says nothing about a group.
    let is_individual = all > 2 && here.len() + elsewhere.len() == all;
    (here.len() <= MOST_VALUES && !is_individual).then_some(Difference { kind, here, elsewhere })
}

/// Returns the smallest range that holds all local addresses of a group, if none of the others is in it.
fn range_apart(here: &[String], elsewhere: &[String]) -> Option<Difference> {
    let (here, elsewhere) = (addresses(here)?, addresses(elsewhere)?);
    let apart = |ours: &[IpAddr], theirs: &[IpAddr]| {
        let range = Range::of(ours)?;
        (range.length > 0 && !theirs.iter().any(|ip| range.holds(*ip))).then_some(range)
    };
    let range = apart(&here, &elsewhere)?;
    let others = Range::of(&elsewhere).map_or_else(|| "other ranges".to_owned(), |range| range.to_string());
    let value = |value: String, count| vec![ValueCount { value, count }];
    Some(Difference {
        kind: TraitKind::LocalAddress,
        here: value(range.to_string(), here.len()),
        elsewhere: value(others, elsewhere.len()),
    })
}

/// Returns the addresses of one family; `None` if one of them is not a single address, or the families differ.
fn addresses(values: &[String]) -> Option<Vec<IpAddr>> {
    let addresses: Vec<IpAddr> = values.iter().map(|value| value.parse().ok()).collect::<Option<_>>()?;
    let is_v4 = addresses.first()?.is_ipv4();
    addresses.iter().all(|ip| ip.is_ipv4() == is_v4).then_some(addresses)
}

/// A range of addresses in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    bits: u128,
    length: u32,
    width: u32,
}

impl Range {
    /// Returns the smallest range that holds all addresses of one family.
    fn of(addresses: &[IpAddr]) -> Option<Self> {
        let (first, width) = bits(*addresses.first()?);
        let differing = addresses.iter().map(|ip| bits(*ip).0 ^ first).fold(0, |all, one| all | one);
        let length = (differing.leading_zeros() - (128 - width)).min(width);
        Some(Self { bits: first & mask(length, width), length, width })
    }

    fn holds(self, ip: IpAddr) -> bool {
        let (bits, width) = bits(ip);
        width == self.width && bits & mask(self.length, self.width) == self.bits
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ip = match u32::try_from(self.bits) {
            Ok(bits) if self.width == 32 => IpAddr::from(bits.to_be_bytes()),
            _ => IpAddr::from(self.bits.to_be_bytes()),
        };
        if self.length == self.width { write!(f, "{ip}") } else { write!(f, "{ip}/{}", self.length) }
    }
}

fn bits(ip: IpAddr) -> (u128, u32) {
    match ip {
        IpAddr::V4(ip) => (u128::from(ip.to_bits()), 32),
        IpAddr::V6(ip) => (ip.to_bits(), 128),
    }
}

fn mask(length: u32, width: u32) -> u128 {
    let all = u128::MAX >> (128 - width);
    all & !all.checked_shr(length).unwrap_or_default()
}

/// Returns each value with its number, the commonest first.
fn counted(values: &[String]) -> Vec<ValueCount> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for value in values {
        *numbers.entry(value).or_default() += 1;
    }
    let mut counted: Vec<ValueCount> =
        numbers.into_iter().map(|(value, count)| ValueCount { value: value.to_owned(), count }).collect();
    counted.sort_by_key(|value| std::cmp::Reverse(value.count));
    counted
}

/// A group with more values than this has no common property.
const MOST_VALUES: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn range(addresses: &[&str]) -> String {
        let addresses: Vec<IpAddr> = addresses.iter().map(|ip| ip.parse().unwrap()).collect();
        Range::of(&addresses).unwrap().to_string()
    }

    #[test]
    fn the_smallest_range_holds_all_addresses() {
        assert_eq!(range(&["10.1.2.4"]), "10.1.2.4");
        assert_eq!(range(&["10.1.2.4", "10.1.2.5"]), "10.1.2.4/31");
        assert_eq!(range(&["10.1.2.4", "10.1.2.200", "10.1.2.9"]), "10.1.2.0/24");
        assert_eq!(range(&["10.1.2.4", "192.168.1.1"]), "0.0.0.0/0");
        assert_eq!(range(&["fd00::1", "fd00::1:2"]), "fd00::/111");
        assert_eq!(range(&["::1", "8000::1"]), "::/0");
    }

    #[test]
    fn a_range_that_holds_another_vantage_point_is_no_difference() {
        let values = |ips: &[&str]| ips.iter().map(|ip| (*ip).to_owned()).collect::<Vec<_>>();
        let apart = |here: &[&str], elsewhere: &[&str]| range_apart(&values(here), &values(elsewhere)).is_some();
        assert!(apart(&["10.1.2.4", "10.1.2.200"], &["10.1.3.4"]));
        assert!(!apart(&["10.1.2.4", "10.1.2.200"], &["10.1.2.9"]));
        assert!(!apart(&["10.1.2.4", "fd00::1"], &["10.1.3.4"]));
        assert!(!apart(&["10.1.2.4, 10.1.3.4"], &["10.1.3.4"]));
    }
}

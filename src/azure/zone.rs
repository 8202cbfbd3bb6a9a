//! Private DNS zones, their records and their links to virtual networks.

use std::net::IpAddr;

use super::id::ArmId;

/// A private DNS zone.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PrivateDnsZone {
    /// The ID of the zone.
    pub id: Option<ArmId>,
    /// The name of the zone, in lower case.
    pub name: Option<String>,
}

/// A set of address records in a zone.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RecordSet {
    /// The ID of the record set.
    pub id: Option<ArmId>,
    /// The name of the zone, in lower case.
    pub zone: Option<String>,
    /// The name of the record inside its zone, in lower case; `@` is the zone itself.
    pub name: Option<String>,
    /// The addresses; empty for records of other types.
    pub addresses: Vec<IpAddr>,
    /// Whether a virtual machine registered itself.
    pub is_registered: bool,
    /// The endpoint or program that wrote the record, from `metadata.creator`.
    pub creator: Option<String>,
}

impl RecordSet {
    /// Returns the full name of the record, in lower case.
    #[must_use]
    pub fn fqdn(&self) -> Option<String> {
        match (self.name.as_deref()?, self.zone.as_deref()?) {
            ("@", zone) => Some(zone.to_owned()),
            (name, zone) => Some(format!("{name}.{zone}")),
        }
    }
}

impl RecordSet {
    /// Returns the first label of the full name.
    pub(crate) fn label(&self) -> Option<String> {
        self.fqdn().map(|name| name.split('.').next().unwrap_or_default().to_owned())
    }
}

/// The link of a private DNS zone to a virtual network.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ZoneLink {
    /// The ID of the link.
    pub id: Option<ArmId>,
    /// The name of the zone, in lower case.
    pub zone: Option<String>,
    /// The ID of the virtual network.
    pub network: Option<ArmId>,
    /// `virtualNetworkLinkState`; `Completed` for a link that is in use.
    pub state: Option<String>,
    /// Whether a name that the zone does not hold falls back to public DNS (`NxDomainRedirect`).
    pub falls_back: bool,
}

impl ZoneLink {
    /// Returns whether the link is in use. A link without a state counts as in use.
    #[must_use]
    pub fn is_completed(&self) -> bool {
        self.state.as_deref().is_none_or(|state| state.eq_ignore_ascii_case("Completed"))
    }
}

//! Private endpoints and their DNS zone groups.

use std::net::IpAddr;

use super::account::EndpointConnection;
use super::id::ArmId;

/// A private endpoint.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PrivateEndpoint {
    /// The ID of the endpoint.
    pub id: Option<ArmId>,
    /// The name of the endpoint.
    pub name: Option<String>,
    /// The region, as the document has it.
    pub location: Option<String>,
    /// The ID of its subnet.
    pub subnet: Option<ArmId>,
    /// The IDs of its network interfaces.
    pub interfaces: Vec<ArmId>,
    /// Its connections, automatic and manual, each with the ID of the resource that it leads to.
    pub connections: Vec<(Option<ArmId>, EndpointConnection)>,
    /// The names and addresses of `customDnsConfigs`. They are empty once a DNS zone group is attached.
    pub names: Vec<NamedAddresses>,
    /// The static addresses of `ipConfigurations`.
    pub static_addresses: Vec<IpAddr>,
}

impl PrivateEndpoint {
    /// Returns the connection that leads to this account.
    #[must_use]
    pub fn connection_to(&self, account: &ArmId) -> Option<&EndpointConnection> {
        self.connections.iter().find(|(target, _)| target.as_ref() == Some(account)).map(|(_, connection)| connection)
    }
}

/// A name of a private endpoint with its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedAddresses {
    /// The host, in lower case; `None` if the document does not say which name the addresses belong to.
    pub fqdn: Option<String>,
    /// The addresses.
    pub addresses: Vec<IpAddr>,
}

/// The DNS zone group of a private endpoint: the zones in which Azure keeps the endpoint's records.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct DnsZoneGroup {
    /// The ID of the group, which is below that of the endpoint.
    pub id: Option<ArmId>,
    /// The IDs of the private DNS zones.
    pub zones: Vec<ArmId>,
    /// The records that Azure keeps.
    pub names: Vec<NamedAddresses>,
}

impl DnsZoneGroup {
    /// Returns the ID of the private endpoint.
    #[must_use]
    pub fn endpoint(&self) -> Option<ArmId> {
        self.id.as_ref()?.parent()
    }
}

/// Returns the name that clients use for a name in a private zone.
pub(crate) fn public_name(fqdn: &str) -> String {
    fqdn.replacen(".privatelink.", ".", 1)
}

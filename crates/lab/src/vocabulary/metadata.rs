//! The instance metadata service of the client.

use std::net::Ipv4Addr;

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct MetadataToml {
    /// Whether the service answers; a machine on premises only waits.
    pub(crate) answers: bool,
    /// The private address of the client.
    pub(crate) private_address: Ipv4Addr,
    /// The address and the prefix length of its subnet.
    pub(crate) subnet: (Ipv4Addr, u8),
}

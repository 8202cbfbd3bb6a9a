//! The routes of the client: from which of its addresses packets leave.

use std::net::IpAddr;

use serde::Deserialize;

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RouteToml {
    /// The source of packets to private addresses; `None` if there is no route to them.
    pub(crate) private_source: Option<IpAddr>,
    /// The source of packets to public addresses.
    pub(crate) public_source: IpAddr,
}

//! The routes of the client: from which of its addresses packets leave.

use std::net::IpAddr;

use serde::Deserialize;
use speech_endpoint::evidence::AddressClass;

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RouteToml {
    /// The source of packets to private addresses; `None` if there is no route to them.
    pub(crate) private_source: Option<IpAddr>,
    /// The source of packets to public addresses.
    pub(crate) public_source: IpAddr,
}

impl RouteToml {
    /// Returns the source of packets to an address; `None` if there is no route to it.
    pub(crate) fn source_for(self, peer: IpAddr) -> Option<IpAddr> {
        if AddressClass::of(peer).is_private() { self.private_source } else { Some(self.public_source) }
    }
}

//! TCP connections.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::failure::Failure;
#[cfg(feature = "serde")]
use super::saved;

/// The connections that were tried.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct TcpFacts {
    /// One for each address, in the order of the addresses.
    pub attempts: Vec<Attempt>,
    /// The address that is used from here on.
    pub connected: Option<SocketAddr>,
    /// The own address of that connection.
    pub local: Option<IpAddr>,
    /// A well-known host on port 443, tried when no address answered: by name, and how that went.
    pub reference: Option<(String, Attempt)>,
}

/// One attempt to connect.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Attempt {
    /// To where.
    pub peer: SocketAddr,
    /// Why it failed; none when it is connected.
    pub failure: Option<Failure>,
    /// How long it took.
    #[cfg_attr(feature = "serde", serde(rename = "took_ms", with = "saved::millis"))]
    pub took: Duration,
}

//! TCP connections.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::failure::{Failure, FailureKind};
#[cfg(feature = "serde")]
use super::saved;

/// The attempts to connect.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct TcpFacts {
    /// One attempt per address, in the order of the addresses.
    pub attempts: Vec<Attempt>,
    /// The address that the later stages use.
    pub connected: Option<SocketAddr>,
    /// The local address of that connection.
    pub local: Option<IpAddr>,
    /// A well-known host on port 443, tried when no address connected.
    pub reference: Option<Reference>,
    /// The route to the first address, when no connection came about and the address is private.
    pub route: Option<RouteFacts>,
    /// A further connection with small segments, tried when a later stage was silent.
    pub small_segments: Option<SegmentTry>,
    /// The proxy that the attempts go to, as `http://host:port` without its credentials; `None` for the host itself.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub proxy: Option<String>,
    /// The source of that setting: `--proxy` or the name of a variable.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub proxy_source: Option<String>,
    /// The proxy whose name does not resolve, so that there was no attempt.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub unresolved_proxy: Option<UnresolvedProxy>,
}

/// A proxy whose name does not resolve.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct UnresolvedProxy {
    /// The proxy as `http://host:port`.
    pub proxy: String,
    /// The name that was looked up.
    pub host: String,
    /// The source of that setting: `--proxy` or the name of a variable.
    pub source: String,
}

impl UnresolvedProxy {
    /// Returns a proxy with the name that was looked up and the source of the setting.
    #[must_use]
    pub fn new(proxy: impl Into<String>, host: impl Into<String>, source: impl Into<String>) -> Self {
        Self { proxy: proxy.into(), host: host.into(), source: source.into() }
    }
}

/// The route that the system would take to an address. No packet is sent to find it.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct RouteFacts {
    /// The local address from which packets would leave.
    pub source: Option<IpAddr>,
    /// The reason why there is no route.
    pub failure: Option<Failure>,
    /// The local address from which packets to a public host leave, for comparison.
    pub public_source: Option<IpAddr>,
}

/// A connection on which neither side sends a large packet, so that a path that loses those shows (path MTU).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct SegmentTry {
    /// The largest segment in bytes (TCP option MSS).
    pub bytes: u16,
    /// The failure of the stage that was silent before; `None` when it passed, or failed with a response.
    pub failure: Option<Failure>,
}

impl SegmentTry {
    /// Returns a connection with segments of at most this many bytes.
    #[must_use]
    pub fn new(bytes: u16, failure: Option<Failure>) -> Self {
        Self { bytes, failure }
    }

    /// Returns whether small segments got no answer either.
    pub(crate) fn is_silent(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::TimedOut)
    }
}

/// An attempt to connect.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Attempt {
    /// The peer.
    pub peer: SocketAddr,
    /// The failure; `None` when it connected.
    pub failure: Option<Failure>,
    /// The time that it took.
    #[cfg_attr(feature = "serde", serde(rename = "took_ms", with = "saved::millis"))]
    pub took: Duration,
}

/// An attempt to connect to a well-known host, which distinguishes a blocked host from a blocked port.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(from = "ReferenceRead"))]
#[non_exhaustive]
pub struct Reference {
    /// The name of the host.
    pub host: String,
    /// The attempt.
    pub attempt: Attempt,
}

impl Reference {
    /// Returns an attempt to connect to this host.
    #[must_use]
    pub fn new(host: impl Into<String>, attempt: Attempt) -> Self {
        Self { host: host.into(), attempt }
    }

    /// Returns whether the host could be reached.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.attempt.failure.is_none()
    }
}

/// A reference as version 2 has it, or as the pair of version 1.
#[cfg(feature = "serde")]
#[derive(Deserialize)]
#[serde(untagged)]
enum ReferenceRead {
    Fields { host: String, attempt: Attempt },
    Pair(String, Attempt),
}

#[cfg(feature = "serde")]
impl From<ReferenceRead> for Reference {
    fn from(read: ReferenceRead) -> Self {
        match read {
            ReferenceRead::Fields { host, attempt } | ReferenceRead::Pair(host, attempt) => Self { host, attempt },
        }
    }
}

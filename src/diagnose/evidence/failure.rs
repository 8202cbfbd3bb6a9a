//! The failure of a stage.

use std::fmt;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// The failure of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Failure {
    /// The kind, for rules.
    pub kind: FailureKind,
    /// One line, for people.
    pub text: String,
}

impl Failure {
    /// Returns a failure with its kind and one line of text.
    #[must_use]
    pub fn new(kind: FailureKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}

/// The ways in which a stage can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum FailureKind {
    /// DNS: the name does not exist (NXDOMAIN).
    NoSuchName,
    /// DNS: the name exists but has no address.
    NoAddress,
    /// DNS: no server answered the query (SERVFAIL, REFUSED, time-out).
    NoAnswer,
    /// Nothing arrived in time.
    TimedOut,
    /// The connection was refused.
    Refused,
    /// There is no route to the network or the host.
    Unreachable,
    /// The operating system does not allow it.
    NotPermitted,
    /// The connection was reset, or closed without a message.
    Reset,
    /// Proxy: it requires credentials (407).
    ProxyAuth,
    /// Proxy: it refused the tunnel with another status.
    ProxyRefused,
    /// The peer does not speak the expected protocol.
    Protocol,
    /// TLS: the certificate does not verify; [`TlsFacts::trust`](super::TlsFacts::trust) says why.
    Certificate,
    /// TLS: the peer refused the handshake with an alert.
    Alert,
    /// HTTP or WebSocket: the status of the response is an error; the facts hold the response.
    Status,
    /// WebSocket: closed immediately after the upgrade.
    Closed,
    /// WebSocket: the peer sends without end.
    Flooded,
    /// The credential was rejected.
    Denied,
    /// Any other failure.
    Other,
}

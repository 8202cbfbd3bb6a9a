//! How a stage failed.

use std::fmt;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// How a stage failed: the kind for rules, the text for people.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Failure {
    /// For rules.
    pub kind: FailureKind,
    /// For people; one line.
    pub text: String,
}

impl Failure {
    /// A failure with its kind and one line of text.
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

/// The ways in which a stage can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum FailureKind {
    /// DNS: the name does not exist (NXDOMAIN).
    NoSuchName,
    /// DNS: the name exists, without an address.
    NoAddress,
    /// DNS: no server gave an answer (SERVFAIL, REFUSED, silence).
    NoAnswer,
    /// Nothing came back in time.
    TimedOut,
    /// The connection was refused.
    Refused,
    /// There is no route to the network or the host.
    Unreachable,
    /// The operating system does not allow it.
    NotPermitted,
    /// The connection was reset, or closed without a word.
    Reset,
    /// Proxy: it wants credentials (407).
    ProxyAuth,
    /// Proxy: it refused the tunnel with another status.
    ProxyRefused,
    /// What came back was not the protocol that was expected.
    Protocol,
    /// TLS: the certificate does not verify; [`TlsFacts::trust`](super::TlsFacts::trust) says why.
    Certificate,
    /// TLS: the peer refused the handshake with an alert.
    Alert,
    /// HTTP or WebSocket: the answer refuses what was asked; the facts hold it.
    Status,
    /// WebSocket: closed at once after it had opened.
    Closed,
    /// The credential was refused.
    Denied,
    /// Anything else.
    Other,
}

//! The failure of a stage.

use std::fmt;
use std::time::Duration;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

#[cfg(feature = "serde")]
use super::saved;

/// The failure of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Failure {
    /// The kind, for rules.
    pub kind: FailureKind,
    /// One line, for people.
    pub text: String,
    /// The bytes that arrived during a wait that timed out; `None` if no byte arrived.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub arrival: Option<Arrival>,
}

impl Failure {
    /// Returns a failure with its kind and one line of text.
    #[must_use]
    pub fn new(kind: FailureKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), arrival: None }
    }

    /// Returns the bytes that kept arriving, too few for the stage to end: the peer is slow and not silent.
    pub(crate) fn drip(&self) -> Option<Arrival> {
        self.arrival.filter(Arrival::is_drip)
    }
}

/// The bytes that arrived during a wait that timed out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct Arrival {
    /// The number of bytes; the largest number for more.
    pub bytes: u32,
    /// The number of them that arrived in the second half of the wait.
    pub late_bytes: u32,
    /// The duration of the wait.
    #[cfg_attr(feature = "serde", serde(rename = "within_ms", with = "saved::millis"))]
    pub within: Duration,
}

impl Arrival {
    /// Returns the bytes of a wait: all of them, and those of its second half.
    #[must_use]
    pub fn new(bytes: u32, late_bytes: u32, within: Duration) -> Self {
        Self { bytes, late_bytes, within }
    }

    /// Returns whether bytes arrived in both halves of the wait, and few of them. A response that arrives quickly and does not
    /// end is not slow but endless.
    #[must_use]
    pub fn is_drip(&self) -> bool {
        self.late_bytes > 0 && self.bytes > self.late_bytes && self.per_second() <= MOST_PER_SECOND
    }

    fn per_second(&self) -> u128 {
        (u128::from(self.bytes) * 1000 / self.within.as_millis().max(1)).max(1)
    }
}

impl fmt::Display for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, within, .. } = self;
        let plural = if *bytes == 1 { "byte" } else { "bytes" };
        let millis = within.as_millis();
        write!(f, "{bytes} {plural} within {millis} ms")?;
        if self.is_drip() {
            write!(f, ", {} per second", self.per_second())?;
        }
        Ok(())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}

/// The most bytes per second of a slow peer. In TLS, every byte that is sent alone arrives as 23 or more.
const MOST_PER_SECOND: u128 = 8192;

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

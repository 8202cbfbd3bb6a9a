//! The upgrade to a WebSocket.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::hold::HoldFacts;
use super::http::Reply;

/// The upgrade.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct UpgradeFacts {
    /// The response.
    pub reply: Reply,
    /// Whether the request carried the credential.
    pub with_credential: bool,
    /// Whether `Sec-WebSocket-Accept` is correct; `None` when the status is not 101.
    pub accept_is_right: Option<bool>,
    /// Whether a ping was answered; `None` when the status is not 101.
    pub is_alive: Option<bool>,
    /// The close code, when the peer closed the socket at once; `None` without a close frame.
    pub close_code: Option<u16>,
    /// The reason that came with the code.
    pub close_reason: Option<String>,
    /// The time from the upgrade to the close, in milliseconds.
    pub closed_after_ms: Option<f64>,
    /// The idle time after the upgrade; `None` when the socket was not held.
    pub hold: Option<HoldFacts>,
}

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
    /// The answer.
    pub reply: Reply,
    /// Whether it carried the credential.
    pub with_credential: bool,
    /// Whether `Sec-WebSocket-Accept` is right; none when the status is not 101.
    pub accept_is_right: Option<bool>,
    /// Whether a ping was answered; none when the status is not 101.
    pub is_alive: Option<bool>,
    /// The close code, when the peer closed at once; none when it just hung up.
    pub close_code: Option<u16>,
    /// The reason that came with the code.
    pub close_reason: Option<String>,
    /// How long after the upgrade it was closed, in milliseconds.
    pub closed_after_ms: Option<f64>,
    /// What became of it in silence; none when it was not held.
    pub hold: Option<HoldFacts>,
}

//! An idle socket.

use std::time::Duration;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

#[cfg(feature = "serde")]
use super::saved;

/// A socket that was kept open and idle.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct HoldFacts {
    /// The time for which it was to be held.
    #[cfg_attr(feature = "serde", serde(rename = "wanted_ms", with = "saved::millis"))]
    pub wanted: Duration,
    /// The time for which it was held.
    #[cfg_attr(feature = "serde", serde(rename = "held_ms", with = "saved::millis"))]
    pub held: Duration,
    /// The idle time at the end of that: the peer may have sent something before.
    #[cfg_attr(feature = "serde", serde(rename = "silent_ms", with = "saved::millis"))]
    pub silent: Duration,
    /// The time from the start of the run to the end of the socket, in milliseconds; `None` when it stayed open. It shows which
    /// sockets ended together.
    pub ended_ms: Option<f64>,
    /// The end of the idle time.
    pub end: HoldEnd,
    /// The close code.
    pub close_code: Option<u16>,
    /// The reason that came with the code.
    pub close_reason: Option<String>,
    /// The time until a ping after the idle time was answered, in milliseconds; `None` when there was no time for one.
    pub pong_ms: Option<f64>,
}

/// The end of the idle time of a socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum HoldEnd {
    /// The run ended before the socket did.
    #[default]
    Interrupted,
    /// It stayed open.
    Open,
    /// The peer closed it with a close frame.
    Closed,
    /// It was closed without a close frame.
    Cut,
    /// It was reset.
    Reset,
    /// The peer sent without end.
    Flooded,
    /// It stayed open, but a ping after the idle time was not answered.
    Silent,
}

//! An idle socket.

use std::time::Duration;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

#[cfg(feature = "serde")]
use super::saved;

/// A socket that was kept open without sending anything.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct HoldFacts {
    /// How long it was to be held.
    #[cfg_attr(feature = "serde", serde(rename = "wanted_ms", with = "saved::millis"))]
    pub wanted: Duration,
    /// How long it was held.
    #[cfg_attr(feature = "serde", serde(rename = "held_ms", with = "saved::millis"))]
    pub held: Duration,
    /// How long of that it was silent at its end: the peer may have spoken before.
    #[cfg_attr(feature = "serde", serde(rename = "silent_ms", with = "saved::millis"))]
    pub silent: Duration,
    /// How that ended.
    pub end: HoldEnd,
    /// The code that it was closed with.
    pub close_code: Option<u16>,
    /// The reason that came with the code.
    pub close_reason: Option<String>,
    /// How long a ping after the silence took to be answered, in milliseconds; none when there was no time for one.
    pub pong_ms: Option<f64>,
}

/// How the silence on a socket ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum HoldEnd {
    /// The run ended before the socket did.
    #[default]
    Interrupted,
    /// It was open to the end.
    Open,
    /// The peer closed it with a close frame.
    Closed,
    /// It was ended without a word.
    Cut,
    /// It was reset.
    Reset,
    /// Nothing ended it, but a ping after the silence got no answer.
    Silent,
}

//! The clock of the client and the limits of a run.

use serde::Deserialize;

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct ClockToml {
    /// The offset of the client's clock; positive if it is ahead.
    pub(crate) offset_days: i64,
    /// The same in seconds, added to the days.
    pub(crate) offset_seconds: i64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct LimitsToml {
    pub(crate) total_ms: u64,
    /// The duration for which open WebSockets are kept idle.
    pub(crate) hold_ms: u64,
    /// The number of additional connections to measure.
    pub(crate) rounds: usize,
    /// Whether the client fetches revocation lists.
    pub(crate) check_revocation: bool,
}

impl Default for LimitsToml {
    fn default() -> Self {
        Self { total_ms: 2000, hold_ms: 0, rounds: 0, check_revocation: false }
    }
}

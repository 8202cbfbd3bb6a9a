//! A server that sends its bytes one by one.

use serde::Deserialize;

/// A server that sends one byte at a time.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DripToml {
    /// The time between two bytes.
    pub(crate) ms: u64,
    pub(crate) stage: DripStageToml,
    /// The number of bytes that come at once before the first pause.
    #[serde(default)]
    pub(crate) after: usize,
}

/// The stage in which it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DripStageToml {
    Handshake,
    Response,
}

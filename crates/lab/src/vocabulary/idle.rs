//! A middlebox on the path that drops idle connections.

use serde::Deserialize;

/// The idle timer of a NAT, a load balancer or a firewall.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdleToml {
    pub(crate) ms: u64,
    pub(crate) end: IdleEndToml,
    /// The hosts whose connections it affects; by default every host.
    #[serde(default)]
    pub(crate) names: Vec<String>,
}

/// What the timer does to a connection that has been idle for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum IdleEndToml {
    /// Closes it without a close frame.
    Close,
    Reset,
    /// Forgets it, and discards all further packets.
    Forget,
}

//! The actual resource, as far as it differs from the client's settings.

use serde::Deserialize;

/// The properties of the actual resource that differ from the client's settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[allow(clippy::struct_excessive_bools, reason = "each is an independent switch of the resource")]
pub(crate) struct GatewayToml {
    pub(crate) region: Option<String>,
    pub(crate) custom_domain: Option<String>,
    pub(crate) network: Option<String>,
    /// Whether the client's public address or subnet is allowed.
    pub(crate) client_allowed: bool,
    /// Whether keys are accepted.
    pub(crate) local_auth: bool,
    /// Whether the principal of an Entra token has a data-plane role.
    pub(crate) role: bool,
    /// Whether the custom domain accepts the composed form of a token.
    pub(crate) composed_at_own_host: bool,
    /// How a WebSocket ends after the upgrade.
    pub(crate) close_after_upgrade: Option<CloseToml>,
    /// What the peer sends without end after the upgrade.
    pub(crate) flood: Option<FloodToml>,
    /// The hosts from which nothing arrives on a WebSocket after the upgrade.
    pub(crate) stalls_after_upgrade: Vec<String>,
    /// How a middlebox damages the upgrade response.
    pub(crate) damaged_upgrade: Option<DamageToml>,
}

impl Default for GatewayToml {
    fn default() -> Self {
        Self {
            region: None,
            custom_domain: None,
            network: None,
            client_allowed: true,
            local_auth: true,
            role: true,
            composed_at_own_host: true,
            close_after_upgrade: None,
            flood: None,
            stalls_after_upgrade: Vec::new(),
            damaged_upgrade: None,
        }
    }
}

/// The frames of a flood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FloodToml {
    Text,
    Binary,
    /// Text frames without a payload.
    Empty,
    Ping,
    Pong,
    /// The fragments of one message that never ends.
    Fragment,
    /// The same without a payload.
    EmptyFragment,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloseToml {
    pub(crate) ms: u64,
    /// The close code; `None` if the connection is cut.
    pub(crate) code: Option<u16>,
    /// The reason in the close frame.
    #[serde(default)]
    pub(crate) reason: String,
}

/// The fault of a 101 response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DamageToml {
    /// `Sec-WebSocket-Accept` belongs to another key.
    Accept,
    /// `Sec-WebSocket-Accept` is missing.
    NoAccept,
    /// `Upgrade` is missing.
    NoUpgrade,
}

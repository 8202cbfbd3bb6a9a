//! The resource and its targets.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// The resource that the run was about.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct ResourceFacts {
    /// `public`, `usgov`, `china` or `custom`; none for a container.
    pub cloud: Option<String>,
    /// The region, where it was given or read off an address.
    pub region: Option<String>,
    /// The custom domain.
    pub custom_domain: Option<String>,
    /// Host and port of a container.
    pub host: Option<String>,
    /// The id of the scenario.
    pub scenario: String,
    /// The scenario in words.
    pub title: String,
    /// The zone that a private endpoint has its record in, such as `privatelink.cognitiveservices.azure.com`.
    pub private_zone: Option<String>,
    /// The public zone above it, which a name server forwards.
    pub custom_zone: Option<String>,
    /// The scope of an Entra token.
    pub token_scope: Option<String>,
}

/// A host to reach, and what is expected of it.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct TargetFacts {
    /// The id of the service; none for a companion such as the token authority.
    pub service: Option<String>,
    /// What a companion is there for, in words.
    pub purpose: Option<String>,
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The URL, without any value that may carry a credential.
    pub url: String,
    /// `public`, `private` or `any`.
    pub expect: String,
    /// Whether it is a WebSocket service.
    pub is_websocket: bool,
    /// Whether the host belongs to this resource alone.
    pub is_own_host: bool,
    /// The service that named this host, when it was found on the way.
    pub discovered_from: Option<String>,
}

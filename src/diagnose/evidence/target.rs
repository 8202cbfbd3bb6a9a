//! The resource and its targets.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use crate::resolve::endpoint::Expectation;
use crate::resolve::foundry::FoundryPart;
use crate::resolve::scenario::Scenario;

/// The resource.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct ResourceFacts {
    /// `public`, `usgov`, `china` or `custom`; `None` for a container.
    pub cloud: Option<String>,
    /// The region, given or read from a URL.
    pub region: Option<String>,
    /// The custom domain.
    pub custom_domain: Option<String>,
    /// Host and port of a container.
    pub host: Option<String>,
    /// The scenario; `None` for a resource that could not be read.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "super::saved::scenario"))]
    pub scenario: Option<Scenario>,
    /// The scenario in words.
    pub title: String,
    /// The zone of the record of a private endpoint, for example `privatelink.cognitiveservices.azure.com`.
    pub private_zone: Option<String>,
    /// The public zone above it, which a name server forwards.
    pub custom_zone: Option<String>,
    /// The scope of an Entra token.
    pub token_scope: Option<String>,
    /// The ARM ids of the subnets that the resource allows, as far as they are known.
    pub allowed_subnets: Vec<String>,
}

impl ResourceFacts {
    /// Returns what the resource is called: its custom domain, the host of a container, or its region.
    pub(crate) fn name(&self) -> Option<&str> {
        self.custom_domain.as_deref().or(self.host.as_deref()).or(self.region.as_deref())
    }
}

/// A host to reach, with the expected kind of address.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct TargetFacts {
    /// The id of the service; `None` for a companion.
    pub service: Option<String>,
    /// The purpose of a companion.
    pub purpose: Option<Companion>,
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The URL, without any value that may carry a credential.
    pub url: String,
    /// The expected kind of address.
    pub expect: Expectation,
    /// Whether the service uses a WebSocket.
    pub is_websocket: bool,
    /// Whether the host belongs to this resource alone.
    pub is_own_host: bool,
    /// The zone of the record of a private endpoint of this host, if that is not the zone of the resource.
    pub private_zone: Option<String>,
    /// The service that named this host during the run.
    pub discovered_from: Option<String>,
    /// Notes on the endpoint for the reader, one sentence each.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub notes: Vec<String>,
}

/// A host that a resource needs and that is not a service of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Companion {
    /// The authority that issues Entra tokens.
    #[cfg_attr(feature = "serde", serde(alias = "Entra token host"))]
    TokenAuthority,
    /// The host that issues tokens from a key.
    #[cfg_attr(feature = "serde", serde(alias = "token host"))]
    TokenIssuer,
    /// The search service of a Foundry project.
    Search,
    /// The storage account of a Foundry project.
    Storage,
    /// The Cosmos DB account of a Foundry project.
    CosmosDb,
    /// The key vault of a Foundry project.
    KeyVault,
}

impl From<FoundryPart> for Companion {
    fn from(part: FoundryPart) -> Self {
        match part {
            FoundryPart::Search => Self::Search,
            FoundryPart::Storage => Self::Storage,
            FoundryPart::CosmosDb => Self::CosmosDb,
            FoundryPart::KeyVault => Self::KeyVault,
        }
    }
}

impl Companion {
    /// Returns the purpose in words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::TokenAuthority => "Entra token host",
            Self::TokenIssuer => "token host",
            Self::Search => "search service",
            Self::Storage => "storage account",
            Self::CosmosDb => "Cosmos DB account",
            Self::KeyVault => "key vault",
        }
    }

    /// Returns whether it is another resource of a Foundry project.
    pub(crate) fn is_of_project(self) -> bool {
        !matches!(self, Self::TokenAuthority | Self::TokenIssuer)
    }
}

impl TargetFacts {
    /// Returns whether the host only issues tokens. An application that already holds one works without it for a while.
    pub(crate) fn issues_tokens(&self) -> bool {
        self.service.is_none() && !self.is_of_project()
    }

    /// Returns whether the host is that of another resource of a Foundry project.
    pub(crate) fn is_of_project(&self) -> bool {
        self.purpose.is_some_and(Companion::is_of_project)
    }
}

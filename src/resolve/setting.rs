//! Setting: what a message asks the reader to provide, named independently of any user interface.

use std::fmt;

/// A setting that a message may ask for. `Display` names it in prose; an application maps it to its own option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Setting {
    /// The region of the resource.
    Region,
    /// The custom domain of the resource.
    CustomDomain,
    /// The endpoint URL of the resource.
    Endpoint,
    /// The host of a container.
    Host,
    /// The REST synthesis path of a container.
    SynthesisPath,
    /// The network access of the resource.
    Network,
    /// Endpoint discovery for real-time calls on an open custom domain.
    Discovery,
    /// The key of the resource.
    Key,
    /// A token in place of the key.
    Token,
    /// The ARM ID of the resource.
    ResourceId,
    /// The language of a call.
    Language,
    /// The custom speech model of a call.
    CustomModel,
    /// The deployment of a call.
    Deployment,
    /// A query parameter of a call; the value of a [`SettingHint`] names it.
    QueryParameter,
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Region => "the region",
            Self::CustomDomain => "the custom domain",
            Self::Endpoint => "the endpoint",
            Self::Host => "the host",
            Self::SynthesisPath => "the synthesis path",
            Self::Network => "the network access",
            Self::Discovery => "endpoint discovery",
            Self::Key => "the key",
            Self::Token => "the token",
            Self::ResourceId => "the resource ID",
            Self::Language => "the language",
            Self::CustomModel => "the custom model",
            Self::Deployment => "the deployment",
            Self::QueryParameter => "the query parameter",
        })
    }
}

/// A setting that solves the problem in a message, with its value if the message knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettingHint {
    /// The setting to provide.
    pub setting: Setting,
    /// Its value, or the form of its value such as `model=…`.
    pub value: Option<String>,
}

impl SettingHint {
    pub(crate) fn with(setting: Setting, value: impl Into<String>) -> Self {
        Self { setting, value: Some(value.into()) }
    }
}

impl From<Setting> for SettingHint {
    fn from(setting: Setting) -> Self {
        Self { setting, value: None }
    }
}

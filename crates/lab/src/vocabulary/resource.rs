//! The resource, as the client of a world names it.

use serde::Deserialize;

/// The resource of a world, with fields named after the arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[non_exhaustive]
pub struct WorldResource {
    /// `--region`.
    pub region: Option<String>,
    /// `--custom-domain`.
    pub custom_domain: Option<String>,
    /// `--endpoint`.
    pub endpoint: Option<String>,
    /// `--host`.
    pub host: Option<String>,
    /// `--foundry`.
    pub foundry: Option<String>,
    /// Every `--foundry-with`.
    pub foundry_with: Vec<String>,
    /// `--network`.
    pub network: Option<String>,
    /// `--cloud`.
    pub cloud: Option<String>,
    /// The suffixes of a custom cloud, in place of `cloud`.
    pub custom_cloud: Option<WorldCloud>,
    /// `--expect`.
    pub expect: Option<String>,
    /// `--discovery`.
    pub discovery: bool,
    /// Every `--service`.
    pub services: Vec<String>,
}

/// The suffixes of the custom cloud of a world, as [`Suffixes`](speech_endpoint::Suffixes) takes them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct WorldCloud {
    /// The suffix of the real-time hosts.
    pub realtime: String,
    /// The suffix of the regional REST host.
    pub rest: String,
    /// The suffix of custom domains.
    pub custom_domain: String,
    /// The Microsoft Entra authority host.
    pub authority: Option<String>,
    /// The scope of Microsoft Entra tokens.
    pub token_scope: Option<String>,
}

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
    /// `--expect`.
    pub expect: Option<String>,
    /// `--discovery`.
    pub discovery: bool,
    /// Every `--service`.
    pub services: Vec<String>,
}

//! A response that replaces the gateway's.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A response that replaces the gateway's.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AnswerToml {
    pub(crate) host: Option<String>,
    #[serde(default)]
    pub(crate) path_prefix: String,
    /// A part of the query.
    #[serde(default)]
    pub(crate) query: String,
    #[serde(default)]
    pub(crate) upgrade_only: bool,
    /// Whether only a request with a credential gets this response.
    #[serde(default)]
    pub(crate) credential_only: bool,
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) body: String,
}

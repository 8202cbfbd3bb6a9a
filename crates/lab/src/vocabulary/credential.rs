//! The credential of a world's client.

use serde::Deserialize;

/// The credential of the client; by default the resource's key.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct CredentialToml {
    pub(crate) kind: CredentialKindToml,
    /// The whole text, instead of a generated one.
    pub(crate) value: Option<String>,
    /// The audience of an Entra token; by default that of the cloud.
    pub(crate) audience: Option<String>,
    /// The lifetime of a token in seconds.
    pub(crate) expires_in: Option<i64>,
    /// The time until an Entra token becomes valid, in seconds.
    pub(crate) begins_in: Option<i64>,
    /// Whether the client also has the second key.
    pub(crate) second_key: bool,
    /// The reason why a requested Entra token could not be obtained.
    pub(crate) unobtained: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CredentialKindToml {
    #[default]
    Key,
    /// The key of another resource.
    ForeignKey,
    IssuedToken,
    Entra,
    /// `aad#…`.
    Composed,
    /// A token given as `value`.
    Token,
    None,
}

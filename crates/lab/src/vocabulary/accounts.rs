//! More accounts of a world, for an inventory of them.

use serde::Deserialize;

use super::{CertificateToml, EndToml};

/// A group of accounts that are alike. Their names and custom domains are that of the group with a number.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AccountsToml {
    /// The start of their names.
    pub(crate) name: String,
    /// The number of accounts.
    #[serde(default = "one")]
    pub(crate) count: usize,
    /// The kind, as ARM reports it.
    #[serde(default = "speech")]
    pub(crate) kind: String,
    /// The network access; none for accounts without a custom domain.
    pub(crate) network: Option<String>,
    /// The state of their private endpoint, where that is not approved.
    pub(crate) connection: Option<String>,
    /// Whether the client's public address or subnet is allowed.
    #[serde(default = "yes")]
    pub(crate) client_allowed: bool,
    /// Whether the private zone lacks their records.
    #[serde(default)]
    pub(crate) record_missing: bool,
    /// The outcome of connecting to their private endpoints.
    #[serde(default = "serve")]
    pub(crate) address: EndToml,
    #[serde(default)]
    pub(crate) certificate: CertificateToml,
    pub(crate) expect: ExpectedOfAccounts,
}

/// The expected result of the doctor for each account of a group.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct ExpectedOfAccounts {
    /// `healthy`, `degraded` or `unreachable`; `None` if the accounts cannot be probed.
    pub verdict: Option<String>,
    /// The id of the root cause.
    pub root_cause: Option<String>,
    /// The exit code; `None` if the accounts cannot be probed.
    pub exit_code: Option<u8>,
}

fn one() -> usize {
    1
}

fn speech() -> String {
    "SpeechServices".to_owned()
}

fn yes() -> bool {
    true
}

fn serve() -> EndToml {
    EndToml::Serve
}

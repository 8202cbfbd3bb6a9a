//! The proxy of a world.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(in super::super) struct ProxyToml {
    pub(in super::super) address: SocketAddr,
    pub(in super::super) mode: ProxyModeToml,
    /// Where the client learns of it.
    pub(in super::super) given: GivenToml,
    /// The variable, where it is given in the environment.
    pub(in super::super) variable: String,
    pub(in super::super) no_proxy: Option<String>,
    /// `user:password` as the client gives them.
    pub(in super::super) credentials: Option<String>,
    /// `user:password` as the proxy wants them.
    pub(in super::super) accepts: Option<String>,
    /// What 407 offers.
    pub(in super::super) schemes: Vec<String>,
    /// The status of a refusal, or of the answer to an upgrade.
    pub(in super::super) status: Option<u16>,
    pub(in super::super) headers: BTreeMap<String, String>,
    pub(in super::super) body: String,
}

impl Default for ProxyToml {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([10, 9, 0, 1], 3128)),
            mode: ProxyModeToml::Allow,
            given: GivenToml::Environment,
            variable: "HTTPS_PROXY".into(),
            no_proxy: None,
            credentials: None,
            accepts: None,
            schemes: vec!["Basic realm=\"contoso\"".into()],
            status: None,
            headers: BTreeMap::new(),
            body: String::new(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in super::super) enum ProxyModeToml {
    Allow,
    /// Lets through whoever gives `accepts`.
    Authenticate,
    Forbid,
    /// Ends TLS with a certificate of the company, and passes on.
    Intercept,
    /// The same, but upgrades are answered with `status`.
    NoUpgrade,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in super::super) enum GivenToml {
    Environment,
    Argument,
}

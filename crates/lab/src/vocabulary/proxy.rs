//! The proxy of a world.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(in super::super) struct ProxyToml {
    pub(in super::super) address: SocketAddr,
    pub(in super::super) mode: ProxyModeToml,
    /// How the client is configured to use the proxy.
    pub(in super::super) given: GivenToml,
    /// The environment variable that names the proxy.
    pub(in super::super) variable: String,
    pub(in super::super) no_proxy: Option<String>,
    /// `user:password` of the client.
    pub(in super::super) credentials: Option<String>,
    /// `user:password` that the proxy requires.
    pub(in super::super) accepts: Option<String>,
    /// The authentication schemes in a 407 response.
    pub(in super::super) schemes: Vec<String>,
    /// The status of a refusal or of the upgrade response.
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
    /// Allows clients that present `accepts`.
    Authenticate,
    Forbid,
    /// Terminates TLS with a corporate certificate and forwards requests.
    Intercept,
    /// Inspects TLS, but responds to upgrades with `status`.
    NoUpgrade,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in super::super) enum GivenToml {
    Environment,
    Argument,
}

//! The proxy of a world.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct ProxyToml {
    pub(crate) address: SocketAddr,
    pub(crate) mode: ProxyModeToml,
    /// How the client is configured to use the proxy.
    pub(crate) given: GivenToml,
    /// The environment variable that names the proxy.
    pub(crate) variable: String,
    /// The value of the setting, instead of the URL of the proxy.
    pub(crate) value: Option<String>,
    pub(crate) no_proxy: Option<String>,
    /// `user:password` of the client.
    pub(crate) credentials: Option<String>,
    /// `user:password` that the proxy requires.
    pub(crate) accepts: Option<String>,
    /// The authentication schemes in a 407 response.
    pub(crate) schemes: Vec<String>,
    /// The status of a refusal or of the upgrade response.
    pub(crate) status: Option<u16>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Default for ProxyToml {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([10, 9, 0, 1], 3128)),
            mode: ProxyModeToml::Allow,
            given: GivenToml::Environment,
            variable: "HTTPS_PROXY".into(),
            value: None,
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
pub(crate) enum ProxyModeToml {
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
pub(crate) enum GivenToml {
    Environment,
    Argument,
}

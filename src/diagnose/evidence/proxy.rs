//! The proxy.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::tcp::Attempt;

/// The proxy that applies, or the one that does not.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct ProxyFacts {
    /// The proxy in use as `http://host:port`, without its credentials.
    pub proxy: Option<String>,
    /// The source of that setting: `--proxy` or the name of a variable.
    pub source: Option<String>,
    /// The entry of `NO_PROXY` that lets this host go direct.
    pub no_proxy_entry: Option<String>,
    /// The tunnel through the proxy.
    pub tunnel: Option<ProxyTry>,
    /// A configured proxy that does not apply to this host, tried when the direct connection failed.
    pub unused: Option<UnusedProxy>,
    /// The direct connection, tried when the service refused a request through the proxy.
    pub direct: Option<Attempt>,
}

/// The response to CONNECT.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct ProxyTry {
    /// The status; `None` without a response.
    pub status: Option<u16>,
    /// The schemes of `Proxy-Authenticate`.
    pub schemes: Vec<String>,
    /// The headers that name the proxy: `via`, `server`, `x-squid-error`.
    pub headers: Vec<(String, String)>,
    /// The beginning of the body.
    pub body: String,
    /// The reason why there is no tunnel.
    pub failure: Option<Failure>,
}

/// A configured proxy that does not apply to a host.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct UnusedProxy {
    /// The proxy as `http://host:port`.
    pub proxy: String,
    /// The source of that setting.
    pub source: String,
    /// The reason why it does not apply.
    pub because: String,
    /// A tunnel through it.
    pub tunnel: ProxyTry,
}

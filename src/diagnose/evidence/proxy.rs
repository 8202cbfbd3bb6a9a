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
    /// The proxy in use, as `http://host:port`, without its credentials.
    pub proxy: Option<String>,
    /// Where that was read: `--proxy`, or the name of a variable.
    pub source: Option<String>,
    /// The entry of `NO_PROXY` that lets this host go direct.
    pub no_proxy_entry: Option<String>,
    /// What it answered.
    pub tunnel: Option<ProxyTry>,
    /// A proxy that is configured and was not used for this host; tried when the direct way failed.
    pub unused: Option<UnusedProxy>,
    /// The direct way, tried when what came through the proxy was refused.
    pub direct: Option<Attempt>,
}

/// An answer to CONNECT.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct ProxyTry {
    /// The status; none when there was no answer.
    pub status: Option<u16>,
    /// The schemes of `Proxy-Authenticate`.
    pub schemes: Vec<String>,
    /// Headers by which a proxy names itself: `via`, `server`, `x-squid-error`.
    pub headers: Vec<(String, String)>,
    /// The beginning of the body.
    pub body: String,
    /// Why there was no tunnel.
    pub failure: Option<Failure>,
}

/// A proxy that is configured and was not used.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct UnusedProxy {
    /// As `http://host:port`.
    pub proxy: String,
    /// Where it was read.
    pub source: String,
    /// Why it was not used.
    pub because: String,
    /// How a tunnel through it went.
    pub tunnel: ProxyTry,
}

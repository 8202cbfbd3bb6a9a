//! The stages of the road to a host.

use std::fmt;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// A stage of the road from a client to the service, in the order in which a client passes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Stage {
    /// Name resolution.
    Dns,
    /// The TCP connection to the host, or to the proxy where one applies.
    Tcp,
    /// The tunnel through the proxy.
    Proxy,
    /// The handshake and the certificate.
    Tls,
    /// The response to a request without a credential.
    Http,
    /// The upgrade and the socket after it.
    WebSocket,
    /// The response to the credential.
    Auth,
}

impl Stage {
    /// Every stage, in the order of the road.
    pub const ALL: [Self; 7] = [Self::Dns, Self::Tcp, Self::Proxy, Self::Tls, Self::Http, Self::WebSocket, Self::Auth];

    /// Returns the identifier used in output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Http => "http",
            Self::WebSocket => "websocket",
            Self::Auth => "auth",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

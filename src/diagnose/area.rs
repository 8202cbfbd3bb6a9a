//! The areas of the failure catalogue: the stages of the road and what lies beside it.

use std::fmt;

use super::stage::Stage;

/// An area of the failure catalogue, in the order of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Area {
    /// The configuration, which is checked before any packet is sent.
    Configuration,
    /// Name resolution.
    Dns,
    /// The TCP connection.
    Tcp,
    /// The proxy, where one applies.
    Proxy,
    /// The handshake and the certificate.
    Tls,
    /// The response to a request.
    Http,
    /// The upgrade and the socket after it.
    WebSocket,
    /// Authentication and authorisation.
    Auth,
    /// The network policy of the resource.
    Policy,
    /// The limits of the tier.
    Quota,
    /// The machine that the client runs on.
    Environment,
}

impl Area {
    /// Every area, in the order of the catalogue.
    pub const ALL: [Self; 11] = [
        Self::Configuration,
        Self::Dns,
        Self::Tcp,
        Self::Proxy,
        Self::Tls,
        Self::Http,
        Self::WebSocket,
        Self::Auth,
        Self::Policy,
        Self::Quota,
        Self::Environment,
    ];

    /// Returns the identifier used in output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Http => "http",
            Self::WebSocket => "websocket",
            Self::Auth => "auth",
            Self::Policy => "policy",
            Self::Quota => "quota",
            Self::Environment => "environment",
        }
    }

    /// Returns the exit code of a command whose root cause is in this area; the environment is never the root cause.
    #[must_use]
    pub fn exit_code(self) -> Option<u8> {
        match self {
            Self::Configuration => Some(10),
            Self::Dns => Some(20),
            Self::Tcp => Some(30),
            Self::Proxy => Some(40),
            Self::Tls => Some(50),
            Self::Http | Self::WebSocket => Some(60),
            Self::Auth => Some(70),
            Self::Policy => Some(80),
            Self::Quota => Some(90),
            Self::Environment => None,
        }
    }
}

impl From<Stage> for Area {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Dns => Self::Dns,
            Stage::Tcp => Self::Tcp,
            Stage::Proxy => Self::Proxy,
            Stage::Tls => Self::Tls,
            Stage::Http => Self::Http,
            Stage::WebSocket => Self::WebSocket,
            Stage::Auth => Self::Auth,
        }
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_and_its_area_have_the_same_id_and_order() {
        let areas = Stage::ALL.map(Area::from);
        assert!(areas.is_sorted());
        assert_eq!(areas.map(Area::id), Stage::ALL.map(Stage::id));
    }
}

//! The TOML format of a world. Unknown keys are errors.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::Deserialize;

use super::world::{Expect, ResourceToml, WorldError};

mod proxy;

pub(super) use proxy::{GivenToml, ProxyModeToml, ProxyToml};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WorldToml {
    pub(super) title: String,
    pub(super) resource: ResourceToml,
    /// Whether public names also have IPv6 addresses.
    #[serde(default)]
    pub(super) ipv6: bool,
    #[serde(default)]
    pub(super) query: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) credential: CredentialToml,
    #[serde(default)]
    pub(super) gateway: GatewayToml,
    #[serde(default)]
    pub(super) resolver: ResolverToml,
    #[serde(default)]
    pub(super) dns: BTreeMap<String, NameToml>,
    #[serde(default)]
    pub(super) addresses: BTreeMap<IpAddr, AddressToml>,
    #[serde(default)]
    pub(super) tls: TlsToml,
    #[serde(default)]
    pub(super) trust: TrustToml,
    #[serde(default, rename = "answer")]
    pub(super) answers: Vec<AnswerToml>,
    /// A middlebox on the path that drops idle connections.
    pub(super) idle: Option<IdleToml>,
    pub(super) proxy: Option<ProxyToml>,
    #[serde(default)]
    pub(super) clock: ClockToml,
    #[serde(default)]
    pub(super) limits: LimitsToml,
    pub(super) expect: Expect,
}

impl WorldToml {
    /// Checks constraints that the types cannot express.
    pub(super) fn check(&self) -> Result<(), WorldError> {
        let of_servers = self.resolver.servers.iter().flat_map(|server| &server.dns);
        for (name, answer) in self.dns.iter().chain(of_servers) {
            super::dns::NameAnswer::read(answer).map_err(|error| WorldError::new(&format!("dns.{name}"), error))?;
        }
        for (key, network) in [("resource.network", &self.resource.network), ("gateway.network", &self.gateway.network)]
        {
            if let Some(network) = network {
                super::subject::access(network).map_err(|error| WorldError::new(key, error))?;
            }
        }
        Ok(())
    }
}

/// The credential of the client; by default the resource's key.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct CredentialToml {
    pub(super) kind: CredentialKindToml,
    /// The whole text, instead of a generated one.
    pub(super) value: Option<String>,
    /// The audience of an Entra token; by default that of the cloud.
    pub(super) audience: Option<String>,
    /// The lifetime of a token in seconds.
    pub(super) expires_in: Option<i64>,
    /// Whether the client also has the second key.
    pub(super) second_key: bool,
    /// The reason why a requested Entra token could not be obtained.
    pub(super) unobtained: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CredentialKindToml {
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

/// The properties of the actual resource that differ from the client's settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[allow(clippy::struct_excessive_bools, reason = "each is an independent switch of the resource")]
pub(super) struct GatewayToml {
    pub(super) region: Option<String>,
    pub(super) custom_domain: Option<String>,
    pub(super) network: Option<String>,
    /// Whether the client's public address or subnet is allowed.
    pub(super) client_allowed: bool,
    /// Whether keys are accepted.
    pub(super) local_auth: bool,
    /// Whether the principal of an Entra token has a data-plane role.
    pub(super) role: bool,
    /// Whether the custom domain accepts the composed form of a token.
    pub(super) composed_at_own_host: bool,
    /// How a WebSocket ends after the upgrade.
    pub(super) close_after_upgrade: Option<CloseToml>,
    /// How a middlebox damages the upgrade response.
    pub(super) damaged_upgrade: Option<DamageToml>,
}

impl Default for GatewayToml {
    fn default() -> Self {
        Self {
            region: None,
            custom_domain: None,
            network: None,
            client_allowed: true,
            local_auth: true,
            role: true,
            composed_at_own_host: true,
            close_after_upgrade: None,
            damaged_upgrade: None,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CloseToml {
    pub(super) ms: u64,
    /// The close code; `None` if the connection is cut.
    pub(super) code: Option<u16>,
    /// The reason in the close frame.
    #[serde(default)]
    pub(super) reason: String,
}

/// The fault of a 101 response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum DamageToml {
    /// `Sec-WebSocket-Accept` belongs to another key.
    Accept,
    /// `Sec-WebSocket-Accept` is missing.
    NoAccept,
    /// `Upgrade` is missing.
    NoUpgrade,
}

/// The idle timer of a NAT, a load balancer or a firewall.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IdleToml {
    pub(super) ms: u64,
    pub(super) end: IdleEndToml,
}

/// What the timer does to a connection that has been idle for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum IdleEndToml {
    /// Closes it without a close frame.
    Close,
    Reset,
    /// Forgets it, and discards all further packets.
    Forget,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct ResolverToml {
    /// The name servers; by default one that knows every name.
    #[serde(rename = "server")]
    pub(super) servers: Vec<ServerToml>,
    /// The hosts file.
    pub(super) hosts: BTreeMap<String, Vec<IpAddr>>,
    pub(super) search: Vec<String>,
    pub(super) ndots: Option<usize>,
    /// The responses of the operating system that differ from those of the servers.
    pub(super) system: BTreeMap<String, Vec<IpAddr>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ServerToml {
    pub(super) address: SocketAddr,
    #[serde(default)]
    pub(super) private_zone: PrivateZoneToml,
    /// The same response for every name.
    pub(super) answers: Option<RcodeToml>,
    /// Whether all responses over UDP are truncated, so that TCP must be used.
    #[serde(default)]
    pub(super) truncates: bool,
    #[serde(default)]
    pub(super) dns: BTreeMap<String, NameToml>,
}

impl ServerToml {
    /// The name server of every Azure network.
    pub(super) fn usual() -> Self {
        Self {
            address: SocketAddr::from(([168, 63, 129, 16], 53)),
            private_zone: PrivateZoneToml::Linked,
            answers: None,
            truncates: false,
            dns: BTreeMap::new(),
        }
    }
}

/// The part of the private zone that a server sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum PrivateZoneToml {
    #[default]
    Linked,
    WithoutRecord,
    Absent,
}

/// Records such as `CNAME x` and `A 192.0.2.1`, each alias followed by its target; or an error code.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "expected records or `NXDOMAIN`, `SERVFAIL`, `REFUSED` or `silent`")]
pub(super) enum NameToml {
    Records(Vec<String>),
    End(RcodeToml),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum RcodeToml {
    #[serde(rename = "NXDOMAIN")]
    NxDomain,
    #[serde(rename = "SERVFAIL")]
    ServFail,
    #[serde(rename = "REFUSED")]
    Refused,
    #[serde(rename = "silent")]
    Silent,
}

/// The outcome of connecting to an address.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged, expecting = "expected `serve`, `refuse`, `drop`, `unreachable`, `denied` or `reset`")]
pub(super) enum AddressToml {
    End(EndToml),
    Late(LateToml),
}

impl AddressToml {
    pub(super) fn parts(self) -> (EndToml, Duration) {
        match self {
            Self::End(end) => (end, Duration::ZERO),
            Self::Late(late) => (late.end, Duration::from_millis(late.delay_ms)),
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct LateToml {
    end: EndToml,
    delay_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum EndToml {
    Serve,
    Refuse,
    /// Does not respond.
    Drop,
    Unreachable,
    Denied,
    /// Connects, then resets before any data.
    Reset,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct TlsToml {
    pub(super) certificate: CertificateToml,
    pub(super) handshake: HandshakeToml,
    /// The delay of the handshake.
    pub(super) handshake_delay_ms: u64,
    /// The supported versions; by default both.
    pub(super) versions: Vec<VersionToml>,
    /// The server names that the fault affects; by default every name.
    pub(super) names: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CertificateToml {
    #[default]
    Valid,
    Expired,
    NotYetValid,
    WrongName,
    SelfSigned,
    /// Issued by the corporate inspection root.
    Company,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum HandshakeToml {
    #[default]
    Serve,
    /// Rejects every version with an alert.
    Alert,
    /// Closes after the client's first message.
    Close,
    /// Resets after the client's first message.
    Reset,
    /// Does not respond.
    Stall,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum VersionToml {
    #[serde(rename = "1.2")]
    Tls12,
    #[serde(rename = "1.3")]
    Tls13,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TrustToml {
    pub(super) system: StoreToml,
}

/// The content of the machine's trust store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum StoreToml {
    #[default]
    Public,
    Empty,
    /// Roots, but not the required one.
    Stale,
    /// The public root and the corporate root.
    Company,
}

/// A response that replaces the gateway's.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct AnswerToml {
    pub(super) host: Option<String>,
    #[serde(default)]
    pub(super) path_prefix: String,
    /// A part of the query.
    #[serde(default)]
    pub(super) query: String,
    #[serde(default)]
    pub(super) upgrade_only: bool,
    pub(super) status: u16,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) body: String,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct ClockToml {
    /// The offset of the client's clock; positive if it is ahead.
    pub(super) offset_days: i64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct LimitsToml {
    pub(super) total_ms: u64,
    /// The duration for which open WebSockets are kept idle.
    pub(super) hold_ms: u64,
    /// The number of additional connections to measure.
    pub(super) rounds: usize,
}

impl Default for LimitsToml {
    fn default() -> Self {
        Self { total_ms: 2000, hold_ms: 0, rounds: 0 }
    }
}

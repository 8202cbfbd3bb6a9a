//! The vocabulary of a world, as its TOML has it. Unknown keys are errors.

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
    /// Whether public names have IPv6 addresses too.
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
    /// What stands on the way and keeps no connection that is silent.
    pub(super) idle: Option<IdleToml>,
    pub(super) proxy: Option<ProxyToml>,
    #[serde(default)]
    pub(super) clock: ClockToml,
    #[serde(default)]
    pub(super) limits: LimitsToml,
    pub(super) expect: Expect,
}

impl WorldToml {
    /// What the types cannot say.
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

/// What the client gives to authenticate; the resource's own key when nothing is said.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct CredentialToml {
    pub(super) kind: CredentialKindToml,
    /// The whole text, in place of a made one.
    pub(super) value: Option<String>,
    /// The audience of an Entra token, the cloud's own when not given.
    pub(super) audience: Option<String>,
    /// In how many seconds a token expires.
    pub(super) expires_in: Option<i64>,
    /// Whether the second key of the resource is given as well.
    pub(super) second_key: bool,
    /// Why no Entra token could be obtained, where one was wanted.
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

/// The resource as it really is, where that differs from how it was given.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own, as the resource has it")]
pub(super) struct GatewayToml {
    pub(super) region: Option<String>,
    pub(super) custom_domain: Option<String>,
    pub(super) network: Option<String>,
    /// Whether the client's public address or subnet is an allowed one.
    pub(super) client_allowed: bool,
    /// Whether keys are accepted.
    pub(super) local_auth: bool,
    /// Whether the principal of an Entra token has a role for the data plane.
    pub(super) role: bool,
    /// Whether the own host takes the composed form of a token.
    pub(super) composed_at_own_host: bool,
    /// How a socket ends after the upgrade.
    pub(super) close_after_upgrade: Option<CloseToml>,
    /// What is wrong with the answer to an upgrade, made so by something on the way.
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
    /// The close code; none for a connection that is just cut.
    pub(super) code: Option<u16>,
    /// The reason that comes with the code.
    #[serde(default)]
    pub(super) reason: String,
}

/// What is wrong with a 101.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum DamageToml {
    /// `Sec-WebSocket-Accept` answers another key.
    Accept,
    /// There is no `Sec-WebSocket-Accept`.
    NoAccept,
    /// There is no `Upgrade`.
    NoUpgrade,
}

/// The idle timer of a NAT, a load balancer or a firewall.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IdleToml {
    pub(super) ms: u64,
    pub(super) end: IdleEndToml,
}

/// What becomes of a socket that was silent for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum IdleEndToml {
    /// It is ended without a close frame.
    Close,
    Reset,
    /// It is forgotten: whatever is sent is swallowed.
    Forget,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct ResolverToml {
    /// One that answers for all, when none is given.
    #[serde(rename = "server")]
    pub(super) servers: Vec<ServerToml>,
    /// The hosts file.
    pub(super) hosts: BTreeMap<String, Vec<IpAddr>>,
    pub(super) search: Vec<String>,
    pub(super) ndots: Option<usize>,
    /// What the operating system answers where that differs from the servers.
    pub(super) system: BTreeMap<String, Vec<IpAddr>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ServerToml {
    pub(super) address: SocketAddr,
    #[serde(default)]
    pub(super) private_zone: PrivateZoneToml,
    /// One end for every name.
    pub(super) answers: Option<RcodeToml>,
    /// Whether everything over UDP is cut short, so that TCP must be used.
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

/// What a server sees of the private zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum PrivateZoneToml {
    #[default]
    Linked,
    WithoutRecord,
    Absent,
}

/// Records such as `CNAME x` and `A 192.0.2.1`, each alias followed by what it leads to; or one end.
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

/// What happens to a connection to an address.
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
    /// Never answers.
    Drop,
    Unreachable,
    Denied,
    /// Connects, then resets before anything is said.
    Reset,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct TlsToml {
    pub(super) certificate: CertificateToml,
    pub(super) handshake: HandshakeToml,
    /// How long it is held up before it goes on.
    pub(super) handshake_delay_ms: u64,
    /// The versions that are spoken; both when none is given.
    pub(super) versions: Vec<VersionToml>,
    /// The names that the rest is about; every name when none is given.
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
    /// Issued by the company's inspection.
    Company,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum HandshakeToml {
    #[default]
    Serve,
    /// Refuses every version by an alert.
    Alert,
    /// Closes after the first message of the client.
    Close,
    /// Resets after the first message of the client.
    Reset,
    /// Says nothing.
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

/// What the trust store of the machine holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum StoreToml {
    #[default]
    Public,
    Empty,
    /// Roots, but not the one that is needed.
    Stale,
    /// The public root and that of the company.
    Company,
}

/// An answer in place of the gateway's own.
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
    /// How far the client's clock is ahead, or behind.
    pub(super) offset_days: i64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct LimitsToml {
    pub(super) total_ms: u64,
    /// For how long open sockets are held.
    pub(super) hold_ms: u64,
    /// How many further connections are timed.
    pub(super) rounds: usize,
}

impl Default for LimitsToml {
    fn default() -> Self {
        Self { total_ms: 2000, hold_ms: 0, rounds: 0 }
    }
}

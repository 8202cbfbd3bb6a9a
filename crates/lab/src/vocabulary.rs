//! The TOML format of a world: one file per section. Unknown keys are errors.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Deserialize;

mod accounts;
mod address;
mod credential;
mod drip;
mod entry;
mod expected;
mod gateway;
mod idle;
mod limits;
mod machine;
mod management;
mod metadata;
mod proxy;
mod resolver;
mod resource;
mod response;
mod route;
mod tls;

pub(crate) use accounts::AccountsToml;
pub use accounts::ExpectedOfAccounts;
pub(crate) use address::{AddressToml, EndToml};
pub(crate) use credential::{CredentialKindToml, CredentialToml};
pub(crate) use drip::{DripStageToml, DripToml};
pub(crate) use entry::{EntryToml, FaultToml, PhraseToml, ScriptToml, ServiceToml, SpokenToml, StatusToml};
pub use expected::Expected;
pub(crate) use gateway::{CloseToml, DamageToml, FloodToml, GatewayToml};
pub(crate) use idle::{IdleEndToml, IdleToml};
pub(crate) use limits::{ClockToml, LimitsToml};
pub(crate) use machine::MachineToml;
pub(crate) use management::ManagementToml;
pub(crate) use metadata::MetadataToml;
pub(crate) use proxy::{GivenToml, ProxyModeToml, ProxyToml};
pub(crate) use resolver::{NameToml, PrivateZoneToml, RcodeToml, ResolverToml, ServerToml};
pub use resource::{WorldCloud, WorldResource};
pub(crate) use response::AnswerToml;
pub(crate) use route::RouteToml;
pub(crate) use tls::{CertificateToml, HandshakeToml, RevocationToml, StoreToml, TlsToml, TrustToml, VersionToml};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct WorldToml {
    pub(crate) title: String,
    pub(crate) resource: WorldResource,
    /// Whether public names also have IPv6 addresses.
    #[serde(default)]
    pub(crate) ipv6: bool,
    #[serde(default)]
    pub(crate) query: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) credential: CredentialToml,
    #[serde(default)]
    pub(crate) gateway: GatewayToml,
    #[serde(default)]
    pub(crate) resolver: ResolverToml,
    #[serde(default)]
    pub(crate) dns: BTreeMap<String, NameToml>,
    #[serde(default)]
    pub(crate) addresses: BTreeMap<IpAddr, AddressToml>,
    #[serde(default)]
    pub(crate) tls: TlsToml,
    #[serde(default)]
    pub(crate) trust: TrustToml,
    #[serde(default, rename = "answer")]
    pub(crate) answers: Vec<AnswerToml>,
    /// A middlebox on the path that drops idle connections.
    pub(crate) idle: Option<IdleToml>,
    /// A server that sends its bytes one by one.
    pub(crate) drip: Option<DripToml>,
    pub(crate) proxy: Option<ProxyToml>,
    /// The routes of the client.
    pub(crate) route: Option<RouteToml>,
    /// The instance metadata service, which only machines in Azure have. The client queries it if it is there.
    pub(crate) metadata: Option<MetadataToml>,
    /// Documents of Azure that the client has, by file name.
    #[serde(default)]
    pub(crate) azure: BTreeMap<String, String>,
    /// The management API, which serves these documents.
    #[serde(default)]
    pub(crate) management: ManagementToml,
    /// More accounts, for an inventory. The client has documents of Azure that describe them.
    #[serde(default, rename = "accounts")]
    pub(crate) accounts: Vec<AccountsToml>,
    /// What the service answers to the turns of its clients.
    #[serde(default, rename = "script")]
    pub(crate) script: Vec<EntryToml>,
    #[serde(default)]
    pub(crate) machine: MachineToml,
    #[serde(default)]
    pub(crate) clock: ClockToml,
    #[serde(default)]
    pub(crate) limits: LimitsToml,
    pub(crate) expect: Expected,
}

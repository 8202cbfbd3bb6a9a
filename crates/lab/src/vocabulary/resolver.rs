//! The name servers, the hosts file and the search list of a world.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct ResolverToml {
    /// The name servers; by default one that knows every name.
    #[serde(rename = "server")]
    pub(crate) servers: Vec<ServerToml>,
    /// Whether the machine has no name server.
    pub(crate) without_servers: bool,
    /// The hosts file.
    pub(crate) hosts: BTreeMap<String, Vec<IpAddr>>,
    pub(crate) search: Vec<String>,
    pub(crate) ndots: Option<usize>,
    /// The responses of the operating system that differ from those of the servers.
    pub(crate) system: BTreeMap<String, Vec<IpAddr>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ServerToml {
    pub(crate) address: SocketAddr,
    #[serde(default)]
    pub(crate) private_zone: PrivateZoneToml,
    /// The same response for every name.
    pub(crate) answers: Option<RcodeToml>,
    /// Whether all responses over UDP are truncated, so that TCP must be used.
    #[serde(default)]
    pub(crate) truncates: bool,
    #[serde(default)]
    pub(crate) dns: BTreeMap<String, NameToml>,
}

impl ServerToml {
    /// The name server of every Azure network.
    pub(crate) fn usual() -> Self {
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
pub(crate) enum PrivateZoneToml {
    #[default]
    Linked,
    WithoutRecord,
    Absent,
}

/// Records such as `CNAME x` and `A 192.0.2.1`, each alias followed by its target; or an error code.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "expected records or `NXDOMAIN`, `SERVFAIL`, `REFUSED` or `silent`")]
pub(crate) enum NameToml {
    Records(Vec<String>),
    End(RcodeToml),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum RcodeToml {
    #[serde(rename = "NXDOMAIN")]
    NxDomain,
    #[serde(rename = "SERVFAIL")]
    ServFail,
    #[serde(rename = "REFUSED")]
    Refused,
    #[serde(rename = "silent")]
    Silent,
}

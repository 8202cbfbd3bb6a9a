//! The machine that the client runs on.

use std::net::{IpAddr, SocketAddr};

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// The machine that the client runs on.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct MachineFacts {
    /// The operating system, with its name in `std::env::consts::OS`: `linux`, `macos`, `windows`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub system: Option<String>,
    /// The configured name servers.
    pub name_servers: Vec<SocketAddr>,
    /// Whether the configuration of this machine lists no name server; `None` where it could not be read.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub lacks_name_servers: Option<bool>,
    /// The search list.
    pub search: Vec<String>,
    /// The number of dots from which on a name is looked up as it is before the search list applies.
    pub ndots: Option<usize>,
    /// The number of roots in the trust store of this machine.
    pub roots: Option<usize>,
    /// The source of those roots.
    pub roots_from: Option<String>,
    /// The response of the instance metadata service of Azure; `None` when it was not queried.
    pub metadata: Option<MetadataFacts>,
    /// The first and the last local port that connections get.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub local_ports: Option<(u16, u16)>,
    /// The C library that applications of this machine use, if it is not glibc: `musl`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub libc: Option<String>,
    /// Whether this machine is a Windows Subsystem for Linux.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub is_wsl: Option<bool>,
}

/// The response of the instance metadata service, which exists only on virtual machines in Azure. It does not name the
/// subnet.
/// <https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service>
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct MetadataFacts {
    /// Whether it responded as that service does.
    pub is_azure: bool,
    /// The private addresses of the machine.
    pub private_addresses: Vec<IpAddr>,
    /// The public addresses of the machine. That of a NAT gateway or a firewall is not among them.
    pub public_addresses: Vec<IpAddr>,
    /// The address ranges of its subnets, for example `10.2.0.0/24`.
    pub subnets: Vec<String>,
}

impl MachineFacts {
    /// Returns the domains in which a host is looked up first, because it has fewer dots than `ndots` (resolv.conf(5)).
    pub(crate) fn searched_before(&self, host: &str) -> &[String] {
        let is_tried_last = self.ndots.is_some_and(|ndots| host.matches('.').count() < ndots);
        if is_tried_last { &self.search } else { &[] }
    }
}

//! What is in effect on a network interface: its routes and its network security groups.

use std::net::IpAddr;

use super::id::ArmId;
use super::prefix::Prefix;

/// The effective routes of a network interface.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RouteTable {
    /// The ID of the interface, if the document names it.
    pub interface: Option<ArmId>,
    /// The rows.
    pub routes: Vec<Route>,
}

/// One row of the effective routes.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Route {
    /// The name of a user route.
    pub name: Option<String>,
    /// The origin, as the document has it: `Default`, `User` or `VirtualNetworkGateway`.
    pub source: Option<String>,
    /// The state, as the document has it. A row without a state is active.
    pub state: Option<String>,
    /// The prefixes, each of which counts by itself. A service tag is not among them.
    pub prefixes: Vec<Prefix>,
    /// The service tags, each with the prefixes that it stands for.
    pub tags: Vec<ServiceTag>,
    /// The type of the next hop, as the document has it.
    pub next_hop: Option<String>,
    /// The addresses of the next hop. Several share the traffic.
    pub next_hop_addresses: Vec<IpAddr>,
}

/// A service tag with the prefixes that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceTag {
    /// The tag, for example `Storage.EastUS`.
    pub name: String,
    /// The prefixes; empty if the document does not list them.
    pub prefixes: Vec<Prefix>,
}

/// A network security group that is in effect on a network interface.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct EffectiveGroup {
    /// The ID of the interface that was asked about, if the document names it.
    pub interface: Option<ArmId>,
    /// The ID of the group.
    pub id: Option<ArmId>,
    /// The place at which the group is attached.
    pub place: GroupPlace,
    /// The rules.
    pub rules: Vec<EffectiveRule>,
}

/// The place at which a network security group is attached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum GroupPlace {
    /// The security admin rules of a network manager, which come before all groups.
    NetworkManager,
    /// The network interface.
    Interface,
    /// The subnet.
    Subnet,
    /// The document does not say.
    #[default]
    Unknown,
}

impl GroupPlace {
    /// Returns the identifier used in output; `None` if the document does not say.
    #[must_use]
    pub fn id(self) -> Option<&'static str> {
        match self {
            Self::NetworkManager => Some("network_manager"),
            Self::Interface => Some("interface"),
            Self::Subnet => Some("subnet"),
            Self::Unknown => None,
        }
    }
}

/// A rule that is in effect.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct EffectiveRule {
    /// The name, as the document has it.
    pub name: String,
    /// `access`, as the document has it: `Allow`, `Deny` or `AlwaysAllow`.
    pub access: String,
    /// Whether the rule is for outbound traffic.
    pub is_outbound: bool,
    /// The priority. The lowest number decides.
    pub priority: Option<u32>,
    /// `protocol`, as the document has it.
    pub protocol: String,
    /// The destination ports.
    pub ports: Vec<String>,
    /// The destinations as the rule has them: prefixes, `*` or service tags.
    pub destinations: Vec<String>,
    /// The prefixes that the destinations stand for; empty if the document does not list them.
    pub expanded_destinations: Vec<Prefix>,
    /// The sources as the rule has them.
    pub sources: Vec<String>,
    /// The prefixes that the sources stand for; empty if the document does not list them.
    pub expanded_sources: Vec<Prefix>,
}

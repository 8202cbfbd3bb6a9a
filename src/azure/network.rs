//! Network interfaces, subnets, virtual networks and peerings.

use std::net::IpAddr;

use super::id::ArmId;
use super::prefix::Prefix;
use super::private_link::NamedAddresses;
use super::stated::Stated;

/// A network interface.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct NetworkInterface {
    /// The ID of the interface.
    pub id: Option<ArmId>,
    /// The private endpoint that the interface belongs to.
    pub private_endpoint: Option<ArmId>,
    /// The IDs of the subnets of its configurations.
    pub subnets: Vec<ArmId>,
    /// The private addresses, with their names if the interface belongs to a private endpoint.
    pub names: Vec<NamedAddresses>,
}

impl NetworkInterface {
    /// Returns the private addresses.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.names.iter().flat_map(|named| named.addresses.iter().copied())
    }
}

/// A subnet.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Subnet {
    /// The ID of the subnet.
    pub id: Option<ArmId>,
    /// The address ranges.
    pub prefixes: Vec<Prefix>,
    /// The services for which a service endpoint is on or in preparation, each with its state.
    pub service_endpoints: Vec<ServiceEndpoint>,
    /// Whether network policies for route tables apply to the private endpoints in the subnet.
    pub route_policies: Stated<bool>,
}

impl Subnet {
    /// Returns whether the service endpoint for Cognitive Services is on.
    #[must_use]
    pub fn has_service_endpoint(&self) -> bool {
        self.cognitive_services().any(ServiceEndpoint::is_on)
    }

    /// Returns the state of a service endpoint for Cognitive Services that is not on, such as `Updating`.
    pub(crate) fn changing_service_endpoint(&self) -> Option<&str> {
        if self.has_service_endpoint() {
            return None;
        }
        self.cognitive_services().find_map(|endpoint| endpoint.state.as_deref())
    }

    fn cognitive_services(&self) -> impl Iterator<Item = &ServiceEndpoint> {
        self.service_endpoints.iter().filter(|endpoint| endpoint.service.eq_ignore_ascii_case(COGNITIVE_SERVICES))
    }
}

/// A service endpoint of a subnet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceEndpoint {
    /// The service, for example `Microsoft.CognitiveServices`.
    pub service: String,
    /// `provisioningState`; `Succeeded` for one that is on.
    pub state: Option<String>,
}

impl ServiceEndpoint {
    fn is_on(&self) -> bool {
        self.state.as_deref().is_some_and(|state| state.eq_ignore_ascii_case("Succeeded"))
    }
}

/// The service whose endpoint a subnet needs for Speech.
pub(crate) const COGNITIVE_SERVICES: &str = "Microsoft.CognitiveServices";

/// A virtual network.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct VirtualNetwork {
    /// The ID of the network.
    pub id: Option<ArmId>,
    /// The address ranges.
    pub prefixes: Vec<Prefix>,
    /// The name servers of the network; empty for those of Azure.
    pub dns_servers: Vec<String>,
    /// The IDs of its subnets; `None` if the document does not list them.
    pub subnets: Option<Vec<ArmId>>,
}

/// One side of the peering of two virtual networks.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Peering {
    /// The ID of the peering, which is below that of the network on this side.
    pub id: Option<ArmId>,
    /// The ID of the network on the other side.
    pub remote: Option<ArmId>,
    /// The state of this side.
    pub state: Stated<PeeringState>,
    /// Whether this side lets the traffic of the other network in.
    pub allows_access: Stated<bool>,
    /// Whether this side lets traffic in that the other network only forwards.
    pub allows_forwarded: Stated<bool>,
    /// `peeringSyncLevel`; `FullyInSync` unless address ranges have changed.
    pub sync_level: Option<String>,
}

impl Peering {
    /// Returns the ID of the network on this side.
    #[must_use]
    pub fn network(&self) -> Option<ArmId> {
        self.id.as_ref()?.parent()
    }

    /// Returns whether this side certainly drops traffic: it is not connected, or it denies access without a message.
    #[must_use]
    pub fn is_down(&self) -> bool {
        let is_disconnected = self.state.known().is_some_and(|state| *state != PeeringState::Connected);
        is_disconnected || self.allows_access.known() == Some(&false)
    }

    /// Says why a side that is down drops traffic, as the rest of a sentence.
    pub(crate) fn why_down(&self) -> &'static str {
        match self.state.known() {
            Some(PeeringState::Initiated) => "is `Initiated`, so the other side does not exist",
            Some(PeeringState::Disconnected) => "is `Disconnected`, so the other side was deleted",
            Some(PeeringState::Connected) | None => {
                "denies access (`allowVirtualNetworkAccess` is `false`), so it drops traffic without an error"
            }
        }
    }
}

/// The state of one side of a peering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PeeringState {
    /// Both sides exist.
    Connected,
    /// The other side does not exist yet.
    Initiated,
    /// The other side was deleted.
    Disconnected,
}

impl PeeringState {
    /// Returns the state with this ARM name.
    #[must_use]
    pub fn from_arm(text: &str) -> Option<Self> {
        let all = [Self::Connected, Self::Initiated, Self::Disconnected];
        all.into_iter().find(|state| state.arm_name().eq_ignore_ascii_case(text))
    }

    /// Returns the ARM name.
    #[must_use]
    pub fn arm_name(self) -> &'static str {
        match self {
            Self::Connected => "Connected",
            Self::Initiated => "Initiated",
            Self::Disconnected => "Disconnected",
        }
    }
}

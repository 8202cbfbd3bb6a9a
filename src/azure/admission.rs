//! Who is admitted by an account.

use std::net::IpAddr;

use super::account::{AccountDocument, ConnectionState, EndpointConnection, RuleState, SubnetRule};
use super::id::ArmId;
use super::prefix::Prefix;
use super::private_link::{NamedAddresses, public_name};
use super::view::AzureView;
use crate::resolve::access::PublicAccess;

/// Who is admitted by an account: what is configured and in force. A rule without effect is a note.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Admission {
    /// Whether every network is admitted; `None` if the document has a value that is not documented.
    pub everyone: Option<bool>,
    /// Whether a network security perimeter decides who may come through the public endpoint.
    pub perimeter: bool,
    /// Whether trusted Azure services are admitted.
    pub trusted_services: bool,
    /// The private endpoints, each with the state of its connection.
    pub private_endpoints: Vec<AdmittedEndpoint>,
    /// The subnets that the rules admit.
    pub subnets: Vec<AdmittedSubnet>,
    /// The addresses and ranges that the rules admit.
    pub addresses: Vec<String>,
    is_nobody: bool,
}

/// A private endpoint of an account.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AdmittedEndpoint {
    /// The name of the endpoint.
    pub name: Option<String>,
    /// The ID of the endpoint.
    pub id: Option<ArmId>,
    /// The state of the connection; `None` for a state that is not documented.
    pub state: Option<ConnectionState>,
    /// The addresses; empty if no document shows them.
    pub addresses: Vec<IpAddr>,
}

/// A subnet that the rules of an account admit.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AdmittedSubnet {
    /// The ID of the subnet.
    pub id: ArmId,
    /// The state of the rule.
    pub state: Option<RuleState>,
    /// Whether the service endpoint is on; `None` if no document shows the subnet.
    pub service_endpoint: Option<bool>,
}

impl Admission {
    /// Returns who is admitted by the account.
    #[must_use]
    pub fn of(account: &AccountDocument, view: &AzureView) -> Self {
        let mut admits = Self {
            trusted_services: account.trusted_services.known() == Some(&true),
            private_endpoints: account.connections.iter().map(|connection| endpoint(connection, view)).collect(),
            ..Self::default()
        };
        if account.custom_domain.is_absent() && account.has_properties {
            // Network rules have no effect without a custom domain.
            admits.everyone = Some(true);
            return admits;
        }
        let Some(access) = account.access() else { return admits };
        admits.perimeter = access.public_access == PublicAccess::SecuredByPerimeter;
        let is_enabled = access.public_access == PublicAccess::Enabled;
        admits.everyone = Some(is_enabled && !access.default_deny);
        if is_enabled && access.default_deny {
            let in_force = account.subnet_rules.iter().filter(|rule| is_in_force(rule));
            admits.subnets = in_force.map(|rule| subnet(rule, view)).collect();
            admits.addresses = account.address_rules.iter().filter(|rule| can_match(rule)).cloned().collect();
        }
        admits.is_nobody =
            admits.admits_nobody() && account.subnet_rules.iter().all(|rule| rule.state.unknown().is_none());
        admits
    }

    /// Returns whether certainly nobody is admitted, apart from trusted Azure services. A state that is not documented may
    /// admit somebody.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        self.is_nobody
    }

    fn admits_nobody(&self) -> bool {
        let may_carry = |state: Option<ConnectionState>| state.is_none_or(|state| state == ConnectionState::Approved);
        self.everyone == Some(false)
            && !self.perimeter
            && !self.private_endpoints.iter().any(|endpoint| may_carry(endpoint.state))
            && self.subnets.is_empty()
            && self.addresses.is_empty()
    }
}

/// Returns whether a rule admits its subnet. A state that is not documented never counts as `Succeeded`.
pub(crate) fn is_in_force(rule: &SubnetRule) -> bool {
    rule.state.or(RuleState::Succeeded) == Some(RuleState::Succeeded)
}

/// Returns whether an address rule can match a caller: the service sees public addresses only.
pub(crate) fn can_match(rule: &str) -> bool {
    let Ok(prefix) = rule.parse::<Prefix>() else { return false };
    match prefix.address() {
        IpAddr::V4(v4) => !(v4.is_private() || v4.is_loopback() || v4.is_link_local()),
        IpAddr::V6(_) => true,
    }
}

fn endpoint(connection: &EndpointConnection, view: &AzureView) -> AdmittedEndpoint {
    let mut addresses: Vec<IpAddr> = Vec::new();
    for named in connection.endpoint.as_ref().map(|id| names_of(id, view)).unwrap_or_default() {
        addresses
            .extend(named.addresses.iter().filter(|address| !addresses.contains(address)).copied().collect::<Vec<_>>());
    }
    AdmittedEndpoint {
        name: connection.endpoint_name().map(str::to_owned),
        id: connection.endpoint.clone(),
        state: connection.state.known().copied(),
        addresses,
    }
}

/// Returns the names and addresses of a private endpoint, from the best source that has some: the endpoint itself, its DNS zone
/// group, its network interface, its static configuration. Names lose `privatelink.`, so they are those that clients use.
pub(crate) fn names_of(endpoint: &ArmId, view: &AzureView) -> Vec<NamedAddresses> {
    let document = view.endpoint(endpoint);
    let with_addresses = |names: Vec<&NamedAddresses>| -> Vec<NamedAddresses> {
        let held = names.into_iter().filter(|named| !named.addresses.is_empty());
        held.map(|named| NamedAddresses { fqdn: named.fqdn.as_deref().map(public_name), ..named.clone() }).collect()
    };
    let own = || with_addresses(document.iter().flat_map(|document| &document.names).collect());
    let of_group = || {
        let groups = view.zone_groups.iter().filter(|group| group.endpoint().as_ref() == Some(endpoint));
        with_addresses(groups.flat_map(|group| &group.names).collect())
    };
    let of_interface = || {
        let is_listed = |id: &ArmId| document.is_some_and(|document| document.interfaces.contains(id));
        let interfaces = view.interfaces.iter().filter(|interface| {
            interface.private_endpoint.as_ref() == Some(endpoint) || interface.id.as_ref().is_some_and(is_listed)
        });
        with_addresses(interfaces.flat_map(|interface| &interface.names).collect())
    };
    let fixed = || {
        let addresses = document.map(|document| document.static_addresses.clone()).unwrap_or_default();
        with_addresses(vec![&NamedAddresses { fqdn: None, addresses }])
    };
    let sources: [&dyn Fn() -> Vec<NamedAddresses>; 4] = [&own, &of_group, &of_interface, &fixed];
    sources.into_iter().map(|source| source()).find(|names| !names.is_empty()).unwrap_or_default()
}

/// Returns the addresses of a private endpoint for one host. A Foundry or OpenAI endpoint has one address per name, so an
/// address of another name does not count. Empty if no document shows them.
pub(crate) fn addresses_for(host: &str, endpoint: &ArmId, view: &AzureView) -> Vec<IpAddr> {
    let names = names_of(endpoint, view);
    let has_hosts = names.iter().any(|name| name.fqdn.is_some());
    let chosen = names.iter().filter(|name| !has_hosts || name.fqdn.as_deref() == Some(host));
    chosen.into_iter().flat_map(|named| named.addresses.iter().copied()).collect()
}

fn subnet(rule: &SubnetRule, view: &AzureView) -> AdmittedSubnet {
    AdmittedSubnet {
        id: rule.id.clone(),
        state: rule.state.known().copied(),
        service_endpoint: view.subnet(&rule.id).map(super::network::Subnet::has_service_endpoint),
    }
}

//! Who is admitted by an account.

use std::collections::HashSet;
use std::net::IpAddr;

use super::account::{AccountDocument, ConnectionState, EndpointConnection, RuleState, SubnetRule};
use super::id::ArmId;
use super::network::Subnet;
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
            private_endpoints: account.connections.iter().map(|it| endpoint(it, account, view)).collect(),
            everyone: account.admits_everyone(),
            perimeter: account.public_access.known() == Some(&PublicAccess::SecuredByPerimeter),
            ..Self::default()
        };
        if account.custom_domain.is_absent() {
            return admits;
        }
        let is_enabled = account.public_access.or(PublicAccess::Enabled) == Some(PublicAccess::Enabled);
        if is_enabled && account.default_deny.known() == Some(&true) {
            let in_force = account.subnet_rules.iter().filter(|rule| is_in_force(rule));
            admits.subnets = in_force.map(|rule| subnet(rule, view.subnet(&rule.id))).collect();
            admits.addresses = account.address_rules.iter().filter(|rule| can_match(rule)).cloned().collect();
        }
        let is_certain = account.access().is_some()
            && account.subnet_rules.iter().all(|rule| rule.state.unknown().is_none())
            && account.address_rules.iter().all(|rule| rule.parse::<Prefix>().is_ok());
        admits.is_nobody = admits.admits_nobody() && (is_certain || !is_enabled && account.access().is_some());
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

/// Returns whether an address rule can match a caller: the service sees public addresses only. A range that is wider than a
/// private one has public addresses too.
pub(crate) fn can_match(rule: &str) -> bool {
    let Ok(prefix) = rule.parse::<Prefix>() else { return false };
    !PRIVATE.iter().any(|range| range.parse::<Prefix>().is_ok_and(|range| range.covers(prefix)))
}

/// The ranges of RFC 1918, loopback and link-local.
const PRIVATE: &[&str] =
    &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "::1/128", "fe80::/10"];

fn endpoint(connection: &EndpointConnection, account: &AccountDocument, view: &AzureView) -> AdmittedEndpoint {
    let id = connection.endpoint.as_ref().filter(|id| !leads_elsewhere(id, account, view));
    let names = id.map(|id| names_of(id, view)).unwrap_or_default();
    let mut seen = HashSet::new();
    let addresses = names
        .iter()
        .flat_map(|named| named.addresses.iter().copied())
        .filter(|address| seen.insert(*address))
        .collect();
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
    let of_group = || with_addresses(view.zone_groups_of(endpoint).flat_map(|group| &group.names).collect());
    let of_interface = || {
        let interfaces = view.interfaces_of(endpoint).into_iter();
        with_addresses(interfaces.flat_map(|interface| &interface.names).collect())
    };
    let fixed = || {
        let addresses = document.map(|document| document.static_addresses.clone()).unwrap_or_default();
        with_addresses(vec![&NamedAddresses { fqdn: None, addresses }])
    };
    let sources: [&dyn Fn() -> Vec<NamedAddresses>; 4] = [&own, &of_group, &of_interface, &fixed];
    sources.into_iter().map(|source| source()).find(|names| !names.is_empty()).unwrap_or_default()
}

/// Returns whether the document of a private endpoint names other resources only. Such an endpoint says nothing about the
/// account: it was created again under the name of an earlier one.
pub(crate) fn leads_elsewhere(endpoint: &ArmId, account: &AccountDocument, view: &AzureView) -> bool {
    let (Some(document), Some(account)) = (view.endpoint(endpoint), &account.id) else { return false };
    let mut targets = document.connections.iter().filter_map(|(target, _)| target.as_ref()).peekable();
    targets.peek().is_some() && targets.all(|target| target != account)
}

/// Returns the addresses of a private endpoint for one host. A Foundry or OpenAI endpoint has one address per name, so an
/// address of another name does not count. Empty if no document shows them.
pub(crate) fn addresses_for(host: &str, endpoint: &ArmId, view: &AzureView) -> Vec<IpAddr> {
    let names = names_of(endpoint, view);
    let has_hosts = names.iter().any(|name| name.fqdn.is_some());
    let chosen = names.iter().filter(|name| !has_hosts || name.fqdn.as_deref() == Some(host));
    chosen.into_iter().flat_map(|named| named.addresses.iter().copied()).collect()
}

fn subnet(rule: &SubnetRule, document: Option<&Subnet>) -> AdmittedSubnet {
    AdmittedSubnet {
        id: rule.id.clone(),
        state: rule.state.known().copied(),
        service_endpoint: document.map(Subnet::has_service_endpoint),
    }
}

//! A Cognitive Services account, as its document describes it.

use super::id::ArmId;
use super::stated::Stated;
use crate::resolve::access::PublicAccess;

/// A Cognitive Services account, as its document describes it.
///
/// Source of the fields: the account model of the management API, 2025-06-01.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AccountDocument {
    /// The ID of the account.
    pub id: Option<ArmId>,
    /// The name of the account.
    pub name: Option<String>,
    /// The region, as the document has it.
    pub location: Option<String>,
    /// The kind, as the document has it.
    pub kind: Option<String>,
    /// The name of the pricing tier, for example `S0`.
    pub sku: Option<String>,
    /// The number of tags.
    pub tags: usize,
    /// Whether the account has a managed identity.
    pub identity: Stated<bool>,
    /// Whether the document has the properties of the account; a listing may leave them out.
    pub has_properties: bool,
    /// `customSubDomainName`.
    pub custom_domain: Stated<String>,
    /// `endpoint`.
    pub endpoint: Option<String>,
    /// `publicNetworkAccess`.
    pub public_access: Stated<PublicAccess>,
    /// Whether `networkAcls` is an object.
    pub has_rules: bool,
    /// Whether `networkAcls.defaultAction` is `Deny`.
    pub default_deny: Stated<bool>,
    /// Whether `networkAcls.bypass` holds `AzureServices`.
    pub trusted_services: Stated<bool>,
    /// `networkAcls.ipRules`.
    pub address_rules: Vec<String>,
    /// `networkAcls.virtualNetworkRules`.
    pub subnet_rules: Vec<SubnetRule>,
    /// `privateEndpointConnections`.
    pub connections: Vec<EndpointConnection>,
    /// `disableLocalAuth`.
    pub key_auth_disabled: Stated<bool>,
    /// Whether `encryption.keySource` is `Microsoft.KeyVault`.
    pub customer_key: Stated<bool>,
    /// The number of storage accounts in `userOwnedStorage`.
    pub own_storage: usize,
    /// `restrictOutboundNetworkAccess`.
    pub restricts_outbound: Stated<bool>,
    /// `allowedFqdnList`.
    pub allowed_fqdns: Vec<String>,
    /// `provisioningState`.
    pub provisioning_state: Option<String>,
    /// `systemData.lastModifiedAt`: the time of the last change, as the document has it.
    pub last_modified: Option<String>,
    /// The fields of the wrong type, as paths such as `properties.networkAcls`, with the type that is expected.
    pub(crate) mistyped: Vec<(String, &'static str)>,
}

impl AccountDocument {
    /// Returns the name of the account, or else its custom domain, as the document has it.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.name.as_deref().or_else(|| self.custom_domain.known().map(String::as_str))
    }
}

/// A virtual-network rule of an account.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SubnetRule {
    /// The ID of the subnet.
    pub id: ArmId,
    /// The state of the rule.
    pub state: Stated<RuleState>,
}

/// The state of a virtual-network rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuleState {
    /// The rule admits the subnet.
    Succeeded,
    /// Azure is setting the rule up.
    Provisioning,
    /// Azure is removing the rule.
    Deprovisioning,
    /// Setting the rule up failed.
    Failed,
    /// The subnet no longer exists.
    NetworkSourceDeleted,
}

impl RuleState {
    const ALL: [Self; 5] =
        [Self::Succeeded, Self::Provisioning, Self::Deprovisioning, Self::Failed, Self::NetworkSourceDeleted];

    /// Returns the state with this ARM name.
    #[must_use]
    pub fn from_arm(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.arm_name().eq_ignore_ascii_case(text))
    }

    /// Returns the ARM name.
    #[must_use]
    pub fn arm_name(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Provisioning => "Provisioning",
            Self::Deprovisioning => "Deprovisioning",
            Self::Failed => "Failed",
            Self::NetworkSourceDeleted => "NetworkSourceDeleted",
        }
    }
}

impl AccountDocument {
    /// Returns whether every network is admitted; `None` if the document has a value that is not documented, or leaves out
    /// its properties.
    #[must_use]
    pub fn admits_everyone(&self) -> Option<bool> {
        if !self.has_properties {
            return None;
        }
        if self.custom_domain.is_absent() {
            // Network rules have no effect without a custom domain.
            return Some(true);
        }
        let is_enabled = self.public_access.or(PublicAccess::Enabled)? == PublicAccess::Enabled;
        if is_enabled && self.is_mistyped("networkAcls") {
            return None;
        }
        if is_enabled { Some(!self.default_deny.or(false)?) } else { Some(false) }
    }

    /// Returns whether the field with this name has the wrong type.
    pub(crate) fn is_mistyped(&self, name: &str) -> bool {
        self.mistyped.iter().any(|(known, _)| known == name)
    }

    /// Returns whether `provisioningState` is not documented.
    pub(crate) fn has_unknown_provisioning_state(&self) -> bool {
        let is_known = |state: &String| PROVISIONING_STATES.iter().any(|known| known.eq_ignore_ascii_case(state));
        self.provisioning_state.as_ref().is_some_and(|state| !is_known(state))
    }
}

/// The values of `provisioningState` in the account model of the management API, 2025-06-01.
const PROVISIONING_STATES: &[&str] =
    &["Accepted", "Creating", "Deleting", "Moving", "Failed", "Succeeded", "ResolvingDNS"];

/// The connection of a private endpoint to an account, as one of the two states it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EndpointConnection {
    /// The ID of the connection.
    pub id: Option<ArmId>,
    /// The name of the connection: that of the endpoint, a dot and a GUID.
    pub name: Option<String>,
    /// The ID of the private endpoint.
    pub endpoint: Option<ArmId>,
    /// The state. Only an approved connection carries traffic.
    pub state: Stated<ConnectionState>,
}

impl EndpointConnection {
    /// Returns the name of the private endpoint: the last part of its ID, or the name of the connection without its GUID.
    #[must_use]
    pub fn endpoint_name(&self) -> Option<&str> {
        let of_connection = || {
            let name = self.name.as_deref().or_else(|| self.id.as_ref().map(ArmId::name))?;
            Some(name.rsplit_once('.').filter(|(_, guid)| is_guid(guid)).map_or(name, |(endpoint, _)| endpoint))
        };
        self.endpoint.as_ref().map(ArmId::name).filter(|name| !name.is_empty()).or_else(of_connection)
    }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// The state of the connection between a private endpoint and an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionState {
    /// The connection carries traffic.
    Approved,
    /// The owner of the account has not decided yet.
    Pending,
    /// The owner of the account refused the connection.
    Rejected,
    /// The owner of the account removed the connection; the endpoint is a leftover.
    Disconnected,
}

impl ConnectionState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Approved, Self::Pending, Self::Rejected, Self::Disconnected];

    /// Returns the state with this ARM name.
    #[must_use]
    pub fn from_arm(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.id().eq_ignore_ascii_case(text))
    }

    /// Returns the identifier used in output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Pending => "pending",
            Self::Rejected => "rejected",
            Self::Disconnected => "disconnected",
        }
    }
}

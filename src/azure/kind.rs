//! The kinds of documents that are understood: one row per kind.

use std::fmt;
use std::str::FromStr;

/// The kind of a document that `az` prints or the management API returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DocumentKind {
    /// A Cognitive Services account.
    Account,
    /// A private endpoint.
    PrivateEndpoint,
    /// The DNS zone group of a private endpoint.
    DnsZoneGroup,
    /// A private DNS zone.
    PrivateDnsZone,
    /// A record set of a private DNS zone.
    RecordSet,
    /// The link of a private DNS zone to a virtual network.
    VirtualNetworkLink,
    /// A network interface.
    NetworkInterface,
    /// A subnet.
    Subnet,
    /// A virtual network.
    VirtualNetwork,
    /// The peering of a virtual network with another.
    Peering,
    /// The effective routes of a network interface.
    EffectiveRoutes,
    /// The effective network security groups of a network interface.
    EffectiveNsg,
    /// A role assignment.
    RoleAssignment,
    /// A diagnostic setting.
    DiagnosticSetting,
    /// A metric alert.
    MetricAlert,
    /// An activity-log alert.
    ActivityLogAlert,
    /// The state of a policy assignment.
    PolicyState,
    /// A model deployment.
    Deployment,
    /// The keys of an account, which are refused.
    Keys,
}

/// What identifies a kind and how it is read.
struct Row {
    kind: DocumentKind,
    id: &'static str,
    title: &'static str,
    /// The ARM type, if documents of this kind have one.
    arm_type: &'static str,
    /// The command of `az` that prints it.
    command: &'static str,
}

/// Commands and types: Azure CLI and the REST specifications, 2025-06-01 for accounts, 2024-05-01 for networks.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    row(DocumentKind::Account, "account", "account", "Microsoft.CognitiveServices/accounts", "az cognitiveservices account show"),
    row(DocumentKind::PrivateEndpoint, "private_endpoint", "private endpoint", "Microsoft.Network/privateEndpoints", "az network private-endpoint list"),
    row(DocumentKind::DnsZoneGroup, "dns_zone_group", "DNS zone group", "Microsoft.Network/privateEndpoints/privateDnsZoneGroups", "az network private-endpoint dns-zone-group list"),
    row(DocumentKind::PrivateDnsZone, "private_dns_zone", "private DNS zone", "Microsoft.Network/privateDnsZones", "az network private-dns zone list"),
    row(DocumentKind::RecordSet, "record_set", "record set", "Microsoft.Network/privateDnsZones/A", "az network private-dns record-set a list"),
    row(DocumentKind::VirtualNetworkLink, "virtual_network_link", "virtual-network link", "Microsoft.Network/privateDnsZones/virtualNetworkLinks", "az network private-dns link vnet list"),
    row(DocumentKind::NetworkInterface, "network_interface", "network interface", "Microsoft.Network/networkInterfaces", "az network nic show"),
    row(DocumentKind::Subnet, "subnet", "subnet", "Microsoft.Network/virtualNetworks/subnets", "az network vnet subnet show"),
    row(DocumentKind::VirtualNetwork, "virtual_network", "virtual network", "Microsoft.Network/virtualNetworks", "az network vnet show"),
    row(DocumentKind::Peering, "peering", "peering", "Microsoft.Network/virtualNetworks/virtualNetworkPeerings", "az network vnet peering list"),
    row(DocumentKind::EffectiveRoutes, "effective_routes", "effective routes", "", "az network nic show-effective-route-table"),
    row(DocumentKind::EffectiveNsg, "effective_nsg", "effective network security groups", "", "az network nic list-effective-nsg"),
    row(DocumentKind::RoleAssignment, "role_assignment", "role assignments", "Microsoft.Authorization/roleAssignments", "az role assignment list"),
    row(DocumentKind::DiagnosticSetting, "diagnostic_setting", "diagnostic settings", "Microsoft.Insights/diagnosticSettings", "az monitor diagnostic-settings list"),
    row(DocumentKind::MetricAlert, "metric_alert", "metric alerts", "Microsoft.Insights/metricAlerts", "az monitor metrics alert list"),
    row(DocumentKind::ActivityLogAlert, "activity_log_alert", "activity-log alerts", "Microsoft.Insights/activityLogAlerts", "az monitor activity-log alert list"),
    row(DocumentKind::PolicyState, "policy_state", "policy states", "", "az policy state list"),
    row(DocumentKind::Deployment, "deployment", "model deployments", "Microsoft.CognitiveServices/accounts/deployments", "az cognitiveservices account deployment list"),
    row(DocumentKind::Keys, "keys", "keys", "", "az cognitiveservices account keys list"),
];

const fn row(
    kind: DocumentKind,
    id: &'static str,
    title: &'static str,
    arm_type: &'static str,
    command: &'static str,
) -> Row {
    Row { kind, id, title, arm_type, command }
}

impl DocumentKind {
    /// Returns every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.kind)
    }

    fn row(self) -> &'static Row {
        ROWS.iter().find(|row| row.kind == self).unwrap_or(&ROWS[0])
    }

    /// Returns the identifier used in output, for example `private_endpoint`.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.row().id
    }

    /// Returns the display name.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// Returns the command of `az` that prints documents of this kind, without its arguments.
    #[must_use]
    pub fn command(self) -> &'static str {
        self.row().command
    }

    /// Returns the ARM type; empty for a kind that is not a resource.
    pub(crate) fn arm_type(self) -> &'static str {
        self.row().arm_type
    }

    /// Returns the kind with this ARM type. A record set of any type belongs to the same kind.
    #[must_use]
    pub fn of_type(arm_type: &str) -> Option<Self> {
        let exact = ROWS.iter().find(|row| !row.arm_type.is_empty() && row.arm_type.eq_ignore_ascii_case(arm_type));
        exact.map(|row| row.kind).or_else(|| {
            let (zone, record) = arm_type.rsplit_once('/')?;
            let is_record = OTHER_RECORDS.iter().any(|known| known.eq_ignore_ascii_case(record));
            (is_record && zone.eq_ignore_ascii_case("Microsoft.Network/privateDnsZones")).then_some(Self::RecordSet)
        })
    }
}

impl DocumentKind {
    /// Returns whether an object of this kind may have an ARM type that is not listed: none at all, or one that ends alike,
    /// as those of public DNS zones and of scale sets do. Event Grid topics have every field by which an account is known.
    #[cfg(feature = "serde")]
    pub(crate) fn may_have_type(self, arm_type: Option<&str>) -> bool {
        let Some((_, last)) = arm_type.and_then(|text| text.rsplit_once('/')) else { return true };
        self.row().arm_type.rsplit_once('/').is_some_and(|(_, own)| own.eq_ignore_ascii_case(last))
    }
}

/// The record types of a private DNS zone beside `A`.
const OTHER_RECORDS: &[&str] = &["AAAA", "CNAME", "MX", "PTR", "SOA", "SRV", "TXT"];

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for DocumentKind {
    type Err = UnknownDocumentKind;

    fn from_str(id: &str) -> Result<Self, UnknownDocumentKind> {
        Self::all().find(|kind| kind.id() == id).ok_or(UnknownDocumentKind)
    }
}

/// Text that is not the identifier of a kind of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of Azure document: expected an identifier such as `private_endpoint`")]
#[non_exhaustive]
pub struct UnknownDocumentKind;

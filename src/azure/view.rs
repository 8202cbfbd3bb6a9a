//! Everything that the given documents say.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::account::AccountDocument;
use super::effective::{EffectiveGroup, RouteTable};
use super::governance::{ActivityLogAlert, Deployment, DiagnosticSetting, MetricAlert, PolicyState, RoleAssignment};
use super::id::ArmId;
use super::kind::DocumentKind;
use super::network::{NetworkInterface, Peering, Subnet, VirtualNetwork};
use super::private_link::{DnsZoneGroup, NamedAddresses, PrivateEndpoint, public_name};
use super::zone::{PrivateDnsZone, RecordSet, ZoneLink};
use crate::resolve::note::Note;

/// Everything that the given documents say. An object that stands in several documents is here once.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AzureView {
    /// The documents, in the order in which they were read.
    pub documents: Vec<DocumentSource>,
    /// The accounts.
    pub accounts: Vec<AccountDocument>,
    /// The private endpoints.
    pub endpoints: Vec<PrivateEndpoint>,
    /// The DNS zone groups of private endpoints.
    pub zone_groups: Vec<DnsZoneGroup>,
    /// The private DNS zones.
    pub zones: Vec<PrivateDnsZone>,
    /// The records of private DNS zones.
    pub records: Vec<RecordSet>,
    /// The links of private DNS zones to virtual networks.
    pub links: Vec<ZoneLink>,
    /// The network interfaces.
    pub interfaces: Vec<NetworkInterface>,
    /// The subnets.
    pub subnets: Vec<Subnet>,
    /// The virtual networks.
    pub networks: Vec<VirtualNetwork>,
    /// The peerings.
    pub peerings: Vec<Peering>,
    /// The effective routes, one table per network interface.
    pub route_tables: Vec<RouteTable>,
    /// The effective network security groups.
    pub groups: Vec<EffectiveGroup>,
    /// The role assignments.
    pub roles: Vec<RoleAssignment>,
    /// The diagnostic settings.
    pub diagnostics: Vec<DiagnosticSetting>,
    /// The metric alerts.
    pub metric_alerts: Vec<MetricAlert>,
    /// The activity-log alerts.
    pub activity_alerts: Vec<ActivityLogAlert>,
    /// The states of policies.
    pub policies: Vec<PolicyState>,
    /// The model deployments.
    pub deployments: Vec<Deployment>,
    /// Notes on the documents themselves.
    pub notes: Vec<Note>,
    /// The resources whose list of this kind was read, whatever it holds: the empty ones too.
    pub(crate) listed: Vec<(DocumentKind, ArmId)>,
    /// The kinds of lists that go on in a page that was not given.
    pub(crate) unfinished: HashSet<DocumentKind>,
    /// The place of each object in the list of its kind.
    pub(crate) places: HashMap<(DocumentKind, ArmId), usize>,
}

/// A document and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DocumentSource {
    /// The file or URL.
    pub from: String,
    /// The kind; `None` for a document of no known shape.
    pub kind: Option<DocumentKind>,
    /// The number of objects of this kind in the document.
    pub count: usize,
}

impl AzureView {
    /// Returns whether a document says that this resource has no object of the kind, or lists those that it has.
    #[must_use]
    pub fn lists(&self, kind: DocumentKind, of: &ArmId) -> bool {
        self.listed.iter().any(|(listed, resource)| *listed == kind && resource == of)
    }

    /// Returns whether a document lists the objects of this kind of a resource that fits.
    pub(crate) fn lists_of(&self, kind: DocumentKind, fits: impl Fn(&ArmId) -> bool) -> bool {
        self.listed.iter().any(|(listed, resource)| *listed == kind && fits(resource))
    }

    /// Returns whether some document is of this kind, or says that there is no object of it.
    pub(crate) fn has_kind(&self, kind: DocumentKind) -> bool {
        self.documents.iter().any(|document| document.kind == Some(kind))
            || self.listed.iter().any(|(listed, _)| *listed == kind)
    }

    /// Returns the subnet with this ID.
    #[must_use]
    pub fn subnet(&self, id: &ArmId) -> Option<&Subnet> {
        self.found(DocumentKind::Subnet, &self.subnets, |subnet| subnet.id.as_ref(), id)
    }

    /// Returns a function that finds the subnets of this number of rules: by an index if there are many.
    pub(crate) fn subnet_finder<'v>(&'v self, rules: usize) -> impl Fn(&ArmId) -> Option<&'v Subnet> {
        let by_id = || self.subnets.iter().filter_map(|subnet| Some((subnet.id.as_ref()?, subnet))).collect();
        let index: Option<HashMap<&ArmId, &Subnet>> = (rules > FEW_RULES).then(by_id);
        move |id| match &index {
            Some(index) => index.get(id).copied(),
            None => self.subnet(id),
        }
    }

    /// Returns the network interface with this ID.
    #[must_use]
    pub fn interface(&self, id: &ArmId) -> Option<&NetworkInterface> {
        self.found(DocumentKind::NetworkInterface, &self.interfaces, |interface| interface.id.as_ref(), id)
    }

    /// Returns the private endpoint with this ID.
    #[must_use]
    pub fn endpoint(&self, id: &ArmId) -> Option<&PrivateEndpoint> {
        self.found(DocumentKind::PrivateEndpoint, &self.endpoints, |endpoint| endpoint.id.as_ref(), id)
    }

    /// Returns the object with this ID. The lists are public, so the place of an object may be outdated.
    fn found<'v, T>(
        &self,
        kind: DocumentKind,
        list: &'v [T],
        id_of: impl Fn(&T) -> Option<&ArmId>,
        id: &ArmId,
    ) -> Option<&'v T> {
        let place = self.places.get(&(kind, id.clone())).and_then(|place| list.get(*place));
        place.filter(|item| id_of(item) == Some(id)).or_else(|| list.iter().find(|item| id_of(item) == Some(id)))
    }

    /// Returns the addresses that private endpoints, or else the records of private zones, have for a host that clients use.
    #[must_use]
    pub fn addresses_of(&self, host: &str) -> Vec<IpAddr> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let is_named = |named: &&NamedAddresses| named.fqdn.as_deref().map(public_name).as_deref() == Some(&host);
        let groups = self.zone_groups.iter().flat_map(|group| &group.names);
        let interfaces = self.interfaces.iter().flat_map(|interface| &interface.names);
        let names =
            self.endpoints.iter().flat_map(|endpoint| &endpoint.names).chain(groups).chain(interfaces).filter(is_named);
        let of_records = || {
            let is_host = |record: &&RecordSet| record.fqdn().as_deref().map(public_name).as_deref() == Some(&host);
            self.records.iter().filter(is_host).flat_map(|record| record.addresses.iter().copied()).collect::<Vec<_>>()
        };
        let mut addresses: Vec<IpAddr> = names.flat_map(|named| named.addresses.iter().copied()).collect();
        if addresses.is_empty() {
            addresses = of_records();
        }
        addresses.sort_unstable();
        addresses.dedup();
        addresses
    }

    /// Returns the documents that a statement about this kind rests on, by name.
    pub fn sources(&self, kind: DocumentKind) -> impl Iterator<Item = &str> {
        self.documents.iter().filter(move |document| document.kind == Some(kind)).map(|document| document.from.as_str())
    }
}

/// An account has at most 100 virtual-network rules; most have a few.
const FEW_RULES: usize = 16;

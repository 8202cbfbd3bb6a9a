//! Everything that the given documents say.

use std::collections::HashSet;
use std::net::IpAddr;

use super::account::AccountDocument;
use super::effective::{EffectiveGroup, RouteTable};
use super::governance::{ActivityLogAlert, Deployment, DiagnosticSetting, MetricAlert, PolicyState, RoleAssignment};
use super::id::ArmId;
use super::index::{Index, Owner};
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
    /// The kinds of lists that a document says are empty, each with the name of the document.
    pub(crate) empty_lists: Vec<(DocumentKind, String)>,
    /// The kinds of lists that go on in a page that was not given.
    pub(crate) unfinished: HashSet<DocumentKind>,
    /// Where each object is in the list of its kind.
    pub(crate) index: Index,
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
        let place = self.index.place(kind, id);
        let item = place.and_then(|place| list.get(place)).filter(|item| id_of(item) == Some(id));
        // A list that the index knows as a whole does not hold what the index does not have.
        let is_complete = place.is_none() && self.index.is_complete(kind, list.len());
        item.or_else(|| if is_complete { None } else { list.iter().find(|item| id_of(item) == Some(id)) })
    }

    /// Returns the zone groups of a private endpoint.
    pub(crate) fn zone_groups_of<'v>(&'v self, endpoint: &ArmId) -> impl Iterator<Item = &'v DnsZoneGroup> {
        let is_of = |group: &DnsZoneGroup| group.endpoint().as_ref() == Some(endpoint);
        self.owned(DocumentKind::DnsZoneGroup, &self.zone_groups, Owner::Endpoint(endpoint.clone()), is_of)
    }

    /// Returns the network interfaces that say that they are of a private endpoint, or that its document names.
    pub(crate) fn interfaces_of<'v>(&'v self, endpoint: &ArmId) -> Vec<&'v NetworkInterface> {
        let is_of = |interface: &NetworkInterface| interface.private_endpoint.as_ref() == Some(endpoint);
        let owner = Owner::Endpoint(endpoint.clone());
        let mut found: Vec<&NetworkInterface> =
            self.owned(DocumentKind::NetworkInterface, &self.interfaces, owner, is_of).collect();
        let named = self.endpoint(endpoint).into_iter().flat_map(|document| &document.interfaces);
        found.extend(named.filter_map(|id| self.interface(id)));
        // All of them stand in one list, so this is its order.
        found.sort_by_key(|interface| std::ptr::from_ref(*interface));
        found.dedup_by_key(|interface| std::ptr::from_ref(*interface));
        found
    }

    /// Returns the records whose name begins with this label.
    pub(crate) fn records_of<'v>(&'v self, label: &str) -> impl Iterator<Item = &'v RecordSet> {
        let is_of = |record: &RecordSet| record.label().as_deref() == Some(label);
        self.owned(DocumentKind::RecordSet, &self.records, Owner::Label(label.to_owned()), is_of)
    }

    /// Returns the objects that belong to an owner, in the order of their list.
    fn owned<'v, T>(
        &self,
        kind: DocumentKind,
        list: &'v [T],
        owner: Owner,
        is_of: impl Fn(&T) -> bool,
    ) -> impl Iterator<Item = &'v T> {
        let found: Vec<&'v T> = match self.index.places(kind, owner, list.len()) {
            Some(places) => places.iter().filter_map(|place| list.get(*place)).filter(|item| is_of(item)).collect(),
            None => list.iter().filter(|item| is_of(item)).collect(),
        };
        found.into_iter()
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
        let documents = self.documents.iter().filter(move |document| document.kind == Some(kind));
        let empty = self.empty_lists.iter().filter(move |(listed, _)| *listed == kind).map(|(_, from)| from.as_str());
        documents.map(|document| document.from.as_str()).chain(empty)
    }
}

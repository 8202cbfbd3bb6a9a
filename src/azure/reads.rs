//! The reads of the management API that a view of an account is made of: which GET requests follow from what is known.
//!
//! `collect` reads the same documents with `az`. Effective routes, effective security groups and the states of policies
//! are POST requests of the management API, so no read gives them.

use url::Url;

use super::id::ArmId;
use super::kind::DocumentKind;
use super::view::AzureView;

/// One GET request of the management API.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ArmRead {
    /// The kind of the objects in the response.
    pub kind: DocumentKind,
    /// The resource that the response is about, as the envelope of a collected document names it.
    pub of: ArmId,
    /// The path below the host.
    path: ArmId,
}

/// Where the documents of a kind stand.
struct Row {
    kind: DocumentKind,
    /// What follows the ID of the resource; empty for a read of the resource itself.
    below: &'static str,
    version: &'static str,
}

/// Paths and versions: the REST specifications of Azure.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    row(DocumentKind::Account, "", "2025-06-01"),
    row(DocumentKind::Deployment, "deployments", "2025-06-01"),
    row(DocumentKind::RoleAssignment, "providers/Microsoft.Authorization/roleAssignments", "2022-04-01"),
    row(DocumentKind::DiagnosticSetting, "providers/Microsoft.Insights/diagnosticSettings", "2021-05-01-preview"),
    row(DocumentKind::MetricAlert, "providers/Microsoft.Insights/metricAlerts", "2018-03-01"),
    row(DocumentKind::ActivityLogAlert, "providers/Microsoft.Insights/activityLogAlerts", "2020-10-01"),
    row(DocumentKind::PrivateEndpoint, "", "2024-05-01"),
    row(DocumentKind::DnsZoneGroup, "privateDnsZoneGroups", "2024-05-01"),
    row(DocumentKind::NetworkInterface, "", "2024-05-01"),
    row(DocumentKind::PrivateDnsZone, "", "2020-06-01"),
    row(DocumentKind::RecordSet, "A", "2020-06-01"),
    row(DocumentKind::VirtualNetworkLink, "virtualNetworkLinks", "2020-06-01"),
    row(DocumentKind::Subnet, "", "2024-05-01"),
    row(DocumentKind::VirtualNetwork, "", "2024-05-01"),
    row(DocumentKind::Peering, "virtualNetworkPeerings", "2024-05-01"),
];

const fn row(kind: DocumentKind, below: &'static str, version: &'static str) -> Row {
    Row { kind, below, version }
}

impl ArmRead {
    /// Returns the read of all accounts of a subscription, from its ID or that of anything in it.
    ///
    /// ```
    /// use speech_endpoint::azure::{ArmId, ArmRead};
    ///
    /// let read = ArmRead::accounts(&ArmId::new("/subscriptions/00000000-0000-0000-0000-000000000001")).expect("a subscription");
    /// let url = read.url("management.azure.com").expect("a host");
    /// assert!(url.path().ends_with("/providers/Microsoft.CognitiveServices/accounts"), "{url}");
    /// ```
    #[must_use]
    pub fn accounts(of: &ArmId) -> Option<Self> {
        let subscription = ArmId::new(&format!("/subscriptions/{}", of.subscription()?));
        let path = ArmId::new(&format!("{subscription}/providers/Microsoft.CognitiveServices/accounts"));
        is_path(&path).then_some(Self { kind: DocumentKind::Account, of: subscription, path })
    }

    /// Returns the read of a resource, unless its ID is that of another type.
    fn show(kind: DocumentKind, id: &ArmId, of: &ArmId) -> Option<Self> {
        (is_path(id) && id.is_of_type(kind.arm_type())).then(|| Self { kind, of: of.clone(), path: id.clone() })
    }

    /// Returns the read of a list below a resource or its group.
    fn list(kind: DocumentKind, below: &ArmId, of: &ArmId) -> Option<Self> {
        let row = ROWS.iter().find(|row| row.kind == kind && !row.below.is_empty())?;
        is_path(below).then(|| Self { kind, of: of.clone(), path: ArmId::new(&format!("{below}/{}", row.below)) })
    }

    /// Returns whether the response is a list, which may be empty and may have several pages.
    #[must_use]
    pub fn is_list(&self) -> bool {
        !self.path.is_of_type(self.kind.arm_type())
    }

    /// Returns the URL at a host of the management API; `None` if that is not a host.
    #[must_use]
    pub fn url(&self, host: &str) -> Option<Url> {
        let mut url = Url::parse(&format!("https://{host}/")).ok().filter(|url| url.host_str() == Some(host))?;
        url.path_segments_mut().ok()?.clear().extend(self.path.as_str().split('/').skip(1));
        let row = ROWS.iter().find(|row| row.kind == self.kind)?;
        url.query_pairs_mut().append_pair("api-version", row.version);
        Some(url)
    }

    /// Returns the action that a role must permit, for example `Microsoft.Network/privateEndpoints/read`.
    #[must_use]
    pub fn action(&self) -> String {
        format!("{}/read", self.kind.arm_type())
    }

    /// Returns the resource, group or subscription at which a role permits this read.
    #[must_use]
    pub fn scope(&self) -> ArmId {
        let below = |row: &Row| {
            let path = self.path.as_str();
            let end = path.len().checked_sub(row.below.len() + 1)?;
            (!row.below.is_empty() && path.is_char_boundary(end) && path[end + 1..] == *row.below)
                .then(|| ArmId::new(&path[..end]))
        };
        let row = ROWS.iter().find(|row| row.kind == self.kind);
        match self.kind {
            DocumentKind::Account if self.is_list() => self.of.clone(),
            _ => row.and_then(below).unwrap_or_else(|| self.path.clone()),
        }
    }
}

impl AzureView {
    /// Returns the reads that complete what the documents say about an account, those that were made included.
    ///
    /// At first that is the account alone. Its document names the private endpoints and subnets, and theirs name what they
    /// belong to: read until no new one is returned.
    ///
    /// ```
    /// use speech_endpoint::azure::{ArmId, AzureView, DocumentKind};
    ///
    /// let id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/contoso";
    /// let reads = AzureView::default().reads(&ArmId::new(id));
    /// assert_eq!((reads.len(), reads[0].kind), (1, DocumentKind::Account));
    /// ```
    #[must_use]
    pub fn reads(&self, account: &ArmId) -> Vec<ArmRead> {
        let mut reads = Reads::default();
        reads.add(ArmRead::show(DocumentKind::Account, account, account));
        let Some(document) = self.accounts.iter().find(|known| known.id.as_ref() == Some(account)) else {
            return reads.0;
        };
        for kind in [DocumentKind::Deployment, DocumentKind::RoleAssignment, DocumentKind::DiagnosticSetting] {
            reads.add(ArmRead::list(kind, account, account));
        }
        let group = account.subscription().zip(account.group());
        let group = group.map(|(subscription, group)| format!("/subscriptions/{subscription}/resourceGroups/{group}"));
        for kind in [DocumentKind::MetricAlert, DocumentKind::ActivityLogAlert] {
            reads.add(group.as_deref().and_then(|group| ArmRead::list(kind, &ArmId::new(group), account)));
        }
        let is_endpoint = |id: &&ArmId| id.is_of_type(DocumentKind::PrivateEndpoint.arm_type());
        let endpoints = document.connections.iter().filter_map(|connection| connection.endpoint.as_ref());
        for endpoint in endpoints.filter(is_endpoint) {
            reads.add(ArmRead::show(DocumentKind::PrivateEndpoint, endpoint, account));
            reads.add(ArmRead::list(DocumentKind::DnsZoneGroup, endpoint, endpoint));
            self.add_endpoint(endpoint, &mut reads);
        }
        for rule in &document.subnet_rules {
            reads.add_subnet(&rule.id);
        }
        reads.0
    }

    /// Adds what the documents of a private endpoint name.
    fn add_endpoint(&self, id: &ArmId, reads: &mut Reads) {
        if let Some(endpoint) = self.endpoint(id) {
            for interface in &endpoint.interfaces {
                reads.add(ArmRead::show(DocumentKind::NetworkInterface, interface, interface));
            }
            if let Some(subnet) = &endpoint.subnet {
                reads.add_subnet(subnet);
            }
        }
        let groups = self.zone_groups.iter().filter(|group| group.endpoint().as_ref() == Some(id));
        let is_zone = |id: &&ArmId| id.is_of_type(DocumentKind::PrivateDnsZone.arm_type());
        for zone in groups.flat_map(|group| &group.zones).filter(is_zone) {
            reads.add(ArmRead::show(DocumentKind::PrivateDnsZone, zone, zone));
            reads.add(ArmRead::list(DocumentKind::RecordSet, zone, zone));
            reads.add(ArmRead::list(DocumentKind::VirtualNetworkLink, zone, zone));
        }
    }
}

/// Reads, each once, in the order in which they were added.
#[derive(Default)]
struct Reads(Vec<ArmRead>);

impl Reads {
    fn add(&mut self, read: Option<ArmRead>) {
        self.0.extend(read.filter(|read| self.0.len() < MOST_READS && !self.0.contains(read)));
    }

    /// Adds a subnet, its virtual network and the peerings of that.
    fn add_subnet(&mut self, subnet: &ArmId) {
        let Some(read) = ArmRead::show(DocumentKind::Subnet, subnet, subnet) else { return };
        self.add(Some(read));
        if let Some(network) = subnet.parent() {
            self.add(ArmRead::show(DocumentKind::VirtualNetwork, &network, &network));
            self.add(ArmRead::list(DocumentKind::Peering, &network, &network));
        }
    }
}

/// Returns whether an ID, which may be of a document, is a path below a subscription that stands for itself in a URL.
fn is_path(id: &ArmId) -> bool {
    let mut parts = id.as_str().split('/');
    let is_part = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.chars().any(is_separator);
    id.as_str().len() <= LONGEST_PATH
        && parts.next() == Some("")
        && parts.next().is_some_and(|first| first.eq_ignore_ascii_case("subscriptions"))
        && parts.all(is_part)
}

fn is_separator(c: char) -> bool {
    c.is_control() || c.is_whitespace() || "\\?#%:;@&=".contains(c)
}

/// An ID of a few parts, each with a name of at most 90 characters, is far shorter.
const LONGEST_PATH: usize = 1024;

/// An account has at most 100 subnet rules, each with three reads, and few have more than ten private endpoints.
const MOST_READS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::account::{AccountDocument, EndpointConnection};
    use crate::azure::stated::Stated;

    const ACCOUNT: &str = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/contoso";

    fn reads_with(endpoint: &str) -> Vec<ArmRead> {
        let connection =
            EndpointConnection { id: None, name: None, endpoint: Some(ArmId::new(endpoint)), state: Stated::Absent };
        let account = AccountDocument {
            id: Some(ArmId::new(ACCOUNT)),
            connections: vec![connection],
            ..AccountDocument::default()
        };
        AzureView { accounts: vec![account], ..AzureView::default() }.reads(&ArmId::new(ACCOUNT))
    }

    #[test]
    fn an_id_of_another_type_or_with_a_separator_is_never_read() {
        let network = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Network";
        let own = reads_with(&format!("{network}/privateEndpoints/pe"));
        assert_eq!(own.len(), 8, "{own:#?}");
        for bad in [
            format!("{ACCOUNT}/listKeys"),
            format!("{network}/privateEndpoints/../../x"),
            format!("{network}/privateEndpoints/a?b"),
            format!("{network}/privateEndpoints/a%2fb"),
            format!("{network}/privateEndpoints/"),
            format!("{network}/networkInterfaces/nic"),
            "https://evil.example/subscriptions/s1".to_owned(),
            "privateEndpoints/pe".to_owned(),
        ] {
            let read = reads_with(&bad);
            assert_eq!(read.len(), 6, "{bad}: {read:#?}");
        }
    }

    #[test]
    fn a_url_has_the_path_and_the_version() {
        let url = |place: usize| reads_with("none")[place].url("management.azure.com").unwrap().to_string();
        assert_eq!(url(0), format!("https://management.azure.com{ACCOUNT}?api-version=2025-06-01"));
        assert_eq!(
            url(4),
            "https://management.azure.com/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Insights/metricAlerts?api-version=2018-03-01"
        );
        assert_eq!(reads_with("none")[0].url("a@evil.example"), None);
        let read = &reads_with("none")[2];
        assert_eq!(
            (read.action().as_str(), read.scope().as_str()),
            ("Microsoft.Authorization/roleAssignments/read", ACCOUNT)
        );
        let accounts = ArmRead::accounts(&ArmId::new(ACCOUNT)).unwrap();
        assert!(accounts.is_list() && !reads_with("none")[0].is_list());
        assert_eq!(accounts.scope().as_str(), "/subscriptions/s1");
    }
}

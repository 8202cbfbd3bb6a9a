//! Allowlist: what a firewall must let through for an account and its services.

use crate::account::{Account, Resource};
use crate::cloud::Cloud;
use crate::endpoint::{Discovery, Endpoint, ResolveError};
use crate::name::Region;
use crate::note::Note;
use crate::scenario::{Scenario, UrlForm};
use crate::service::{Host, Service};

/// Hosts, zones and service tags that must be open, in the order in which a connection needs them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Allowlist {
    /// Outbound connections.
    pub entries: Vec<Entry>,
    /// Private zones, and the public zones to forward.
    pub zones: Vec<Zone>,
    /// Service tags for rules that take no host names.
    pub service_tags: Vec<&'static str>,
    /// What a person should know.
    pub notes: Vec<Note>,
    /// Services without a URL, and why.
    pub errors: Vec<ResolveError>,
}

/// One outbound connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// `tcp` or `udp`.
    pub transport: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// The services that need it.
    pub services: Vec<Service>,
    /// Whether the services fail without it.
    pub is_required: bool,
    /// Whether it leads to a private address: then the route inside the network must be open, not the internet.
    pub is_private: bool,
}

/// A private DNS zone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Zone {
    /// The zone to link to the virtual network.
    pub private: String,
    /// The public zone that a DNS server outside forwards to a resolver that sees the private one.
    pub forward: String,
}

/// How callers authenticate, as far as it needs further hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Identity {
    /// By key: no further host.
    Key,
    /// By a token issued from a key: the token host.
    IssuedToken,
    /// By a Microsoft Entra token: the authority.
    Entra,
    /// By the Entra token of a managed identity: the authority is reached by the platform, the caller asks its metadata service.
    ManagedIdentity,
}

impl Account {
    /// What a firewall must let through for these services.
    #[must_use]
    pub fn allowlist(&self, services: &[Service], identity: Identity) -> Allowlist {
        let mut list = Allowlist {
            entries: Vec::new(),
            zones: Vec::new(),
            service_tags: Vec::new(),
            notes: Vec::new(),
            errors: Vec::new(),
        };
        for service in services {
            match self.endpoint(*service) {
                Ok(endpoint) => list.add_service(&endpoint),
                Err(error) => list.errors.push(error),
            }
        }
        if !matches!(self.resource(), Resource::Container(_)) {
            list.add_identity(self, services, identity);
            list.add_zones(self);
        }
        list
    }
}

impl Allowlist {
    fn add_service(&mut self, endpoint: &Endpoint) {
        let service = endpoint.service();
        let is_container = matches!(endpoint.account().resource(), Resource::Container(_));
        let url = endpoint.to_url();
        let host = url.host_str().unwrap_or_default();
        let is_private = endpoint.is_own_host() && endpoint.expects().id() == "private";
        self.add(host, url.port_or_known_default().unwrap_or(443), "tcp", "service", Some(service), true, is_private);
        if is_container {
            return;
        }
        if !is_private {
            self.tag("CognitiveServicesManagement");
        }
        if endpoint.discovery() != Discovery::None && endpoint.is_own_host() {
            self.add_redirect(endpoint);
        }
        if matches!(service, Service::Avatar | Service::AvatarRelayToken) {
            // <https://learn.microsoft.com/azure/ai-services/speech-service/text-to-speech-avatar/real-time-synthesis-avatar>
            for (port, transport) in [(3478, "udp"), (443, "tcp")] {
                self.add(
                    "relay.communication.microsoft.com",
                    port,
                    transport,
                    "avatar media relay (20.202.0.0/16)",
                    Some(service),
                    transport == "udp",
                    false,
                );
            }
        }
    }

    /// The regional host that an open resource may send real-time clients to.
    fn add_redirect(&mut self, endpoint: &Endpoint) {
        let (account, service) = (endpoint.account(), endpoint.service());
        let Host::Realtime(offering) = service.row().host else { return };
        let region = account.region().map_or("{region}", Region::as_str);
        let host = format!("{region}.{offering}.{}", account.cloud().suffixes().realtime());
        self.add(
            &host,
            443,
            "tcp",
            "where an open resource redirects real-time calls",
            Some(service),
            endpoint.discovery() == Discovery::Required,
            false,
        );
    }

    fn add_identity(&mut self, account: &Account, services: &[Service], identity: Identity) {
        match identity {
            Identity::Key => {}
            Identity::IssuedToken => match account.endpoint(Service::IssueToken) {
                Ok(endpoint) => {
                    self.add(endpoint.host(), 443, "tcp", "token issuing", Some(Service::IssueToken), true, false)
                }
                Err(error) if !services.contains(&Service::IssueToken) => self.errors.push(error),
                Err(_) => {}
            },
            Identity::Entra => {
                match account.cloud().suffixes().authority() {
                    Some(authority) => self.add(authority, 443, "tcp", "Entra tokens", None, true, false),
                    None => self.notes.push(Note::new(
                        "authority",
                        "the Entra authority of this cloud is not known: give it with the cloud",
                    )),
                }
                self.tag("AzureActiveDirectory");
            }
            Identity::ManagedIdentity => {
                self.add(
                    "169.254.169.254",
                    80,
                    "tcp",
                    "managed identity (link-local, never through a proxy)",
                    None,
                    true,
                    false,
                );
            }
        }
    }

    fn add_zones(&mut self, account: &Account) {
        let scenario = account.scenario();
        let has_private_endpoint = matches!(
            scenario,
            Scenario::PrivateEndpoint | Scenario::PrivateAndServiceEndpoint | Scenario::DisabledPrivateEndpoint
        );
        if scenario.form() == UrlForm::Regional || !has_private_endpoint {
            if scenario == Scenario::ServiceEndpoint {
                self.notes.push(Note::new("service_endpoint", "enable the service endpoint `Microsoft.CognitiveServices` on the subnet and allow the subnet on the resource; the addresses stay public"));
            }
            return;
        }
        let suffixes = account.cloud().suffixes();
        let of = |suffix: &str| Zone { private: format!("privatelink.{suffix}"), forward: suffix.to_owned() };
        self.zones.push(of(suffixes.custom_domain()));
        let uses = |suffix: &str, entries: &[Entry]| entries.iter().any(|entry| entry.host.ends_with(suffix));
        for suffix in [suffixes.openai(), suffixes.foundry()].into_iter().flatten() {
            if uses(suffix, &self.entries) {
                self.zones.push(of(suffix));
            }
        }
        self.notes.push(Note::new("dns", "a DNS server outside the virtual network forwards the public zone, not the private one, to a resolver inside; the resolver of the platform is 168.63.129.16"));
        if *account.cloud() == Cloud::China {
            self.notes.push(Note::new("unconfirmed", "the private zone of the China cloud is not in the official table; `az network private-link-resource list` tells it"));
        }
    }

    fn add(
        &mut self,
        host: &str,
        port: u16,
        transport: &'static str,
        purpose: &'static str,
        service: Option<Service>,
        is_required: bool,
        is_private: bool,
    ) {
        let same = |entry: &&mut Entry| entry.host == host && entry.port == port && entry.transport == transport;
        match self.entries.iter_mut().find(same) {
            Some(entry) => {
                entry.is_required |= is_required;
                entry.services.extend(service.filter(|service| !entry.services.contains(service)));
            }
            None => self.entries.push(Entry {
                host: host.to_owned(),
                port,
                transport,
                purpose,
                services: service.into_iter().collect(),
                is_required,
                is_private,
            }),
        }
    }

    fn tag(&mut self, tag: &'static str) {
        if !self.service_tags.contains(&tag) {
            self.service_tags.push(tag);
        }
    }
}

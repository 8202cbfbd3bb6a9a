//! Allowlist: the connections that a firewall must allow for an account and its services.

use crate::resolve::account::{Account, Resource};
use crate::resolve::endpoint::{Discovery, Endpoint, Expectation, ResolveError};
use crate::resolve::facts::{Fact, FactKind, Text, network};
use crate::resolve::name::Region;
use crate::resolve::note::Note;
use crate::resolve::scenario::Scenario;
use crate::resolve::service::{Host, Service};

mod options;

pub use options::{AllowlistGroup, AllowlistOption, UnknownAllowlistGroup};

/// The hosts, zones and service tags to allow, in the order in which a connection needs them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Allowlist {
    /// Outbound connections.
    pub entries: Vec<AllowlistEntry>,
    /// Private zones and the public zones to forward.
    pub zones: Vec<AllowlistZone>,
    /// Service tags for firewall rules that do not support host names.
    pub service_tags: Vec<Text>,
    /// What only some uses of the resource need, group by group.
    pub optional: Vec<AllowlistOption>,
    /// Notes for the reader.
    pub notes: Vec<Note>,
    /// Services without a URL, each with the reason.
    pub errors: Vec<ResolveError>,
}

/// One outbound connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AllowlistEntry {
    /// The host name or address; `*.` in front stands for any name below it.
    pub host: String,
    /// The port.
    pub port: u16,
    /// `tcp` or `udp`.
    pub transport: &'static str,
    /// The range that contains the addresses of the host, if the documentation gives it.
    pub prefix: Option<&'static str>,
    /// The purpose.
    pub purpose: &'static str,
    /// The services that need it.
    pub services: Vec<Service>,
    /// Whether the services fail without this connection.
    pub is_required: bool,
    /// Whether the host resolves to a private address, so that the internal route must be open instead of the internet.
    pub is_private: bool,
}

/// A private DNS zone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AllowlistZone {
    /// The zone to link to the virtual network.
    pub private: String,
    /// The public zone that an external DNS server forwards to a resolver that sees the private one.
    pub forward: String,
    /// Whether the official table lists the private zone.
    pub is_confirmed: bool,
}

/// How callers authenticate; some methods need additional hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallerIdentity {
    /// By key, without an additional host.
    Key,
    /// By a token issued from a key, which needs the token host.
    IssuedToken,
    /// By a Microsoft Entra token, which needs the authority host.
    Entra,
    /// By the Entra token of a managed identity: the caller uses the metadata service, and the platform calls the
    /// authority.
    ManagedIdentity,
}

impl Account {
    /// Returns what a firewall must allow for these services.
    #[must_use]
    pub fn allowlist(&self, services: &[Service], identity: CallerIdentity) -> Allowlist {
        let mut list = Allowlist {
            entries: Vec::new(),
            zones: Vec::new(),
            service_tags: Vec::new(),
            optional: Vec::new(),
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
        list.optional = options::of(self, services);
        list
    }
}

impl Allowlist {
    fn add_service(&mut self, endpoint: &Endpoint) {
        let (service, account) = (endpoint.service(), endpoint.account());
        let url = endpoint.to_url();
        let mut entry = AllowlistEntry::new(url.host_str().unwrap_or_default(), "service").for_service(service);
        entry.port = url.port_or_known_default().unwrap_or(HTTPS);
        entry.is_private = endpoint.expects() == Expectation::PrivateAddress;
        if !entry.is_private && !matches!(account.resource(), Resource::Container(_)) {
            self.tag(account, network::SPEECH);
        }
        self.add(entry);
        self.note_media(service);
        if endpoint.discovery() != Discovery::None && endpoint.is_own_host() {
            self.add_redirect(endpoint);
        }
        if matches!(service, Service::Avatar | Service::AvatarRelayToken) {
            self.add_relay(endpoint);
        }
    }

    /// Adds the hosts that carry the media of a real-time avatar.
    fn add_relay(&mut self, endpoint: &Endpoint) {
        for host in hosts(endpoint.account(), network::AVATAR_RELAY) {
            let relay =
                AllowlistEntry::new(&host, "avatar media relay (20.202.0.0/16)").for_service(endpoint.service());
            let relay = AllowlistEntry { prefix: Some(AVATAR_ADDRESSES), ..relay };
            self.add(AllowlistEntry { port: 3478, transport: "udp", ..relay.clone() });
            self.add(AllowlistEntry { is_required: false, ..relay });
        }
    }

    /// Notes that the audio of a WebRTC call takes another way, whose addresses no documentation lists.
    fn note_media(&mut self, service: Service) {
        let has_media = matches!(
            service,
            Service::VoiceLiveWebRtc
                | Service::OpenAiRealtimeWebRtc
                | Service::OpenAiRealtimeTranslationWebRtc
                | Service::OpenAiLiveWebRtc
        );
        if has_media && !self.notes.iter().any(|note| note.id == "webrtc_media") {
            self.notes.push(Note::new("webrtc_media", WEBRTC_MEDIA));
        }
    }

    /// Adds the regional host to which an open resource may redirect real-time clients.
    fn add_redirect(&mut self, endpoint: &Endpoint) {
        let account = endpoint.account();
        let Host::Realtime(offering) = endpoint.service().row().host else { return };
        let region = account.region().map_or("{region}", Region::as_str);
        let host = format!("{region}.{offering}.{}", account.cloud().suffixes().realtime());
        let entry = AllowlistEntry::new(&host, "redirect target for real-time calls to an open resource")
            .for_service(endpoint.service());
        self.add(AllowlistEntry { is_required: endpoint.discovery() == Discovery::Required, ..entry });
    }

    fn add_identity(&mut self, account: &Account, services: &[Service], identity: CallerIdentity) {
        match identity {
            CallerIdentity::Key => {}
            CallerIdentity::IssuedToken => match account.endpoint(Service::IssueToken) {
                Ok(endpoint) => {
                    self.add(AllowlistEntry::new(endpoint.host(), "token issuing").for_service(Service::IssueToken));
                }
                Err(error) if !services.contains(&Service::IssueToken) => self.errors.push(error),
                Err(_) => {}
            },
            CallerIdentity::Entra => {
                let unknown = "the Entra authority of this cloud is unknown; define it with the cloud";
                match account.cloud().suffixes().authority() {
                    Some(authority) => self.add(AllowlistEntry::new(authority, "Entra tokens")),
                    None => self.notes.push(Note::new("authority", unknown)),
                }
                self.tag(account, network::ENTRA_TAG);
            }
            CallerIdentity::ManagedIdentity => {
                let metadata =
                    AllowlistEntry::new(METADATA_SERVICE, "managed identity (link-local, never through a proxy)");
                self.add(AllowlistEntry { port: 80, ..metadata });
            }
        }
    }

    fn add_zones(&mut self, account: &Account) {
        match account.scenario() {
            Scenario::PrivateEndpoint | Scenario::PrivateAndServiceEndpoint | Scenario::DisabledPrivateEndpoint => {}
            Scenario::ServiceEndpoint => return self.notes.push(Note::new("service_endpoint", SERVICE_ENDPOINT)),
            _ => return,
        }
        let cloud = account.cloud();
        self.notes.push(Note::new("dns", FORWARDING));
        for (name, suffix) in network::named_suffixes(cloud) {
            if !self.entries.iter().any(|entry| entry.host.ends_with(suffix)) {
                continue;
            }
            let fact = account.facts().named(FactKind::DnsZone, cloud, name);
            let private = fact.map_or_else(|| format!("privatelink.{suffix}"), |fact| fact.values[0].to_string());
            let is_confirmed = fact.is_none_or(|fact| fact.is_confirmed);
            self.zones.push(AllowlistZone { private, forward: suffix.to_owned(), is_confirmed });
            self.note_doubt(fact);
        }
    }

    /// Notes why a fact is unconfirmed, once.
    fn note_doubt(&mut self, fact: Option<&Fact>) {
        let why = fact.filter(|fact| !fact.is_confirmed).and_then(|fact| fact.note.as_deref());
        let note = why.map(|why| Note::new("unconfirmed", why));
        self.notes.extend(note.filter(|note| !self.notes.contains(note)));
    }

    /// Adds an entry, or adds its services to an existing one.
    fn add(&mut self, entry: AllowlistEntry) {
        merge(&mut self.entries, entry);
    }

    fn tag(&mut self, account: &Account, name: &str) {
        for tag in tags(account, name) {
            if !self.service_tags.contains(&tag) {
                self.service_tags.push(tag);
            }
        }
    }
}

/// Adds an entry to a list, or adds its services to the entry for the same place.
fn merge(entries: &mut Vec<AllowlistEntry>, entry: AllowlistEntry) {
    let place = |entry: &AllowlistEntry| (entry.host.clone(), entry.port, entry.transport);
    match entries.iter_mut().find(|known| place(known) == place(&entry)) {
        Some(known) => {
            known.is_required |= entry.is_required;
            let new = entry.services.into_iter().filter(|service| !known.services.contains(service));
            known.services.extend(new.collect::<Vec<_>>());
        }
        None => entries.push(entry),
    }
}

/// Returns the service tags with a name.
fn tags(account: &Account, name: &str) -> Vec<Text> {
    values(account, FactKind::ServiceTag, name)
}

/// Returns the hosts with a name.
fn hosts(account: &Account, name: &str) -> Vec<Text> {
    values(account, FactKind::Host, name)
}

fn values(account: &Account, kind: FactKind, name: &str) -> Vec<Text> {
    account.facts().named(kind, account.cloud(), name).map_or_else(Vec::new, |fact| fact.values.clone())
}

impl AllowlistEntry {
    /// Creates a required connection to port 443 of a public host.
    fn new(host: &str, purpose: &'static str) -> Self {
        let (port, transport, prefix, services) = (HTTPS, "tcp", None, Vec::new());
        let (is_required, is_private) = (true, false);
        Self { host: host.to_owned(), port, transport, prefix, purpose, services, is_required, is_private }
    }

    fn for_service(self, service: Service) -> Self {
        Self { services: vec![service], ..self }
    }
}

const HTTPS: u16 = 443;

/// <https://learn.microsoft.com/azure/ai-services/speech-service/text-to-speech-avatar/real-time-synthesis-avatar>
const AVATAR_ADDRESSES: &str = "20.202.0.0/16";

/// <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>
const METADATA_SERVICE: &str = "169.254.169.254";

const SERVICE_ENDPOINT: &str = "enable the service endpoint `Microsoft.CognitiveServices` on the subnet and allow the subnet on the resource; the addresses remain public";
const WEBRTC_MEDIA: &str = "the audio of a WebRTC call goes over UDP to the addresses in the response of the service; the documentation does not list them";
const FORWARDING: &str = "a DNS server outside the virtual network must forward the public zone, not the private one, to a resolver inside it; the Azure resolver is 168.63.129.16";

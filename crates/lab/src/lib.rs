//! The lab: an emulator of Azure on loopback. DNS, TCP, TLS, HTTP and WebSocket are real. Addresses are virtual, so that
//! private networks, dropped packets and broken address families can be simulated without privileges.
//!
//! The service synthesises, recognises and translates speech over REST and WebSockets. Synthesis returns tones that say the
//! text, and recognition hears them; a recording of anything else gives `NoMatch`. While the lab runs, a test can inspect requests ([`Lab::requests`]), change keys
//! ([`Lab::regenerate_key`]), expire tokens ([`Lab::expire_tokens`]) and reset connections ([`Lab::reset_share`]).
//! [`Lab::set_answers`] states what the service answers to the next turns, and where it fails.
//!
//! A client that does not use [`Lab::network`] reaches the world through [`Lab::open_forward_proxy`], and a test in another
//! language controls it over [`Lab::open_control_api`].
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use speech_endpoint_lab::{Lab, World};
//! use speech_endpoint::net::Network as _;
//!
//! # #[allow(clippy::disallowed_methods)]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let world = World::named("healthy-private-endpoint").ok_or("no such world")?;
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let lab = Lab::start(world, SystemTime::now()).await?;
//! let stream = lab.network().connect("10.1.0.4:443".parse()?).await?;
//! assert!(stream.peer_addr()?.ip().is_loopback());
//! # Ok(()) })
//! # }
//! ```

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use rustls::RootCertStore;
use tokio::task::JoinSet;

use speech_endpoint::Account;
use speech_endpoint::Expectation;
use speech_endpoint::Note;
use speech_endpoint::Query;
use speech_endpoint::Secret;
use speech_endpoint::Service;

mod acceptor;
mod access;
mod accounts;
mod api;
mod archive;
mod authority;
#[cfg(feature = "connect")]
mod connector;
mod control;
mod delivery;
mod dns;
mod doors;
mod drip;
mod error;
mod exchange;
mod fate;
mod flood;
mod foreign;
mod forward;
mod gateway;
mod ids;
mod jobs;
mod line;
mod lock;
mod managed_identity;
mod management;
mod multipart;
mod network;
mod proxy;
mod record;
mod rehearsal;
mod revocation;
mod scene;
mod scripted;
mod seen;
mod site;
mod speech;
mod start;
mod subject;
mod tls;
mod token;
mod vocabulary;
mod world;
mod worlds;

pub use accounts::WorldAccount;
#[cfg(feature = "connect")]
pub use connector::NoConnector;
pub use error::WorldError;
pub use managed_identity::IDENTITY_HEADER;
pub use network::LabNetwork;
pub use rehearsal::Rehearsal;
pub use scripted::{Answers, SeenTurn};
pub use seen::{LabEvent, SeenRequest};
pub use subject::ClientCredential;
pub use vocabulary::{Expected, ExpectedOfAccounts, WorldCloud, WorldResource};
pub use world::World;

use scene::Truth;
use site::Site;
use start::{Ground, Start};
use vocabulary::{GivenToml, StoreToml};

/// A running world. Dropping it stops everything.
pub struct Lab {
    world: World,
    account: Result<Account, Note>,
    remarks: Vec<Note>,
    credential: Option<ClientCredential>,
    now: SystemTime,
    network: LabNetwork,
    site: Arc<Site>,
    listeners: Vec<(String, SocketAddr, SocketAddr)>,
    _name_servers: Vec<dns::NameServer>,
    tasks: JoinSet<()>,
    /// The address of the control API, if it is open.
    control_api: Arc<OnceLock<SocketAddr>>,
}

impl Lab {
    /// Starts a world. Must be called inside a Tokio runtime; `now` is the real time.
    ///
    /// 1. Read the settings of the client, and derive the actual resource.
    /// 2. Start every name server with its view.
    /// 3. Start a listener for every address that a name resolves to, and for the proxy.
    ///
    /// # Errors
    ///
    /// Returns an error if the lab cannot listen on loopback.
    pub async fn start(world: World, now: SystemTime) -> io::Result<Self> {
        Self::begin(world, now, Ground::Loopback).await
    }

    /// Starts a world on its own addresses and ports, in a network namespace that has them. No address is virtual.
    ///
    /// Faults below TCP are left to routes and firewalls: the lab listens only on addresses that serve or reset
    /// connections, and delays nothing.
    ///
    /// # Errors
    ///
    /// Returns an error if this machine does not have an address, or if a port is taken or privileged.
    pub async fn start_at_own_addresses(world: World, now: SystemTime) -> io::Result<Self> {
        Self::begin(world, now, Ground::Own).await
    }

    async fn begin(world: World, now: SystemTime, ground: Ground) -> io::Result<Self> {
        let read = subject::account(world.resource());
        let (account, remarks) = match read {
            Ok(read) => (Ok(read.value), read.notes),
            Err(note) => (Err(note), Vec::new()),
        };
        let truth = Truth::of(&world, account.as_ref().ok());
        let maker = start::maker(&truth, now);
        let credential = subject::credential(&world, &maker);
        let site = Arc::new(start::site(&world, &truth, maker, now)?);
        let mut start = Start::new(&world, &truth, account.as_ref().ok(), Arc::clone(&site), ground);
        let resolver = start.name_servers().await?;
        // Boxed, because its size would add to every future that starts a lab.
        Box::pin(start.listen()).await?;
        let clock = world.toml.clock;
        let offset = clock.offset_days.saturating_mul(86_400).saturating_add(clock.offset_seconds);
        let away = Duration::from_secs(offset.unsigned_abs());
        let clock = if offset < 0 { now.checked_sub(away) } else { now.checked_add(away) };
        let network = LabNetwork::new(resolver, world.toml.machine.clone(), start.routes, world.toml.route);
        let Start { listeners, servers, tasks, .. } = start;
        Ok(Self {
            account,
            remarks,
            credential,
            now: clock.unwrap_or(now),
            network,
            site,
            listeners,
            _name_servers: servers,
            tasks,
            control_api: Arc::default(),
            world,
        })
    }

    /// Returns the world.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Returns the network that connects to this world.
    #[must_use]
    pub fn network(&self) -> LabNetwork {
        self.network.clone()
    }

    /// Returns the system trust store of this world's client.
    #[must_use]
    pub fn system_roots(&self) -> RootCertStore {
        self.site.certificates.store(self.world.toml.trust.system)
    }

    /// Returns the built-in root certificates.
    #[must_use]
    pub fn builtin_roots(&self) -> RootCertStore {
        self.site.certificates.store(StoreToml::Public)
    }

    /// Returns the public root certificate, for `--ca-file`.
    #[must_use]
    pub fn root_pem(&self) -> String {
        self.site.certificates.root_pem()
    }

    /// Returns the root certificates that this world's client trusts, as PEM; empty if it trusts none.
    #[must_use]
    pub fn trusted_pem(&self) -> String {
        self.site.certificates.store_pem(self.world.toml.trust.system)
    }

    /// Returns the root certificate of the company that inspects TLS, if this world's client trusts it.
    #[must_use]
    pub fn company_pem(&self) -> Option<String> {
        let is_trusted = self.world.toml.trust.system == StoreToml::Company;
        is_trusted.then(|| self.site.certificates.company_pem())
    }

    /// Returns the environment variables of this world's client.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let Some(proxy) = &self.world.toml.proxy else { return Vec::new() };
        let mut variables = Vec::new();
        if proxy.given == GivenToml::Environment {
            variables.push((proxy.variable.clone(), self.proxy_url().unwrap_or_default()));
        }
        variables.extend(proxy.no_proxy.clone().map(|hosts| ("NO_PROXY".to_owned(), hosts)));
        variables
    }

    /// Returns the value of `--proxy`, if this world's client uses it.
    #[must_use]
    pub fn proxy_argument(&self) -> Option<String> {
        let given = self.world.toml.proxy.as_ref()?.given;
        self.proxy_url().filter(|_| given == GivenToml::Argument)
    }

    fn proxy_url(&self) -> Option<String> {
        let proxy = self.world.toml.proxy.as_ref()?;
        if let Some(value) = &proxy.value {
            return Some(value.clone());
        }
        let credentials = proxy.credentials.as_ref().map(|given| format!("{given}@")).unwrap_or_default();
        Some(format!("http://{credentials}{}", proxy.address))
    }

    /// Returns the time of the client's clock when the world started.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.now
    }

    /// Returns the account as the client specifies it.
    ///
    /// # Errors
    ///
    /// Returns a note that describes an invalid account.
    pub fn account(&self) -> Result<&Account, &Note> {
        self.account.as_ref()
    }

    /// Returns the notes from reading the resource.
    #[must_use]
    pub fn remarks(&self) -> &[Note] {
        &self.remarks
    }

    /// Returns the services to check; empty means the default services.
    #[must_use]
    pub fn services(&self) -> &[Service] {
        &self.world.services
    }

    /// Returns the settings of the query.
    #[must_use]
    pub fn query(&self) -> &Query {
        &self.world.query
    }

    /// Returns the credential of the client.
    #[must_use]
    pub fn credential(&self) -> Option<&ClientCredential> {
        self.credential.as_ref()
    }

    /// Returns the reason why this world's client could not get the Entra token that it wants.
    #[must_use]
    pub fn unobtained(&self) -> Option<&str> {
        self.world.toml.credential.unobtained.as_deref()
    }

    /// Returns whether this world's client queries the instance metadata service.
    #[must_use]
    pub fn asks_metadata(&self) -> bool {
        self.world.toml.metadata.is_some()
    }

    /// Returns the second key, if this world's client has one.
    #[must_use]
    pub fn second_credential(&self) -> Option<ClientCredential> {
        subject::second_key(&self.world)
    }

    /// Returns the value of `--expect`, if this world's client uses it.
    #[must_use]
    pub fn expectation(&self) -> Option<Expectation> {
        match self.world.resource().expect.as_deref()? {
            "private" => Some(Expectation::PrivateAddress),
            "public" => Some(Expectation::PublicAddress),
            _ => Some(Expectation::Either),
        }
    }

    /// Returns the environment variables with which the application of every world signs in.
    #[must_use]
    pub fn sign_in_variables() -> [(&'static str, &'static str); 3] {
        [
            ("AZURE_TENANT_ID", token::TENANT),
            ("AZURE_CLIENT_ID", token::APPLICATION),
            ("AZURE_CLIENT_SECRET", authority::CLIENT_SECRET),
        ]
    }

    /// Returns a token for the management API, as the authority of this world issues it; `None` if the world has no documents.
    #[must_use]
    pub fn management_token(&self) -> Option<ClientCredential> {
        let text = Secret::from(self.site.management.as_ref()?.token());
        Some(ClientCredential { is_token: true, text })
    }

    /// Returns the listeners: role, virtual address and real address.
    #[must_use]
    pub fn listeners(&self) -> Vec<(String, SocketAddr, SocketAddr)> {
        self.listeners.clone()
    }
}

impl fmt::Debug for Lab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lab")
            .field("title", &self.world.title())
            .field("listeners", &self.listeners)
            .finish_non_exhaustive()
    }
}

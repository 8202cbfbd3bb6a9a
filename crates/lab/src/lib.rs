//! The lab: an emulator on loopback that stands in for Azure. DNS, TCP, TLS, HTTP and WebSocket are real; addresses are
//! virtual, so that private networks, dropped packets and dead families can be had without privileges.
//!
//! The service speaks and listens, over REST and over WebSockets, with a simplification: it does not hear. What it
//! synthesises is a tone in a WAV file, whose comment is the text; what it recognises is that comment, and a recording
//! without one is not understood. While it runs, a test sees which requests came ([`Lab::requests`]), changes keys
//! ([`Lab::regenerate_key`]), ends tokens ([`Lab::expire_tokens`]) and resets connections ([`Lab::reset_share`]).
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
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::RootCertStore;
use tokio::task::JoinSet;

use speech_endpoint::Account;
use speech_endpoint::Expectation;
use speech_endpoint::Note;
use speech_endpoint::Query;
use speech_endpoint::Service;

mod authority;
mod control;
mod dns;
mod fate;
mod gateway;
mod network;
mod proxy;
mod rehearsal;
mod scene;
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

pub use network::LabNetwork;
pub use rehearsal::{Obtained, Rehearsal};
pub use seen::Seen;
pub use subject::GivenCredential;
pub use world::{Expect, ResourceToml, World, WorldError};

use scene::Truth;
use site::Site;
use start::{Ground, Start};
use vocabulary::{GivenToml, StoreToml};

/// A running world. Everything ends when it is dropped.
pub struct Lab {
    world: World,
    account: Result<Account, Note>,
    remarks: Vec<Note>,
    credential: Option<GivenCredential>,
    now: SystemTime,
    network: LabNetwork,
    site: Arc<Site>,
    listeners: Vec<(String, SocketAddr, SocketAddr)>,
    _name_servers: Vec<dns::NameServer>,
    _tasks: JoinSet<()>,
}

impl Lab {
    /// Starts a world, inside a runtime; `now` is the real time.
    ///
    /// 1. Read what the client gives, and find the resource as it really is.
    /// 2. Give every name server its view, and start it.
    /// 3. Start a listener for every address that a name leads to, and for the proxy.
    ///
    /// # Errors
    ///
    /// When loopback cannot be listened on.
    pub async fn start(world: World, now: SystemTime) -> io::Result<Self> {
        Self::begin(world, now, Ground::Loopback).await
    }

    /// Starts a world at its own addresses and ports, for a network namespace that has them: no address is virtual then.
    ///
    /// What the world does not serve is left to routes and firewalls: nothing listens at an address whose end is another
    /// than to serve or to reset, and nothing is delayed.
    ///
    /// # Errors
    ///
    /// When an address is not one of this machine, or its port is taken or needs privileges.
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
        start.listen().await?;
        let offset = world.toml.clock.offset_days;
        let away = Duration::from_secs(offset.unsigned_abs().saturating_mul(86_400));
        let clock = if offset < 0 { now.checked_sub(away) } else { now.checked_add(away) };
        let network = LabNetwork::new(resolver, start.routes);
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
            _tasks: tasks,
            world,
        })
    }

    /// The world.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The network that leads into it.
    #[must_use]
    pub fn network(&self) -> LabNetwork {
        self.network.clone()
    }

    /// What the machine of this world trusts.
    #[must_use]
    pub fn system_roots(&self) -> RootCertStore {
        self.site.certificates.store(self.world.toml.trust.system)
    }

    /// What a built-in set of roots holds.
    #[must_use]
    pub fn builtin_roots(&self) -> RootCertStore {
        self.site.certificates.store(StoreToml::Public)
    }

    /// The public root, for `--ca-file`.
    #[must_use]
    pub fn root_pem(&self) -> String {
        self.site.certificates.root_pem()
    }

    /// The environment that the client of this world has.
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

    /// The value of `--proxy`, where the client of this world gives it.
    #[must_use]
    pub fn proxy_argument(&self) -> Option<String> {
        let given = self.world.toml.proxy.as_ref()?.given;
        self.proxy_url().filter(|_| given == GivenToml::Argument)
    }

    fn proxy_url(&self) -> Option<String> {
        let proxy = self.world.toml.proxy.as_ref()?;
        let credentials = proxy.credentials.as_ref().map(|given| format!("{given}@")).unwrap_or_default();
        Some(format!("http://{credentials}{}", proxy.address))
    }

    /// The client's clock when the world was started.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.now
    }

    /// The account as the client gives it.
    ///
    /// # Errors
    ///
    /// What is wrong with it, with its id.
    pub fn account(&self) -> Result<&Account, &Note> {
        self.account.as_ref()
    }

    /// What reading the resource remarked on.
    #[must_use]
    pub fn remarks(&self) -> &[Note] {
        &self.remarks
    }

    /// The services that are looked at; none for the usual ones.
    #[must_use]
    pub fn services(&self) -> &[Service] {
        &self.world.services
    }

    /// The settings of the query.
    #[must_use]
    pub fn query(&self) -> &Query {
        &self.world.query
    }

    /// What the client authenticates with.
    #[must_use]
    pub fn credential(&self) -> Option<&GivenCredential> {
        self.credential.as_ref()
    }

    /// The second key, where the client of this world has it.
    #[must_use]
    pub fn second_credential(&self) -> Option<GivenCredential> {
        subject::second_key(&self.world)
    }

    /// The value of `--expect`, where the client of this world gives it.
    #[must_use]
    pub fn expectation(&self) -> Option<Expectation> {
        match self.world.resource().expect.as_deref()? {
            "private" => Some(Expectation::PrivateAddress),
            "public" => Some(Expectation::PublicAddress),
            _ => Some(Expectation::Either),
        }
    }

    /// The variables with which the one application of every world signs in.
    #[must_use]
    pub fn sign_in_variables() -> [(&'static str, &'static str); 3] {
        [
            ("AZURE_TENANT_ID", token::TENANT),
            ("AZURE_CLIENT_ID", token::APPLICATION),
            ("AZURE_CLIENT_SECRET", authority::CLIENT_SECRET),
        ]
    }

    /// What listens: in words, at which virtual address, at which real one.
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

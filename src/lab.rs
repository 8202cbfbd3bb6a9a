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
//! use speech_endpoint::lab::{Lab, World};
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

use crate::account::Account;
use crate::credential::{Credential, CredentialError};
use crate::endpoint::Expectation;
use crate::evidence::{CredentialFacts, Evidence, Remark, ResourceFacts};
use crate::net::proxy::ProxySettings;
use crate::net::tls::Trust;
use crate::note::Note;
use crate::plan::{DEFAULT_JOBS, Plan, Target};
use crate::probe::{Family, Means, Watch, probe};
use crate::query::Query;
use crate::service::Service;

mod authority;
mod control;
mod dns;
mod fate;
mod gateway;
mod network;
mod proxy;
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

    /// What the client of this world would look at.
    ///
    /// # Errors
    ///
    /// What is wrong with the resource, with its id.
    pub fn plan(&self, rehearsal: &Rehearsal) -> Result<Plan, &Note> {
        let account = self.account()?;
        let credential = self.used(rehearsal).and_then(Result::ok);
        let services = if rehearsal.services.is_empty() { self.services() } else { &rehearsal.services };
        let total = rehearsal.total.unwrap_or(self.world.total());
        let hold = rehearsal.hold.unwrap_or(self.world.hold());
        let jobs = rehearsal.jobs.unwrap_or(DEFAULT_JOBS);
        let mut plan = Plan::new(account, services, self.query(), credential.as_ref(), total, jobs);
        plan.hold(hold);
        plan.rounds(rehearsal.rounds.unwrap_or(self.world.rounds()));
        if let Some(expect) = rehearsal.expect.or(self.expectation()) {
            plan.expect(expect);
        }
        let unobtained = self.world.toml.credential.unobtained.is_some();
        if rehearsal.obtained.as_ref().map_or(unobtained, |obtained| obtained.credential.is_none()) {
            // Looked at although there is no token.
            plan.add(Target::authority(account));
        }
        if let Some(copies) = rehearsal.copies {
            let targets = std::mem::take(&mut plan.targets);
            plan.add(targets.into_iter().flat_map(|target| std::iter::repeat_n(target, copies)));
        }
        Ok(plan)
    }

    /// Looks at this world as its client would, and keeps what is seen.
    ///
    /// 1. What cannot be read of the resource or the credential is evidence too.
    /// 2. Plan and probe as for a real network.
    pub async fn examine(
        &self,
        rehearsal: &Rehearsal,
        watch: &impl Watch,
        interrupt: impl Future<Output = ()>,
    ) -> Evidence {
        let plan = match self.plan(rehearsal) {
            Ok(plan) => plan,
            Err(note) => return self.unreadable(note),
        };
        let trust = Trust::of(self.system_roots(), self.builtin_roots(), "the lab's store");
        let network = self.network();
        let proxies = ProxySettings::new(self.proxy_argument().as_deref(), &self.variables()).unwrap_or_default();
        let mut means = Means::new(&network, &trust, &proxies, self.now);
        means.family = rehearsal.family;
        means.remarks = self.remarks.iter().map(remark).collect();
        match (&rehearsal.obtained, &self.world.toml.credential.unobtained) {
            (Some(obtained), _) => means.remarks.extend(obtained.remarks.iter().cloned()),
            (None, Some(why)) => means.remarks.push(Remark::new("AUTH11", why, false)),
            (None, None) => {}
        }
        let read = self.used(rehearsal);
        if let Some(Ok(credential)) = &read {
            means.credential = Some(credential);
            means.remarks.extend(credential.notes(&plan.account).iter().map(remark));
        }
        let second = self.second_credential().filter(|_| rehearsal.obtained.is_none());
        let second = second.and_then(|given| given.read().ok());
        means.second_key = second.as_ref();
        means.second_key_facts = second.as_ref().map(|key| key.facts(rehearsal.salt));
        means.credential_facts = read.as_ref().map(|read| match read {
            Ok(credential) => credential.facts(rehearsal.salt),
            Err(error) => CredentialFacts::faulty(if self.gives_token() { "token" } else { "key" }, error),
        });
        probe(&plan, &means, watch, interrupt).await
    }

    /// What is authenticated with: what was obtained, else what the world's client gives.
    fn used(&self, rehearsal: &Rehearsal) -> Option<Result<Credential, CredentialError>> {
        match &rehearsal.obtained {
            Some(obtained) => obtained.credential.clone().map(Ok),
            None => self.credential.as_ref().map(GivenCredential::read),
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

    fn gives_token(&self) -> bool {
        self.credential.as_ref().is_some_and(|given| given.is_token)
    }

    /// The resource cannot be read, so there is nothing to look at.
    fn unreadable(&self, note: &Note) -> Evidence {
        let mut evidence = Evidence::new(self.now, ResourceFacts::default());
        evidence.remarks = self.remarks.iter().map(remark).collect();
        evidence.remarks.push(Remark { is_error: true, ..remark(note) });
        evidence
    }

    /// What listens: in words, at which virtual address, at which real one.
    #[must_use]
    pub fn listeners(&self) -> Vec<(String, SocketAddr, SocketAddr)> {
        self.listeners.clone()
    }
}

/// Where a rehearsal differs from what the world states.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Rehearsal {
    /// Services in place of those of the world; none for the world's.
    pub services: Vec<Service>,
    /// The kind of address to expect.
    pub expect: Option<Expectation>,
    /// How long the whole run may take.
    pub total: Option<Duration>,
    /// For how long open sockets are held in silence.
    pub hold: Option<Duration>,
    /// How many further connections are timed.
    pub rounds: Option<usize>,
    /// Targets at once.
    pub jobs: Option<usize>,
    /// The family of addresses to connect to.
    pub family: Family,
    /// How often each target is looked at, to see what many cost; once when not given.
    pub copies: Option<usize>,
    /// What fingerprints are salted with.
    pub salt: u64,
    /// A credential in place of what the world's client gives.
    pub obtained: Option<Obtained>,
}

/// What somebody obtained to authenticate with, as a token is.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Obtained {
    /// The credential; none where none could be obtained.
    pub credential: Option<Credential>,
    /// How it was obtained, or why it was not.
    pub remarks: Vec<Remark>,
}

fn remark(note: &Note) -> Remark {
    Remark::new(note.id, note.text.clone(), false)
}

impl fmt::Debug for Lab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lab")
            .field("title", &self.world.title())
            .field("listeners", &self.listeners)
            .finish_non_exhaustive()
    }
}

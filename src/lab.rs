//! The lab: an emulator on loopback that stands in for Azure. DNS, TCP, TLS, HTTP and WebSocket are real; addresses are
//! virtual, so that private networks, dropped packets and dead families can be had without privileges.
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

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::RootCertStore;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::account::Account;
use crate::evidence::{CredentialFacts, Evidence, Remark};
use crate::name::Region;
use crate::net::dns::{Resolver, System};
use crate::net::proxy::ProxySettings;
use crate::net::tls::Trust;
use crate::note::Note;
use crate::plan::Plan;
use crate::probe::{Means, probe};
use crate::query::Query;
use crate::service::Service;

mod dns;
mod gateway;
mod network;
mod proxy;
mod scene;
mod site;
mod subject;
mod tls;
mod token;
mod world;
mod worlds;

pub use network::LabNetwork;
pub use subject::GivenCredential;
pub use world::{Expect, ResourceToml, World, WorldError};

use network::Route;
use proxy::Proxy;
use scene::Truth;
use site::{Site, Way};
use world::{EndToml, GivenToml, PrivateZoneToml, ServerToml};

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
        let read = subject::account(world.resource());
        let (account, remarks) = match read {
            Ok(read) => (Ok(read.value), read.notes),
            Err(note) => (Err(note), Vec::new()),
        };
        let truth = Truth::of(&world, account.as_ref().ok());
        let maker = maker(&truth, now);
        let credential = subject::credential(&world, &maker);
        let site = Arc::new(site(&world, &truth, maker, now)?);
        let mut start = Start::new(&world, &truth, account.as_ref().ok(), Arc::clone(&site));
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
        self.site.certificates.store(world::StoreToml::Public)
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

    /// The value of `--expect`, where the client of this world gives it.
    #[must_use]
    pub fn expectation(&self) -> Option<crate::Expectation> {
        match self.world.resource().expect.as_deref()? {
            "private" => Some(crate::Expectation::PrivateAddress),
            "public" => Some(crate::Expectation::PublicAddress),
            _ => Some(crate::Expectation::Either),
        }
    }

    /// Looks at this world as its client would, and keeps what is seen.
    ///
    /// 1. What cannot be read of the resource or the credential is a remark.
    /// 2. Plan and probe as for a real network.
    pub async fn examine(&self) -> Evidence {
        let trust = Trust::of(self.system_roots(), self.builtin_roots(), "the lab's store");
        let network = self.network();
        let proxies = ProxySettings::new(self.proxy_argument().as_deref(), &self.variables()).unwrap_or_default();
        let mut means = Means::new(&network, &trust, &proxies, self.now);
        means.remarks = self.remarks.iter().map(|note| Remark::new(note.id, &note.text, false)).collect();
        let account = match self.account() {
            Ok(account) => account,
            Err(note) => return unreadable(note, &means),
        };
        let read = self.credential.as_ref().map(GivenCredential::read);
        let salt = 0;
        means.credential = read.as_ref().and_then(|read| read.as_ref().ok());
        means.credential_facts = read.as_ref().map(|read| match read {
            Ok(credential) => credential.facts(salt),
            Err(error) => CredentialFacts {
                fault: Some((error.id().to_owned(), error.to_string())),
                ..CredentialFacts::default()
            },
        });
        if let Some(credential) = means.credential {
            means.remarks.extend(credential.notes(account).iter().map(|note| Remark::new(note.id, &note.text, false)));
        }
        let (total, jobs) = (self.world.total(), crate::plan::DEFAULT_JOBS);
        let mut plan = Plan::new(account, self.services(), self.query(), means.credential, total, jobs);
        if let Some(expect) = self.expectation() {
            plan.expect(expect);
        }
        probe(&plan, &means, &(), std::future::pending()).await
    }

    /// What listens: in words, at which virtual address, at which real one.
    #[must_use]
    pub fn listeners(&self) -> Vec<(String, SocketAddr, SocketAddr)> {
        self.listeners.clone()
    }
}

/// The resource cannot be read, so there is nothing to look at.
fn unreadable(note: &Note, means: &Means<'_, LabNetwork>) -> Evidence {
    let mut remarks = means.remarks.clone();
    remarks.push(Remark::new(note.id, &note.text, true));
    Evidence::of_remarks(means.now, remarks)
}

impl fmt::Debug for Lab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lab")
            .field("title", &self.world.title())
            .field("listeners", &self.listeners)
            .finish_non_exhaustive()
    }
}

/// A world on its way up.
struct Start<'a> {
    world: &'a World,
    truth: &'a Truth,
    public: HashMap<String, dns::NameAnswer>,
    site: Arc<Site>,
    /// Every address that something leads to.
    addresses: BTreeSet<IpAddr>,
    routes: HashMap<SocketAddr, Route>,
    listeners: Vec<(String, SocketAddr, SocketAddr)>,
    servers: Vec<dns::NameServer>,
    tasks: JoinSet<()>,
}

impl<'a> Start<'a> {
    fn new(world: &'a World, truth: &'a Truth, account: Option<&Account>, site: Arc<Site>) -> Self {
        let believed = account.and_then(Account::region).map(Region::as_str);
        Self {
            public: scene::public_names(truth, believed, world.toml.ipv6),
            world,
            truth,
            site,
            addresses: BTreeSet::new(),
            routes: HashMap::new(),
            listeners: Vec::new(),
            servers: Vec::new(),
            tasks: JoinSet::new(),
        }
    }

    fn view(&self, private_zone: PrivateZoneToml, of_server: Option<&ServerToml>) -> dns::View {
        let stated: Vec<_> =
            [Some(&self.world.toml.dns), of_server.map(|server| &server.dns)].into_iter().flatten().collect();
        dns::View::new(&self.public, self.truth, private_zone, &stated)
    }

    async fn name_servers(&mut self) -> io::Result<Resolver> {
        let toml = &self.world.toml.resolver;
        let usual = [ServerToml::usual()];
        let servers = if toml.servers.is_empty() { &usual[..] } else { &toml.servers };
        let mut resolver = Resolver { search: toml.search.clone(), ndots: toml.ndots, ..Resolver::default() };
        let mut first = None;
        for server in servers {
            let view = self.view(server.private_zone, Some(server));
            self.addresses.extend(view.all_addresses());
            first.get_or_insert_with(|| view.clone());
            let running = dns::NameServer::start(view.served_by(server)).await?;
            resolver
                .servers
                .push(crate::net::dns::NameServer { shown: server.address, reached_at: running.reached_at });
            self.listeners.push(("name server".into(), server.address, running.reached_at));
            self.servers.push(running);
        }
        let by_name = |names: &std::collections::BTreeMap<String, Vec<IpAddr>>| {
            names.iter().map(|(name, ips)| (dns::plain(name), ips.clone())).collect::<HashMap<_, _>>()
        };
        resolver.hosts = by_name(&toml.hosts);
        self.addresses.extend(toml.hosts.values().chain(toml.system.values()).flatten());
        resolver.system = match first.filter(|_| !toml.system.is_empty()) {
            None => System::Emulated,
            Some(view) => {
                // What the system is not said to see differently, it sees as the first server does.
                let mut fixed: HashMap<_, _> =
                    view.names().map(|name| (name.to_owned(), view.addresses(name))).collect();
                fixed.extend(by_name(&toml.system));
                System::Fixed(fixed)
            }
        };
        Ok(resolver)
    }

    async fn listen(&mut self) -> io::Result<()> {
        let stated: Vec<_> = self.world.toml.addresses.iter().map(|(ip, toml)| (*ip, toml.parts())).collect();
        let serve = (EndToml::Serve, Duration::ZERO);
        for ip in std::mem::take(&mut self.addresses).into_iter().chain(stated.iter().map(|(ip, _)| *ip)) {
            let (end, delay) = stated.iter().find(|(known, _)| *known == ip).map_or(serve, |(_, parts)| *parts);
            let peer = SocketAddr::new(ip, 443);
            if self.routes.contains_key(&peer) {
                continue;
            }
            let listener = match end {
                EndToml::Serve => Some(self.serve(ip).await?),
                EndToml::Reset => Some(self.reset().await?),
                _ => None,
            };
            self.routes.insert(peer, Route { end, delay, listener });
            self.listeners.extend(listener.map(|real| ("service".to_owned(), peer, real)));
        }
        self.listen_as_proxy().await
    }

    async fn serve(&mut self, came_by: IpAddr) -> io::Result<SocketAddr> {
        let site = Arc::clone(&self.site);
        let way = Way { came_by, stops_upgrades: None };
        self.accept(move |stream| {
            let site = Arc::clone(&site);
            // How a connection ends is what clients are there to see.
            async move { drop(site.serve(stream, way).await) }
        })
        .await
    }

    /// Waits for the first byte, so that the connection is there before it is reset.
    async fn reset(&mut self) -> io::Result<SocketAddr> {
        self.accept(|stream: TcpStream| async move {
            let _ = stream.readable().await;
            let _ = stream.set_zero_linger();
        })
        .await
    }

    async fn listen_as_proxy(&mut self) -> io::Result<()> {
        let Some(toml) = &self.world.toml.proxy else { return Ok(()) };
        let peer = toml.address;
        let (end, delay) = match self.world.toml.addresses.get(&peer.ip()) {
            Some(toml) => toml.parts(),
            None => (EndToml::Serve, Duration::ZERO),
        };
        let view = self.view(PrivateZoneToml::Absent, None);
        let proxy = Arc::new(Proxy { toml: toml.clone(), view, site: Arc::clone(&self.site) });
        let real = self
            .accept(move |stream| {
                let proxy = Arc::clone(&proxy);
                async move { drop(proxy.serve(stream).await) }
            })
            .await?;
        self.routes.insert(peer, Route { end, delay, listener: Some(real) });
        self.listeners.push(("proxy".into(), peer, real));
        Ok(())
    }

    /// Listens on loopback. Connections end with the task that accepted them, and that with the lab.
    async fn accept<F, W>(&mut self, serve: F) -> io::Result<SocketAddr>
    where
        F: Fn(TcpStream) -> W + Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let real = listener.local_addr()?;
        self.tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let stream = tokio::select! {
                    accepted = listener.accept() => accepted,
                    Some(_) = connections.join_next() => continue,
                };
                let Ok((stream, _)) = stream else { continue };
                // A socket that refuses this option is slower, not wrong.
                let _ = stream.set_nodelay(true);
                connections.spawn(serve(stream));
            }
        });
        Ok(real)
    }
}

fn maker(truth: &Truth, now: SystemTime) -> token::Maker {
    let scope = truth.cloud.suffixes().token_scope().unwrap_or_default();
    token::Maker {
        now,
        region: truth.region.clone(),
        account: truth.domain.clone().unwrap_or_else(|| "contoso-speech".into()),
        audience: scope.strip_suffix("/.default").unwrap_or(scope).to_owned(),
    }
}

fn site(world: &World, truth: &Truth, maker: token::Maker, now: SystemTime) -> io::Result<Site> {
    Ok(Site {
        gateway: gateway::Gateway {
            truth: truth.clone(),
            toml: world.toml.gateway.clone(),
            answers: world.toml.answers.clone(),
            maker,
            now,
        },
        certificates: tls::Certificates::new(world.toml.tls.clone(), now)?,
        authority: truth.cloud.suffixes().authority().map(str::to_owned),
    })
}

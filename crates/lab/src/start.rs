//! Starts a world: its name servers, and a listener for every address that is in use.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::acceptor;
use super::accounts::Accounts;
use super::authority::Authority;
use super::control::Control;
use super::fate::{self, Fate};
use super::jobs::Jobs;
use super::management::Management;
use super::network::Route;
use super::proxy::Proxy;
use super::record::NameAnswer;
use super::scene::{self, Truth};
use super::scripted::Director;
use super::seen::LabEvent;
use super::site::{Site, Way};
use super::vocabulary::{EndToml, PrivateZoneToml, ServerToml};
use super::world::World;
use super::{dns, gateway, revocation, tls, token};
use speech_endpoint::Account;
use speech_endpoint::Region;
use speech_endpoint::emulation::{NameServer, Resolver, System, normalized_host};

/// The addresses on which a world listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    /// Free ports on loopback, to which the lab's network connects.
    Loopback,
    /// The world's own addresses and ports, which this machine must have.
    Own,
}

impl Ground {
    fn place(self, peer: SocketAddr) -> SocketAddr {
        match self {
            Self::Loopback => SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            Self::Own => peer,
        }
    }
}

/// A world that is starting.
pub(super) struct Start<'a> {
    world: &'a World,
    truth: &'a Truth,
    ground: Ground,
    public: HashMap<String, NameAnswer>,
    site: Arc<Site>,
    /// Every address in use.
    addresses: BTreeSet<IpAddr>,
    /// The listener of the private endpoints of the further accounts.
    shared: Option<SocketAddr>,
    pub(super) routes: HashMap<SocketAddr, Route>,
    pub(super) listeners: Vec<(String, SocketAddr, SocketAddr)>,
    pub(super) servers: Vec<dns::NameServer>,
    pub(super) tasks: JoinSet<()>,
}

impl<'a> Start<'a> {
    pub(super) fn new(
        world: &'a World,
        truth: &'a Truth,
        account: Option<&Account>,
        site: Arc<Site>,
        ground: Ground,
    ) -> Self {
        let believed = account.and_then(Account::region).map(Region::as_str);
        let management = site.management.as_ref().map(|management| management.host.as_str());
        let has_revocation = world.toml.tls.revocation.is_some();
        let mut public = scene::public_names(truth, believed, world.toml.ipv6, has_revocation, management);
        public.extend(site.accounts.names.clone());
        Self {
            public,
            world,
            truth,
            ground,
            site,
            addresses: BTreeSet::new(),
            shared: None,
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

    pub(super) async fn name_servers(&mut self) -> io::Result<Resolver> {
        let toml = &self.world.toml.resolver;
        let usual = [ServerToml::usual()];
        let servers = match toml.servers.as_slice() {
            [] if toml.without_servers => &[],
            [] => &usual[..],
            servers => servers,
        };
        let mut resolver = Resolver::default();
        resolver.lacks_servers = Some(servers.is_empty());
        resolver.search.clone_from(&toml.search);
        resolver.ndots = toml.ndots;
        let mut first = None;
        for server in servers {
            let view = self.view(server.private_zone, Some(server));
            self.addresses.extend(view.all_addresses());
            first.get_or_insert_with(|| view.clone());
            let place = self.ground.place(server.address);
            let running = dns::NameServer::start(view.served_by(server), place)
                .await
                .map_err(|error| acceptor::at(place, &error))?;
            resolver.servers.push(NameServer::at(server.address).reached_at(running.reached_at));
            self.listeners.push(("name server".into(), server.address, running.reached_at));
            self.servers.push(running);
        }
        let by_name = |names: &BTreeMap<String, Vec<IpAddr>>| {
            names.iter().map(|(name, ips)| (normalized_host(name), ips.clone())).collect::<HashMap<_, _>>()
        };
        resolver.hosts = by_name(&toml.hosts);
        if let Some((host, _)) = &self.truth.container {
            resolver.hosts.insert(host.clone(), vec![CONTAINER.into()]);
        }
        self.addresses.extend(toml.hosts.values().chain(toml.system.values()).flatten());
        resolver.system = match first.filter(|_| !toml.system.is_empty()) {
            None => System::Emulated,
            Some(view) => {
                // By default, the system sees the names as the first server does.
                let mut fixed: HashMap<_, _> =
                    view.names().map(|name| (name.to_owned(), view.addresses(name))).collect();
                fixed.extend(by_name(&toml.system));
                System::Fixed(fixed)
            }
        };
        Ok(resolver)
    }

    pub(super) async fn listen(&mut self) -> io::Result<()> {
        let stated: Vec<_> = self.world.toml.addresses.iter().map(|(ip, toml)| (*ip, toml.parts())).collect();
        let serve = (EndToml::Serve, Duration::ZERO);
        for ip in std::mem::take(&mut self.addresses).into_iter().chain(stated.iter().map(|(ip, _)| *ip)) {
            let of_account = self.site.accounts.addresses.get(&ip).map(|end| (*end, Duration::ZERO));
            let usual = of_account.unwrap_or(serve);
            let (end, delay) = stated.iter().find(|(known, _)| *known == ip).map_or(usual, |(_, parts)| *parts);
            let peer = SocketAddr::new(ip, 443);
            if self.routes.contains_key(&peer) {
                continue;
            }
            let burst = self.world.toml.addresses.get(&ip).and_then(|toml| toml.burst());
            let listener = match end {
                EndToml::Serve if of_account.is_some() => Some(self.serve_account(peer).await?),
                EndToml::Serve | EndToml::LoseLarge => Some(self.serve(peer).await?),
                EndToml::Reset => Some(self.reset(peer).await?),
                _ => None,
            };
            self.routes.insert(peer, Route { end, delay, burst, listener });
            self.listeners.extend(listener.map(|real| ("service".to_owned(), peer, real)));
        }
        self.listen_as_metadata().await?;
        self.listen_as_container().await?;
        self.listen_as_authority().await?;
        self.listen_as_proxy().await
    }

    async fn listen_as_metadata(&mut self) -> io::Result<()> {
        if !self.world.toml.metadata.as_ref().is_some_and(|toml| toml.answers) {
            return Ok(());
        }
        let peer = SocketAddr::from((METADATA_SERVICE, 80));
        let site = Arc::clone(&self.site);
        let real = self
            .accept(peer, move |stream, fate| {
                let site = Arc::clone(&site);
                let way = Way { came_by: METADATA_SERVICE.into(), stops_upgrades: None, fate };
                async move { drop(site.serve_http(stream, way).await) }
            })
            .await?;
        self.routes
            .insert(peer, Route { end: EndToml::Serve, delay: Duration::ZERO, burst: None, listener: Some(real) });
        self.listeners.push(("metadata service".into(), peer, real));
        Ok(())
    }

    /// Listens on port 80 for the revocation lists and the responder that certificates name.
    async fn listen_as_authority(&mut self) -> io::Result<()> {
        let Some(toml) = self.world.toml.tls.revocation else { return Ok(()) };
        for (_, ip) in revocation::HOSTS {
            let stated = self.world.toml.addresses.get(&IpAddr::V4(ip));
            let (end, delay) = stated.map_or((EndToml::Serve, Duration::ZERO), |toml| toml.parts());
            let peer = SocketAddr::from((ip, 80));
            let real = self.accept(peer, move |stream, _| revocation::serve(stream, toml)).await?;
            self.routes.insert(peer, Route { end, delay, burst: None, listener: Some(real) });
            self.listeners.push(("authority".into(), peer, real));
        }
        Ok(())
    }

    async fn listen_as_container(&mut self) -> io::Result<()> {
        let Some((_, port)) = self.truth.container else { return Ok(()) };
        let site = Arc::clone(&self.site);
        let peer = SocketAddr::from((CONTAINER, port));
        let real = self
            .accept(peer, move |stream, fate| {
                let site = Arc::clone(&site);
                let way = Way { came_by: CONTAINER.into(), stops_upgrades: None, fate };
                async move { drop(site.serve_http(stream, way).await) }
            })
            .await?;
        self.routes
            .insert(peer, Route { end: EndToml::Serve, delay: Duration::ZERO, burst: None, listener: Some(real) });
        self.listeners.push(("container".into(), peer, real));
        Ok(())
    }

    /// Serves a private endpoint of a further account. Where addresses are virtual, one listener serves all of them: a
    /// thousand would need as many descriptors.
    async fn serve_account(&mut self, peer: SocketAddr) -> io::Result<SocketAddr> {
        if let Some(shared) = self.shared.filter(|_| self.ground == Ground::Loopback) {
            return Ok(shared);
        }
        let real = self.serve(peer).await?;
        self.shared = Some(real);
        Ok(real)
    }

    async fn serve(&mut self, peer: SocketAddr) -> io::Result<SocketAddr> {
        let site = Arc::clone(&self.site);
        self.accept(peer, move |stream, fate| {
            let site = Arc::clone(&site);
            let way = Way { came_by: peer.ip(), stops_upgrades: None, fate };
            async move { drop(site.serve(stream, way).await) }
        })
        .await
    }

    /// Waits for the first byte, so that the connection is established before it is reset.
    async fn reset(&mut self, peer: SocketAddr) -> io::Result<SocketAddr> {
        self.accept(peer, |stream: TcpStream, _| async move {
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
            .accept(peer, move |stream, fate| {
                let proxy = Arc::clone(&proxy);
                async move { drop(proxy.serve(stream, fate).await) }
            })
            .await?;
        self.routes.insert(peer, Route { end, delay, burst: None, listener: Some(real) });
        self.listeners.push(("proxy".into(), peer, real));
        Ok(())
    }

    /// Listens for an address. Connections end with the task that accepted them, and the task ends with the lab.
    async fn accept<F, W>(&mut self, peer: SocketAddr, serve: F) -> io::Result<SocketAddr>
    where
        F: Fn(TcpStream, Arc<Fate>) -> W + Send + Sync + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        let listener = acceptor::bind(self.ground.place(peer)).await?;
        let real = listener.local_addr()?;
        let (site, serve) = (Arc::clone(&self.site), Arc::new(serve));
        self.tasks.spawn(acceptor::serve_each(listener, Semaphore::MAX_PERMITS, move |stream| {
            let (site, serve) = (Arc::clone(&site), Arc::clone(&serve));
            async move {
                let control = &site.gateway.control;
                control.report(|| LabEvent::Connection(peer));
                let (_open, fate) = (control.open(), control.fate());
                let serve = |stream| serve(stream, Arc::clone(&fate));
                // Clients observe how a connection ends; the server ignores it.
                drop(fate::live(stream, &fate, control.reset_all(), serve).await);
            }
        }));
        Ok(real)
    }
}

pub(super) fn maker(truth: &Truth, now: SystemTime) -> token::Maker {
    let scope = truth.cloud.suffixes().token_scope().unwrap_or_default();
    token::Maker {
        now,
        region: truth.region.clone(),
        account: truth.domain.clone().unwrap_or_else(|| "contoso-speech".into()),
        audience: scope.strip_suffix("/.default").unwrap_or(scope).to_owned(),
        ended: Arc::default(),
        begun: tokio::time::Instant::now(),
    }
}

pub(super) fn site(world: &World, truth: &Truth, maker: token::Maker, now: SystemTime) -> io::Result<Site> {
    let host = truth.cloud.suffixes().authority().map(str::to_owned);
    let documents = world.document_files().map(|(_, document)| document);
    let accounts = Accounts::of(world, truth, &maker);
    let certificates = tls::Certificates::new(world.toml.tls.clone(), now)?;
    Ok(Site {
        authority: host.map(|host| Authority { host, maker: maker.clone() }),
        management: Management::new(&truth.cloud, world.toml.management.clone(), documents, maker.clone()),
        gateway: gateway::Gateway {
            truth: truth.clone(),
            toml: world.toml.gateway.clone(),
            answers: world.toml.answers.clone(),
            metadata: world.toml.metadata.clone(),
            maker,
            control: Control::default(),
            jobs: Jobs::default(),
            director: Director::of(world.toml.script.clone()),
        },
        certificates: certificates.with_faults(accounts.certificates.clone()),
        accounts,
        idle: world.toml.idle.clone(),
        drip: world.toml.drip,
    })
}

/// The instance metadata service.
const METADATA_SERVICE: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);

/// The address of a world's container, regardless of its host name.
const CONTAINER: Ipv4Addr = Ipv4Addr::LOCALHOST;

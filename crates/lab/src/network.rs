//! The network of a world: resolves names through its servers, and maps virtual addresses to loopback or to a fault.

use std::collections::HashMap;
use std::future::pending;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use super::lock::locked;
use super::vocabulary::{EndToml, MachineToml, RouteToml};
use speech_endpoint::emulation::Resolver;
use speech_endpoint::evidence::{Lookup, MachineFacts, NameAnswer};
use speech_endpoint::net::Network;

/// A network that connects to a lab. No connection leaves loopback: an address outside the world does not respond.
#[derive(Clone, Debug)]
pub struct LabNetwork(Arc<Ways>);

#[derive(Debug)]
struct Ways {
    resolver: Resolver,
    machine: MachineToml,
    routes: HashMap<SocketAddr, Route>,
    sources: Option<RouteToml>,
    /// Listeners that never respond.
    sinks: Mutex<Vec<TcpListener>>,
    /// The number of connections to each address with a burst.
    begun: Mutex<HashMap<SocketAddr, usize>>,
}

/// The result of connecting to a virtual address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    pub(super) end: EndToml,
    pub(super) delay: Duration,
    /// The connections that get no response: the number before them, and their number.
    pub(super) burst: Option<(usize, usize)>,
    /// The real address of the listener, if there is one.
    pub(super) listener: Option<SocketAddr>,
}

impl LabNetwork {
    pub(super) fn new(
        resolver: Resolver,
        machine: MachineToml,
        routes: HashMap<SocketAddr, Route>,
        sources: Option<RouteToml>,
    ) -> Self {
        let (sinks, begun) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Ways { resolver, machine, routes, sources, sinks, begun }))
    }

    /// Returns whether a connection to an address is accepted.
    #[must_use]
    pub fn accepts(&self, peer: SocketAddr) -> bool {
        let route = self.0.routes.get(&peer);
        route.is_some_and(|route| {
            route.listener.is_some() && matches!(route.end, EndToml::Serve | EndToml::Reset | EndToml::LoseLarge)
        })
    }

    /// Returns whether the world knows an address, on whichever port.
    pub(super) fn has(&self, ip: IpAddr) -> bool {
        self.0.routes.keys().any(|peer| peer.ip() == ip)
    }

    /// Returns whether this connection is one of those that get no response.
    fn is_dropped(&self, peer: SocketAddr, route: &Route) -> bool {
        let Some((after, count)) = route.burst else { return false };
        let mut begun = locked(&self.0.begun);
        let begun = begun.entry(peer).or_default();
        *begun += 1;
        (after + 1..=after + count).contains(begun)
    }

    /// Connects to a listener that never responds.
    async fn connect_to_sink(&self) -> io::Result<TcpStream> {
        let sink = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let stream = TcpStream::connect(sink.local_addr()?).await?;
        locked(&self.0.sinks).push(sink);
        Ok(stream)
    }
}

impl Network for LabNetwork {
    async fn lookup(&self, host: &str, limit: Duration) -> Lookup {
        self.0.resolver.lookup(host, limit).await
    }

    async fn query_name_servers(&self, name: &str, limit: Duration) -> Option<NameAnswer> {
        self.0.resolver.query_name_servers(name, limit).await
    }

    async fn connect(&self, peer: SocketAddr) -> io::Result<TcpStream> {
        let Some(route) = self.0.routes.get(&peer) else { return pending().await };
        if !route.delay.is_zero() {
            tokio::time::sleep(route.delay).await;
        }
        if self.is_dropped(peer, route) {
            return pending().await;
        }
        match (route.end, route.listener) {
            (EndToml::Serve | EndToml::Reset, Some(listener)) => {
                let stream = TcpStream::connect(listener).await?;
                stream.set_nodelay(true)?;
                Ok(stream)
            }
            (EndToml::Refuse, _) => Err(os_error(io::ErrorKind::ConnectionRefused, 111)),
            (EndToml::Unreachable, _) => Err(os_error(io::ErrorKind::NetworkUnreachable, 101)),
            (EndToml::Denied, _) => Err(os_error(io::ErrorKind::PermissionDenied, 13)),
            (EndToml::LoseLarge, Some(_)) => self.connect_to_sink().await,
            (EndToml::Drop | EndToml::Serve | EndToml::Reset | EndToml::LoseLarge, _) => pending().await,
        }
    }

    async fn connect_in_segments(&self, peer: SocketAddr, _: u16) -> Option<io::Result<TcpStream>> {
        match self.0.routes.get(&peer) {
            Some(Route { end: EndToml::LoseLarge, listener: Some(listener), .. }) => {
                Some(TcpStream::connect(*listener).await)
            }
            _ => Some(self.connect(peer).await),
        }
    }

    fn source_for(&self, peer: SocketAddr) -> Option<io::Result<IpAddr>> {
        let sources = self.0.sources?;
        let source = sources.source_for(peer.ip());
        Some(source.ok_or_else(|| os_error(io::ErrorKind::NetworkUnreachable, 101)))
    }

    fn machine(&self) -> MachineFacts {
        let mut facts = self.0.resolver.machine();
        facts.system = self.0.machine.system.map(|system| system.name().to_owned());
        facts.libc.clone_from(&self.0.machine.libc);
        facts.is_wsl = self.0.machine.wsl.then_some(true);
        facts
    }
}

/// Makes the error with its number if the number is valid on this system, or else from its kind.
fn os_error(kind: io::ErrorKind, on_linux: i32) -> io::Error {
    if cfg!(target_os = "linux") { io::Error::from_raw_os_error(on_linux) } else { io::Error::from(kind) }
}

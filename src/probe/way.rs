//! The way to one target, as far as bytes go: name, connection, proxy, handshake. What look-alikes need beside is asked
//! within the stage that failed.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::{Family, Means, Notes, Watch};
use crate::diagnose::evidence::{
    Address, DnsFacts, Failure, FailureKind, ProxyFacts, ProxyTry, Reference, Skip, Step, TlsFacts, UnusedProxy,
};
use crate::diagnose::plan::{Plan, Purpose, Target};
use crate::diagnose::stage::Stage;
use crate::net::dial::{Destination, Road, dial};
use crate::net::proxy::{Decision, Proxy, tunnel};
use crate::net::tcp;
use crate::net::tls::TlsClient;
use crate::net::websocket::Socket;
use crate::net::{Network, Stream};
use crate::resolve::endpoint::Endpoint;

/// The way to one target.
pub(super) struct Way<'a, N, W> {
    pub(super) plan: &'a Plan,
    pub(super) means: &'a Means<'a, N>,
    pub(super) target: &'a Target,
    pub(super) watch: &'a W,
    /// What handshakes are made with, or why none can be made.
    pub(super) tls: &'a Result<TlsClient, Failure>,
    pub(super) deadline: Instant,
    pub(super) seen: Notes<'a>,
}

/// How the target is reached, for a second connection.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) decision: Decision,
    /// The addresses of the host, or of the proxy.
    pub(super) addresses: Vec<IpAddr>,
}

/// What a way led to.
pub(super) enum Reached {
    /// Nothing that goes on.
    End,
    /// A host that the service named in place of its own.
    Named(Target),
    /// An open socket that is to be held.
    Open(Socket),
}

/// The way ended; the reason for which the stages after it are left out.
pub(super) struct Stop(pub(super) Skip);

impl<N: Network, W: Watch> Way<'_, N, W> {
    /// Walks the whole way.
    pub(super) async fn walk(&self) -> Reached {
        match self.stages().await {
            Ok(reached) => reached,
            Err(Stop(because)) => {
                self.seen.note(|trace| trace.skip_rest(because));
                Reached::End
            }
        }
    }

    async fn stages(&self) -> Result<Reached, Stop> {
        let mut first = First::new(self);
        let stream = dial(&mut first, Destination::of(&self.target.url)).await?;
        let First { route, addresses, .. } = first;
        if let Purpose::Reach(_) = self.target.purpose {
            return Err(Stop(Skip::ReachableOnly));
        }
        self.talk(&route, stream, &addresses).await
    }

    /// Name resolution: the addresses, and whether there are any.
    async fn dns(&self) -> (Vec<Address>, bool) {
        self.watch.stage(self.target.host(), Stage::Dns);
        let begun = Instant::now();
        let lookup = self.means.network.lookup(self.target.host(), self.limit()).await;
        let mut found = lookup.facts;
        let names = match &lookup.failure {
            Some(failure) if failure.kind == FailureKind::NoSuchName => self.target.namesakes.clone(),
            None if is_of_no_server(&found) => self.searched(),
            _ => Vec::new(),
        };
        let asked = names.iter().map(|name| self.means.network.ask(name, self.limit()));
        found.also = join_all(asked).await.into_iter().flatten().collect();
        let addresses = found.addresses.clone();
        let has_failed = lookup.failure.is_some();
        let step = step(found, lookup.failure, begun);
        self.seen.note(|trace| trace.dns = step);
        (addresses, !has_failed)
    }

    /// The names that the search list makes of the host, where they are tried before it.
    fn searched(&self) -> Vec<String> {
        let (host, machine) = (self.target.host(), self.means.network.machine());
        let domains = machine.searched_before(host).iter().take(MOST_DOMAINS);
        domains.map(|domain| format!("{host}.{domain}")).collect()
    }

    async fn direct(
        &self,
        peers: &[SocketAddr],
        unused: Option<&(Proxy, String)>,
        entry: Option<&str>,
    ) -> Result<TcpStream, Stop> {
        self.watch.stage(self.target.host(), Stage::Tcp);
        let begun = Instant::now();
        let connected = tcp::every(self.means.network, peers, self.limit()).await;
        let mut found = connected.facts;
        let outcome = if peers.is_empty() { Err(self.no_address_of_family()) } else { connected.outcome };
        let mut proxy = ProxyFacts { no_proxy_entry: entry.map(str::to_owned), ..ProxyFacts::default() };
        let took = begun.elapsed();
        let (tcp, stream) = match outcome {
            Ok(stream) => {
                tcp::again(self.means.network, &mut found, self.limit()).await;
                (Step::Passed { found, took }, Ok(stream))
            }
            Err(failure) => {
                (found.reference, proxy.unused) = tokio::join!(self.reference(&failure), self.try_unused(unused));
                (Step::Failed { failure, found: Some(found), took }, Err(Stop(Skip::After(Stage::Tcp))))
            }
        };
        let says_nothing = proxy == ProxyFacts::default();
        self.seen.note(|trace| {
            trace.tcp = tcp;
            trace.proxy = if says_nothing {
                Step::Skipped { because: Skip::NoProxy }
            } else {
                Step::Passed { found: proxy, took: Duration::ZERO }
            };
        });
        stream
    }

    fn no_address_of_family(&self) -> Failure {
        let text = match self.means.family {
            Family::V4 => "it has no IPv4 address, and no other is wanted",
            Family::V6 => "it has no IPv6 address, and no other is wanted",
            Family::Any => "there is no address to connect to",
        };
        Failure::new(FailureKind::Other, text)
    }

    /// A well-known host on port 443, to tell a blocked host from a blocked port: the authority that gives tokens.
    async fn reference(&self, failure: &Failure) -> Option<Reference> {
        let is_telling = matches!(failure.kind, FailureKind::TimedOut | FailureKind::Unreachable);
        let host = self.plan.account.cloud().suffixes().authority()?;
        if !is_telling || host == self.target.host() {
            return None;
        }
        let lookup = self.means.network.lookup(host, self.limit()).await;
        let peers = self.peers(lookup.facts.addresses);
        let (attempt, _) = tcp::one(self.means.network, *peers.first()?, self.limit()).await;
        Some(Reference::new(host, attempt))
    }

    /// A tunnel through the proxy that is configured and does not apply.
    async fn try_unused(&self, unused: Option<&(Proxy, String)>) -> Option<UnusedProxy> {
        let (proxy, because) = unused?;
        let lookup = self.means.network.lookup(&proxy.host, self.limit()).await;
        let peers = tcp::peers(lookup.facts.addresses.into_iter().map(|address| address.ip), proxy.port);
        let (attempt, stream) = tcp::one(self.means.network, *peers.first()?, self.limit()).await;
        let tunnel = match stream {
            Some(stream) => tunnel(stream, proxy, self.target.host(), self.target.port(), self.limit()).await.facts,
            None => ProxyTry { failure: attempt.failure, ..ProxyTry::default() },
        };
        Some(UnusedProxy { proxy: proxy.to_string(), source: proxy.source.clone(), because: because.clone(), tunnel })
    }

    async fn proxy_addresses(&self, proxy: &Proxy) -> Result<Vec<IpAddr>, Stop> {
        let begun = Instant::now();
        let lookup = self.means.network.lookup(&proxy.host, self.limit()).await;
        let Some(failure) = lookup.failure else {
            return Ok(lookup.facts.addresses.into_iter().map(|address| address.ip).collect());
        };
        let failure = Failure::new(failure.kind, format!("the proxy {proxy} has no address: {failure}"));
        let took = begun.elapsed();
        self.seen.note(|trace| trace.tcp = Step::Failed { failure, found: None, took });
        Err(Stop(Skip::After(Stage::Tcp)))
    }

    async fn to_proxy(&self, peers: &[SocketAddr]) -> Result<TcpStream, Stop> {
        self.watch.stage(self.target.host(), Stage::Tcp);
        let begun = Instant::now();
        let connected = tcp::every(self.means.network, peers, self.limit()).await;
        let (failure, stream) = match connected.outcome {
            Ok(stream) => (None, Ok(stream)),
            Err(failure) => (Some(failure), Err(Stop(Skip::After(Stage::Tcp)))),
        };
        let step = step(connected.facts, failure, begun);
        self.seen.note(|trace| trace.tcp = step);
        stream
    }

    async fn tunnel(&self, proxy: &Proxy, stream: TcpStream) -> Result<Stream, Stop> {
        self.watch.stage(self.target.host(), Stage::Proxy);
        let begun = Instant::now();
        let tunnel = tunnel(stream, proxy, self.target.host(), self.target.port(), self.limit()).await;
        let found = ProxyFacts {
            proxy: Some(proxy.to_string()),
            source: Some(proxy.source.clone()),
            tunnel: Some(tunnel.facts),
            ..ProxyFacts::default()
        };
        let (failure, stream) = match tunnel.outcome {
            Ok(stream) => (None, Ok(Stream::new(stream))),
            Err(failure) => (Some(failure), Err(Stop(Skip::After(Stage::Proxy)))),
        };
        let step = step(found, failure, begun);
        self.seen.note(|trace| trace.proxy = step);
        stream
    }

    /// The handshake; where it is refused, each version alone, and where it is cut off, another name at the same address.
    async fn secure<S>(&self, route: &Route, stream: S) -> Result<Stream, Stop>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.watch.stage(self.target.host(), Stage::Tls);
        let begun = Instant::now();
        let outcome = match self.recording() {
            Ok(tls) => tls.handshake(stream, self.target.host(), self.limit()).await,
            Err(failure) => Err((failure, TlsFacts::default())),
        };
        let took = begun.elapsed();
        match outcome {
            Ok((mut stream, session)) => {
                self.seen.note(|trace| trace.tls = Step::Passed { found: session.facts(), took });
                if let Purpose::Reach(_) = self.target.purpose {
                    // No request follows, with which the end of the handshake would leave.
                    let _ = stream.flush().await;
                }
                Ok(stream)
            }
            Err((failure, mut facts)) => {
                self.tell_apart(route, &failure, &mut facts).await;
                self.seen.note(|trace| trace.tls = Step::Failed { failure, found: Some(facts), took });
                Err(Stop(Skip::After(Stage::Tls)))
            }
        }
    }

    /// What an application sends on its first connection, and records the certificates.
    pub(super) fn recording(&self) -> Result<TlsClient, Failure> {
        self.tls.as_ref().map(|tls| tls.recording(self.means.trust, self.means.now)).map_err(Clone::clone)
    }

    pub(super) fn peers(&self, addresses: impl IntoIterator<Item = Address>) -> Vec<SocketAddr> {
        let wanted = addresses.into_iter().filter(|address| self.is_wanted(*address));
        tcp::peers(wanted.map(|address| address.ip), self.target.port())
    }

    pub(super) fn is_wanted(&self, address: Address) -> bool {
        match self.means.family {
            Family::Any => true,
            Family::V4 => address.ip.is_ipv4(),
            Family::V6 => address.ip.is_ipv6(),
        }
    }

    /// Whether enough is left of the run to begin: what answers later than half a step is not silent.
    pub(super) fn has_time(&self) -> bool {
        self.deadline.saturating_duration_since(Instant::now()) >= self.plan.limits.step / 2
    }

    /// One wait, never beyond the end of the run.
    pub(super) fn limit(&self) -> Duration {
        self.plan.limits.step.min(self.deadline.saturating_duration_since(Instant::now()))
    }
}

/// The road to a target, of which every stage is noted as soon as it has ended.
struct First<'w, 'a, N, W> {
    way: &'w Way<'a, N, W>,
    route: Route,
    /// The addresses of the target, also where a proxy is asked.
    addresses: Vec<Address>,
}

impl<'w, 'a, N: Network, W: Watch> First<'w, 'a, N, W> {
    fn new(way: &'w Way<'a, N, W>) -> Self {
        let decision = way.means.proxies.decide(way.target.host(), way.target.is_secure());
        Self { way, route: Route { decision, addresses: Vec::new() }, addresses: Vec::new() }
    }
}

impl<N: Network, W: Watch> Road for First<'_, '_, N, W> {
    type End = Stop;

    fn decide(&mut self, _: Destination<'_>) -> Decision {
        self.route.decision.clone()
    }

    /// A proxy resolves names itself, but the address of an own host decides whether it should be asked.
    async fn resolve_behind_proxy(&mut self, _: Destination<'_>) -> Result<(), Stop> {
        if self.way.target.endpoint().is_some_and(Endpoint::is_own_host) {
            // Through a proxy the way goes on without an address.
            self.addresses = self.way.dns().await.0;
        } else {
            self.way.seen.note(|trace| trace.dns = Step::Skipped { because: Skip::Proxied });
        }
        Ok(())
    }

    async fn resolve(&mut self, _: &str, proxy: Option<&Proxy>) -> Result<Vec<IpAddr>, Stop> {
        let found: Vec<IpAddr> = if let Some(proxy) = proxy {
            self.way.proxy_addresses(proxy).await?
        } else {
            let (addresses, is_resolved) = self.way.dns().await;
            self.addresses = addresses;
            if !is_resolved {
                return Err(Stop(Skip::After(Stage::Dns)));
            }
            let wanted = self.addresses.iter().filter(|address| self.way.is_wanted(**address));
            wanted.map(|address| address.ip).collect()
        };
        self.route.addresses.clone_from(&found);
        Ok(found)
    }

    async fn connect(&mut self, peers: &[SocketAddr]) -> Result<TcpStream, Stop> {
        match &self.route.decision {
            Decision::Direct { unused, entry } => self.way.direct(peers, unused.as_ref(), entry.as_deref()).await,
            Decision::Via(_) => self.way.to_proxy(peers).await,
        }
    }

    async fn tunnel(&mut self, stream: TcpStream, proxy: &Proxy, _: Destination<'_>) -> Result<Stream, Stop> {
        self.way.tunnel(proxy, stream).await
    }

    async fn handshake<S>(&mut self, stream: S, _: Destination<'_>) -> Result<Stream, Stop>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.way.secure(&self.route, stream).await
    }

    fn skip_handshake(&mut self) {
        self.way.seen.note(|trace| trace.tls = Step::Skipped { because: Skip::PlainText });
    }
}

/// Whether the system gives addresses that neither a server nor the hosts file does.
fn is_of_no_server(found: &DnsFacts) -> bool {
    let system = found.system.iter().flat_map(|system| &system.addresses).collect::<Vec<_>>();
    let is_known = |ip: &&IpAddr| found.servers.iter().any(|answer| answer.addresses.contains(ip));
    found.hosts_file.is_empty() && !system.is_empty() && !system.iter().any(is_known)
}

/// A step by whether there is a failure.
pub(super) fn step<T>(found: T, failure: Option<Failure>, begun: Instant) -> Step<T> {
    let took = begun.elapsed();
    match failure {
        None => Step::Passed { found, took },
        Some(failure) => Step::Failed { failure, found: Some(found), took },
    }
}

/// Older resolvers take no more domains than this (resolv.conf(5)).
const MOST_DOMAINS: usize = 6;

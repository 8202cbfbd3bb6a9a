//! The way to one target, as far as bytes go: name, connection, proxy, handshake.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::join_all;
use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use tokio::time::Instant;

use super::{Family, Means, Notes, Watch};
use crate::diagnose::evidence::{
    Address, DnsFacts, Failure, FailureKind, ProxyFacts, ProxyTry, Reference, Skip, SniTry, Step, TlsFacts,
    UnusedProxy, VersionTry,
};
use crate::diagnose::plan::{Plan, Purpose, Target};
use crate::diagnose::stage::Stage;
use crate::net::http::Connection;
use crate::net::proxy::{Decision, Proxy, tunnel};
use crate::net::tcp;
use crate::net::tls::{Handshake, Terms, handshake};
use crate::net::websocket::Socket;
use crate::net::{Network, Stream};
use crate::resolve::endpoint::Endpoint;

/// The way to one target.
pub(super) struct Way<'a, N, W> {
    pub(super) plan: &'a Plan,
    pub(super) means: &'a Means<'a, N>,
    pub(super) target: &'a Target,
    pub(super) watch: &'a W,
    pub(super) deadline: Instant,
    pub(super) seen: Notes<'a>,
}

/// How the target is reached, for a second connection.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) peers: Vec<SocketAddr>,
    pub(super) proxy: Option<Proxy>,
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
        let decision = self.means.proxies.decide(self.target.host(), self.target.is_secure());
        let addresses = self.dns(&decision).await?;
        let (route, stream) = self.connect(&decision, &addresses).await?;
        let stream = self.secure(&route, stream).await?;
        if let Purpose::Reach(_) = self.target.purpose {
            return Err(Stop(Skip::ReachableOnly));
        }
        self.talk(&route, stream, &addresses).await
    }

    /// Name resolution. A proxy resolves names itself, but the address of an own host decides whether it should be asked.
    async fn dns(&self, decision: &Decision) -> Result<Vec<Address>, Stop> {
        let is_proxied = matches!(decision, Decision::Via(_));
        if is_proxied && !self.target.endpoint().is_some_and(Endpoint::is_own_host) {
            self.seen.note(|trace| trace.dns = Step::Skipped { because: Skip::Proxied });
            return Ok(Vec::new());
        }
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
        // Through a proxy the way goes on without an address.
        if has_failed && !is_proxied { Err(Stop(Skip::After(Stage::Dns))) } else { Ok(addresses) }
    }

    /// The names that the search list makes of the host, where they are tried before it.
    fn searched(&self) -> Vec<String> {
        let (host, machine) = (self.target.host(), self.means.network.machine());
        let domains = machine.searched_before(host).iter().take(MOST_DOMAINS);
        domains.map(|domain| format!("{host}.{domain}")).collect()
    }

    /// The connection to the host, or to the proxy and through it.
    async fn connect(&self, decision: &Decision, addresses: &[Address]) -> Result<(Route, Stream), Stop> {
        match decision {
            Decision::Direct { unused, entry } => {
                let peers = self.peers(addresses.iter().copied());
                let stream = self.direct(&peers, unused.as_ref(), entry.as_deref()).await?;
                Ok((Route { peers, proxy: None }, stream))
            }
            Decision::Via(proxy) => {
                let peers = self.proxy_peers(proxy).await?;
                let stream = self.to_proxy(&peers).await?;
                let stream = self.tunnel(proxy, stream).await?;
                Ok((Route { peers, proxy: Some(proxy.clone()) }, stream))
            }
        }
    }

    async fn direct(
        &self,
        peers: &[SocketAddr],
        unused: Option<&(Proxy, String)>,
        entry: Option<&str>,
    ) -> Result<Stream, Stop> {
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
        stream.map(Stream::new)
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

    async fn proxy_peers(&self, proxy: &Proxy) -> Result<Vec<SocketAddr>, Stop> {
        let begun = Instant::now();
        let lookup = self.means.network.lookup(&proxy.host, self.limit()).await;
        let Some(failure) = lookup.failure else {
            return Ok(tcp::peers(lookup.facts.addresses.into_iter().map(|address| address.ip), proxy.port));
        };
        let failure = Failure::new(failure.kind, format!("the proxy {proxy} has no address: {failure}"));
        let took = begun.elapsed();
        self.seen.note(|trace| trace.tcp = Step::Failed { failure, found: None, took });
        Err(Stop(Skip::After(Stage::Tcp)))
    }

    async fn to_proxy(&self, peers: &[SocketAddr]) -> Result<Stream, Stop> {
        self.watch.stage(self.target.host(), Stage::Tcp);
        let begun = Instant::now();
        let connected = tcp::every(self.means.network, peers, self.limit()).await;
        let (failure, stream) = match connected.outcome {
            Ok(stream) => (None, Ok(Stream::new(stream))),
            Err(failure) => (Some(failure), Err(Stop(Skip::After(Stage::Tcp)))),
        };
        let step = step(connected.facts, failure, begun);
        self.seen.note(|trace| trace.tcp = step);
        stream
    }

    async fn tunnel(&self, proxy: &Proxy, stream: Stream) -> Result<Stream, Stop> {
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
    async fn secure(&self, route: &Route, stream: Stream) -> Result<Stream, Stop> {
        if !self.target.is_secure() {
            self.seen.note(|trace| trace.tls = Step::Skipped { because: Skip::PlainText });
            return Ok(stream);
        }
        self.watch.stage(self.target.host(), Stage::Tls);
        let begun = Instant::now();
        let Handshake { mut facts, outcome } = handshake(stream, self.target.host(), self.terms(), self.limit()).await;
        let took = begun.elapsed();
        match outcome {
            Ok(stream) => {
                self.seen.note(|trace| trace.tls = Step::Passed { found: facts, took });
                Ok(Stream::new(stream))
            }
            Err(failure) => {
                self.tell_apart(route, &failure, &mut facts).await;
                self.seen.note(|trace| trace.tls = Step::Failed { failure, found: Some(facts), took });
                Err(Stop(Skip::After(Stage::Tls)))
            }
        }
    }

    async fn tell_apart(&self, route: &Route, failure: &Failure, facts: &mut TlsFacts) {
        match failure.kind {
            FailureKind::Alert => {
                let alone = [("1.2", ONLY_1_2), ("1.3", ONLY_1_3)];
                for (version, versions) in alone {
                    let terms = self.terms().with_version(versions);
                    let failure = self.try_handshake(route, self.target.host(), terms).await;
                    facts.versions.push(VersionTry { version: version.to_owned(), failure });
                }
            }
            FailureKind::Reset | FailureKind::TimedOut => {
                let failure = self.try_handshake(route, NEUTRAL_NAME, self.terms()).await;
                // A certificate, for whatever name, is an answer.
                let failure = failure.filter(|failure| failure.kind != FailureKind::Certificate);
                facts.other_name = Some(SniTry { name: NEUTRAL_NAME.to_owned(), failure });
            }
            _ => {}
        }
    }

    async fn try_handshake(&self, route: &Route, host: &str, terms: Terms<'_>) -> Option<Failure> {
        match self.again(route).await {
            Ok(stream) => handshake(stream, host, terms, self.limit()).await.outcome.err(),
            Err(failure) => Some(failure),
        }
    }

    /// A second connection on the same way.
    async fn again(&self, route: &Route) -> Result<Stream, Failure> {
        let stream = tcp::race(self.means.network, &route.peers, self.limit()).await.outcome?;
        match &route.proxy {
            None => Ok(Stream::new(stream)),
            Some(proxy) => {
                let tunnel = tunnel(stream, proxy, self.target.host(), self.target.port(), self.limit()).await;
                Ok(Stream::new(tunnel.outcome?))
            }
        }
    }

    /// A second connection on the same way, ready for requests.
    pub(super) async fn again_to_talk(&self, route: &Route) -> Result<Connection, Failure> {
        let stream = self.again(route).await?;
        if !self.target.is_secure() {
            return Ok(Connection::new(stream));
        }
        let stream = handshake(stream, self.target.host(), self.terms(), self.limit()).await.outcome?;
        Ok(Connection::new(Stream::new(stream)))
    }

    /// A verified connection to another host of the same account, by the way that the settings give for it.
    pub(super) async fn open(&self, host: &str) -> Result<Stream, Failure> {
        let decision = self.means.proxies.decide(host, true);
        let (name, port) = match &decision {
            Decision::Direct { .. } => (host, 443),
            Decision::Via(proxy) => (proxy.host.as_str(), proxy.port),
        };
        let lookup = self.means.network.lookup(name, self.limit()).await;
        let addresses = lookup.facts.addresses.into_iter().filter(|address| self.is_wanted(*address));
        let peers = tcp::peers(addresses.map(|address| address.ip), port);
        let stream = tcp::race(self.means.network, &peers, self.limit()).await.outcome?;
        let stream: Stream = match &decision {
            Decision::Direct { .. } => Stream::new(stream),
            Decision::Via(proxy) => Stream::new(tunnel(stream, proxy, host, 443, self.limit()).await.outcome?),
        };
        Ok(Stream::new(handshake(stream, host, self.terms(), self.limit()).await.outcome?))
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

    fn terms(&self) -> Terms<'_> {
        Terms::new(self.means.trust, self.means.now)
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

const ONLY_1_2: &[&SupportedProtocolVersion] = &[&TLS12];
const ONLY_1_3: &[&SupportedProtocolVersion] = &[&TLS13];

/// A name that filters let through, at which no more than a handshake is made.
const NEUTRAL_NAME: &str = "www.microsoft.com";

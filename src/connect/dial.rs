//! Dial: the connections of the connector. A call tries known addresses first, which saves a lookup. Every stage is
//! logged for evidence and has a tracing span.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tracing::Instrument as _;
use url::Url;

use super::spans;
use super::trace_log::{Handshake, TraceLog, step};
use crate::diagnose::evidence::{Failure, ProxyFacts, ProxyTry, Skip, Step};
use crate::diagnose::plan::Limits;
use crate::net::dial::{Destination, Road, dial};
use crate::net::proxy::{Decision, Proxy, ProxySettings, tunnel};
use crate::net::tls::TlsClient;
use crate::net::{Network as _, SharedNetwork, Stream, tcp};

/// Opens the connections of a connector.
#[derive(Debug)]
pub(super) struct Dialer {
    pub(super) network: SharedNetwork,
    pub(super) tls: TlsClient,
    pub(super) proxies: ProxySettings,
    names: NameCache,
}

/// The time limits of one attempt, of each wait in it, and of the lookups for its evidence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub(super) deadline: Instant,
    pub(super) step: Duration,
    /// The deadline for the evidence.
    pub(super) end: Instant,
}

impl Clock {
    /// Returns the limits of one attempt that may use all the time of a call.
    pub(super) fn of(limits: Limits) -> Self {
        let end = Instant::now() + limits.total;
        Self { deadline: end, step: limits.step, end }
    }

    /// Returns the limit of one wait, which never exceeds the end of the attempt.
    pub(super) fn limit(self) -> Duration {
        self.step.min(self.left())
    }

    /// Returns the limits of a second attempt that collects evidence about a failed one.
    pub(super) fn shortened(self, longest: Duration) -> Self {
        let limit = self.for_evidence(longest);
        Self { deadline: Instant::now() + limit, step: self.step.min(limit), ..self }
    }

    /// Returns the limit of one wait that only a diagnosis needs.
    pub(super) fn for_evidence(self, longest: Duration) -> Duration {
        longest.min(self.end.saturating_duration_since(Instant::now()))
    }

    /// Returns the time left for the attempt.
    pub(super) fn left(self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

impl Dialer {
    pub(super) fn new(network: SharedNetwork, tls: TlsClient, proxies: ProxySettings) -> Self {
        Self { network, tls, proxies, names: NameCache::default() }
    }

    /// Opens a connection to the host of a URL.
    ///
    /// # Errors
    ///
    /// Returns a [`Failure`]. The log contains its stage.
    pub(super) async fn dial(&self, url: &Url, log: &mut TraceLog, clock: Clock) -> Result<Stream, Failure> {
        let to = Destination::of(url);
        let opened = dial(&mut Call { dialer: self, log, clock }, to).await;
        if opened.is_err() {
            self.names.forget(to.host);
        }
        opened
    }
}

/// The connection of one call. Each stage is a span and a step of the log.
struct Call<'a> {
    dialer: &'a Dialer,
    log: &'a mut TraceLog,
    clock: Clock,
}

impl Road for Call<'_> {
    type End = Failure;

    fn decide(&mut self, to: Destination<'_>) -> Decision {
        let decision = self.dialer.proxies.decide(to.host, to.is_secure);
        if let Decision::Direct { entry, .. } = &decision {
            self.log.proxy = direct(entry.clone());
        }
        decision
    }

    fn known(&mut self, host: &str) -> Option<Vec<IpAddr>> {
        let kept = self.dialer.names.kept(host)?;
        self.log.dns = Step::Passed { found: kept.clone(), took: Duration::ZERO };
        Some(kept)
    }

    fn forget(&mut self, host: &str) -> bool {
        self.dialer.names.forget(host);
        // Without time left, a second attempt would fail at once and hide the time of this one in the log.
        !self.clock.left().is_zero()
    }

    async fn resolve(&mut self, host: &str, _: Option<&Proxy>) -> Result<Vec<IpAddr>, Failure> {
        let begun = Instant::now();
        let span = spans::dns(host);
        let found = self.dialer.network.addresses(host, self.clock.limit()).instrument(span.clone()).await;
        match &found {
            Ok(addresses) => {
                spans::resolved(&span, addresses);
                self.dialer.names.keep(host, addresses);
            }
            Err(failure) => spans::failed(&span, failure),
        }
        self.log.dns = step(found.clone().unwrap_or_default(), found.as_ref().err(), begun);
        found
    }

    async fn connect(&mut self, peers: &[SocketAddr], proxy: Option<&Proxy>) -> Result<TcpStream, Failure> {
        let begun = Instant::now();
        let span = spans::tcp();
        let connecting = pin!(tcp::connect_fastest(&self.dialer.network, peers, self.clock.limit()));
        let connected = connecting.instrument(span.clone()).await;
        spans::connected(&span, &connected.facts, connected.outcome.as_ref().err());
        let facts = match proxy {
            Some(proxy) => proxy.reached(connected.facts),
            None => connected.facts,
        };
        self.log.tcp = step(facts, connected.outcome.as_ref().err(), begun);
        connected.outcome
    }

    async fn tunnel(&mut self, stream: TcpStream, proxy: &Proxy, to: Destination<'_>) -> Result<Stream, Failure> {
        self.log.dns = Step::Skipped { because: Skip::Proxied };
        let begun = Instant::now();
        let span = spans::proxy(proxy, to.host, to.port);
        let tunnel = tunnel(stream, proxy, to.host, to.port, self.clock.limit()).instrument(span.clone()).await;
        spans::answered(&span, tunnel.facts.status, tunnel.outcome.as_ref().err());
        self.log.proxy = step(through(proxy, tunnel.facts), tunnel.outcome.as_ref().err(), begun);
        tunnel.outcome.map(Stream::new)
    }

    async fn handshake<S>(&mut self, stream: S, to: Destination<'_>) -> Result<Stream, Failure>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let begun = Instant::now();
        let span = spans::tls(to.host);
        let handshake = pin!(self.dialer.tls.handshake(stream, to.host, self.clock.limit()));
        match handshake.instrument(span.clone()).await {
            Ok((stream, session)) => {
                spans::negotiated(&span, &session);
                self.log.tls = Step::Passed { found: Handshake::Completed(session), took: begun.elapsed() };
                Ok(stream)
            }
            Err((failure, facts)) => {
                spans::failed(&span, &failure);
                self.log.tls = step(Handshake::Failed(Box::new(facts)), Some(&failure), begun);
                Err(failure)
            }
        }
    }

    fn skip_handshake(&mut self) {
        self.log.tls = Step::Skipped { because: Skip::PlainText };
    }
}

/// The addresses of earlier lookups, with their expiry.
#[derive(Debug, Default)]
struct NameCache(Mutex<HashMap<String, (Vec<IpAddr>, Instant)>>);

impl NameCache {
    fn kept(&self, host: &str) -> Option<Vec<IpAddr>> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.get(host).filter(|(_, until)| Instant::now() < *until).map(|(addresses, _)| addresses.clone())
    }

    fn keep(&self, host: &str, addresses: &[IpAddr]) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() >= MOST_NAMES {
            names.clear();
        }
        names.insert(host.to_owned(), (addresses.to_vec(), Instant::now() + LIFETIME));
    }

    fn forget(&self, host: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(host);
    }
}

fn direct(entry: Option<String>) -> Step<ProxyFacts> {
    match entry {
        None => Step::Skipped { because: Skip::NoProxy },
        entry => {
            let found = ProxyFacts { no_proxy_entry: entry, ..ProxyFacts::default() };
            Step::Passed { found, took: Duration::ZERO }
        }
    }
}

fn through(proxy: &Proxy, tunnel: ProxyTry) -> ProxyFacts {
    ProxyFacts {
        proxy: Some(proxy.to_string()),
        source: Some(proxy.source.clone()),
        tunnel: Some(tunnel),
        ..ProxyFacts::default()
    }
}

/// The lifetime of a cached address: 30 s. The operating system does not report the TTL of an answer, and the records
/// of the service have TTLs of seconds to minutes. A cached address that fails is resolved again at once.
const LIFETIME: Duration = Duration::from_secs(30);

/// The most hosts in the cache. An application uses fewer.
const MOST_NAMES: usize = 64;

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::io;

    use rustls::RootCertStore;

    use super::*;
    use crate::diagnose::evidence::{DnsFacts, Lookup, MachineFacts, NameAnswer};
    use crate::net::Network;
    use crate::net::tls::Trust;

    /// A network without any response.
    struct Silent;

    impl Network for Silent {
        async fn lookup(&self, _: &str, _: Duration) -> Lookup {
            Lookup { facts: DnsFacts::default(), failure: None }
        }

        async fn query_name_servers(&self, _: &str, _: Duration) -> Option<NameAnswer> {
            None
        }

        async fn connect(&self, _: SocketAddr) -> io::Result<TcpStream> {
            pending().await
        }

        fn machine(&self) -> MachineFacts {
            MachineFacts::default()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_time_out_of_cached_addresses_is_logged_with_its_duration() {
        let trust = Trust::of(RootCertStore::empty(), RootCertStore::empty(), "none");
        let tls = TlsClient::new(&trust).unwrap();
        let dialer = Dialer::new(SharedNetwork::new(Silent), tls, ProxySettings::default());
        dialer.names.keep("contoso.example", &[IpAddr::from([10, 1, 0, 4])]);
        let limit = Duration::from_millis(200);
        let deadline = Instant::now() + limit;
        let clock = Clock { deadline, step: limit, end: deadline };
        let mut log = TraceLog::new();
        let url = Url::parse("https://contoso.example/").unwrap();
        let failure = dialer.dial(&url, &mut log, clock).await.map(drop).unwrap_err();
        assert_eq!(failure.text, "no answer within 200 ms");
        let Step::Failed { found: Some(tcp), .. } = log.tcp else { panic!("{:?}", log.tcp) };
        assert_eq!(tcp.attempts.len(), 1, "{tcp:?}");
        assert_eq!(dialer.names.kept("contoso.example"), None);
    }
}

//! The way to a host, stage by stage, as the doctor walks it: name, connection, proxy, handshake.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Instant;
use tracing::Instrument as _;
use url::Url;

use super::spans;
use super::trace_log::{Handshake, TraceLog, step};
use crate::diagnose::evidence::{Failure, ProxyFacts, ProxyTry, Skip, Step};
use crate::net::proxy::{Decision, Proxy, ProxySettings, tunnel};
use crate::net::tls::TlsClient;
use crate::net::{Network as _, SharedNetwork, Stream, tcp};

/// Opens connections.
#[derive(Debug)]
pub(super) struct Dialer {
    pub(super) network: SharedNetwork,
    pub(super) tls: TlsClient,
    pub(super) proxies: ProxySettings,
    names: Names,
}

/// How long one attempt may take, each wait in it, and what is asked for its evidence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub(super) deadline: Instant,
    pub(super) step: Duration,
    /// When the evidence has to be there as well.
    pub(super) end: Instant,
}

impl Clock {
    /// One wait, never beyond the end of the attempt.
    pub(super) fn limit(self) -> Duration {
        self.step.min(self.left())
    }

    /// The same for what is asked once an attempt has failed.
    pub(super) fn shortened(self, longest: Duration) -> Self {
        let limit = self.for_evidence(longest);
        Self { deadline: Instant::now() + limit, step: self.step.min(limit), ..self }
    }

    /// One wait for what only a diagnosis wants to know.
    pub(super) fn for_evidence(self, longest: Duration) -> Duration {
        longest.min(self.end.saturating_duration_since(Instant::now()))
    }

    pub(super) fn left(self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

impl Dialer {
    pub(super) fn new(network: SharedNetwork, tls: TlsClient, proxies: ProxySettings) -> Self {
        Self { network, tls, proxies, names: Names::default() }
    }

    /// Opens a connection to the host of a URL.
    ///
    /// 1. The proxy that applies, else the host itself.
    /// 2. Its addresses; those that were kept are asked for again when none of them takes a connection.
    /// 3. A race over them, and a tunnel where there is a proxy.
    /// 4. The handshake, where the URL wants one.
    ///
    /// # Errors
    ///
    /// [`Failure`]; the log says of which stage.
    pub(super) async fn dial(&self, url: &Url, log: &mut TraceLog, clock: Clock) -> Result<Stream, Failure> {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or(443);
        let is_secure = matches!(url.scheme(), "https" | "wss");
        let opened = match self.proxies.decide(host, is_secure) {
            Decision::Direct { entry, .. } => {
                log.proxy = direct(entry);
                let stream = self.reach(host, port, log, clock).await?;
                self.secure(stream, host, is_secure, log, clock).await
            }
            Decision::Via(proxy) => {
                let stream = self.reach(&proxy.host, proxy.port, log, clock).await?;
                log.dns = Step::Skipped { because: Skip::Proxied };
                let stream = self.tunnel(stream, &proxy, host, port, log, clock).await?;
                self.secure(stream, host, is_secure, log, clock).await
            }
        };
        if opened.is_err() {
            self.names.forget(host);
        }
        opened
    }

    async fn reach(&self, host: &str, port: u16, log: &mut TraceLog, clock: Clock) -> Result<TcpStream, Failure> {
        if let Some(kept) = self.names.kept(host) {
            log.dns = Step::Passed { found: kept.clone(), took: Duration::ZERO };
            match self.connect(&tcp::peers(kept, port), log, clock).await {
                Ok(stream) => return Ok(stream),
                Err(failure) => {
                    self.names.forget(host);
                    // A further connection would have no time, and hide how long this one was waited for.
                    if clock.left().is_zero() {
                        return Err(failure);
                    }
                }
            }
        }
        let addresses = self.resolve(host, log, clock).await?;
        self.connect(&tcp::peers(addresses, port), log, clock).await
    }

    async fn resolve(&self, host: &str, log: &mut TraceLog, clock: Clock) -> Result<Vec<IpAddr>, Failure> {
        let begun = Instant::now();
        let span = spans::dns(host);
        let found = self.network.addresses(host, clock.limit()).instrument(span.clone()).await;
        match &found {
            Ok(addresses) => {
                spans::resolved(&span, addresses);
                self.names.keep(host, addresses);
            }
            Err(failure) => spans::failed(&span, failure),
        }
        log.dns = step(found.clone().unwrap_or_default(), found.as_ref().err(), begun);
        found
    }

    async fn connect(&self, peers: &[SocketAddr], log: &mut TraceLog, clock: Clock) -> Result<TcpStream, Failure> {
        let begun = Instant::now();
        let span = spans::tcp();
        let connected = pin!(tcp::race(&self.network, peers, clock.limit())).instrument(span.clone()).await;
        spans::connected(&span, &connected.facts, connected.outcome.as_ref().err());
        log.tcp = step(connected.facts, connected.outcome.as_ref().err(), begun);
        connected.outcome
    }

    async fn tunnel(
        &self,
        stream: TcpStream,
        proxy: &Proxy,
        host: &str,
        port: u16,
        log: &mut TraceLog,
        clock: Clock,
    ) -> Result<Stream, Failure> {
        let begun = Instant::now();
        let span = spans::proxy(proxy, host, port);
        let tunnel = tunnel(stream, proxy, host, port, clock.limit()).instrument(span.clone()).await;
        spans::answered(&span, tunnel.facts.status, tunnel.outcome.as_ref().err());
        log.proxy = step(through(proxy, tunnel.facts), tunnel.outcome.as_ref().err(), begun);
        tunnel.outcome.map(Stream::new)
    }

    async fn secure<S>(
        &self,
        stream: S,
        host: &str,
        is_secure: bool,
        log: &mut TraceLog,
        clock: Clock,
    ) -> Result<Stream, Failure>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
    {
        if !is_secure {
            log.tls = Step::Skipped { because: Skip::PlainText };
            return Ok(Stream::new(stream));
        }
        let begun = Instant::now();
        let span = spans::tls(host);
        match pin!(self.tls.handshake(stream, host, clock.limit())).instrument(span.clone()).await {
            Ok((stream, session)) => {
                spans::negotiated(&span, &session);
                log.tls = Step::Passed { found: Handshake::Completed(session), took: begun.elapsed() };
                Ok(stream)
            }
            Err((failure, facts)) => {
                spans::failed(&span, &failure);
                log.tls = step(Handshake::Failed(Box::new(facts)), Some(&failure), begun);
                Err(failure)
            }
        }
    }
}

/// Addresses that were found, for as long as they are believed.
#[derive(Debug, Default)]
struct Names(Mutex<HashMap<String, (Vec<IpAddr>, Instant)>>);

impl Names {
    fn kept(&self, host: &str) -> Option<Vec<IpAddr>> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.get(host).filter(|(_, until)| Instant::now() < *until).map(|(addresses, _)| addresses.clone())
    }

    fn keep(&self, host: &str, addresses: &[IpAddr]) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() >= MOST_NAMES {
            names.clear();
        }
        names.insert(host.to_owned(), (addresses.to_vec(), Instant::now() + BELIEVED));
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

/// The operating system does not say how long an answer holds. The records of the service live for seconds to minutes, and
/// an answer that leads nowhere is asked for again at once.
const BELIEVED: Duration = Duration::from_secs(30);

/// As many hosts as an application may have accounts for.
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

    /// A network in which nothing answers.
    struct Silent;

    impl Network for Silent {
        async fn lookup(&self, _: &str, _: Duration) -> Lookup {
            Lookup { facts: DnsFacts::default(), failure: None }
        }

        async fn ask(&self, _: &str, _: Duration) -> Option<NameAnswer> {
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
    async fn kept_addresses_that_take_all_the_time_are_told_with_that_time() {
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

//! The road of a call: known addresses first, and every stage is logged and traced.

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
    /// One connection within the time of a call.
    pub(super) fn of(limits: Limits) -> Self {
        let end = Instant::now() + limits.total;
        Self { deadline: end, step: limits.step, end }
    }

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
    /// # Errors
    ///
    /// [`Failure`]; the log says of which stage.
    pub(super) async fn dial(&self, url: &Url, log: &mut TraceLog, clock: Clock) -> Result<Stream, Failure> {
        let to = Destination::of(url);
        let opened = dial(&mut Call { dialer: self, log, clock }, to).await;
        if opened.is_err() {
            self.names.forget(to.host);
        }
        opened
    }
}

/// The road of one call: each stage is a span, and a step of the log.
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
        // A further connection would have no time, and hide how long this one was waited for.
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

    async fn connect(&mut self, peers: &[SocketAddr]) -> Result<TcpStream, Failure> {
        let begun = Instant::now();
        let span = spans::tcp();
        let connecting = pin!(tcp::connect_fastest(&self.dialer.network, peers, self.clock.limit()));
        let connected = connecting.instrument(span.clone()).await;
        spans::connected(&span, &connected.facts, connected.outcome.as_ref().err());
        self.log.tcp = step(connected.facts, connected.outcome.as_ref().err(), begun);
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

/// More hosts than the accounts of an application use.
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

//! Further connections beside the first one: to tell causes apart, to try credentials, and to be timed.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::Watch;
use super::way::{Route, Way};
use crate::diagnose::evidence::saved::milliseconds;
use crate::diagnose::evidence::{Failure, FailureKind, Round, SniTry, TlsFacts, VersionTry};
use crate::diagnose::stage::Stage;
use crate::net::dial::{Destination, Road, dial};
use crate::net::http::Connection;
use crate::net::proxy::{Decision, Proxy, tunnel};
use crate::net::tls::TlsClient;
use crate::net::{Network, Stream, tcp};

/// The road of a further connection, as an application takes it.
pub(super) struct Further<'w, 'a, N, W> {
    pub(super) way: &'w Way<'a, N, W>,
    pub(super) tls: Result<TlsClient, Failure>,
    /// The proxy decision and the addresses, if they are known.
    pub(super) known: Option<&'w Route>,
    /// The name to ask for in the handshake, in place of the host.
    pub(super) name: Option<&'w str>,
    /// The times of the stages, if they are measured.
    pub(super) times: Option<Round>,
    /// The addresses that a lookup found.
    pub(super) found: Vec<IpAddr>,
}

impl<'w, 'a, N: Network, W: Watch> Further<'w, 'a, N, W> {
    pub(super) fn new(way: &'w Way<'a, N, W>, tls: Result<TlsClient, Failure>) -> Self {
        Self { way, tls, known: None, name: None, times: None, found: Vec::new() }
    }

    /// The same road once more.
    pub(super) fn again(way: &'w Way<'a, N, W>, route: &'w Route, tls: Result<TlsClient, Failure>) -> Self {
        Self { known: Some(route), ..Self::new(way, tls) }
    }

    /// One wait. What is measured may take as long as a step takes, also near the end of the run.
    pub(super) fn limit(&self) -> Duration {
        if self.times.is_some() { self.way.plan.limits.step } else { self.way.limit() }
    }

    /// Records how long a stage took. The failure of a stage that is measured names the stage.
    pub(super) fn ended<T>(&mut self, stage: Stage, begun: Instant, outcome: Result<T, Failure>) -> Result<T, Failure> {
        let Some(round) = &mut self.times else { return outcome };
        let time = match stage {
            Stage::Dns => &mut round.dns_ms,
            Stage::Tcp => &mut round.tcp_ms,
            Stage::Proxy => &mut round.proxy_ms,
            Stage::Tls => &mut round.tls_ms,
            _ => &mut round.answer_ms,
        };
        if outcome.is_ok() {
            *time = Some(milliseconds(begun.elapsed()));
        }
        outcome.map_err(|failure| at(stage, &failure))
    }
}

impl<N: Network, W: Watch> Way<'_, N, W> {
    /// Runs the handshakes that distinguish the causes of a failed one.
    pub(super) async fn tell_apart(&self, route: &Route, failure: &Failure, facts: &mut TlsFacts) {
        let host = self.target.host();
        match failure.kind {
            FailureKind::Alert => {
                for (version, alone) in [("1.2", &TLS12), ("1.3", &TLS13)] {
                    let tls = self.recording().and_then(|tls| tls.with_version(alone));
                    let failure = self.try_handshake(route, host, tls).await;
                    facts.versions.push(VersionTry { version: version.to_owned(), failure });
                }
            }
            FailureKind::Reset | FailureKind::TimedOut => {
                let failure = self.try_handshake(route, NEUTRAL_NAME, self.recording()).await;
                // A certificate, for whatever name, is an answer.
                let failure = failure.filter(|failure| failure.kind != FailureKind::Certificate);
                facts.other_name = Some(SniTry { name: NEUTRAL_NAME.to_owned(), failure });
            }
            _ => {}
        }
    }

    async fn try_handshake(&self, route: &Route, name: &str, tls: Result<TlsClient, Failure>) -> Option<Failure> {
        let mut further = Further { name: Some(name), ..Further::again(self, route, tls) };
        match dial(&mut further, Destination::of(&self.target.url)).await {
            Ok(mut stream) => {
                let _ = stream.flush().await;
                None
            }
            Err(failure) => Some(failure),
        }
    }

    /// A second connection on the same way, ready for requests.
    pub(super) async fn again_to_talk(&self, route: &Route) -> Result<Connection, Failure> {
        let mut further = Further::again(self, route, self.recording());
        dial(&mut further, Destination::of(&self.target.url)).await.map(Connection::new)
    }

    /// A verified connection to another host of the same account, by the way that the settings give for it.
    pub(super) async fn open(&self, host: &str) -> Result<Stream, Failure> {
        dial(&mut Further::new(self, self.recording()), Destination::https(host)).await
    }
}

impl<N: Network, W: Watch> Road for Further<'_, '_, N, W> {
    type End = Failure;

    fn decide(&mut self, to: Destination<'_>) -> Decision {
        match self.known {
            Some(route) => route.decision.clone(),
            None => self.way.means.proxies.decide(to.host, to.is_secure),
        }
    }

    fn known(&mut self, _: &str) -> Option<Vec<IpAddr>> {
        self.known.map(|route| route.addresses.clone())
    }

    async fn resolve(&mut self, host: &str, _: Option<&Proxy>) -> Result<Vec<IpAddr>, Failure> {
        let begun = Instant::now();
        let found = self.way.means.network.addresses(host, self.limit()).await;
        let found = self.ended(Stage::Dns, begun, found)?;
        self.found = found.into_iter().filter(|ip| self.way.is_wanted((*ip).into())).collect();
        Ok(self.found.clone())
    }

    async fn connect(&mut self, peers: &[SocketAddr]) -> Result<TcpStream, Failure> {
        let begun = Instant::now();
        let outcome = tcp::race(self.way.means.network, peers, self.limit()).await.outcome;
        self.ended(Stage::Tcp, begun, outcome)
    }

    async fn tunnel(&mut self, stream: TcpStream, proxy: &Proxy, to: Destination<'_>) -> Result<Stream, Failure> {
        let begun = Instant::now();
        let outcome = tunnel(stream, proxy, to.host, to.port, self.limit()).await.outcome;
        self.ended(Stage::Proxy, begun, outcome.map(Stream::new))
    }

    async fn handshake<S>(&mut self, stream: S, to: Destination<'_>) -> Result<Stream, Failure>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let begun = Instant::now();
        let outcome = match &self.tls {
            Ok(tls) => tls.handshake(stream, self.name.unwrap_or(to.host), self.limit()).await,
            Err(failure) => Err((failure.clone(), crate::diagnose::evidence::TlsFacts::default())),
        };
        let (stream, session) = self.ended(Stage::Tls, begun, outcome.map_err(|(failure, _)| failure))?;
        if let Some(round) = &mut self.times {
            round.is_resumed = Some(session.is_resumed());
        }
        Ok(stream)
    }
}

/// A failure that names its stage.
pub(super) fn at(stage: Stage, failure: &Failure) -> Failure {
    Failure::new(failure.kind, format!("{stage}: {failure}"))
}

/// A name that filters let through, at which no more than a handshake is made.
const NEUTRAL_NAME: &str = "www.microsoft.com";

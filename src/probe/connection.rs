//! Connection: further connections after the first one, which distinguish causes, try credentials and measure times.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::observer::Observer;
use super::target::{Route, TargetProbe};
use crate::diagnose::evidence::saved::milliseconds;
use crate::diagnose::evidence::{Failure, Round, TlsFacts};
use crate::diagnose::stage::Stage;
use crate::net::dial::{Destination, Road, dial};
use crate::net::http::{Connection, Request, Response};
use crate::net::proxy::{Decision, Proxy, tunnel};
use crate::net::tls::TlsClient;
use crate::net::{Network, Stream, tcp};

/// A further connection. It notes nothing, and connects as an application does.
pub(super) struct FurtherConnection<'w, 'a, N, O> {
    pub(super) probe: &'w TargetProbe<'a, N, O>,
    pub(super) tls: Result<TlsClient, Failure>,
    /// The proxy decision and the addresses, if they are known.
    pub(super) known: Option<&'w Route>,
    /// The server name for the handshake, if it is not the host.
    pub(super) name: Option<&'w str>,
    /// The times of the stages, if they are measured.
    pub(super) times: Option<Round>,
    /// The addresses from the lookup.
    pub(super) found: Vec<IpAddr>,
}

impl<'w, 'a, N: Network, O: Observer> FurtherConnection<'w, 'a, N, O> {
    pub(super) fn new(probe: &'w TargetProbe<'a, N, O>, tls: Result<TlsClient, Failure>) -> Self {
        Self { probe, tls, known: None, name: None, times: None, found: Vec::new() }
    }

    /// Returns a connection on a known route.
    pub(super) fn on(probe: &'w TargetProbe<'a, N, O>, route: &'w Route, tls: Result<TlsClient, Failure>) -> Self {
        Self { known: Some(route), ..Self::new(probe, tls) }
    }

    /// Returns the limit of one wait. A measured stage may take a whole step, even near the end of the run.
    fn limit(&self) -> Duration {
        if self.times.is_some() { self.probe.plan.limits.step } else { self.probe.limit() }
    }

    /// Records the duration of a stage, if times are measured. The failure of a measured stage names the stage.
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
        outcome.map_err(|failure| Failure::new(failure.kind, format!("{stage}: {failure}")))
    }
}

impl<N: Network, O: Observer> TargetProbe<'_, N, O> {
    /// Opens a further connection to the target, ready for requests.
    pub(super) async fn reconnect(&self, route: &Route) -> Result<Connection, Failure> {
        let mut connection = FurtherConnection::on(self, route, self.recording());
        dial(&mut connection, Destination::of(&self.target.url)).await.map(Connection::new)
    }

    /// Opens a verified connection to another host of the same account, through the proxy that applies to it.
    pub(super) async fn connect_to(&self, host: &str) -> Result<Stream, Failure> {
        dial(&mut FurtherConnection::new(self, self.recording()), Destination::https(host)).await
    }

    /// Sends a further request on the same connection, or on a new one if the peer closed the first.
    pub(super) async fn exchange_again(
        &self,
        route: &Route,
        connection: &mut Connection,
        request: &Request<'_>,
    ) -> Result<Response, Failure> {
        if !connection.is_reusable().await {
            *connection = self.reconnect(route).await?;
        }
        connection.exchange(request, self.limit()).await
    }
}

impl<N: Network, O: Observer> Road for FurtherConnection<'_, '_, N, O> {
    type End = Failure;

    fn decide(&mut self, to: Destination<'_>) -> Decision {
        match self.known {
            Some(route) => route.decision.clone(),
            None => self.probe.context.proxies.decide(to.host, to.is_secure),
        }
    }

    fn known(&mut self, _: &str) -> Option<Vec<IpAddr>> {
        self.known.map(|route| route.addresses.clone())
    }

    async fn resolve(&mut self, host: &str, _: Option<&Proxy>) -> Result<Vec<IpAddr>, Failure> {
        let begun = Instant::now();
        let found = self.probe.context.network.addresses(host, self.limit()).await;
        let found = self.ended(Stage::Dns, begun, found)?;
        self.found = found.into_iter().filter(|ip| self.probe.is_wanted((*ip).into())).collect();
        Ok(self.found.clone())
    }

    async fn connect(&mut self, peers: &[SocketAddr], _: Option<&Proxy>) -> Result<TcpStream, Failure> {
        let begun = Instant::now();
        let outcome = tcp::connect_fastest(self.probe.context.network, peers, self.limit()).await.outcome;
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
            Err(failure) => Err((failure.clone(), TlsFacts::default())),
        };
        let (stream, session) = self.ended(Stage::Tls, begun, outcome.map_err(|(failure, _)| failure))?;
        if let Some(round) = &mut self.times {
            round.is_resumed = Some(session.is_resumed());
        }
        Ok(stream)
    }
}

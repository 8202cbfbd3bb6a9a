//! CONNECT: what a speech application embeds. From accounts and what they are authenticated with to open WebSockets and
//! requests that are ready to be sent, over the same stages that the doctor walks.
//!
//! ```
//! use speech_endpoint::connect::{Connector, TokenSource};
//! use speech_endpoint::{Account, Query, Service};
//!
//! # async fn speak(key: String) -> Result<(), Box<dyn std::error::Error>> {
//! let account = Account::custom_domain("contoso".parse()?);
//! let connector = Connector::new(account, TokenSource::key(key)?)?;
//! let opened = connector.websocket(Service::SpeechToText, &Query::default()).await?;
//! println!("open, X-ConnectionId {}", opened.connection_id);
//! # Ok(()) }
//! ```

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::diagnose::catalogue::Stage;
use crate::diagnose::evidence::{Evidence, Failure, FailureKind, Remark, ResourceFacts, Skip, Step, Trace};
use crate::diagnose::plan::{DEFAULT_JOBS, Limits, Plan, Target};
use crate::net::proxy::ProxySettings;
use crate::net::tls::Trust;
use crate::net::websocket::{Socket, connection_id};
use crate::net::{RestClient, SharedNetwork};
use crate::probe::{Means, probe};
use crate::resolve::account::Account;
use crate::resolve::credential::Header;
use crate::resolve::endpoint::Endpoint;
use crate::resolve::query::Query;
use crate::resolve::service::Service;

mod attempt;
mod builder;
mod dial;
mod discovery;
mod error;
mod explain;
mod failover;
mod issuer;
mod jitter;
mod log;
mod prepared;
mod rest;
mod routes;
mod seen;
mod spans;
mod token;
mod turns;

use attempt::{Aim, Core};
pub use builder::{BuildError, Builder};
use dial::{Clock, Dialer};
use error::Attempt;
pub use error::{ConnectCause, ConnectError};
use explain::wall_clock;
pub use failover::Health;
use prepared::Prepared;
use routes::Route;
pub use token::{Cause, TokenError, TokenKind, TokenSource, TokenState, TokenTimes};
use token::{Held, Issue, Tried};
use turns::{Seat, Turn, Turns};

/// Opens connections to a speech resource, or to the first of several that works. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Connector(Arc<Inner>);

struct Inner {
    seats: Vec<Seat>,
    core: Arc<Core>,
    issuer: Arc<dyn Issue>,
    client: RestClient,
    trust: Trust,
    prepared: Prepared,
    limits: Limits,
}

/// An open WebSocket, which the service has accepted.
#[derive(Debug)]
#[non_exhaustive]
pub struct Opened {
    /// The WebSocket.
    pub socket: Socket,
    /// `X-ConnectionId`, by which support finds it.
    pub connection_id: String,
    /// The account that it was opened with, by its place in the order.
    pub account: usize,
}

/// How one of the accounts stands.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AccountState {
    /// The account.
    pub account: Account,
    /// Whether it is used.
    pub health: Health,
    /// How often it failed in a row.
    pub failures: u32,
    /// What it is authenticated with.
    pub token: TokenState,
}

impl Connector {
    /// A connector for one account, with this machine's network, roots and proxies.
    ///
    /// # Errors
    ///
    /// [`BuildError`], when the proxies of the environment cannot be read.
    pub fn new(account: Account, source: TokenSource) -> Result<Self, BuildError> {
        Self::builder(account, source).build()
    }

    /// A connector whose parts are chosen one by one.
    pub fn builder(account: Account, source: TokenSource) -> Builder {
        Builder::new(account, source)
    }

    /// Opens a WebSocket, or hands out one that was prepared.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], with everything that was seen.
    pub async fn websocket(&self, service: Service, query: &Query) -> Result<Opened, ConnectError> {
        if let Some(opened) = self.0.prepared.take(service, query) {
            return Ok(opened);
        }
        self.open(service, query).await
    }

    /// Opens a WebSocket ahead of need and keeps it open: the next [`Connector::websocket`] with the same service and query
    /// is handed it, and another one is opened in its place.
    ///
    /// ```
    /// use speech_endpoint::connect::{ConnectError, Connector, Opened};
    /// use speech_endpoint::{Query, Service};
    ///
    /// /// While the application starts.
    /// async fn warm_up(connector: &Connector) -> Result<(), ConnectError> {
    ///     connector.prepare(Service::SpeechToText, &Query::default()).await
    /// }
    ///
    /// /// When somebody begins to speak: without a round trip, if one is ready.
    /// async fn listen(connector: &Connector) -> Result<Opened, ConnectError> {
    ///     connector.websocket(Service::SpeechToText, &Query::default()).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConnectError`], as [`Connector::websocket`]; nothing is kept then.
    pub async fn prepare(&self, service: Service, query: &Query) -> Result<(), ConnectError> {
        let opened = self.open(service, query).await?;
        self.0.prepared.keep(self, service, query, opened);
        Ok(())
    }

    /// Closes what was prepared for a service, and prepares no more for it.
    pub fn release(&self, service: Service) {
        self.0.prepared.release(service);
    }

    /// Looks at a service of every account as the doctor does, by this connector's network, roots and proxies and with its
    /// credentials: what the attempt of an application cannot tell apart is asked for, which takes longer. One piece of
    /// evidence for each account, in their order.
    ///
    /// The roots are those given by [`Builder::trust`], else this machine's, also where TLS is the application's own.
    pub async fn examine(&self, service: Service, query: &Query) -> Vec<Evidence> {
        let inner = &*self.0;
        let mut all = Vec::with_capacity(inner.seats.len());
        for seat in &inner.seats {
            all.push(inner.examine(seat, service, query).await);
        }
        all
    }

    /// How the accounts stand, in their order.
    #[must_use]
    pub fn accounts(&self) -> Vec<AccountState> {
        let now = Instant::now();
        let state = |seat: &Seat| AccountState {
            account: seat.account.clone(),
            health: seat.breaker.health(now),
            failures: seat.breaker.failures(),
            token: seat.source.state(),
        };
        self.0.seats.iter().map(state).collect()
    }

    /// The network that connections are opened in, for a [`probe`](crate::probe) of the same way.
    #[must_use]
    pub fn network(&self) -> &SharedNetwork {
        &self.0.core.dialer.network
    }

    /// The proxies that connections are opened through.
    #[must_use]
    pub fn proxies(&self) -> &ProxySettings {
        &self.0.core.dialer.proxies
    }

    async fn open(&self, service: Service, query: &Query) -> Result<Opened, ConnectError> {
        let inner = &*self.0;
        let mut turns = inner.turns();
        while let Some(Turn { place, seat, clock }) = turns.next().await {
            match inner.open_with(seat, service, query, clock).await {
                Ok((socket, connection_id)) => {
                    seat.breaker.answered();
                    return Ok(Opened { socket, connection_id, account: place });
                }
                Err(error) => turns.failed(seat, error)?,
            }
        }
        Err(turns.end().unwrap_or_else(|| inner.resting(service)))
    }
}

impl Inner {
    fn turns(&self) -> Turns<'_> {
        Turns::new(&self.seats, self.limits)
    }

    /// Opens a WebSocket with one account: with its credential, and where that is refused and there is another, with that.
    async fn open_with(
        &self,
        seat: &Seat,
        service: Service,
        query: &Query,
        clock: Clock,
    ) -> Result<(Socket, String), ConnectError> {
        let route = seat.route(service, query)?;
        let mut tried = Tried::default();
        loop {
            let (held, header) = self.credential(seat, &route, &tried, clock).await?;
            let connection_id = connection_id();
            let (credential, header) = (held.credential(), header.as_ref());
            let aim = Aim { route: &route, credential, header, connection_id: &connection_id, clock };
            match self.core.open(&aim).await {
                Ok(socket) => {
                    seat.source.accepted(&held);
                    return Ok((socket, connection_id));
                }
                Err(ended) if ended.status() == Some(401) && seat.source.refused(&held, &mut tried) => {}
                Err(ended) => return Err(self.core.explain(&aim, ended).await),
            }
        }
    }

    async fn examine(&self, seat: &Seat, service: Service, query: &Query) -> Evidence {
        let total = self.limits.total;
        let held = self.held(seat, &Tried::default(), total / 2).await;
        let credential = held.as_ref().ok().and_then(Held::credential);
        let plan = Plan::new(&seat.account, &[service], query, credential, total, DEFAULT_JOBS);
        let Dialer { network, tls, proxies, .. } = &self.core.dialer;
        let mut means = Means::new(network, &self.trust, proxies, wall_clock());
        means.tls = Some(tls.clone());
        means.credential = credential;
        means.credential_facts = credential.map(explain::credential_facts);
        means.remarks.extend(held.as_ref().err().map(|error| Remark::new(error.id(), error.to_string(), true)));
        probe(&plan, &means, &(), std::future::pending()).await
    }

    /// What is sent, and the header that carries it.
    async fn credential(
        &self,
        seat: &Seat,
        route: &Route,
        tried: &Tried,
        clock: Clock,
    ) -> Result<(Held, Option<Header>), ConnectError> {
        let Route { endpoint, url } = route;
        let failed =
            |cause, evidence| before_the_network(endpoint.service(), Some(endpoint.host().to_owned()), cause, evidence);
        let held = self.held(seat, tried, clock.left()).await.map_err(|error| {
            let evidence = issuer::seen(&error).unwrap_or_else(|| without_a_token(endpoint, &error));
            failed(error.into(), evidence)
        })?;
        let header = held.credential().map(|credential| credential.header_at(endpoint, url)).transpose();
        let header = header.map_err(|error| {
            let mut evidence = explain::evidence_of(endpoint, held.credential());
            evidence.remarks.push(Remark::new(error.id(), error.to_string(), true));
            failed(error.into(), evidence)
        })?;
        Ok((held, header))
    }

    async fn held(&self, seat: &Seat, tried: &Tried, limit: Duration) -> Result<Held, TokenError> {
        let waiting = seat.source.credential(&seat.account, &self.issuer, tried);
        timeout(limit, waiting).await.unwrap_or(Err(TokenError::TimedOut { limit }))
    }

    /// Every account asked to be left alone for longer than the call may take; or the time was too short for any.
    fn resting(&self, service: Service) -> ConnectError {
        let now = Instant::now();
        let asked = self.seats.iter().map(|seat| seat.asked(now)).filter(|(_, rest)| !rest.is_zero());
        if let Some((Some(asked), rest)) = asked.min_by_key(|(_, rest)| *rest) {
            return asked.held_back(service, rest);
        }
        let failure = crate::net::silence(self.limits.total);
        let evidence = Evidence::new(wall_clock(), ResourceFacts::of(&self.seats[0].account));
        before_the_network(service, None, ConnectCause::Network { stage: Stage::Environment, failure }, evidence)
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connector").field(&self.accounts()).finish()
    }
}

impl Seat {
    fn route(&self, service: Service, query: &Query) -> Result<Arc<Route>, ConnectError> {
        self.routes.to(&self.account, service, query).map_err(|error| {
            let mut evidence = Evidence::new(wall_clock(), ResourceFacts::of(&self.account));
            evidence.remarks.push(Remark::new(error.code(), error.to_string(), true));
            before_the_network(service, None, error.into(), evidence)
        })
    }
}

/// Nothing was tried for want of a token.
fn without_a_token(endpoint: &Endpoint, error: &TokenError) -> Evidence {
    let mut evidence = explain::evidence_of(endpoint, None);
    let mut trace = Trace::new(Target::of(endpoint.clone()).facts());
    trace.dns = Step::Skipped { because: Skip::NoCredential };
    let failure = Failure::new(FailureKind::Denied, error.to_string());
    trace.auth = Step::Failed { failure, found: None, took: Duration::ZERO };
    trace.skip_rest(Skip::NoCredential);
    evidence.traces.push(trace);
    evidence.remarks.push(Remark::new(error.id(), error.to_string(), true));
    evidence
}

/// An error of which the network has seen nothing.
fn before_the_network(service: Service, host: Option<String>, cause: ConnectCause, evidence: Evidence) -> ConnectError {
    ConnectError::new(Attempt { service, host, connection_id: None, cause, reply: None, evidence })
}

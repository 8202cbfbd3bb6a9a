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

use tokio::time::Instant;

use crate::account::Account;
use crate::credential::Header;
use crate::endpoint::Endpoint;
use crate::evidence::{Evidence, Failure, Remark, ResourceFacts};
use crate::net::SharedNetwork;
use crate::net::proxy::ProxySettings;
use crate::net::websocket::{Socket, connection_id};
use crate::plan::{self, Limits};
use crate::query::Query;
use crate::service::Service;

mod attempt;
mod builder;
mod dial;
mod discovery;
mod error;
mod failover;
mod issuer;
mod jitter;
mod log;
mod prepared;
mod rest;
mod spans;
mod token;
mod turns;

use attempt::{Aim, Core, wall_clock};
pub use builder::{BuildError, Builder};
use dial::Clock;
use error::Attempt;
pub use error::{ConnectCause, ConnectError};
pub use failover::Health;
use prepared::Prepared;
pub use token::{Cause, TokenError, TokenKind, TokenSource, TokenState, TokenTimes};
use token::{Held, Issue, Tried};
use turns::{Seat, Turns};

/// Opens connections to a speech resource, or to the first of several that works. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Connector(Arc<Inner>);

struct Inner {
    seats: Vec<Seat>,
    core: Arc<Core>,
    issuer: Arc<dyn Issue>,
    client: reqwest::Client,
    prepared: Prepared,
    total: Duration,
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
        while let Some((seat, clock)) = turns.next().await {
            match inner.open_with(seat, service, query, clock).await {
                Ok((socket, connection_id)) => {
                    seat.breaker.answered();
                    let account = inner.seats.iter().position(|known| std::ptr::eq(known, seat)).unwrap_or_default();
                    return Ok(Opened { socket, connection_id, account });
                }
                Err(error) => turns.failed(seat, error)?,
            }
        }
        Err(turns.end().unwrap_or_else(|| inner.resting(service)))
    }
}

impl Inner {
    fn turns(&self) -> Turns<'_> {
        Turns::new(&self.seats, self.total, self.limits.step)
    }

    /// Opens a WebSocket with one account: with its credential, and where that is refused and there is another, with that.
    async fn open_with(
        &self,
        seat: &Seat,
        service: Service,
        query: &Query,
        clock: Clock,
    ) -> Result<(Socket, String), ConnectError> {
        let endpoint = resolve(&seat.account, service, query)?;
        let mut tried = Tried::default();
        loop {
            let (held, header) = self.credential(seat, &endpoint, &tried, clock).await?;
            let connection_id = connection_id();
            let (credential, header) = (held.credential(), header.as_ref());
            let aim = Aim { endpoint: &endpoint, credential, header, connection_id: &connection_id, clock };
            match self.core.open(&aim).await {
                Ok(socket) => {
                    seat.source.accepted(&held);
                    return Ok((socket, connection_id));
                }
                Err(error) if error.status() == Some(401) && seat.source.refused(&held, &mut tried) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// What is sent, and the header that carries it.
    async fn credential(
        &self,
        seat: &Seat,
        endpoint: &Endpoint,
        tried: &Tried,
        clock: Clock,
    ) -> Result<(Held, Option<Header>), ConnectError> {
        let host = Some(endpoint.host().to_owned());
        let service = endpoint.service();
        let waiting = seat.source.credential(&seat.account, &self.issuer, tried);
        let limit = clock.left();
        let held = match tokio::time::timeout(limit, waiting).await {
            Ok(held) => held,
            Err(_) => Err(TokenError::TimedOut { limit }),
        };
        let held = held.map_err(|error| {
            let evidence = issuer::seen(&error).unwrap_or_else(|| {
                let mut evidence = attempt::evidence_of(endpoint, None);
                evidence.remarks.push(Remark::new("token", error.to_string(), true));
                evidence
            });
            before_the_network(service, host.clone(), error.into(), evidence)
        })?;
        let header = held.credential().map(|credential| credential.header(endpoint)).transpose();
        let header = header.map_err(|error| {
            let mut evidence = attempt::evidence_of(endpoint, held.credential());
            evidence.remarks.push(Remark::new(error.id(), error.to_string(), true));
            before_the_network(service, host, error.into(), evidence)
        })?;
        Ok((held, header))
    }

    /// Every account has been asked to be left alone for longer than the call may take.
    fn resting(&self, service: Service) -> ConnectError {
        let now = Instant::now();
        let rest = self.seats.iter().map(|seat| seat.breaker.asked_to_rest(now)).min().unwrap_or_default();
        let text =
            format!("the service asks for {} s without further calls: try again then", rest.as_secs_f64().ceil());
        let failure = Failure::new(crate::evidence::FailureKind::Status, text.clone());
        let account = &self.seats[0].account;
        let mut evidence = Evidence::new(wall_clock(), ResourceFacts::of(account));
        evidence.remarks.push(Remark::new("QUO01", text, true));
        let cause = ConnectCause::Network { stage: crate::catalogue::Stage::Quota, failure };
        before_the_network(service, None, cause, evidence)
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connector").field(&self.accounts()).finish()
    }
}

fn resolve(account: &Account, service: Service, query: &Query) -> Result<Endpoint, ConnectError> {
    plan::resolve(account, service, query).map_err(|error| {
        let mut evidence = Evidence::new(wall_clock(), ResourceFacts::of(account));
        evidence.remarks.push(Remark::new(error.code(), error.to_string(), true));
        before_the_network(service, None, error.into(), evidence)
    })
}

/// An error of which the network has seen nothing.
fn before_the_network(service: Service, host: Option<String>, cause: ConnectCause, evidence: Evidence) -> ConnectError {
    ConnectError::new(Attempt { service, host, connection_id: None, cause, reply: None, evidence })
}

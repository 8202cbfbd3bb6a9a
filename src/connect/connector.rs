//! The connector: WebSockets of the first account that works, prepared ahead of need or opened on demand.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, timeout};
use tracing::Instrument as _;

use super::attempt::Attempt;
use super::breaker::Health;
use super::dial::{Clock, Dialer};
use super::error::{ConnectCause, ConnectError};
use super::explain::{credential_facts, evidence_of};
use super::failover::{Candidate, Failover, Selected};
use super::issuer;
use super::opened::Opened;
use super::prepared::{Open, Prepared};
use super::routes::Route;
use super::spans;
use super::token::{Issue, Lease, TokenError, TokenState, TriedCredentials};
use super::transport::Transport;
use super::wall_clock::wall_clock;
use crate::diagnose::evidence::{Evidence, Failure, FailureKind, Remark, ResourceFacts, Skip, Step, Trace};
use crate::diagnose::plan::{DEFAULT_JOBS, Limits, Plan, Target};
use crate::net::proxy::ProxySettings;
use crate::net::tls::Trust;
use crate::net::websocket::{Socket, connection_id};
use crate::net::{RestClient, SharedNetwork};
use crate::probe::{Context, probe};
use crate::resolve::account::Account;
use crate::resolve::credential::CredentialHeader;
use crate::resolve::endpoint::Endpoint;
use crate::resolve::query::Query;
use crate::resolve::service::Service;

/// Opens WebSockets and sends requests to a Speech resource, and fails over to other resources.
///
/// Create one for the lifetime of the application: it caches tokens, DNS names, TLS sessions and redirects. Cheap to
/// clone; clones share everything.
///
/// Use it on one runtime of tokio that the application keeps driving. Any runtime can make a call, and a call waits neither
/// for a token nor for a name that an idle runtime is fetching. But a connection belongs to the runtime that opened it: on an
/// idle runtime, a prepared WebSocket never answers, and a request over a kept connection runs into its time limit once.
#[derive(Clone)]
pub struct Connector(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) candidates: Vec<Candidate>,
    pub(super) transport: Arc<Transport>,
    pub(super) issuer: Arc<dyn Issue>,
    pub(super) client: RestClient,
    pub(super) trust: Trust,
    pub(super) prepared: Prepared,
    pub(super) limits: Limits,
    pub(super) used: UsedServices,
}

/// The services that the application has called.
#[derive(Debug, Default)]
pub(super) struct UsedServices(Mutex<Vec<Service>>);

impl UsedServices {
    pub(super) fn add(&self, service: Service) {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !used.contains(&service) {
            used.push(service);
        }
    }

    /// Returns the services in the order of the documents.
    fn all(&self) -> Vec<Service> {
        let used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Service::all().filter(|service| used.contains(service)).collect()
    }
}

/// The state of one account.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AccountState {
    /// The name of the account, for log lines and metrics: see [`Builder::named`](crate::connect::Builder::named).
    pub name: String,
    /// The account.
    pub account: Account,
    /// Its health, which decides whether calls use it.
    pub health: Health,
    /// The number of consecutive failures.
    pub failures: u32,
    /// The state of its token source.
    pub token: TokenState,
}

impl Connector {
    /// Opens a WebSocket, or returns a prepared one if [`Connector::prepare`] has one ready.
    ///
    /// 1. Accounts are tried in the order of the builder. One that keeps failing backs off for 5 to 60 seconds, or for
    ///    as long as `Retry-After` says.
    /// 2. A credential that is rejected with 401 is replaced once by the other key or by a newer token, if there is one.
    /// 3. Failures of the network, 408, 425, 429 and 5xx fail over to the next account. Those that may be transient are
    ///    retried in up to two more rounds over all accounts, after a random pause of at most 3 seconds.
    /// 4. All other responses are returned at once: another account must not hide a rejected credential or a mistake in
    ///    the request.
    ///
    /// The call ends within [`Builder::time_limit`](crate::connect::Builder::time_limit), 20 seconds by default, which its
    /// attempts share. Dropping the future cancels the call.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], with the evidence of every account that was tried.
    pub async fn websocket(&self, service: Service, query: &Query) -> Result<Opened, ConnectError> {
        self.0.used.add(service);
        if let Some(opened) = self.0.prepared.take(service, query) {
            return Ok(opened);
        }
        self.0.open_websocket(service, query).await
    }

    /// Opens a WebSocket ahead of need and keeps it open. The next [`Connector::websocket`] with the same service and query
    /// returns it, and another one is opened in its place.
    ///
    /// ```
    /// use speech_endpoint::connect::{ConnectError, Connector, Opened};
    /// use speech_endpoint::{Query, Service};
    ///
    /// /// Runs while the application starts.
    /// async fn warm_up(connector: &Connector) -> Result<(), ConnectError> {
    ///     connector.prepare(Service::SpeechToText, &Query::default()).await
    /// }
    ///
    /// /// Runs when somebody begins to speak. It needs no round trip if a connection is ready.
    /// async fn listen(connector: &Connector) -> Result<Opened, ConnectError> {
    ///     connector.websocket(Service::SpeechToText, &Query::default()).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConnectError`], as [`Connector::websocket`]. Nothing is prepared then.
    pub async fn prepare(&self, service: Service, query: &Query) -> Result<(), ConnectError> {
        self.0.used.add(service);
        let opened = self.0.open_websocket(service, query).await?;
        let inner: Weak<Inner> = Arc::downgrade(&self.0);
        self.0.prepared.keep(inner, service, query, opened);
        Ok(())
    }

    /// Closes the prepared connections of a service, and prepares no more.
    pub fn release(&self, service: Service) {
        self.0.prepared.release(service);
    }

    /// Runs the doctor's probe for a service of every account, with this connector's network, roots, proxies and
    /// credentials. Returns one [`Evidence`] for each account, in their order.
    ///
    /// This takes longer than an attempt and distinguishes causes that an attempt cannot. The roots are those of
    /// [`Builder::trust`](crate::connect::Builder::trust), else those of this machine, even if the application sets its
    /// own TLS configuration.
    pub async fn probe(&self, service: Service, query: &Query) -> Vec<Evidence> {
        self.probe_services(&[service], query).await
    }

    /// Runs the doctor for several services of every account, as [`Connector::probe`] does for one, so that rules which
    /// compare services apply too. Without services, it checks those that this connector was called for; if it was not
    /// called yet, the usual ones of each account.
    ///
    /// Each account takes at most [`Builder::time_limit`](crate::connect::Builder::time_limit).
    ///
    /// ```
    /// use speech_endpoint::connect::Connector;
    /// use speech_endpoint::{Query, diagnose};
    ///
    /// async fn report(connector: &Connector) {
    ///     let runs = connector.probe_services(&[], &Query::default()).await;
    ///     for (account, evidence) in connector.accounts().iter().zip(&runs) {
    ///         let diagnosis = diagnose(evidence);
    ///         let cause = diagnosis.root_cause().map_or("none", |finding| finding.failure.id);
    ///         println!("{}: {:?}, root cause {cause}", account.name, diagnosis.verdict);
    ///     }
    /// }
    /// ```
    pub async fn probe_services(&self, services: &[Service], query: &Query) -> Vec<Evidence> {
        let inner = &*self.0;
        let used = inner.used.all();
        let services = if services.is_empty() { &used[..] } else { services };
        let mut all = Vec::with_capacity(inner.candidates.len());
        for candidate in &inner.candidates {
            let span = spans::probe(&candidate.name);
            let evidence = inner.probe(candidate, services, query).instrument(span.clone()).await;
            spans::examined(&span, &evidence);
            all.push(evidence);
        }
        all
    }

    /// Leaves an account out for some time, at most five minutes: calls use the others, unless all accounts are left out. This is
    /// for a fault that the service reports only in an open WebSocket, such as a close with 4429.
    ///
    /// The account is the one of [`Opened::account_index`]. Nothing happens if there is no such account.
    pub fn leave_out(&self, account_index: usize, time: Duration) {
        if let Some(candidate) = self.0.candidates.get(account_index) {
            candidate.breaker.leave_out(Instant::now(), time);
        }
    }

    /// Returns the state of the accounts, in their order.
    #[must_use]
    pub fn accounts(&self) -> Vec<AccountState> {
        let now = Instant::now();
        let state = |candidate: &Candidate| AccountState {
            name: candidate.name.to_string(),
            account: candidate.account.clone(),
            health: candidate.breaker.health(now),
            failures: candidate.breaker.failures(),
            token: candidate.source.state(),
        };
        self.0.candidates.iter().map(state).collect()
    }

    /// Returns the network of this connector, to [`probe`](crate::probe) with.
    #[must_use]
    pub fn network(&self) -> &SharedNetwork {
        &self.0.transport.dialer.network
    }

    /// Returns the proxy settings of this connector.
    #[must_use]
    pub fn proxies(&self) -> &ProxySettings {
        &self.0.transport.dialer.proxies
    }

    /// Returns the root certificates that [`Connector::probe`] verifies certificates with.
    #[must_use]
    pub fn trust(&self) -> &Trust {
        &self.0.trust
    }
}

#[async_trait]
impl Open for Inner {
    async fn open(&self, service: Service, query: &Query) -> Result<Opened, ConnectError> {
        self.open_websocket(service, query).await
    }
}

impl Inner {
    async fn open_websocket(&self, service: Service, query: &Query) -> Result<Opened, ConnectError> {
        let mut failover = self.failover();
        while let Some(Selected { index, candidate, clock }) = failover.next().await {
            match Box::pin(self.open_with(candidate, service, query, clock)).await {
                Ok((socket, connection_id)) => {
                    candidate.breaker.record_response();
                    let (account, account_name) = (candidate.account.clone(), candidate.name.clone());
                    return Ok(Opened { socket, connection_id, account, account_name, account_index: index });
                }
                Err(error) => failover.failed(candidate, error)?,
            }
        }
        Err(failover.into_error().unwrap_or_else(|| self.unavailable(service)))
    }

    pub(super) fn failover(&self) -> Failover<'_> {
        Failover::new(&self.candidates, self.limits)
    }

    /// Opens a WebSocket with one account. A rejected credential is replaced once, if there is another one.
    async fn open_with(
        &self,
        candidate: &Candidate,
        service: Service,
        query: &Query,
        clock: Clock,
    ) -> Result<(Socket, String), ConnectError> {
        let route = candidate.route(service, query)?;
        let mut tried = TriedCredentials::default();
        loop {
            let (lease, header) = self.credential(candidate, &route, &tried, clock).await?;
            let connection_id = connection_id();
            let (credential, header) = (lease.credential(), header.as_ref());
            let attempt = Attempt { route: &route, credential, header, connection_id: &connection_id, clock };
            let span = spans::call(&candidate.name, &route.endpoint, &connection_id);
            match self.transport.open(&attempt, &span).await {
                Ok(socket) => {
                    candidate.source.accepted(&lease);
                    return Ok((socket, connection_id));
                }
                Err(failed) if failed.status() == Some(401) && candidate.source.rejected(&lease, &mut tried) => {
                    spans::failed(&span, &failed.failure.failure);
                }
                Err(failed) => {
                    let error = Box::pin(self.transport.explain(&attempt, failed)).instrument(span.clone()).await;
                    spans::explained(&span, &error);
                    return Err(error);
                }
            }
        }
    }

    /// Probes services of one account. Services with tokens of another scope are probed after the others, with such a token.
    async fn probe(&self, candidate: &Candidate, services: &[Service], query: &Query) -> Evidence {
        let account = &candidate.account;
        let usual = Plan::usual_services(account);
        let services = if services.is_empty() { &usual[..] } else { services };
        let scope = services.first().and_then(|service| account.token_scope(*service));
        let (first, others): (Vec<Service>, Vec<Service>) =
            services.iter().partition(|service| account.token_scope(**service) == scope);
        let begun = Instant::now();
        let mut evidence = self.probe_with_one_credential(candidate, &first, query, self.limits.total).await;
        let left = self.limits.total.saturating_sub(begun.elapsed());
        if !others.is_empty() {
            evidence.traces.extend(self.probe_with_one_credential(candidate, &others, query, left).await.traces);
            evidence.took = begun.elapsed();
        }
        evidence
    }

    async fn probe_with_one_credential(
        &self,
        candidate: &Candidate,
        services: &[Service],
        query: &Query,
        total: Duration,
    ) -> Evidence {
        let tried = TriedCredentials::default();
        let lease = match services.first() {
            Some(service) => Some(self.lease(candidate, *service, &tried, total / 2).await),
            None => None,
        };
        let remark = lease.iter().filter_map(|lease| lease.as_ref().err());
        let remark = remark.map(|error| Remark::new(error.id(), error.to_string(), true));
        let credential = lease.as_ref().and_then(|lease| lease.as_ref().ok()?.credential());
        let plan = Plan::new(&candidate.account, services, query, credential, total, DEFAULT_JOBS);
        let Dialer { network, tls, proxies, .. } = &self.transport.dialer;
        let context = Context::new(network, &self.trust, proxies, wall_clock())
            .with_tls(tls.clone())
            .with_credential(credential, credential.map(credential_facts))
            .with_remarks(remark);
        probe(&plan, &context, &(), std::future::pending()).await
    }

    /// Returns a lease on the next credential to try, and the header that carries it.
    pub(super) async fn credential(
        &self,
        candidate: &Candidate,
        route: &Route,
        tried: &TriedCredentials,
        clock: Clock,
    ) -> Result<(Lease, Option<CredentialHeader>), ConnectError> {
        let Route { endpoint, url } = route;
        let failed = |cause, evidence| {
            let host = Some(endpoint.host().to_owned());
            ConnectError::before_the_network(endpoint.service(), host, cause, evidence)
        };
        let lease = self.lease(candidate, endpoint.service(), tried, clock.left()).await.map_err(|error| {
            let evidence = issuer::evidence_of(&error).unwrap_or_else(|| without_a_token(endpoint, &error));
            failed(error.into(), evidence)
        })?;
        let header = lease.credential().map(|credential| credential.header_at(endpoint, url)).transpose();
        let header = header.map_err(|error| {
            let mut evidence = evidence_of(endpoint, lease.credential());
            evidence.remarks.push(Remark::new(error.id(), error.to_string(), true));
            failed(error.into(), evidence)
        })?;
        Ok((lease, header))
    }

    async fn lease(
        &self,
        candidate: &Candidate,
        service: Service,
        tried: &TriedCredentials,
        limit: Duration,
    ) -> Result<Lease, TokenError> {
        let lease = candidate.source.lease(&candidate.account, service, &self.issuer, tried, limit);
        timeout(limit, lease).await.unwrap_or(Err(TokenError::TimedOut { limit }))
    }

    /// Returns the error of a call that tried no account: all of them are backing off, or the time limit is too short.
    pub(super) fn unavailable(&self, service: Service) -> ConnectError {
        let now = Instant::now();
        let retry_later = self.candidates.iter().filter_map(|candidate| candidate.retry_later(now));
        if let Some((error, remaining)) = retry_later.min_by_key(|(_, remaining)| *remaining) {
            return error.backing_off(service, remaining);
        }
        let failure = crate::net::silence(self.limits.total);
        let evidence = Evidence::new(wall_clock(), ResourceFacts::of(&self.candidates[0].account));
        let cause = ConnectCause::NotTried { failure };
        ConnectError::before_the_network(service, None, cause, evidence)
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connector").field(&self.accounts()).finish()
    }
}

/// Returns the evidence of an attempt that ended because it had no token.
fn without_a_token(endpoint: &Endpoint, error: &TokenError) -> Evidence {
    let mut evidence = evidence_of(endpoint, None);
    let mut trace = Trace::new(Target::of(endpoint.clone()).facts());
    trace.dns = Step::Skipped { because: Skip::NoCredential };
    let failure = Failure::new(FailureKind::Denied, error.to_string());
    trace.auth = Step::Failed { failure, found: None, took: Duration::ZERO };
    trace.skip_rest(Skip::NoCredential);
    evidence.traces.push(trace);
    evidence.remarks.push(Remark::new(error.id(), error.to_string(), true));
    evidence
}

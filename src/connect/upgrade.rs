//! Upgrades: from the URL of an endpoint to an open WebSocket, following redirects on the way.

use std::pin::pin;
use std::sync::Arc;

use tokio::time::Instant;
use tracing::{Instrument as _, Span};
use url::Url;

use super::attempt::Attempt;
use super::discovery::{self, MAX_REDIRECTS};
use super::error::ConnectError;
use super::observation::{FailedAttempt, Observation, StageFailure};
use super::spans;
use super::trace_log::TraceLog;
use super::transport::Transport;
use crate::diagnose::evidence::{Failure, FailureKind, Step};
use crate::diagnose::stage::Stage;
use crate::net::http::{Connection, Request, Response, classify};
use crate::net::websocket::{self, Socket, UpgradeRequest};
use crate::resolve::endpoint::{Discovery, Endpoint};

impl Transport {
    /// Opens a WebSocket.
    ///
    /// 1. Start at the URL that a custom domain redirected to before, else at the endpoint's own URL. If the endpoint
    ///    does not serve the service itself, request the redirect first.
    /// 2. Dial, and send the upgrade request with the credential.
    /// 3. If the response is a redirect, or a 404 from a host that may redirect its clients, continue at the named URL:
    ///    at most [`MAX_REDIRECTS`] times, and only where [`discovery::follow`] permits it.
    pub(super) async fn open(&self, attempt: &Attempt<'_>, span: &Span) -> Result<Socket, FailedAttempt> {
        let mut observations = Vec::new();
        // Pinned on the stack: a future of several kilobytes would be copied when it is passed by value.
        let opened = pin!(self.follow_redirects(attempt, &mut observations)).instrument(span.clone()).await;
        opened.map_err(|failure| {
            self.redirects.remove(attempt.endpoint());
            FailedAttempt { observations, failure }
        })
    }

    /// Sends one request without a body to the endpoint itself.
    pub(super) async fn exchange(&self, attempt: &Attempt<'_>) -> Result<Response, ConnectError> {
        let mut observation = Observation::new(attempt.route.url.clone());
        match self.request(attempt, &mut observation).await {
            Ok(response) => Ok(response),
            Err(failure) => {
                Err(Box::pin(self.explain(attempt, FailedAttempt { observations: vec![observation], failure })).await)
            }
        }
    }

    /// Returns the URL that a custom domain redirects its clients to, if it does.
    pub(super) async fn discover(&self, attempt: &Attempt<'_>) -> Result<Option<Arc<Url>>, ConnectError> {
        let mut observation = Observation::new(attempt.route.url.clone());
        match self.request_redirect(attempt, &mut observation).await {
            Ok((url, _)) => Ok(url.map(|url| self.redirects.insert(attempt.endpoint(), url))),
            Err(failure) => {
                Err(Box::pin(self.explain(attempt, FailedAttempt { observations: vec![observation], failure })).await)
            }
        }
    }

    async fn request(&self, attempt: &Attempt<'_>, observation: &mut Observation) -> Result<Response, StageFailure> {
        let begun = Instant::now();
        let mut connection = self.dial(attempt, observation).await?;
        let mut request = Request::new(method(attempt.endpoint()), &observation.url);
        request.credential = attempt.header;
        let response = connection.exchange(&request, attempt.clock.limit()).await;
        let response = response.map_err(|failure| observation.request_failed(failure, begun))?;
        if response.reply.status == 200 {
            Ok(response)
        } else {
            Err(observation.request_rejected(attempt, response.reply, begun))
        }
    }

    async fn follow_redirects(
        &self,
        attempt: &Attempt<'_>,
        observations: &mut Vec<Observation>,
    ) -> Result<Socket, StageFailure> {
        let discovery = attempt.endpoint().discovery();
        let mut url = if discovery == Discovery::None { None } else { self.redirects.get(attempt.endpoint()) };
        let mut must_discover = url.is_none() && discovery == Discovery::Required;
        for _ in 0..MAX_REDIRECTS {
            observations.push(Observation::new(url.take().unwrap_or_else(|| attempt.route.url.clone())));
            let Some(current) = observations.last_mut() else { break };
            let (redirect, connection) = if std::mem::take(&mut must_discover) {
                self.request_redirect(attempt, current).await?
            } else {
                (None, None)
            };
            let redirect = match redirect {
                Some(redirect) => redirect,
                None => match self.upgrade(attempt, current, connection).await? {
                    Upgraded::Open(socket) => return Ok(socket),
                    Upgraded::Redirected(redirect) => redirect,
                },
            };
            current.redirected();
            url = Some(self.redirects.insert(attempt.endpoint(), redirect));
        }
        let failure = Failure::new(FailureKind::Status, format!("stopped after {MAX_REDIRECTS} redirects"));
        let failure = StageFailure { stage: Stage::Http, failure, reply: None };
        Err(match observations.last_mut() {
            Some(last) => last.redirect_failed(failure),
            None => failure,
        })
    }

    /// Requests the redirect of a custom domain. Returns the connection if there is no redirect and it can be reused.
    async fn request_redirect(
        &self,
        attempt: &Attempt<'_>,
        observation: &mut Observation,
    ) -> Result<(Option<Url>, Option<Connection>), StageFailure> {
        let url = discovery::discovery_url(attempt.endpoint());
        let begun = Instant::now();
        let mut connection = self.dial(attempt, observation).await?;
        let response = connection.exchange(&Request::new(hyper::Method::GET, &url), attempt.clock.limit()).await;
        let response = response.map_err(|failure| observation.request_failed(failure, begun))?;
        let redirect = classify::named_url(&response, &url);
        observation.record_discovery(&response, redirect.as_ref(), attempt.endpoint(), begun);
        match redirect {
            None => Ok((None, connection.is_reusable().await.then_some(connection))),
            Some(redirect) => match discovery::follow(attempt, &redirect) {
                Some(url) => Ok((Some(url), None)),
                None => Err(observation.redirect_failed(StageFailure::redirect_not_allowed(&redirect, response.reply))),
            },
        }
    }

    async fn upgrade(
        &self,
        attempt: &Attempt<'_>,
        observation: &mut Observation,
        connection: Option<Connection>,
    ) -> Result<Upgraded, StageFailure> {
        let connection = match connection {
            Some(connection) => connection,
            None => self.dial(attempt, observation).await?,
        };
        let begun = Instant::now();
        let request = UpgradeRequest::new(&observation.url, attempt.connection_id)
            .for_service(Some(attempt.endpoint().service()), attempt.header);
        let request = UpgradeRequest { records_success: false, ..request };
        let span = spans::http("GET", &observation.url);
        let limit = attempt.clock.limit();
        let upgrade = pin!(websocket::upgrade(connection, &request, limit)).instrument(span.clone()).await;
        let status = upgrade.facts.as_ref().map(|facts| facts.reply.status).or(upgrade.outcome.is_ok().then_some(101));
        spans::answered(&span, status, upgrade.outcome.as_ref().err());
        let failure = match upgrade.outcome {
            Ok(socket) => return Ok(Upgraded::Open(socket)),
            Err(failure) => failure,
        };
        let Some(facts) = upgrade.facts else {
            observation.websocket = Some(Step::Failed { failure: failure.clone(), found: None, took: begun.elapsed() });
            return Err(StageFailure { stage: Stage::WebSocket, failure, reply: None });
        };
        let location = upgrade.location.as_deref().and_then(|location| observation.url.join(location).ok());
        if let Some(redirect) = location.filter(|_| (300..400).contains(&facts.reply.status)) {
            observation.record_redirect(attempt.endpoint(), &redirect, facts.reply.clone(), begun);
            return match discovery::follow(attempt, &redirect) {
                Some(url) => Ok(Upgraded::Redirected(url)),
                None => Err(observation.redirect_failed(StageFailure::redirect_not_allowed(&redirect, facts.reply))),
            };
        }
        if facts.reply.status == 404 && observation.may_redirect(attempt.endpoint()) {
            // The stages of the upgrade are replaced by those of the discovery request, which needs a new connection.
            observation.log = TraceLog::new();
            if let (Some(redirect), _) = self.request_redirect(attempt, observation).await? {
                return Ok(Upgraded::Redirected(redirect));
            }
        }
        Err(observation.upgrade_rejected(attempt, facts, failure, begun))
    }
}

/// The outcome of an upgrade that did not fail.
#[allow(clippy::large_enum_variant, reason = "the large variant is the common one")]
enum Upgraded {
    Open(Socket),
    Redirected(Url),
}

fn method(endpoint: &Endpoint) -> hyper::Method {
    if endpoint.service().method() == "POST" { hyper::Method::POST } else { hyper::Method::GET }
}

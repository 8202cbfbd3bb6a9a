//! Requests: request builders with URL and credential, and requests with retries, failover and diagnosis.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, Request, RequestBuilder, Response};
use tokio::time::{Instant, timeout};
use tracing::Instrument as _;
use url::Url;

use super::attempt::Attempt;
use super::connector::{Connector, Inner};
use super::dial::Clock;
use super::error::{ConnectCause, ConnectError};
use super::explain::evidence_of;
use super::failover::{Candidate, Selected};
use super::routes::Route;
use super::spans;
use super::token::TriedCredentials;
use crate::diagnose::evidence::{Failure, FailureKind};
use crate::diagnose::stage::Stage;
use crate::net::RestError;
use crate::net::http::{self, LARGEST_BODY, carrying, required_headers};
use crate::net::websocket::connection_id;
use crate::resolve::credential::CredentialHeader;
use crate::resolve::endpoint::{Discovery, Endpoint};
use crate::resolve::query::Query;
use crate::resolve::service::Service;

impl Connector {
    /// Returns a request to a service of the first healthy account, with URL, credential and `X-ConnectionId`. The caller
    /// completes it and sends it once with [`Connector::execute`]; [`Connector::send`] also retries, fails over and
    /// diagnoses.
    ///
    /// ```
    /// use speech_endpoint::Service;
    /// use speech_endpoint::connect::Connector;
    ///
    /// async fn voices(connector: &Connector) -> Result<String, Box<dyn std::error::Error>> {
    ///     let request = connector.request(Service::Voices, reqwest::Method::GET).await?;
    ///     let response = connector.execute(request.build()?).await?;
    ///     Ok(response.error_for_status()?.text().await?)
    /// }
    /// ```
    ///
    /// The builder's own `send` fails, because reqwest would bypass the network of the connector. The timeout of the request
    /// is [`Builder::time_limit`](crate::connect::Builder::time_limit); [`RequestBuilder::timeout`] changes it.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], if the account has no URL for the service, or if its token source returns no credential.
    pub async fn request(&self, service: Service, method: Method) -> Result<RequestBuilder, ConnectError> {
        self.request_with(service, method, &Query::default()).await
    }

    /// Returns a request as [`Connector::request`], with the parameters of a query in its URL.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], as [`Connector::request`].
    pub async fn request_with(
        &self,
        service: Service,
        method: Method,
        query: &Query,
    ) -> Result<RequestBuilder, ConnectError> {
        let inner = &*self.0;
        inner.used.add(service);
        let mut failover = inner.failover();
        while let Some(Selected { candidate, clock, .. }) = failover.next().await {
            match Box::pin(inner.request(candidate, service, &method, query, clock)).await {
                Ok(request) => {
                    // The caller sends the request, so the connector does not learn whether the account works.
                    candidate.breaker.abandon_probe();
                    return Ok(request);
                }
                Err(error) => failover.failed(candidate, error)?,
            }
        }
        Err(failover.into_error().unwrap_or_else(|| inner.unavailable(service)))
    }

    /// Sends a request with the network, proxies and TLS of this connector, whatever its host is.
    ///
    /// # Errors
    ///
    /// [`RestError`], if there is no response. A status is not an error here.
    pub async fn execute(&self, request: Request) -> Result<Response, RestError> {
        self.0.client.execute(request).await
    }

    /// Sends a request, and returns the response if its status is 2xx.
    ///
    /// 1. Accounts are tried in the order of the builder, as by [`Connector::websocket`]. `complete` adds headers and body,
    ///    once for each attempt.
    /// 2. A credential that is rejected with 401 is replaced once by the other key or by a newer token, if there is one.
    /// 3. 408, 425, 429 and 5xx, and connections that fail before the request was sent, are retried and fail over as
    ///    by [`Connector::websocket`].
    /// 4. A request that was sent and got no response is retried only if its method is idempotent: the service may have
    ///    processed it.
    /// 5. All other responses, redirects included, are returned as errors at once.
    ///
    /// The response headers arrive within [`Builder::time_limit`](crate::connect::Builder::time_limit), 20 seconds by
    /// default, which all attempts share. The limit applies to the body too, unless `complete` sets a longer
    /// [`RequestBuilder::timeout`]. Dropping the future cancels the call.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], with the response that ended the call and the evidence of every account that was tried.
    pub async fn send(
        &self,
        service: Service,
        method: Method,
        query: &Query,
        complete: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, ConnectError> {
        let inner = &*self.0;
        inner.used.add(service);
        let mut failover = inner.failover();
        while let Some(Selected { candidate, clock, .. }) = failover.next().await {
            match Box::pin(inner.send(candidate, service, &method, query, clock, &complete)).await {
                Ok(response) => {
                    candidate.breaker.record_response();
                    return Ok(response);
                }
                Err((error, is_repeatable)) => {
                    if !is_repeatable {
                        candidate.breaker.record_failure(Instant::now(), None);
                        return Err(error.of_account(&candidate.name));
                    }
                    failover.failed(candidate, error)?;
                }
            }
        }
        Err(failover.into_error().unwrap_or_else(|| inner.unavailable(service)))
    }
}

impl Inner {
    async fn request(
        &self,
        candidate: &Candidate,
        service: Service,
        method: &Method,
        query: &Query,
        clock: Clock,
    ) -> Result<RequestBuilder, ConnectError> {
        let route = candidate.route(service, query)?;
        let (_, header) = self.credential(candidate, &route, &TriedCredentials::default(), clock).await?;
        let url = self.url(&route, clock).await?;
        self.builder(&route, &url, method, header.as_ref(), &connection_id())
    }

    /// Sends a request with one account. A rejected credential is replaced once, if there is another one. An error comes
    /// with whether the request may be sent again.
    async fn send(
        &self,
        candidate: &Candidate,
        service: Service,
        method: &Method,
        query: &Query,
        clock: Clock,
        complete: &impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, (ConnectError, bool)> {
        let begin = |error| (error, true);
        let route = candidate.route(service, query).map_err(begin)?;
        let url = self.url(&route, clock).await.map_err(begin)?;
        let mut tried = TriedCredentials::default();
        loop {
            let (lease, header) = self.credential(candidate, &route, &tried, clock).await.map_err(begin)?;
            let id = connection_id();
            let attempt = Attempt {
                route: &route,
                credential: lease.credential(),
                header: header.as_ref(),
                connection_id: &id,
                clock,
            };
            let request = complete(self.builder(&route, &url, method, header.as_ref(), &id).map_err(begin)?);
            let span = spans::request(&candidate.name, &route.endpoint, &id);
            let sent = Box::pin(self.execute(&attempt, &url, method, request)).instrument(span.clone()).await;
            if let Err((error, _)) = &sent {
                spans::explained(&span, error);
            }
            match sent {
                Ok(response) => {
                    candidate.source.accepted(&lease);
                    return Ok(response);
                }
                Err((error, _)) if error.status() == Some(401) && candidate.source.rejected(&lease, &mut tried) => {}
                Err(refused) => return Err(refused),
            }
        }
    }

    async fn execute(
        &self,
        attempt: &Attempt<'_>,
        url: &Arc<Url>,
        method: &Method,
        request: RequestBuilder,
    ) -> Result<Response, (ConnectError, bool)> {
        let span = spans::http(method.as_str(), url);
        let begun = Instant::now();
        let limit = attempt.clock.left();
        let sent = match request.build() {
            Ok(request) => timeout(limit, self.client.execute(request).instrument(span.clone())).await,
            Err(error) => Ok(Err(unbuilt(&error))),
        };
        let (failure, was_sent) = match sent {
            Ok(Ok(response)) if response.status().is_success() => {
                spans::answered(&span, Some(response.status().as_u16()), None);
                return Ok(response);
            }
            Ok(Ok(response)) => {
                spans::refused(&span, response.status().as_u16());
                let answer = refusal(response, method, url, attempt.clock.limit()).await;
                return Err((self.transport.explain_response(attempt, url, answer, begun).await, true));
            }
            Ok(Err(error)) => (error.failure, error.was_sent),
            Err(_) => (crate::net::silence(limit), true),
        };
        spans::failed(&span, &failure);
        let is_repeatable = !was_sent || method.is_idempotent();
        Err((self.transport.explain_no_response(attempt, url, failure, begun).await, is_repeatable))
    }

    fn builder(
        &self,
        route: &Route,
        url: &Url,
        method: &Method,
        header: Option<&CredentialHeader>,
        id: &str,
    ) -> Result<RequestBuilder, ConnectError> {
        let mut headers = HeaderMap::new();
        if let Ok(id) = HeaderValue::from_str(id) {
            headers.insert("x-connectionid", id);
        }
        if let Some(header) = header {
            let (name, value) = carrying(header).map_err(|failure| unsent(&route.endpoint, failure))?;
            headers.insert(name, value);
        }
        headers.extend(required_headers(Some(route.endpoint.service())));
        Ok(self.client.request(method.clone(), url.clone()).headers(headers).timeout(self.limits.total))
    }

    /// Returns the URL of the endpoint, or the one that it redirects to.
    async fn url(&self, route: &Route, clock: Clock) -> Result<Arc<Url>, ConnectError> {
        if route.endpoint.discovery() != Discovery::Required {
            return Ok(route.url.clone());
        }
        if let Some(url) = self.transport.redirects.get(&route.endpoint) {
            return Ok(url);
        }
        let id = connection_id();
        let attempt = Attempt { route, credential: None, header: None, connection_id: &id, clock };
        let named = self.transport.discover(&attempt).await?;
        Ok(named.unwrap_or_else(|| route.url.clone()))
    }
}

/// Reads a response that is not a success, as far as evidence needs it.
async fn refusal(mut response: Response, method: &Method, url: &Url, limit: Duration) -> http::Response {
    let deadline = Instant::now() + limit;
    let mut body = Vec::new();
    while body.len() < LARGEST_BODY {
        match tokio::time::timeout_at(deadline, response.chunk()).await {
            Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk[..chunk.len().min(LARGEST_BODY - body.len())]),
            _ => break,
        }
    }
    let request = http::describe(&http::Request::new(method.clone(), url));
    http::Response::new(request, response.status().as_u16(), response.headers(), &body)
}

/// Returns the error of a request that the closure made invalid.
fn unbuilt(error: &reqwest::Error) -> RestError {
    let text = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    let failure = Failure::new(FailureKind::Other, crate::net::printable::line(&text, 200));
    RestError { failure, was_sent: false }
}

/// Returns the error of a request whose credential cannot be a header value.
fn unsent(endpoint: &Endpoint, failure: Failure) -> ConnectError {
    let host = Some(endpoint.host().to_owned());
    let cause = ConnectCause::Network { stage: Stage::Http, failure };
    ConnectError::before_the_network(endpoint.service(), host, cause, evidence_of(endpoint, None))
}

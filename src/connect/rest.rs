//! Requests: a builder with URL and credential, and requests that are sent with everything a connector knows.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, Request, RequestBuilder, Response};
use tokio::time::{Instant, timeout};
use tracing::Instrument as _;
use url::Url;

use super::attempt::Aim;
use super::dial::Clock;
use super::error::{ConnectCause, ConnectError};
use super::explain::evidence_of;
use super::routes::Route;
use super::token::Tried;
use super::turns::{Seat, Turn};
use super::{Connector, Inner, before_the_network, spans};
use crate::diagnose::catalogue::Stage;
use crate::diagnose::evidence::{Failure, FailureKind};
use crate::net::RestError;
use crate::net::http::{Answer, LARGEST_BODY, carrying};
use crate::net::websocket::connection_id;
use crate::resolve::credential::Header;
use crate::resolve::endpoint::{Discovery, Endpoint};
use crate::resolve::query::Query;
use crate::resolve::service::Service;

impl Connector {
    /// Begins a request to a service of the first healthy account, with URL, credential and `X-ConnectionId` set. The caller
    /// completes it and sends it once with [`Connector::execute`]; [`Connector::send`] also tries again and explains.
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
    /// The builder's own `send` fails, because reqwest would bypass the network of the connector. A request may take as long
    /// as a call by default; [`RequestBuilder::timeout`] changes that.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], when there is no URL or no credential.
    pub async fn request(&self, service: Service, method: Method) -> Result<RequestBuilder, ConnectError> {
        self.request_with(service, method, &Query::default()).await
    }

    /// The same with settings that the URL carries.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], when there is no URL or no credential.
    pub async fn request_with(
        &self,
        service: Service,
        method: Method,
        query: &Query,
    ) -> Result<RequestBuilder, ConnectError> {
        let inner = &*self.0;
        let mut turns = inner.turns();
        while let Some(Turn { seat, clock, .. }) = turns.next().await {
            match inner.request(seat, service, &method, query, clock).await {
                Ok(request) => {
                    // Whether the account works is not learned from a request that others send.
                    seat.breaker.given_up();
                    return Ok(request);
                }
                Err(error) => turns.failed(seat, error)?,
            }
        }
        Err(turns.end().unwrap_or_else(|| inner.resting(service)))
    }

    /// Sends a request by the network, proxies and TLS of this connector, whatever its host is.
    ///
    /// # Errors
    ///
    /// [`RestError`], if there is no response. A status is not an error here.
    pub async fn execute(&self, request: Request) -> Result<Response, RestError> {
        self.0.client.execute(request).await
    }

    /// Sends a request and returns the answer, if it is one of success.
    ///
    /// 1. The accounts in their order; the closure completes the request, anew for each try.
    /// 2. A refused credential is followed by the other key or a newer token, where there is one.
    /// 3. 429 and 5xx, and connections that fail before the request was sent, are tried again as [`Connector::websocket`]
    ///    does. What may have been worked on is sent again only where the method allows it.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], with the answer that refused and everything that was seen.
    pub async fn send(
        &self,
        service: Service,
        method: Method,
        query: &Query,
        complete: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, ConnectError> {
        let inner = &*self.0;
        let mut turns = inner.turns();
        while let Some(Turn { seat, clock, .. }) = turns.next().await {
            match inner.send(seat, service, &method, query, clock, &complete).await {
                Ok(response) => {
                    seat.breaker.answered();
                    return Ok(response);
                }
                Err((error, is_repeatable)) => {
                    if !is_repeatable {
                        seat.breaker.failed(Instant::now(), None);
                        return Err(error);
                    }
                    turns.failed(seat, error)?;
                }
            }
        }
        Err(turns.end().unwrap_or_else(|| inner.resting(service)))
    }
}

impl Inner {
    async fn request(
        &self,
        seat: &Seat,
        service: Service,
        method: &Method,
        query: &Query,
        clock: Clock,
    ) -> Result<RequestBuilder, ConnectError> {
        let route = seat.route(service, query)?;
        let (_, header) = self.credential(seat, &route, &Tried::default(), clock).await?;
        let url = self.url(&route, clock).await?;
        self.builder(&route, &url, method, header.as_ref(), &connection_id())
    }

    /// One account: with its credential, and where that is refused and there is another, with that. An error comes with
    /// whether the request may be sent again.
    async fn send(
        &self,
        seat: &Seat,
        service: Service,
        method: &Method,
        query: &Query,
        clock: Clock,
        complete: &impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, (ConnectError, bool)> {
        let begin = |error| (error, true);
        let route = seat.route(service, query).map_err(begin)?;
        let url = self.url(&route, clock).await.map_err(begin)?;
        let mut tried = Tried::default();
        loop {
            let (held, header) = self.credential(seat, &route, &tried, clock).await.map_err(begin)?;
            let id = connection_id();
            let aim = Aim {
                route: &route,
                credential: held.credential(),
                header: header.as_ref(),
                connection_id: &id,
                clock,
            };
            let request = complete(self.builder(&route, &url, method, header.as_ref(), &id).map_err(begin)?);
            match self.execute(&aim, &url, method, request).await {
                Ok(response) => {
                    seat.source.accepted(&held);
                    return Ok(response);
                }
                Err((error, _)) if error.status() == Some(401) && seat.source.refused(&held, &mut tried) => {}
                Err(refused) => return Err(refused),
            }
        }
    }

    async fn execute(
        &self,
        aim: &Aim<'_>,
        url: &Arc<Url>,
        method: &Method,
        request: RequestBuilder,
    ) -> Result<Response, (ConnectError, bool)> {
        let span = spans::http(method.as_str(), url);
        let begun = Instant::now();
        let limit = aim.clock.left();
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
                spans::answered(&span, Some(response.status().as_u16()), None);
                let answer = refusal(response, method, url, aim.clock.limit()).await;
                return Err((self.core.explain_answer(aim, url, answer, begun).await, true));
            }
            Ok(Err(error)) => (error.failure, error.was_sent),
            Err(_) => (crate::net::silence(limit), true),
        };
        spans::failed(&span, &failure);
        let is_repeatable = !was_sent || method.is_idempotent();
        Err((self.core.explain_silence(aim, url, failure, begun).await, is_repeatable))
    }

    fn builder(
        &self,
        route: &Route,
        url: &Url,
        method: &Method,
        header: Option<&Header>,
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
        Ok(self.client.request(method.clone(), url.clone()).headers(headers).timeout(self.limits.total))
    }

    /// The endpoint's own URL, or the one that it directs to.
    async fn url(&self, route: &Route, clock: Clock) -> Result<Arc<Url>, ConnectError> {
        if route.endpoint.discovery() != Discovery::Required {
            return Ok(route.url.clone());
        }
        if let Some(url) = self.core.directions.of(&route.endpoint) {
            return Ok(url);
        }
        let id = connection_id();
        let aim = Aim { route, credential: None, header: None, connection_id: &id, clock };
        let named = self.core.ask_for_directions(&aim).await?;
        Ok(named.unwrap_or_else(|| route.url.clone()))
    }
}

/// What is left of an answer that refuses: a redirect is one too.
async fn refusal(mut response: Response, method: &Method, url: &Url, limit: Duration) -> Answer {
    let deadline = Instant::now() + limit;
    let mut body = Vec::new();
    while body.len() < LARGEST_BODY {
        match tokio::time::timeout_at(deadline, response.chunk()).await {
            Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk[..chunk.len().min(LARGEST_BODY - body.len())]),
            _ => break,
        }
    }
    let request = crate::net::http::describe(&crate::net::http::Question::new(method.clone(), url));
    Answer::new(request, response.status().as_u16(), response.headers(), &body)
}

/// A request that the closure made invalid.
fn unbuilt(error: &reqwest::Error) -> RestError {
    let text = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    let failure = Failure::new(FailureKind::Other, crate::net::http::line(&text, 200));
    RestError { failure, was_sent: false }
}

/// A request that cannot be made, as little as an upgrade could with the same credential.
fn unsent(endpoint: &Endpoint, failure: Failure) -> ConnectError {
    let host = Some(endpoint.host().to_owned());
    let cause = ConnectCause::Network { stage: Stage::Http, failure };
    before_the_network(endpoint.service(), host, cause, evidence_of(endpoint, None))
}

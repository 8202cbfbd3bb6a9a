//! REST: whole requests over the connections of this crate. Applications know the types of reqwest, but reqwest would
//! open its connections itself. Here, it only builds requests and represents responses.

use std::error::Error;
use std::fmt;
use std::future::{Ready, ready};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::{AsyncRawResponse, Body as AzureBody, HttpClient, Request as AzureRequest};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use futures_util::future::BoxFuture;
use http_body_util::BodyExt as _;
use hyper::Uri;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::header::{ACCEPT, USER_AGENT};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use reqwest::{Body, Method, Request, RequestBuilder, Response, ResponseBuilderExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};
use tower_layer::Layer;
use tower_service::Service;
use url::Url;

use super::dial::{Destination, Road, dial};
use super::http::{AGENT, LARGEST_HEAD, failure_of_hyper};
use super::printable::line;
use super::proxy::{Decision, Proxy, ProxySettings, tunnel};
use super::tls::TlsClient;
use super::{Network, SharedNetwork, Stream, silence, tcp};
use crate::diagnose::evidence::{Failure, FailureKind};

/// Sends requests through a [`Network`], its proxies and one TLS configuration. Clones share their connections.
///
/// It speaks HTTP/1.1, follows no redirect and keeps no cookie. As an [`HttpClient`] it is the transport for the
/// credentials of `azure_identity`.
#[derive(Clone)]
pub struct RestClient {
    sender: legacy::Client<Opener, Body>,
    builder: reqwest::Client,
}

/// A request without a response.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{failure}")]
#[non_exhaustive]
pub struct RestError {
    /// The reason.
    pub failure: Failure,
    /// Whether the server may have received the request. A request that did not leave can always be sent again.
    pub was_sent: bool,
}

impl RestClient {
    /// Returns a client with its own connections. `limit` applies to each stage of a connection.
    /// [`RequestBuilder::timeout`] limits a request and its response.
    ///
    /// # Errors
    ///
    /// Returns a [`Failure`] if reqwest cannot initialize.
    pub fn new(
        network: impl Network + 'static,
        tls: &TlsClient,
        proxies: &ProxySettings,
        limit: Duration,
    ) -> Result<Self, Failure> {
        let road =
            PlainRoad { network: SharedNetwork::new(network), tls: tls.clone(), proxies: proxies.clone(), limit };
        Self::opened_by(move |url| {
            let mut road = road.clone();
            Box::pin(async move { dial(&mut road, Destination::of(&url)).await })
        })
    }

    /// Returns a client whose connections the given function opens.
    pub(crate) fn opened_by(
        open: impl Fn(Url) -> BoxFuture<'static, Result<Stream, Failure>> + Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        let builder = reqwest::Client::builder().no_proxy().connector_layer(Refused).build();
        let builder = builder.map_err(|error| Failure::new(FailureKind::Other, deepest(&error)))?;
        let sender = legacy::Client::builder(TokioExecutor::new())
            .http1_max_buf_size(LARGEST_HEAD)
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(Opener(Arc::new(open)));
        Ok(Self { sender, builder })
    }

    /// Returns a builder for a request. [`RestClient::execute`] sends the request; the builder's own `send` fails.
    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.builder.request(method, url)
    }

    /// Sends a request.
    ///
    /// # Errors
    ///
    /// Returns a [`RestError`] if there is no response.
    pub async fn execute(&self, mut request: Request) -> Result<Response, RestError> {
        let unsent = |text: String| RestError { failure: Failure::new(FailureKind::Other, text), was_sent: false };
        let url = request.url().clone();
        let limit = request.timeout().map(|limit| (*limit, Instant::now() + *limit));
        let headers = request.headers_mut();
        headers.entry(ACCEPT).or_insert(hyper::header::HeaderValue::from_static("*/*"));
        headers.entry(USER_AGENT).or_insert(hyper::header::HeaderValue::from_static(AGENT));
        let request = hyper::Request::try_from(request).map_err(|error| unsent(deepest(&error)))?;
        let sending = self.sender.request(request);
        let response = match limit {
            None => sending.await,
            Some((limit, deadline)) => timeout_at(deadline, sending)
                .await
                .map_err(|_| RestError { failure: silence(limit), was_sent: true })?,
        };
        let (mut head, body) = response.map_err(|error| failed(&error))?.into_parts();
        let named = hyper::Response::builder().url(url).body(()).map_err(|error| unsent(error.to_string()))?;
        head.extensions.extend(named.into_parts().0.extensions);
        let end = limit.map(|(_, deadline)| Box::pin(sleep_until(deadline)));
        Ok(Response::from(hyper::Response::from_parts(head, Body::wrap(Limited { body, end }))))
    }
}

impl fmt::Debug for RestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RestClient")
    }
}

#[async_trait]
impl HttpClient for RestClient {
    async fn execute_request(&self, request: &AzureRequest) -> azure_core::Result<AsyncRawResponse> {
        let other = |text: &'static str| azure_core::Error::with_message(ErrorKind::Other, text);
        let AzureBody::Bytes(body) = request.body() else { return Err(other("a body that streams is not supported")) };
        let method = Method::from_bytes(request.method().as_ref().as_bytes());
        let method = method.map_err(|_| other("an unknown method"))?;
        let mut builder = self.request(method, request.url().clone()).body(body.clone());
        for (name, value) in request.headers().iter() {
            builder = builder.header(name.as_str(), value.as_str());
        }
        let built = builder
            .build()
            .map_err(|error| azure_core::Error::with_error(ErrorKind::Other, error, "the request cannot be built"))?;
        let response = self.execute(built).await.map_err(|error| {
            let kind = if error.was_sent { ErrorKind::Io } else { ErrorKind::Connection };
            azure_core::Error::with_error(kind, error, "the request failed")
        })?;
        let status = response.status().as_u16().into();
        let text = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
            let value = value.to_str().ok()?.to_owned();
            Some((HeaderName::from(name.as_str().to_owned()), HeaderValue::from(value)))
        };
        let headers: std::collections::HashMap<_, _> = response.headers().iter().filter_map(text).collect();
        let body = hyper::Response::<Body>::from(response).into_body().into_data_stream();
        let body = body.map_err(|error| azure_core::Error::with_error(ErrorKind::Io, error, "the response broke off"));
        Ok(AsyncRawResponse::new(status, Headers::from(headers), Box::pin(body)))
    }
}

/// Opens the connections of the pool.
#[derive(Clone)]
struct Opener(Arc<dyn Fn(Url) -> BoxFuture<'static, Result<Stream, Failure>> + Send + Sync>);

impl Service<Uri> for Opener {
    type Response = TokioIo<Stream>;
    type Error = Unopened;
    type Future = BoxFuture<'static, Result<TokioIo<Stream>, Unopened>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unopened>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        match Url::parse(&to.to_string()) {
            Ok(url) => {
                let opening = (self.0)(url);
                Box::pin(async move { opening.await.map(TokioIo::new).map_err(Unopened) })
            }
            Err(error) => Box::pin(ready(Err(Unopened(Failure::new(FailureKind::Other, error.to_string()))))),
        }
    }
}

/// A connection that could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unopened(Failure);

/// The connections of a client without a connector.
#[derive(Clone)]
struct PlainRoad {
    network: SharedNetwork,
    tls: TlsClient,
    proxies: ProxySettings,
    limit: Duration,
}

impl Road for PlainRoad {
    type End = Failure;

    fn decide(&mut self, to: Destination<'_>) -> Decision {
        self.proxies.decide(to.host, to.is_secure)
    }

    async fn resolve(&mut self, host: &str, _: Option<&Proxy>) -> Result<Vec<IpAddr>, Failure> {
        self.network.addresses(host, self.limit).await
    }

    async fn connect(&mut self, peers: &[SocketAddr], _: Option<&Proxy>) -> Result<TcpStream, Failure> {
        tcp::connect_fastest(&self.network, peers, self.limit).await.outcome
    }

    async fn tunnel(&mut self, stream: TcpStream, proxy: &Proxy, to: Destination<'_>) -> Result<Stream, Failure> {
        tunnel(stream, proxy, to.host, to.port, self.limit).await.outcome.map(Stream::new)
    }

    async fn handshake<S>(&mut self, stream: S, to: Destination<'_>) -> Result<Stream, Failure>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let outcome = self.tls.handshake(stream, to.host, self.limit).await;
        outcome.map(|(stream, _)| stream).map_err(|(failure, _)| failure)
    }
}

/// Replaces the connector of the reqwest client, whose `send` would bypass the [`Network`].
#[derive(Clone, Copy)]
struct Refused;

impl<S> Layer<S> for Refused {
    type Service = Refusing<S>;

    fn layer(&self, inner: S) -> Refusing<S> {
        Refusing(inner)
    }
}

#[derive(Clone)]
struct Refusing<S>(S);

impl<S: Service<R>, R> Service<R> for Refusing<S> {
    type Response = S::Response;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Ready<Result<S::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: R) -> Self::Future {
        ready(Err("build this request, and send it with `Connector::execute`".into()))
    }
}

/// The body of a response, with the time limit of its request.
struct Limited {
    body: Incoming,
    end: Option<Pin<Box<Sleep>>>,
}

impl HttpBody for Limited {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(end) = &mut self.end
            && end.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::TimedOut).into())));
        }
        Pin::new(&mut self.body).poll_frame(cx).map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn failed(error: &legacy::Error) -> RestError {
    let was_sent = !error.is_connect();
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(Unopened(failure)) = cause.downcast_ref() {
            return RestError { failure: failure.clone(), was_sent };
        }
        if let Some(hyper) = cause.downcast_ref::<hyper::Error>() {
            return RestError { failure: failure_of_hyper(hyper), was_sent };
        }
        source = cause.source();
    }
    RestError { failure: Failure::new(FailureKind::Other, deepest(error)), was_sent }
}

/// Returns the innermost cause, which is the most precise.
fn deepest(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    line(&cause.to_string(), 200)
}

/// The time for which an idle connection stays open. Reqwest has the same default.
const IDLE: Duration = Duration::from_secs(90);

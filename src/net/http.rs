//! HTTP: requests and responses on one connection. The service and middleboxes explain a rejection in headers and in
//! the body, so a diagnosis needs both, and not only the status.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::Method;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, timeout};
use url::{Position, Url};

use super::Stream;
use super::printable::line;
use super::stream::{Allowance, Received};
use crate::diagnose::evidence::{Failure, FailureKind, Reply};
use crate::resolve::credential::CredentialHeader;
use crate::resolve::service::Service;

pub(crate) mod classify;
mod reply;

use reply::{code_and_message, head_of, text};

/// A connection that speaks HTTP/1.1. The future that waits for a response also drives the connection, so that no other
/// task has to wake up.
#[derive(Debug)]
pub struct Connection {
    state: State,
    received: Received,
    allowance: Allowance,
}

#[derive(Debug)]
enum State {
    /// A stream without any request yet.
    New(Stream),
    Begun(Box<Begun>),
    /// A connection whose stream is gone, or on which HTTP could not begin.
    Over,
}

#[derive(Debug)]
struct Begun {
    sender: http1::SendRequest<Full<Bytes>>,
    driver: Driver,
}

/// Returns the headers that a service requires besides the credential.
pub(crate) fn required_headers(service: Option<Service>) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let headers = service.map(Service::headers).unwrap_or_default().iter();
    headers.filter_map(|(name, value)| Some((name.parse().ok()?, HeaderValue::from_static(value))))
}

/// An HTTP request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request<'a> {
    /// The method.
    pub method: Method,
    /// The URL: the request line contains its path and query, and `Host` its host.
    pub url: &'a Url,
    /// The header with the credential. The host must be allowed to receive it, and the connection must be verified.
    pub credential: Option<&'a CredentialHeader>,
    /// Other headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body, which is usually empty.
    pub body: Bytes,
}

impl<'a> Request<'a> {
    /// Returns a request without a credential and without a body.
    #[must_use]
    pub fn new(method: Method, url: &'a Url) -> Self {
        Self { method, url, credential: None, headers: Vec::new(), body: Bytes::new() }
    }

    /// Returns the path and the query.
    pub(super) fn target(&self) -> &'a str {
        &self.url[Position::BeforePath..Position::AfterQuery]
    }

    /// Returns all headers, in the order in which they are sent.
    pub(super) fn all_headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>, Failure> {
        let mut headers = Vec::with_capacity(self.headers.len() + USUAL_HEADERS);
        let host = &self.url[Position::BeforeHost..Position::AfterPort];
        let host = HeaderValue::try_from(host).map_err(|error| Failure::new(FailureKind::Other, error.to_string()))?;
        headers.extend([(HOST, host), (USER_AGENT, HeaderValue::from_static(AGENT))]);
        if self.method == Method::POST {
            headers.push((CONTENT_LENGTH, HeaderValue::from(self.body.len())));
        }
        headers.extend(self.headers.iter().cloned());
        headers.extend(self.credential.map(carrying).transpose()?);
        Ok(headers)
    }
}

impl Connection {
    /// Returns a connection on a stream without any request yet.
    #[must_use]
    pub fn new(stream: Stream) -> Self {
        Self { received: stream.received(), allowance: stream.allowance(), state: State::New(stream) }
    }

    /// Returns the number of bytes that arrived, which keeps counting.
    pub(super) fn received(&self) -> Received {
        self.received.clone()
    }

    /// Returns whether the connection accepts another request.
    pub async fn is_reusable(&mut self) -> bool {
        match &mut self.state {
            State::New(_) => true,
            State::Begun(begun) => begun.driver.drive(begun.sender.ready()).await.is_ok(),
            State::Over => false,
        }
    }

    /// Takes the stream, if there was no request on it yet. This connection is then over.
    pub(super) fn take_new(&mut self) -> Option<Stream> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::New(stream) => Some(stream),
            state => {
                self.state = state;
                None
            }
        }
    }

    async fn begin(&mut self) -> Result<&mut Begun, Failure> {
        if let Some(stream) = self.take_new() {
            let begun = http1::Builder::new().max_buf_size(LARGEST_HEAD).handshake(TokioIo::new(stream)).await;
            let (sender, connection) = begun.map_err(|error| failure_of_hyper(&error))?;
            self.state = State::Begun(Box::new(Begun { sender, driver: Driver::Running(connection) }));
        }
        match &mut self.state {
            State::Begun(begun) => Ok(begun),
            _ => Err(Failure::new(FailureKind::Reset, "the connection is closed")),
        }
    }

    /// Sends a request, and reads the response with the beginning of its body.
    ///
    /// # Errors
    ///
    /// Returns a [`Failure`] if there is no response within the limit.
    pub async fn exchange(&mut self, request: &Request<'_>, limit: Duration) -> Result<Response, Failure> {
        let begun = Instant::now();
        let response = self.received().wait(limit, pin!(self.send(request))).await??;
        Ok(self.read(describe(request), response, limit.saturating_sub(begun.elapsed())).await)
    }

    /// Sends a request, and returns the response before its body is read.
    pub(crate) async fn send(&mut self, request: &Request<'_>) -> Result<hyper::Response<Incoming>, Failure> {
        let request = built(request)?;
        let allowance = self.allowance.clone();
        let Begun { sender, driver } = self.begin().await?;
        allowance.set(Some(MOST_BEFORE_RESPONSE));
        let response = driver.drive(sender.send_request(request)).await;
        allowance.set(None);
        response.map_err(|error| failure_of_hyper(&error))
    }

    /// Reads the body of a response, as far as it arrives within the limit.
    pub(crate) async fn read(
        &mut self,
        described: String,
        response: hyper::Response<Incoming>,
        limit: Duration,
    ) -> Response {
        let (head, body) = response.into_parts();
        let (received, mut bytes) = (self.received(), Vec::new());
        let end = {
            let reading = pin!(fill(&mut bytes, body, LARGEST_BODY));
            let reading = received.wait(limit, reading);
            match &mut self.state {
                State::Begun(begun) => begun.driver.drive(reading).await,
                _ => reading.await,
            }
        };
        let response = Response::new(described, head.status.as_u16(), &head.headers, &bytes);
        Response { unfinished: end.err(), ..response }
    }

    /// Reads the pieces of a body until its end, each within the limit. `take` returns whether it takes more.
    ///
    /// # Errors
    ///
    /// Returns a [`Failure`] if a piece does not arrive, or if the body breaks off.
    pub(crate) async fn pieces(
        &mut self,
        mut body: Incoming,
        limit: Duration,
        mut take: impl FnMut(Bytes) -> bool,
    ) -> Result<(), Failure> {
        let received = self.received();
        loop {
            let piece = {
                let next = pin!(body.frame());
                let next = received.wait(limit, next);
                match &mut self.state {
                    State::Begun(begun) => begun.driver.drive(next).await?,
                    _ => next.await?,
                }
            };
            let Some(frame) = piece else { return Ok(()) };
            let frame = frame.map_err(|error| failure_of_hyper(&error))?;
            if let Ok(data) = frame.into_data()
                && !take(data)
            {
                return Ok(());
            }
        }
    }

    /// Returns the stream after a response that switched protocols, and the bytes that follow the response.
    pub(crate) async fn switch(self) -> Result<(Stream, Bytes), Failure> {
        if let State::Begun(mut begun) = self.state {
            poll_fn(|cx| begun.driver.poll(cx)).await;
            if let Driver::Ended(Some(parts)) = begun.driver {
                return Ok((parts.io.into_inner(), parts.read_buf));
            }
        }
        Err(Failure::new(FailureKind::Reset, "the connection broke as the protocols were switched"))
    }
}

/// The connection task of hyper, which this crate polls together with the future that waits for it.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "every connection begins as the large one")]
enum Driver {
    Running(http1::Connection<TokioIo<Stream>, Full<Bytes>>),
    /// The stream, unless it broke. A future that still waits for a response gets an error, because its sender is
    /// dropped.
    Ended(Option<http1::Parts<TokioIo<Stream>>>),
}

impl Driver {
    /// Drives the connection until `work` is complete.
    async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|cx| {
            // `work` first queues its request, and after the connection made progress it may have its response.
            match work.as_mut().poll(cx) {
                Poll::Pending => {
                    let _ = self.poll(cx);
                    work.as_mut().poll(cx)
                }
                ready @ Poll::Ready(_) => ready,
            }
        })
        .await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Self::Running(connection) = self else { return Poll::Ready(()) };
        let Poll::Ready(outcome) = connection.poll_without_shutdown(cx) else { return Poll::Pending };
        if let Self::Running(connection) = std::mem::replace(self, Self::Ended(None)) {
            *self = Self::Ended(outcome.ok().map(|()| connection.into_parts()));
        }
        Poll::Ready(())
    }
}

/// A response, with the parts that only the next stage needs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Response {
    /// The part for the evidence.
    pub reply: Reply,
    /// The body, up to 64 KiB.
    pub body: String,
    /// The target of a redirect.
    pub location: Option<String>,
    /// The reason why the body is not complete: it did not end within the limit.
    pub unfinished: Option<Failure>,
}

impl Response {
    /// Returns a response with the beginning of its body. `described` is the request, as [`describe`] returns it.
    pub(crate) fn new(described: String, status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let text_of_body = String::from_utf8_lossy(body).into_owned();
        let (code, message) = code_and_message(&text_of_body);
        let location = text(headers, "location").map(str::to_owned);
        let reply = Reply { code, message, body_bytes: body.len(), ..head_of(described, status, headers) };
        Self { reply, body: text_of_body, location, unfinished: None }
    }

    /// Returns the evidence of a response without its body.
    pub(crate) fn head(described: String, response: &hyper::Response<Incoming>) -> Reply {
        head_of(described, response.status().as_u16(), response.headers())
    }
}

/// Reads the beginning of a body, within the limit and up to `longest` bytes. After an error, the bytes before it
/// count.
pub(crate) async fn beginning(body: Incoming, longest: usize, limit: Duration) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What arrived within the limit counts.
    let _ = timeout(limit, fill(&mut bytes, body, longest)).await;
    bytes
}

/// Reads a body up to `longest` bytes, or until an error.
async fn fill(bytes: &mut Vec<u8>, mut body: Incoming, longest: usize) {
    while let Some(Ok(frame)) = body.frame().await {
        if let Ok(data) = frame.into_data() {
            let length = data.len().min(longest - bytes.len());
            bytes.extend_from_slice(&data[..length]);
        }
        if bytes.len() == longest {
            break;
        }
    }
}

fn built(request: &Request<'_>) -> Result<hyper::Request<Full<Bytes>>, Failure> {
    let builder = hyper::Request::builder().method(request.method.clone()).uri(request.target());
    let builder =
        request.all_headers()?.into_iter().fold(builder, |builder, (name, value)| builder.header(name, value));
    builder.body(Full::new(request.body.clone())).map_err(|error| Failure::new(FailureKind::Other, error.to_string()))
}

/// Returns the header that carries a credential, marked as sensitive so that no log shows its value.
pub(crate) fn carrying(header: &CredentialHeader) -> Result<(HeaderName, HeaderValue), Failure> {
    let name = HeaderName::from_bytes(header.name.as_bytes());
    let value = HeaderValue::try_from(header.value.expose());
    let (Ok(name), Ok(mut value)) = (name, value) else {
        return Err(Failure::new(FailureKind::Other, "the credential cannot stand in a header"));
    };
    value.set_sensitive(true);
    Ok((name, value))
}

/// Returns the method and the path. The query may contain secrets, so it is replaced.
pub(crate) fn describe(request: &Request<'_>) -> String {
    let query = match request.url.query() {
        None => "",
        Some(DISCOVERY) => "?GenerateRedirectResponse=true",
        Some(_) => "?…",
    };
    format!("{} {}{query}", request.method, line(request.url.path(), 120))
}

/// Returns the failure of an exchange. An I/O error among the causes is more precise than the error of hyper.
pub(crate) fn failure_of_hyper(error: &hyper::Error) -> Failure {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return super::failure_of_io(io);
        }
        source = cause.source();
    }
    let kind = if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        FailureKind::Reset
    } else if error.is_parse() && !error.is_parse_too_large() {
        FailureKind::Protocol
    } else {
        FailureKind::Other
    };
    Failure::new(kind, error.to_string())
}

/// The query that requests the real-time host of a custom domain.
/// <https://github.com/microsoft/cognitive-services-speech-sdk-js/pull/910>
pub(crate) const DISCOVERY: &str = "GenerateRedirectResponse=true";

/// The value of `User-Agent`.
pub(crate) const AGENT: &str = concat!("speech-endpoint/", env!("CARGO_PKG_VERSION"));

/// `Host`, `User-Agent`, `Content-Length` and the credential.
const USUAL_HEADERS: usize = 4;

/// The longest body that is read. The service's error bodies have a few hundred bytes, and the error pages of
/// middleboxes a few thousand.
pub(crate) const LARGEST_BODY: usize = 64 << 10;

/// What a peer may send until the head of its response is complete, in bytes: interim responses without end are none.
pub(super) const MOST_BEFORE_RESPONSE: u32 = 1 << 20;

/// The longest head that is read: 64 KiB. Hyper requires at least 8 KiB.
pub(super) const LARGEST_HEAD: usize = 64 << 10;

//! HTTP: one connection, exchanges one after another on it, with the whole of what a refusal says.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, timeout, timeout_at};
use url::{Position, Url};

use super::{Stream, silence};
use crate::diagnose::evidence::{Failure, FailureKind, Reply};
use crate::resolve::credential::Header;

mod reply;

pub(crate) use reply::line;
use reply::{code_and_message, head_of, text};

/// A connection that speaks HTTP/1.1. It is driven by whoever waits for an answer on it, so that no task has to wake another.
#[derive(Debug)]
pub struct Connection(Talk);

#[derive(Debug)]
enum Talk {
    /// Nothing was asked yet.
    Silent(Stream),
    Begun(Box<Begun>),
    /// The stream was taken, or HTTP could not begin on it.
    Over,
}

#[derive(Debug)]
struct Begun {
    sender: http1::SendRequest<Empty<Bytes>>,
    driver: Driver,
}

/// What to ask for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Question<'a> {
    /// The method.
    pub method: Method,
    /// The URL, of which path and query are sent, and the host as `Host`.
    pub url: &'a Url,
    /// The header that carries the credential; only for a host that may receive it, over a connection that verified.
    pub credential: Option<&'a Header>,
    /// Other headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl<'a> Question<'a> {
    /// A request without a credential.
    #[must_use]
    pub fn new(method: Method, url: &'a Url) -> Self {
        Self { method, url, credential: None, headers: Vec::new() }
    }

    /// What is asked for: path and query.
    pub(super) fn target(&self) -> &'a str {
        &self.url[Position::BeforePath..Position::AfterQuery]
    }

    /// Every header, as they are sent.
    pub(super) fn all_headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>, Failure> {
        let mut headers = Vec::with_capacity(self.headers.len() + USUAL_HEADERS);
        let host = &self.url[Position::BeforeHost..Position::AfterPort];
        let host = HeaderValue::try_from(host).map_err(|error| Failure::new(FailureKind::Other, error.to_string()))?;
        headers.extend([(HOST, host), (USER_AGENT, HeaderValue::from_static(AGENT))]);
        if self.method == Method::POST {
            headers.push((CONTENT_LENGTH, HeaderValue::from_static("0")));
        }
        headers.extend(self.headers.iter().cloned());
        headers.extend(self.credential.map(carrying).transpose()?);
        Ok(headers)
    }
}

impl Connection {
    /// A connection on a stream on which nothing was said yet.
    #[must_use]
    pub fn new(stream: Stream) -> Self {
        Self(Talk::Silent(stream))
    }

    /// Whether another exchange may follow.
    pub async fn is_reusable(&mut self) -> bool {
        match &mut self.0 {
            Talk::Silent(_) => true,
            Talk::Begun(begun) => begun.driver.beside(begun.sender.ready()).await.is_ok(),
            Talk::Over => false,
        }
    }

    /// The stream, if nothing was asked on it yet. Nothing can be asked here any more then.
    pub(super) fn take_silent(&mut self) -> Option<Stream> {
        match std::mem::replace(&mut self.0, Talk::Over) {
            Talk::Silent(stream) => Some(stream),
            talk => {
                self.0 = talk;
                None
            }
        }
    }

    async fn begin(&mut self) -> Result<&mut Begun, Failure> {
        if let Some(stream) = self.take_silent() {
            let begun = http1::Builder::new().max_buf_size(LARGEST_HEAD).handshake(TokioIo::new(stream)).await;
            let (sender, connection) = begun.map_err(|error| failure_of_hyper(&error))?;
            self.0 = Talk::Begun(Box::new(Begun { sender, driver: Driver::Running(connection) }));
        }
        match &mut self.0 {
            Talk::Begun(begun) => Ok(begun),
            _ => Err(Failure::new(FailureKind::Reset, "the connection is closed")),
        }
    }

    /// One exchange, with the body of the answer as far as it is of use.
    ///
    /// # Errors
    ///
    /// [`Failure`], when no answer came within the limit.
    pub async fn exchange(&mut self, question: &Question<'_>, limit: Duration) -> Result<Answer, Failure> {
        let begun = Instant::now();
        let response = timeout(limit, self.send(question)).await.unwrap_or_else(|_| Err(silence(limit)))?;
        Ok(self.read(describe(question), response, limit.saturating_sub(begun.elapsed())).await)
    }

    /// Sends a request; the body of the answer is still to be read.
    pub(crate) async fn send(&mut self, question: &Question<'_>) -> Result<Response<Incoming>, Failure> {
        let request = request(question)?;
        let Begun { sender, driver } = self.begin().await?;
        driver.beside(sender.send_request(request)).await.map_err(|error| failure_of_hyper(&error))
    }

    /// Reads the rest of an answer. A body that does not end in time counts as far as it came.
    pub(crate) async fn read(&mut self, request: String, response: Response<Incoming>, limit: Duration) -> Answer {
        let (head, body) = response.into_parts();
        let reading = beginning(body, LARGEST_BODY, limit);
        let bytes = match &mut self.0 {
            Talk::Begun(begun) => begun.driver.beside(reading).await,
            _ => reading.await,
        };
        Answer::new(request, head.status.as_u16(), &head.headers, &bytes)
    }

    /// Gives the stream back after an answer that switched protocols, with what was read of it beyond the answer.
    pub(crate) async fn switch(self) -> Result<(Stream, Bytes), Failure> {
        if let Talk::Begun(mut begun) = self.0 {
            poll_fn(|cx| begun.driver.poll(cx)).await;
            if let Driver::Ended(Some(parts)) = begun.driver {
                return Ok((parts.io.into_inner(), parts.read_buf));
            }
        }
        Err(Failure::new(FailureKind::Reset, "the connection broke as the protocols were switched"))
    }
}

/// Moves the bytes of a connection while somebody waits for what they bring.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "every connection begins as the large one")]
enum Driver {
    Running(http1::Connection<TokioIo<Stream>, Empty<Bytes>>),
    /// The stream, unless it broke. Who still waits for an answer learns of the end by what is gone with the connection.
    Ended(Option<http1::Parts<TokioIo<Stream>>>),
}

impl Driver {
    async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|cx| {
            // What is asked for is there before the connection moves, and what it brings is looked at after.
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

/// An answer, and what only the next stage needs of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer {
    /// For evidence.
    pub reply: Reply,
    /// The body, whole where it is short.
    pub body: String,
    /// Where a redirect points.
    pub location: Option<String>,
}

impl Answer {
    /// An answer with its body, as far as that was read.
    pub(crate) fn new(request: String, status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let text_of_body = String::from_utf8_lossy(body).into_owned();
        let (code, message) = code_and_message(&text_of_body);
        let location = text(headers, "location").map(str::to_owned);
        let reply = Reply { code, message, body_bytes: body.len(), ..head_of(request, status, headers) };
        Self { reply, body: text_of_body, location }
    }

    /// The reply as far as it is known without the body.
    pub(crate) fn head(request: String, response: &Response<Incoming>) -> Reply {
        head_of(request, response.status().as_u16(), response.headers())
    }
}

/// A body as far as it came in time and is of use. What goes wrong in its middle takes nothing from what came before.
pub(crate) async fn beginning(mut body: Incoming, longest: usize, limit: Duration) -> Vec<u8> {
    let deadline = Instant::now() + limit;
    let mut bytes = Vec::new();
    while let Ok(Some(Ok(frame))) = timeout_at(deadline, body.frame()).await {
        if let Ok(data) = frame.into_data() {
            let length = data.len().min(longest - bytes.len());
            bytes.extend_from_slice(&data[..length]);
        }
        if bytes.len() == longest {
            break;
        }
    }
    bytes
}

fn request(question: &Question<'_>) -> Result<Request<Empty<Bytes>>, Failure> {
    let request = Request::builder().method(question.method.clone()).uri(question.target());
    let request =
        question.all_headers()?.into_iter().fold(request, |request, (name, value)| request.header(name, value));
    request.body(Empty::new()).map_err(|error| Failure::new(FailureKind::Other, error.to_string()))
}

/// The header that carries a credential, as it is sent; no log shows its value.
pub(crate) fn carrying(header: &Header) -> Result<(HeaderName, HeaderValue), Failure> {
    let name = HeaderName::from_bytes(header.name.as_bytes());
    let value = HeaderValue::try_from(header.value.expose());
    let (Ok(name), Ok(mut value)) = (name, value) else {
        return Err(Failure::new(FailureKind::Other, "the credential cannot stand in a header"));
    };
    value.set_sensitive(true);
    Ok((name, value))
}

/// Method and path; a query may hold what is not to be seen.
pub(crate) fn describe(question: &Question<'_>) -> String {
    let query = match question.url.query() {
        None => "",
        Some(DISCOVERY) => "?GenerateRedirectResponse=true",
        Some(_) => "?…",
    };
    format!("{} {}{query}", question.method, line(question.url.path(), 120))
}

/// What went wrong in an exchange. The cause says more than the words around it.
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
    } else if error.is_parse() {
        FailureKind::Protocol
    } else {
        FailureKind::Other
    };
    Failure::new(kind, error.to_string())
}

/// The query by which a custom domain is asked for its real-time host.
/// <https://github.com/microsoft/cognitive-services-speech-sdk-js/pull/910>
pub(crate) const DISCOVERY: &str = "GenerateRedirectResponse=true";

pub(crate) const AGENT: &str = concat!("speech-endpoint/", env!("CARGO_PKG_VERSION"));

/// Host, agent, length and credential.
const USUAL_HEADERS: usize = 4;

/// The service's refusals are a few hundred bytes, the pages of middleboxes some thousands.
pub(crate) const LARGEST_BODY: usize = 64 << 10;

/// What hyper needs at least for a head is 8 KiB.
pub(super) const LARGEST_HEAD: usize = 64 << 10;

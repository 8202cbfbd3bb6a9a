//! WebSocket: one upgrade on an open connection. The stream is handed over; a refusal comes with its whole body.

use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, UPGRADE};
use hyper::{Method, Response};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tungstenite::handshake::client::generate_key;
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::Role;
use url::Url;

use super::http::{Answer, Connection, Question, describe};
use super::replayed::Replayed;
use super::{Stream, silence};
use crate::diagnose::evidence::{Failure, FailureKind, UpgradeFacts};
use crate::resolve::credential::Header;
use crate::resolve::service::Service;

mod first;
mod hold;

use first::First;
pub(crate) use hold::{Hold, greet, hold, leave};

/// An open WebSocket.
pub type Socket = WebSocketStream<Stream>;

/// What an upgrade yields.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) struct Upgrade {
    /// The facts.
    pub(crate) facts: Option<UpgradeFacts>,
    /// The socket, or the failure.
    pub(crate) outcome: Result<Socket, Failure>,
    /// Where a redirect points.
    pub(crate) location: Option<String>,
}

impl Upgrade {
    /// No answer.
    fn none(failure: Failure) -> Self {
        Self { facts: None, outcome: Err(failure), location: None }
    }
}

/// What an upgrade is asked with.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub(crate) struct Ask<'a> {
    /// The URL, of which path and query are sent, and the host as `Host`.
    pub(crate) url: &'a Url,
    /// The header that carries the credential; only for a host that may receive it, over a connection that verified.
    pub(crate) credential: Option<&'a Header>,
    /// `X-ConnectionId`.
    pub(crate) connection_id: &'a str,
    /// `Sec-WebSocket-Protocol`.
    pub(crate) protocol: Option<&'static str>,
    /// Whether the answer is wanted also where it is the one that was hoped for.
    pub(crate) keeps_success: bool,
}

impl<'a> Ask<'a> {
    /// An upgrade without a credential.
    #[must_use]
    pub(crate) fn new(url: &'a Url, connection_id: &'a str) -> Self {
        Self { url, credential: None, connection_id, protocol: None, keeps_success: true }
    }

    /// The same as a service is asked, with the credential where there is one.
    pub(crate) fn of(self, service: Option<Service>, credential: Option<&'a Header>) -> Self {
        Self { credential, protocol: service.and_then(Service::subprotocol), ..self }
    }
}

/// Asks for an upgrade. The connection is used up by it.
pub(crate) async fn upgrade(mut connection: Connection, ask: &Ask<'_>, limit: Duration) -> Upgrade {
    let key = generate_key();
    let mut question = Question::new(Method::GET, ask.url);
    question.credential = ask.credential;
    question.headers = match headers(&key, ask) {
        Ok(headers) => headers,
        Err(failure) => return Upgrade::none(failure),
    };
    let begun = Instant::now();
    if !ask.keeps_success {
        match timeout(limit, at_first(&mut connection, &question, &key)).await {
            Ok(Ok(Some(socket))) => return Upgrade { facts: None, outcome: Ok(socket), location: None },
            Ok(Ok(None)) => {}
            Ok(Err(failure)) => return Upgrade::none(failure),
            Err(_) => return Upgrade::none(silence(limit)),
        }
    }
    match timeout(limit.saturating_sub(begun.elapsed()), connection.send(&question)).await {
        Ok(Ok(response)) => {
            finish(connection, &question, ask.keeps_success, &key, response, limit.saturating_sub(begun.elapsed()))
                .await
        }
        Ok(Err(failure)) => Upgrade::none(failure),
        Err(_) => Upgrade::none(silence(limit)),
    }
}

/// The WebSocket, where nothing was asked on this connection yet and it opens without ado. What else was answered is still
/// to be read: the question is to be asked again.
async fn at_first(connection: &mut Connection, question: &Question<'_>, key: &str) -> Result<Option<Socket>, Failure> {
    let Some(stream) = connection.take_silent() else { return Ok(None) };
    match first::ask(stream, question, key).await? {
        First::Open { stream, read } => Ok(Some(opened(stream, read).await)),
        First::Other { stream, read } => {
            *connection = Connection::new(Stream::new(Replayed::new(stream, read)));
            Ok(None)
        }
    }
}

async fn opened(stream: Stream, read: Vec<u8>) -> Socket {
    WebSocketStream::from_partially_read(stream, read, Role::Client, None).await
}

async fn finish(
    mut connection: Connection,
    question: &Question<'_>,
    keeps_success: bool,
    key: &str,
    response: Response<Incoming>,
    limit: Duration,
) -> Upgrade {
    let with_credential = question.credential.is_some();
    if response.status() != 101 {
        let status = response.status().as_u16();
        let answer = connection.read(describe(question), response, limit).await;
        let facts = UpgradeFacts { reply: answer.reply, with_credential, ..UpgradeFacts::default() };
        let failure = Failure::new(FailureKind::Status, format!("the upgrade was answered with {status}"));
        return Upgrade { facts: Some(facts), outcome: Err(failure), location: answer.location };
    }
    let values = |name| response.headers().get_all(name).iter().map(HeaderValue::as_bytes);
    let accept = values(SEC_WEBSOCKET_ACCEPT).next();
    let is_right = answers(accept, key);
    let is_websocket = lists(values(UPGRADE), "websocket") && lists(values(CONNECTION), "upgrade");
    // The body of a 101 is empty; what is read are the headers.
    let facts = || {
        let reply = Answer::head(describe(question), &response);
        UpgradeFacts { reply, with_credential, accept_is_right: Some(is_right), ..UpgradeFacts::default() }
    };
    let outcome = match timeout(limit, connection.switch()).await {
        Err(_) => Err(silence(limit)),
        Ok(_) if accept.is_none() => Err(Failure::new(FailureKind::Protocol, "`Sec-WebSocket-Accept` is missing")),
        Ok(_) if !is_right => {
            Err(Failure::new(FailureKind::Protocol, "`Sec-WebSocket-Accept` does not answer the key that was sent"))
        }
        Ok(_) if !is_websocket => {
            Err(Failure::new(FailureKind::Protocol, "`Upgrade` and `Connection` do not say that it is a WebSocket now"))
        }
        Ok(Err(failure)) => Err(failure),
        Ok(Ok((stream, read))) => Ok(opened(stream, read.into()).await),
    };
    let facts = (keeps_success || outcome.is_err()).then(facts);
    Upgrade { facts, outcome, location: None }
}

/// Whether `Sec-WebSocket-Accept` answers the key that was sent.
fn answers(accept: Option<&[u8]>, key: &str) -> bool {
    accept == Some(derive_accept_key(key.as_bytes()).as_bytes())
}

/// Whether a header lists a word.
fn lists<'a>(mut values: impl Iterator<Item = &'a [u8]>, word: &str) -> bool {
    let is_it = |listed: &[u8]| listed.trim_ascii().eq_ignore_ascii_case(word.as_bytes());
    values.any(|value| value.split(|byte| *byte == b',').any(is_it))
}

/// 32 hexadecimal digits, by which support finds the connection.
pub(crate) fn connection_id() -> String {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    let half = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", half(), half())
}

fn headers(key: &str, ask: &Ask<'_>) -> Result<Vec<(HeaderName, HeaderValue)>, Failure> {
    let value =
        |text: &str| HeaderValue::try_from(text).map_err(|error| Failure::new(FailureKind::Other, error.to_string()));
    let mut headers = vec![
        (CONNECTION, HeaderValue::from_static("Upgrade")),
        (UPGRADE, HeaderValue::from_static("websocket")),
        (hyper::header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")),
        (hyper::header::SEC_WEBSOCKET_KEY, value(key)?),
        (HeaderName::from_static("x-connectionid"), value(ask.connection_id)?),
    ];
    let protocol = ask.protocol.map(HeaderValue::from_static);
    headers.extend(protocol.map(|protocol| (hyper::header::SEC_WEBSOCKET_PROTOCOL, protocol)));
    Ok(headers)
}

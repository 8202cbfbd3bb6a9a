//! WebSocket: the upgrade of a connection. The response to a rejected upgrade explains the rejection, so the HTTP
//! client reads it with its body. An upgrade whose success needs no facts skips the HTTP client, because that is
//! faster.

use std::pin::pin;
use std::time::Duration;

use hyper::Method;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, UPGRADE};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tungstenite::handshake::client::generate_key;
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::{Role, WebSocketConfig};
use url::Url;

use super::http::{Connection, Request, Response, describe, required_headers};
use super::random::random;
use super::replayed::Replayed;
use super::{Stream, silence};
use crate::diagnose::evidence::{Failure, FailureKind, UpgradeFacts};
use crate::resolve::credential::CredentialHeader;
use crate::resolve::service::Service;

mod first;
mod hold;
mod speech;

use first::FirstResponse;
pub(crate) use hold::{HoldLimits, close, hold, ping};
pub(crate) use speech::{SpeechSocket, TurnEnd};

/// An open WebSocket.
pub type Socket = WebSocketStream<Stream>;

/// The outcome of an upgrade.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) struct Upgrade {
    /// The facts, if there was a response. Without [`UpgradeRequest::records_success`], a success has no facts.
    pub(crate) facts: Option<UpgradeFacts>,
    /// The socket, or the failure.
    pub(crate) outcome: Result<Socket, Failure>,
    /// The target of a redirect, for the connector.
    #[cfg_attr(not(feature = "connect"), allow(dead_code, reason = "the doctor requests redirects itself"))]
    pub(crate) location: Option<String>,
}

impl Upgrade {
    /// Returns the outcome without a response.
    fn without_response(failure: Failure) -> Self {
        Self { facts: None, outcome: Err(failure), location: None }
    }
}

/// A request for an upgrade.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub(crate) struct UpgradeRequest<'a> {
    /// The URL: the request line contains its path and query, and `Host` its host.
    pub(crate) url: &'a Url,
    /// The header with the credential. The host must be allowed to receive it, and the connection must be verified.
    pub(crate) credential: Option<&'a CredentialHeader>,
    /// `X-ConnectionId`.
    pub(crate) connection_id: &'a str,
    /// `Sec-WebSocket-Protocol`.
    pub(crate) protocol: Option<&'static str>,
    /// The service, which may require further headers.
    pub(crate) service: Option<Service>,
    /// Whether a successful upgrade has facts too.
    pub(crate) records_success: bool,
}

impl<'a> UpgradeRequest<'a> {
    /// Returns a request without a credential.
    #[must_use]
    pub(crate) fn new(url: &'a Url, connection_id: &'a str) -> Self {
        Self { url, credential: None, connection_id, protocol: None, service: None, records_success: true }
    }

    /// Sets the subprotocol and the headers of the service, and the credential.
    pub(crate) fn for_service(self, service: Option<Service>, credential: Option<&'a CredentialHeader>) -> Self {
        Self { credential, protocol: service.and_then(Service::subprotocol), service, ..self }
    }
}

/// Upgrades a connection.
pub(crate) async fn upgrade(mut connection: Connection, upgrade: &UpgradeRequest<'_>, limit: Duration) -> Upgrade {
    let key = generate_key();
    let mut request = Request::new(Method::GET, upgrade.url);
    request.credential = upgrade.credential;
    request.headers = match headers(&key, upgrade) {
        Ok(headers) => headers,
        Err(failure) => return Upgrade::without_response(failure),
    };
    let (begun, received) = (Instant::now(), connection.received());
    if !upgrade.records_success {
        match received.wait(limit, pin!(fast_upgrade(&mut connection, &request, &key))).await {
            Ok(Ok(Some(socket))) => return Upgrade { facts: None, outcome: Ok(socket), location: None },
            Ok(Ok(None)) => {}
            Ok(Err(failure)) | Err(failure) => return Upgrade::without_response(failure),
        }
    }
    let left = limit.saturating_sub(begun.elapsed());
    let sent = received.wait(left, pin!(connection.send(&request))).await;
    match sent {
        Ok(Ok(response)) => {
            finish(connection, &request, upgrade.records_success, &key, response, limit.saturating_sub(begun.elapsed()))
                .await
        }
        Ok(Err(failure)) | Err(failure) => Upgrade::without_response(failure),
    }
}

/// Opens the WebSocket without the HTTP client, if this is the first request of the connection. Any other response is
/// replayed to the HTTP client, which repeats the request and reads the response.
async fn fast_upgrade(
    connection: &mut Connection,
    request: &Request<'_>,
    key: &str,
) -> Result<Option<Socket>, Failure> {
    let Some(stream) = connection.take_new() else { return Ok(None) };
    match first::exchange(stream, request, key).await? {
        FirstResponse::Open { stream, read } => Ok(Some(opened(stream, read).await)),
        FirstResponse::Other { stream, read } => {
            let received = stream.received();
            *connection = Connection::new(Stream::counted(Replayed::new(stream, read), received));
            Ok(None)
        }
    }
}

pub(crate) async fn opened(stream: Stream, read: Vec<u8>) -> Socket {
    WebSocketStream::from_partially_read(stream, read, Role::Client, Some(bounds())).await
}

async fn finish(
    mut connection: Connection,
    request: &Request<'_>,
    records_success: bool,
    key: &str,
    response: hyper::Response<Incoming>,
    limit: Duration,
) -> Upgrade {
    let with_credential = request.credential.is_some();
    if response.status() != 101 {
        let status = response.status().as_u16();
        let response = connection.read(describe(request), response, limit).await;
        let facts = UpgradeFacts { reply: response.reply, with_credential, ..UpgradeFacts::default() };
        let failure = Failure::new(FailureKind::Status, format!("the upgrade was answered with {status}"));
        return Upgrade { facts: Some(facts), outcome: Err(failure), location: response.location };
    }
    let values = |name| response.headers().get_all(name).iter().map(HeaderValue::as_bytes);
    let accept = values(SEC_WEBSOCKET_ACCEPT).next();
    let is_right = accepts(accept, key);
    let is_websocket = lists(values(UPGRADE), "websocket") && lists(values(CONNECTION), "upgrade");
    // The body of a 101 is empty.
    let facts = || {
        let reply = Response::head(describe(request), &response);
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
    let facts = (records_success || outcome.is_err()).then(facts);
    Upgrade { facts, outcome, location: None }
}

/// Returns whether `Sec-WebSocket-Accept` is the value for the key of the request.
fn accepts(accept: Option<&[u8]>, key: &str) -> bool {
    accept == Some(derive_accept_key(key.as_bytes()).as_bytes())
}

/// Returns whether a header lists a word.
fn lists<'a>(mut values: impl Iterator<Item = &'a [u8]>, word: &str) -> bool {
    let is_it = |listed: &[u8]| listed.trim_ascii().eq_ignore_ascii_case(word.as_bytes());
    values.any(|value| value.split(|byte| *byte == b',').any(is_it))
}

/// Returns 32 random hexadecimal digits. Microsoft's support finds a connection by this id.
pub(crate) fn connection_id() -> String {
    format!("{:016x}{:016x}", random(), random())
}

fn headers(key: &str, upgrade: &UpgradeRequest<'_>) -> Result<Vec<(HeaderName, HeaderValue)>, Failure> {
    let value =
        |text: &str| HeaderValue::try_from(text).map_err(|error| Failure::new(FailureKind::Other, error.to_string()));
    let mut headers = vec![
        (CONNECTION, HeaderValue::from_static("Upgrade")),
        (UPGRADE, HeaderValue::from_static("websocket")),
        (hyper::header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")),
        (hyper::header::SEC_WEBSOCKET_KEY, value(key)?),
        (HeaderName::from_static("x-connectionid"), value(upgrade.connection_id)?),
    ];
    let protocol = upgrade.protocol.map(HeaderValue::from_static);
    headers.extend(protocol.map(|protocol| (hyper::header::SEC_WEBSOCKET_PROTOCOL, protocol)));
    headers.extend(required_headers(upgrade.service));
    Ok(headers)
}

/// Returns the limits of a socket. The largest messages that a service documents have 4 MB (Voice Live).
fn bounds() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(LARGEST_MESSAGE))
        .max_frame_size(Some(LARGEST_MESSAGE))
        .max_write_buffer_size(2 * LARGEST_MESSAGE)
}

/// In bytes.
const LARGEST_MESSAGE: usize = 16 << 20;

//! A site: the server behind a virtual address, with TLS, one HTTP/1.1 connection and the WebSocket after an upgrade.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http_body_util::{BodyExt as _, Either, Full, Limited, StreamBody};
use hyper::body::Incoming;
use hyper::header::{
    AUTHORIZATION, CONNECTION, HOST, HeaderMap, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::frame::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{Message, Role, WebSocketConfig};

use super::accounts::Accounts;
use super::authority::Authority;
use super::delivery::{BEFORE_END, Frames, Pieces};
use super::drip::Drip;
use super::exchange::{Answer, Asked};
use super::fate::Fate;
use super::flood::flood;
use super::gateway::Gateway;
use super::management::Management;
use super::seen::SeenRequest;
use super::speech::{Conversation, Step, Steps};
use super::tls::{Certificates, Wire};
use super::vocabulary::{CloseToml, DamageToml, DripToml, FaultToml, IdleEndToml, IdleToml};

/// All servers of a world.
pub(super) struct Site {
    pub(super) gateway: Gateway,
    /// The further accounts.
    pub(super) accounts: Accounts,
    pub(super) certificates: Certificates,
    /// The host that issues Entra tokens.
    pub(super) authority: Option<Authority>,
    /// The host that serves the documents of the world.
    pub(super) management: Option<Management>,
    /// The middlebox on the path that drops idle connections.
    pub(super) idle: Option<IdleToml>,
    /// Whether the server sends its bytes one by one.
    pub(super) drip: Option<DripToml>,
}

/// The circumstances of a connection.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// The virtual address that was connected to.
    pub(super) came_by: IpAddr,
    /// The status with which a proxy on the path rejects upgrades, if it does.
    pub(super) stops_upgrades: Option<u16>,
    /// The planned end of the connection.
    pub(super) fate: Arc<Fate>,
}

/// A response whose body is whole, or produced as it is sent.
pub(super) type Reply = Response<Either<Full<Bytes>, StreamBody<Frames>>>;

/// An accepted upgrade, its conversation, its host, and the idle timer on the path to that.
type Granted = (OnUpgrade, Conversation, String, Option<IdleEnd>);

/// The idle time after which a middlebox ends a connection, and how.
type IdleEnd = (Duration, IdleEndToml);

impl Site {
    /// Serves one connection from its first byte to its last.
    pub(super) async fn serve<S: Wire + 'static>(&self, stream: S, way: Way) -> io::Result<()> {
        let stream = Drip::new(stream, self.drip);
        let switch = stream.switch();
        let stream = self.certificates.accept(stream).await?;
        switch.store(true, Ordering::Relaxed);
        self.serve_http(stream, way).await
    }

    /// Serves one connection without TLS, or after the handshake.
    pub(super) async fn serve_http<S>(&self, stream: S, way: Way) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let upgraded: Mutex<Option<Granted>> = Mutex::default();
        let service = service_fn(|request| self.respond(request, &way, &upgraded));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades();
        connection.await.map_err(io::Error::other)?;
        let upgraded = upgraded.into_inner().ok().flatten();
        if let Some((upgraded, conversation, host, idle)) = upgraded {
            let stream = TokioIo::new(upgraded.await.map_err(io::Error::other)?);
            if let Some(of) = self.gateway.toml.flood {
                return flood(stream, of).await;
            }
            let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(limits())).await;
            if self.gateway.toml.stalls_after_upgrade.contains(&host) {
                return std::future::pending().await;
            }
            let close = self.gateway.toml.close_after_upgrade.as_ref();
            return talk(socket, conversation, close, (idle, &way.fate)).await;
        }
        Ok(())
    }

    async fn respond(
        &self,
        mut request: Request<Incoming>,
        way: &Way,
        upgraded: &Mutex<Option<Granted>>,
    ) -> io::Result<Reply> {
        let mut asked = asked(&request, way.came_by);
        if !asked.is_upgrade {
            // The unread body makes the server close the connection after the response.
            let (most, text) = if is_upload(&asked.path) {
                (LARGEST_UPLOAD, "the body is larger than 64 MiB")
            } else {
                (LARGEST_BODY, "the body is larger than 4 MiB")
            };
            let Ok(body) = Limited::new(request.body_mut(), most).collect().await else {
                return Ok(respond_with(&Answer::new(413, "text/plain", text)));
            };
            asked.body = body.to_bytes();
        }
        if let Some(authority) = self.authority.as_ref().filter(|authority| authority.host == asked.host) {
            let token = self.management.as_ref().filter(|management| management.is_wanted(&asked));
            return Ok(respond_with(&authority.answer(&asked, token.map(Management::token))));
        }
        if let Some(management) = self.management.as_ref().filter(|management| management.host == asked.host) {
            let answer = management.answer(&asked);
            self.gateway.control.record(SeenRequest::new(&asked, answer.as_ref().map_or(0, |answer| answer.status)));
            return match answer {
                Some(answer) => Ok(respond_with(&answer)),
                None => std::future::pending().await,
            };
        }
        let answer = self.answer(&asked, way);
        way.fate.answer().await;
        if let Some(delivery) = &answer.delivery {
            delivery.begin(&way.fate).await?;
        }
        if answer.status == 101 {
            let key = request.headers().get(SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes()));
            if let Ok(mut slot) = upgraded.lock() {
                let (host, idle) = (asked.host.clone(), self.idle_end(&asked.host));
                *slot = Some((
                    hyper::upgrade::on(&mut request),
                    Conversation::of(&asked, &self.gateway.director),
                    host,
                    idle,
                ));
            }
            let mut response = switch(&key.unwrap_or_default(), self.gateway.toml.damaged_upgrade);
            response.headers_mut().extend(subprotocol(request.headers()).map(|value| (SEC_WEBSOCKET_PROTOCOL, value)));
            return Ok(response);
        }
        Ok(respond_by(&answer, &way.fate))
    }

    fn idle_end(&self, host: &str) -> Option<IdleEnd> {
        let idle =
            self.idle.as_ref().filter(|idle| idle.names.is_empty() || idle.names.iter().any(|name| name == host))?;
        Some((Duration::from_millis(idle.ms), idle.end))
    }

    fn answer(&self, asked: &Asked, way: &Way) -> Answer {
        match way.stops_upgrades {
            Some(status) if asked.is_upgrade => {
                let mut answer = Answer::new(
                    status,
                    "text/html",
                    "<html><body>the proxy does not support this request</body></html>",
                );
                answer.headers.push(("via".into(), "1.1 inspect.contoso.example".into()));
                answer
            }
            _ => {
                let of_account = self.accounts.gateway(&asked.host, asked.bearer.as_deref());
                let answer = of_account.unwrap_or(&self.gateway).answer(asked);
                self.gateway.control.record(SeenRequest::new(asked, answer.status));
                answer
            }
        }
    }
}

/// Extracts the parts of a request that the gateway uses.
fn asked(request: &Request<Incoming>, came_by: IpAddr) -> Asked {
    let headers = request.headers();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let in_query = |wanted: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.into_owned())
    };
    let host = text(headers, HOST.as_str()).or_else(|| request.uri().host().map(str::to_owned)).unwrap_or_default();
    let key = text(headers, "ocp-apim-subscription-key").or_else(|| text(headers, "api-key"));
    let bearer = text(headers, AUTHORIZATION.as_str()).or_else(|| in_query("Authorization"));
    let is_upgrade = text(headers, UPGRADE.as_str()).is_some_and(|to| to.eq_ignore_ascii_case("websocket"))
        && text(headers, CONNECTION.as_str()).is_some_and(|how| how.to_ascii_lowercase().contains("upgrade"))
        && headers.contains_key(SEC_WEBSOCKET_KEY);
    Asked {
        method: request.method().to_string(),
        host: host.split(':').next().unwrap_or_default().to_ascii_lowercase(),
        path: request.uri().path().to_owned(),
        key: key.or_else(|| in_query("Ocp-Apim-Subscription-Key")),
        bearer: bearer.and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned)),
        query,
        is_upgrade,
        came_by,
        headers: headers
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
        body: Bytes::new(),
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// Returns the subprotocol that the service accepts: the native SDK offers `USP`, and clients of Azure OpenAI `realtime`.
fn subprotocol(headers: &HeaderMap) -> Option<HeaderValue> {
    let offered = headers.get(SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()?;
    let known = ["USP", "realtime"].into_iter().find(|known| offered.split(',').any(|name| name.trim() == *known));
    known.map(HeaderValue::from_static)
}

/// Makes a 101 as the service sends it, or as a middlebox damages it.
fn switch(accept: &str, damage: Option<DamageToml>) -> Reply {
    let mut response = Response::new(Either::Left(Full::default()));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let foreign = derive_accept_key(b"another key");
    let (upgrade, accept) = match damage {
        None => (Some("websocket"), Some(accept)),
        Some(DamageToml::Accept) => (Some("websocket"), Some(foreign.as_str())),
        Some(DamageToml::NoAccept) => (Some("websocket"), None),
        Some(DamageToml::NoUpgrade) => (None, Some(accept)),
    };
    let headers = [(CONNECTION, Some("Upgrade")), (UPGRADE, upgrade), (SEC_WEBSOCKET_ACCEPT, accept)];
    for (name, value) in headers.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        response.headers_mut().extend(value.parse().ok().map(|value| (name, value)));
    }
    response
}

/// Converts the response for hyper; an invalid status or header is dropped.
pub(super) fn respond_with(answer: &Answer) -> Reply {
    respond_by(answer, &Arc::default())
}

/// The same on a connection that the response can reset.
fn respond_by(answer: &Answer, fate: &Arc<Fate>) -> Reply {
    let delivery = answer.delivery.as_deref().cloned().unwrap_or_default();
    let pieces: Option<Pieces> = match &answer.later {
        Some(later) => Some(later.pieces()),
        None if delivery.divides() => Some(Box::new(std::iter::once(answer.body.clone()))),
        None => None,
    };
    let body = match pieces {
        Some(pieces) => Either::Right(StreamBody::new(delivery.body(pieces, Arc::clone(fate)))),
        None => Either::Left(Full::new(answer.body.clone())),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<hyper::header::HeaderName>(), value.parse()) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// Responds to pings and messages until the client or the world closes the WebSocket.
async fn talk<S>(
    mut socket: WebSocketStream<S>,
    mut conversation: Conversation,
    close: Option<&CloseToml>,
    (idle, fate): (Option<IdleEnd>, &Fate),
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut end = std::pin::pin!(async {
        match &close {
            // Timers have a resolution of one millisecond.
            Some(close) if close.ms == 0 => {}
            Some(close) => tokio::time::sleep(Duration::from_millis(close.ms)).await,
            None => std::future::pending().await,
        }
    });
    let mut queue = Queue::new(conversation.greeting());
    loop {
        if let Some(fault) = queue.send(&mut socket).await? {
            return fail(socket, fault, fate).await;
        }
        let message = tokio::select! {
            biased;
            () = &mut end => break,
            () = queue.is_due() => continue,
            message = socket.next(), if queue.has_room() => message,
            end = silent(idle) => match end {
                IdleEndToml::Close => return Ok(()),
                IdleEndToml::Reset => return fate.reset().await,
                // All further input is discarded.
                IdleEndToml::Forget => return std::future::pending().await,
            },
        };
        match message {
            // Reading a ping queues the pong; the next flush sends it.
            Some(Ok(message)) => queue.add(conversation.answer(&message)),
            Some(Err(tungstenite::Error::Capacity(_))) => {
                let frame = CloseFrame { code: CloseCode::Size, reason: "the message is larger than 16 MiB".into() };
                return socket.send(Message::Close(Some(frame))).await.map_err(io::Error::other);
            }
            Some(Err(_)) | None => return Ok(()),
        }
    }
    match close {
        Some(CloseToml { code: Some(code), reason, .. }) => close_with(socket, *code, reason).await,
        _ => Ok(()),
    }
}

/// The steps that a WebSocket has still to take.
struct Queue {
    steps: VecDeque<Steps>,
    /// The end of a wait.
    due: Option<Instant>,
}

impl Queue {
    fn new(steps: Steps) -> Self {
        Self { steps: VecDeque::from([steps]), due: None }
    }

    fn add(&mut self, steps: Steps) {
        self.steps.push_back(steps);
    }

    /// Returns whether more input can be read. A client that sends on during a wait must not fill the memory.
    fn has_room(&self) -> bool {
        self.steps.len() < MOST_WAITING
    }

    /// Completes when a wait is over.
    async fn is_due(&mut self) {
        match self.due {
            Some(due) => tokio::time::sleep_until(due).await,
            None => std::future::pending().await,
        }
        self.due = None;
    }

    /// Takes all steps up to the next wait, and returns the fault that ends the connection.
    async fn send<S>(&mut self, socket: &mut WebSocketStream<S>) -> io::Result<Option<FaultToml>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        while self.due.is_none() {
            let Some(steps) = self.steps.front_mut() else { break };
            match steps.next() {
                Some(Step::Send(frame)) => socket.feed(frame).await.map_err(io::Error::other)?,
                Some(Step::Wait(time)) => self.due = Some(Instant::now() + time),
                Some(Step::Fail(fault)) => {
                    socket.flush().await.map_err(io::Error::other)?;
                    return Ok(Some(fault));
                }
                None => drop(self.steps.pop_front()),
            }
        }
        socket.flush().await.map_err(io::Error::other)?;
        Ok(None)
    }
}

/// Ends a WebSocket as a script states.
async fn fail<S>(mut socket: WebSocketStream<S>, fault: FaultToml, fate: &Fate) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match fault {
        FaultToml::Reset => {
            tokio::time::sleep(BEFORE_END).await;
            fate.reset().await
        }
        FaultToml::Close { code, reason } => close_with(socket, code, &reason).await,
        FaultToml::Cut => {
            let mut stream = socket.into_inner();
            stream.shutdown().await?;
            // Input that is not read would make TCP reset the connection.
            let rest = async { tokio::io::copy(&mut stream, &mut tokio::io::sink()).await };
            let _ = tokio::time::timeout(GOOD_BYE, rest).await;
            Ok(())
        }
        FaultToml::Silence => {
            while let Some(Ok(_)) = socket.next().await {}
            Ok(())
        }
    }
}

/// Sends a close frame, and waits for the response of the client.
async fn close_with<S>(mut socket: WebSocketStream<S>, code: u16, reason: &str) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let frame = CloseFrame { code: code.into(), reason: reason.into() };
    socket.send(Message::Close(Some(frame))).await.map_err(io::Error::other)?;
    // Closing the connection before the client responds could lose the frame.
    let answer = async { while let Some(Ok(_)) = socket.next().await {} };
    let _ = tokio::time::timeout(GOOD_BYE, answer).await;
    Ok(())
}

/// Returns the limits of a WebSocket: no message is larger than eight minutes of audio.
fn limits() -> WebSocketConfig {
    WebSocketConfig::default().max_message_size(Some(LARGEST_MESSAGE)).max_frame_size(Some(LARGEST_MESSAGE))
}

/// Completes when a WebSocket has been idle for too long.
async fn silent(idle: Option<IdleEnd>) -> IdleEndToml {
    let Some((time, end)) = idle else { return std::future::pending().await };
    tokio::time::sleep(time).await;
    end
}

/// Returns whether a path takes a file of audio of any length.
fn is_upload(path: &str) -> bool {
    path.ends_with(":transcribe") || path.ends_with("/audio/transcriptions") || path.ends_with("/audio/translations")
}

/// The time limit for the response to a close frame.
const GOOD_BYE: Duration = Duration::from_secs(1);

/// The number of responses that may wait.
const MOST_WAITING: usize = 64;

/// Two minutes of audio; short audio lasts up to one.
const LARGEST_BODY: usize = 4 << 20;

const LARGEST_MESSAGE: usize = 16 << 20;

/// Ten minutes of CD quality, less than the service takes.
const LARGEST_UPLOAD: usize = 64 << 20;

//! A client that records everything that the lab sends to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::{SinkExt as _, StreamExt as _};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use speech_endpoint::net::Network as _;
use speech_endpoint_lab::{Lab, World};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tungstenite::protocol::{Message, Role};

use crate::record::{Body, Record};

/// A world, and what it sent.
pub(crate) struct Client {
    pub(crate) lab: Lab,
    pub(crate) records: Vec<Record>,
    /// The paths of all requests.
    pub(crate) paths: BTreeSet<String>,
}

/// A request.
#[derive(Clone, Default)]
pub(crate) struct Ask<'a> {
    pub(crate) channel: &'a str,
    pub(crate) method: &'a str,
    pub(crate) host: &'a str,
    /// The host to connect to, if it is another one.
    pub(crate) at: Option<&'a str>,
    pub(crate) path: &'a str,
    /// The path that the record has, if it is another one.
    pub(crate) shown: Option<&'a str>,
    /// Further headers; without `authorization` the key is sent.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: Vec<u8>,
    /// The port of a host without TLS.
    pub(crate) plain: Option<u16>,
}

/// The body of an answer.
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).expect("JSON")
    }
}

impl Client {
    pub(crate) async fn named(world: &str) -> Self {
        Self::of(World::named(world).expect(world)).await
    }

    pub(crate) async fn parsed(toml: &str) -> Self {
        Self::of(World::parse(toml).unwrap_or_else(|error| panic!("{error}"))).await
    }

    #[allow(clippy::disallowed_methods, reason = "a lab begins at the real time")]
    async fn of(world: World) -> Self {
        let lab = Lab::start(world, SystemTime::now()).await.expect("a lab");
        Self { lab, records: Vec::new(), paths: BTreeSet::new() }
    }

    /// Sends a request and records its answer.
    pub(crate) async fn ask(&mut self, ask: Ask<'_>) -> Answer {
        let mut request = Request::builder().method(ask.method).uri(ask.path).header("host", ask.host);
        for (name, value) in ask.headers {
            request = request.header(*name, *value);
        }
        if !ask.headers.iter().any(|(name, _)| matches!(*name, "authorization" | "ocp-apim-subscription-key")) {
            request = request.header("ocp-apim-subscription-key", self.lab.key().expose());
        }
        let request = request.body(Full::from(ask.body)).expect("a request");
        let mut sender = self.connect(ask.at.unwrap_or(ask.host), ask.plain).await;
        let response = timeout(SOON, sender.send_request(request)).await.expect("in time").expect("an answer");
        let path = ask.path.split('?').next().unwrap_or_default();
        let name = format!("{} {}", ask.method, ask.shown.map_or_else(|| generic(path), str::to_owned));
        self.paths.insert(path.to_owned());
        self.record(ask.channel, &name, response).await
    }

    /// Sends a request to the proxy of the world.
    pub(crate) async fn ask_proxy(&mut self, method: &str, to: &str, headers: &[(&str, &str)]) {
        let listeners = self.lab.listeners();
        let (_, _, real) = listeners.iter().find(|(role, ..)| role == "proxy").expect("a proxy");
        let stream = tokio::net::TcpStream::connect(real).await.expect("a connection");
        let (mut sender, connection) = handshake::<_, Full<Bytes>>(TokioIo::new(stream)).await.expect("HTTP");
        tokio::spawn(connection.with_upgrades());
        let mut request = Request::builder().method(method).uri(to).header("host", to);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::default()).expect("a request");
        let response = timeout(SOON, sender.send_request(request)).await.expect("in time").expect("an answer");
        if response.status() == 200 {
            let headers = headers_of(&response);
            let message = format!("{method} 200");
            self.records.push(Record { channel: "proxy".into(), message, headers, body: Body::Empty });
        } else {
            self.record("proxy", method, response).await;
        }
    }

    async fn record(&mut self, channel: &str, name: &str, response: Response<hyper::body::Incoming>) -> Answer {
        let (status, headers) = (response.status().as_u16(), headers_of(&response));
        let bytes = timeout(SOON, response.into_body().collect()).await.expect("in time").expect("a body").to_bytes();
        let kind = headers.get("content-type").cloned().unwrap_or_default();
        let (channel, message) = (channel.to_owned(), format!("{name} {status}"));
        if kind.starts_with("text/event-stream") {
            self.events(&channel, &message, &String::from_utf8_lossy(&bytes));
        }
        if kind == "application/zip" {
            self.summary(&channel, &message, &bytes);
        }
        let body = Body::of(&kind, &bytes);
        self.records.push(Record { channel, message, headers, body });
        Answer { bytes: bytes.to_vec() }
    }

    /// Records each event of a stream.
    fn events(&mut self, channel: &str, message: &str, text: &str) {
        let data = text.split("\n\n").filter(|part| !part.is_empty());
        let data = data.map(|part| part.strip_prefix("data: ").expect("an event has data"));
        for event in data.filter(|data| *data != "[DONE]") {
            let json: Value = serde_json::from_str(event).expect("JSON");
            let message = format!("{message}, event {}", json["type"].as_str().expect("a type"));
            let (channel, headers) = (channel.to_owned(), BTreeMap::new());
            self.records.push(Record { channel, message, headers, body: Body::Json(json) });
        }
        assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    }

    /// Records the summary in an archive; its files are stored as they are.
    fn summary(&mut self, channel: &str, message: &str, archive: &[u8]) {
        let name = b"summary.json";
        let start = archive.windows(name.len()).position(|part| part == name).expect("a summary") + name.len();
        let mut json = serde_json::Deserializer::from_slice(&archive[start..]).into_iter::<Value>();
        let body = Body::Json(json.next().expect("JSON").expect("JSON"));
        let (channel, message) = (channel.to_owned(), format!("{message}, summary.json"));
        self.records.push(Record { channel, message, headers: BTreeMap::new(), body });
    }

    async fn connect(&self, host: &str, plain: Option<u16>) -> SendRequest<Full<Bytes>> {
        let name = if host == "localhost" { "127.0.0.1" } else { host };
        let ip = match name.parse() {
            Ok(ip) => ip,
            Err(_) => self.lab.network().lookup(host, SOON).await.facts.addresses.first().expect(host).ip,
        };
        let network = self.lab.network();
        let connecting = timeout(SOON, network.connect((ip, plain.unwrap_or(443)).into()));
        let stream = connecting.await.expect("in time").expect("a connection");
        if plain.is_some() {
            let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("HTTP");
            tokio::spawn(connection.with_upgrades());
            return sender;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = builder.expect("versions").with_root_certificates(self.lab.system_roots()).with_no_client_auth();
        let name = ServerName::try_from(host.to_owned()).expect("a name");
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("TLS");
        let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("HTTP");
        tokio::spawn(connection.with_upgrades());
        sender
    }

    /// Opens a WebSocket and records the upgrade.
    pub(crate) async fn open(&mut self, channel: &str, host: &str, path: &str, headers: &[(&str, &str)]) -> Socket {
        let mut request = Request::get(path)
            .header("host", host)
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.header("ocp-apim-subscription-key", self.lab.key().expose());
        }
        let request = request.body(Full::default()).expect("a request");
        let mut sender = self.connect(host, None).await;
        let mut upgraded = timeout(SOON, sender.send_request(request)).await.expect("in time").expect("an answer");
        assert_eq!(upgraded.status(), 101, "{path}");
        self.paths.insert(path.split('?').next().unwrap_or_default().to_owned());
        let (channel, message) = (channel.to_owned(), "GET 101".to_owned());
        let headers = headers_of(&upgraded);
        self.records.push(Record { channel: channel.clone(), message, headers, body: Body::Empty });
        let stream = TokioIo::new(hyper::upgrade::on(&mut upgraded).await.expect("an upgrade"));
        Socket { channel, stream: WebSocketStream::from_raw_socket(stream, Role::Client, None).await }
    }

    /// Records the messages of a socket until one has a name, and returns that.
    pub(crate) async fn until(&mut self, socket: &mut Socket, name: &str) -> Record {
        loop {
            let record = socket.next().await;
            self.records.push(record.clone());
            if record.message == name {
                return record;
            }
        }
    }
}

/// An open WebSocket.
pub(crate) struct Socket {
    channel: String,
    stream: WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>,
}

impl Socket {
    pub(crate) async fn send(&mut self, frame: Message) {
        // The lab can close the connection before it has read everything.
        let _ = timeout(SOON, self.stream.send(frame)).await.expect("in time");
    }

    /// Sends a text message of a Speech SDK.
    pub(crate) async fn tell(&mut self, path: &str, content: &Value) {
        let content = content.as_str().map_or_else(|| content.to_string(), str::to_owned);
        self.send(Message::text(format!("Path: {path}\r\nX-RequestId: {REQUEST}\r\n\r\n{content}"))).await;
    }

    /// Sends audio and its end.
    pub(crate) async fn hear(&mut self, audio: &[u8]) {
        for piece in audio.chunks(3200).chain([&[][..]]) {
            let head = format!("Path: audio\r\nX-RequestId: {REQUEST}\r\nContent-Type: audio/x-wav\r\n");
            let length = u16::try_from(head.len()).expect("a short head").to_be_bytes();
            self.send(Message::binary([&length, head.as_bytes(), piece].concat())).await;
        }
    }

    /// Sends an event of a realtime session.
    pub(crate) async fn event(&mut self, event: Value) {
        self.send(Message::text(event.to_string())).await;
    }

    async fn next(&mut self) -> Record {
        let frame = timeout(SOON, self.stream.next()).await.expect("in time").expect("a frame").expect("a message");
        let channel = self.channel.clone();
        match frame {
            Message::Text(text) => {
                if let Some((head, content)) = text.split_once("\r\n\r\n") {
                    return of_speech(channel, head, content.as_bytes());
                }
                let json: Value = serde_json::from_str(&text).expect("JSON");
                let message = json["type"].as_str().expect("a type").to_owned();
                Record { channel, message, headers: BTreeMap::new(), body: Body::Json(json) }
            }
            Message::Binary(bytes) => {
                let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
                let head = std::str::from_utf8(&bytes[2..2 + length]).expect("text");
                of_speech(channel, head, &bytes[2 + length..])
            }
            Message::Close(close) => {
                let close = close.expect("a code");
                let (message, body) = (format!("close {}", close.code), Body::Text(close.reason.to_string()));
                Record { channel, message, headers: BTreeMap::new(), body }
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Makes the record of a message of the Speech SDKs; its headers keep their letter case.
fn of_speech(channel: String, head: &str, content: &[u8]) -> Record {
    let lines = head.split("\r\n").filter(|line| !line.is_empty()).map(|line| line.split_once(':').expect("a header"));
    let headers: BTreeMap<String, String> = lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let message = headers.get("Path").expect("a path").clone();
    let kind = headers.get("Content-Type").cloned().unwrap_or_default();
    Record { channel, message, body: Body::of(&kind, content), headers }
}

/// Returns the headers that the lab chose; those of the connection belong to HTTP.
fn headers_of(response: &Response<hyper::body::Incoming>) -> BTreeMap<String, String> {
    let of_connection = ["date", "content-length", "transfer-encoding"];
    let all = response.headers().iter().filter(|(name, _)| !of_connection.contains(&name.as_str()));
    all.map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned())).collect()
}

/// Replaces the names of jobs, files and tenants in a path.
fn generic(path: &str) -> String {
    let segment = |segment: &str| {
        let is_id = segment.len() == 36 && segment.matches('-').count() == 4;
        if is_id || segment.starts_with("job-") { "{id}".to_owned() } else { segment.to_owned() }
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// Makes a form with files.
pub(crate) fn form(fields: &[(&str, &[u8])]) -> Vec<u8> {
    let field = |(name, content): &(&str, &[u8])| {
        let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        [head.as_bytes(), content, b"\r\n"].concat()
    };
    let fields: Vec<Vec<u8>> = fields.iter().map(field).collect();
    [fields.concat(), b"--b--\r\n".to_vec()].concat()
}

pub(crate) const FORM: (&str, &str) = ("content-type", "multipart/form-data; boundary=b");
pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");

/// Makes SSML that a voice speaks.
pub(crate) fn ssml(voice: &str, content: &str) -> String {
    format!("<speak version='1.0' xml:lang='en-US'><voice name='{voice}'>{content}</voice></speak>")
}

/// Returns the header that the SDKs send: 16 kHz, 16 bit, one channel, without a length.
pub(crate) fn wav_header() -> Vec<u8> {
    b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\0\0\0\0".to_vec()
}

/// Returns an event that has only a type.
pub(crate) fn of_type(kind: &str) -> Value {
    json!({ "type": kind })
}

pub(crate) const REQUEST: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
/// A bound for what hangs; the machine may be busy.
pub(crate) const SOON: Duration = Duration::from_secs(30);

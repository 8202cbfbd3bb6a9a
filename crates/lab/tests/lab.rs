//! The lab must respond as Azure does, over real DNS, TCP, TLS, HTTP and WebSocket.

use std::io::ErrorKind as K;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::{SinkExt as _, StreamExt as _};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use speech_endpoint::net::Network as _;
use speech_endpoint_lab::{Lab, World};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tungstenite::protocol::{Message, Role};

#[tokio::test]
async fn every_embedded_world_starts() {
    let mut faults = Vec::new();
    for (name, toml) in World::all() {
        let world = World::parse(toml).expect(name);
        match Lab::start(world, now()).await {
            // Without a name server, no name of the world has an address.
            Ok(lab) if !lab.listeners().is_empty() || name == "DNS14-no-name-server" => {}
            Ok(_) => faults.push(format!("{name}: nothing listens")),
            Err(error) => faults.push(format!("{name}: {error}")),
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    println!("{} worlds", World::all().count());
}

#[tokio::test]
async fn a_dropped_world_is_unreachable() {
    let lab = lab("healthy-regional").await;
    let network = lab.network();
    let peer = address(&lab, STT).await;
    assert!(network.connect(peer).await.is_ok());
    drop(lab);
    tokio::task::yield_now().await;
    assert!(network.connect(peer).await.is_err());
}

#[tokio::test]
async fn a_regional_host_is_resolved_and_upgraded_on_the_connection_of_the_first_request() {
    let lab = lab("healthy-regional").await;
    let chain = ask(&lab, STT, A).await;
    assert_eq!(chain.rcode, 0);
    assert_eq!(chain.addresses, ["20.61.99.10"]);
    assert_eq!(chain.aliases.last().map(String::as_str), Some("stt-westeurope-01.westeurope.cloudapp.azure.com"));
    let stream = tls(&lab, STT).await.expect("a handshake");
    let mut sender = client(stream).await;
    let without = send(&mut sender, STT, "/stt/speech/universal/v2", &[]).await;
    assert_eq!((without.status().as_u16(), without.headers().contains_key("date")), (401, true));
    assert!(body(without).await.contains("invalid subscription key or wrong API endpoint"));
    let key = lab.credential().expect("a key").text.expose().to_owned();
    let mut upgraded = send(&mut sender, STT, "/stt/speech/universal/v2", &upgrade(&key)).await;
    assert_eq!(upgraded.status(), 101);
    assert_eq!(
        upgraded.headers()["sec-websocket-accept"],
        tungstenite::handshake::derive_accept_key(b"dGhlIHNhbXBsZSBub25jZQ==")
    );
    let stream = TokioIo::new(hyper::upgrade::on(&mut upgraded).await.expect("an upgrade"));
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
    socket.send(Message::Ping("alive".into())).await.expect("a ping");
    let pong = timeout(SOON, socket.next()).await.expect("in time").expect("a frame").expect("a pong");
    assert_eq!(pong, Message::Pong("alive".into()));
}

#[tokio::test]
async fn each_name_server_has_its_own_view_of_the_private_zone() {
    let host = "contoso.cognitiveservices.azure.com";
    let linked = ask(&lab("healthy-private-endpoint").await, host, A).await;
    assert_eq!((linked.addresses, linked.aliases), (vec!["10.1.0.4".to_owned()], vec![PRIVATE_NAME.to_owned()]));
    let absent = ask(&lab("DNS03-zone-not-linked").await, host, A).await;
    assert_eq!((absent.addresses, absent.aliases.len()), (vec!["20.50.1.7".to_owned()], 3));
    let missing = ask(&lab("DNS04-record-missing").await, host, A).await;
    assert_eq!((missing.rcode, missing.aliases), (3, vec![PRIVATE_NAME.to_owned()]));
    assert_eq!(missing.soa.as_deref(), Some("privatelink.cognitiveservices.azure.com"));
    let no_sixth = ask(&lab("healthy-private-endpoint").await, host, AAAA).await;
    assert_eq!((no_sixth.rcode, no_sixth.addresses.len(), no_sixth.soa.is_some()), (0, 0, true));
    let open = ask(&lab("CFG14-open-custom-domain").await, host, A).await;
    assert_eq!(open.aliases.first().map(String::as_str), Some("westeurope.api.cognitive.microsoft.com"));
    assert_eq!((open.aliases.len(), open.addresses), (5, vec!["13.93.122.1".to_owned()]));
    assert_eq!(ask(&lab("DNS02-server-fails").await, STT, A).await.rcode, 2);
    let cut = ask(&lab("healthy-truncated-answers").await, host, A).await;
    assert_eq!((cut.is_cut, cut.addresses.len()), (true, 0));
    assert_eq!(ask(&lab("DNS01-misspelt-name").await, "contosso.cognitiveservices.azure.com", A).await.rcode, 3);
}

#[tokio::test]
async fn the_response_depends_on_host_address_and_credential() {
    let own = "contoso.cognitiveservices.azure.com";
    let (stt, tts) = ("/stt/speech/universal/v2", "/tts/cognitiveservices/websocket/v1");
    let mut faults = Vec::new();
    for (world, host, path, status, text) in [
        ("healthy-private-endpoint", own, stt, 101, ""),
        ("healthy-private-endpoint", own, tts, 101, ""),
        ("healthy-private-endpoint", own, "/speech/universal/v2", 404, "Resource not found"),
        ("healthy-private-endpoint", STT, stt, 401, "invalid subscription key"),
        ("healthy-service-endpoint", own, stt, 101, ""),
        ("healthy-private-and-public", own, stt, 101, ""),
        ("healthy-open-custom-domain", STT, stt, 101, ""),
        ("healthy-open-custom-domain", own, stt, 404, "Resource not found"),
        ("healthy-us-government", "usgovvirginia.stt.speech.azure.us", stt, 101, ""),
        ("healthy-china", "chinaeast2.stt.speech.azure.cn", stt, 101, ""),
        ("healthy-entra-private-endpoint", own, stt, 101, ""),
        ("healthy-entra-composed", STT, stt, 101, ""),
        ("healthy-issued-token", STT, stt, 101, ""),
        ("healthy-regional", "westeurope.api.cognitive.microsoft.com", stt, 404, "Resource not found"),
        ("DNS03-zone-not-linked", own, stt, 403, "Public access is disabled. Please configure private endpoint."),
        ("DNS03-forwarder-missing", own, stt, 403, "Virtual Network/Firewall rules"),
        ("CFG12-region-of-a-private-resource", STT, stt, 401, "invalid subscription key"),
        ("CFG12-region-of-a-private-resource", own, stt, 101, ""),
        ("AUTH01-foreign-key", STT, stt, 401, "invalid subscription key"),
        ("AUTH01-another-region", "northeurope.stt.speech.microsoft.com", stt, 401, "invalid subscription key"),
        ("AUTH02-plain-token-at-region", STT, stt, 401, ""),
        (
            "AUTH02-plain-token-at-region",
            "westeurope.api.cognitive.microsoft.com",
            "/speechtotext/transcriptions",
            400,
            "custom subdomain",
        ),
        ("AUTH03-composed-token-at-own-host", own, stt, 401, ""),
        ("AUTH04-token-for-arm", own, stt, 401, "audience is incorrect (https://cognitiveservices.azure.com)"),
        ("AUTH05-role-missing", own, stt, 401, "lacks the required data action"),
        ("AUTH06-token-expired", own, stt, 401, "have expired"),
        ("AUTH06-issued-token-expired", STT, stt, 401, ""),
        ("AUTH09-keys-disabled", own, stt, 403, "AuthenticationTypeDisabled"),
        ("POL01-public-access-disabled", own, stt, 403, "Public access is disabled"),
        ("POL02-address-not-allowed", STT, stt, 403, "Virtual Network/Firewall rules"),
        ("POL03-subnet-not-allowed", own, stt, 403, "Virtual Network/Firewall rules"),
        ("HTTP01-offering-not-there", TTS, tts, 404, "Resource not found"),
        ("HTTP01-offering-not-there", STT, stt, 101, ""),
        ("HTTP03-redirect-to-regional-host", own, stt, 301, ""),
        ("HTTP04-no-upgrade", STT, stt, 200, "It works"),
        ("HTTP06-service-unavailable", STT, stt, 503, ""),
        ("QUO01-too-many-requests", TTS, tts, 429, "Rate limit"),
    ] {
        let lab = lab(world).await;
        let mut sender = client(tls(&lab, host).await.expect(world)).await;
        let given = lab.credential().expect(world);
        let text_of = given.text.expose();
        let headers =
            if given.is_token { upgrade_with("authorization", &format!("Bearer {text_of}")) } else { upgrade(text_of) };
        let response = send(&mut sender, host, path, &headers).await;
        let (got, is_switched) = (response.status().as_u16(), response.status() == 101);
        let body = if is_switched { String::new() } else { body(response).await };
        if got != status || !body.contains(text) {
            faults.push(format!("{world} {host}{path}: {got} {body}"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[tokio::test]
async fn rest_services_accept_a_key_and_reject_an_empty_request() {
    let lab = lab("healthy-rest-services").await;
    let key = lab.credential().expect("a key").text.expose().to_owned();
    let token_host = "westeurope.api.cognitive.microsoft.com";
    let mut faults = Vec::new();
    for (method, host, path, with_key, status, text) in [
        ("GET", TTS, "/cognitiveservices/voices/list", true, 200, "AvaMultilingualNeural"),
        ("GET", TTS, "/cognitiveservices/voices/list", false, 401, "invalid subscription key"),
        ("POST", TTS, "/cognitiveservices/v1", true, 400, "InvalidRequest"),
        ("GET", TTS, "/cognitiveservices/v1", true, 404, "Resource not found"),
        (
            "POST",
            STT,
            "/speech/recognition/conversation/cognitiveservices/v1?language=en-US",
            true,
            400,
            "InvalidRequest",
        ),
        ("GET", token_host, "/speechtotext/transcriptions?api-version=2025-10-15", true, 200, "values"),
        ("POST", token_host, "/sts/v1.0/ISSUETOKEN", true, 200, "eyJ"),
        ("POST", token_host, "/sts/v1.0/issueToken", false, 401, "invalid subscription key"),
        ("GET", token_host, "/sts/v1.0/issueToken", true, 404, "Resource not found"),
        ("GET", "login.microsoftonline.com", "/", false, 200, "Sign in"),
    ] {
        let mut sender = client(tls(&lab, host).await.expect(host)).await;
        let mut request = Request::builder().method(method).uri(path).header("host", host);
        if with_key {
            request = request.header("ocp-apim-subscription-key", &key);
        }
        let request = request.body(Empty::new()).expect("a request");
        let response = timeout(SOON, sender.send_request(request)).await.expect("in time").expect("an answer");
        let (got, body) = (response.status().as_u16(), body(response).await);
        if got != status || !body.contains(text) {
            faults.push(format!("{method} {host}{path}: {got} {body}"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[tokio::test]
async fn a_container_responds_without_tls_or_credential() {
    let lab = lab("healthy-container").await;
    let stream = lab.network().connect("127.0.0.1:5000".parse().expect("an address")).await.expect("a container");
    let mut sender = client(stream).await;
    assert_eq!(send(&mut sender, "localhost:5000", "/stt/speech/universal/v2", &[]).await.status(), 404);
    let path = "/speech/recognition/conversation/cognitiveservices/v1";
    assert_eq!(send(&mut sender, "localhost:5000", path, &upgrade("")).await.status(), 101);
}

#[tokio::test]
async fn discovery_names_a_regional_host_that_accepts_the_plain_token() {
    let lab = lab("healthy-open-custom-domain-discovery-entra").await;
    let own = "contoso.cognitiveservices.azure.com";
    let mut sender = client(tls(&lab, own).await.expect("a handshake")).await;
    let answer = send(&mut sender, own, "/stt/speech/universal/v2?GenerateRedirectResponse=true", &[]).await;
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["ocp-apim-custom-domain-name"].to_str().ok()),
        (200, Some(own))
    );
    let url = url::Url::parse(body(answer).await.trim()).expect("a URL");
    assert_eq!(url.host_str(), Some(STT));
    let token = lab.credential().expect("a token").text.expose().to_owned();
    let mut sender = client(tls(&lab, STT).await.expect("a handshake")).await;
    let path = format!("{}?{}", url.path(), url.query().expect("the custom domain"));
    let bearer = upgrade_with("authorization", &format!("Bearer {token}"));
    assert_eq!(send(&mut sender, STT, &path, &bearer).await.status(), 101);
}

#[tokio::test]
async fn connections_and_handshakes_fail_as_the_world_defines() {
    let kind = |error: std::io::Error| error.kind();
    let connect = async |world: &str| {
        let lab = lab(world).await;
        let peer = address(&lab, STT).await;
        timeout(Duration::from_millis(50), lab.network().connect(peer)).await.map(|made| made.map_err(kind))
    };
    assert!(connect("TCP01-public-dropped").await.is_err());
    assert!(matches!(connect("TCP02-refused").await, Ok(Err(K::ConnectionRefused))));
    assert!(matches!(connect("TCP04-unreachable").await, Ok(Err(K::NetworkUnreachable))));
    for (world, part) in [
        ("TCP03-reset-before-tls", "reset"),
        ("TLS07-name-filtered", "reset"),
        ("TLS07-name-filtered-by-close", "eof"),
        ("TLS06-version-refused", "ProtocolVersion"),
        ("TLS01-inspected", "UnknownIssuer"),
        ("TLS02-old-roots", "UnknownIssuer"),
        ("TLS03-wrong-name", "not valid for name"),
        ("TLS04-expired", "expired"),
    ] {
        let error = tls(&lab(world).await, STT).await.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(part), "{world}: {error}");
    }
    assert!(tls(&lab("TLS07-name-filtered").await, "login.microsoftonline.com").await.is_ok());
    let unknown: SocketAddr = "192.0.2.1:443".parse().expect("an address");
    let lab = lab("healthy-regional").await;
    assert!(timeout(Duration::from_millis(50), lab.network().connect(unknown)).await.is_err(), "no connection leaves");
}

#[tokio::test]
async fn a_proxy_allows_refuses_and_inspects() {
    let (status, tunnel) = tunnel(&lab("healthy-proxy-http").await, None).await;
    assert_eq!((status, tunnel.is_some()), (200, true));
    let wants = lab("PXY03-credentials-missing").await;
    assert_eq!(self::tunnel(&wants, None).await.0, 407);
    assert_eq!(self::tunnel(&wants, Some("Basic c3ZjLXNwZWVjaDpjb3JyZWN0LWhvcnNl")).await.0, 200);
    assert_eq!(self::tunnel(&lab("PXY04-host-forbidden").await, None).await.0, 403);
    assert_eq!(self::tunnel(&lab("PXY04-proxy-cannot-resolve").await, None).await.0, 503);
    for (world, plain, upgraded) in
        [("healthy-proxy-http", 401, 101), ("PXY05-no-websocket", 401, 400), ("healthy-inspection-trusted", 401, 101)]
    {
        let lab = lab(world).await;
        let (_, tunnel) = self::tunnel(&lab, None).await;
        let stream = TlsConnector::from(config(&lab)).connect(name(STT), tunnel.expect(world)).await.expect(world);
        let mut sender = client(stream).await;
        let key = lab.credential().expect(world).text.expose().to_owned();
        assert_eq!(send(&mut sender, STT, "/stt/speech/universal/v2", &[]).await.status(), plain, "{world}");
        assert_eq!(
            send(&mut sender, STT, "/stt/speech/universal/v2", &upgrade(&key)).await.status(),
            upgraded,
            "{world}"
        );
    }
    assert_eq!(
        lab("healthy-proxy-http").await.variables(),
        [("HTTPS_PROXY".to_owned(), "http://10.9.0.1:3128".to_owned())]
    );
    let argument = lab("healthy-proxy-with-credentials").await.proxy_argument();
    assert_eq!(argument.as_deref(), Some("http://svc-speech:correct-horse@10.9.0.1:3128"));
}

#[tokio::test]
async fn a_cut_socket_ends_without_a_close_frame() {
    let lab = lab("WS02-closed-at-once").await;
    let mut sender = client(tls(&lab, STT).await.expect("a handshake")).await;
    let key = lab.credential().expect("a key").text.expose().to_owned();
    let mut upgraded = send(&mut sender, STT, "/stt/speech/universal/v2", &upgrade(&key)).await;
    let stream = TokioIo::new(hyper::upgrade::on(&mut upgraded).await.expect("an upgrade"));
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
    let end = timeout(SOON, socket.next()).await.expect("in time");
    assert!(!matches!(end, Some(Ok(Message::Close(Some(_))))), "{end:?}");
}

async fn lab(name: &str) -> Lab {
    Lab::start(World::named(name).expect(name), now()).await.expect(name)
}

#[allow(clippy::disallowed_methods, reason = "a lab is started now")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// The response of a name server.
#[derive(Debug, Default)]
struct Answer {
    rcode: u8,
    is_cut: bool,
    aliases: Vec<String>,
    addresses: Vec<String>,
    soa: Option<String>,
}

/// Queries the first name server over UDP, and reads the response without a library.
async fn ask(lab: &Lab, host: &str, kind: u16) -> Answer {
    let (_, _, server) = lab.listeners().into_iter().find(|(what, ..)| what == "name server").expect("a server");
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    let mut question = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in host.split('.') {
        question.push(u8::try_from(label.len()).expect("a label"));
        question.extend(label.bytes());
    }
    question.extend([0, 0, kind.to_be_bytes()[1], 0, 1]);
    socket.send_to(&question, server).await.expect("sent");
    let mut buffer = [0; 2048];
    let length = timeout(SOON, socket.recv(&mut buffer)).await.expect("in time").expect("an answer");
    read(&buffer[..length], question.len())
}

fn read(message: &[u8], mut at: usize) -> Answer {
    let number = |at: usize| usize::from(message[at]) << 8 | usize::from(message[at + 1]);
    let mut answer = Answer { rcode: message[3] & 15, is_cut: message[2] & 2 != 0, ..Answer::default() };
    for _ in 0..number(6) + number(8) {
        let (owner, next) = read_name(message, at);
        let (kind, length, data) = (number(next), number(next + 8), next + 10);
        match kind {
            1 => answer.addresses.push(message[data..data + 4].iter().map(u8::to_string).collect::<Vec<_>>().join(".")),
            5 => answer.aliases.push(read_name(message, data).0),
            6 => answer.soa = Some(owner),
            _ => answer.addresses.push(format!("type {kind}")),
        }
        at = data + length;
    }
    answer
}

fn read_name(message: &[u8], mut at: usize) -> (String, usize) {
    let (mut labels, mut end) = (Vec::new(), None);
    loop {
        let length = usize::from(message[at]);
        if length >= 0xc0 {
            end.get_or_insert(at + 2);
            at = (length & 0x3f) << 8 | usize::from(message[at + 1]);
        } else if length == 0 {
            return (labels.join("."), end.unwrap_or(at + 1));
        } else {
            labels.push(String::from_utf8_lossy(&message[at + 1..at + 1 + length]).into_owned());
            at += 1 + length;
        }
    }
}

/// Returns the address of a host according to the first name server.
async fn address(lab: &Lab, host: &str) -> SocketAddr {
    let answer = ask(lab, host, A).await;
    let ip = answer.addresses.first().unwrap_or_else(|| panic!("{host}: {answer:?}"));
    format!("{ip}:443").parse().expect("an address")
}

async fn tls(lab: &Lab, host: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = timeout(SOON, lab.network().connect(address(lab, host).await)).await.expect("in time")?;
    TlsConnector::from(config(lab)).connect(name(host), stream).await
}

fn config(lab: &Lab) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    Arc::new(builder.with_root_certificates(lab.system_roots()).with_no_client_auth())
}

fn name(host: &str) -> ServerName<'static> {
    ServerName::try_from(host.to_owned()).expect("a name")
}

async fn client<S>(stream: S) -> SendRequest<Empty<Bytes>>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("HTTP");
    tokio::spawn(connection.with_upgrades());
    sender
}

async fn send(
    sender: &mut SendRequest<Empty<Bytes>>,
    host: &str,
    path: &str,
    headers: &[(String, String)],
) -> Response<Incoming> {
    sender.ready().await.expect("an open connection");
    let mut request = Request::get(path).header("host", host);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Empty::new()).expect("a request");
    timeout(SOON, sender.send_request(request)).await.expect("in time").expect("an answer")
}

async fn body(response: Response<Incoming>) -> String {
    let bytes = timeout(SOON, response.into_body().collect()).await.expect("in time").expect("a body").to_bytes();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn upgrade(key: &str) -> Vec<(String, String)> {
    upgrade_with("ocp-apim-subscription-key", key)
}

fn upgrade_with(header: &str, value: &str) -> Vec<(String, String)> {
    let headers = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        (header, value),
    ];
    headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

type Tunnel = TokioIo<hyper::upgrade::Upgraded>;

async fn tunnel(lab: &Lab, authorization: Option<&str>) -> (u16, Option<Tunnel>) {
    let proxy = "10.9.0.1:3128".parse().expect("an address");
    let stream = lab.network().connect(proxy).await.expect("a proxy");
    let mut sender = client(stream).await;
    let target = format!("{STT}:443");
    let mut request = Request::builder().method("CONNECT").uri(&target).header("host", &target);
    if let Some(authorization) = authorization {
        request = request.header("proxy-authorization", authorization);
    }
    let request = request.body(Empty::new()).expect("a request");
    let mut response = timeout(SOON, sender.send_request(request)).await.expect("in time").expect("an answer");
    let status = response.status().as_u16();
    let tunnel = if status == 200 { hyper::upgrade::on(&mut response).await.ok().map(TokioIo::new) } else { None };
    (status, tunnel)
}

const STT: &str = "westeurope.stt.speech.microsoft.com";
const TTS: &str = "westeurope.tts.speech.microsoft.com";
const PRIVATE_NAME: &str = "contoso.privatelink.cognitiveservices.azure.com";
const A: u16 = 1;
const AAAA: u16 = 28;
const SOON: Duration = Duration::from_secs(5);

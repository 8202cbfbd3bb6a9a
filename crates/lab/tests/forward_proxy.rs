//! The forward proxy must lead any client to the hosts of a world, and nowhere else.
#![allow(clippy::disallowed_methods, reason = "a lab begins at the real time")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use speech_endpoint_lab::{Lab, World};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

const OWN: &str = "contoso.cognitiveservices.azure.com";
const STT: &str = "westeurope.stt.speech.microsoft.com";
const TTS: &str = "westeurope.tts.speech.microsoft.com";
const SOON: Duration = Duration::from_secs(10);

async fn opened(world: &str) -> (Lab, SocketAddr) {
    let mut lab = Lab::start(World::named(world).expect(world), SystemTime::now()).await.expect("it starts");
    let proxy = lab.open_forward_proxy(0).await.expect("a free port");
    (lab, proxy)
}

/// Sends a head and returns the connection with the head of the response.
async fn sent(proxy: SocketAddr, head: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(proxy).await.expect("the proxy listens");
    stream.write_all(head.as_bytes()).await.expect("sent");
    let head = timeout(SOON, head_of(&mut stream)).await.expect("in time");
    (stream, head)
}

async fn head_of(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).await.expect("a head") == 0 {
            break;
        }
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("text")
}

async fn connect(proxy: SocketAddr, to: &str) -> (TcpStream, String) {
    sent(proxy, &format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n\r\n")).await
}

/// Returns the status line and the body of a refusal.
async fn refused(proxy: SocketAddr, to: &str) -> (String, String) {
    let (mut stream, head) = connect(proxy, to).await;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    let mut body = vec![0; length.parse().expect("a number")];
    timeout(SOON, stream.read_exact(&mut body)).await.expect("in time").expect("a body");
    (head.lines().next().unwrap_or_default().to_owned(), String::from_utf8(body).expect("text"))
}

async fn tls(lab: &Lab, stream: TcpStream, host: &str) -> std::io::Result<impl AsyncRead + AsyncWrite + Unpin> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let config = builder.with_root_certificates(lab.system_roots()).with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// Requests a path of a host through the proxy, and returns the status line.
async fn status(lab: &Lab, proxy: SocketAddr, host: &str, path: &str) -> String {
    let (stream, head) = connect(proxy, &format!("{host}:443")).await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let mut stream = tls(lab, stream, host).await.expect("a handshake");
    let key = lab.key();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nOcp-Apim-Subscription-Key: {}\r\n\r\n", key.expose());
    stream.write_all(request.as_bytes()).await.expect("sent");
    let head = timeout(SOON, head_of(&mut stream)).await.expect("in time");
    head.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn any_client_reaches_the_hosts_of_a_world() {
    for (world, host, path) in [
        ("healthy-private-endpoint", OWN, "/tts/cognitiveservices/voices/list"),
        ("healthy-regional", TTS, "/cognitiveservices/voices/list"),
        ("healthy-hosts-file", OWN, "/tts/cognitiveservices/voices/list"),
        ("healthy-ipv6", TTS, "/cognitiveservices/voices/list"),
        ("TCP07-one-address-dead", TTS, "/cognitiveservices/voices/list"),
    ] {
        let (lab, proxy) = opened(world).await;
        assert_eq!(status(&lab, proxy, host, path).await, "HTTP/1.1 200 OK", "{world}");
        assert_eq!(lab.requests().len(), 1, "{world}");
    }
}

#[tokio::test]
async fn a_name_outside_the_world_and_an_address_outside_it_are_refused() {
    let (_lab, proxy) = opened("healthy-regional").await;
    for (to, says) in [
        ("example.com:443", "example.com does not resolve in this world: "),
        ("localhost:443", "localhost:443 is outside this world"),
        ("93.184.215.14:443", "93.184.215.14:443 is outside this world"),
        ("127.0.0.1:22", "127.0.0.1:22 is outside this world"),
        ("[::1]:443", "::1:443 is outside this world"),
    ] {
        let (status, body) = refused(proxy, to).await;
        assert_eq!(status, "HTTP/1.1 502 Bad Gateway", "{to}: {body}");
        assert!(body.contains(says), "{to}: {body}");
    }
}

#[tokio::test]
async fn a_real_listener_on_this_machine_is_not_reachable() {
    let foreign = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let to = foreign.local_addr().expect("an address");
    for world in ["healthy-regional", "healthy-container"] {
        let (_lab, proxy) = opened(world).await;
        let tried = timeout(Duration::from_millis(500), connect(proxy, &to.to_string())).await;
        assert!(!tried.is_ok_and(|(_, head)| head.contains(" 200 ")), "{world}");
        assert!(timeout(Duration::from_millis(100), foreign.accept()).await.is_err(), "{world}");
    }
}

#[tokio::test]
async fn the_faults_of_a_world_reach_the_client() {
    let (_lab, proxy) = opened("DNS01-misspelt-name").await;
    let (status, body) = refused(proxy, "contosso.cognitiveservices.azure.com:443").await;
    assert!(status.contains(" 502 ") && body.contains("does not resolve"), "{status} {body}");

    let (_lab, proxy) = opened("TCP02-refused").await;
    let (status, body) = refused(proxy, &format!("{STT}:443")).await;
    assert!(status.contains(" 502 ") && body.contains("cannot be reached in this world: "), "{status} {body}");

    let (_lab, proxy) = opened("TCP01-public-dropped").await;
    let tried = timeout(Duration::from_millis(500), connect(proxy, &format!("{STT}:443"))).await;
    assert!(tried.is_err(), "a dropped packet has no response");

    let (lab, proxy) = opened("TCP03-reset-before-tls").await;
    let (stream, head) = connect(proxy, &format!("{STT}:443")).await;
    assert!(head.contains(" 200 "), "{head}");
    let error = timeout(SOON, tls(&lab, stream, STT)).await.expect("in time").err().expect("a reset");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_waits_for_a_silent_address_gets_a_response_in_the_end() {
    let (_lab, proxy) = opened("TCP01-public-dropped").await;
    let mut stream = TcpStream::connect(proxy).await.expect("the proxy listens");
    stream.write_all(format!("CONNECT {STT}:443 HTTP/1.1\r\n\r\n").as_bytes()).await.expect("sent");
    let head = timeout(Duration::from_secs(120), head_of(&mut stream)).await.expect("within two minutes");
    assert!(head.starts_with("HTTP/1.1 504 "), "{head}");
}

#[tokio::test]
async fn a_reset_of_all_connections_reaches_the_client() {
    let (lab, proxy) = opened("healthy-regional").await;
    let (stream, _) = connect(proxy, &format!("{STT}:443")).await;
    let mut stream = tls(&lab, stream, STT).await.expect("a handshake");
    lab.reset_all();
    let error = timeout(SOON, stream.read(&mut [0])).await.expect("in time").expect_err("a reset");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
}

#[tokio::test]
async fn the_proxy_of_the_world_stands_behind_the_forward_proxy() {
    for world in ["healthy-proxy-http", "healthy-proxy-with-credentials", "healthy-inspection-trusted"] {
        let (lab, proxy) = opened(world).await;
        let path = "/cognitiveservices/voices/list";
        assert_eq!(status(&lab, proxy, TTS, path).await, "HTTP/1.1 200 OK", "{world}");
    }
    let (_lab, proxy) = opened("PXY03-credentials-missing").await;
    let (_, head) = connect(proxy, &format!("{STT}:443")).await;
    assert!(head.contains(" 407 ") && head.contains("proxy-authenticate: "), "{head}");
}

#[tokio::test]
async fn a_plain_request_reaches_a_container() {
    let (_lab, proxy) = opened("healthy-container").await;
    let head = "GET http://localhost:5000/cognitiveservices/voices/list HTTP/1.1\r\nHost: localhost:5000\r\nProxy-Connection: close\r\n\r\n";
    let (_, head) = sent(proxy, head).await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let upgrade = "GET http://localhost:5000/speech/recognition/interactive/cognitiveservices/v1?language=en-US HTTP/1.1\r\nHost: localhost:5000\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let (mut stream, head) = sent(proxy, upgrade).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    // A ping with an empty mask and no text; the pong has neither.
    stream.write_all(&[0x89, 0x80, 0, 0, 0, 0]).await.expect("sent");
    let mut pong = [0; 2];
    timeout(SOON, stream.read_exact(&mut pong)).await.expect("in time").expect("a pong");
    assert_eq!(pong, [0x8a, 0]);
}

#[tokio::test]
async fn a_request_for_the_proxy_itself_is_refused_with_a_reason() {
    let (_lab, proxy) = opened("healthy-regional").await;
    let (_, head) = sent(proxy, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
}

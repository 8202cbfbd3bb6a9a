//! Runs a connector against the lab as an application would, stage by stage.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use speech_endpoint::connect::{Builder, Connector, TokenSource};
use speech_endpoint::emulation::{Connection, Request};
use speech_endpoint::net::Network as _;
use speech_endpoint::net::ProxySettings;
use speech_endpoint::net::{TlsClient, Trust};
use speech_endpoint::{Query, Service};
use speech_endpoint_lab::{Lab, World};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

async fn lab(world: &str) -> Lab {
    Lab::start(World::named(world).unwrap(), SystemTime::now()).await.unwrap()
}

fn trust(lab: &Lab) -> Trust {
    Trust::of(lab.system_roots(), lab.builtin_roots(), "the lab's store")
}

fn source(lab: &Lab) -> TokenSource {
    lab.credential().map_or_else(TokenSource::none, |given| TokenSource::ready(given.read().unwrap()))
}

fn builder(lab: &Lab) -> Builder {
    let proxies = ProxySettings::new(lab.proxy_argument().as_deref(), &lab.variables()).unwrap();
    let account = lab.account().unwrap().clone();
    Connector::builder(account, source(lab)).network(lab.network()).trust(trust(lab)).proxies(proxies)
}

#[tokio::test]
async fn a_websocket_and_a_request_work_through_a_private_endpoint() {
    let lab = lab("healthy-private-endpoint").await;
    let connector = builder(&lab).build().unwrap();
    let mut opened = connector.websocket(Service::SpeechToText, &Query::default()).await.unwrap();
    assert_eq!(opened.connection_id.len(), 32);
    opened.socket.send(Message::Ping("x".into())).await.unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(5), opened.socket.next()).await.unwrap();
    assert!(matches!(answer, Some(Ok(Message::Pong(_)))), "{answer:?}");
    let voices = connector.request(Service::Voices, Method::GET).await.unwrap();
    let refused = voices.try_clone().unwrap().send().await.unwrap_err();
    assert!(format!("{refused:?}").contains("Connector::execute"), "{refused:?}");
    let voices = connector.execute(voices.build().unwrap()).await.unwrap();
    assert_eq!(voices.status(), 200);
    let voices = connector.send(Service::Voices, Method::GET, &Query::default(), |request| request).await.unwrap();
    assert_eq!(voices.status(), 200);
}

#[tokio::test]
async fn an_error_carries_its_diagnosis() {
    let lab = lab("DNS03-zone-not-linked").await;
    let connector = builder(&lab).time_limit(Duration::from_secs(3)).build().unwrap();
    let error = connector.websocket(Service::SpeechToText, &Query::default()).await.unwrap_err();
    assert_eq!(error.diagnosis().root_cause().map(|finding| finding.failure.id), Some("DNS03"));
    let error = connector.send(Service::Voices, Method::GET, &Query::default(), |request| request).await.unwrap_err();
    assert_eq!(error.diagnosis().root_cause().map(|finding| finding.failure.id), Some("DNS03"));
}

/// A token that no header can hold. The checked constructors of a credential reject it; an identity library may not.
#[derive(Debug)]
struct TwoLines;

#[async_trait::async_trait]
impl TokenCredential for TwoLines {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let expires = azure_core::time::OffsetDateTime::now_utc() + azure_core::time::Duration::hours(1);
        Ok(AccessToken::new("two\nlines", expires))
    }
}

#[tokio::test]
async fn a_token_that_no_header_can_hold_is_an_error_and_not_dropped() {
    let lab = lab("healthy-private-endpoint").await;
    let connector = Connector::builder(lab.account().unwrap().clone(), TokenSource::entra(Arc::new(TwoLines)))
        .network(lab.network())
        .trust(trust(&lab))
        .proxies(ProxySettings::default())
        .build()
        .unwrap();
    let query = Query::default();
    let opened = connector.websocket(Service::SpeechToText, &query).await.map(drop);
    let sent = connector.send(Service::Voices, Method::GET, &query, |request| request).await.map(drop);
    let begun = connector.request(Service::Voices, Method::GET).await.map(drop);
    for outcome in [opened, sent, begun] {
        let text = outcome.unwrap_err().to_string();
        assert!(text.contains("9 characters that are not a token"), "{text}");
    }
}

/// A connection that counts its writes.
struct Counted(TcpStream, Arc<AtomicUsize>);

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn a_client_writes_twice_before_the_first_response() {
    let lab = lab("healthy-regional").await;
    let endpoint = lab.account().unwrap().endpoint(Service::Voices).unwrap();
    let limit = Duration::from_secs(5);
    let addresses = lab.network().addresses(endpoint.host(), limit).await.unwrap();
    let stream = lab.network().connect((addresses[0], 443).into()).await.unwrap();
    let writes = Arc::new(AtomicUsize::new(0));
    let client = TlsClient::new(&trust(&lab)).unwrap();
    let counted = Counted(stream, writes.clone());
    let (stream, session) = client.handshake(counted, endpoint.host(), limit).await.unwrap();
    assert_eq!(session.version().as_deref(), Some("1.3"));
    let mut connection = Connection::new(stream);
    let url = endpoint.to_url();
    let answer = connection.exchange(&Request::new(Method::GET, &url), limit).await.unwrap();
    assert_eq!(answer.reply.status, 401);
    assert_eq!(writes.load(Ordering::Relaxed), 2, "the greeting; the end of the handshake with the request");
}

/// A peer that floods a prepared socket, or closes each one at once, costs neither memory nor one connection after another.
#[test]
fn a_prepared_socket_stays_small_whatever_the_peer_sends() {
    for (fault, most) in
        [("flood = \"ping\"", 4), ("flood = \"fragment\"", 4), ("close-after-upgrade = { ms = 0, code = 1011 }", 4)]
    {
        let toml = format!(
            "title = \"x\"\n[resource]\nregion = \"westeurope\"\n[gateway]\n{fault}\n[expect]\nfindings = []\nverdict = \"healthy\"\n"
        );
        let theirs = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let lab = theirs.block_on(Lab::start(World::parse(&toml).unwrap(), SystemTime::now())).unwrap();
        let ours = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let before = resident();
        ours.block_on(async {
            let connector = builder(&lab).build().unwrap();
            let _ = connector.prepare(Service::SpeechToText, &Query::default()).await;
            tokio::time::sleep(Duration::from_secs(2)).await;
        });
        let (grown, upgrades) = (resident().saturating_sub(before), lab.requests().len());
        println!("{fault}: {grown} KiB more, {upgrades} requests");
        assert!(grown < 32 << 10, "{fault}: {grown} KiB");
        assert!(upgrades <= most, "{fault}: {upgrades} requests");
        theirs.shutdown_background();
    }
}

/// The resident memory of this process, in KiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

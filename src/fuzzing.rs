//! The readers of what comes from the network, for `fuzz/`. Only `cargo fuzz` compiles this file: it is in no build of a user's.

use std::net::IpAddr;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use url::Url;

use crate::connect::TokenError;
use crate::diagnose::evidence::{
    Certificate, Failure, HoldFacts, MetadataFacts, ProxyTry, ServerAnswer, TlsFacts, UpgradeFacts,
};
use crate::net::http::{Connection, Response, classify};
use crate::net::proxy::{Proxy, ProxySettings};
use crate::net::tls::{TlsClient, Trust};
use crate::net::websocket::{self, HoldLimits, Socket, UpgradeRequest};
use crate::net::{Stream, dns, printable};
use crate::probe::scrub::Scrub;
use crate::probe::{metadata, named, revocation};
use crate::resolve::credential::Credential;
use crate::resolve::service::Service;

pub use crate::diagnose::{Shown, redacted, shown};

/// Returns one line of printable text, shortened, without what looks like a secret.
#[must_use]
pub fn line(text: &str, longest: usize) -> String {
    printable::line(text, longest)
}

/// Returns whether a character is invisible.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    crate::resolve::invisible::is_invisible(c)
}

/// Returns the answer of a name server that sends these datagrams, and the names that are queried.
#[must_use]
pub fn dns_answer(host: &str, v4: &[&[u8]], v6: &[&[u8]]) -> (ServerAnswer, Vec<String>) {
    dns::answer_in(host, v4, v6)
}

/// The judgement of a response.
#[derive(Debug)]
#[allow(missing_docs, reason = "the names are those of the functions")]
#[non_exhaustive]
pub struct Judgement {
    pub refusal: Option<Failure>,
    pub denial: Option<Failure>,
    pub is_about_the_credential: bool,
    pub named: Option<Url>,
}

/// Judges a response to a request for a URL.
#[must_use]
pub fn judge(response: &Response, url: &Url, service: Option<Service>) -> Judgement {
    let is_websocket = service.is_some_and(Service::is_websocket);
    Judgement {
        refusal: classify::refusal(response, is_websocket, service),
        denial: classify::denial(&response.reply),
        is_about_the_credential: classify::is_about_the_credential(&response.reply),
        named: classify::named_url(response, url),
    }
}

/// Returns why a URL that a peer names may not be used.
pub fn refused(url: &Url, credential: &Credential) -> Option<Failure> {
    named::refused(url, [credential])
}

/// Requests an upgrade, and returns its facts, its outcome and the target of a redirect.
pub async fn upgrade<S>(
    stream: S,
    url: &Url,
    service: Service,
    records_success: bool,
) -> (Option<UpgradeFacts>, Result<Socket, Failure>, Option<String>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let request = UpgradeRequest::new(url, "0123456789abcdef0123456789abcdef").for_service(Some(service), None);
    let request = UpgradeRequest { records_success, ..request };
    let upgrade = websocket::upgrade(Connection::new(Stream::new(stream)), &request, LIMIT).await;
    (upgrade.facts, upgrade.outcome, upgrade.location)
}

/// Returns an open WebSocket on a stream of frames.
pub async fn socket<S>(stream: S) -> Socket
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    websocket::opened(Stream::new(stream), Vec::new()).await
}

/// Sends a ping on an open WebSocket.
pub async fn ping(socket: &mut Socket) -> (UpgradeFacts, Option<Failure>) {
    let mut facts = UpgradeFacts::default();
    let failure = websocket::ping(socket, &mut facts, LIMIT).await;
    (facts, failure)
}

/// Holds a WebSocket until it ends, and closes it.
pub async fn hold(socket: &mut Socket) -> HoldFacts {
    let facts = websocket::hold(socket, HoldLimits::new(LIMIT, LIMIT, Instant::now() + LIMIT), |_| {}).await;
    websocket::close(socket, LIMIT).await;
    facts
}

/// Requests a tunnel from a proxy.
pub async fn tunnel<S>(
    stream: S,
    proxy: &Proxy,
    host: &str,
) -> (ProxyTry, Result<impl AsyncRead + AsyncWrite + Unpin + use<S>, Failure>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let tunnel = crate::net::proxy::tunnel(stream, proxy, host, 443, LIMIT).await;
    (tunnel.facts, tunnel.outcome)
}

/// Returns the facts about a chain of certificates, which no root verifies.
#[must_use]
pub fn tls_facts(leaf: &[u8], others: &[&[u8]]) -> TlsFacts {
    static CLIENT: LazyLock<Option<TlsClient>> = LazyLock::new(|| {
        let roots = || RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let trust = Trust::of(roots(), roots(), "the roots of Mozilla");
        let client = TlsClient::new(&trust).ok()?;
        Some(client.recording(&trust, SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000)))
    });
    let others: Vec<_> = others.iter().map(|der| CertificateDer::from(*der)).collect();
    let client = CLIENT.as_ref();
    client.map(|client| client.examine(HOST, &CertificateDer::from(leaf), &others)).unwrap_or_default()
}

/// Returns the revocation URLs of a certificate, each with the URL to fetch or the reason against it.
#[must_use]
pub fn revocation_urls(certificate: &Certificate) -> Vec<(String, Result<Url, Failure>)> {
    revocation::urls_of(certificate).map(|tried| (tried.url.clone(), revocation::fetchable(&tried.url))).collect()
}

/// Returns whether an address can be that of an authority.
#[must_use]
pub fn may_be_fetched(ip: IpAddr) -> bool {
    revocation::may_be_fetched(ip)
}

/// Reads a response of the instance metadata service.
#[must_use]
pub fn metadata_facts(body: &str) -> Option<MetadataFacts> {
    metadata::facts(body)
}

/// Returns the error of an Entra credential that quotes a response of a server.
#[must_use]
pub fn entra_error(error: &azure_core::Error) -> TokenError {
    TokenError::entra("https://cognitiveservices.azure.com/.default", error)
}

/// Removes the secrets of a credential and of the proxies from texts of peers.
#[allow(missing_debug_implementations, reason = "it holds secrets")]
pub struct Scrubber(Scrub);

impl Scrubber {
    /// Returns a scrubber, which can be used again and again.
    #[must_use]
    pub fn new(credential: &Credential, proxies: &ProxySettings) -> Self {
        Self(Scrub::of([credential], proxies))
    }

    /// Returns a text without the secrets.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        self.0.text(text.to_owned())
    }
}

/// The host that the certificates are for.
const HOST: &str = "westeurope.stt.speech.microsoft.com";

/// Nothing waits: the whole input is there from the beginning.
const LIMIT: Duration = Duration::from_secs(5);

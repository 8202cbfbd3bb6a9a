//! Servers that misbehave.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tungstenite::handshake::derive_accept_key;

use super::ground::{Record, Tapped};

/// The behaviour of a server for every connection.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) tls: Tls,
    pub(crate) talk: Talk,
}

/// The behaviour in the TLS handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tls {
    Good,
    WrongName,
    Expired,
    SelfSigned,
    /// Self-signed, with the name of the root.
    Forged,
    /// Reads the `ClientHello` and does not respond.
    Silent,
    /// Sends an endless record byte by byte.
    Drips,
    /// Responds without TLS.
    Clear,
}

/// The data that a server sends.
#[derive(Clone, Debug)]
pub(crate) enum Talk {
    Silent,
    /// A response to any request. `{accept}` stands for the accept value of an upgrade, `{first half}` and `{second half}`
    /// for the received credential.
    Says(String),
    /// A response without a request.
    SaysFirst(String),
    /// One response for discovery requests, and another for all others.
    Directs {
        question: String,
        otherwise: String,
    },
    /// A prefix, then the same piece repeated forever.
    Goes {
        first: String,
        piece: String,
        every: Duration,
        times: usize,
    },
    /// The first bytes of a response, then a reset.
    Cut(String, usize),
    /// The received credential, in every part of a response that can contain it.
    Echoes,
}

/// The certificates of all servers, and the trusted root.
pub(crate) struct Certificates {
    pub(crate) roots: RootCertStore,
    configs: Vec<(Tls, Arc<ServerConfig>)>,
}

impl Certificates {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(root.der().clone()).unwrap();
        let configs = [Tls::Good, Tls::WrongName, Tls::Expired, Tls::SelfSigned, Tls::Forged];
        Self { roots, configs: configs.map(|tls| (tls, Arc::new(config(tls, &root)))).to_vec() }
    }

    fn acceptor(&self, tls: Tls) -> Option<TlsAcceptor> {
        let (_, config) = self.configs.iter().find(|(known, _)| *known == tls)?;
        Some(TlsAcceptor::from(config.clone()))
    }
}

fn config(tls: Tls, root: &CertifiedIssuer<'_, KeyPair>) -> ServerConfig {
    let names = if tls == Tls::WrongName { &["appliance.contoso.example"][..] } else { &NAMES };
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    let end = if tls == Tls::Expired { 2021 } else { 2090 };
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(end, 1, 1));
    if tls == Tls::SelfSigned {
        params.distinguished_name.push(DnType::CommonName, "nobody");
    }
    let key = KeyPair::generate().unwrap();
    let leaf = if matches!(tls, Tls::SelfSigned | Tls::Forged) {
        params.self_signed(&key)
    } else {
        params.signed_by(&key, root)
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    builder.with_no_client_auth().with_single_cert(vec![leaf.unwrap().into()], key).unwrap()
}

/// Serves one connection to its end; errors are ignored, because the client causes them.
pub(crate) async fn serve(
    script: Script,
    certificates: Arc<Certificates>,
    stream: TcpStream,
    record: Arc<Mutex<Record>>,
) {
    let _ = stream.set_nodelay(true);
    let is_cut = matches!(script.talk, Talk::Cut(..));
    if is_cut {
        let _ = stream.set_zero_linger();
    }
    let mut stream = Tapped { stream, record: record.clone() };
    let _ = match script.tls {
        Tls::Silent => swallow(&mut stream, &record).await,
        Tls::Drips => drip_handshake(&mut stream).await,
        Tls::Clear => talk(&script.talk, &mut stream, &record).await,
        tls => match certificates.acceptor(tls).unwrap().accept(stream).await {
            Ok(mut stream) => talk(&script.talk, &mut stream, &record).await,
            Err(error) => Err(error),
        },
    };
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &Talk,
    stream: &mut S,
    record: &Mutex<Record>,
) -> io::Result<()> {
    if let Talk::SaysFirst(answer) = talk {
        say(stream, answer).await?;
    }
    loop {
        let asked = head(stream, record).await?;
        match talk {
            Talk::Silent | Talk::SaysFirst(_) => {}
            Talk::Says(answer) => say(stream, &filled(answer, &asked)).await?,
            Talk::Directs { question, .. } if asked.contains("GenerateRedirectResponse") => {
                say(stream, question).await?;
            }
            Talk::Directs { otherwise, .. } => say(stream, &filled(otherwise, &asked)).await?,
            Talk::Goes { first, piece, every, times } => {
                say(stream, &filled(first, &asked)).await?;
                for _ in 0..*times {
                    stream.write_all(piece.as_bytes()).await?;
                    if !every.is_zero() {
                        stream.flush().await?;
                        sleep(*every).await;
                    }
                }
                stream.flush().await?;
            }
            Talk::Cut(answer, length) => {
                let answer = filled(answer, &asked);
                stream.write_all(&answer.as_bytes()[..*length]).await?;
                stream.flush().await?;
                return Ok(());
            }
            Talk::Echoes => say(stream, &echo(&asked)).await?,
        }
    }
}

async fn say<S: AsyncWrite + Unpin>(stream: &mut S, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes()).await?;
    stream.flush().await
}

/// Reads the next request up to its empty line or the end of the stream.
async fn head<S: AsyncRead + Unpin>(stream: &mut S, record: &Mutex<Record>) -> io::Result<String> {
    let mut asked = Vec::new();
    let mut buffer = [0; 2048];
    while !asked.windows(4).any(|end| end == b"\r\n\r\n") {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        asked.extend_from_slice(&buffer[..length]);
        record.lock().unwrap().inside.extend_from_slice(&buffer[..length]);
    }
    Ok(String::from_utf8_lossy(&asked).into_owned())
}

async fn swallow(stream: &mut Tapped, record: &Mutex<Record>) -> io::Result<()> {
    loop {
        head(stream, record).await?;
    }
}

async fn drip_handshake(stream: &mut Tapped) -> io::Result<()> {
    stream.write_all(&[22, 3, 3, 64, 0]).await?;
    loop {
        stream.write_all(&[0]).await?;
        sleep(DRIP).await;
    }
}

fn header<'a>(asked: &'a str, name: &str) -> Option<&'a str> {
    let headers = asked.lines().filter_map(|line| line.split_once(": "));
    headers.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
}

fn filled(answer: &str, asked: &str) -> String {
    let accept = header(asked, "sec-websocket-key").map(|key| derive_accept_key(key.as_bytes())).unwrap_or_default();
    let (first, second) = halves(asked);
    answer.replace("{accept}", &accept).replace("{first half}", first).replace("{second half}", second)
}

/// Returns the received credential.
fn sent(asked: &str) -> &str {
    let names = ["ocp-apim-subscription-key", "authorization", "proxy-authorization"];
    let sent = names.iter().find_map(|name| header(asked, name)).unwrap_or_default();
    sent.trim_start_matches("Bearer ").trim_start_matches("Basic ")
}

fn halves(asked: &str) -> (&str, &str) {
    let sent = sent(asked);
    sent.split_at(sent.len() / 2)
}

/// Returns the received credential whole, in halves, in capitals and encoded, in a header, code, message and URL.
fn echo(asked: &str) -> String {
    let (sent, (first, second)) = (sent(asked), halves(asked));
    let (encoded, capital) = (STANDARD.encode(sent), sent.to_uppercase());
    let body =
        format!(r#"{{"error":{{"code":"{first}","message":"no {sent}, {second}-x {capital}: {encoded} {asked:?}"}}}}"#);
    let length = body.len();
    format!(
        "HTTP/1.1 403 {first}\r\nserver: {second}\r\nvia: 1.1 {first}-{second}\r\nx-ms-echo: {sent}\r\n\
         x-ms-{first}: 1\r\nretry-after: {first}\r\nwww-authenticate: Bearer {encoded}\r\n\
         proxy-authenticate: {first} realm=x\r\nlocation: https://{first}.example/{second}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// The interval between bytes, short enough that a time limit per read would never be reached.
pub(crate) const DRIP: Duration = Duration::from_millis(25);

const NAMES: [&str; 7] = [
    "*.stt.speech.microsoft.com",
    "*.tts.speech.microsoft.com",
    "*.api.cognitive.microsoft.com",
    "*.cognitiveservices.azure.com",
    "*.stt.speech.azure.cn",
    "evil.example",
    "*.evil.example",
];

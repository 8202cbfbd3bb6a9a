//! Counts the round trips that opening a WebSocket takes over a link with a known delay: through the connector, by hand, and
//! with `connect_async`, alternating.
//!
//! Usage: `roundtrips REGION ROOT.pem MILLISECONDS ROUNDS`, with the key in `SPEECH_KEY`. `roundtrips.sh` builds the link.
//! Exits with code 1 if a limit is missed.
#![allow(clippy::disallowed_methods, reason = "the clock and the environment are read here")]
#![allow(clippy::large_futures, reason = "they are all part of one")]

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use speech_endpoint::connect::{Builder, Connector, TokenSource};
use speech_endpoint::net::ProxySettings;
use speech_endpoint::net::Trust;
use speech_endpoint::{Account, Query, Service};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::{WebSocketStream, client_async, connect_async};

const SERVICE: Service = Service::SpeechToText;

/// The rounds before the measured ones.
const WARM_UP: usize = 2;

/// The cases, and the round trips that each may take. A TLS 1.3 handshake takes one, resumed or not. A full TLS 1.2 handshake takes
/// two, so the case with TLS 1.2 shows whether sessions are resumed.
const CASES: [(&str, Option<f64>); 9] = [
    ("a name alone", None),
    ("a connection alone", None),
    ("by hand, cold", None),
    ("connector, cold", Some(4.1)),
    ("by hand, again", None),
    ("connector, again", Some(3.1)),
    ("connector, again, TLS 1.2", Some(3.1)),
    ("tokio_tungstenite::connect_async", None),
    ("connector, prepared", Some(0.1)),
];

/// The case that needs preparation.
const PREPARED: usize = CASES.len() - 1;

type Times = [Vec<Duration>; CASES.len()];
type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [region, root, trip, rounds] = arguments.as_slice() else {
        return Err("expected: roundtrips REGION ROOT.pem MILLISECONDS ROUNDS".into());
    };
    let (trip, rounds): (u64, usize) = (trip.parse()?, rounds.parse()?);
    let place = Place {
        account: Account::regional(region.parse()?)?,
        key: std::env::var("SPEECH_KEY")?,
        root: std::fs::read(root)?,
    };
    // Names are resolved on a separate thread, because `getaddrinfo` blocks.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let times = runtime.block_on(measure(&place, rounds))?;
    Ok(report(times, Duration::from_millis(trip)))
}

async fn measure(place: &Place, rounds: usize) -> Outcome<Times> {
    let hand = ByHand::new(place)?;
    let ours = place.connector()?;
    let older = place.builder()?.tls_config(config(&[&rustls::version::TLS12])?).build()?;
    let query = Query::default();
    let mut times = Times::default();
    for round in 0..WARM_UP + rounds {
        for (case, times) in times.iter_mut().enumerate() {
            if case == PREPARED {
                ours.prepare(SERVICE, &query).await?;
            }
            // Closing is not measured.
            let took = match case {
                0 => timed(hand.resolve()).await?,
                1 => timed(TcpStream::connect(hand.peer()?)).await?,
                2 => timed(hand.open_cold()).await?,
                3 => timed(place.open_first()).await?,
                4 => timed(hand.open_again()).await?,
                6 => timed(older.websocket(SERVICE, &query)).await?,
                7 => timed(connect_async(hand.request()?)).await?,
                // The case `again`, and the prepared case.
                _ => timed(ours.websocket(SERVICE, &query)).await?,
            };
            ours.release(SERVICE);
            tokio::task::yield_now().await;
            if round >= WARM_UP {
                times.push(took);
            }
        }
    }
    Ok(times)
}

async fn timed<T, E>(open: impl Future<Output = Result<T, E>>) -> Result<Duration, E> {
    let begun = Instant::now();
    let opened = open.await?;
    let took = begun.elapsed();
    drop(opened);
    Ok(took)
}

fn report(mut times: Times, trip: Duration) -> ExitCode {
    println!("{:<34} {:>8} {:>8} {:>12}", "opening a WebSocket", "min ms", "median", "round trips");
    let mut is_met = true;
    for ((name, limit), times) in CASES.into_iter().zip(&mut times) {
        times.sort_unstable();
        let median = times[times.len() / 2];
        let trips = median.as_secs_f64() / trip.as_secs_f64();
        is_met &= limit.is_none_or(|limit| trips <= limit);
        let limit = limit.map(|limit| format!(" of {limit} allowed")).unwrap_or_default();
        let millis = |time: Duration| time.as_secs_f64() * 1e3;
        println!("{name:<34} {:>8.1} {:>8.1} {trips:>12.2}{limit}", millis(times[0]), millis(median));
    }
    if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The service and the settings of the client.
struct Place {
    account: Account,
    key: String,
    /// The trusted root, in addition to those of the machine.
    root: Vec<u8>,
}

impl Place {
    fn connector(&self) -> Outcome<Connector> {
        Ok(self.builder()?.trust(Trust::system(Some(&self.root))?).build()?)
    }

    fn builder(&self) -> Outcome<Builder> {
        let source = TokenSource::key(self.key.clone())?;
        Ok(Connector::builder(self.account.clone(), source).proxies(ProxySettings::default()))
    }

    /// Works like a program that has just started: it reads the roots and creates everything.
    async fn open_first(&self) -> Outcome<impl Sized> {
        Ok(self.connector()?.websocket(SERVICE, &Query::default()).await?)
    }
}

/// The stages as an experienced developer writes them: loaded roots, no delay, no repeated lookup.
struct ByHand {
    url: String,
    host: String,
    key: String,
    peers: Vec<SocketAddr>,
    cold: Arc<ClientConfig>,
    resuming: Arc<ClientConfig>,
}

impl ByHand {
    fn new(place: &Place) -> Outcome<Self> {
        let endpoint = place.account.endpoint(SERVICE)?;
        let resuming = config(rustls::ALL_VERSIONS)?;
        let mut cold = (*resuming).clone();
        cold.resumption = Resumption::disabled();
        let (url, host) = (endpoint.url().to_owned(), endpoint.host().to_owned());
        let peers = std::net::ToSocketAddrs::to_socket_addrs(&(host.as_str(), PORT))?.collect();
        Ok(Self { url, host, key: place.key.clone(), peers, cold: Arc::new(cold), resuming })
    }

    fn peer(&self) -> Outcome<SocketAddr> {
        Ok(*self.peers.first().ok_or("the service has no address")?)
    }

    async fn resolve(&self) -> Outcome<SocketAddr> {
        Ok(lookup_host((self.host.as_str(), PORT)).await?.next().ok_or("the service has no address")?)
    }

    async fn open_cold(&self) -> Outcome<WebSocketStream<TlsStream<TcpStream>>> {
        self.open(self.resolve().await?, &self.cold).await
    }

    async fn open_again(&self) -> Outcome<WebSocketStream<TlsStream<TcpStream>>> {
        self.open(self.peer()?, &self.resuming).await
    }

    async fn open(&self, peer: SocketAddr, tls: &Arc<ClientConfig>) -> Outcome<WebSocketStream<TlsStream<TcpStream>>> {
        let stream = TcpStream::connect(peer).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from(self.host.clone())?;
        let stream = TlsConnector::from(tls.clone()).connect(name, stream).await?;
        Ok(client_async(self.request()?, stream).await?.0)
    }

    fn request(&self) -> Outcome<Request> {
        let mut request = self.url.as_str().into_client_request()?;
        let headers = request.headers_mut();
        headers.insert("Ocp-Apim-Subscription-Key", self.key.parse()?);
        headers.insert("X-ConnectionId", "0123456789abcdef0123456789abcdef".parse()?);
        Ok(request)
    }
}

/// The configuration of an application. The roots come from `SSL_CERT_FILE`, also for `connect_async`.
fn config(versions: &[&'static SupportedProtocolVersion]) -> Outcome<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions)?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

const PORT: u16 = 443;

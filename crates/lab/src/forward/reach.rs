//! Connects to a host as the machine of the world's client does.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use hyper::StatusCode;
use hyper::header::HeaderValue;
use speech_endpoint::emulation::Decision;
use speech_endpoint::net::{Network as _, ProxySettings};
use tokio::net::TcpStream;

use super::Refusal;
use crate::network::LabNetwork;

/// The network of the client, and the proxy that the client uses.
pub(crate) struct Reach {
    pub(crate) network: LabNetwork,
    pub(crate) proxies: ProxySettings,
    /// `user:password` for that proxy.
    pub(crate) login: Option<String>,
    /// The control API, which is also reachable by this way, because some clients send every request to their proxy.
    pub(crate) control_api: Arc<OnceLock<SocketAddr>>,
}

/// A connection. If it leads to the world's proxy, also the login for that.
type Opened = (TcpStream, Option<Option<HeaderValue>>);

impl Reach {
    /// Connects to a host, or to the proxy that the client uses for it.
    pub(super) async fn open(&self, host: &str, port: u16, is_secure: bool) -> Result<Opened, Refusal> {
        if let Some(own) = self.control_api.get().filter(|own| is_own(**own, host, port)) {
            let stream = TcpStream::connect(own).await.map_err(|error| failed(host, port, &error))?;
            return Ok((stream, None));
        }
        match self.proxies.decide(host, is_secure) {
            Decision::Via(proxy) => Ok((self.connect(&proxy.host, proxy.port).await?, Some(self.login_header()))),
            _ => Ok((self.connect(host, port).await?, None)),
        }
    }

    fn login_header(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(self.login.as_ref()?))).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, Refusal> {
        let ips = match host.parse() {
            Ok(ip) => vec![ip],
            Err(_) => self.addresses(host).await?,
        };
        let known: Vec<_> = ips.iter().filter(|ip| self.network.has(**ip)).map(|ip| (*ip, port).into()).collect();
        if known.is_empty() {
            let ips: Vec<String> = ips.iter().map(IpAddr::to_string).collect();
            let text = format!("{host}:{port} is outside this world, which has no host at {}", ips.join(", "));
            return Err(Refusal::new(StatusCode::BAD_GATEWAY, text));
        }
        self.race(&known).await.map_err(|error| failed(host, port, &error))
    }

    /// Resolves a name as the client does. No query leaves the lab.
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Refusal> {
        let found = self.network.lookup(host, LOOKUP).await;
        let ips: Vec<_> = found.facts.addresses.iter().map(|address| address.ip).collect();
        if !ips.is_empty() {
            return Ok(ips);
        }
        let reason = found.failure.map_or_else(|| "no address".to_owned(), |failure| failure.text);
        Err(Refusal::new(StatusCode::BAD_GATEWAY, format!("{host} does not resolve in this world: {reason}")))
    }

    /// Connects to the first address that accepts. Each further one starts a little later: RFC 8305.
    async fn race(&self, peers: &[SocketAddr]) -> io::Result<TcpStream> {
        let attempt = |(number, peer): (u32, &SocketAddr)| {
            let peer = *peer;
            async move {
                tokio::time::sleep(STAGGER * number).await;
                self.network.connect(peer).await
            }
        };
        let mut attempts: FuturesUnordered<_> = (0..).zip(peers).map(attempt).collect();
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        while let Some(outcome) = attempts.next().await {
            match outcome {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

fn is_own(own: SocketAddr, host: &str, port: u16) -> bool {
    port == own.port() && (host == "localhost" || host.parse() == Ok(own.ip()))
}

fn failed(host: &str, port: u16, error: &io::Error) -> Refusal {
    Refusal::new(StatusCode::BAD_GATEWAY, format!("{host}:{port} cannot be reached in this world: {error}"))
}

/// Longer than a resolver of the world waits for all its servers.
const LOOKUP: Duration = Duration::from_secs(20);

const STAGGER: Duration = Duration::from_millis(250);

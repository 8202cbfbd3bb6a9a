//! Dial: the stages of a connection in their order, composed once for connector and doctor. Each implementation of [`Road`]
//! makes, limits and observes the stages in its own way.

use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use url::Url;

use super::proxy::{Decision, Proxy};
use super::{Stream, tcp};

/// The host that a connection is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Destination<'a> {
    /// Host name or address.
    pub(crate) host: &'a str,
    /// Port.
    pub(crate) port: u16,
    /// Whether TLS protects the connection.
    pub(crate) is_secure: bool,
}

impl<'a> Destination<'a> {
    /// The host of a URL.
    pub(crate) fn of(url: &'a Url) -> Self {
        Self {
            host: url.host_str().unwrap_or_default(),
            port: url.port_or_known_default().unwrap_or(HTTPS),
            is_secure: matches!(url.scheme(), "https" | "wss"),
        }
    }

    /// A host at the port of HTTPS.
    pub(crate) fn https(host: &'a str) -> Self {
        Self { host, port: HTTPS, is_secure: true }
    }
}

/// The stages of one connection.
pub(crate) trait Road {
    /// Why the road ended.
    type End;

    /// Returns the proxy that applies to the destination.
    fn decide(&mut self, to: Destination<'_>) -> Decision;

    /// Returns addresses that are known already, which makes a lookup unnecessary.
    fn known(&mut self, _host: &str) -> Option<Vec<IpAddr>> {
        None
    }

    /// None of the known addresses accepted a connection. Returns whether a lookup is worth it.
    fn forget(&mut self, _host: &str) -> bool {
        false
    }

    /// Resolves the destination, where its addresses are of interest although a proxy resolves it.
    async fn resolve_behind_proxy(&mut self, _to: Destination<'_>) -> Result<(), Self::End> {
        Ok(())
    }

    /// Resolves the host, or the proxy in its place.
    async fn resolve(&mut self, host: &str, proxy: Option<&Proxy>) -> Result<Vec<IpAddr>, Self::End>;

    /// Connects to one of the addresses.
    async fn connect(&mut self, peers: &[SocketAddr]) -> Result<TcpStream, Self::End>;

    /// Opens a tunnel through the proxy.
    async fn tunnel(&mut self, stream: TcpStream, proxy: &Proxy, to: Destination<'_>) -> Result<Stream, Self::End>;

    /// Makes the handshake.
    async fn handshake<S>(&mut self, stream: S, to: Destination<'_>) -> Result<Stream, Self::End>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// The connection is not encrypted.
    fn skip_handshake(&mut self) {}
}

/// Opens a connection.
///
/// 1. The proxy that applies, else the host itself.
/// 2. Its addresses; known ones are looked up again if none of them accepts a connection.
/// 3. A TCP connection, and a tunnel through the proxy.
/// 4. The TLS handshake, if the destination wants one.
///
/// # Errors
///
/// The stage that failed ends the road.
pub(crate) async fn dial<R: Road>(road: &mut R, to: Destination<'_>) -> Result<Stream, R::End> {
    match road.decide(to) {
        Decision::Direct { .. } => {
            let stream = reach(road, to.host, to.port, None).await?;
            secure(road, stream, to).await
        }
        Decision::Via(proxy) => {
            road.resolve_behind_proxy(to).await?;
            let stream = reach(road, &proxy.host, proxy.port, Some(&proxy)).await?;
            let stream = road.tunnel(stream, &proxy, to).await?;
            secure(road, stream, to).await
        }
    }
}

async fn reach<R: Road>(road: &mut R, host: &str, port: u16, proxy: Option<&Proxy>) -> Result<TcpStream, R::End> {
    if let Some(known) = road.known(host) {
        match road.connect(&tcp::peers(known, port)).await {
            Ok(stream) => return Ok(stream),
            Err(end) => {
                if !road.forget(host) {
                    return Err(end);
                }
            }
        }
    }
    let addresses = road.resolve(host, proxy).await?;
    road.connect(&tcp::peers(addresses, port)).await
}

async fn secure<R, S>(road: &mut R, stream: S, to: Destination<'_>) -> Result<Stream, R::End>
where
    R: Road,
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    if to.is_secure {
        return road.handshake(stream, to).await;
    }
    road.skip_handshake();
    Ok(Stream::new(stream))
}

const HTTPS: u16 = 443;

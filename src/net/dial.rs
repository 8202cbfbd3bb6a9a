//! Dial: the stages of a connection in their order. A diagnosis is valid only if the doctor connects exactly as the
//! connector does, so both use this one sequence. Each implementation of [`Road`] limits and observes the stages as its
//! user needs.

use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use url::Url;

use super::proxy::{Decision, Proxy};
use super::{Stream, tcp};

/// The host that a connection leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Destination<'a> {
    /// The name or the address of the host.
    pub(crate) host: &'a str,
    /// The port.
    pub(crate) port: u16,
    /// Whether TLS protects the connection.
    pub(crate) is_secure: bool,
}

impl<'a> Destination<'a> {
    /// Returns the host of a URL.
    pub(crate) fn of(url: &'a Url) -> Self {
        Self {
            host: url.host_str().unwrap_or_default(),
            port: url.port_or_known_default().unwrap_or(HTTPS),
            is_secure: matches!(url.scheme(), "https" | "wss"),
        }
    }

    /// Returns a host at the port of HTTPS.
    pub(crate) fn https(host: &'a str) -> Self {
        Self { host, port: HTTPS, is_secure: true }
    }
}

/// The stages of one connection.
pub(crate) trait Road {
    /// The reason that the road ended.
    type End;

    /// Returns the proxy that applies to the destination.
    fn decide(&mut self, to: Destination<'_>) -> Decision;

    /// Returns the addresses of an earlier lookup, which make a new one unnecessary.
    fn known(&mut self, _host: &str) -> Option<Vec<IpAddr>> {
        None
    }

    /// Forgets the known addresses, because none of them accepted a connection. Returns whether a new lookup can help.
    fn forget(&mut self, _host: &str) -> bool {
        false
    }

    /// Resolves the destination, if its addresses matter although the proxy resolves it too.
    async fn resolve_behind_proxy(&mut self, _to: Destination<'_>) -> Result<(), Self::End> {
        Ok(())
    }

    /// Resolves the host, or the proxy if there is one.
    async fn resolve(&mut self, host: &str, proxy: Option<&Proxy>) -> Result<Vec<IpAddr>, Self::End>;

    /// Connects to one of the addresses of the host, or of the proxy if there is one.
    async fn connect(&mut self, peers: &[SocketAddr], proxy: Option<&Proxy>) -> Result<TcpStream, Self::End>;

    /// Opens a tunnel through the proxy.
    async fn tunnel(&mut self, stream: TcpStream, proxy: &Proxy, to: Destination<'_>) -> Result<Stream, Self::End>;

    /// Makes the handshake.
    async fn handshake<S>(&mut self, stream: S, to: Destination<'_>) -> Result<Stream, Self::End>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// Notes that the connection has no TLS.
    fn skip_handshake(&mut self) {}
}

/// Opens a connection.
///
/// 1. Choose the proxy that applies, else the host itself.
/// 2. Resolve it, unless its addresses are known. If no known address accepts a connection, resolve it again.
/// 3. Open a TCP connection, and a tunnel through the proxy.
/// 4. Make the TLS handshake, if the destination uses TLS.
///
/// # Errors
///
/// Returns the end of the road if a stage fails.
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
        match road.connect(&tcp::peers(known, port), proxy).await {
            Ok(stream) => return Ok(stream),
            Err(end) => {
                if !road.forget(host) {
                    return Err(end);
                }
            }
        }
    }
    let addresses = road.resolve(host, proxy).await?;
    road.connect(&tcp::peers(addresses, port), proxy).await
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

/// The port of HTTPS (RFC 9110, section 4.2.2).
const HTTPS: u16 = 443;

//! REST: a client for whole requests, which goes the way of every other connection: by our names, roots and proxies.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use super::Network;
use super::proxy::{self, Decision, ProxySettings};
use super::tls::TlsClient;
use crate::diagnose::evidence::{Failure, FailureKind};

/// A client whose handshakes are those of all other connections, and whose names, virtual addresses and proxies are those
/// of a probe. Resolving a name, and connecting, take no longer than the limit each; the caller limits a request.
///
/// It follows no redirect and keeps no cookie. A URL whose host is an address is connected to as it stands: only names lead
/// into a lab, and only at the port of TLS.
///
/// # Errors
///
/// When no client can be made of the settings.
pub fn client<N: Network + 'static>(
    network: Arc<N>,
    tls: &TlsClient,
    proxies: &ProxySettings,
    limit: Duration,
) -> Result<Client, Failure> {
    let other = |text: String| Failure::new(FailureKind::Other, text);
    let nowhere = Url::parse(NOWHERE).map_err(|error| other(error.to_string()))?;
    let client = Client::builder()
        .tls_backend_preconfigured(tls.config_for_requests())
        .redirect(Policy::none())
        .tcp_nodelay(true)
        .connect_timeout(limit)
        // Those of the environment are read once, by our rules.
        .no_proxy()
        .proxy(chosen(network.clone(), proxies.clone(), nowhere))
        .dns_resolver(Arc::new(Names { network, limit }));
    client.build().map_err(|error| other(error.to_string()))
}

/// The proxy of a URL, as the settings have it.
fn chosen<N: Network + 'static>(network: Arc<N>, proxies: ProxySettings, nowhere: Url) -> reqwest::Proxy {
    reqwest::Proxy::custom(move |url| {
        let Decision::Via(proxy) = proxies.decide(url.host_str()?, url.scheme() == "https") else { return None };
        // What is no URL would be left out, and the request sent without a proxy.
        Some(place(network.as_ref(), &proxy).unwrap_or_else(|| nowhere.clone()))
    })
}

/// Where a proxy is reached.
fn place(network: &impl Network, proxy: &proxy::Proxy) -> Option<Url> {
    let Ok(ip) = proxy.host.trim_matches(['[', ']']).parse::<IpAddr>() else {
        return proxy.url_at(&proxy.host, proxy.port);
    };
    let peer = network.reached_at(SocketAddr::new(ip, proxy.port))?;
    let host = if peer.is_ipv6() { format!("[{}]", peer.ip()) } else { peer.ip().to_string() };
    proxy.url_at(&host, peer.port())
}

/// Names as the network has them.
struct Names<N> {
    network: Arc<N>,
    limit: Duration,
}

impl<N: Network + 'static> Resolve for Names<N> {
    fn resolve(&self, name: Name) -> Resolving {
        let (network, limit) = (self.network.clone(), self.limit);
        Box::pin(async move {
            let host = name.as_str();
            let found = network.addresses(host, limit).await.map_err(|failure| io::Error::other(failure.text))?;
            let reached: Vec<SocketAddr> = found.into_iter().filter_map(|ip| reached(network.as_ref(), ip)).collect();
            if reached.is_empty() {
                return Err(io::Error::other(format!("no address of `{host}` answers")).into());
            }
            Ok(Box::new(reached.into_iter()) as Addrs)
        })
    }
}

/// Where an address is reached; port 0 leaves the port to the URL.
fn reached(network: &impl Network, ip: IpAddr) -> Option<SocketAddr> {
    let peer = SocketAddr::new(ip, HTTPS);
    let at = network.reached_at(peer)?;
    Some(if at == peer { SocketAddr::new(ip, 0) } else { at })
}

const HTTPS: u16 = 443;

/// What never resolves (RFC 6761).
const NOWHERE: &str = "http://proxy.invalid:3128";

//! Tunnel: a connection through a proxy with the method CONNECT.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION};
use hyper::upgrade::Upgraded;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::Proxy;
use crate::diagnose::evidence::{Failure, FailureKind, ProxyTry};
use crate::net::Stream;
use crate::net::http::{LARGEST_HEAD, MOST_BEFORE_RESPONSE, beginning, failure_of_hyper};
use crate::net::printable::line;
use crate::net::silence;
use crate::net::task::Task;

/// The outcome of a request for a tunnel.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) struct Tunnel {
    /// The proxy's response.
    pub(crate) facts: ProxyTry,
    /// The tunnel, or the failure.
    pub(crate) outcome: Result<TokioIo<Upgraded>, Failure>,
}

/// Opens a tunnel through a proxy. Only the proxy receives its login.
pub(crate) async fn tunnel<S>(stream: S, proxy: &Proxy, host: &str, port: u16, limit: Duration) -> Tunnel
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut facts = ProxyTry::default();
    let outcome = match timeout(limit, connect(stream, proxy, host, port, limit, &mut facts)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(silence(limit)),
    };
    facts.failure = outcome.as_ref().err().cloned();
    Tunnel { facts, outcome }
}

async fn connect<S>(
    stream: S,
    proxy: &Proxy,
    host: &str,
    port: u16,
    limit: Duration,
    facts: &mut ProxyTry,
) -> Result<TokioIo<Upgraded>, Failure>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let authority = format!("{host}:{port}");
    let mut request = Request::connect(&authority).header("host", &authority);
    if let Some(login) = &proxy.login {
        let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(login.expose())))
            .map_err(|_| Failure::new(FailureKind::Other, "the login of the proxy cannot be sent"))?;
        value.set_sensitive(true);
        request = request.header(PROXY_AUTHORIZATION, value);
    }
    debug_assert!(
        request.headers_ref().is_none_or(|headers| !headers.contains_key(AUTHORIZATION)),
        "nothing for the host"
    );
    let request =
        request.body(Empty::<Bytes>::new()).map_err(|error| Failure::new(FailureKind::Other, error.to_string()))?;
    let stream = Stream::new(stream);
    let allowance = stream.allowance();
    allowance.set(Some(MOST_BEFORE_RESPONSE));
    let begun = http1::Builder::new().max_buf_size(LARGEST_HEAD).handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = begun.map_err(|error| failure_of_hyper(&error))?;
    let driver = Task::spawn(async move {
        // An error also reaches the future that waits for the response.
        let _ = connection.with_upgrades().await;
    });
    let response = sender.send_request(request).await.map_err(|error| failure_of_hyper(&error))?;
    allowance.set(None);
    let status = response.status().as_u16();
    facts.status = Some(status);
    facts.schemes = schemes(response.headers());
    facts.headers = named_headers(response.headers());
    if response.status().is_success() {
        let upgraded = hyper::upgrade::on(response).await.map_err(|error| failure_of_hyper(&error))?;
        // The connection ends by itself with the upgrade.
        driver.detach();
        return Ok(TokioIo::new(upgraded));
    }
    // The body only explains the refusal, so a slow one must not use up the time.
    facts.body = body(response, limit / 2).await;
    let kind = if status == 407 { FailureKind::ProxyAuth } else { FailureKind::ProxyRefused };
    Err(Failure::new(kind, format!("the proxy answered {status} to CONNECT {authority}")))
}

async fn body(response: Response<hyper::body::Incoming>, limit: Duration) -> String {
    let bytes = beginning(response.into_body(), LARGEST_BODY, limit).await;
    line(&String::from_utf8_lossy(&bytes), 200)
}

/// Returns the offered authentication schemes, without their parameters.
fn schemes(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(PROXY_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    values
        .filter_map(|value| value.split([' ', ',']).next())
        .filter(|scheme| !scheme.is_empty())
        .map(|scheme| line(scheme, 30))
        .collect()
}

fn named_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let named = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?;
        Some((name.to_owned(), line(value, 120)))
    };
    ["via", "server", "x-squid-error", "x-cache", "proxy-agent"].into_iter().filter_map(named).collect()
}

/// The longest body of a refusal that is read. Error pages of proxies are larger, but give their reason at the
/// beginning.
const LARGEST_BODY: usize = 16 << 10;

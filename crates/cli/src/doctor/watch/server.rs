//! The endpoint of a watch: `/metrics` for Prometheus and `/healthz` for a supervisor, over HTTP/1.1.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::metrics::Published;

/// A running endpoint. Dropping it stops it.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Server {
    pub(super) async fn start(address: SocketAddr, published: Arc<Published>) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let guard = Guard { is_loopback: address.ip().is_loopback() };
        let accepting = tokio::spawn(accept(listener, guard, published));
        Ok(Self { address, accepting })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Serves connections, a bounded number at a time. Further ones wait in the queue of the system.
async fn accept(listener: TcpListener, guard: Guard, published: Arc<Published>) {
    let slots = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
        // Without descriptors, accepting fails at once until another connection ends.
        let Ok((stream, _)) = listener.accept().await else {
            sleep(PAUSE).await;
            continue;
        };
        let published = Arc::clone(&published);
        tokio::spawn(async move {
            serve(stream, guard, &published).await;
            drop(slot);
        });
    }
}

/// Serves one request. A client that keeps its connection would keep others waiting.
async fn serve(stream: TcpStream, guard: Guard, published: &Published) {
    let service = service_fn(|request| async move { Ok::<_, Infallible>(respond(&request, guard, published)) });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(LONGEST_HEAD)
        .max_buf_size(LARGEST_HEAD)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // Clients observe how a connection ends; the endpoint ignores it.
    drop(timeout(LONGEST_CALL, connection).await);
}

fn respond(request: &Request<Incoming>, guard: Guard, published: &Published) -> Response<Full<Bytes>> {
    if !guard.admits(request.headers()) {
        return text(StatusCode::FORBIDDEN, "the host of this endpoint is an address or localhost\n");
    }
    let is_known = matches!(request.uri().path(), "/metrics" | "/healthz");
    if !is_known {
        return text(StatusCode::NOT_FOUND, "there is no such path: GET /metrics or /healthz\n");
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "this path has GET only\n");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match request.uri().path() {
        "/metrics" => {
            let mut response = text(StatusCode::OK, published.text());
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(EXPOSITION));
            response
        }
        _ if published.is_on_time() => text(StatusCode::OK, "ok\n"),
        _ => text(StatusCode::SERVICE_UNAVAILABLE, "no run has ended in time\n"),
    }
}

fn text(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Refuses requests of a page in a browser to an endpoint on loopback: a foreign name that resolves to loopback is DNS rebinding.
#[derive(Clone, Copy)]
struct Guard {
    is_loopback: bool,
}

impl Guard {
    /// Returns whether the host is an address or `localhost`. An endpoint that is open to others has names that it does not know.
    fn admits(self, headers: &HeaderMap) -> bool {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let name = match host.rsplit_once(':') {
            Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        !self.is_loopback || name.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
    }
}

/// The media type of the text format of Prometheus.
const EXPOSITION: &str = "text/plain; version=0.0.4; charset=utf-8";

const MOST_CONNECTIONS: usize = 16;

const LARGEST_HEAD: usize = 16 << 10;

const LONGEST_HEAD: Duration = Duration::from_secs(5);

/// The time limit of a whole call.
const LONGEST_CALL: Duration = Duration::from_secs(10);

const PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_or_localhost_is_a_host_on_loopback() {
        let admits = |is_loopback: bool, host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().expect("a value"));
            Guard { is_loopback }.admits(&headers)
        };
        for host in ["127.0.0.1", "127.0.0.1:9464", "localhost:9464", "LOCALHOST", "[::1]:9464", "[::1]", "10.0.0.5"] {
            assert!(admits(true, host), "{host}");
        }
        for host in
            ["", "evil.example", "evil.example:9464", "127.0.0.1.evil.example", "localhost.evil.example", "a:1:b"]
        {
            assert!(!admits(true, host), "{host}");
            assert!(admits(false, host), "{host}");
        }
        assert!(!Guard { is_loopback: true }.admits(&HeaderMap::new()));
    }
}

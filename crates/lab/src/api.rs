//! The control API: JSON over HTTP on loopback, for tests in every language. `api/openapi.json` describes it.
//!
//! To add a route, add it to [`ROUTES`] and to the document; a test compares both.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::exchange::Answer;
use super::site::{Reply, Site, respond_with};
use super::world::World;

mod guard;
mod routes;
mod view;

use routes::ROUTES;

/// The control API of a running lab.
pub(super) struct Api {
    site: Arc<Site>,
    world: Value,
}

/// A route: its method, its path with `{…}` for one segment, and its handler.
type Route = (&'static str, &'static str, fn(&Api, &Call<'_>) -> Answer);

/// A request to the API.
struct Call<'a> {
    /// The segment in the place of `{…}`.
    argument: &'a str,
    query: &'a str,
    /// The value of `X-IDENTITY-HEADER`.
    identity_header: Option<&'a str>,
    body: Bytes,
}

impl Api {
    pub(super) fn new(site: Arc<Site>, world: &World, listeners: &[(String, SocketAddr, SocketAddr)]) -> Self {
        Self { site, world: view::world(world, listeners) }
    }

    /// Serves one request. A client that keeps its connection would keep others waiting.
    pub(super) async fn serve(&self, stream: TcpStream) {
        let service = service_fn(|request| async move { Ok::<_, Infallible>(self.respond(request).await) });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(LONGEST_CALL)
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), service);
        // Clients observe how a connection ends; the API ignores it.
        drop(timeout(LONGEST_CALL, connection).await);
    }

    async fn respond(&self, mut request: Request<Incoming>) -> Reply {
        if let Err(reason) = guard::check(request.headers()) {
            return respond_with(&Answer::error(403, "forbidden", reason));
        }
        let body = Limited::new(request.body_mut(), LARGEST_BODY).collect().await;
        let answer = match body {
            Ok(body) => self.answer(&request, body.to_bytes()),
            Err(_) => Answer::error(413, "too_large", "the body is larger than 1 MiB"),
        };
        respond_with(&answer.with("cache-control", "no-store"))
    }

    fn answer(&self, request: &Request<Incoming>, body: Bytes) -> Answer {
        let (method, path) = (request.method().as_str(), request.uri().path());
        let found = || ROUTES.iter().filter_map(|route| Some((route, argument(route.1, path)?)));
        if let Some(((_, _, handle), argument)) = found().find(|((known, ..), _)| *known == method) {
            let identity_header = request.headers().get("x-identity-header").and_then(|value| value.to_str().ok());
            let query = request.uri().query().unwrap_or_default();
            return handle(self, &Call { argument, query, identity_header, body });
        }
        let methods: Vec<_> = found().map(|((known, ..), _)| *known).collect();
        if methods.is_empty() {
            return Answer::error(404, "not_found", "there is no such path; GET /openapi.json lists them");
        }
        Answer::error(405, "method_not_allowed", "this path has no such method").with("allow", methods.join(", "))
    }
}

/// Returns the segment of a path in the place of `{…}`, empty if the pattern has none; `None` if the path does not match.
fn argument<'a>(pattern: &str, path: &'a str) -> Option<&'a str> {
    let (mut argument, mut segments) = ("", path.split('/'));
    for expected in pattern.split('/') {
        let segment = segments.next()?;
        if expected.starts_with('{') {
            argument = segment;
        } else if expected != segment {
            return None;
        }
    }
    segments.next().is_none().then_some(argument)
}

/// The time limit of a whole call.
const LONGEST_CALL: Duration = Duration::from_secs(10);

const LARGEST_BODY: usize = 1 << 20;

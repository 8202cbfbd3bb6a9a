//! The forward proxy: leads any client to the hosts of a world. It stands on the machine of the world's client: names resolve
//! there, and connections take the route of that machine, through the proxy of the world if the client uses one.
//!
//! It handles CONNECT, and requests for `http://` URLs. TLS stays between the client and the world.

use std::convert::Infallible;
use std::io;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1 as client;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, PROXY_AUTHORIZATION};
use hyper::http::uri::{Authority, Scheme};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

mod reach;
mod relay;

use super::lock::locked;

pub(super) use reach::Reach;
use relay::{Wire, relay};

/// A forward proxy for the clients of a world.
pub(super) struct Forward {
    pub(super) reach: Reach,
}

/// A response of the proxy itself, or of the host.
type Reply = Response<Either<Full<Bytes>, Incoming>>;

/// The far side of a connection that no longer speaks HTTP.
enum Far {
    Open(Wire),
    Upgraded(OnUpgrade),
}

/// What one connection of a client leaves to do after its last response.
#[derive(Default)]
struct Left {
    /// Both sides of a tunnel.
    tunnel: Mutex<Option<(OnUpgrade, Far)>>,
    /// The connections to hosts. They end with the client's.
    hosts: Mutex<JoinSet<()>>,
}

/// A reason why a connection is not forwarded.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    text: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }

    fn response(self) -> Reply {
        let mut response = Response::new(Either::Left(Full::from(self.text + "\n")));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        response
    }
}

impl Forward {
    /// Serves one connection of a client, and the tunnel that it becomes.
    pub(super) async fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let left = Left::default();
        let service = service_fn(|request| {
            let response = self.respond(request, &left);
            async move { Ok::<_, Infallible>(response.await) }
        });
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(LONGEST_HEAD)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
            .await
            .map_err(io::Error::other)?;
        let tunnel = locked(&left.tunnel).take();
        let Some((near, far)) = tunnel else { return Ok(()) };
        let near = Wire::of(near.await.map_err(io::Error::other)?)?;
        let far = match far {
            Far::Open(wire) => wire,
            Far::Upgraded(upgrade) => Wire::of(upgrade.await.map_err(io::Error::other)?)?,
        };
        relay(near, far).await
    }

    async fn respond(&self, request: Request<Incoming>, left: &Left) -> Reply {
        let is_plain = request.uri().scheme() == Some(&Scheme::HTTP);
        let Some(authority) = request.uri().authority().filter(|_| is_plain || request.method() == Method::CONNECT)
        else {
            return Refusal::new(StatusCode::BAD_REQUEST, NOT_A_SITE).response();
        };
        let authority = authority.clone();
        if request.method() == Method::CONNECT {
            return self.tunnel(request, &authority, left).await.unwrap_or_else(|reply| *reply);
        }
        self.forward(request, &authority, left).await.unwrap_or_else(Refusal::response)
    }

    /// Connects to the host before the client gets 200.
    async fn tunnel(&self, mut request: Request<Incoming>, to: &Authority, left: &Left) -> Result<Reply, Box<Reply>> {
        let refused = |refusal: Refusal| Box::new(refusal.response());
        let (host, port) = place(to, 443);
        let (stream, proxy) = self.in_time(self.reach.open(host, port, port == 443), to).await.map_err(refused)?;
        let far = match proxy {
            None => Far::Open(Wire::from(stream)),
            Some(login) => {
                let mut head = Request::connect(format!("{host}:{port}")).header(HOST, format!("{host}:{port}"));
                if let Some(login) = login {
                    head = head.header(PROXY_AUTHORIZATION, login);
                }
                let head = head.body(Full::<Bytes>::default()).map_err(|error| refused(unsent(to, &error)))?;
                let exchange = exchange(stream, head, left);
                let mut response = self.in_time(exchange, to).await.map_err(refused)?;
                if !response.status().is_success() {
                    return Ok(response.map(Either::Right));
                }
                Far::Upgraded(hyper::upgrade::on(&mut response))
            }
        };
        left.keep(hyper::upgrade::on(&mut request), far);
        Ok(Response::new(Either::Left(Full::default())))
    }

    /// Sends a request to the host, and returns its response.
    async fn forward(&self, mut request: Request<Incoming>, to: &Authority, left: &Left) -> Result<Reply, Refusal> {
        let (host, port) = place(to, 80);
        let (stream, proxy) = self.in_time(self.reach.open(host, port, false), to).await?;
        let near = hyper::upgrade::on(&mut request);
        let headers = request.headers_mut();
        for of_the_proxy in ["proxy-authorization", "proxy-connection"] {
            headers.remove(of_the_proxy);
        }
        match proxy {
            None => *request.uri_mut() = origin_form(request.uri()),
            Some(Some(login)) => drop(headers.insert(PROXY_AUTHORIZATION, login)),
            Some(None) => {}
        }
        let mut response = exchange(stream, request, left).await?;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            left.keep(near, Far::Upgraded(hyper::upgrade::on(&mut response)));
        }
        Ok(response.map(Either::Right))
    }

    async fn in_time<T>(&self, of: impl Future<Output = Result<T, Refusal>>, to: &Authority) -> Result<T, Refusal> {
        let silent = |_| {
            let text = format!("{to} does not respond within {} s in this world", LIMIT.as_secs());
            Refusal::new(StatusCode::GATEWAY_TIMEOUT, text)
        };
        timeout(LIMIT, of).await.map_err(silent)?
    }
}

impl Left {
    fn keep(&self, near: OnUpgrade, far: Far) {
        *locked(&self.tunnel) = Some((near, far));
    }
}

/// Sends one request on a new connection to a host or to the world's proxy.
async fn exchange<B>(stream: TcpStream, request: Request<B>, left: &Left) -> Result<Response<Incoming>, Refusal>
where
    B: hyper::body::Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let to = request.uri().to_string();
    let (mut sender, connection) =
        client::handshake(TokioIo::new(stream)).await.map_err(|error| unsent(&to, &error))?;
    locked(&left.hosts).spawn(async move {
        // An error also reaches the future that waits for the response.
        drop(connection.with_upgrades().await);
    });
    sender.send_request(request).await.map_err(|error| unsent(&to, &error))
}

fn unsent(to: &dyn std::fmt::Display, error: &dyn std::fmt::Display) -> Refusal {
    // A query may hold a credential.
    let to = to.to_string();
    let to = to.split('?').next().unwrap_or_default();
    Refusal::new(StatusCode::BAD_GATEWAY, format!("{to} gives no response in this world: {error}"))
}

/// Returns the host without brackets, and the port.
fn place(authority: &Authority, usual: u16) -> (&str, u16) {
    (authority.host().trim_start_matches('[').trim_end_matches(']'), authority.port_u16().unwrap_or(usual))
}

fn origin_form(uri: &Uri) -> Uri {
    uri.path_and_query().cloned().map_or_else(Uri::default, Uri::from)
}

/// A client waits less long than this for a connection.
const LIMIT: Duration = Duration::from_secs(60);

const LONGEST_HEAD: Duration = Duration::from_secs(10);

const NOT_A_SITE: &str = "this is the forward proxy of a lab, and not a site: give it to a client as its proxy";

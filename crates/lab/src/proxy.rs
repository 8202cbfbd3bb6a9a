//! The proxy: handles CONNECT as a corporate proxy does, and resolves names publicly.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::header::PROXY_AUTHORIZATION;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::dns::View;
use super::exchange::Answer;
use super::fate::Fate;
use super::site::{Reply, Site, Way, respond_with};
use super::vocabulary::{ProxyModeToml, ProxyToml};

/// A proxy between the client and the service.
pub(super) struct Proxy {
    pub(super) toml: ProxyToml,
    /// The names that the proxy can resolve.
    pub(super) view: View,
    pub(super) site: Arc<Site>,
}

/// A granted tunnel and its destination.
type Tunnel = (OnUpgrade, IpAddr);

impl Proxy {
    /// Serves one connection to the proxy, and the tunnel that it becomes.
    pub(super) async fn serve(&self, stream: TcpStream, fate: Arc<Fate>) -> io::Result<()> {
        let granted: Mutex<Option<Tunnel>> = Mutex::default();
        let service = service_fn(|request| {
            let response = self.respond(request, &granted);
            async move { Ok::<_, Infallible>(response) }
        });
        http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
            .await
            .map_err(io::Error::other)?;
        let granted = granted.into_inner().ok().flatten();
        let Some((tunnel, came_by)) = granted else { return Ok(()) };
        let stream = TokioIo::new(tunnel.await.map_err(io::Error::other)?);
        let stops_upgrades = (self.toml.mode == ProxyModeToml::NoUpgrade).then(|| self.toml.status.unwrap_or(400));
        let way = Way { came_by, stops_upgrades, fate };
        if matches!(self.toml.mode, ProxyModeToml::Intercept | ProxyModeToml::NoUpgrade) {
            let stream = self.site.certificates.inspect(stream).await?;
            return self.site.serve_http(stream, way).await;
        }
        self.site.serve(stream, way).await
    }

    /// 1. Reject any method except CONNECT.
    /// 2. Check the credentials and whether the host is allowed.
    /// 3. Resolve the host.
    fn respond(&self, mut request: Request<Incoming>, granted: &Mutex<Option<Tunnel>>) -> Reply {
        if request.method() != Method::CONNECT {
            return self.refusal(405);
        }
        if !self.is_authenticated(&request) {
            let mut answer = self.refusal(407);
            for scheme in &self.toml.schemes {
                answer
                    .headers_mut()
                    .extend(scheme.parse().ok().map(|value| (hyper::header::PROXY_AUTHENTICATE, value)));
            }
            return answer;
        }
        if self.toml.mode == ProxyModeToml::Forbid {
            return self.refusal(self.toml.status.unwrap_or(403));
        }
        let host = request.uri().host().unwrap_or_default().to_owned();
        let Some(came_by) = self.view.addresses(&host).first().copied() else {
            let mut answer = self.refusal(503);
            answer.headers_mut().append("x-squid-error", hyper::header::HeaderValue::from_static("ERR_DNS_FAIL 0"));
            return answer;
        };
        if let Ok(mut slot) = granted.lock() {
            *slot = Some((hyper::upgrade::on(&mut request), came_by));
        }
        Response::new(Either::Left(Full::default()))
    }

    fn is_authenticated(&self, request: &Request<Incoming>) -> bool {
        let Some(accepts) = &self.toml.accepts else { return self.toml.mode != ProxyModeToml::Authenticate };
        let wanted = format!("Basic {}", STANDARD.encode(accepts));
        request.headers().get(PROXY_AUTHORIZATION).is_some_and(|given| given.as_bytes() == wanted.as_bytes())
    }

    fn refusal(&self, status: u16) -> Reply {
        let mut answer = Answer::new(status, "text/html", self.toml.body.clone());
        answer.headers.push(("via".into(), "1.1 proxy.contoso.example (squid/6.10)".into()));
        answer.headers.extend(self.toml.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
        respond_with(&answer)
    }
}

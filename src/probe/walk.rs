//! Walk: the stages of one target in their order, from DNS to the credential.

use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::http::Responder;
use super::observer::Observer;
use super::target::{Route, Stop, TargetProbe};
use super::websocket::Upgraded;
use crate::diagnose::evidence::{Address, Skip, Step};
use crate::diagnose::plan::{Target, TargetPurpose};
use crate::diagnose::stage::Stage;
use crate::net::dial::{Destination, Road, dial};
use crate::net::http::classify;
use crate::net::proxy::{Decision, Proxy};
use crate::net::websocket::Socket;
use crate::net::{Network, Stream};
use crate::resolve::endpoint::Endpoint;

/// The remaining work after the stages.
pub(super) enum Next {
    /// The probe is complete.
    Nothing,
    /// The service redirected to another host.
    Redirect(Target),
    /// The run holds this socket.
    Hold(Socket),
}

impl<N: Network, O: Observer> TargetProbe<'_, N, O> {
    /// Runs every stage, until one fails. Then checks revocation, so that no stage waits for it.
    pub(super) async fn walk(&self) -> Next {
        let next = match self.stages().await {
            Ok(next) => next,
            Err(Stop(because)) => {
                self.notes.note(|trace| trace.skip_rest(because));
                Next::Nothing
            }
        };
        self.check_revocation().await;
        next
    }

    /// 1. A connection, and a request without a credential on it.
    /// 2. For a WebSocket service, an upgrade. It carries the credential, so one response decides both stages.
    /// 3. For any other service, the same request with the credential.
    async fn stages(&self) -> Result<Next, Stop> {
        let mut first = FirstConnection::new(self);
        let stream = dial(&mut first, Destination::of(&self.target.url)).await?;
        let FirstConnection { route, addresses, .. } = first;
        if let TargetPurpose::Reach(_) = self.target.purpose {
            return Err(Stop(Skip::ReachableOnly));
        }
        let connection = match self.request(&route, stream, &addresses).await? {
            Responder::Redirect(target) => return Ok(target.map_or(Next::Nothing, Next::Redirect)),
            Responder::Service(connection) => connection,
        };
        if !self.target.is_websocket() {
            self.notes.note(|trace| trace.websocket = Step::Skipped { because: Skip::NotWebSocket });
            self.authenticate(&route, connection).await;
            return Ok(Next::Nothing);
        }
        let Upgraded { reply, socket, begun } = self.upgrade(&route, connection, &addresses).await?;
        let denial = classify::denial(&reply);
        self.judge_credential(&route, reply, denial, begun).await;
        Ok(socket.map_or(Next::Nothing, Next::Hold))
    }
}

/// The first connection to a target, which notes every stage as soon as it ends.
struct FirstConnection<'w, 'a, N, O> {
    probe: &'w TargetProbe<'a, N, O>,
    route: Route,
    /// The addresses of the target, even if the connection goes to a proxy.
    addresses: Vec<Address>,
}

impl<'w, 'a, N: Network, O: Observer> FirstConnection<'w, 'a, N, O> {
    fn new(probe: &'w TargetProbe<'a, N, O>) -> Self {
        let decision = probe.context.proxies.decide(probe.target.host(), probe.target.is_secure());
        Self { probe, route: Route { decision, addresses: Vec::new() }, addresses: Vec::new() }
    }
}

impl<N: Network, O: Observer> Road for FirstConnection<'_, '_, N, O> {
    type End = Stop;

    fn decide(&mut self, _: Destination<'_>) -> Decision {
        self.route.decision.clone()
    }

    /// Resolves a custom domain although the proxy also does: its address decides whether the proxy should apply.
    async fn resolve_behind_proxy(&mut self, _: Destination<'_>) -> Result<(), Stop> {
        if self.probe.target.endpoint().is_some_and(Endpoint::is_own_host) {
            // The proxy may reach a host that this machine cannot resolve.
            self.addresses = self.probe.resolve_target().await.0;
        } else {
            self.probe.notes.note(|trace| trace.dns = Step::Skipped { because: Skip::Proxied });
        }
        Ok(())
    }

    async fn resolve(&mut self, _: &str, proxy: Option<&Proxy>) -> Result<Vec<IpAddr>, Stop> {
        let found: Vec<IpAddr> = if let Some(proxy) = proxy {
            self.probe.resolve_proxy(proxy).await?
        } else {
            let (addresses, is_resolved) = self.probe.resolve_target().await;
            self.addresses = addresses;
            if !is_resolved {
                return Err(Stop(Skip::After(Stage::Dns)));
            }
            let wanted = self.addresses.iter().filter(|address| self.probe.is_wanted(**address));
            wanted.map(|address| address.ip).collect()
        };
        self.route.addresses.clone_from(&found);
        Ok(found)
    }

    async fn connect(&mut self, peers: &[SocketAddr], _: Option<&Proxy>) -> Result<TcpStream, Stop> {
        match &self.route.decision {
            Decision::Direct { unused, entry } => {
                self.probe.connect_directly(peers, unused.as_ref(), entry.as_deref()).await
            }
            Decision::Via(proxy) => self.probe.connect_to_proxy(peers, proxy).await,
        }
    }

    async fn tunnel(&mut self, stream: TcpStream, proxy: &Proxy, _: Destination<'_>) -> Result<Stream, Stop> {
        self.probe.open_tunnel(proxy, stream).await
    }

    async fn handshake<S>(&mut self, stream: S, _: Destination<'_>) -> Result<Stream, Stop>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.probe.handshake(&self.route, stream).await
    }

    fn skip_handshake(&mut self) {
        self.probe.notes.note(|trace| trace.tls = Step::Skipped { because: Skip::PlainText });
    }
}

//! Proxy: the tunnel to the target, and the attempts with and without a proxy that explain a failure.

use std::net::IpAddr;

use tokio::net::TcpStream;
use tokio::time::Instant;

use super::observer::Observer;
use super::target::{Route, Stop, TargetProbe, step};
use crate::diagnose::evidence::{
    Address, Failure, ProxyFacts, ProxyTry, Skip, Step, TcpFacts, UnresolvedProxy, UnusedProxy,
};
use crate::diagnose::stage::Stage;
use crate::net::proxy::{Decision, Proxy, tunnel};
use crate::net::tcp;
use crate::net::{Network, Stream};

impl<N: Network, O: Observer> TargetProbe<'_, N, O> {
    /// Resolves the proxy. A failure counts as one of TCP, because the DNS stage is about the target.
    pub(super) async fn resolve_proxy(&self, proxy: &Proxy) -> Result<Vec<IpAddr>, Stop> {
        let begun = Instant::now();
        let lookup = self.context.network.lookup(&proxy.host, self.limit()).await;
        let Some(failure) = lookup.failure else {
            return Ok(lookup.facts.addresses.into_iter().map(|address| address.ip).collect());
        };
        let failure = Failure::new(failure.kind, format!("the proxy {proxy} has no address: {failure}"));
        let took = begun.elapsed();
        let unresolved = UnresolvedProxy::new(proxy.to_string(), &*proxy.host, &*proxy.source);
        let found = Some(TcpFacts { unresolved_proxy: Some(unresolved), ..TcpFacts::default() });
        self.notes.note(|trace| trace.tcp = Step::Failed { failure, found, took });
        Err(Stop(Skip::After(Stage::Tcp)))
    }

    /// Opens a tunnel to the target.
    pub(super) async fn open_tunnel(&self, proxy: &Proxy, stream: TcpStream) -> Result<Stream, Stop> {
        self.begins(Stage::Proxy);
        let begun = Instant::now();
        let tunnel = tunnel(stream, proxy, self.target.host(), self.target.port(), self.limit()).await;
        let found = ProxyFacts {
            proxy: Some(proxy.to_string()),
            source: Some(proxy.source.clone()),
            tunnel: Some(tunnel.facts),
            ..ProxyFacts::default()
        };
        let (failure, stream) = match tunnel.outcome {
            Ok(stream) => (None, Ok(Stream::new(stream))),
            Err(failure) => (Some(failure), Err(Stop(Skip::After(Stage::Proxy)))),
        };
        let step = step(found, failure, begun);
        self.notes.note(|trace| trace.proxy = step);
        stream
    }

    /// Tries a tunnel through a proxy that is configured but does not apply.
    pub(super) async fn try_unused_proxy(&self, unused: Option<&(Proxy, String)>) -> Option<UnusedProxy> {
        let (proxy, because) = unused?;
        let lookup = self.context.network.lookup(&proxy.host, self.limit()).await;
        let peers = tcp::peers(lookup.facts.addresses.into_iter().map(|address| address.ip), proxy.port);
        let (attempt, stream) = tcp::connect_one(self.context.network, *peers.first()?, self.limit()).await;
        let tunnel = match stream {
            Some(stream) => tunnel(stream, proxy, self.target.host(), self.target.port(), self.limit()).await.facts,
            None => ProxyTry { failure: attempt.failure, ..ProxyTry::default() },
        };
        Some(UnusedProxy { proxy: proxy.to_string(), source: proxy.source.clone(), because: because.clone(), tunnel })
    }

    /// Tries the private address of the target without the proxy, after a custom domain refused a request through it.
    pub(super) async fn try_without_proxy(&self, route: &Route, addresses: &[Address]) {
        let private = addresses.iter().copied().filter(|address| address.class.is_private());
        let peers = self.peers(private);
        let (Decision::Via(_), Some(peer)) = (&route.decision, peers.first()) else { return };
        let (attempt, _) = tcp::connect_one(self.context.network, *peer, self.limit()).await;
        self.notes.note(|trace| {
            if let Step::Passed { found, .. } = &mut trace.proxy {
                found.direct = Some(attempt);
            }
        });
    }
}

//! TCP: the connection to the target or to its proxy, and the attempts that distinguish a blocked host from a blocked
//! port.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Instant;

use super::context::Family;
use super::observer::Observer;
use super::target::{Stop, TargetProbe, step};
use crate::diagnose::evidence::{AddressClass, Failure, FailureKind, ProxyFacts, Reference, RouteFacts, Skip, Step};
use crate::diagnose::stage::Stage;
use crate::net::proxy::Proxy;
use crate::net::tcp;
use crate::net::{Network, failure_of_io};

impl<N: Network, O: Observer> TargetProbe<'_, N, O> {
    /// Connects to the target itself. `unused` is the proxy that does not apply, and `entry` the entry of `NO_PROXY`.
    pub(super) async fn connect_directly(
        &self,
        peers: &[SocketAddr],
        unused: Option<&(Proxy, String)>,
        entry: Option<&str>,
    ) -> Result<TcpStream, Stop> {
        self.begins(Stage::Tcp);
        let begun = Instant::now();
        let connected = tcp::connect_each(self.context.network, peers, self.limit()).await;
        let mut found = connected.facts;
        let outcome = if peers.is_empty() { Err(self.no_address_of_family()) } else { connected.outcome };
        let mut proxy = ProxyFacts { no_proxy_entry: entry.map(str::to_owned), ..ProxyFacts::default() };
        let took = begun.elapsed();
        let (tcp, stream) = match outcome {
            Ok(stream) => {
                tcp::retry_silent(self.context.network, &mut found, self.limit()).await;
                (Step::Passed { found, took }, Ok(stream))
            }
            Err(failure) => {
                (found.reference, proxy.unused) =
                    tokio::join!(self.try_reference(&failure), self.try_unused_proxy(unused));
                found.route = self.route(peers, found.reference.as_ref());
                (Step::Failed { failure, found: Some(found), took }, Err(Stop(Skip::After(Stage::Tcp))))
            }
        };
        let has_no_proxy = proxy == ProxyFacts::default();
        self.notes.note(|trace| {
            trace.tcp = tcp;
            trace.proxy = if has_no_proxy {
                Step::Skipped { because: Skip::NoProxy }
            } else {
                Step::Passed { found: proxy, took: Duration::ZERO }
            };
        });
        stream
    }

    /// Connects to the proxy of the target.
    pub(super) async fn connect_to_proxy(&self, peers: &[SocketAddr], proxy: &Proxy) -> Result<TcpStream, Stop> {
        self.begins(Stage::Tcp);
        let begun = Instant::now();
        let connected = tcp::connect_each(self.context.network, peers, self.limit()).await;
        let (failure, stream) = match connected.outcome {
            Ok(stream) => (None, Ok(stream)),
            Err(failure) => (Some(failure), Err(Stop(Skip::After(Stage::Tcp)))),
        };
        let step = step(proxy.reached(connected.facts), failure, begun);
        self.notes.note(|trace| trace.tcp = step);
        stream
    }

    fn no_address_of_family(&self) -> Failure {
        let text = match self.context.family {
            Family::V4 => "it has no IPv4 address, and no other is wanted",
            Family::V6 => "it has no IPv6 address, and no other is wanted",
            Family::Any => "there is no address to connect to",
        };
        Failure::new(FailureKind::Other, text)
    }

    /// Returns the route to the first address, if that is private: it distinguishes a firewall from a machine that is not on
    /// the private network.
    fn route(&self, peers: &[SocketAddr], reference: Option<&Reference>) -> Option<RouteFacts> {
        let peer = peers.first().filter(|peer| AddressClass::of(peer.ip()).is_private())?;
        let source = self.context.network.source_for(*peer)?;
        let public = reference.and_then(|reference| self.context.network.source_for(reference.attempt.peer));
        Some(RouteFacts {
            failure: source.as_ref().err().map(failure_of_io),
            source: source.ok(),
            public_source: public.and_then(Result::ok),
        })
    }

    /// Connects to a well-known host on port 443, which distinguishes a blocked host from a blocked port. The host is
    /// the cloud's token authority.
    async fn try_reference(&self, failure: &Failure) -> Option<Reference> {
        let is_ambiguous = matches!(failure.kind, FailureKind::TimedOut | FailureKind::Unreachable);
        let host = self.plan.account.cloud().suffixes().authority()?;
        if !is_ambiguous || host == self.target.host() {
            return None;
        }
        let lookup = self.context.network.lookup(host, self.limit()).await;
        let peers = self.peers(lookup.facts.addresses);
        let (attempt, _) = tcp::connect_one(self.context.network, *peers.first()?, self.limit()).await;
        Some(Reference::new(host, attempt))
    }
}

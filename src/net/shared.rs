//! A network behind a pointer. [`Network`] returns futures of unnamed types, so it cannot be a trait object itself.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::net::TcpStream;

use super::Network;
use crate::diagnose::evidence::{Failure, Lookup, MachineFacts, NameAnswer};

/// A shared [`Network`] of any type. Clones refer to the same network.
#[derive(Clone)]
pub struct SharedNetwork(Arc<dyn AnyNetwork>);

impl SharedNetwork {
    /// Shares a network.
    pub fn new(network: impl Network + 'static) -> Self {
        Self(Arc::new(network))
    }
}

impl Network for SharedNetwork {
    async fn lookup(&self, host: &str, limit: Duration) -> Lookup {
        self.0.any_lookup(host, limit).await
    }

    async fn query_name_servers(&self, name: &str, limit: Duration) -> Option<NameAnswer> {
        self.0.any_query_name_servers(name, limit).await
    }

    async fn connect(&self, peer: SocketAddr) -> io::Result<TcpStream> {
        self.0.any_connect(peer).await
    }

    async fn connect_in_segments(&self, peer: SocketAddr, bytes: u16) -> Option<io::Result<TcpStream>> {
        self.0.any_connect_in_segments(peer, bytes).await
    }

    fn source_for(&self, peer: SocketAddr) -> Option<io::Result<IpAddr>> {
        self.0.any_source_for(peer)
    }

    fn machine(&self) -> MachineFacts {
        self.0.any_machine()
    }

    async fn addresses(&self, host: &str, limit: Duration) -> Result<Vec<IpAddr>, Failure> {
        self.0.any_addresses(host, limit).await
    }
}

impl fmt::Debug for SharedNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedNetwork")
    }
}

/// [`Network`] with boxed futures, as a trait object requires.
trait AnyNetwork: Send + Sync {
    fn any_lookup<'a>(&'a self, host: &'a str, limit: Duration) -> BoxFuture<'a, Lookup>;
    fn any_query_name_servers<'a>(&'a self, name: &'a str, limit: Duration) -> BoxFuture<'a, Option<NameAnswer>>;
    fn any_connect(&self, peer: SocketAddr) -> BoxFuture<'_, io::Result<TcpStream>>;
    fn any_connect_in_segments(&self, peer: SocketAddr, bytes: u16) -> BoxFuture<'_, Option<io::Result<TcpStream>>>;
    fn any_source_for(&self, peer: SocketAddr) -> Option<io::Result<IpAddr>>;
    fn any_machine(&self) -> MachineFacts;
    fn any_addresses<'a>(&'a self, host: &'a str, limit: Duration) -> BoxFuture<'a, Result<Vec<IpAddr>, Failure>>;
}

impl<N: Network> AnyNetwork for N {
    fn any_lookup<'a>(&'a self, host: &'a str, limit: Duration) -> BoxFuture<'a, Lookup> {
        Box::pin(self.lookup(host, limit))
    }

    fn any_query_name_servers<'a>(&'a self, name: &'a str, limit: Duration) -> BoxFuture<'a, Option<NameAnswer>> {
        Box::pin(self.query_name_servers(name, limit))
    }

    fn any_connect(&self, peer: SocketAddr) -> BoxFuture<'_, io::Result<TcpStream>> {
        Box::pin(self.connect(peer))
    }

    fn any_connect_in_segments(&self, peer: SocketAddr, bytes: u16) -> BoxFuture<'_, Option<io::Result<TcpStream>>> {
        Box::pin(self.connect_in_segments(peer, bytes))
    }

    fn any_source_for(&self, peer: SocketAddr) -> Option<io::Result<IpAddr>> {
        self.source_for(peer)
    }

    fn any_machine(&self) -> MachineFacts {
        self.machine()
    }

    fn any_addresses<'a>(&'a self, host: &'a str, limit: Duration) -> BoxFuture<'a, Result<Vec<IpAddr>, Failure>> {
        Box::pin(self.addresses(host, limit))
    }
}

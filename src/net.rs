//! NET: each stage of a connection once, for whoever connects and whoever diagnoses. Every stage returns facts, whether it
//! passes or fails, and no wait is without a limit.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;

use crate::diagnose::evidence::{Failure, FailureKind, Lookup, MachineFacts, NameAnswer};

pub(crate) mod answer;
pub(crate) mod dial;
pub mod dns;
pub mod http;
pub mod proxy;
mod replayed;
#[cfg(feature = "connect")]
pub mod rest;
pub(crate) mod scrub;
mod shared;
mod stream;
pub mod tcp;
pub mod tls;
pub mod websocket;

#[cfg(feature = "connect")]
pub use rest::{RestClient, RestError};
pub use shared::SharedNetwork;
pub use stream::Stream;

/// Where names are resolved and connections go: all that tests, the lab and embedding applications must replace.
pub trait Network: Send + Sync {
    /// Resolves a host in every way that the machine knows, each wait no longer than the limit.
    fn lookup(&self, host: &str, limit: Duration) -> impl Future<Output = Lookup> + Send;

    /// Asks the name servers alone for a name, to tell causes apart.
    fn ask(&self, name: &str, limit: Duration) -> impl Future<Output = Option<NameAnswer>> + Send;

    /// Opens a connection. The caller limits how long it waits.
    fn connect(&self, peer: SocketAddr) -> impl Future<Output = io::Result<TcpStream>> + Send;

    /// What the machine is configured with.
    fn machine(&self) -> MachineFacts;

    /// The addresses of a host as an application gets them, without what a diagnosis asks beside.
    fn addresses(&self, host: &str, limit: Duration) -> impl Future<Output = Result<Vec<IpAddr>, Failure>> + Send {
        async move {
            let lookup = self.lookup(host, limit).await;
            match lookup.failure {
                Some(failure) => Err(failure),
                None => Ok(lookup.facts.addresses.into_iter().map(|address| address.ip).collect()),
            }
        }
    }
}

/// The network of this machine.
#[derive(Debug)]
pub struct SystemNetwork {
    resolver: dns::Resolver,
}

impl SystemNetwork {
    /// The machine's own name servers, or others in their place.
    #[must_use]
    pub fn new(name_servers: &[SocketAddr]) -> Self {
        Self { resolver: dns::Resolver::from_system(name_servers) }
    }
}

impl Network for SystemNetwork {
    async fn lookup(&self, host: &str, limit: Duration) -> Lookup {
        self.resolver.lookup(host, limit).await
    }

    async fn ask(&self, name: &str, limit: Duration) -> Option<NameAnswer> {
        self.resolver.ask(name, limit).await
    }

    async fn connect(&self, peer: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(peer).await
    }

    fn machine(&self) -> MachineFacts {
        self.resolver.machine()
    }

    async fn addresses(&self, host: &str, limit: Duration) -> Result<Vec<IpAddr>, Failure> {
        self.resolver.addresses(host, limit).await
    }
}

/// An error of a socket, as a failure: the kind by what the operating system says, the text with its number.
pub(crate) fn failure_of_io(error: &io::Error) -> Failure {
    let kind = match error.kind() {
        io::ErrorKind::ConnectionRefused => FailureKind::Refused,
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => FailureKind::Reset,
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable | io::ErrorKind::AddrNotAvailable => {
            FailureKind::Unreachable
        }
        io::ErrorKind::TimedOut => FailureKind::TimedOut,
        io::ErrorKind::PermissionDenied => FailureKind::NotPermitted,
        io::ErrorKind::InvalidData => FailureKind::Protocol,
        _ => FailureKind::Other,
    };
    Failure::new(kind, error.to_string())
}

/// Nothing came back in time.
pub(crate) fn silence(limit: Duration) -> Failure {
    Failure::new(FailureKind::TimedOut, format!("no answer within {} ms", limit.as_millis()))
}

//! NET: the stages of a connection. Many applications cannot connect directly: they use a proxy, their own root
//! certificates or their own name resolution. With these types, an application replaces one part of its connections and
//! keeps the others.
//!
//! | Part | Types |
//! | --- | --- |
//! | names and connections | [`Network`], [`SystemNetwork`], [`SharedNetwork`] |
//! | proxies | [`ProxySettings`] |
//! | root certificates, and TLS with them | [`Trust`], [`TlsClient`] |
//! | an open WebSocket, and its messages | `Socket`, `SpeechMessage` (feature `probe`) |
//! | requests without a connector, and a transport for `azure_identity` | `RestClient` (feature `connect`) |
//!
//! TLS uses the cryptography of the application: the provider that its process has installed, else the one that its
//! rustls was built with. An application without rustls enables the feature `ring` or `aws-lc-rs`. An application with
//! rustls enables neither, because its own `rustls::ClientConfig::builder()` panics if it finds two providers.

// Inside: one implementation of each stage, for the connector and the doctor. Every stage returns facts, whether it
// passes or fails, and every wait has a limit.

use std::future::{Future, ready};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;

use crate::diagnose::evidence::{Address, DnsFacts, Failure, FailureKind, Lookup, MachineFacts, NameAnswer};

#[cfg(feature = "probe")]
pub(crate) mod dial;
pub(crate) mod dns;
#[cfg(feature = "probe")]
pub(crate) mod http;
mod machine;
pub(crate) mod printable;
pub(crate) mod proxy;
pub(crate) mod random;
#[cfg(feature = "probe")]
mod replayed;
#[cfg(feature = "connect")]
mod rest;
mod shared;
#[cfg(feature = "probe")]
mod speech_message;
mod stream;
#[cfg(feature = "probe")]
pub(crate) mod task;
#[cfg(feature = "probe")]
pub(crate) mod tcp;
pub(crate) mod tls;
#[cfg(feature = "probe")]
pub(crate) mod websocket;

pub use proxy::{ProxyError, ProxySettings};
#[cfg(feature = "connect")]
pub use rest::{RestClient, RestError};
pub use shared::SharedNetwork;
#[cfg(feature = "probe")]
pub use speech_message::{SpeechBody, SpeechMessage, SpeechMessageError};
pub use stream::Stream;
pub use tls::{TlsClient, Trust, TrustError};
#[cfg(feature = "probe")]
pub use websocket::Socket;

/// Name resolution and TCP connections. Tests, the lab and applications implement it.
///
/// Two functions are enough for connections. [`Network::query_name_servers`] and [`Network::machine`] serve the doctor,
/// which reports less without them.
///
/// ```
/// use std::io;
/// use std::net::{IpAddr, SocketAddr};
/// use std::time::Duration;
///
/// use speech_endpoint::evidence::{Failure, FailureKind, Lookup};
/// use speech_endpoint::net::Network;
/// use tokio::net::TcpStream;
///
/// /// One host, at an address that no name server knows.
/// struct Pinned;
///
/// impl Network for Pinned {
///     async fn lookup(&self, host: &str, _limit: Duration) -> Lookup {
///         match host {
///             "contoso.cognitiveservices.azure.com" => Lookup::addresses([IpAddr::from([10, 1, 0, 4])]),
///             _ => Lookup::failed(Failure::new(FailureKind::NoSuchName, format!("`{host}` is not in the table"))),
///         }
///     }
///
///     async fn connect(&self, peer: SocketAddr) -> io::Result<TcpStream> {
///         TcpStream::connect(peer).await
///     }
/// }
/// ```
pub trait Network: Send + Sync {
    /// Resolves a host within the limit.
    ///
    /// The doctor compares the sources from which a machine can resolve a name. A network with one source returns
    /// [`Lookup::addresses`] or [`Lookup::failed`].
    fn lookup(&self, host: &str, limit: Duration) -> impl Future<Output = Lookup> + Send;

    /// Opens a connection. The caller sets the time limit.
    fn connect(&self, peer: SocketAddr) -> impl Future<Output = io::Result<TcpStream>> + Send;

    /// Opens a connection on which neither side sends segments of more than a number of bytes, so that the doctor can find
    /// a path that loses large packets. The default cannot.
    fn connect_in_segments(
        &self,
        _peer: SocketAddr,
        _bytes: u16,
    ) -> impl Future<Output = Option<io::Result<TcpStream>>> + Send {
        ready(None)
    }

    /// Returns the address from which the system would send to a peer, or the reason why it has no route. Nothing is sent.
    /// The default does not know.
    fn source_for(&self, _peer: SocketAddr) -> Option<io::Result<IpAddr>> {
        None
    }

    /// Resolves a host for a connection, without the details that only the doctor needs.
    fn addresses(&self, host: &str, limit: Duration) -> impl Future<Output = Result<Vec<IpAddr>, Failure>> + Send {
        async move {
            let lookup = self.lookup(host, limit).await;
            match lookup.failure {
                Some(failure) => Err(failure),
                None => Ok(lookup.facts.addresses.into_iter().map(|address| address.ip).collect()),
            }
        }
    }

    /// Queries the name servers alone, so that the doctor can distinguish causes. The default knows no name server.
    fn query_name_servers(&self, _name: &str, _limit: Duration) -> impl Future<Output = Option<NameAnswer>> + Send {
        ready(None)
    }

    /// Returns the network configuration of the machine, for evidence. The default knows none.
    fn machine(&self) -> MachineFacts {
        MachineFacts::default()
    }
}

impl Lookup {
    /// Returns a lookup that found addresses.
    #[must_use]
    pub fn addresses(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        let addresses = addresses.into_iter().map(Address::from).collect();
        Self { facts: DnsFacts { addresses, ..DnsFacts::default() }, failure: None }
    }

    /// Returns a lookup that failed.
    #[must_use]
    pub fn failed(failure: Failure) -> Self {
        Self { facts: DnsFacts::default(), failure: Some(failure) }
    }
}

/// The network of this machine.
#[derive(Debug)]
pub struct SystemNetwork {
    resolver: dns::Resolver,
}

impl SystemNetwork {
    /// Returns the network of this machine. Given name servers replace its own.
    #[must_use]
    pub fn new(name_servers: &[SocketAddr]) -> Self {
        Self { resolver: dns::Resolver::from_system(name_servers) }
    }
}

impl Network for SystemNetwork {
    async fn lookup(&self, host: &str, limit: Duration) -> Lookup {
        self.resolver.lookup(host, limit).await
    }

    async fn query_name_servers(&self, name: &str, limit: Duration) -> Option<NameAnswer> {
        self.resolver.query_name_servers(name, limit).await
    }

    async fn connect(&self, peer: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(peer).await
    }

    #[cfg(feature = "probe")]
    async fn connect_in_segments(&self, peer: SocketAddr, bytes: u16) -> Option<io::Result<TcpStream>> {
        tcp::connect_in_segments(peer, bytes).await
    }

    #[cfg(feature = "probe")]
    fn source_for(&self, peer: SocketAddr) -> Option<io::Result<IpAddr>> {
        Some(tcp::source_for(peer))
    }

    fn machine(&self) -> MachineFacts {
        machine::completed(self.resolver.machine())
    }

    async fn addresses(&self, host: &str, limit: Duration) -> Result<Vec<IpAddr>, Failure> {
        self.resolver.addresses(host, limit).await
    }
}

/// Returns the failure for an error of a socket. The text is that of the operating system, with its number.
pub(crate) fn failure_of_io(error: &io::Error) -> Failure {
    // After the handshake, the errors of TLS arrive in those of the stream.
    if let Some(cause) = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>()) {
        return tls::failure_of(cause);
    }
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

/// Returns the failure of a peer that did not respond within the limit.
pub(crate) fn silence(limit: Duration) -> Failure {
    Failure::new(FailureKind::TimedOut, format!("no answer within {} ms", limit.as_millis()))
}

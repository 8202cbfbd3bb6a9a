//! The network of the hostile servers: every name resolves to one of them, and all received data is recorded.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use speech_endpoint::emulation::Resolver;
use speech_endpoint::evidence::{Failure, FailureKind, Lookup, MachineFacts, NameAnswer};
use speech_endpoint::net::Network;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use super::server::{Certificates, Script, Talk, Tls, serve};

/// One connection to a server.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) host: String,
    /// The bytes received on the wire.
    pub(crate) wire: Vec<u8>,
    /// The bytes received inside a completed TLS handshake.
    pub(crate) inside: Vec<u8>,
}

/// The network of one call. Clones share everything.
#[derive(Clone)]
pub(crate) struct Ground(Arc<Inner>);

struct Inner {
    scripts: HashMap<String, Script>,
    certificates: Arc<Certificates>,
    is_private: bool,
    is_slow: bool,
    sites: Mutex<Vec<Site>>,
    /// The requested destinations.
    wanted: Mutex<Vec<SocketAddr>>,
    records: Records,
}

pub(crate) type Records = Arc<Mutex<Vec<Arc<Mutex<Record>>>>>;

struct Site {
    host: String,
    ip: IpAddr,
    at: SocketAddr,
    task: AbortHandle,
}

impl Ground {
    pub(crate) fn new(
        scripts: HashMap<String, Script>,
        certificates: Arc<Certificates>,
        is_private: bool,
        is_slow: bool,
    ) -> Self {
        Self(Arc::new(Inner {
            scripts,
            certificates,
            is_private,
            is_slow,
            sites: Mutex::default(),
            wanted: Mutex::default(),
            records: Records::default(),
        }))
    }

    /// Returns the requested hosts.
    pub(crate) fn hosts(&self) -> Vec<String> {
        self.0.sites.lock().unwrap().iter().map(|site| site.host.clone()).collect()
    }

    /// Returns the requested ports with their hosts.
    pub(crate) fn ports(&self) -> Vec<(String, u16)> {
        let sites = self.0.sites.lock().unwrap();
        let host =
            |ip: IpAddr| sites.iter().find(|site| site.ip == ip).map_or(ip.to_string(), |site| site.host.clone());
        self.0.wanted.lock().unwrap().iter().map(|peer| (host(peer.ip()), peer.port())).collect()
    }

    /// Inspects every connection.
    pub(crate) fn each(&self, mut look: impl FnMut(&Record)) {
        for record in self.0.records.lock().unwrap().iter() {
            look(&record.lock().unwrap());
        }
    }

    /// Returns the address of a host, and starts its server on first use.
    fn address(&self, host: &str) -> io::Result<IpAddr> {
        let mut sites = self.0.sites.lock().unwrap();
        if let Some(site) = sites.iter().find(|site| site.host == host) {
            return Ok(site.ip);
        }
        let last = u8::try_from(sites.len() + 4).map_err(io::Error::other)?;
        let ip = if self.0.is_private { IpAddr::from([10, 1, 0, last]) } else { IpAddr::from([20, 61, 99, last]) };
        let socket = TcpSocket::new_v4()?;
        // The small buffer stops a server from producing more than the client reads.
        socket.set_send_buffer_size(8192)?;
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let listener = socket.listen(64)?;
        let at = listener.local_addr()?;
        // A host that is not in the script accepts everything, because no connection should ever reach it.
        let catcher =
            Script { tls: Tls::Good, talk: Talk::Says("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".into()) };
        let script = self.0.scripts.get(host).cloned().unwrap_or(catcher);
        let (records, certificates) = (self.0.records.clone(), self.0.certificates.clone());
        let name = host.to_owned();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let record = Arc::new(Mutex::new(Record { host: name.clone(), ..Record::default() }));
                records.lock().unwrap().push(record.clone());
                connections.spawn(serve(script.clone(), certificates.clone(), stream, record));
            }
        });
        sites.push(Site { host: host.to_owned(), ip, at, task: task.abort_handle() });
        Ok(ip)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for site in self.sites.lock().unwrap().iter() {
            site.task.abort();
        }
    }
}

impl Ground {
    fn at(&self, peer: SocketAddr) -> Option<SocketAddr> {
        self.0.sites.lock().unwrap().iter().find(|site| site.ip == peer.ip()).map(|site| site.at)
    }
}

impl Network for Ground {
    async fn lookup(&self, host: &str, limit: Duration) -> Lookup {
        if self.0.is_slow {
            tokio::time::sleep(limit).await;
        }
        // These are the facts for a literal address.
        let ip = self.address(host).unwrap();
        Resolver::default().lookup(&ip.to_string(), limit).await
    }

    async fn query_name_servers(&self, _name: &str, _limit: Duration) -> Option<NameAnswer> {
        None
    }

    async fn connect(&self, peer: SocketAddr) -> io::Result<TcpStream> {
        self.0.wanted.lock().unwrap().push(peer);
        let at = self.at(peer).ok_or(io::ErrorKind::ConnectionRefused)?;
        TcpStream::connect(at).await
    }

    fn machine(&self) -> MachineFacts {
        MachineFacts::default()
    }

    async fn addresses(&self, host: &str, _limit: Duration) -> Result<Vec<IpAddr>, Failure> {
        let ip = self.address(host).map_err(|error| Failure::new(FailureKind::Other, error.to_string()))?;
        Ok(vec![ip])
    }
}

/// A socket that records the bytes it receives.
pub(crate) struct Tapped {
    pub(crate) stream: TcpStream,
    pub(crate) record: Arc<Mutex<Record>>,
}

impl AsyncRead for Tapped {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.record.lock().unwrap().wire.extend_from_slice(&buffer.filled()[before..]);
        polled
    }
}

impl AsyncWrite for Tapped {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

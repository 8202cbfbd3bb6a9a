//! The stages as an experienced developer writes them: one configuration, no delay, no lookup.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

/// An address, a URL and a configuration.
pub(crate) struct ByHand {
    url: String,
    peer: SocketAddr,
    config: Arc<ClientConfig>,
}

impl ByHand {
    pub(crate) fn new(url: &str, port: u16, config: Arc<ClientConfig>) -> Self {
        Self { url: url.to_owned(), peer: (Ipv4Addr::LOCALHOST, port).into(), config }
    }

    pub(crate) async fn open(&self) -> Result<WebSocketStream<TlsStream<TcpStream>>, Box<dyn Error>> {
        let stream = TcpStream::connect(self.peer).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from("127.0.0.1")?;
        let stream = TlsConnector::from(self.config.clone()).connect(name, stream).await?;
        let mut request = self.url.as_str().into_client_request()?;
        request.headers_mut().insert("User-Agent", concat!("bench/", env!("CARGO_PKG_VERSION")).parse()?);
        request.headers_mut().insert("X-ConnectionId", "0123456789abcdef0123456789abcdef".parse()?);
        request.headers_mut().insert("Ocp-Apim-Subscription-Key", KEY.parse()?);
        Ok(client_async(request, stream).await?.0)
    }
}

/// A fake key; it protects nothing real.
pub(crate) const KEY: &str = "c0ffee0ddba11feedbeef5ca1ab1e0d7";

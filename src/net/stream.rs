//! Stream: one type for every kind of connection, so that the stages after the handshake have no type parameter.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection: plain or encrypted, direct or through a proxy.
pub struct Stream {
    io: Box<dyn Io>,
    /// The bytes that the peer may still send, where it was asked for nothing.
    allowance: Option<usize>,
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

impl Stream {
    /// Returns a connection on any stream of bytes.
    #[must_use]
    pub fn new(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        Self { io: Box::new(stream), allowance: None }
    }

    /// Limits what the peer may send from now on, in bytes. Reading more fails, so that a peer that floods a connection
    /// costs neither time nor memory. `None` lifts the limit.
    #[cfg(feature = "probe")]
    pub(crate) fn allow(&mut self, allowance: Option<usize>) {
        self.allowance = allowance;
    }

    /// Returns whether the peer has sent more than it may.
    pub(crate) fn is_flooded(&self) -> bool {
        self.allowance == Some(0)
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.is_flooded() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::QuotaExceeded, "the peer floods the connection")));
        }
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut *self.io).poll_read(cx, buffer);
        if let Some(allowance) = &mut self.allowance {
            *allowance = allowance.saturating_sub(buffer.filled().len() - before);
        }
        outcome
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.io).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.io).poll_shutdown(cx)
    }
}

#[cfg(feature = "connect")]
impl hyper_util::client::legacy::connect::Connection for Stream {
    fn connected(&self) -> hyper_util::client::legacy::connect::Connected {
        hyper_util::client::legacy::connect::Connected::new()
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stream")
    }
}

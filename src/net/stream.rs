//! Stream: one type for every kind of connection, so that the stages after the handshake have no type parameter.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep_until};

use super::silence;
use crate::diagnose::evidence::{Arrival, Failure};

/// A connection: plain or encrypted, direct or through a proxy.
pub struct Stream {
    io: Box<dyn Io>,
    allowance: Allowance,
    received: Received,
    /// Whether this stream counts. Below TLS, the stream that TLS reads counts instead.
    counts: bool,
}

/// The bytes that the peer may still send, where it was asked for little or nothing; `u32::MAX` without a limit.
#[derive(Clone, Debug)]
pub(super) struct Allowance(Arc<AtomicU32>);

impl Allowance {
    fn unlimited() -> Self {
        Self(Arc::new(AtomicU32::new(UNLIMITED)))
    }

    /// Sets what the peer may send from now on; `None` lifts the limit.
    #[cfg(feature = "probe")]
    pub(super) fn set(&self, bytes: Option<u32>) {
        self.0.store(bytes.unwrap_or(UNLIMITED), Ordering::Relaxed);
    }

    fn is_used_up(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    fn spend(&self, bytes: usize) {
        let left = self.0.load(Ordering::Relaxed);
        if left != UNLIMITED {
            self.0.store(left.saturating_sub(u32::try_from(bytes).unwrap_or(u32::MAX)), Ordering::Relaxed);
        }
    }
}

/// The number of bytes that arrived on a connection, before they are decrypted. A peer that sends too slowly for any stage
/// to end differs from a silent one only in this number.
#[derive(Clone, Debug, Default)]
pub(super) struct Received(Arc<AtomicU64>);

impl Received {
    /// Counts what a read added to a buffer.
    pub(super) fn count(&self, before: usize, buffer: &ReadBuf<'_>) {
        let arrived = buffer.filled().len().saturating_sub(before);
        if arrived > 0 {
            self.0.fetch_add(arrived as u64, Ordering::Relaxed);
        }
    }

    fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Waits for the end of `work` within the limit. The failure of a wait that times out contains the bytes that arrived.
    ///
    /// The caller pins `work`, because a future that takes another one by value is twice as large.
    pub(super) async fn wait<T>(
        &self,
        limit: Duration,
        mut work: Pin<&mut impl Future<Output = T>>,
    ) -> Result<T, Failure> {
        let (begun, before, mut half) = (Instant::now(), self.bytes(), None);
        let mut timer = pin!(sleep_until(begun + limit / 2));
        poll_fn(|cx| {
            loop {
                if let Poll::Ready(done) = work.as_mut().poll(cx) {
                    return Poll::Ready(Ok(done));
                }
                ready!(timer.as_mut().poll(cx));
                let Some(half) = half.replace(self.bytes()) else {
                    timer.as_mut().reset(begun + limit);
                    continue;
                };
                return Poll::Ready(Err(self.silence_since(before, half, limit)));
            }
        })
        .await
    }

    fn silence_since(&self, before: u64, half: u64, limit: Duration) -> Failure {
        let now = self.bytes();
        let since = |earlier| u32::try_from(now - earlier).unwrap_or(u32::MAX);
        let arrival = Arrival::new(since(before), since(half), limit);
        let failure = silence(limit);
        if arrival.bytes == 0 {
            return failure;
        }
        let text = format!("not complete: {arrival}");
        Failure { text, arrival: Some(arrival), ..failure }
    }
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

impl Stream {
    /// Returns a connection on any stream of bytes.
    #[must_use]
    pub fn new(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        Self { io: Box::new(stream), allowance: Allowance::unlimited(), received: Received::default(), counts: true }
    }

    /// Returns a connection on a stream of which another layer counts the bytes.
    pub(super) fn counted(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, received: Received) -> Self {
        Self { io: Box::new(stream), allowance: Allowance::unlimited(), received, counts: false }
    }

    /// Returns the number of bytes that arrived, which keeps counting.
    #[cfg(feature = "probe")]
    pub(super) fn received(&self) -> Received {
        self.received.clone()
    }

    /// Returns what the peer may send, which stays that of this stream.
    #[cfg(feature = "probe")]
    pub(super) fn allowance(&self) -> Allowance {
        self.allowance.clone()
    }

    /// Limits what the peer may send from now on, in bytes. Reading more fails, so that a peer that floods a connection
    /// costs neither time nor memory. `None` lifts the limit.
    #[cfg(feature = "probe")]
    pub(crate) fn allow(&mut self, allowance: Option<u32>) {
        self.allowance.set(allowance);
    }

    /// Returns whether the peer has sent more than it may.
    pub(crate) fn is_flooded(&self) -> bool {
        self.allowance.is_used_up()
    }
}

/// The allowance of a peer that may send what it likes.
const UNLIMITED: u32 = u32::MAX;

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.is_flooded() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::QuotaExceeded, "the peer floods the connection")));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut *self.io).poll_read(cx, buffer);
        if self.counts {
            self.received.count(before, buffer);
        }
        self.allowance.spend(buffer.filled().len() - before);
        read
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

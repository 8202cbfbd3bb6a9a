//! A stream that sends the end of a handshake together with the first request.
//!
//! A TLS client sends its last handshake message and its first request in sequence. As two packets they wake the peer
//! twice and cost two system calls. This stream buffers the handshake's output until the handshake waits for the peer.
//! At the end of the handshake it keeps the rest until the next write.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::net::stream::Received;

/// A stream that buffers the output of a handshake.
#[derive(Debug)]
pub(super) struct Coalescing<S> {
    stream: S,
    held: Vec<u8>,
    /// The number of bytes of `held` that were sent.
    sent: usize,
    /// Whether the handshake is in progress.
    holds: bool,
    received: Received,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Coalescing<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, held: Vec::new(), sent: 0, holds: true, received: Received::default() }
    }

    /// Returns the number of bytes that arrived, which keeps counting.
    pub(super) fn received(&self) -> Received {
        self.received.clone()
    }

    /// Ends the buffering after the handshake. The next write also sends the buffered bytes.
    pub(super) fn let_go(&mut self) {
        self.holds = false;
    }

    /// Sends the buffered bytes without waiting: the alert of a failed handshake.
    pub(super) async fn send_at_once(&mut self) {
        poll_fn(|cx| {
            // The failure is known already. A peer that does not get the alert sees the connection end.
            let _ = self.poll_send(cx);
            Poll::Ready(())
        })
        .await;
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent < self.held.len() {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &self.held[self.sent..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                length => self.sent += length,
            }
        }
        (self.held, self.sent) = (Vec::new(), 0);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Coalescing<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.received.count(before, buffer);
        if read.is_pending() && self.holds {
            // The peer responds only to messages that it has received.
            ready!(self.poll_send(cx))?;
        }
        read
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Coalescing<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.sent > 0 {
            // A partly sent buffer gets no more bytes, so that it becomes empty.
            ready!(self.poll_send(cx))?;
        }
        if self.held.is_empty() && !self.holds {
            return Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        }
        let before = self.held.len();
        for part in parts {
            self.held.extend_from_slice(part);
        }
        let taken = self.held.len() - before;
        if !self.holds
            && let Poll::Ready(Err(error)) = self.poll_send(cx)
        {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(taken))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.holds {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio::time::timeout;

    use super::*;

    /// Returns a stream and its peer. The pipe between them holds `size` bytes.
    fn pair(size: usize) -> (Coalescing<DuplexStream>, DuplexStream) {
        let (own, peer) = duplex(size);
        (Coalescing::new(own), peer)
    }

    async fn arrived(peer: &mut DuplexStream) -> Option<Vec<u8>> {
        let mut bytes = vec![0; 64];
        let length = timeout(Duration::from_millis(1), peer.read(&mut bytes)).await.ok()?.unwrap();
        bytes.truncate(length);
        Some(bytes)
    }

    /// Reads from a silent peer, as a handshake does that waits for a message.
    async fn wait_for_the_peer(own: &mut Coalescing<DuplexStream>) {
        assert!(timeout(Duration::from_millis(1), own.read_u8()).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_handshake_sends_when_it_waits_and_its_last_message_with_the_first_request() {
        let (mut own, mut peer) = pair(64);
        own.write_all(b"hello ").await.unwrap();
        own.write_all(b"there").await.unwrap();
        own.flush().await.unwrap();
        assert_eq!(arrived(&mut peer).await, None, "held");
        wait_for_the_peer(&mut own).await;
        assert_eq!(arrived(&mut peer).await.as_deref(), Some(&b"hello there"[..]));
        own.write_all(b"done, ").await.unwrap();
        own.flush().await.unwrap();
        own.let_go();
        wait_for_the_peer(&mut own).await;
        assert_eq!(arrived(&mut peer).await, None, "a read after the handshake sends nothing");
        own.write_all(b"GET").await.unwrap();
        assert_eq!(arrived(&mut peer).await.as_deref(), Some(&b"done, GET"[..]));
        own.write_all(b"more").await.unwrap();
        assert_eq!(arrived(&mut peer).await.as_deref(), Some(&b"more"[..]), "the stream no longer buffers");
    }

    #[tokio::test(start_paused = true)]
    async fn a_flush_a_shutdown_and_an_alert_send_the_buffered_bytes() {
        let (mut own, mut peer) = pair(64);
        own.write_all(b"done").await.unwrap();
        own.let_go();
        own.flush().await.unwrap();
        assert_eq!(arrived(&mut peer).await.as_deref(), Some(&b"done"[..]));

        let (mut own, mut peer) = pair(64);
        own.write_all(b"bye").await.unwrap();
        own.shutdown().await.unwrap();
        assert_eq!(arrived(&mut peer).await.as_deref(), Some(&b"bye"[..]));

        let (mut own, mut peer) = pair(64);
        own.write_all(b"alert").await.unwrap();
        own.send_at_once().await;
        assert_eq!(arrived(&mut peer).await.as_deref(), Some(&b"alert"[..]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_with_a_small_buffer_receives_every_byte_in_order() {
        for size in 1..9 {
            let (mut own, mut peer) = pair(size);
            let reader = tokio::spawn(async move {
                let mut all = Vec::new();
                peer.read_to_end(&mut all).await.unwrap();
                all
            });
            own.write_all(b"0123456789").await.unwrap();
            own.let_go();
            for part in [&b"abc"[..], b"", b"defghijk", b"l"] {
                own.write_all(part).await.unwrap();
            }
            own.shutdown().await.unwrap();
            drop(own);
            assert_eq!(reader.await.unwrap(), b"0123456789abcdefghijkl", "{size}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_waits_for_a_peer_that_does_not_read() {
        let (mut own, _peer) = pair(1);
        own.write_all(b"done").await.unwrap();
        own.let_go();
        assert_eq!(own.write(b"GET").await.unwrap(), 3);
        assert!(timeout(Duration::from_millis(1), own.write(b"more")).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_to_a_closed_peer_is_an_error() {
        let (mut own, peer) = pair(64);
        own.write_all(b"done").await.unwrap();
        own.let_go();
        drop(peer);
        assert_eq!(own.write_all(b"GET").await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        own.send_at_once().await;
    }
}

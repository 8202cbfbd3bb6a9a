//! A stream on which the end of a handshake leaves together with the first request.
//!
//! A client whose handshake is done says so and asks for something at once. As two packets these wake the peer twice, and
//! cost the client two system calls. What a handshake writes is held here until it waits for an answer, and what is left
//! at its end until something else is written.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream that holds what a handshake writes.
#[derive(Debug)]
pub(super) struct Coalescing<S> {
    stream: S,
    held: Vec<u8>,
    /// How much of that has left.
    sent: usize,
    /// Whether the handshake is under way.
    holds: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Coalescing<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, held: Vec::new(), sent: 0, holds: true }
    }

    /// The handshake is done: what is written next takes along what is held, and nothing is held any more.
    pub(super) fn let_go(&mut self) {
        self.holds = false;
    }

    /// Sends what is held as far as it leaves without waiting: the alert of a handshake that failed.
    pub(super) async fn send_at_once(&mut self) {
        poll_fn(|cx| {
            // Why it failed is known; who does not hear of it sees the connection end.
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
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_pending() && self.holds {
            // The peer answers only what it has got.
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
            // What has begun to leave is not added to, so that it ends.
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

    /// A stream and its peer, whose buffer takes so much at once.
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

    /// Reads until nothing is there, as a handshake does that waits for the peer.
    async fn wait_for_the_peer(own: &mut Coalescing<DuplexStream>) {
        assert!(timeout(Duration::from_millis(1), own.read_u8()).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_handshake_sends_when_it_waits_and_its_end_leaves_with_the_first_request() {
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
        assert_eq!(arrived(&mut peer).await, None, "a look at what is there takes nothing along");
        own.write_all(b"GET").await.unwrap();
        assert_eq!(arrived(&mut peer).await.as_deref(), Some(&b"done, GET"[..]));
        own.write_all(b"more").await.unwrap();
        assert_eq!(arrived(&mut peer).await.as_deref(), Some(&b"more"[..]), "nothing is held any more");
    }

    #[tokio::test(start_paused = true)]
    async fn what_nothing_follows_leaves_with_a_flush_with_the_end_and_at_once() {
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
    async fn a_peer_that_takes_little_at_once_gets_everything_in_its_order() {
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
    async fn who_writes_waits_for_a_peer_that_takes_nothing() {
        let (mut own, _peer) = pair(1);
        own.write_all(b"done").await.unwrap();
        own.let_go();
        assert_eq!(own.write(b"GET").await.unwrap(), 3);
        assert!(timeout(Duration::from_millis(1), own.write(b"more")).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_is_gone_is_an_error_and_takes_nothing() {
        let (mut own, peer) = pair(64);
        own.write_all(b"done").await.unwrap();
        own.let_go();
        drop(peer);
        assert_eq!(own.write_all(b"GET").await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        own.send_at_once().await;
    }
}

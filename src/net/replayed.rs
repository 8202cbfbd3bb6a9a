//! A stream that replays a response. [`websocket`](super::websocket) reads the first response without the HTTP client,
//! and needs the client if it is not a 101. The client repeats the request, which this stream discards, and reads the
//! saved bytes of the response first.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Stream;

/// A stream whose request is already sent, and whose response is partly read.
pub(super) struct Replayed {
    stream: Stream,
    read: Vec<u8>,
    /// The number of bytes that were replayed.
    returned: usize,
    request: Repeated,
}

/// The progress of the repeated request. HTTP clients reject a response that arrives before its request.
enum Repeated {
    NotYet(Option<Waker>),
    Partly(Option<Waker>),
    Completely,
}

impl Replayed {
    pub(super) fn new(stream: Stream, read: Vec<u8>) -> Self {
        Self { stream, read, returned: 0, request: Repeated::NotYet(None) }
    }
}

impl AsyncRead for Replayed {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Repeated::NotYet(waiting) | Repeated::Partly(waiting) = &mut self.request {
            *waiting = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let left = &self.read[self.returned..];
        if left.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buffer);
        }
        let length = left.len().min(buffer.remaining());
        buffer.put_slice(&left[..length]);
        self.returned += length;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Replayed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.request {
            Repeated::NotYet(waiting) => self.request = Repeated::Partly(waiting.take()),
            Repeated::Partly(_) => {}
            Repeated::Completely => return Pin::new(&mut self.stream).poll_write(cx, bytes),
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.request {
            Repeated::NotYet(_) => Poll::Ready(Ok(())),
            Repeated::Partly(waiting) => {
                if let Some(waker) = waiting.take() {
                    waker.wake();
                }
                self.request = Repeated::Completely;
                Poll::Ready(Ok(()))
            }
            Repeated::Completely => Pin::new(&mut self.stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::timeout;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_repeated_request_is_discarded_and_the_whole_response_follows_it() {
        let (own, mut peer) = duplex(64);
        peer.write_all(b"fused").await.unwrap();
        let mut replayed = Replayed::new(Stream::new(own), b"re".to_vec());
        replayed.flush().await.unwrap();
        let early = timeout(Duration::from_millis(1), replayed.read_u8()).await;
        assert!(early.is_err(), "a response before the request");
        for part in [&b"GET"[..], b" /"] {
            replayed.write_all(part).await.unwrap();
        }
        replayed.flush().await.unwrap();
        let mut response = [0; 7];
        replayed.read_exact(&mut response).await.unwrap();
        assert_eq!(&response, b"refused");
        replayed.write_all(b"next").await.unwrap();
        drop(replayed);
        let mut sent = Vec::new();
        peer.read_to_end(&mut sent).await.unwrap();
        assert_eq!(sent, b"next");
    }

    #[tokio::test(start_paused = true)]
    async fn the_repeated_request_wakes_the_reader_of_the_response() {
        let (own, _peer) = duplex(64);
        let (mut reader, mut writer) = tokio::io::split(Replayed::new(Stream::new(own), b"x".to_vec()));
        let reading = tokio::spawn(async move { reader.read_u8().await.unwrap() });
        tokio::task::yield_now().await;
        writer.write_all(b"GET").await.unwrap();
        writer.flush().await.unwrap();
        assert_eq!(timeout(Duration::from_secs(1), reading).await.unwrap().unwrap(), b'x');
    }
}

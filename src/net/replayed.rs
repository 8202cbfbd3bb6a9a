//! A stream that replays bytes already read. The repeated request is swallowed, and reads return the saved bytes first.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Stream;

/// A stream on which a question was sent already, and its answer read in part.
pub(super) struct Replayed {
    stream: Stream,
    read: Vec<u8>,
    /// How much of that was read again.
    given: usize,
    asked: Asked,
}

/// Whether the question was asked again. An answer before it would be one to nothing.
enum Asked {
    NotYet(Option<Waker>),
    InPart(Option<Waker>),
    Yes,
}

impl Replayed {
    pub(super) fn new(stream: Stream, read: Vec<u8>) -> Self {
        Self { stream, read, given: 0, asked: Asked::NotYet(None) }
    }
}

impl AsyncRead for Replayed {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Asked::NotYet(waiting) | Asked::InPart(waiting) = &mut self.asked {
            *waiting = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let left = &self.read[self.given..];
        if left.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buffer);
        }
        let length = left.len().min(buffer.remaining());
        buffer.put_slice(&left[..length]);
        self.given += length;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Replayed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.asked {
            Asked::NotYet(waiting) => self.asked = Asked::InPart(waiting.take()),
            Asked::InPart(_) => {}
            Asked::Yes => return Pin::new(&mut self.stream).poll_write(cx, bytes),
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.asked {
            Asked::NotYet(_) => Poll::Ready(Ok(())),
            Asked::InPart(waiting) => {
                if let Some(waker) = waiting.take() {
                    waker.wake();
                }
                self.asked = Asked::Yes;
                Poll::Ready(Ok(()))
            }
            Asked::Yes => Pin::new(&mut self.stream).poll_flush(cx),
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
    async fn the_question_is_not_sent_again_and_its_answer_comes_after_it_and_whole() {
        let (own, mut peer) = duplex(64);
        peer.write_all(b"fused").await.unwrap();
        let mut replayed = Replayed::new(Stream::new(own), b"re".to_vec());
        replayed.flush().await.unwrap();
        let early = timeout(Duration::from_millis(1), replayed.read_u8()).await;
        assert!(early.is_err(), "an answer before the question");
        for part in [&b"GET"[..], b" /"] {
            replayed.write_all(part).await.unwrap();
        }
        replayed.flush().await.unwrap();
        let mut answer = [0; 7];
        replayed.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"refused");
        replayed.write_all(b"next").await.unwrap();
        drop(replayed);
        let mut sent = Vec::new();
        peer.read_to_end(&mut sent).await.unwrap();
        assert_eq!(sent, b"next");
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_the_answer_is_woken_by_the_question() {
        let (own, _peer) = duplex(64);
        let (mut reader, mut writer) = tokio::io::split(Replayed::new(Stream::new(own), b"x".to_vec()));
        let reading = tokio::spawn(async move { reader.read_u8().await.unwrap() });
        tokio::task::yield_now().await;
        writer.write_all(b"GET").await.unwrap();
        writer.flush().await.unwrap();
        assert_eq!(timeout(Duration::from_secs(1), reading).await.unwrap().unwrap(), b'x');
    }
}

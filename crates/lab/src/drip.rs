//! A stream that sends one byte at a time, once that is switched on.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::tls::Wire;
use super::vocabulary::{DripStageToml, DripToml};

/// A stream that sends slowly, if a world says so.
pub(super) struct Drip<S> {
    stream: S,
    toml: Option<DripToml>,
    /// The number of bytes that may go at once.
    free: usize,
    is_on: Arc<AtomicBool>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl<S> Drip<S> {
    pub(super) fn new(stream: S, toml: Option<DripToml>) -> Self {
        let is_on = toml.is_some_and(|toml| toml.stage == DripStageToml::Handshake);
        let free = toml.map_or(0, |toml| toml.after);
        Self { stream, toml, free, is_on: Arc::new(AtomicBool::new(is_on)), pause: None }
    }

    /// Returns the switch, which is turned on after the handshake.
    pub(super) fn switch(&self) -> Arc<AtomicBool> {
        self.is_on.clone()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Drip<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Drip<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Some(toml) = self.toml.filter(|_| self.is_on.load(Ordering::Relaxed)) else {
            return Pin::new(&mut self.stream).poll_write(cx, bytes);
        };
        let length = if self.free > 0 {
            self.free.min(bytes.len())
        } else {
            let pause = self.pause.get_or_insert_with(|| Box::pin(sleep(Duration::from_millis(toml.ms))));
            ready!(pause.as_mut().poll(cx));
            bytes.len().min(1)
        };
        let sent = ready!(Pin::new(&mut self.stream).poll_write(cx, &bytes[..length]))?;
        self.free = self.free.saturating_sub(sent);
        self.pause = None;
        Poll::Ready(Ok(sent))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: Wire> Wire for Drip<S> {
    fn reset(&mut self) {
        self.stream.reset();
    }
}

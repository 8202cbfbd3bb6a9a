//! A peer in memory: it sends what was given once it has heard something, and then nothing more.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use speech_endpoint::evidence::{Failure, Reply};
use speech_endpoint::fuzzing::is_invisible;
use speech_endpoint::third_party::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use speech_endpoint::third_party::tokio::runtime::{Builder, Runtime};
use speech_endpoint::third_party::tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// A stream on which bytes arrive in pieces of one size, after the first write.
pub struct Peer {
    bytes: Vec<u8>,
    at: usize,
    step: usize,
    heard: Heard,
    reader: Option<Waker>,
}

/// What the peer has heard.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    /// What the peer has heard so far.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("one thread").clone()
    }
}

impl Peer {
    /// A peer that sends pieces of up to `step` bytes, and all at once where that is none.
    #[must_use]
    pub fn new(bytes: &[u8], step: u8) -> Self {
        let step = if step == 0 { usize::MAX } else { usize::from(step) };
        Self { bytes: bytes.to_vec(), at: 0, step, heard: Heard::default(), reader: None }
    }

    /// What this peer hears from now on.
    #[must_use]
    pub fn heard(&self) -> Heard {
        self.heard.clone()
    }

    /// Puts the right value for the key that was heard where the response has [`ACCEPT`].
    fn accept(&mut self) {
        if !self.bytes.contains(&ACCEPT[0]) {
            return;
        }
        let Some(at) = find(&self.bytes, ACCEPT) else { return };
        let heard = self.heard.bytes();
        let Some(key) = find(&heard, KEY).map(|at| &heard[at + KEY.len()..]) else { return };
        let key = &key[..key.iter().position(|byte| *byte == b'\r').unwrap_or(key.len())];
        self.bytes.splice(at..at + ACCEPT.len(), derive_accept_key(key).into_bytes());
    }
}

impl AsyncRead for Peer {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.heard.0.lock().expect("one thread").is_empty() {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if self.at == 0 {
            self.accept();
        }
        let length = self.step.min(buffer.remaining()).min(self.bytes.len() - self.at);
        let at = self.at;
        buffer.put_slice(&self.bytes[at..at + length]);
        self.at += length;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Peer {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.heard.0.lock().expect("one thread").extend_from_slice(bytes);
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Runs a future to its end, always on the same runtime.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: RefCell<Runtime> =
            RefCell::new(Builder::new_current_thread().enable_time().build().expect("a runtime"));
    }
    RUNTIME.with_borrow(|runtime| runtime.block_on(future))
}

/// Text of a peer in evidence is one line of visible characters, of a limited length.
pub fn check_text(text: &str, longest: usize) {
    assert!(text.chars().count() <= longest + 1, "{} characters: {text:?}", text.chars().count());
    assert!(!text.contains(|c: char| c.is_control() || is_invisible(c)), "{text:?}");
}

/// The evidence of a response has the size and the characters that any peer gets.
pub fn check_reply(reply: &Reply) {
    assert!(reply.headers.len() <= 24, "{} headers", reply.headers.len());
    for (name, value) in &reply.headers {
        assert!(name.len() <= 40 || name.starts_with("x-"), "{name}");
        check_text(name, usize::MAX - 1);
        check_text(value, 160);
        assert!(name != "location" || !value.contains('?'), "{value}");
    }
    for text in reply.code.iter().chain(&reply.message) {
        check_text(text, 300);
    }
    assert!(reply.body_bytes <= 64 << 10, "{} bytes", reply.body_bytes);
}

/// A failure says one line, and its text is that of a program with at most a line of the peer.
pub fn check_failure(failure: &Failure) {
    assert!(!failure.text.is_empty());
    check_text(&failure.text, 700);
}

/// The place of a run of bytes.
#[must_use]
pub fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// Stands in a response for the value that answers the key of the request.
const ACCEPT: &[u8] = b"{accept}";

const KEY: &[u8] = b"sec-websocket-key: ";

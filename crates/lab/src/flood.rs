//! A flood: a peer that sends one frame after another on an open WebSocket, and reads nothing.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, timeout_at};

use super::vocabulary::FloodToml;

/// Sends frames until the client closes the connection, for at most a minute.
pub(super) async fn flood(mut stream: impl AsyncWrite + Unpin, of: FloodToml) -> io::Result<()> {
    let end = Instant::now() + LONGEST;
    let (first, frame) = frames(of);
    stream.write_all(&first).await?;
    let many = frame.repeat(CHUNK / frame.len());
    while let Ok(written) = timeout_at(end, stream.write_all(&many)).await {
        written?;
        // A client in the same thread must have its turn.
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Returns the first frame, and the one that is repeated after it (RFC 6455, section 5.2; a server does not mask).
fn frames(of: FloodToml) -> (Vec<u8>, Vec<u8>) {
    let frame = |first_byte: u8, payload: &[u8]| {
        let mut frame = vec![first_byte, u8::try_from(payload.len()).unwrap_or_default()];
        frame.extend_from_slice(payload);
        frame
    };
    match of {
        FloodToml::Text => (Vec::new(), frame(0x81, TEXT)),
        FloodToml::Binary => (Vec::new(), frame(0x82, TEXT)),
        FloodToml::Empty => (Vec::new(), frame(0x81, b"")),
        FloodToml::Ping => (Vec::new(), frame(0x89, TEXT)),
        FloodToml::Pong => (Vec::new(), frame(0x8a, TEXT)),
        FloodToml::Fragment => (frame(0x01, TEXT), frame(0x00, TEXT)),
        FloodToml::EmptyFragment => (frame(0x01, b""), frame(0x00, b"")),
    }
}

/// The size of one write, in bytes.
const CHUNK: usize = 64 << 10;

/// A client that never ends the connection must not keep the lab busy for ever.
const LONGEST: Duration = Duration::from_secs(60);

/// The payload of a frame.
const TEXT: &[u8] = &[b'x'; 100];

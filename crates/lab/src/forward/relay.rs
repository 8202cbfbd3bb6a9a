//! A tunnel: the bytes of both sides, and the reset of either.

use std::io;

use bytes::Bytes;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpStream;

/// A connection, with the bytes that arrived behind the last HTTP message.
pub(super) struct Wire {
    stream: TcpStream,
    early: Bytes,
}

impl Wire {
    /// Takes the connection back from hyper.
    pub(super) fn of(upgraded: Upgraded) -> io::Result<Self> {
        let parts = upgraded.downcast::<TokioIo<TcpStream>>();
        let parts = parts.map_err(|_| io::Error::other("the connection is not a TCP stream"))?;
        Ok(Self { stream: parts.io.into_inner(), early: parts.read_buf })
    }
}

impl From<TcpStream> for Wire {
    fn from(stream: TcpStream) -> Self {
        Self { stream, early: Bytes::new() }
    }
}

/// Copies the bytes of both sides until both have ended. If one side is reset, so is the other.
pub(super) async fn relay(mut near: Wire, mut far: Wire) -> io::Result<()> {
    let outcome = async {
        far.stream.write_all(&near.early).await?;
        near.stream.write_all(&far.early).await?;
        copy_bidirectional(&mut near.stream, &mut far.stream).await
    };
    let outcome = outcome.await;
    if outcome.is_err() {
        // Without this option the socket is closed normally.
        let _ = near.stream.set_zero_linger();
        let _ = far.stream.set_zero_linger();
    }
    outcome.map(drop)
}

//! The delivery of a response: when its parts are sent, and where the connection fails.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, stream};
use hyper::body::Frame;

use super::fate::Fate;
use super::vocabulary::{EntryToml, FaultToml};

/// How a response is sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Delivery {
    /// The time before the response.
    delay: Duration,
    /// The time between two pieces of its body.
    pause: Duration,
    fault: Option<FaultToml>,
    after_pieces: Option<u32>,
    after_bytes: Option<u32>,
}

/// The frames of a body that is produced as it is sent.
pub(super) type Frames = Pin<Box<dyn Stream<Item = io::Result<Frame<Bytes>>> + Send>>;

/// The pieces of a body.
pub(super) type Pieces = Box<dyn Iterator<Item = Bytes> + Send>;

/// A body on its way.
struct Course {
    delivery: Delivery,
    pieces: Pieces,
    fate: Arc<Fate>,
    sent: u32,
    bytes: usize,
    has_failed: bool,
}

impl Delivery {
    pub(super) fn of(entry: &EntryToml) -> Self {
        Self {
            delay: Duration::from_millis(u64::from(entry.delay_ms)),
            pause: Duration::from_millis(u64::from(entry.pause_ms)),
            fault: entry.fault.clone(),
            after_pieces: entry.after_pieces,
            after_bytes: entry.after_bytes,
        }
    }

    /// Returns whether the body must be sent in pieces.
    pub(super) fn divides(&self) -> bool {
        self.fault.is_some() || !self.pause.is_zero()
    }

    /// Waits until the response is due.
    ///
    /// # Errors
    ///
    /// Returns an error if the connection ends in place of the response.
    pub(super) async fn begin(&self, fate: &Fate) -> io::Result<()> {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        match &self.fault {
            Some(fault) if self.after_pieces.is_none() && self.after_bytes.is_none() => Err(fail(fault, fate).await),
            _ => Ok(()),
        }
    }

    /// Sends the pieces of a body.
    pub(super) fn body(self, pieces: Pieces, fate: Arc<Fate>) -> Frames {
        let course = Course { delivery: self, pieces, fate, sent: 0, bytes: 0, has_failed: false };
        Box::pin(stream::unfold(course, |mut course| async {
            let piece = course.next().await?;
            Some((piece.map(Frame::data), course))
        }))
    }
}

impl Course {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.has_failed {
            return None;
        }
        if let Some(fault) = self.delivery.fault.clone().filter(|_| self.is_at_fault()) {
            self.has_failed = true;
            return Some(Err(fail(&fault, &self.fate).await));
        }
        let mut piece = self.pieces.next()?;
        if self.sent > 0 && !self.delivery.pause.is_zero() {
            tokio::time::sleep(self.delivery.pause).await;
        }
        if let Some(after) = self.delivery.after_bytes.filter(|_| self.delivery.fault.is_some()) {
            piece.truncate(usize::try_from(after).unwrap_or(usize::MAX).saturating_sub(self.bytes));
        }
        self.sent = self.sent.saturating_add(1);
        self.bytes = self.bytes.saturating_add(piece.len());
        Some(Ok(piece))
    }

    fn is_at_fault(&self) -> bool {
        let has_bytes = |after: u32| usize::try_from(after).is_ok_and(|after| self.bytes >= after);
        self.delivery.after_pieces.is_some_and(|after| self.sent >= after)
            || self.delivery.after_bytes.is_some_and(has_bytes)
    }
}

/// Ends or stalls a connection over HTTP, which has no close frame: a close cuts it.
async fn fail(fault: &FaultToml, fate: &Fate) -> io::Error {
    match fault {
        FaultToml::Silence => std::future::pending::<()>().await,
        FaultToml::Reset => {
            tokio::time::sleep(BEFORE_END).await;
            // The reset never returns.
            drop(fate.reset().await);
        }
        FaultToml::Cut | FaultToml::Close { .. } => tokio::time::sleep(BEFORE_END).await,
    }
    io::Error::other("the script ends the connection")
}

/// The time in which a client can read what was sent before the connection ends.
pub(super) const BEFORE_END: Duration = Duration::from_millis(50);

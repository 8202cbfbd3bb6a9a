//! A WebSocket of the service: messages of one turn go out and come in, and every wait has a limit.

use std::time::Duration;

use futures_util::SinkExt as _;
use tokio::time::timeout;

use super::Socket;
use super::hold::{End, PATIENCE, close, end_of, next};
use crate::diagnose::evidence::{Failure, FailureKind};
use crate::net::{SpeechBody, SpeechMessage};

/// A socket with the turn that it carries.
#[derive(Debug)]
pub(crate) struct SpeechSocket {
    socket: Socket,
    /// `X-RequestId`: 32 hexadecimal digits.
    request_id: String,
}

/// A turn that ends early.
#[derive(Clone, Debug)]
pub(crate) struct TurnEnd {
    /// The reason.
    pub(crate) failure: Failure,
    /// The close frame of the service, with its code and its reason.
    pub(crate) close: Option<(u16, String)>,
}

impl SpeechSocket {
    /// Returns a socket with a new turn.
    pub(crate) fn new(mut socket: Socket, request_id: String) -> Self {
        socket.get_mut().allow(Some(MOST_OF_A_TURN));
        Self { socket, request_id }
    }

    /// Returns a message of this turn.
    pub(crate) fn message(&self, path: &str, body: impl Into<SpeechBody>) -> SpeechMessage {
        SpeechMessage::new(path, &self.request_id, body)
    }

    /// Sends a message.
    ///
    /// # Errors
    ///
    /// Returns the end of the turn if the socket is closed or takes no bytes within the limit.
    pub(crate) async fn send(&mut self, message: &SpeechMessage, limit: Duration) -> Result<(), TurnEnd> {
        let frame = message.write().map_err(|error| TurnEnd::protocol(error.to_string()))?;
        match timeout(limit, self.socket.send(frame)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                // The close frame of the service may still be unread.
                let end = match timeout(PATIENCE.min(limit), self.last_words()).await {
                    Ok(end) => end,
                    Err(_) => end_of(&error),
                };
                Err(TurnEnd::of(end))
            }
            Err(_) => {
                let text = format!("the peer reads nothing for {} ms", limit.as_millis());
                Err(TurnEnd { failure: Failure::new(FailureKind::TimedOut, text), close: None })
            }
        }
    }

    /// Returns how the service ended the socket, after the messages that it sent before.
    async fn last_words(&mut self) -> End {
        loop {
            if let Err(end) = next(&mut self.socket).await {
                return end;
            }
        }
    }

    /// Returns the next message of the turn. `awaited` names it in the failure.
    ///
    /// # Errors
    ///
    /// Returns the end of the turn if no message arrives within the limit, whatever other frames do.
    pub(crate) async fn next(&mut self, awaited: &str, limit: Duration) -> Result<SpeechMessage, TurnEnd> {
        timeout(limit, self.message_of_turn()).await.unwrap_or_else(|_| {
            let text = format!("no {awaited} within {} ms", limit.as_millis());
            Err(TurnEnd { failure: Failure::new(FailureKind::TimedOut, text), close: None })
        })
    }

    async fn message_of_turn(&mut self) -> Result<SpeechMessage, TurnEnd> {
        loop {
            let frame = next(&mut self.socket).await.map_err(TurnEnd::of)?;
            let Some(message) = SpeechMessage::read(&frame) else { continue };
            let message = message.map_err(|error| TurnEnd::protocol(error.to_string()))?;
            let is_of_turn = |id: &str| id.is_empty() || id.replace('-', "").eq_ignore_ascii_case(&self.request_id);
            if message.header("X-RequestId").is_none_or(is_of_turn) {
                return Ok(message);
            }
        }
    }

    /// Closes the socket.
    pub(crate) async fn close(mut self, limit: Duration) {
        close(&mut self.socket, limit).await;
    }
}

impl TurnEnd {
    fn protocol(text: String) -> Self {
        Self { failure: Failure::new(FailureKind::Protocol, text), close: None }
    }

    fn of(end: End) -> Self {
        let (kind, text) = match &end {
            End::Closed(Some((code, reason))) if reason.is_empty() => {
                (FailureKind::Closed, format!("closed with {code}"))
            }
            End::Closed(Some((code, reason))) => (FailureKind::Closed, format!("closed with {code}: {reason}")),
            End::Closed(None) => (FailureKind::Closed, "closed with an empty close frame".to_owned()),
            End::Reset => (FailureKind::Reset, "the connection is reset".to_owned()),
            End::Cut => (FailureKind::Reset, "the connection ends without a close frame".to_owned()),
            End::Flooded => {
                let text = format!("more than {} MiB arrive in one turn", MOST_OF_A_TURN >> 20);
                (FailureKind::Flooded, text)
            }
        };
        let close = match end {
            End::Closed(close) => close,
            _ => None,
        };
        Self { failure: Failure::new(kind, text), close }
    }
}

/// What the service may send in one turn, in bytes. A sentence has about 100 KB of audio.
const MOST_OF_A_TURN: u32 = 16 << 20;

//! An open socket without traffic: whether the peer answers a ping, and who ends the connection. A firewall that drops
//! idle connections sends no notice, so only a ping after the silence detects it.

use std::io::ErrorKind;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::task::coop::consume_budget;
use tokio::time::{Instant, timeout, timeout_at};
use tungstenite::{Error, Message};

use super::Socket;
use crate::diagnose::evidence::saved::milliseconds;
use crate::diagnose::evidence::{Failure, FailureKind, HoldEnd, HoldFacts, UpgradeFacts};
use crate::net::printable::line;

/// The end of a socket.
pub(super) enum End {
    /// A close frame, with its code and its reason.
    Closed(Option<(u16, String)>),
    Reset,
    /// The end of the stream without a close frame.
    Cut,
    /// The peer sends without end.
    Flooded,
}

/// Sends a ping. A peer that closes right after the upgrade does so before it answers, which returns a failure.
pub(crate) async fn ping(socket: &mut Socket, facts: &mut UpgradeFacts, limit: Duration) -> Option<Failure> {
    let begun = Instant::now();
    socket.get_mut().allow(Some(ALLOWANCE));
    let end = match timeout(limit.min(PATIENCE), ping_and_wait(socket)).await {
        Ok(Err(end)) => end,
        Ok(Ok(())) => {
            facts.is_alive = Some(true);
            return None;
        }
        // A peer that does not answer a ping has not closed the socket.
        Err(_) => {
            facts.is_alive = Some(false);
            return None;
        }
    };
    let after = begun.elapsed();
    if matches!(end, End::Flooded) {
        return Some(Failure::new(
            FailureKind::Flooded,
            format!("more than {} KiB arrive without a request", ALLOWANCE >> 10),
        ));
    }
    facts.closed_after_ms = Some(milliseconds(after));
    let words = match end {
        End::Closed(Some((code, reason))) => {
            let words = if reason.is_empty() { String::new() } else { format!(": {reason}") };
            (facts.close_code, facts.close_reason) = (Some(code), Some(reason));
            format!("closed with {code}{words}")
        }
        _ => "closed without a close frame".to_owned(),
    };
    Some(Failure::new(FailureKind::Closed, format!("{words}, {} ms after it had opened", after.as_millis())))
}

/// Closes a socket. An error means that the peer has closed it already.
pub(crate) async fn close(socket: &mut Socket, limit: Duration) {
    let _ = timeout(PATIENCE.min(limit), socket.close(None)).await;
}

/// The time limits for holding a socket.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub(crate) struct HoldLimits {
    /// The time for which nothing is sent.
    pub(crate) time: Duration,
    /// The time limit of the ping after it.
    pub(crate) step: Duration,
    /// The deadline for everything, including the ping.
    pub(crate) end: Instant,
}

impl HoldLimits {
    #[must_use]
    pub(crate) fn new(time: Duration, step: Duration, end: Instant) -> Self {
        Self { time, step, end }
    }
}

/// Keeps a socket open without sending anything, and then sends a ping to check the connection. Calls `left` once a
/// second with the time left.
pub(crate) async fn hold(socket: &mut Socket, limits: HoldLimits, left: impl Fn(Duration)) -> HoldFacts {
    let begun = Instant::now();
    let until = limits.end.min(begun + limits.time);
    let mut heard = begun;
    let end = loop {
        left(until.saturating_duration_since(Instant::now()));
        match timeout_at(until.min(Instant::now() + TICK), next(socket)).await {
            Ok(Err(end)) => break Some(end),
            // A peer that always has a message ready must not prolong the hold.
            Err(_) | Ok(Ok(_)) if Instant::now() >= until => break None,
            // A late answer to the ping before the silence is not a message of the peer.
            Err(_) | Ok(Ok(Message::Pong(_))) => {}
            Ok(Ok(_)) => heard = Instant::now(),
        }
    };
    let now = Instant::now();
    let (held, silent) = (now - begun, now - heard);
    let facts = HoldFacts { wanted: limits.time, held, silent, ..HoldFacts::default() };
    match end {
        Some(end) => ended(facts, end),
        None => check(socket, facts, limits).await,
    }
}

/// Checks with a ping whether the connection survived the silence.
async fn check(socket: &mut Socket, facts: HoldFacts, limits: HoldLimits) -> HoldFacts {
    let limit = limits.step.min(limits.end.saturating_duration_since(Instant::now()));
    if limit < PATIENCE.min(limits.step) {
        return HoldFacts { end: HoldEnd::Open, ..facts };
    }
    let begun = Instant::now();
    match timeout(limit, ping_and_wait(socket)).await {
        Ok(Ok(())) => HoldFacts { end: HoldEnd::Open, pong_ms: Some(milliseconds(begun.elapsed())), ..facts },
        Ok(Err(end)) => ended(facts, end),
        Err(_) => HoldFacts { end: HoldEnd::Silent, ..facts },
    }
}

fn ended(facts: HoldFacts, end: End) -> HoldFacts {
    match end {
        End::Closed(frame) => {
            let (close_code, close_reason) = frame.unzip();
            HoldFacts { end: HoldEnd::Closed, close_code, close_reason, ..facts }
        }
        End::Reset => HoldFacts { end: HoldEnd::Reset, ..facts },
        End::Cut => HoldFacts { end: HoldEnd::Cut, ..facts },
        End::Flooded => HoldFacts { end: HoldEnd::Flooded, ..facts },
    }
}

/// Sends a ping and waits for the pong.
async fn ping_and_wait(socket: &mut Socket) -> Result<(), End> {
    if let Err(error) = socket.send(Message::Ping(PING.into())).await {
        // The close frame of the peer may still be unread.
        return Err(match next(socket).await {
            Err(end @ (End::Closed(_) | End::Flooded)) => end,
            _ => end_of(&error),
        });
    }
    loop {
        if let Message::Pong(_) = next(socket).await? {
            return Ok(());
        }
    }
}

/// Returns the next message, or the end of the socket.
pub(super) async fn next(socket: &mut Socket) -> Result<Message, End> {
    // One read can bring thousands of frames, and the timers of the run must have their turn between them.
    consume_budget().await;
    match socket.next().await {
        Some(Ok(Message::Close(frame))) => {
            let frame = frame.map(|frame| (u16::from(frame.code), line(&frame.reason, LONGEST_REASON)));
            Err(End::Closed(frame))
        }
        _ if socket.get_ref().is_flooded() => Err(End::Flooded),
        Some(Ok(message)) => Ok(message),
        Some(Err(error)) => Err(end_of(&error)),
        None => Err(End::Cut),
    }
}

pub(super) fn end_of(error: &Error) -> End {
    match error {
        Error::Io(error)
            if matches!(
                error.kind(),
                ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe
            ) =>
        {
            End::Reset
        }
        _ => End::Cut,
    }
}

/// What a peer may send on an open socket before it floods it, in bytes. Nothing was asked for, so a service sends a greeting
/// and pings at most.
const ALLOWANCE: u32 = 256 << 10;

/// The payload of a ping.
const PING: &[u8] = b"speech-endpoint";

/// The limit for a pong and for a close. A peer needs one round trip, and 500 ms is a long one.
pub(super) const PATIENCE: Duration = Duration::from_millis(500);

/// The interval of the calls that report the time left.
const TICK: Duration = Duration::from_secs(1);

/// The longest reason of a close frame: 123 bytes (RFC 6455, section 5.5).
const LONGEST_REASON: usize = 123;

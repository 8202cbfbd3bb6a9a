//! An open socket: whether it answers, and what becomes of it when nobody says anything.

use std::io::ErrorKind;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::{Instant, timeout, timeout_at};
use tungstenite::{Error, Message};

use super::Socket;
use crate::diagnose::evidence::saved::milliseconds;
use crate::diagnose::evidence::{Failure, FailureKind, HoldEnd, HoldFacts, UpgradeFacts};

/// How a socket ended.
enum End {
    /// With a close frame: its code and its reason.
    Closed(Option<(u16, String)>),
    Reset,
    /// Without a close frame.
    Cut,
}

/// Sends a ping and waits for its answer, so that a peer that closes at once is seen without waiting for nothing.
pub(crate) async fn greet(socket: &mut Socket, facts: &mut UpgradeFacts, limit: Duration) -> Option<Failure> {
    let begun = Instant::now();
    let end = match timeout(limit.min(PATIENCE), ping(socket)).await {
        Ok(Err(end)) => end,
        Ok(Ok(())) => {
            facts.is_alive = Some(true);
            return None;
        }
        // Who does not answer a ping is not closed.
        Err(_) => {
            facts.is_alive = Some(false);
            return None;
        }
    };
    let after = begun.elapsed();
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

/// Says good-bye. The peer may be gone by now, which is as good.
pub(crate) async fn leave(socket: &mut Socket, limit: Duration) {
    let _ = timeout(PATIENCE.min(limit), socket.close(None)).await;
}

/// How long, and until when.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub(crate) struct Hold {
    /// The time for which nothing is sent.
    pub(crate) time: Duration,
    /// The time limit of the ping after it.
    pub(crate) step: Duration,
    /// When all must be over, the ping too.
    pub(crate) end: Instant,
}

impl Hold {
    /// How long, how long for the ping after it, and until when.
    #[must_use]
    pub(crate) fn new(time: Duration, step: Duration, end: Instant) -> Self {
        Self { time, step, end }
    }
}

/// Keeps a socket open and sends nothing; then a ping shows whether the connection still works. `left` is called once a
/// second with the time left.
pub(crate) async fn hold(socket: &mut Socket, terms: Hold, left: impl Fn(Duration)) -> HoldFacts {
    let begun = Instant::now();
    let until = terms.end.min(begun + terms.time);
    let mut heard = begun;
    let end = loop {
        left(until.saturating_duration_since(Instant::now()));
        match timeout_at(until.min(Instant::now() + TICK), next(socket)).await {
            Err(_) if Instant::now() >= until => break None,
            // A late answer to a ping from before says nothing.
            Err(_) | Ok(Ok(Message::Pong(_))) => {}
            Ok(Ok(_)) => heard = Instant::now(),
            Ok(Err(end)) => break Some(end),
        }
    };
    let now = Instant::now();
    let (held, silent) = (now - begun, now - heard);
    let facts = HoldFacts { wanted: terms.time, held, silent, ..HoldFacts::default() };
    match end {
        Some(end) => ended(facts, end),
        None => asked(socket, facts, terms).await,
    }
}

/// Whether a ping after the silence is answered: a way that has forgotten the connection shows only by that.
async fn asked(socket: &mut Socket, facts: HoldFacts, terms: Hold) -> HoldFacts {
    let limit = terms.step.min(terms.end.saturating_duration_since(Instant::now()));
    if limit < PATIENCE.min(terms.step) {
        return HoldFacts { end: HoldEnd::Open, ..facts };
    }
    let begun = Instant::now();
    match timeout(limit, ping(socket)).await {
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
    }
}

/// Sends a ping and waits for its answer.
async fn ping(socket: &mut Socket) -> Result<(), End> {
    if let Err(error) = socket.send(Message::Ping(PING.into())).await {
        // What it said before it went may not have been read yet.
        return Err(match next(socket).await {
            Err(end @ End::Closed(_)) => end,
            _ => end_of(&error),
        });
    }
    loop {
        if let Message::Pong(_) = next(socket).await? {
            return Ok(());
        }
    }
}

/// The next message, or how the socket ended.
async fn next(socket: &mut Socket) -> Result<Message, End> {
    match socket.next().await {
        Some(Ok(Message::Close(frame))) => {
            let told =
                frame.map(|frame| (u16::from(frame.code), crate::net::http::line(&frame.reason, LONGEST_REASON)));
            Err(End::Closed(told))
        }
        Some(Ok(message)) => Ok(message),
        Some(Err(error)) => Err(end_of(&error)),
        None => Err(End::Cut),
    }
}

fn end_of(error: &Error) -> End {
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

const PING: &[u8] = b"speech-endpoint";

/// A peer that closes at once does so within a round trip; this is a long one.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often who watches is told.
const TICK: Duration = Duration::from_secs(1);

/// The longest reason that a close frame can hold has 123 bytes.
const LONGEST_REASON: usize = 123;

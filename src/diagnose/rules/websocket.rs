//! Rules of WebSockets.

use super::http::signed;
use super::refusal::{Closing, quoted};
use super::sight::lasting;
use super::{Rule, Seen, Sight};
use crate::diagnose::evidence::{FailureKind, HoldEnd, HoldFacts};

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[
    Rule::target("WS01", damaged, &[]),
    Rule::target("WS02", closed_at_once, &[]),
    Rule::target("WS03", cut_when_idle, &[]),
    Rule::target("WS04", closed_for_a_fault, &[]),
    Rule::target("WS05", recycled, &[]),
];

/// WS01: 101, but not in answer to the key that was sent, or without a word of what was switched to.
fn damaged(sight: &Sight<'_>) -> Option<Seen> {
    let failure = sight.trace.websocket.failure().filter(|failure| failure.kind == FailureKind::Protocol)?;
    let facts = sight.upgrade().filter(|facts| facts.reply.status == 101)?;
    let seen = Seen::new(format!("`{}` answers 101{}: {failure}", sight.host(), signed(&facts.reply)))
        .not("WS02", "it is not closed, it is no WebSocket from the beginning")
        .not("HTTP04", "the upgrade was answered with 101")
        .not_if(sight.proxied().is_none().then_some("no proxy applies"), "PXY05");
    Some(seen)
}

/// WS02: opened, and gone without a reason of use.
fn closed_at_once(sight: &Sight<'_>) -> Option<Seen> {
    let closed = closed(sight).filter(|closed| closed.is_at_once && closed.why == Closing::Unnamed)?;
    let has_code = sight.upgrade()?.close_code.is_some();
    let seen = Seen::new(closed.words)
        .not("WS03", "it was not idle")
        .not("HTTP04", "the upgrade was answered with 101")
        .not_if((!has_code).then_some("no close frame gives a reason"), "WS04");
    Some(seen)
}

/// WS03: nobody spoke, and without a word of the service it is gone.
fn cut_when_idle(sight: &Sight<'_>) -> Option<Seen> {
    let hold = sight.held().filter(|hold| !is_near_mark(hold))?;
    let (host, silent) = (sight.host(), lasting(hold.silent));
    let was_alive = sight.upgrade()?.is_alive == Some(true);
    let text = match hold.end {
        HoldEnd::Cut | HoldEnd::Reset if hold.held >= hold.wanted => {
            format!("the socket to `{host}` is gone when a ping is sent after {silent} of silence")
        }
        HoldEnd::Cut => format!("the socket to `{host}` ends without a close frame after {silent} of silence"),
        HoldEnd::Reset => format!("the socket to `{host}` is reset after {silent} of silence"),
        // One that answered no ping before says nothing by answering none.
        HoldEnd::Silent if was_alive => {
            format!("the socket to `{host}` answers a ping before {silent} of silence, and none after it")
        }
        _ => return None,
    };
    Some(Seen::new(text).not("WS02", "it was open before").not("WS05", "no close frame of the service says so"))
}

/// WS04: the service itself says what it closes for.
fn closed_for_a_fault(sight: &Sight<'_>) -> Option<Seen> {
    let closed = closed(sight).filter(|closed| closed.why == Closing::Fault)?;
    let seen = Seen::new(closed.words)
        .not("WS02", "it is closed in order, with a code and a reason")
        .not("QUO02", "the reason names no quota")
        .not("HTTP04", "the upgrade was answered with 101");
    Some(seen)
}

/// WS05: the service says that it recycles, or a cut comes when it does.
fn recycled(sight: &Sight<'_>) -> Option<Seen> {
    let hold = sight.held()?;
    let is_told = hold.close_code == Some(RESTART)
        || hold.close_reason.as_deref().is_some_and(|reason| reason.contains("shutting down"));
    match hold.end {
        HoldEnd::Closed if is_told => Some(Seen::new(closed(sight)?.words)),
        HoldEnd::Cut | HoldEnd::Reset if is_near_mark(hold) => {
            let after = lasting(hold.held);
            let text = format!("the socket to `{}` ends after {after}, near a multiple of 10 minutes", sight.host());
            Some(Seen::new(text))
        }
        _ => None,
    }
}

/// Whether it ended when the service recycles: at a multiple of ten minutes.
fn is_near_mark(hold: &HoldFacts) -> bool {
    let after = hold.held.as_secs() + NEAR;
    hold.held < hold.wanted && after >= MARK && after % MARK <= 2 * NEAR
}

/// A socket that was closed.
pub(super) struct Closed {
    /// When, and how.
    pub(super) words: String,
    /// For what.
    pub(super) why: Closing,
    /// Right after it had opened, and not while it was held in silence.
    is_at_once: bool,
}

/// How a socket was closed that had opened.
pub(super) fn closed(sight: &Sight<'_>) -> Option<Closed> {
    let (facts, host) = (sight.upgrade()?, sight.host());
    if sight.trace.websocket.failure().is_some_and(|failure| failure.kind == FailureKind::Closed) {
        let (code, reason) = (facts.close_code, facts.close_reason.as_deref().unwrap_or_default());
        let after = facts.closed_after_ms.map(|millis| format!(" {millis:.0} ms")).unwrap_or_default();
        let words = format!("`{host}` answers 101 and closes{after} later {}", frame(code, reason));
        return Some(Closed { words, why: Closing::of(code, reason), is_at_once: true });
    }
    let hold = sight.held().filter(|hold| hold.end == HoldEnd::Closed)?;
    let (code, reason) = (hold.close_code, hold.close_reason.as_deref().unwrap_or_default());
    let words = format!("`{host}` closes after {} of silence {}", lasting(hold.silent), frame(code, reason));
    Some(Closed { words, why: Closing::of(code, reason), is_at_once: false })
}

/// What a close frame says.
fn frame(code: Option<u16>, reason: &str) -> String {
    match code {
        Some(code) if reason.is_empty() => format!("with {code}"),
        Some(code) => format!("with {code} {}", quoted(reason)),
        None => "without a close frame".to_owned(),
    }
}

/// `Service Restart`. <https://www.iana.org/assignments/websocket/websocket.xhtml>
const RESTART: u16 = 1012;

/// In seconds: instances are recycled at multiples of it.
const MARK: u64 = 600;

/// In seconds: a cut so near counts as one at the mark.
const NEAR: u64 = 5;

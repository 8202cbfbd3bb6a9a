//! Rules of WebSockets.

use super::context::{Closed, ClosedWhen, neighbours};
use super::refusal::{Closing, signed};
use super::wording::{lasting, shown};
use super::{Observation, Rule, RuleContext, round_trip};
use crate::diagnose::catalogue::Severity;
use crate::diagnose::evidence::{Address, FailureKind, HoldEnd, HoldFacts, Trace};

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[
    Rule::target("WS01", damaged, &[]),
    Rule::target("WS02", closed_at_once, &[]),
    Rule::target("WS03", cut_when_idle, &[]),
    Rule::target("WS04", closed_for_a_fault, &[]),
    Rule::target("WS05", recycled, &[]),
    Rule::target("WS06", stalled, &[]),
    Rule::target("WS07", flooded, &["WS02", "WS03"]),
    Rule::target("WS08", ended_together, &[]),
    Rule::target("WS09", round_trip::broken_turn, &[]),
];

/// WS01: 101, but not for the key that was sent, or without the upgraded protocol.
fn damaged(context: &RuleContext<'_>) -> Option<Observation> {
    let failure = context.trace.websocket.failure().filter(|failure| failure.kind == FailureKind::Protocol)?;
    let facts = context.upgrade().filter(|facts| facts.reply.status == 101)?;
    let observation = Observation::new(format!("`{}` answers 101{}: {failure}", context.host(), signed(&facts.reply)))
        .not("WS02", "the connection was never upgraded, so this is not a closed socket")
        .not("HTTP04", "the upgrade was answered with 101")
        .not_if(context.proxied().is_none().then_some("no proxy applies"), "PXY05");
    Some(observation)
}

/// WS02: closed right after the upgrade, without a usable reason.
fn closed_at_once(context: &RuleContext<'_>) -> Option<Observation> {
    let is_early = |closed: &Closed| matches!(closed.when, ClosedWhen::AtOnce | ClosedWhen::BeforeTurn);
    let is_it = |closed: &Closed| is_early(closed) && closed.why == Closing::Unnamed && !closed.is_recycled;
    let closed = context.closed().filter(is_it)?;
    let in_trip = context.trip().and_then(|trip| trip.close_code);
    let has_code = context.upgrade()?.close_code.or(in_trip).is_some();
    let observation = Observation::new(closed.words)
        .not("WS03", "it was not idle")
        .not("HTTP04", "the upgrade was answered with 101")
        .not_if((!has_code).then_some("no close frame gives a reason"), "WS04");
    Some(observation)
}

/// WS03: cut while idle, without a close frame from the service.
fn cut_when_idle(context: &RuleContext<'_>) -> Option<Observation> {
    let hold = context.held().filter(|hold| !is_near_mark(hold))?;
    let (host, silent) = (context.host(), lasting(hold.silent));
    let was_alive = context.upgrade()?.is_alive == Some(true);
    let text = match hold.end {
        HoldEnd::Cut | HoldEnd::Reset if hold.held >= hold.wanted => {
            format!("the socket to `{host}` is closed when pinged after being idle for {silent}")
        }
        HoldEnd::Cut => format!("the socket to `{host}` ends without a close frame after being idle for {silent}"),
        HoldEnd::Reset => format!("the socket to `{host}` is reset after being idle for {silent}"),
        // A peer that never answers a ping shows nothing by not answering this one.
        HoldEnd::Silent if was_alive => {
            format!("the socket to `{host}` answers a ping before {silent} of idle time but not after it")
        }
        _ => return None,
    };
    // Where another socket outlives the same silence, a timer is the less likely cause.
    let observation = Observation::new(text)
        .ranked(u8::from(Together::of(context).is_some()))
        .not("WS02", "it was open before")
        .not("WS05", "no close frame from the service says so");
    Some(observation)
}

/// WS04: the service itself gives the reason of the close.
fn closed_for_a_fault(context: &RuleContext<'_>) -> Option<Observation> {
    let closed = context.closed().filter(|closed| closed.why == Closing::Fault)?;
    let observation = Observation::new(closed.words)
        .not("WS02", "it is closed with a code and a reason")
        .not("QUO02", "the reason names no quota")
        .not("HTTP04", "the upgrade was answered with 101");
    Some(observation)
}

/// WS05: the service says that it recycles the connection, or a cut comes at the time when it does.
fn recycled(context: &RuleContext<'_>) -> Option<Observation> {
    if let Some(closed) = context.closed().filter(|closed| closed.is_recycled) {
        return Some(Observation::new(closed.words));
    }
    let hold = context.held()?;
    match hold.end {
        HoldEnd::Cut | HoldEnd::Reset if is_near_mark(hold) => {
            let after = lasting(hold.held);
            let text = format!("the socket to `{}` ends after {after}, near a multiple of 10 minutes", context.host());
            Some(Observation::new(text))
        }
        _ => None,
    }
}

/// WS06: the socket opens, and then nothing arrives on it, or the turn of a round trip stalls. Every peer has to answer a ping (RFC 6455, section 5.5.2). Whether
/// this service does is not documented, so only a socket beside it that answers makes more of it than a remark.
fn stalled(context: &RuleContext<'_>) -> Option<Observation> {
    if let Some(observation) = round_trip::stalled(context) {
        return Some(observation);
    }
    let hold = context.held().filter(|hold| hold.end == HoldEnd::Silent)?;
    let facts = context.upgrade().filter(|facts| facts.is_alive == Some(false))?;
    let (host, status, silent) = (context.host(), facts.reply.status, lasting(hold.silent));
    let text = format!(
        "`{host}` answers the upgrade with {status}, and then nothing arrives: neither a ping at once nor one after {silent} \
            of idle time is answered"
    );
    let is_answered = |trace: &&Trace| trace.websocket.found().is_some_and(|facts| facts.is_alive == Some(true));
    let other = neighbours(context.evidence).iter().find(is_answered);
    let beside = other.map(|trace| format!("; `{}` answers pings", trace.target.host)).unwrap_or_default();
    let observation = Observation::new(format!("{text}{beside}"))
        .at(if other.is_some() { Severity::Warning } else { Severity::Info })
        .not("WS02", "the socket stays open")
        .not("WS03", "the socket was silent before it was idle")
        .not_if(context.proxied().is_none().then_some("no proxy applies"), "PXY05");
    Some(observation)
}

/// WS07: the peer sends without end, at once or while the socket is idle.
fn flooded(context: &RuleContext<'_>) -> Option<Observation> {
    let at_once = context.trace.websocket.failure().filter(|failure| failure.kind == FailureKind::Flooded);
    let text = if let Some(failure) = at_once {
        format!("`{}` answers 101 and floods the socket: {failure}", context.host())
    } else if let Some(hold) = context.held().filter(|hold| hold.end == HoldEnd::Flooded) {
        format!("`{}` floods the idle socket after {}", context.host(), lasting(hold.held))
    } else {
        let trip = context.failed_trip(&[FailureKind::Flooded]).filter(|_| context.trace.target.is_websocket)?;
        let failure = trip.failure.as_ref()?;
        format!("`{}` is asked to {} and floods the socket: {failure}", context.host(), trip.exchange.title())
    };
    let observation = Observation::new(text)
        .not("WS02", "the peer has not closed the socket")
        .not("HTTP04", "the upgrade was answered with 101");
    Some(observation)
}

/// WS08: it ends at the same instant as another one, and a third one outlives the same silence.
fn ended_together(context: &RuleContext<'_>) -> Option<Observation> {
    let together = Together::of(context)?;
    let (host, survivor) = (context.host(), together.survivor);
    let text = format!(
        "the sockets to `{host}` and `{}` end within {:.0} ms of each other, without a close frame, and that to `{}`{} stays open",
        together.neighbour.target.host,
        together.apart_ms.ceil().max(1.0),
        survivor.target.host,
        address_of(survivor),
    );
    let observation = Observation::new(text)
        .not("WS02", "it was open before")
        .not("WS05", "no close frame from the service says so")
        .not("TCP03", "the socket was open");
    Some(observation)
}

/// A socket that ends together with a neighbour, while another one stays open.
struct Together<'a> {
    neighbour: &'a Trace,
    apart_ms: f64,
    survivor: &'a Trace,
}

impl<'a> Together<'a> {
    fn of(context: &RuleContext<'a>) -> Option<Self> {
        let hold = context.held().filter(|hold| is_cut(hold) && !is_near_mark(hold))?;
        let ended = hold.ended_ms?;
        let idle_of = |trace: &'a Trace| Some((trace, trace.websocket.found()?.hold.as_ref()?));
        let apart = |other: &HoldFacts| other.ended_ms.filter(|_| is_cut(other)).map(|other| (other - ended).abs());
        let (neighbour, apart_ms) = context
            .others()
            .filter_map(idle_of)
            .filter_map(|(trace, other)| Some((trace, apart(other)?)))
            .find(|(_, apart)| *apart <= AT_ONCE_MS)?;
        let (survivor, _) = context
            .others()
            .filter_map(idle_of)
            .find(|(_, other)| other.end == HoldEnd::Open && other.silent >= hold.silent)?;
        Some(Self { neighbour, apart_ms, survivor })
    }
}

/// Whether something on the path ended the socket before its time.
fn is_cut(hold: &HoldFacts) -> bool {
    matches!(hold.end, HoldEnd::Cut | HoldEnd::Reset) && hold.held < hold.wanted
}

/// The address of a connection, in words.
fn address_of(trace: &Trace) -> String {
    let connected = trace.tcp.found().and_then(|facts| facts.connected);
    connected.map(|peer| format!(" at {}", shown(Address::from(peer.ip())))).unwrap_or_default()
}

/// Whether the socket ended when the service recycles: at a multiple of ten minutes.
fn is_near_mark(hold: &HoldFacts) -> bool {
    let after = hold.held.as_secs() + NEAR;
    hold.held < hold.wanted && after >= MARK && after % MARK <= 2 * NEAR
}

/// In milliseconds: sockets that end this close to each other end together. A change of the network reaches all of them at
/// once; the rest is scheduling.
const AT_ONCE_MS: f64 = 250.0;

/// In seconds: the service recycles instances at multiples of it.
const MARK: u64 = 600;

/// In seconds: a cut this near counts as one at the mark.
const NEAR: u64 = 5;

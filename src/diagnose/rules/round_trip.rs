//! Facts about round trips that rules share, and the rules of content: what only the answer to a real request shows.

use super::refusal::{Closing, quoted};
use super::{Observation, RuleContext};
use crate::diagnose::catalogue::Severity;
use crate::diagnose::evidence::{Exchange, FailureKind, Phase, RoundTrip, SentAudio};

impl<'a> RuleContext<'a> {
    /// The round trip, if one was tried.
    pub(super) fn trip(&self) -> Option<&'a RoundTrip> {
        self.trace.round_trip.as_ref().filter(|trip| trip.untried.is_none())
    }

    /// The round trip, if it failed in one of these ways.
    pub(super) fn failed_trip(&self, kinds: &[FailureKind]) -> Option<&'a RoundTrip> {
        self.trip().filter(|trip| trip.failure.as_ref().is_some_and(|failure| kinds.contains(&failure.kind)))
    }
}

/// HTTP09: the service speaks a sentence, and nothing can be heard.
pub(super) fn inaudible(context: &RuleContext<'_>) -> Option<Observation> {
    let trip = context.trip().filter(|trip| trip.is_complete() && trip.exchange == Exchange::Speak)?;
    let (host, characters) = (context.host(), trip.sent_characters);
    let text = match trip.is_silent {
        _ if trip.audio_bytes == 0 => format!("`{host}` speaks {characters} characters and sends no audio"),
        Some(true) => {
            let lasts = trip.audio_ms.unwrap_or_default();
            format!("`{host}` speaks {characters} characters, and all {lasts:.0} ms of the audio are silent")
        }
        _ => return None,
    };
    let observation = Observation::new(text)
        .not("QUO01", "the service serves the request to its end")
        .not("WS06", "the service ends the turn");
    Some(observation)
}

/// HTTP10: the speech of this run is not recognised, or the turn has no result at all.
pub(super) fn not_recognised(context: &RuleContext<'_>) -> Option<Observation> {
    let trip = context.trip()?;
    let host = context.host();
    if trip.phase == Phase::Result && trip.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Protocol)
    {
        let is_turn = context.trace.target.is_websocket;
        return is_turn.then(|| {
            let text = format!("`{host}` ends the turn without a result");
            Observation::new(text).at(Severity::Error).not("WS06", "the service ends the turn")
        });
    }
    let is_heard = trip.is_complete() && trip.sent_audio == Some(SentAudio::Spoken);
    let status = trip.recognition_status.as_deref().filter(|status| is_heard && *status != "Error")?;
    let text = match (trip.is_alike, trip.text.as_deref()) {
        (Some(true), _) => return None,
        (Some(false), Some(text)) => {
            format!("`{host}` recognises {}, which has no word of the sentence that was spoken", quoted(text))
        }
        _ => format!("`{host}` answers {} to a sentence that was spoken in this run", quoted(status)),
    };
    Some(Observation::new(text).not("WS06", "the service sends a result"))
}

/// HTTP11: a text is recognised, but not translated.
pub(super) fn not_translated(context: &RuleContext<'_>) -> Option<Observation> {
    let trip = context.trip().filter(|trip| trip.is_complete() && trip.exchange == Exchange::Translate)?;
    let wanted = trip.wanted_language.as_deref()?;
    let text = trip.text.as_deref()?;
    let is_wanted = |language: &String| primary(language).eq_ignore_ascii_case(primary(wanted));
    if trip.translated_languages.iter().any(is_wanted) {
        return None;
    }
    let got = match trip.translated_languages.as_slice() {
        [] => format!("no translation to {}", quoted(wanted)),
        languages => format!("a translation to {}, not to {}", quoted(&languages.join(", ")), quoted(wanted)),
    };
    let observation = Observation::new(format!("`{}` recognises {} and sends {got}", context.host(), quoted(text)));
    Some(observation.not("HTTP02", "the service accepts the request"))
}

/// The language of a locale: `de` for `de-DE`.
fn primary(locale: &str) -> &str {
    locale.split('-').next().unwrap_or_default()
}

/// WS06: the socket opens, and in the turn something never arrives.
pub(super) fn stalled(context: &RuleContext<'_>) -> Option<Observation> {
    let trip = context.trip().filter(|_| context.trace.target.is_websocket)?;
    let failure = trip.failure.as_ref()?;
    let is_silent = failure.kind == FailureKind::TimedOut && trip.phase > Phase::Connect;
    let lacks_start = failure.kind == FailureKind::Protocol && trip.phase == Phase::Start;
    if !is_silent && !lacks_start {
        return None;
    }
    let (host, task) = (context.host(), trip.exchange.title());
    let before = match (trip.times.start_ms, trip.times.first_audio_ms) {
        (_, Some(_)) => {
            let lasts = trip.audio_ms.unwrap_or_default();
            format!(" after {} bytes of audio ({lasts:.0} ms)", trip.audio_bytes)
        }
        (Some(start), None) => format!(" after `turn.start` at {start:.0} ms"),
        (None, None) => String::new(),
    };
    let text = format!("`{host}` is asked to {task} on an open socket{before}: {failure}");
    let observation = Observation::new(text)
        .at(Severity::Warning)
        .not("WS02", "the socket stays open")
        .not("WS03", "the socket was not idle")
        .not_if(context.proxied().is_none().then_some("no proxy applies"), "PXY05");
    Some(observation)
}

/// WS09: the connection ends after the turn began, and the service gives no reason.
pub(super) fn broken_turn(context: &RuleContext<'_>) -> Option<Observation> {
    let trip = context.failed_trip(&[FailureKind::Closed, FailureKind::Reset])?;
    let closed = context.closed().filter(|closed| closed.why == Closing::Unnamed && !closed.is_recycled)?;
    if trip.phase <= Phase::Start || !context.trace.target.is_websocket {
        return None;
    }
    let observation = Observation::new(closed.words)
        .not("WS02", "the service had begun the turn")
        .not("WS03", "the socket was not idle")
        .not("WS05", "no close frame from the service says so");
    Some(observation)
}

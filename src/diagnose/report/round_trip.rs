//! Round trips: what was exchanged, the time of each answer, and the times of an earlier run beside them.

use std::time::Duration;

use super::page::{count, time};
use crate::diagnose::evidence::{Ended, Exchange, Phase, RoundTrip, SentAudio};
use crate::diagnose::redact::{quoted, shortened};

/// Returns what was exchanged, in words.
pub(super) fn exchanged(trip: &RoundTrip) -> String {
    if let Some(because) = trip.untried {
        return format!("no round trip: {}", because.text());
    }
    let task = trip.exchange.title();
    match (trip.sent_audio, trip.sent_characters) {
        (Some(SentAudio::Spoken), _) => format!("{task} {} of speech of this run", span(trip.sent_audio_ms)),
        (Some(SentAudio::Silence), _) => {
            format!("{task} {} of silence: no service of this run spoke", span(trip.sent_audio_ms))
        }
        (None, 0) => task.to_owned(),
        (None, characters) => format!("{task} {}", count(characters, "character", "characters")),
    }
}

/// Returns the numbers, each with that of the earlier run if there is one.
pub(super) fn numbers(trip: &RoundTrip) -> Vec<String> {
    let is_speech = trip.exchange == Exchange::Speak;
    let earlier = trip.baseline.as_ref().map(|times| times.named().map(|(_, ms)| ms));
    let named = trip.times.named().into_iter().enumerate().filter_map(|(index, (name, ms))| {
        let name = if is_speech && name == "result" { "all audio" } else { name };
        let before = earlier.and_then(|times| times[index]);
        // The end of a list or a file is its result.
        let is_repeated = name == "end" && trip.times.result_ms == ms;
        ms.filter(|_| !is_repeated).map(|ms| format!("{name} {}{}", shown(ms), beside(ms, before, shown)))
    });
    let mut numbers: Vec<String> = named.collect();
    if let Some(ms) = trip.audio_ms.filter(|_| is_speech) {
        numbers.push(format!("{} of audio", shown(ms)));
    }
    if let Some(factor) = trip.times.real_time_factor {
        let before = trip.baseline.as_ref().and_then(|times| times.real_time_factor);
        let as_text = |factor: f64| format!("{factor:.2}");
        numbers.push(format!("real-time factor {}{}", as_text(factor), beside(factor, before, as_text)));
    }
    numbers.extend(trip.voices.map(|voices| count(voices, "voice", "voices")));
    numbers
}

/// Returns the failure, or how far the round trip came when the run ended.
pub(super) fn trouble(trip: &RoundTrip, ended: Ended) -> Option<String> {
    let awaited = trip.phase.awaited();
    match (&trip.failure, trip.untried) {
        (_, Some(_)) => None,
        (Some(failure), _) => Some(shortened(&failure.text)),
        (None, _) if trip.phase == Phase::Done => None,
        (None, _) if ended == Ended::Interrupted => Some(format!("interrupted before the {awaited}")),
        (None, _) => Some(format!("the run ended before the {awaited}")),
    }
}

/// Returns conclusions from the numbers, one sentence each.
pub(super) fn remarks(trip: &RoundTrip) -> Vec<String> {
    let mut remarks = Vec::new();
    match (trip.recognition_status.as_deref(), trip.text.as_deref()) {
        (_, Some(text)) => remarks.push(format!("recognised: {}", quoted(text))),
        (Some(status), None) if trip.sent_audio == Some(SentAudio::Silence) => {
            remarks.push(format!("result: {}, which is right for silence", quoted(status)));
        }
        (Some(status), None) => remarks.push(format!("result: {}", quoted(status))),
        (None, None) => {}
    }
    if !trip.translated_languages.is_empty() {
        remarks.push(format!("translated to: {}", quoted(&trip.translated_languages.join(", "))));
    }
    remarks.extend(slower(trip));
    remarks
}

/// Returns what is much slower than in the earlier run: more than twice as slow, and by more than 200 ms.
fn slower(trip: &RoundTrip) -> Option<String> {
    let earlier = trip.baseline.as_ref()?;
    let pairs = trip.times.named().into_iter().zip(earlier.named());
    let slow = pairs.filter_map(|((name, now), (_, before))| {
        let (now, before) = (now?, before?);
        (now > before * 2.0 && now - before > MUCH_MS).then_some(name)
    });
    let names: Vec<&str> = slow.collect();
    (!names.is_empty()).then(|| format!("more than twice as slow as in the baseline: {}", names.join(", ")))
}

/// Returns the earlier number in brackets, with the ratio.
fn beside(now: f64, before: Option<f64>, shown: impl Fn(f64) -> String) -> String {
    match before {
        Some(before) if before > 0.0 => format!(" (before {}, ×{:.1})", shown(before), now / before),
        Some(before) => format!(" (before {})", shown(before)),
        None => String::new(),
    }
}

fn span(ms: Option<f64>) -> String {
    shown(ms.unwrap_or_default())
}

/// Converts milliseconds. Evidence can come from anywhere, so a number that is not a valid duration counts as zero.
fn shown(ms: f64) -> String {
    time(Duration::try_from_secs_f64(ms / 1e3).unwrap_or_default())
}

/// In milliseconds: a difference below it is within what a network varies by.
const MUCH_MS: f64 = 200.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::evidence::{RoundTripTimes, Untried};

    fn spoken(first: f64, all: f64) -> RoundTrip {
        let times = RoundTripTimes {
            connect_ms: Some(8.0),
            first_audio_ms: Some(first),
            result_ms: Some(all),
            real_time_factor: Some(0.25),
            ..RoundTripTimes::default()
        };
        let phase = Phase::Done;
        RoundTrip { exchange: Exchange::Speak, phase, sent_characters: 26, times, ..RoundTrip::default() }
    }

    #[test]
    fn numbers_stand_beside_those_of_the_earlier_run() {
        let mut trip = spoken(500.0, 1000.0);
        assert_eq!(exchanged(&trip), "speak 26 characters");
        assert_eq!(
            numbers(&trip),
            ["connected 8.0 ms", "first audio 500 ms", "all audio 1.0 s", "real-time factor 0.25"]
        );
        trip.baseline = Some(RoundTripTimes { connect_ms: None, ..spoken(100.0, 900.0).times });
        assert_eq!(
            numbers(&trip),
            [
                "connected 8.0 ms",
                "first audio 500 ms (before 100 ms, ×5.0)",
                "all audio 1.0 s (before 900 ms, ×1.1)",
                "real-time factor 0.25 (before 0.25, ×1.0)"
            ]
        );
        assert_eq!(remarks(&trip), ["more than twice as slow as in the baseline: first audio"]);
        trip.baseline = Some(spoken(320.0, 900.0).times);
        assert!(remarks(&trip).is_empty(), "not twice as slow");
    }

    #[test]
    fn a_round_trip_that_is_not_complete_says_where_it_ended() {
        let mut trip = RoundTrip { phase: Phase::FirstAudio, ..spoken(1.0, 2.0) };
        assert_eq!(trouble(&trip, Ended::Interrupted).as_deref(), Some("interrupted before the first audio"));
        assert_eq!(trouble(&trip, Ended::TimeUp).as_deref(), Some("the run ended before the first audio"));
        trip.phase = Phase::Done;
        assert_eq!(trouble(&trip, Ended::Complete), None);
        let untried = RoundTrip::untried(Untried::NoCredential);
        assert_eq!(exchanged(&untried), "no round trip: no credential may be sent to this host");
        assert_eq!((trouble(&untried, Ended::Complete), numbers(&untried)), (None, Vec::new()));
    }
}

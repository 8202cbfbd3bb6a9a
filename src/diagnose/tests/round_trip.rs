//! Rules of round trips.

use super::super::sample::*;
use super::{expect, with};
use crate::Severity;
use crate::diagnose::evidence::{
    Evidence, Exchange, Failure, FailureKind, Phase, Reply, RoundTrip, RoundTripTimes, SentAudio, Trace, Untried,
};

/// A round trip that is complete.
fn complete(exchange: Exchange) -> RoundTrip {
    let times = RoundTripTimes {
        connect_ms: Some(9.0),
        start_ms: Some(20.0),
        result_ms: Some(400.0),
        end_ms: Some(410.0),
        ..RoundTripTimes::default()
    };
    let trip = RoundTrip { exchange, phase: Phase::Done, times, ..RoundTrip::default() };
    match exchange {
        Exchange::Speak => RoundTrip {
            sent_characters: 26,
            audio_bytes: 48_000,
            audio_ms: Some(1500.0),
            is_silent: Some(false),
            ..trip
        },
        _ => RoundTrip {
            sent_audio: Some(SentAudio::Spoken),
            sent_audio_ms: Some(1500.0),
            recognition_status: Some("Success".into()),
            text: Some("The weather is fine today.".into()),
            is_alike: Some(true),
            ..trip
        },
    }
}

/// A round trip that fails in a phase.
fn failing(exchange: Exchange, phase: Phase, kind: FailureKind) -> RoundTrip {
    let failure = Some(Failure::new(kind, "as it failed"));
    RoundTrip { phase, failure, ..complete(exchange) }
}

/// The first service with a round trip.
fn trip(trip: RoundTrip) -> Evidence {
    with(regional(), |trace| trace.round_trip = Some(trip))
}

/// The same at a REST service.
fn over_rest(made: RoundTrip) -> Evidence {
    with(trip(made), |trace: &mut Trace| trace.target.is_websocket = false)
}

#[test]
fn a_complete_round_trip_gives_nothing() {
    for exchange in [Exchange::Speak, Exchange::Recognise, Exchange::Transcribe, Exchange::ListVoices] {
        expect(&trip(complete(exchange)), "healthy");
    }
    let translated = RoundTrip {
        wanted_language: Some("de".into()),
        translated_languages: vec!["de-DE".into()],
        ..complete(Exchange::Translate)
    };
    expect(&trip(translated), "healthy");
    for untried in
        [Untried::Unsupported, Untried::NoCredential, Untried::NoDeployment, Untried::OtherVoices, Untried::Ended]
    {
        expect(&trip(RoundTrip::untried(untried)), "healthy");
    }
    // The run ended in the middle, which says nothing about the service.
    let interrupted = RoundTrip { phase: Phase::FirstAudio, audio_bytes: 0, ..complete(Exchange::Speak) };
    expect(&trip(interrupted), "healthy");
}

#[test]
fn ws06_is_a_turn_in_which_something_never_arrives() {
    for phase in [Phase::Start, Phase::FirstAudio, Phase::Content, Phase::End] {
        let evidence = trip(failing(Exchange::Speak, phase, FailureKind::TimedOut));
        expect(&evidence, "WS06 warning, degraded");
        assert_eq!(observed(&evidence, "WS06").1, ["WS02", "WS03", "PXY05"]);
    }
    let mut stalled = failing(Exchange::Speak, Phase::Content, FailureKind::TimedOut);
    stalled.times.first_audio_ms = Some(80.0);
    let words = observed(&trip(stalled), "WS06").0;
    let expected =
        format!("`{STT}` is asked to speak on an open socket after 48000 bytes of audio (1500 ms): as it failed");
    assert_eq!(words, expected);
    // All arrives but the start.
    expect(&trip(failing(Exchange::Speak, Phase::Start, FailureKind::Protocol)), "WS06 warning, degraded");
    // A connection that is not opened, and a REST service that does not respond, have other causes.
    expect(&trip(failing(Exchange::Speak, Phase::Connect, FailureKind::TimedOut)), "unexplained websocket, degraded");
    expect(&over_rest(failing(Exchange::Speak, Phase::Start, FailureKind::TimedOut)), "unexplained http, degraded");
}

/// A turn that the service closes.
fn closing(phase: Phase, code: u16, reason: &str) -> Evidence {
    trip(RoundTrip {
        close_code: Some(code),
        close_reason: Some(reason.into()),
        ..failing(Exchange::Recognise, phase, FailureKind::Closed)
    })
}

#[test]
fn a_turn_is_closed_for_the_same_reasons_as_a_socket() {
    for (code, reason, expected) in [
        (4429, "", "QUO02 error, degraded"),
        (1007, "Quota exceeded. Cid: 1", "QUO02 error, degraded"),
        (1007, "Throttled due to too many requests", "QUO01 warning, degraded"),
        (1007, "Unsupported voice en-US-X.", "WS04 error, degraded"),
        (1011, "internal server error", "HTTP06 error, degraded"),
        (1012, "", "WS05 info, degraded"),
    ] {
        for phase in [Phase::Start, Phase::Result] {
            expect(&closing(phase, code, reason), expected);
        }
    }
    let words = observed(&closing(Phase::Result, 1011, "internal"), "HTTP06").0;
    let expected = format!(
        "`{STT}` is asked to recognise and closes the socket 410 ms later with 1011 `internal`, before the final result"
    );
    assert_eq!(words, expected);
}

#[test]
fn ws02_ends_before_the_turn_and_ws09_in_it() {
    let cut = |phase| trip(failing(Exchange::Recognise, phase, FailureKind::Reset));
    expect(&cut(Phase::Start), "WS02 error, degraded");
    expect(&cut(Phase::Result), "WS09 error, degraded");
    assert_eq!(observed(&cut(Phase::Result), "WS09").1, ["WS02", "WS03", "WS05"]);
    expect(&closing(Phase::Result, 1000, ""), "WS09 error, degraded");
    expect(&cut(Phase::Connect), "unexplained websocket, degraded");
}

#[test]
fn a_request_is_refused_for_the_same_reasons_as_in_the_stages() {
    let refused = |reply: Reply| RoundTrip {
        reply: Some(reply),
        ..failing(Exchange::Transcribe, Phase::Start, FailureKind::Status)
    };
    for (status, code, message, expected) in [
        (429, "429", "Rate limit is exceeded.", "QUO01 warning, degraded"),
        (403, "403", "Out of call volume quota.", "QUO02 error, degraded"),
        (404, "DeploymentNotFound", "The API deployment does not exist.", "HTTP01 error, degraded"),
        (400, "InvalidRequest", "Unsupported voice.", "HTTP02 error, degraded"),
        (503, "", "", "HTTP06 error, degraded"),
    ] {
        expect(&over_rest(refused(reply(status, code, message))), expected);
        expect(&trip(RoundTrip { phase: Phase::Connect, ..refused(reply(status, code, message)) }), expected);
    }
    // What was answered before the last phase says nothing.
    let answered = RoundTrip { reply: Some(reply(200, "", "")), ..complete(Exchange::Transcribe) };
    expect(&over_rest(answered), "healthy");
}

#[test]
fn http07_is_a_response_without_its_content() {
    for kind in [FailureKind::Protocol, FailureKind::Reset] {
        let broken =
            RoundTrip { reply: Some(reply(200, "", "")), ..failing(Exchange::ListVoices, Phase::Content, kind) };
        expect(&over_rest(broken), "HTTP07 error, degraded");
    }
}

#[test]
fn http09_is_audio_that_nobody_hears() {
    let empty = RoundTrip { audio_bytes: 0, audio_ms: Some(0.0), is_silent: None, ..complete(Exchange::Speak) };
    let silent = RoundTrip { is_silent: Some(true), ..complete(Exchange::Speak) };
    for (evidence, words) in [
        (trip(empty.clone()), "speaks 26 characters and sends no audio"),
        (over_rest(empty), "speaks 26 characters and sends no audio"),
        (trip(silent), "speaks 26 characters, and all 1500 ms of the audio are silent"),
    ] {
        expect(&evidence, "HTTP09 error, degraded");
        assert!(observed(&evidence, "HTTP09").0.ends_with(words));
    }
}

#[test]
fn http10_is_speech_that_is_not_recognised_and_silence_need_not_be() {
    let heard = |status: &str, text: Option<&str>, is_alike| RoundTrip {
        recognition_status: Some(status.into()),
        text: text.map(str::to_owned),
        is_alike,
        ..complete(Exchange::Recognise)
    };
    expect(&trip(heard("Success", Some("Goodbye, moon."), Some(false))), "HTTP10 info, healthy");
    expect(&trip(heard("NoMatch", None, None)), "HTTP10 info, healthy");
    let silence = RoundTrip { sent_audio: Some(SentAudio::Silence), ..heard("InitialSilenceTimeout", None, None) };
    expect(&trip(silence), "healthy");
    let unended = failing(Exchange::Recognise, Phase::Result, FailureKind::Protocol);
    expect(&trip(unended), "HTTP10 error, degraded");
    expect(&trip(heard("Error", None, None)), "HTTP06 error, degraded");
    let words = observed(&trip(heard("Success", Some("Goodbye, moon."), Some(false))), "HTTP10").0;
    assert!(words.contains("`Goodbye, moon.`, which has no word of the sentence"), "{words}");
}

#[test]
fn http11_is_a_text_without_the_wanted_translation() {
    let translated = |languages: &[&str], text: Option<&str>| RoundTrip {
        wanted_language: Some("de".into()),
        translated_languages: languages.iter().map(|language| (*language).to_owned()).collect(),
        text: text.map(str::to_owned),
        ..complete(Exchange::Translate)
    };
    for languages in [&[][..], &["fr"], &["den"]] {
        expect(&trip(translated(languages, Some("The weather"))), "HTTP11 error, degraded");
    }
    for languages in [&["de"][..], &["fr", "DE-at"]] {
        expect(&trip(translated(languages, Some("The weather"))), "healthy");
    }
    // Nothing was recognised, so there was nothing to translate.
    let unheard = RoundTrip { sent_audio: Some(SentAudio::Silence), is_alike: None, ..translated(&[], None) };
    expect(&trip(unheard), "healthy");
}

#[test]
fn a_failed_round_trip_is_a_service_that_does_not_work() {
    let mut evidence = trip(failing(Exchange::Recognise, Phase::Start, FailureKind::TimedOut));
    for trace in &mut evidence.traces {
        trace.round_trip = Some(failing(Exchange::Recognise, Phase::Start, FailureKind::Reset));
    }
    expect(&evidence, "WS02 error, unreachable");
    let quota = crate::diagnose(&closing(Phase::Result, 4429, ""));
    assert_eq!(quota.exit_code(Severity::Error), 90);
}

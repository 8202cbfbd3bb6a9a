//! A round trip: what an application would do with a service that works, once, with the time of each answer.

#[cfg(feature = "probe")]
use std::time::Duration;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::http::Reply;

/// A round trip at one target.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct RoundTrip {
    /// What was exchanged.
    pub exchange: Exchange,
    /// Why nothing was exchanged.
    pub untried: Option<Untried>,
    /// The part of the exchange that began last. If the exchange failed, it failed there.
    pub phase: Phase,
    /// The failure; `None` if the exchange is complete or the run ended first.
    pub failure: Option<Failure>,
    /// The characters that were sent to be spoken.
    pub sent_characters: usize,
    /// The duration of the audio that was sent, in milliseconds.
    pub sent_audio_ms: Option<f64>,
    /// The source of the audio that was sent.
    pub sent_audio: Option<SentAudio>,
    /// The times of the answers.
    pub times: RoundTripTimes,
    /// The times of an earlier run, for comparison.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub baseline: Option<RoundTripTimes>,
    /// The bytes of audio that arrived.
    pub audio_bytes: usize,
    /// The duration of the audio that arrived, in milliseconds.
    pub audio_ms: Option<f64>,
    /// Whether every sample of it is silent.
    pub is_silent: Option<bool>,
    /// The status of the recognition: `Success`, `NoMatch` and so on.
    pub recognition_status: Option<String>,
    /// The recognised text.
    pub text: Option<String>,
    /// Whether that text has a word of the sentence that was spoken; `None` if nothing was spoken or recognised.
    pub is_alike: Option<bool>,
    /// The language that the text was to be translated to.
    pub wanted_language: Option<String>,
    /// The languages of the translations that arrived.
    pub translated_languages: Vec<String>,
    /// The number of voices in the list.
    pub voices: Option<usize>,
    /// The response to the request, or to the upgrade if it was refused.
    pub reply: Option<Reply>,
    /// The close code, when the service closed the socket during the exchange.
    pub close_code: Option<u16>,
    /// The reason that came with the code.
    pub close_reason: Option<String>,
}

/// Times of a round trip in milliseconds; `None` for what did not arrive or does not apply. All but the first count from the
/// first byte of the request on an open connection.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct RoundTripTimes {
    /// The connection: the lookup, TCP, the proxy, TLS and the upgrade.
    pub connect_ms: Option<f64>,
    /// The `turn.start` of the service, or the head of its response.
    pub start_ms: Option<f64>,
    /// The first byte of audio.
    pub first_audio_ms: Option<f64>,
    /// The first hypothesis.
    pub first_hypothesis_ms: Option<f64>,
    /// The final result.
    pub result_ms: Option<f64>,
    /// The end of the turn, of the response, or of the connection if the peer ended it.
    pub end_ms: Option<f64>,
    /// The real-time factor: the time of the exchange by the duration of its audio. Below 1, the service is faster than speech.
    pub real_time_factor: Option<f64>,
}

/// What is exchanged with a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Exchange {
    /// Nothing.
    #[default]
    None,
    /// A sentence is spoken.
    Speak,
    /// Audio is recognised as it arrives.
    Recognise,
    /// Audio is recognised and translated.
    Translate,
    /// A file is transcribed.
    Transcribe,
    /// The voices are listed.
    ListVoices,
}

/// The reason why nothing was exchanged with a service that works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Untried {
    /// There is no exchange for this service.
    Unsupported,
    /// No credential was given, or this host may not receive it.
    NoCredential,
    /// The service needs the name of a deployment.
    NoDeployment,
    /// The container has other voices than the one that was asked for.
    OtherVoices,
    /// The run ended first.
    Ended,
}

/// A part of a round trip, in the order in which they begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Phase {
    /// The connection and the upgrade.
    #[default]
    Connect,
    /// From the request to the `turn.start`, or to the head of the response.
    Start,
    /// From there to the first byte of audio.
    FirstAudio,
    /// From the first to the last byte of audio, or of the response.
    Content,
    /// From the start to the final result.
    Result,
    /// From the content to the end of the turn.
    End,
    /// The exchange is complete.
    Done,
}

/// The source of audio that is sent to be recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum SentAudio {
    /// A service of this run spoke it.
    Spoken,
    /// A second of silence, because no service of this run spoke.
    Silence,
}

impl RoundTrip {
    /// Returns a round trip that was not tried.
    #[must_use]
    pub fn untried(because: Untried) -> Self {
        Self { untried: Some(because), ..Self::default() }
    }

    /// Returns whether the exchange is complete.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.phase == Phase::Done && self.failure.is_none()
    }

    /// Takes the times of the same target in an earlier run for comparison.
    pub(super) fn compare_with(&mut self, earlier: &Self) {
        self.baseline = (earlier.exchange == self.exchange && earlier.untried.is_none()).then(|| earlier.times.clone());
    }
}

impl RoundTripTimes {
    /// Returns each time with its name, in the order of their arrival.
    #[must_use]
    pub fn named(&self) -> [(&'static str, Option<f64>); 6] {
        [
            ("connected", self.connect_ms),
            ("start", self.start_ms),
            ("first audio", self.first_audio_ms),
            ("first hypothesis", self.first_hypothesis_ms),
            ("result", self.result_ms),
            ("end", self.end_ms),
        ]
    }

    /// Returns the real-time factor of an exchange that took a time, with three digits after the point.
    #[cfg(any(test, feature = "probe"))]
    pub(crate) fn factor(took_ms: f64, audio_ms: f64) -> Option<f64> {
        (audio_ms > 0.0).then(|| (took_ms / audio_ms * 1e3).round() / 1e3)
    }
}

impl Exchange {
    /// Returns what the exchange does, for a report.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::Speak => "speak",
            Self::Recognise => "recognise",
            Self::Translate => "recognise and translate",
            Self::Transcribe => "transcribe",
            Self::ListVoices => "list voices",
        }
    }
}

impl Untried {
    /// Returns the reason in words.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Unsupported => "`--deep` has no round trip for this service",
            Self::NoCredential => "no credential may be sent to this host",
            Self::NoDeployment => "`--deployment NAME` is needed for a round trip",
            Self::OtherVoices => "the container refuses the voice of `--deep`, because it has its own",
            Self::Ended => "the run ended before its round trip",
        }
    }
}

impl Phase {
    /// Returns what the phase waits for, in words.
    #[must_use]
    pub fn awaited(self) -> &'static str {
        match self {
            Self::Connect => "connection",
            Self::Start => "start of the turn",
            Self::FirstAudio => "first audio",
            Self::Content => "next piece of content",
            Self::Result => "final result",
            Self::End => "end of the turn",
            Self::Done => "nothing",
        }
    }
}

/// Returns whether a text has a word of a sentence. Letter case and punctuation do not matter.
#[cfg(any(test, feature = "probe"))]
pub(crate) fn has_word_of(text: &str, sentence: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
    };
    let spoken = words(sentence);
    words(text).iter().any(|word| spoken.contains(word))
}

/// A time as evidence holds it.
#[cfg(feature = "probe")]
pub(crate) fn ms(time: Duration) -> f64 {
    super::saved::milliseconds(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_alike_if_it_has_a_word_of_the_sentence() {
        let sentence = "The weather is fine today.";
        for (text, expected) in [
            ("the WEATHER is fine today", true),
            ("Whether it's fine...", true),
            ("Goodbye, moon.", false),
            ("", false),
            ("...", false),
            ("theweather", false),
        ] {
            assert_eq!(has_word_of(text, sentence), expected, "{text}");
        }
    }

    #[test]
    fn the_real_time_factor_needs_audio() {
        assert_eq!(RoundTripTimes::factor(500.0, 2000.0), Some(0.25));
        assert_eq!(RoundTripTimes::factor(1.0, 3.0), Some(0.333));
        assert_eq!(RoundTripTimes::factor(500.0, 0.0), None);
    }
}

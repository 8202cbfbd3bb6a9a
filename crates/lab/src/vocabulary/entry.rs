//! An entry of a script: when it applies, and what the lab then answers.

use serde::Deserialize;

mod body;
mod check;
mod fault;
mod phrase;
mod range;
mod service;

pub(crate) use body::BodyToml;
pub(crate) use fault::FaultToml;
pub(crate) use phrase::{PhraseToml, StatusToml};
pub(crate) use range::{DurationToml, TurnsToml};
pub(crate) use service::ServiceToml;

/// The text of a script: the entries of `[[script]]`, or of the array `script` in JSON.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with the array `script`")]
pub(crate) struct ScriptToml {
    pub(crate) script: Vec<EntryToml>,
}

/// An entry of a script. Every condition must be met; an entry without any always applies.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default, expecting = "an entry, such as `{ turn = 1 }`")]
pub(crate) struct EntryToml {
    /// The service of the turn.
    pub(crate) service: Option<ServiceToml>,
    /// The number of the turn, from 1: of this service if it is stated, or else of all.
    pub(crate) turn: Option<TurnsToml>,
    /// The audio that the client sends.
    pub(crate) audio: Option<AudioToml>,
    /// The duration of that audio.
    pub(crate) duration: Option<DurationToml>,
    /// A part of the text that is to be spoken.
    pub(crate) text_contains: Option<String>,
    /// How often the entry applies; without limit if it is not stated.
    pub(crate) times: Option<u32>,

    /// What is recognised, instead of what the lab hears.
    pub(crate) phrases: Option<Vec<PhraseToml>>,
    /// The languages of the translations, instead of those that the client asked for.
    pub(crate) targets: Option<Vec<String>>,
    /// The voice that speaks, instead of the one that the client asked for.
    pub(crate) voice: Option<String>,
    /// What the audio of synthesis contains, instead of speech.
    pub(crate) spoken: Option<SpokenToml>,
    /// The time before the first message or the response.
    pub(crate) delay_ms: u32,
    /// The time between two phrases, or between two pieces of audio.
    pub(crate) pause_ms: u32,
    /// The messages that are not sent, by path.
    pub(crate) omit: Vec<MessageToml>,

    pub(crate) fault: Option<FaultToml>,
    /// The number of phrases before the fault.
    pub(crate) after_phrases: Option<u32>,
    /// The number of pieces of audio before the fault.
    pub(crate) after_pieces: Option<u32>,
    /// The number of bytes of audio before the fault.
    pub(crate) after_bytes: Option<u32>,

    /// The status with which the upgrade or the request is refused.
    pub(crate) status: Option<u16>,
    /// The value of `Retry-After`, in seconds.
    pub(crate) retry_after: Option<u32>,
    /// The body of the refusal: a text, or JSON.
    pub(crate) body: Option<BodyToml>,
}

/// The audio that a client sends.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `sha256`")]
pub(crate) struct AudioToml {
    /// The SHA-256 of the samples, without the WAV header.
    pub(crate) sha256: String,
}

/// What the audio of synthesis contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SpokenToml {
    /// Silence of the same duration.
    Silence,
    /// Noise of the same duration.
    Noise,
    /// No audio.
    Nothing,
    /// The first half of the audio.
    Half,
}

/// A message of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum MessageToml {
    #[serde(rename = "turn.start")]
    TurnStart,
    #[serde(rename = "turn.end")]
    TurnEnd,
    #[serde(rename = "speech.startDetected")]
    StartDetected,
    #[serde(rename = "speech.endDetected")]
    EndDetected,
    #[serde(rename = "speech.hypothesis")]
    Hypothesis,
    #[serde(rename = "speech.phrase")]
    Phrase,
    #[serde(rename = "translation.hypothesis")]
    TranslationHypothesis,
    #[serde(rename = "translation.phrase")]
    TranslationPhrase,
    #[serde(rename = "translation.response")]
    TranslationResponse,
    #[serde(rename = "translation.synthesis")]
    TranslationSynthesis,
    #[serde(rename = "translation.synthesis.end")]
    TranslationSynthesisEnd,
    #[serde(rename = "response")]
    Response,
    #[serde(rename = "audio")]
    Audio,
    #[serde(rename = "audio.end")]
    AudioEnd,
    #[serde(rename = "audio.metadata")]
    AudioMetadata,
}

impl MessageToml {
    /// Returns whether this is the message with a path in lower case.
    pub(crate) fn is(self, path: &str) -> bool {
        path == match self {
            Self::TurnStart => "turn.start",
            Self::TurnEnd => "turn.end",
            Self::StartDetected => "speech.startdetected",
            Self::EndDetected => "speech.enddetected",
            Self::Hypothesis => "speech.hypothesis",
            Self::Phrase => "speech.phrase",
            Self::TranslationHypothesis => "translation.hypothesis",
            Self::TranslationPhrase => "translation.phrase",
            Self::TranslationResponse => "translation.response",
            Self::TranslationSynthesis => "translation.synthesis",
            Self::TranslationSynthesisEnd => "translation.synthesis.end",
            Self::Response => "response",
            Self::Audio => "audio",
            Self::AudioEnd => "audio.end",
            Self::AudioMetadata => "audio.metadata",
        }
    }
}

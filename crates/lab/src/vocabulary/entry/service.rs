//! The services that take turns.

use serde::Deserialize;

/// A service, as an entry of a script names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ServiceToml {
    /// Recognition over a WebSocket.
    Recognition,
    /// The same with speakers.
    ConversationTranscription,
    /// Translation over a WebSocket.
    Translation,
    /// Recognition of short audio over REST.
    ShortAudio,
    FastTranscription,
    /// Transcription and translation by a model of Azure OpenAI.
    #[serde(rename = "openai-transcription")]
    OpenAiTranscription,
    /// Synthesis over a WebSocket and over REST.
    Synthesis,
    /// Synthesis by a model of Azure OpenAI.
    #[serde(rename = "openai-speech")]
    OpenAiSpeech,
    /// Realtime sessions of Azure OpenAI and Voice Live. Only an upgrade can be refused.
    Realtime,
}

impl ServiceToml {
    /// Returns whether the client sends audio.
    pub(crate) fn takes_audio(self) -> bool {
        !self.speaks() && self != Self::Realtime
    }

    /// Returns whether the service returns audio for a text.
    pub(crate) fn speaks(self) -> bool {
        matches!(self, Self::Synthesis | Self::OpenAiSpeech)
    }

    /// Returns the name in a script.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Recognition => "recognition",
            Self::ConversationTranscription => "conversation-transcription",
            Self::Translation => "translation",
            Self::ShortAudio => "short-audio",
            Self::FastTranscription => "fast-transcription",
            Self::OpenAiTranscription => "openai-transcription",
            Self::Synthesis => "synthesis",
            Self::OpenAiSpeech => "openai-speech",
            Self::Realtime => "realtime",
        }
    }
}

//! A phrase that the service recognises.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A phrase that the service recognises.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    default,
    expecting = "a phrase, such as `{ text = \"Hello.\" }`"
)]
pub(crate) struct PhraseToml {
    /// The text, with its punctuation.
    pub(crate) text: String,
    /// The locale that the service identifies.
    pub(crate) language: Option<String>,
    /// The number of the speaker, from 1.
    pub(crate) speaker: Option<u32>,
    /// From 0 to 1.
    pub(crate) confidence: Option<f64>,
    /// The start in the audio of the turn.
    pub(crate) offset_ms: Option<u64>,
    pub(crate) duration_ms: Option<u64>,
    /// The status, if it is not a success.
    pub(crate) status: Option<StatusToml>,
    /// The translations by language; one that is missing is the text after the language in brackets.
    pub(crate) translations: BTreeMap<String, String>,
}

/// The status of a phrase, as the service names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum StatusToml {
    Success,
    NoMatch,
    InitialSilenceTimeout,
    BabbleTimeout,
    Error,
}

impl StatusToml {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::NoMatch => "NoMatch",
            Self::InitialSilenceTimeout => "InitialSilenceTimeout",
            Self::BabbleTimeout => "BabbleTimeout",
            Self::Error => "Error",
        }
    }
}

impl PhraseToml {
    /// Returns whether the phrase has a text.
    pub(crate) fn is_success(&self) -> bool {
        self.status.is_none_or(|status| status == StatusToml::Success)
    }
}

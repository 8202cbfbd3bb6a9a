//! A recognised phrase, in the formats of the service.

use std::time::Duration;

use serde_json::{Value, json};

use super::wave::Heard;

/// The result of recognising audio.
#[derive(Clone, Debug)]
pub(super) struct Phrase {
    text: Option<String>,
    lasts: Duration,
}

impl Phrase {
    /// Recognises audio; audio that is not a WAV file gives no text.
    pub(super) fn of(heard: Option<Heard>) -> Self {
        let (text, lasts) = heard.map_or((None, Duration::ZERO), |heard| (heard.text, heard.lasts));
        Self { text, lasts }
    }

    /// Returns the recognised text, if any.
    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Returns the duration in units of 100 ns.
    pub(super) fn ticks(&self) -> u64 {
        u64::try_from(self.lasts.as_nanos() / 100).unwrap_or(u64::MAX)
    }

    /// Returns the phrase in the format of short audio and `speech.phrase`.
    /// <https://learn.microsoft.com/azure/ai-services/speech-service/rest-speech-to-text-short#response>
    pub(super) fn json(&self, is_detailed: bool) -> Value {
        let Some(text) = &self.text else { return self.status("NoMatch") };
        let mut phrase = self.status("Success");
        phrase["DisplayText"] = json!(text);
        if is_detailed {
            let lexical = lexical(text);
            phrase["NBest"] = json!([{
                "Confidence": 1.0, "Lexical": lexical, "ITN": lexical, "MaskedITN": lexical, "Display": text,
            }]);
        }
        phrase
    }

    /// Returns the phrase and its translations as `translation.phrase` of version 1.
    pub(super) fn translation(&self, targets: &[String]) -> Value {
        let Some(text) = &self.text else { return self.status("NoMatch") };
        let mut phrase = self.status("Success");
        phrase["Text"] = json!(text);
        phrase["Translation"] =
            json!({ "TranslationStatus": "Success", "Translations": translations(text, targets, "Text") });
        phrase
    }

    /// Returns the phrase and its translations as `translation.response` of version 2.
    /// <https://github.com/microsoft/cognitive-services-speech-sdk-js/pull/421>
    pub(super) fn response(&self, targets: &[String]) -> Value {
        let Some(text) = &self.text else { return json!({ "SpeechPhrase": self.status("NoMatch") }) };
        let mut phrase = self.status("Success");
        phrase["DisplayText"] = json!(text);
        phrase["TranslationStatus"] = json!("Success");
        phrase["Translations"] = translations(text, targets, "DisplayText");
        json!({ "SpeechPhrase": phrase })
    }

    fn status(&self, status: &str) -> Value {
        json!({ "RecognitionStatus": status, "Offset": 0, "Duration": self.ticks() })
    }
}

/// Returns the lexical form of a text: lower case without punctuation.
pub(super) fn lexical(text: &str) -> String {
    let words =
        text.split_whitespace().map(|word| word.trim_matches(|c: char| c.is_ascii_punctuation()).to_lowercase());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn translations(text: &str, targets: &[String], field: &str) -> Value {
    targets.iter().map(|to| json!({ "Language": to, field: format!("[{to}] {text}") })).collect()
}

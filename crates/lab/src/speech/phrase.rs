//! A phrase: what the lab recognised, in the words of the service.

use std::time::Duration;

use serde_json::{Value, json};

use super::wave::Heard;

/// What was recognised in some audio.
#[derive(Clone, Debug)]
pub(super) struct Phrase {
    text: Option<String>,
    lasts: Duration,
}

impl Phrase {
    /// What was recognised; nothing in audio that is no WAV file.
    pub(super) fn of(heard: Option<Heard>) -> Self {
        let (text, lasts) = heard.map_or((None, Duration::ZERO), |heard| (heard.text, heard.lasts));
        Self { text, lasts }
    }

    /// The text, if any was recognised.
    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// How long it lasts, in hundreds of nanoseconds.
    pub(super) fn ticks(&self) -> u64 {
        u64::try_from(self.lasts.as_nanos() / 100).unwrap_or(u64::MAX)
    }

    /// The phrase as short audio and `speech.phrase` have it.
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

    /// The phrase and its translations: `translation.phrase` of version 1.
    pub(super) fn translation(&self, targets: &[String]) -> Value {
        let Some(text) = &self.text else { return self.status("NoMatch") };
        let mut phrase = self.status("Success");
        phrase["Text"] = json!(text);
        phrase["Translation"] =
            json!({ "TranslationStatus": "Success", "Translations": translations(text, targets, "Text") });
        phrase
    }

    /// The phrase and its translations: `translation.response` of version 2.
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

/// The text as it is said: without punctuation, in lower case.
pub(super) fn lexical(text: &str) -> String {
    let words =
        text.split_whitespace().map(|word| word.trim_matches(|c: char| c.is_ascii_punctuation()).to_lowercase());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn translations(text: &str, targets: &[String], field: &str) -> Value {
    targets.iter().map(|to| json!({ "Language": to, field: format!("[{to}] {text}") })).collect()
}

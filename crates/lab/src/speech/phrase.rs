//! A recognised phrase, in the formats of the service.

use serde_json::{Value, json};

use super::ear::NO_VOICE;
use super::profanity::Profanity;
use super::segments::Said;
use super::settings::Settings;
use super::voices;
use super::words::{SpokenWord, lexical, ticks};

/// A phrase, with times in units of 100 ns.
#[derive(Clone, Debug)]
pub(super) struct Phrase {
    text: Option<String>,
    /// The words without case and punctuation, as they were said and as they are shown.
    lexical: String,
    shown: String,
    pub(super) offset: u64,
    pub(super) duration: u64,
    words: Vec<SpokenWord>,
    /// The locale of the voice, if the audio names one.
    locale: Option<&'static str>,
    /// The number of the voice that spoke.
    pub(super) voice: Option<u16>,
}

impl Phrase {
    pub(super) fn of(said: &Said) -> Self {
        let first = said.words.first();
        let mut words: Vec<SpokenWord> = Vec::new();
        for word in &said.words {
            let (offset, duration) = (ticks(word.start), ticks(word.end.saturating_sub(word.start)));
            match words.last_mut() {
                // A mark that was glued to a word belongs to it.
                Some(last) if word.is_glued && lexical(&word.text).is_empty() => {
                    last.display.push_str(&word.text);
                    last.duration = offset + duration - last.offset;
                }
                _ => words.push(SpokenWord {
                    display: word.text.clone(),
                    lexical: lexical(&word.text),
                    offset,
                    duration,
                }),
            }
        }
        let text = said.text();
        let lexical = lexical(text.as_deref().unwrap_or_default());
        Self {
            text,
            shown: lexical.clone(),
            lexical,
            offset: ticks(said.start),
            duration: ticks(said.end.saturating_sub(said.start)),
            words,
            locale: first.and_then(|word| voices::locale(word.language)),
            voice: first.map(|word| word.voice).filter(|voice| *voice != NO_VOICE),
        }
    }

    /// Shows profanity as an option says.
    pub(super) fn clean(mut self, profanity: Profanity) -> Self {
        self.text = self.text.map(|text| profanity.clean(&text));
        self.shown = profanity.clean(&self.lexical);
        for word in &mut self.words {
            word.display = profanity.clean(&word.display);
        }
        self
    }

    /// Returns the recognised text, if any.
    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Returns the phrase in the format of short audio and `speech.phrase`.
    /// <https://learn.microsoft.com/azure/ai-services/speech-service/rest-speech-to-text-short#response>
    pub(super) fn json(&self, settings: &Settings) -> Value {
        let Some(text) = &self.text else { return self.with_language(self.status("NoMatch"), settings) };
        let mut phrase = self.status("Success");
        phrase["DisplayText"] = json!(text);
        if settings.is_detailed {
            let alternative = |confidence: f64, display: &str| {
                json!({
                    "Confidence": confidence, "Lexical": self.lexical, "ITN": self.lexical, "MaskedITN": self.shown,
                    "Display": display,
                })
            };
            let mut best = alternative(CONFIDENCE, text);
            let words: Vec<SpokenWord> = self.words.iter().filter(|word| !word.lexical.is_empty()).cloned().collect();
            if settings.has_words {
                best["Words"] = words.iter().map(|word| with_confidence(word.json())).collect();
            }
            phrase["NBest"] = if let Some(assessment) = &settings.assessment {
                assessment.add(&mut best, &words);
                json!([best])
            } else {
                // The other alternative of the lab is the text without case and punctuation.
                json!([best, alternative(CONFIDENCE / 2.0, &self.shown)])
            };
        }
        self.with_language(phrase, settings)
    }

    /// Returns the locale of the voice, if the audio names one.
    pub(super) fn locale(&self) -> Option<&'static str> {
        self.locale
    }

    /// Returns the phrase with a text and a locale in the format of fast transcription.
    pub(super) fn fast(&self, text: &str, locale: &str) -> Value {
        let words = self.words.iter().filter(|word| !word.lexical.is_empty()).map(|word| {
            json!({
                "text": word.display, "offsetMilliseconds": word.offset / 10_000, "durationMilliseconds": word.duration / 10_000,
            })
        });
        json!({
            "offsetMilliseconds": self.offset / 10_000, "durationMilliseconds": self.duration / 10_000, "text": text,
            "words": words.collect::<Vec<_>>(), "locale": locale, "confidence": CONFIDENCE,
        })
    }

    /// Returns the phrase as a partial result.
    pub(super) fn hypothesis(&self, settings: &Settings) -> Value {
        let json = json!({ "Text": self.shown, "Offset": self.offset, "Duration": self.duration });
        self.with_language(json, settings)
    }

    /// Returns the phrase and its translations as `translation.phrase` of version 1.
    pub(super) fn translation(&self, settings: &Settings) -> Value {
        let Some(text) = &self.text else { return self.status("NoMatch") };
        let mut phrase = self.status("Success");
        phrase["Text"] = json!(text);
        phrase["Translation"] = json!({
            "TranslationStatus": "Success", "Translations": translations(text, &settings.targets, "Text"),
        });
        phrase
    }

    /// Returns the partial result and its translations as `translation.hypothesis` of version 1.
    pub(super) fn translation_hypothesis(&self, settings: &Settings) -> Value {
        let mut hypothesis = self.hypothesis(settings);
        hypothesis["Translation"] = json!({
            "TranslationStatus": "Success", "Translations": translations(&self.shown, &settings.targets, "Text"),
        });
        hypothesis
    }

    /// Returns the phrase and its translations as `translation.response` of version 2: the translations stand beside the
    /// phrase. `TranslationPhrase.fromTranslationResponse` of the JavaScript SDK reads them there:
    /// <https://github.com/microsoft/cognitive-services-speech-sdk-js/blob/master/src/common.speech/ServiceMessages/TranslationPhrase.ts>
    pub(super) fn response(&self, settings: &Settings) -> Value {
        let Some(text) = &self.text else {
            return json!({ "SpeechPhrase": self.with_language(self.status("NoMatch"), settings) });
        };
        let mut phrase = self.status("Success");
        phrase["DisplayText"] = json!(text);
        json!({
            "SpeechPhrase": self.with_language(phrase, settings), "TranslationStatus": "Success",
            "Translations": translations(text, &settings.targets, "DisplayText"),
        })
    }

    /// Returns the partial result and its translations as `translation.response` of version 2.
    pub(super) fn response_hypothesis(&self, settings: &Settings) -> Value {
        json!({
            "SpeechHypothesis": self.hypothesis(settings), "TranslationStatus": "Success",
            "Translations": translations(&self.shown, &settings.targets, "DisplayText"),
        })
    }

    fn with_language(&self, mut json: Value, settings: &Settings) -> Value {
        if let (language, true) = settings.language_of(self.locale) {
            json["PrimaryLanguage"] = json!({ "Language": language, "Confidence": "High" });
        }
        json
    }

    fn status(&self, status: &str) -> Value {
        json!({ "RecognitionStatus": status, "Offset": self.offset, "Duration": self.duration })
    }
}

/// Returns the translation of a text: the text after the language in brackets.
pub(super) fn translated(text: &str, to: &str) -> String {
    format!("[{to}] {text}")
}

fn translations(text: &str, targets: &[String], field: &str) -> Value {
    targets.iter().map(|to| json!({ "Language": to, field: translated(text, to) })).collect()
}

fn with_confidence(mut word: Value) -> Value {
    word["Confidence"] = json!(CONFIDENCE);
    word
}

/// The confidence in every result.
const CONFIDENCE: f64 = 0.95;

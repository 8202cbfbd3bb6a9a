//! A recognised phrase, in the formats of the service.

use std::sync::Arc;

use serde_json::{Value, json};

use super::segments::{NO_VOICE, Said};
use super::settings::Settings;
use super::speakers::Speakers;
use super::voices;
use super::words::{SpokenWord, lexical, ticks};
use crate::vocabulary::{PhraseToml, StatusToml};

/// A phrase, with times in units of 100 ns.
#[derive(Clone, Debug)]
pub(super) struct Phrase {
    text: Option<String>,
    pub(super) offset: u64,
    pub(super) duration: u64,
    words: Vec<SpokenWord>,
    /// The locale of the voice, if the audio names one.
    locale: Option<&'static str>,
    /// The number of the voice that spoke.
    pub(super) voice: Option<u16>,
    /// The phrase of a script that states it.
    scripted: Option<Arc<PhraseToml>>,
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
        Self {
            text: said.text(),
            offset: ticks(said.start),
            duration: ticks(said.end.saturating_sub(said.start)),
            words,
            locale: first.and_then(|word| voices::locale(word.language)),
            voice: first.map(|word| word.voice).filter(|voice| *voice != NO_VOICE),
            scripted: said.scripted.clone(),
        }
    }

    /// Returns the recognised text, if any.
    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Returns the phrase in the format of short audio and `speech.phrase`.
    /// <https://learn.microsoft.com/azure/ai-services/speech-service/rest-speech-to-text-short#response>
    pub(super) fn json(&self, settings: &Settings) -> Value {
        let Some(text) = &self.text else { return self.with_language(self.failure(), settings) };
        let mut phrase = self.status("Success");
        phrase["DisplayText"] = json!(text);
        if settings.is_detailed {
            let lexical = lexical(text);
            let mut best = json!({
                "Confidence": self.confidence(), "Lexical": lexical, "ITN": lexical, "MaskedITN": lexical, "Display": text,
            });
            let words: Vec<SpokenWord> = self.words.iter().filter(|word| !word.lexical.is_empty()).cloned().collect();
            if settings.has_words {
                best["Words"] = words.iter().map(|word| self.with_confidence(word.json())).collect();
            }
            if let Some(assessment) = &settings.assessment {
                assessment.add(&mut best, &words);
            }
            phrase["NBest"] = json!([best]);
        }
        self.with_language(phrase, settings)
    }

    /// Returns the language of the phrase, and whether it was identified.
    pub(super) fn language(&self, settings: &Settings) -> (String, bool) {
        let (language, is_identified) = settings.language_of(self.locale);
        let stated = self.scripted.as_ref().and_then(|phrase| phrase.language.clone());
        (stated.unwrap_or(language), is_identified)
    }

    /// Returns the number of the speaker, from 1.
    pub(super) fn speaker(&self, speakers: &mut Speakers) -> usize {
        let stated = self.scripted.as_ref().and_then(|phrase| usize::try_from(phrase.speaker?).ok());
        stated.unwrap_or_else(|| speakers.number(self.voice))
    }

    /// Returns the translation into a language.
    pub(super) fn translated(&self, text: &str, to: &str) -> String {
        let stated = self.scripted.as_ref().and_then(|phrase| phrase.translations.get(to));
        stated.cloned().unwrap_or_else(|| translated(text, to))
    }

    fn confidence(&self) -> f64 {
        self.scripted.as_ref().and_then(|phrase| phrase.confidence).unwrap_or(CONFIDENCE)
    }

    fn with_confidence(&self, mut word: Value) -> Value {
        word["Confidence"] = json!(self.confidence());
        word
    }

    /// Returns the result of audio that is not understood.
    fn failure(&self) -> Value {
        let stated = self.scripted.as_ref().and_then(|phrase| phrase.status);
        self.status(stated.map_or("NoMatch", StatusToml::name))
    }

    fn translations(&self, text: &str, settings: &Settings, field: &str) -> Value {
        let into = settings.translations().iter();
        into.map(|to| json!({ "Language": to, field: self.translated(text, to) })).collect()
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
            "words": words.collect::<Vec<_>>(), "locale": locale, "confidence": self.confidence(),
        })
    }

    /// Returns the phrase as a partial result.
    pub(super) fn hypothesis(&self, settings: &Settings) -> Value {
        let json = json!({ "Text": self.lexical(), "Offset": self.offset, "Duration": self.duration });
        self.with_language(json, settings)
    }

    /// Returns the phrase and its translations as `translation.phrase` of version 1.
    pub(super) fn translation(&self, settings: &Settings) -> Value {
        let Some(text) = &self.text else { return self.failure() };
        let mut phrase = self.status("Success");
        phrase["Text"] = json!(text);
        phrase["Translation"] = json!({
            "TranslationStatus": "Success", "Translations": self.translations(text, settings, "Text"),
        });
        phrase
    }

    /// Returns the partial result and its translations as `translation.hypothesis` of version 1.
    pub(super) fn translation_hypothesis(&self, settings: &Settings) -> Value {
        let mut hypothesis = self.hypothesis(settings);
        hypothesis["Translation"] = json!({
            "TranslationStatus": "Success", "Translations": self.translations(&self.lexical(), settings, "Text"),
        });
        hypothesis
    }

    /// Returns the phrase and its translations as `translation.response` of version 2: the translations stand beside the
    /// phrase. `TranslationPhrase.fromTranslationResponse` of the JavaScript SDK reads them there:
    /// <https://github.com/microsoft/cognitive-services-speech-sdk-js/blob/master/src/common.speech/ServiceMessages/TranslationPhrase.ts>
    pub(super) fn response(&self, settings: &Settings) -> Value {
        let Some(text) = &self.text else {
            return json!({ "SpeechPhrase": self.with_language(self.failure(), settings) });
        };
        let mut phrase = self.status("Success");
        phrase["DisplayText"] = json!(text);
        json!({
            "SpeechPhrase": self.with_language(phrase, settings), "TranslationStatus": "Success",
            "Translations": self.translations(text, settings, "DisplayText"),
        })
    }

    /// Returns the partial result and its translations as `translation.response` of version 2.
    pub(super) fn response_hypothesis(&self, settings: &Settings) -> Value {
        json!({
            "SpeechHypothesis": self.hypothesis(settings), "TranslationStatus": "Success",
            "Translations": self.translations(&self.lexical(), settings, "DisplayText"),
        })
    }

    fn lexical(&self) -> String {
        lexical(self.text().unwrap_or_default())
    }

    fn with_language(&self, mut json: Value, settings: &Settings) -> Value {
        if let (language, true) = self.language(settings) {
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

/// The confidence in a result.
const CONFIDENCE: f64 = 0.95;

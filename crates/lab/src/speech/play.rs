//! The part of a script in a request over REST, and in the speech of synthesis.

use std::sync::Arc;

use super::super::delivery::Delivery;
use super::super::exchange::Answer;
use super::super::scripted::{Decision, Director, Known, Part};
use super::batch::Heard;
use super::script::{Part as Sounds, Script};
use super::{fingerprint, prompter, voices};
use crate::vocabulary::{EntryToml, ServiceToml, SpokenToml};

/// A request with the entry that answers it, if one does.
#[derive(Debug)]
pub(super) struct Play(Option<Part>);

impl Play {
    /// Finds the entry for a file of audio.
    pub(super) fn of_audio(director: &Arc<Director>, service: ServiceToml, file: &[u8], lasts: u64) -> Self {
        let sha256 = fingerprint::of(file);
        Self::decide(director, service, Known { audio: Some((&sha256, lasts)), ..Known::default() })
    }

    /// Finds the entry for a text that is to be spoken.
    pub(super) fn of_text(director: &Arc<Director>, service: ServiceToml, text: &str) -> Self {
        Self::decide(director, service, Known { text: Some(text), ..Known::default() })
    }

    fn decide(director: &Arc<Director>, service: ServiceToml, known: Known<'_>) -> Self {
        match director.begin(service).decide(Known { is_request: true, ..known }) {
            Decision::Now(part) => Self(part),
            Decision::Later => Self(None),
        }
    }

    fn entry(&self) -> Option<&EntryToml> {
        self.0.as_ref().map(|part| &*part.entry)
    }

    /// Returns the refusal of the request, if the entry states a status.
    pub(super) fn refusal(&self) -> Option<Answer> {
        self.entry().and_then(refusal)
    }

    /// Returns whether the script states the phrases.
    pub(super) fn has_phrases(&self) -> bool {
        self.entry().is_some_and(|entry| entry.phrases.is_some())
    }

    /// Replaces what the lab heard.
    pub(super) fn heard(&self, heard: Heard) -> Heard {
        match self.entry().and_then(|entry| entry.phrases.as_ref()) {
            Some(phrases) => Heard { phrases: prompter::in_file(phrases, heard.lasts), lasts: heard.lasts },
            None => heard,
        }
    }

    pub(super) fn spoken(&self) -> Option<SpokenToml> {
        self.entry()?.spoken
    }

    /// Changes the speech.
    pub(super) fn staged(&self, script: Script) -> Script {
        match self.entry() {
            Some(entry) => staged(entry, script),
            None => script,
        }
    }

    /// Gives the response its delay and its fault.
    pub(super) fn deliver(&self, answer: Answer) -> Answer {
        match self.entry() {
            Some(entry) => Answer { delivery: Some(Box::new(Delivery::of(entry))), ..answer },
            None => answer,
        }
    }
}

/// Makes the refusal that an entry states.
pub(in super::super) fn refusal(entry: &EntryToml) -> Option<Answer> {
    let status = entry.status?;
    let mut answer = match &entry.body {
        Some(body) => Answer::new(status, body.kind(), body.text().to_owned()),
        None => Answer::empty(status),
    };
    if let Some(seconds) = entry.retry_after {
        answer = answer.with("retry-after", seconds.to_string());
    }
    answer.delivery = Some(Box::new(Delivery::of(entry)));
    Some(answer)
}

/// Changes the speech as an entry states: another voice, or other sounds of the same duration.
pub(super) fn staged(entry: &EntryToml, mut script: Script) -> Script {
    if let Some(number) = entry.voice.as_deref().and_then(voices::find) {
        let language = voices::locale_of(number).and_then(voices::locale_number).unwrap_or_default();
        for part in &mut script.parts {
            if let Sounds::Burst(burst) = part {
                (burst.voice, burst.language) = (number, language);
            }
        }
    }
    let lasts = u32::try_from(script.lasts).unwrap_or(u32::MAX);
    let sounds = match entry.spoken {
        Some(SpokenToml::Silence) => Sounds::Silence(lasts),
        Some(SpokenToml::Noise) => Sounds::Noise(lasts),
        Some(SpokenToml::Nothing | SpokenToml::Half) | None => return script,
    };
    // A comment of the file or its metadata would say the text.
    Script { parts: vec![sounds], text: String::new(), ..script }
}

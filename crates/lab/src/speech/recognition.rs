//! Recognition and translation over a WebSocket.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::exchange::Asked;
use super::super::scripted::{self, Decision, Director, Known, Part};
use super::course::{self, Course, Step};
use super::fingerprint::Fingerprint;
use super::format::Format;
use super::message::{Content, Message};
use super::phrase::Phrase;
use super::prompter::Prompter;
use super::script::Script;
use super::segments::{Event, Listener, Said};
use super::settings::Settings;
use super::speakers::{Speakers, name};
use super::voices;
use super::words::ticks;
use crate::vocabulary::ServiceToml;

/// A conversation with a client that sends audio to be recognised.
#[derive(Debug)]
pub(super) struct Recognition {
    /// The settings of the connection, and those of the next turn.
    of_connection: Settings,
    settings: Settings,
    turn: Option<Turn>,
    speakers: Speakers,
    director: Arc<Director>,
}

/// A turn: one request, with the audio that belongs to it.
#[derive(Debug)]
struct Turn {
    request_id: String,
    settings: Settings,
    listener: Listener,
    fingerprint: Fingerprint,
    numbered: scripted::Turn,
    source: Source,
    course: Option<Course>,
    /// Whether the turn has ended; what follows of its audio is dropped.
    is_over: bool,
}

/// Where the events of a turn come from.
#[derive(Debug)]
enum Source {
    /// What the lab hears.
    Heard,
    Scripted(Prompter),
    /// The audio decides at its end; until then the events are kept.
    Undecided(Vec<Event>),
}

impl Recognition {
    /// Reads the settings from the upgrade; in version 2 the context contains most of them.
    pub(super) fn of(asked: &Asked, director: Arc<Director>) -> Self {
        let settings = Settings::of(asked);
        Self { of_connection: settings.clone(), settings, turn: None, speakers: Speakers::default(), director }
    }

    /// Responds to a message.
    ///
    /// 1. The context contains settings.
    /// 2. The first audio of a request starts a turn.
    /// 3. Each phrase returns a result; that of a single recognition ends the turn.
    /// 4. Audio without content ends the turn.
    pub(super) fn answer(&mut self, message: &Message) -> Vec<Step> {
        match (message.path().as_str(), &message.content) {
            ("speech.context", _) => {
                let context: Value = serde_json::from_str(message.text()).unwrap_or_default();
                self.settings = self.of_connection.with_context(&context);
                Vec::new()
            }
            ("audio", Content::Binary(piece)) => self.listen(message, piece),
            _ => Vec::new(),
        }
    }

    fn listen(&mut self, message: &Message, piece: &[u8]) -> Vec<Step> {
        let request_id = message.header("x-requestid").unwrap_or_default();
        let is_of_turn = self.turn.as_ref().is_some_and(|turn| turn.request_id == request_id);
        let mut replies = Vec::new();
        if !is_of_turn {
            if piece.is_empty() {
                return Vec::new();
            }
            let context = json!({ "context": { "serviceTag": request_id } });
            replies.push(Message::json("turn.start", request_id, &context));
            self.turn = Some(Turn::new(request_id, self.settings.clone(), &self.director));
        }
        let Some(turn) = &mut self.turn else { return Vec::new() };
        if !turn.is_over {
            turn.hear(piece, &mut self.speakers, &mut replies);
        }
        course::steps(turn.course.as_mut(), replies)
    }
}

impl Turn {
    fn new(request_id: &str, settings: Settings, director: &Arc<Director>) -> Self {
        let service = if !settings.targets.is_empty() || settings.is_first_translation {
            ServiceToml::Translation
        } else if settings.speakers.is_some() {
            ServiceToml::ConversationTranscription
        } else {
            ServiceToml::Recognition
        };
        let numbered = director.begin(service);
        let decision = numbered.decide(Known::default());
        let mut turn = Self {
            request_id: request_id.to_owned(),
            listener: Listener::new(settings.segmentation),
            settings,
            fingerprint: Fingerprint::default(),
            numbered,
            source: Source::Undecided(Vec::new()),
            course: None,
            is_over: false,
        };
        if let Decision::Now(part) = decision {
            turn.follow(part);
        }
        turn
    }

    /// Follows the part of a script, or else what the lab hears.
    fn follow(&mut self, part: Option<Part>) {
        let entry = part.as_ref().map(|part| Arc::clone(&part.entry));
        self.source = match entry.as_ref().and_then(|entry| entry.phrases.as_ref()) {
            Some(phrases) => Source::Scripted(Prompter::new(phrases)),
            None => Source::Heard,
        };
        self.settings.scripted_targets = entry.and_then(|entry| entry.targets.clone());
        self.course = part.map(|part| Course::new(part, self.numbered.clone()));
    }

    /// Returns the events that a piece of audio brings.
    fn events(&mut self, piece: &[u8]) -> Vec<Event> {
        let mut heard = self.listener.hear(piece);
        self.fingerprint.add(piece);
        let (now, is_end) = (self.listener.now(), piece.is_empty());
        if is_end {
            let sha256 = self.fingerprint.end();
            let known = Known { audio: Some((&sha256, now)), ..Known::default() };
            if let Source::Undecided(kept) = &mut self.source {
                kept.append(&mut heard);
                heard = std::mem::take(kept);
                let part = if let Decision::Now(part) = self.numbered.decide(known) { part } else { None };
                self.follow(part);
            } else {
                self.numbered.note(known);
            }
        }
        match &mut self.source {
            Source::Heard => heard,
            Source::Scripted(prompter) => prompter.until(now, is_end),
            Source::Undecided(kept) => {
                heard.truncate(MOST_KEPT.saturating_sub(kept.len()));
                kept.append(&mut heard);
                Vec::new()
            }
        }
    }

    fn hear(&mut self, piece: &[u8], speakers: &mut Speakers, replies: &mut Vec<Message>) {
        for event in self.events(piece) {
            match event {
                Event::Start(at) => replies.push(self.say("speech.startDetected", &json!({ "Offset": ticks(at) }))),
                Event::Partial(said) => replies.push(self.partial(&said, speakers)),
                Event::Phrase(said) => self.phrase(&said, speakers, replies),
                Event::Silence(at) => self.silence(at, replies),
            }
            if self.is_over {
                return;
            }
        }
        if piece.is_empty() {
            self.end(replies);
        }
    }

    fn say(&self, path: &str, content: &Value) -> Message {
        Message::json(path, &self.request_id, content)
    }

    fn partial(&self, said: &Said, speakers: &mut Speakers) -> Message {
        let (phrase, settings) = (Phrase::of(said), &self.settings);
        match (settings.targets.is_empty(), settings.is_first_translation) {
            (true, _) => {
                let mut hypothesis = phrase.hypothesis(settings);
                if let Some(is_early) = settings.speakers {
                    hypothesis["SpeakerId"] =
                        if is_early { json!(name(phrase.speaker(speakers))) } else { json!("Unknown") };
                }
                self.say("speech.hypothesis", &hypothesis)
            }
            (false, true) => self.say("translation.hypothesis", &phrase.translation_hypothesis(settings)),
            (false, false) => self.say("translation.response", &phrase.response_hypothesis(settings)),
        }
    }

    fn phrase(&mut self, said: &Said, speakers: &mut Speakers, replies: &mut Vec<Message>) {
        let (phrase, settings) = (Phrase::of(said), &self.settings);
        if !settings.is_continuous {
            let end = phrase.offset + phrase.duration;
            replies.push(self.say("speech.endDetected", &json!({ "Offset": end })));
        }
        let told = match (settings.targets.is_empty(), settings.is_first_translation) {
            (true, _) => {
                let mut json = phrase.json(settings);
                if settings.speakers.is_some() {
                    json["SpeakerId"] = json!(name(phrase.speaker(speakers)));
                }
                self.say("speech.phrase", &json)
            }
            (false, true) => self.say("translation.phrase", &phrase.translation(settings)),
            (false, false) => self.say("translation.response", &phrase.response(settings)),
        };
        replies.push(told.of_phrase(phrase.offset + phrase.duration));
        self.speak_translation(&phrase, replies);
        if !settings.is_continuous {
            self.finish(replies);
        }
    }

    /// Speaks the translation into the first target language.
    fn speak_translation(&self, phrase: &Phrase, replies: &mut Vec<Message>) {
        let (voice, to) = (self.settings.voice.as_ref(), self.settings.translations().first());
        let (Some(text), Some(voice), Some(to)) = (phrase.text(), voice, to) else { return };
        let voice = voices::find(voice).or_else(|| voices::of_language(to)).unwrap_or_default();
        let sound = Format::TRANSLATION.speak(&Script::of_text(&phrase.translated(text, to), voice));
        let (path, field) = if self.settings.is_first_translation {
            ("translation.synthesis", "SynthesisStatus")
        } else {
            ("audio", "Status")
        };
        let kind = Format::TRANSLATION.content_type();
        replies.extend(sound.map(|piece| Message::piece(path, &self.request_id, "1", kind, piece)));
        replies.push(self.say(&format!("{path}.end"), &json!({ field: "Success" })));
    }

    /// Nothing was said in the time that the service waits.
    fn silence(&mut self, at: u64, replies: &mut Vec<Message>) {
        let status = json!({ "RecognitionStatus": "InitialSilenceTimeout", "Offset": ticks(at), "Duration": 0 });
        replies.push(if self.settings.targets.is_empty() {
            self.say("speech.phrase", &status)
        } else if self.settings.is_first_translation {
            self.say("translation.phrase", &status)
        } else {
            self.say("translation.response", &json!({ "SpeechPhrase": status }))
        });
        if !self.settings.is_continuous {
            self.finish(replies);
        }
    }

    /// The audio has ended.
    fn end(&mut self, replies: &mut Vec<Message>) {
        let now = ticks(self.listener.now());
        if !self.settings.is_continuous {
            // No phrase has ended the turn, so nothing was heard.
            let said = Said { end: self.listener.now(), ..Said::default() };
            self.phrase(&said, &mut Speakers::default(), replies);
            return;
        }
        if self.listener.has_spoken() {
            replies.push(self.say("speech.endDetected", &json!({ "Offset": now })));
        }
        // The native SDK makes an empty result of this message in a translation.
        if self.settings.targets.is_empty() && self.settings.has_end {
            let end = json!({ "RecognitionStatus": "EndOfDictation", "Offset": now, "Duration": 0 });
            replies.push(self.say("speech.phrase", &end));
        }
        self.finish(replies);
    }

    fn finish(&mut self, replies: &mut Vec<Message>) {
        replies.push(self.say("turn.end", &json!({})));
        self.is_over = true;
        // The memory of a turn that is over is not needed.
        self.listener = Listener::new(self.settings.segmentation);
    }
}

/// The maximum number of events that are kept until the end of the audio.
const MOST_KEPT: usize = 10_000;

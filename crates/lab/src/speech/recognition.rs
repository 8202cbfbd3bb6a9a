//! Recognition and translation over a WebSocket.

use serde_json::{Value, json};

use super::super::exchange::Asked;
use super::super::ids;
use super::format::Format;
use super::message::{Content, Message};
use super::phrase::{Phrase, translated};
use super::script::Script;
use super::segments::{Event, Listener, Said};
use super::settings::Settings;
use super::speakers::Speakers;
use super::voices;
use super::words::ticks;

/// A conversation with a client that sends audio to be recognised.
#[derive(Debug)]
pub(super) struct Recognition {
    /// The settings of the connection, and those of the next turn.
    of_connection: Settings,
    settings: Settings,
    turn: Option<Turn>,
    speakers: Speakers,
}

/// A turn: one request, with the audio that belongs to it.
#[derive(Debug)]
struct Turn {
    request_id: String,
    settings: Settings,
    listener: Listener,
    /// Whether the turn has ended; what follows of its audio is dropped.
    is_over: bool,
}

impl Recognition {
    /// Reads the settings from the upgrade; in version 2 the context contains most of them.
    pub(super) fn of(asked: &Asked) -> Self {
        let settings = Settings::of(asked);
        Self { of_connection: settings.clone(), settings, turn: None, speakers: Speakers::default() }
    }

    /// Responds to a message.
    ///
    /// 1. The context contains settings.
    /// 2. The first audio of a request starts a turn.
    /// 3. Each phrase returns a result; that of a single recognition ends the turn.
    /// 4. Audio without content ends the turn.
    ///
    /// # Errors
    ///
    /// Returns the reason to close the connection.
    pub(super) fn answer(&mut self, message: &Message) -> Result<Vec<Message>, String> {
        match (message.path().as_str(), &message.content) {
            ("speech.context", _) => {
                let context: Value = serde_json::from_str(message.text()).unwrap_or_default();
                self.settings = self.of_connection.with_context(&context);
                Ok(Vec::new())
            }
            ("event", _) => {
                let event: Value = serde_json::from_str(message.text()).unwrap_or_default();
                self.settings.update(&event);
                if let Some(turn) = &mut self.turn {
                    turn.settings.update(&event);
                }
                Ok(Vec::new())
            }
            ("audio", Content::Binary(piece)) => self.listen(message, piece),
            _ => Ok(Vec::new()),
        }
    }

    fn listen(&mut self, message: &Message, piece: &[u8]) -> Result<Vec<Message>, String> {
        let request_id = message.header("x-requestid").unwrap_or_default();
        let is_of_turn = self.turn.as_ref().is_some_and(|turn| turn.request_id == request_id);
        let mut replies = Vec::new();
        if !is_of_turn {
            if piece.is_empty() {
                return Ok(replies);
            }
            if let Some(language) = self.settings.unsupported_language() {
                return Err(format!("Unsupported locale {language}."));
            }
            let context = json!({ "context": { "serviceTag": request_id } });
            replies.push(Message::json("turn.start", request_id, &context));
            self.turn = Some(Turn {
                request_id: request_id.to_owned(),
                settings: self.settings.clone(),
                listener: Listener::new(self.settings.segmentation),
                is_over: false,
            });
        }
        if let Some(turn) = self.turn.as_mut().filter(|turn| !turn.is_over) {
            turn.hear(piece, &mut self.speakers, &mut replies);
        }
        Ok(replies)
    }
}

impl Turn {
    fn hear(&mut self, piece: &[u8], speakers: &mut Speakers, replies: &mut Vec<Message>) {
        for event in self.listener.hear(piece) {
            match event {
                Event::Start(at) => replies.push(self.say("speech.startDetected", &json!({ "Offset": ticks(at) }))),
                Event::Partial(said) => replies.push(self.partial(&said, speakers)),
                Event::Phrase(said) | Event::Quiet(said) => self.phrase(&said, speakers, replies),
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
        let settings = &self.settings;
        let phrase = Phrase::of(said).clean(settings.profanity);
        match (settings.targets.is_empty(), settings.is_first_translation) {
            (true, _) => {
                let mut hypothesis = phrase.hypothesis(settings);
                if let Some(is_early) = settings.speakers {
                    hypothesis["SpeakerId"] =
                        if is_early { json!(speakers.name(phrase.voice)) } else { json!("Unknown") };
                }
                self.say("speech.hypothesis", &hypothesis)
            }
            (false, true) => self.say("translation.hypothesis", &phrase.translation_hypothesis(settings)),
            (false, false) => self.say("translation.response", &phrase.response_hypothesis(settings)),
        }
    }

    fn phrase(&mut self, said: &Said, speakers: &mut Speakers, replies: &mut Vec<Message>) {
        let settings = &self.settings;
        let phrase = Phrase::of(said).clean(settings.profanity);
        if !settings.is_continuous {
            let end = phrase.offset + phrase.duration;
            replies.push(self.say("speech.endDetected", &json!({ "Offset": end })));
        }
        replies.push(match (settings.targets.is_empty(), settings.is_first_translation) {
            (true, _) => {
                let mut json = phrase.json(settings);
                json["Id"] = json!(ids::hex());
                json["Channel"] = json!(0);
                if settings.speakers.is_some() {
                    json["SpeakerId"] = json!(speakers.name(phrase.voice));
                }
                self.say("speech.phrase", &json)
            }
            (false, true) => self.say("translation.phrase", &phrase.translation(settings)),
            (false, false) => self.say("translation.response", &phrase.response(settings)),
        });
        if let Some(text) = phrase.text() {
            self.speak_translation(text, replies);
        }
        if !settings.is_continuous {
            self.finish(replies);
        }
    }

    /// Speaks the translation into the first target language.
    fn speak_translation(&self, text: &str, replies: &mut Vec<Message>) {
        let (Some(voice), Some(to)) = (&self.settings.voice, self.settings.targets.first()) else { return };
        let voice = voices::find(voice).or_else(|| voices::of_language(to)).unwrap_or_default();
        let sound = Format::TRANSLATION.speak(&Script::of_text(&translated(text, to), voice));
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

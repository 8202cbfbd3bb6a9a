//! Recognition and translation over a WebSocket.

use serde_json::{Value, json};
use url::form_urlencoded;

use super::super::exchange::Asked;
use super::message::{Content, Message};
use super::phrase::{Phrase, lexical};
use super::wave;

/// A conversation with a client that sends audio to be recognised.
#[derive(Debug, Default)]
pub(super) struct Recognition {
    is_detailed: bool,
    /// Target languages; empty for recognition without translation.
    targets: Vec<String>,
    /// Whether this is version 1 of translation, which has its own path and message.
    is_first_version: bool,
    turn: Option<Turn>,
}

/// The audio of a turn received so far.
#[derive(Debug, Default)]
struct Turn {
    request_id: String,
    audio: Vec<u8>,
}

impl Recognition {
    /// Reads the settings from the query of an upgrade; in version 2 the context contains them.
    pub(super) fn of(asked: &Asked) -> Self {
        let mut recognition = Self { is_first_version: asked.path.contains("/speech/translation/"), ..Self::default() };
        for (name, value) in form_urlencoded::parse(asked.query.as_bytes()) {
            match &*name.to_ascii_lowercase() {
                "format" => recognition.is_detailed = value.eq_ignore_ascii_case("detailed"),
                // Some SDKs repeat the parameter per language, others separate languages by commas.
                "to" => recognition.targets.extend(value.split(',').map(str::to_owned)),
                _ => {}
            }
        }
        recognition
    }

    /// Responds to a message.
    ///
    /// 1. The context contains settings.
    /// 2. The first audio of a request starts a turn.
    /// 3. Audio without content ends the turn and returns the result.
    pub(super) fn answer(&mut self, message: &Message) -> Vec<Message> {
        match (message.path().as_str(), &message.content) {
            ("speech.context", _) => {
                self.read_context(&serde_json::from_str(message.text()).unwrap_or_default());
                Vec::new()
            }
            ("audio", Content::Binary(piece)) => self.listen(message, piece),
            _ => Vec::new(),
        }
    }

    fn read_context(&mut self, context: &Value) {
        if let Some(targets) = context["translation"]["targetLanguages"].as_array() {
            self.targets = targets.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        }
        if let Some(format) = context["phraseOutput"]["format"].as_str() {
            self.is_detailed = format.eq_ignore_ascii_case("detailed");
        }
    }

    fn listen(&mut self, message: &Message, piece: &[u8]) -> Vec<Message> {
        let request_id = message.header("x-requestid").unwrap_or_default();
        let is_of_turn = self.turn.as_ref().is_some_and(|turn| turn.request_id == request_id);
        if piece.is_empty() {
            let ended = self.turn.take_if(|_| is_of_turn);
            return ended.map_or(Vec::new(), |turn| self.end(&turn));
        }
        let mut replies = Vec::new();
        if !is_of_turn {
            let context = json!({ "context": { "serviceTag": request_id } });
            replies.push(Message::json("turn.start", request_id, &context));
            replies.push(Message::json("speech.startDetected", request_id, &json!({ "Offset": 0 })));
            self.turn = Some(Turn { request_id: request_id.to_owned(), audio: Vec::new() });
        }
        if let Some(turn) = &mut self.turn {
            let room = MOST_AUDIO.saturating_sub(turn.audio.len());
            turn.audio.extend(piece.iter().take(room));
        }
        replies
    }

    fn end(&self, turn: &Turn) -> Vec<Message> {
        let phrase = Phrase::of(wave::read(&turn.audio));
        let say = |path: &str, content: &Value| Message::json(path, &turn.request_id, content);
        let mut replies = Vec::new();
        if let Some(text) = phrase.text() {
            let text = lexical(text);
            replies.push(say("speech.hypothesis", &json!({ "Text": text, "Offset": 0, "Duration": phrase.ticks() })));
        }
        replies.push(say("speech.endDetected", &json!({ "Offset": phrase.ticks() })));
        replies.push(match (self.targets.as_slice(), self.is_first_version) {
            ([], _) => say("speech.phrase", &phrase.json(self.is_detailed)),
            (targets, true) => say("translation.phrase", &phrase.translation(targets)),
            (targets, false) => say("translation.response", &phrase.response(targets)),
        });
        replies.push(say("turn.end", &json!({})));
        replies
    }
}

/// Two minutes of audio. More can be dropped, because the comment is at the start.
const MOST_AUDIO: usize = 4 << 20;

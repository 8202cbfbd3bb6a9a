//! Synthesis over a WebSocket.

use bytes::Bytes;
use serde_json::{Value, json};

use super::message::Message;
use super::ssml;
use super::wave::Format;

/// A conversation with a client that sends SSML to be synthesised.
#[derive(Debug, Default)]
pub(super) struct Synthesis {
    format: Option<String>,
}

impl Synthesis {
    /// Responds to a message: the context sets the format, and SSML starts synthesis.
    ///
    /// # Errors
    ///
    /// Returns the reason to close the connection.
    pub(super) fn answer(&mut self, message: &Message) -> Result<Vec<Message>, String> {
        match message.path().as_str() {
            "synthesis.context" => {
                let context: Value = serde_json::from_str(message.text()).map_err(|error| error.to_string())?;
                let format = &context["synthesis"]["audio"]["outputFormat"];
                self.format = format.as_str().map(str::to_owned).or(self.format.take());
                Ok(Vec::new())
            }
            "ssml" => self.speak(message),
            _ => Ok(Vec::new()),
        }
    }

    fn speak(&self, message: &Message) -> Result<Vec<Message>, String> {
        let name = self.format.as_deref().ok_or("`synthesis.context` contains no output format")?;
        let format = Format::read(name).ok_or_else(|| format!("`{name}` is not a format that the lab supports"))?;
        let text = ssml::text(message.text()).map_err(|fault| format!("the SSML is not valid: {fault}"))?;
        let audio = Bytes::from(format.speak(&text));
        let id = message.header("x-requestid").unwrap_or_default();
        let context = json!({ "serviceTag": id });
        let response = json!({ "context": context, "audio": { "type": "inline", "streamId": STREAM } });
        let mut replies = vec![
            Message::json("turn.start", id, &json!({ "context": context })),
            Message::json("response", id, &response),
        ];
        let pieces = (0..audio.len()).step_by(PIECE).map(|at| audio.slice(at..audio.len().min(at + PIECE)));
        replies
            .extend(pieces.chain([Bytes::new()]).map(|piece| Message::audio(id, STREAM, format.content_type(), piece)));
        replies.push(Message::json("turn.end", id, &json!({})));
        Ok(replies)
    }
}

/// The id of a turn's only stream.
const STREAM: &str = "1AB0000000000000000000000000000A";

/// The maximum number of bytes in a piece of audio.
const PIECE: usize = 4096;

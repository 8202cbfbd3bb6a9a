//! Synthesis over a WebSocket.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use super::super::scripted::{Decision, Director, Known, Turn};
use super::course::{self, Course, Steps};
use super::format::{Format, Sound};
use super::message::Message;
use super::play::staged;
use super::script::{Mark, MarkKind, Script};
use super::{ssml, voices};
use crate::vocabulary::ServiceToml;

/// A conversation with a client that sends SSML or a stream of text to be synthesised.
#[derive(Debug)]
pub(super) struct Synthesis {
    /// Whether any voice name is accepted, because a custom voice is asked for.
    is_custom: bool,
    context: Context,
    stream: Option<TextStream>,
    director: Arc<Director>,
}

/// What the client asked for.
#[derive(Clone, Debug, Default)]
struct Context {
    format: Option<String>,
    wanted: Wanted,
    /// The voice of a stream of text.
    voice: Option<u16>,
}

/// The marks that the client asked for.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of the client")]
struct Wanted {
    words: bool,
    punctuation: bool,
    sentences: bool,
    visemes: bool,
    bookmarks: bool,
    end: bool,
}

/// A text that arrives in pieces.
#[derive(Debug)]
struct TextStream {
    request_id: String,
    text: String,
    turn: Turn,
    course: Option<Course>,
    /// Whether the script is decided; otherwise the whole text decides.
    is_decided: bool,
}

impl Synthesis {
    pub(super) fn new(is_custom: bool, director: Arc<Director>) -> Self {
        Self { is_custom, context: Context::default(), stream: None, director }
    }

    /// Responds to a message: the context contains settings, and SSML or the end of a text starts synthesis.
    ///
    /// # Errors
    ///
    /// Returns the reason to close the connection.
    pub(super) fn answer(&mut self, message: &Message) -> Result<Steps, String> {
        let id = message.header("x-requestid").unwrap_or_default().to_owned();
        match message.path().as_str() {
            "synthesis.context" => {
                let context = serde_json::from_str(message.text()).map_err(|error| error.to_string())?;
                self.context.read(&context)?;
                Ok(none())
            }
            "ssml" => {
                let format = self.context.format()?;
                let pieces = ssml::read(message.text()).map_err(|fault| format!("the SSML is not valid: {fault}"))?;
                let script = Script::write(&pieces, self.is_custom)?;
                let (course, _) = decide(&self.director.begin(ServiceToml::Synthesis), Some(&script.text));
                let said = speak(id.clone(), format, self.context.wanted, script, course.as_ref());
                Ok(course::lazily(course, begin(&id).into_iter().chain(said)))
            }
            "text.piece" => self.piece(id, message.text()),
            "text.end" => self.end(&id),
            _ => Ok(none()),
        }
    }

    /// Adds a piece of text; the first one starts the turn.
    fn piece(&mut self, id: String, piece: &str) -> Result<Steps, String> {
        self.context.format()?;
        if let Some(stream) = self.stream.as_mut().filter(|stream| stream.request_id == id) {
            if stream.text.len() + piece.len() > LONGEST_TEXT {
                return Err("the text is longer than 1 MiB".into());
            }
            stream.text.push_str(piece);
            return Ok(none());
        }
        let turn = self.director.begin(ServiceToml::Synthesis);
        let (mut course, is_decided) = decide(&turn, None);
        let begun = course::steps(course.as_mut(), begin(&id));
        let text = piece.chars().take(LONGEST_TEXT).collect();
        self.stream = Some(TextStream { request_id: id, text, turn, course, is_decided });
        Ok(Box::new(begun.into_iter()))
    }

    /// Speaks the text that arrived.
    fn end(&mut self, id: &str) -> Result<Steps, String> {
        let Some(stream) = self.stream.take_if(|stream| stream.request_id == id) else { return Ok(none()) };
        let format = self.context.format()?;
        let script = Script::of_text(&stream.text, self.context.voice.unwrap_or_default());
        let course = if stream.is_decided {
            stream.turn.note(Known { text: Some(&script.text), ..Known::default() });
            stream.course
        } else {
            decide(&stream.turn, Some(&script.text)).0
        };
        let said = speak(stream.request_id, format, self.context.wanted, script, course.as_ref());
        Ok(course::lazily(course, said))
    }
}

impl Context {
    fn read(&mut self, context: &Value) -> Result<(), String> {
        let synthesis = &context["synthesis"];
        let audio = &synthesis["audio"];
        if let Some(format) = audio["outputFormat"].as_str() {
            self.format = Some(format.to_owned());
        }
        let options = &audio["metadataOptions"];
        // The native SDK writes some of them as text.
        let is_on = |name: &str| {
            options[name] == true || options[name].as_str().is_some_and(|text| text.eq_ignore_ascii_case("true"))
        };
        self.wanted = Wanted {
            words: is_on("wordBoundaryEnabled"),
            punctuation: is_on("punctuationBoundaryEnabled"),
            sentences: is_on("sentenceBoundaryEnabled"),
            visemes: is_on("visemeEnabled"),
            bookmarks: is_on("bookmarkEnabled"),
            end: is_on("sessionEndEnabled"),
        };
        let input = &synthesis["input"];
        let given = |name: &str| input[name].as_str().filter(|text| !text.is_empty());
        self.voice = match (given("voiceName"), given("language")) {
            (Some(voice), _) => Some(voices::find(voice).ok_or_else(|| format!("Unsupported voice {voice}."))?),
            (None, Some(language)) => voices::of_language(language),
            (None, None) => voices::of_language("en-US"),
        };
        Ok(())
    }

    fn format(&self) -> Result<Format, String> {
        let name = self.format.as_deref().ok_or("`synthesis.context` contains no output format")?;
        Format::read(name).ok_or_else(|| format!("`{name}` is not a format that the lab supports"))
    }
}

impl Wanted {
    /// Returns a mark as the service sends it, if it is wanted.
    fn json(self, mark: &Mark) -> Option<Value> {
        let offset = mark.at * 10_000;
        let boundary = |kind: &str, boundary: &str, text: &str, lasts: u64| {
            let text = json!({ "Text": text, "Length": text.chars().count(), "BoundaryType": boundary });
            json!({ "Type": kind, "Data": { "Offset": offset, "Duration": lasts * 10_000, "text": text } })
        };
        Some(match &mark.kind {
            MarkKind::Word { text, lasts } if self.words => boundary("WordBoundary", "WordBoundary", text, *lasts),
            MarkKind::Punctuation { text, lasts } if self.punctuation => {
                boundary("WordBoundary", "PunctuationBoundary", text, *lasts)
            }
            MarkKind::Sentence { text, lasts } if self.sentences => {
                boundary("SentenceBoundary", "SentenceBoundary", text, *lasts)
            }
            MarkKind::Viseme(id) if self.visemes => {
                json!({ "Type": "Viseme", "Data": { "Offset": offset, "VisemeId": id, "IsLastAnimation": true } })
            }
            MarkKind::Bookmark(name) if self.bookmarks => {
                json!({ "Type": "Bookmark", "Data": { "Offset": offset, "Bookmark": name } })
            }
            _ => return None,
        })
    }
}

/// Returns the course of a turn, and whether it is decided; otherwise the text must be known.
fn decide(turn: &Turn, text: Option<&str>) -> (Option<Course>, bool) {
    match turn.decide(Known { text, ..Known::default() }) {
        Decision::Now(part) => (part.map(|part| Course::new(part, turn.clone())), true),
        Decision::Later => (None, false),
    }
}

fn none() -> Steps {
    Box::new(std::iter::empty())
}

fn begin(id: &str) -> [Message; 2] {
    let context = json!({ "serviceTag": id });
    let response = json!({ "context": context, "audio": { "type": "inline", "streamId": STREAM } });
    [Message::json("turn.start", id, &json!({ "context": context })), Message::json("response", id, &response)]
}

/// Returns the marks and the audio in the order of their times, and the end of the turn.
fn speak(
    id: String,
    format: Format,
    wanted: Wanted,
    script: Script,
    course: Option<&Course>,
) -> impl Iterator<Item = Message> + Send + use<> {
    let mut marks = script.marks.clone();
    marks.sort_by_key(|mark| mark.at);
    let mut marks: Vec<Value> = marks.iter().filter_map(|mark| wanted.json(mark)).collect();
    marks.reverse();
    let lasts = script.lasts * 10_000;
    let entry = course.map(Course::entry);
    let spoken = entry.and_then(|entry| entry.spoken);
    let script = match entry {
        Some(entry) => staged(entry, script),
        None => script,
    };
    let sound: Sound = format.sound(&script, spoken);
    let (kind, metadata_id) = (format.content_type(), id.clone());
    let metadata = std::iter::from_fn(move || {
        let from = marks.len().saturating_sub(MARKS_PER_MESSAGE);
        let mut some: Vec<Value> = marks.drain(from..).collect();
        some.reverse();
        (!some.is_empty()).then(|| Message::json("audio.metadata", &metadata_id, &json!({ "Metadata": some })))
    });
    let mut end = Vec::new();
    if wanted.end {
        let session = json!({ "Metadata": [{ "Type": "SessionEnd", "Data": { "Offset": lasts } }] });
        end.push(Message::json("audio.metadata", &id, &session));
    }
    end.push(Message::audio(&id, STREAM, kind, Bytes::new()));
    end.push(Message::json("turn.end", &id, &json!({})));
    let audio = sound.map(move |piece| Message::audio(&id, STREAM, kind, piece));
    metadata.chain(audio).chain(end)
}

/// The id of a turn's only stream.
const STREAM: &str = "1AB0000000000000000000000000000A";

/// The number of marks in one message.
const MARKS_PER_MESSAGE: usize = 50;

/// The maximum number of bytes in a stream of text.
const LONGEST_TEXT: usize = 1 << 20;

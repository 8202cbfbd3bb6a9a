//! The realtime API of Azure OpenAI, and Voice Live, which has the same events.
//!
//! <https://learn.microsoft.com/azure/ai-services/openai/realtime-audio-reference> and
//! <https://learn.microsoft.com/azure/ai-services/speech-service/voice-live-api-reference>. The names of the events of version
//! 1: <https://platform.openai.com/docs/api-reference/realtime-server-events>. A response repeats what the user said.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::super::exchange::Asked;
use super::super::ids;
use super::format::{Format, header};
use super::g711::Law;
use super::openai::voice_number;
use super::script::Script;
use super::segments::{Event, Listener, Said, Segmentation};

mod session;
mod usage;

use session::Version;
use usage::usage;

/// A session.
#[derive(Debug)]
pub(super) struct Realtime {
    version: Version,
    session: Map<String, Value>,
    listener: Option<Listener>,
    /// The number of bytes of audio since the last commit.
    buffered: usize,
    /// The id of the item that the user is speaking.
    speaking: Option<String>,
    last_item: Option<String>,
    /// What the user said since the last response.
    said: String,
    /// What the user said in this turn, and for how many milliseconds.
    turn: (String, u64),
}

impl Realtime {
    pub(super) fn of(asked: &Asked) -> Self {
        let parameter = |wanted: &str| {
            let mut pairs = form_urlencoded::parse(asked.query.as_bytes());
            pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
        };
        let version = Version::of(&asked.path);
        let model = parameter("model").or_else(|| parameter("deployment")).unwrap_or_else(|| "gpt-realtime".into());
        let is_transcription = parameter("intent").as_deref() == Some("transcription");
        Self {
            version,
            session: session::begin(&model, version, is_transcription),
            listener: None,
            buffered: 0,
            speaking: None,
            last_item: None,
            said: String::new(),
            turn: (String::new(), 0),
        }
    }

    /// Returns the events that begin the session.
    pub(super) fn greeting(&self) -> Vec<Value> {
        vec![event("session.created", &json!({ "session": self.session }))]
    }

    /// Responds to an event of the client.
    pub(super) fn answer(&mut self, text: &str) -> Vec<Value> {
        let Ok(asked) = serde_json::from_str::<Value>(text) else {
            return vec![fault("invalid_json", "The event is not valid JSON.", None)];
        };
        let client_id = asked["event_id"].as_str();
        let mut events = Vec::new();
        match asked["type"].as_str() {
            Some("session.update") => match asked["session"].as_object() {
                Some(changes) => {
                    merge(&mut self.session, changes, 0);
                    events.push(event("session.updated", &json!({ "session": self.session })));
                }
                None => events.push(missing("session", client_id)),
            },
            Some("input_audio_buffer.append") => match asked["audio"].as_str().map(|audio| STANDARD.decode(audio)) {
                Some(Ok(audio)) => self.hear(&audio, &mut events),
                _ => events.push(fault("invalid_value", "`audio` is not valid base64.", client_id)),
            },
            Some("input_audio_buffer.commit") => self.commit(client_id, &mut events),
            Some("input_audio_buffer.clear") => {
                (self.listener, self.buffered, self.speaking, self.turn) = (None, 0, None, (String::new(), 0));
                events.push(event("input_audio_buffer.cleared", &json!({})));
            }
            Some("conversation.item.create") => self.create_item(&asked["item"], client_id, &mut events),
            Some("conversation.item.delete") => events.push(match asked["item_id"].as_str() {
                Some(item) => event("conversation.item.deleted", &json!({ "item_id": item })),
                None => missing("item_id", client_id),
            }),
            Some("conversation.item.truncate") => events.push(truncated(&asked, client_id)),
            Some("response.create") => self.respond(&asked["response"], &mut events),
            Some("response.cancel") => {
                events.push(fault(
                    "response_cancel_not_active",
                    "Cancellation failed: no active response found",
                    client_id,
                ));
            }
            Some(kind) => {
                events.push(fault("invalid_value", &format!("Invalid value: '{}'.", shortened(kind)), client_id));
            }
            None => events.push(missing("type", client_id)),
        }
        events
    }

    /// Hears audio; where the server detects turns, the end of a phrase is the end of one.
    fn hear(&mut self, audio: &[u8], events: &mut Vec<Value>) {
        self.buffered = self.buffered.saturating_add(audio.len());
        let detects = !self.turn_detection().is_null();
        let mut listener = self.listener.take().unwrap_or_else(|| self.new_listener());
        for heard in listener.hear(audio) {
            match heard {
                Event::Start(at) if detects => {
                    let item = self.speaking.get_or_insert_with(|| new_id("item"));
                    events.push(event(
                        "input_audio_buffer.speech_started",
                        &json!({ "audio_start_ms": at, "item_id": item }),
                    ));
                }
                Event::Phrase(said) => {
                    self.say(&said);
                    if detects {
                        let item = self.speaking.take().unwrap_or_else(|| new_id("item"));
                        let stopped = json!({ "audio_end_ms": said.end, "item_id": item });
                        events.push(event("input_audio_buffer.speech_stopped", &stopped));
                        self.end_turn(&item, events);
                        if self.turn_detection()["create_response"] != false && !self.is_transcription() {
                            self.respond(&Value::Null, events);
                        }
                    }
                }
                _ => {}
            }
        }
        self.listener = Some(listener);
    }

    fn commit(&mut self, client_id: Option<&str>, events: &mut Vec<Value>) {
        if self.buffered == 0 {
            let message = "Error committing input audio buffer: buffer too small.";
            events.push(fault("input_audio_buffer_commit_empty", message, client_id));
            return;
        }
        if let Some(mut listener) = self.listener.take() {
            for heard in listener.hear(&[]) {
                if let Event::Phrase(said) = heard {
                    self.say(&said);
                }
            }
        }
        let item = self.speaking.take().unwrap_or_else(|| new_id("item"));
        self.end_turn(&item, events);
    }

    fn say(&mut self, said: &Said) {
        let Some(text) = said.text().filter(|_| self.said.len() < LONGEST_TEXT) else { return };
        append(&mut self.said, &text);
        append(&mut self.turn.0, &text);
        self.turn.1 += said.end.saturating_sub(said.start);
    }

    /// Adds what the user said to the conversation.
    fn end_turn(&mut self, id: &str, events: &mut Vec<Value>) {
        self.buffered = 0;
        events
            .push(event("input_audio_buffer.committed", &json!({ "item_id": id, "previous_item_id": self.last_item })));
        let content = json!([{ "type": "input_audio", "transcript": null }]);
        self.add_item(&json!({ "id": id, "type": "message", "role": "user", "content": content }), events);
        let (transcript, lasts) = std::mem::take(&mut self.turn);
        if self.is_transcription() {
            // Nothing responds, and no response would take it.
            self.said.clear();
        }
        if self.is_transcription() || !self.transcription().is_null() {
            let mut content = json!({ "item_id": id, "content_index": 0, "transcript": transcript });
            if self.version != Version::VoiceLive {
                content["usage"] = json!({ "type": "duration", "seconds": Duration::from_millis(lasts).as_secs_f64() });
            }
            events.push(event("conversation.item.input_audio_transcription.completed", &content));
        }
    }

    fn create_item(&mut self, item: &Value, client_id: Option<&str>, events: &mut Vec<Value>) {
        if !item.is_object() {
            events.push(missing("item", client_id));
            return;
        }
        let texts = item["content"].as_array().into_iter().flatten().filter_map(|part| part["text"].as_str());
        let text = texts.collect::<Vec<_>>().join(" ");
        if item["role"] == "user" && !text.is_empty() {
            self.said = text.chars().take(LONGEST_TEXT).collect();
        }
        let mut item = item.clone();
        if item["id"].as_str().is_none_or(str::is_empty) {
            item["id"] = json!(new_id("item"));
        }
        self.add_item(&item, events);
    }

    fn add_item(&mut self, item: &Value, events: &mut Vec<Value>) {
        let mut item = item.clone();
        item["object"] = json!("realtime.item");
        item["status"] = json!("completed");
        let content = json!({ "previous_item_id": self.last_item, "item": item });
        self.last_item = item["id"].as_str().map(str::to_owned);
        if self.version.is_first() {
            events.push(event("conversation.item.added", &content));
            events.push(event("conversation.item.done", &content));
        } else {
            events.push(event("conversation.item.created", &content));
        }
    }

    /// Makes a response: the text that repeats the user, and its audio unless only text is wanted.
    fn respond(&mut self, wanted: &Value, events: &mut Vec<Value>) {
        let modalities = if self.version.is_first() { "output_modalities" } else { "modalities" };
        let list = wanted[modalities].as_array().or_else(|| self.session.get(modalities)?.as_array());
        let has_audio = list.is_none_or(|list| list.iter().any(|kind| kind == "audio"));
        let said = std::mem::take(&mut self.said);
        let text = if said.is_empty() { "Hello.".to_owned() } else { format!("You said: {said}") };
        let (response, item) = (new_id("resp"), new_id("item"));
        let spoken = usage(self.version, &said, &text, has_audio);
        let of_response = |status: &str, output: Value, usage: &Value| {
            let mut json = json!({
                "id": response, "object": "realtime.response", "status": status, "status_details": null, "output": output,
                "conversation_id": "conv_lab", "metadata": null, "usage": usage,
            });
            json[modalities] = match (has_audio, self.version.is_first()) {
                (true, true) => json!(["audio"]),
                (true, false) => json!(["text", "audio"]),
                (false, _) => json!(["text"]),
            };
            json
        };
        events.push(event(
            "response.created",
            &json!({ "response": of_response("in_progress", json!([]), &Value::Null) }),
        ));
        let message = |status: &str, content: Value| json!({ "id": item, "object": "realtime.item", "type": "message", "role": "assistant", "status": status, "content": content });
        let started = json!({ "response_id": response, "output_index": 0, "item": message("in_progress", json!([])) });
        events.push(event("response.output_item.added", &started));
        let at = json!({ "response_id": response, "item_id": item, "output_index": 0, "content_index": 0 });
        let kind = |suffix: &str| match (self.version.is_first(), suffix) {
            (true, suffix) => format!("response.output_{suffix}"),
            (false, suffix) => format!("response.{suffix}"),
        };
        let (text_kind, field, short) =
            if has_audio { ("audio_transcript", "transcript", "audio") } else { ("text", "text", "text") };
        // In version 1 the parts of an item have other types than the events about them.
        let part = json!({ "type": short, field: text });
        let mut of_item = part.clone();
        if self.version.is_first() {
            of_item["type"] = json!(format!("output_{short}"));
        }
        let mut empty = part.clone();
        empty[field] = json!("");
        events.push(event("response.content_part.added", &with(&at, "part", empty)));
        for word in text.split_inclusive(' ') {
            events.push(event(&kind(&format!("{text_kind}.delta")), &with(&at, "delta", json!(word))));
        }
        if has_audio {
            let sound = self.output_format().speak(&Script::of_text(&text, voice_number(&self.voice())));
            for piece in sound {
                events.push(event(&kind("audio.delta"), &with(&at, "delta", json!(STANDARD.encode(&piece)))));
            }
            events.push(event(&kind("audio.done"), &at));
        }
        events.push(event(&kind(&format!("{text_kind}.done")), &with(&at, field, json!(text))));
        events.push(event("response.content_part.done", &with(&at, "part", part)));
        let whole = message("completed", json!([of_item]));
        let ended = json!({ "response_id": response, "output_index": 0, "item": whole });
        events.push(event("response.output_item.done", &ended));
        let previous = self.last_item.replace(item.clone());
        let added = json!({ "previous_item_id": previous, "item": whole });
        let names: &[&str] = if self.version.is_first() {
            &["conversation.item.added", "conversation.item.done"]
        } else {
            &["conversation.item.created"]
        };
        events.extend(names.iter().map(|name| event(name, &added)));
        events.push(event("response.done", &json!({ "response": of_response("completed", json!([whole]), &spoken) })));
    }

    fn setting(&self, of_first: &str, of_preview: &str) -> Value {
        if self.version.is_first() {
            let whole = Value::Object(self.session.clone());
            whole.pointer(of_first).cloned().unwrap_or_default()
        } else {
            self.session.get(of_preview).cloned().unwrap_or_default()
        }
    }

    fn turn_detection(&self) -> Value {
        self.setting("/audio/input/turn_detection", "turn_detection")
    }

    fn transcription(&self) -> Value {
        self.setting("/audio/input/transcription", "input_audio_transcription")
    }

    fn is_transcription(&self) -> bool {
        self.session.get("type").is_some_and(|kind| kind == "transcription")
    }

    fn voice(&self) -> String {
        let voice = self.setting("/audio/output/voice", "voice");
        voice.as_str().or_else(|| voice["name"].as_str()).unwrap_or_default().to_owned()
    }

    fn output_format(&self) -> Format {
        let format = self.setting("/audio/output/format", "output_audio_format");
        let name = match format["type"].as_str().or_else(|| format.as_str()) {
            Some("audio/pcmu" | "g711_ulaw") => "raw-8khz-8bit-mono-mulaw",
            Some("audio/pcma" | "g711_alaw") => "raw-8khz-8bit-mono-alaw",
            Some("pcm16_8000hz") => "raw-8khz-16bit-mono-pcm",
            Some("pcm16_16000hz") => "raw-16khz-16bit-mono-pcm",
            _ => "raw-24khz-16bit-mono-pcm",
        };
        Format::read(name).unwrap_or(Format::TRANSLATION)
    }

    /// Starts to listen in the format of the session.
    fn new_listener(&self) -> Listener {
        let format = self.setting("/audio/input/format", "input_audio_format");
        let rate = format["rate"].as_u64().or_else(|| self.session.get("input_audio_sampling_rate")?.as_u64());
        let rate = rate.and_then(|rate| u32::try_from(rate).ok()).filter(|rate| (8_000..=48_000).contains(rate));
        let header = match format["type"].as_str().or_else(|| format.as_str()) {
            Some("audio/pcmu" | "g711_ulaw") => header(8_000, Some(Law::Mu)),
            Some("audio/pcma" | "g711_alaw") => header(8_000, Some(Law::A)),
            _ => header(rate.unwrap_or(24_000), None),
        };
        let detection = self.turn_detection();
        let pause = detection["silence_duration_ms"].as_u64().map_or(500, |ms| ms.clamp(100, 5_000));
        let mut listener = Listener::new(Segmentation { pause, ..Segmentation::default() });
        listener.hear(&header);
        listener
    }
}

/// Changes a session as its client asks: objects are merged, other values replaced.
fn merge(session: &mut Map<String, Value>, changes: &Map<String, Value>, depth: usize) {
    for (name, change) in changes {
        let has_room = session.len() < MOST_SETTINGS;
        match (session.get_mut(name), change) {
            (Some(Value::Object(known)), Value::Object(change)) if depth < 4 => merge(known, change, depth + 1),
            (Some(known), change) => *known = change.clone(),
            (None, change) if has_room => {
                session.insert(name.clone(), change.clone());
            }
            _ => {}
        }
    }
}

fn event(kind: &str, content: &Value) -> Value {
    let mut event = json!({ "type": kind, "event_id": new_id("event") });
    if let (Some(event), Some(content)) = (event.as_object_mut(), content.as_object()) {
        event.extend(content.clone());
    }
    event
}

fn with(content: &Value, name: &str, value: Value) -> Value {
    let mut content = content.clone();
    content[name] = value;
    content
}

fn fault(code: &str, message: &str, client_id: Option<&str>) -> Value {
    let error = json!({ "type": "invalid_request_error", "code": code, "message": message, "param": null, "event_id": client_id });
    event("error", &json!({ "error": error }))
}

fn missing(name: &str, client_id: Option<&str>) -> Value {
    fault("missing_required_parameter", &format!("Missing required parameter: '{name}'."), client_id)
}

/// Responds to the wish to shorten an item.
fn truncated(asked: &Value, client_id: Option<&str>) -> Value {
    let is_given = |name: &&str| if *name == "item_id" { asked[*name].is_string() } else { asked[*name].is_u64() };
    if let Some(name) = ["item_id", "content_index", "audio_end_ms"].into_iter().find(|name| !is_given(name)) {
        return missing(name, client_id);
    }
    let content = json!({
        "item_id": asked["item_id"], "content_index": asked["content_index"], "audio_end_ms": asked["audio_end_ms"],
    });
    event("conversation.item.truncated", &content)
}

fn new_id(kind: &str) -> String {
    format!("{kind}_{}", &ids::hex()[..20])
}

/// Adds words to a text.
fn append(text: &mut String, words: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(words);
}

fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}

/// The longest text of a turn, in bytes.
const LONGEST_TEXT: usize = 1 << 10;

/// The maximum number of settings at one place of a session.
const MOST_SETTINGS: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn realtime(path: &str) -> Realtime {
        let mut asked = Asked::get("contoso.openai.azure.com", path);
        asked.query = "model=gpt-realtime".into();
        Realtime::of(&asked)
    }

    fn kinds(events: &[Value]) -> Vec<&str> {
        events.iter().map(|event| event["type"].as_str().unwrap()).collect()
    }

    fn say(realtime: &mut Realtime, text: &str) -> Vec<Value> {
        let item = json!({ "type": "message", "role": "user", "content": [{ "type": "input_text", "text": text }] });
        realtime.answer(&json!({ "type": "conversation.item.create", "item": item }).to_string());
        realtime.answer(r#"{"type":"response.create"}"#)
    }

    #[test]
    fn each_version_has_its_own_names_of_events() {
        let mut first = realtime("/openai/v1/realtime");
        let events = say(&mut first, "Hi");
        assert!(
            kinds(&events).contains(&"response.output_audio.delta")
                && kinds(&events).contains(&"conversation.item.done")
        );
        for path in ["/openai/realtime", "/voice-live/realtime"] {
            let mut preview = realtime(path);
            assert_eq!(preview.greeting()[0]["session"]["modalities"], json!(["text", "audio"]));
            let events = say(&mut preview, "Hi");
            assert!(
                kinds(&events).contains(&"response.audio.delta")
                    && kinds(&events).contains(&"conversation.item.created"),
                "{path}"
            );
            let done = events.last().unwrap();
            assert_eq!((&done["type"], &done["response"]["status"]), (&json!("response.done"), &json!("completed")));
        }
    }

    #[test]
    fn a_session_can_ask_for_text_alone() {
        let mut session = realtime("/openai/v1/realtime");
        let update = json!({ "type": "session.update", "session": { "output_modalities": ["text"], "audio": { "output": { "voice": "marin" } } } });
        let updated = session.answer(&update.to_string());
        assert_eq!(
            (&updated[0]["session"]["audio"]["output"]["voice"], &updated[0]["session"]["audio"]["output"]["speed"]),
            (&json!("marin"), &json!(1.0))
        );
        let events = say(&mut session, "Hi");
        assert!(!kinds(&events).iter().any(|kind| kind.contains("audio")), "{:?}", kinds(&events));
        let text = events.iter().find(|event| event["type"] == "response.output_text.done").unwrap();
        assert_eq!(text["text"], "You said: Hi");
    }

    #[test]
    fn without_turn_detection_a_commit_ends_the_turn() {
        let mut session = realtime("/openai/v1/realtime");
        let update = json!({ "type": "session.update", "session": { "audio": { "input": { "turn_detection": null, "transcription": { "model": "whisper-1" } } } } });
        session.answer(&update.to_string());
        assert_eq!(session.answer(r#"{"type":"input_audio_buffer.commit"}"#)[0]["type"], "error");
        let speech = Format::read("raw-24khz-16bit-mono-pcm").unwrap().speak(&Script::of_text("What time is it?", 0));
        for piece in speech {
            let append = json!({ "type": "input_audio_buffer.append", "audio": STANDARD.encode(&piece) });
            assert_eq!(session.answer(&append.to_string()), Vec::<Value>::new());
        }
        let events = session.answer(r#"{"type":"input_audio_buffer.commit"}"#);
        assert_eq!(events.last().unwrap()["transcript"], "What time is it?");
    }

    #[test]
    fn each_turn_has_a_transcript_and_a_duration_of_its_own() {
        let mut asked = Asked::get("contoso.openai.azure.com", "/openai/v1/realtime");
        asked.query = "intent=transcription".into();
        let mut session = Realtime::of(&asked);
        for said in ["What time is it?", "Bye."] {
            let speech = Format::read("raw-24khz-16bit-mono-pcm").unwrap().speak(&Script::of_text(said, 0)).flatten();
            let audio: Vec<u8> = speech.chain(vec![0; 48_000]).collect();
            let append = json!({ "type": "input_audio_buffer.append", "audio": STANDARD.encode(&audio) });
            let events = session.answer(&append.to_string());
            let completed = events.last().unwrap();
            assert_eq!(completed["transcript"], said);
            let lasts = completed["usage"]["seconds"].as_f64().unwrap();
            assert!(lasts > 0.1 && lasts < 2.0, "{lasts}");
        }
    }

    #[test]
    fn invalid_events_get_an_error_and_a_long_text_a_short_response() {
        let mut session = realtime("/openai/v1/realtime");
        for text in [
            "",
            "{}",
            r#"{"type":"x"}"#,
            r#"{"type":"session.update"}"#,
            r#"{"type":"input_audio_buffer.append","audio":"%"}"#,
            r#"{"type":"conversation.item.create"}"#,
            r#"{"type":"response.cancel"}"#,
        ] {
            assert_eq!(session.answer(text)[0]["type"], "error", "{text}");
        }
        let size: usize = say(&mut session, &"word ".repeat(10_000)).iter().map(|event| event.to_string().len()).sum();
        assert!(size < 8 << 20, "{size}");
    }
}

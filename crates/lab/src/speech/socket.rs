//! A conversation over a WebSocket, message by message.

use std::sync::Arc;

use serde_json::Value;
use tungstenite::protocol::Message as Frame;
use tungstenite::protocol::frame::CloseFrame;

use super::super::exchange::Asked;
use super::super::scripted::Director;
use super::course::{Step, Steps};
use super::message::Message;
use super::realtime::Realtime;
use super::recognition::Recognition;
use super::synthesis::Synthesis;
use crate::vocabulary::ServiceToml;

/// The server side of a conversation: turns received frames into responses.
#[derive(Debug)]
pub(in super::super) struct Conversation(Part);

#[derive(Debug)]
enum Part {
    Recognition(Box<Recognition>),
    Synthesis(Box<Synthesis>),
    Realtime(Box<Realtime>),
}

impl Conversation {
    /// Starts the conversation that the path of an upgrade selects.
    pub(in super::super) fn of(asked: &Asked, director: &Arc<Director>) -> Self {
        if is_realtime(&asked.path) {
            Self(Part::Realtime(Box::new(Realtime::of(asked))))
        } else if asked.path.contains("/cognitiveservices/websocket/") {
            let is_custom = asked.query.contains("deploymentId=") || asked.host.contains(".voice.");
            Self(Part::Synthesis(Box::new(Synthesis::new(is_custom, Arc::clone(director)))))
        } else {
            Self(Part::Recognition(Box::new(Recognition::of(asked, Arc::clone(director)))))
        }
    }

    /// Returns the frames with which the service begins.
    pub(in super::super) fn greeting(&self) -> Steps {
        match &self.0 {
            Part::Realtime(realtime) => events(realtime.greeting()),
            _ => Box::new(std::iter::empty()),
        }
    }

    /// Responds to a frame; a close frame ends the conversation. The steps are produced as they are taken.
    pub(in super::super) fn answer(&mut self, frame: &Frame) -> Steps {
        if let Part::Realtime(realtime) = &mut self.0 {
            return match frame {
                Frame::Text(text) => events(realtime.answer(text)),
                _ => Box::new(std::iter::empty()),
            };
        }
        let Some(message) = Message::read(frame) else {
            let end = frame.is_binary().then(|| close("the message has no headers"));
            return Box::new(end.into_iter().map(Step::Send));
        };
        let said: Result<Steps, String> = match &mut self.0 {
            Part::Recognition(recognition) => Ok(Box::new(recognition.answer(&message).into_iter())),
            Part::Synthesis(synthesis) => synthesis.answer(&message),
            Part::Realtime(_) => Ok(Box::new(std::iter::empty())),
        };
        match said {
            Ok(steps) => steps,
            Err(fault) => Box::new(std::iter::once(Step::Send(close(&fault)))),
        }
    }
}

/// Returns the service that an upgrade asks for. In version 2 it does not say whether speakers or translations follow.
pub(in super::super) fn service(asked: &Asked) -> ServiceToml {
    let path = asked.path.as_str();
    if path.contains("/cognitiveservices/websocket/") {
        ServiceToml::Synthesis
    } else if path.contains("/speech/translation/") {
        ServiceToml::Translation
    } else if path.contains("/speech/universal/") || path.contains("/speech/recognition/") {
        ServiceToml::Recognition
    } else {
        ServiceToml::Realtime
    }
}

/// Returns whether a path leads to a realtime session of Azure OpenAI or Voice Live.
fn is_realtime(path: &str) -> bool {
    path == "/voice-live/realtime" || (path.starts_with("/openai/") && path.ends_with("/realtime"))
}

/// Makes the frames of JSON events.
fn events(all: Vec<Value>) -> Steps {
    Box::new(all.into_iter().map(|event| Step::Send(Frame::text(event.to_string()))))
}

/// Makes the close frame 1007 that the service sends for unreadable input; a reason has at most 123 bytes.
fn close(fault: &str) -> Frame {
    let end = (0..=fault.len().min(123)).rev().find(|end| fault.is_char_boundary(*end)).unwrap_or_default();
    Frame::Close(Some(CloseFrame { code: 1007.into(), reason: fault[..end].into() }))
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use bytes::Bytes;
    use serde_json::json;

    use super::super::format::Format;
    use super::super::message::Content;
    use super::super::script::Script;
    use super::super::voices;
    use super::*;

    #[test]
    fn recognition_returns_the_comment_with_the_message_order_of_the_service() {
        let mut conversation = conversation("/stt/speech/universal/v2", "");
        assert!(say(&mut conversation, "speech.config", "", "{}").is_empty());
        let wav = spoken("Hello, world.");
        let begun = hear(&mut conversation, "r1", &wav[..100]);
        assert_eq!(paths(&begun), ["turn.start"]);
        assert_eq!(paths(&hear(&mut conversation, "r1", &wav[100..])), ["speech.startdetected"]);
        let ended = hear(&mut conversation, "r1", &[]);
        assert_eq!(paths(&ended), ["speech.hypothesis", "speech.enddetected", "speech.phrase", "turn.end"]);
        assert_eq!(content(&ended[0])["Text"], "hello world");
        assert_eq!(
            content(&ended[2]),
            json!({ "RecognitionStatus": "Success", "DisplayText": "Hello, world.", "Offset": 0, "Duration": 7_800_000 })
        );
        assert!(begun.iter().chain(&ended).all(|message| message.header("x-requestid") == Some("r1")));
        assert!(hear(&mut conversation, "r1", &[]).is_empty(), "a turn ends only once");
        assert_eq!(hear(&mut conversation, "r2", &wav).len(), 2, "the next turn on the same connection");
        assert!(hear(&mut conversation, "r1", &[]).is_empty());
        assert_eq!(hear(&mut conversation, "r2", &[]).len(), 4, "only its own end ends a turn");
    }

    #[test]
    fn audio_without_a_comment_gives_no_match() {
        for audio in [&b"RIFF\0\0\0\0WAVEdata\x04\0\0\0abcd"[..], b"OggS"] {
            let mut conversation = conversation("/speech/recognition/interactive/cognitiveservices/v1", "");
            hear(&mut conversation, "r", audio);
            let ended = hear(&mut conversation, "r", &[]);
            assert_eq!(paths(&ended), ["speech.enddetected", "speech.phrase", "turn.end"]);
            assert_eq!(content(&ended[1])["RecognitionStatus"], "NoMatch");
        }
    }

    #[test]
    fn the_query_or_the_context_can_request_detailed_results() {
        let detailed = r#"{"phraseOutput":{"format":"Detailed"}}"#;
        for (query, context) in [("format=detailed", "{}"), ("", detailed)] {
            let mut conversation = conversation("/stt/speech/universal/v2", query);
            say(&mut conversation, "speech.context", "r", context);
            hear(&mut conversation, "r", &spoken("Hi."));
            let best = &content(&hear(&mut conversation, "r", &[])[2])["NBest"][0];
            assert_eq!((&best["Display"], &best["Lexical"]), (&json!("Hi."), &json!("hi")));
        }
    }

    #[test]
    fn each_version_returns_translations_in_its_own_message() {
        let mut second = conversation("/stt/speech/universal/v2", "");
        say(&mut second, "speech.context", "r", r#"{"translation":{"targetLanguages":["de","fr"]}}"#);
        hear(&mut second, "r", &spoken("Hi."));
        let ended = hear(&mut second, "r", &[]);
        assert_eq!(paths(&ended)[2], "translation.response");
        // The translations stand beside the phrase, where both SDKs read them.
        let response = content(&ended[2]);
        assert_eq!(
            (&response["SpeechPhrase"]["DisplayText"], &response["TranslationStatus"]),
            (&json!("Hi."), &json!("Success"))
        );
        assert_eq!(response["Translations"][1], json!({ "Language": "fr", "DisplayText": "[fr] Hi." }));
        let partial = content(&ended[0]);
        assert_eq!(
            (&partial["SpeechHypothesis"]["Text"], &partial["Translations"][0]["DisplayText"]),
            (&json!("hi"), &json!("[de] hi"))
        );
        for query in ["from=en-US&to=de%2Cfr", "from=en-US&to=de&to=fr"] {
            let mut first = conversation("/speech/translation/cognitiveservices/v1", query);
            hear(&mut first, "r", &spoken("Hi."));
            let ended = hear(&mut first, "r", &[]);
            assert_eq!(
                paths(&ended),
                ["translation.hypothesis", "translation.phrase", "speech.enddetected", "turn.end"]
            );
            let phrase = content(&ended[1]);
            assert_eq!(phrase["Translation"]["Translations"][1], json!({ "Language": "fr", "Text": "[fr] Hi." }));
        }
    }

    #[test]
    fn synthesis_returns_audio_in_pieces_with_a_stream_id() {
        let mut conversation = conversation("/tts/cognitiveservices/websocket/v1", "");
        say(&mut conversation, "synthesis.context", "r", RIFF);
        let said = say(&mut conversation, "ssml", "r", &voiced("Hello"));
        let paths = paths(&said);
        assert_eq!(
            (&paths[..2], paths.last().unwrap().as_str()),
            (["turn.start", "response"].map(String::from).as_slice(), "turn.end")
        );
        let stream = content(&said[1])["audio"]["streamId"].as_str().unwrap().to_owned();
        let pieces: Vec<_> = said.iter().filter(|message| message.path() == "audio").collect();
        assert!(pieces.len() > 2 && pieces.iter().all(|piece| piece.header("x-streamid") == Some(&stream)));
        let audio: Vec<u8> = pieces.iter().flat_map(|piece| bytes(piece)).collect();
        assert_eq!(audio, spoken("Hello"));
        assert!(bytes(pieces.last().unwrap()).is_empty(), "the last piece is empty");
    }

    #[test]
    fn what_cannot_be_spoken_or_read_closes_the_connection_with_1007() {
        let silk = RIFF.replace("riff-16khz-16bit-mono-pcm", "raw-16khz-16bit-mono-truesilk");
        let nobody = voiced("Hello").replace("AvaNeural", "NobodyNeural");
        for (context, ssml, part) in [
            (RIFF, "<speak>", "not valid"),
            ("{}", "", "no output format"),
            (silk.as_str(), "", "not a format"),
            (RIFF, nobody.as_str(), "Unsupported voice en-US-NobodyNeural."),
            ("{", "", "EOF"),
        ] {
            let mut conversation = conversation("/tts/cognitiveservices/websocket/v1", "");
            let mut answers: Vec<Frame> =
                conversation.answer(&text("synthesis.context", "r", context)).map(Step::frame).collect();
            answers.extend(conversation.answer(&text("ssml", "r", ssml)).map(Step::frame));
            let Some(Frame::Close(Some(close))) = answers.first() else { panic!("{context} {ssml}: {answers:?}") };
            assert_eq!(u16::from(close.code), 1007);
            assert!(close.reason.contains(part), "{}", close.reason);
        }
        let answers: Vec<Frame> =
            conversation("/stt/speech/universal/v2", "").answer(&Frame::binary(vec![0])).map(Step::frame).collect();
        assert!(matches!(answers.as_slice(), [Frame::Close(Some(_))]), "{answers:?}");
        let Frame::Close(Some(long)) = close(&"ä".repeat(100)) else { panic!("a close") };
        assert_eq!(long.reason.len(), 122);
    }

    #[test]
    fn control_frames_and_unknown_messages_get_no_response() {
        let mut conversation = conversation("/stt/speech/universal/v2", "");
        assert_eq!(conversation.answer(&Frame::Ping(Bytes::new())).count(), 0);
        assert_eq!(conversation.answer(&Frame::text("no headers")).count(), 0);
        assert!(say(&mut conversation, "telemetry", "r", "{}").is_empty());
        assert!(hear(&mut conversation, "r", &[]).is_empty(), "an end without a turn");
    }

    fn conversation(path: &str, query: &str) -> Conversation {
        let asked = Asked {
            method: "GET".into(),
            host: "westeurope.stt.speech.microsoft.com".into(),
            path: path.into(),
            query: query.into(),
            is_upgrade: true,
            key: None,
            bearer: None,
            came_by: IpAddr::V4(Ipv4Addr::LOCALHOST),
            headers: Vec::new(),
            body: Bytes::new(),
        };
        Conversation::of(&asked, &Arc::default())
    }

    fn text(path: &str, request_id: &str, content: &str) -> Frame {
        Frame::text(format!("Path: {path}\r\nX-RequestId: {request_id}\r\n\r\n{content}"))
    }

    fn say(conversation: &mut Conversation, path: &str, request_id: &str, content: &str) -> Vec<Message> {
        read(conversation.answer(&text(path, request_id, content)))
    }

    fn hear(conversation: &mut Conversation, request_id: &str, audio: &[u8]) -> Vec<Message> {
        let piece = Message::audio(request_id, "1", "audio/x-wav", Bytes::copy_from_slice(audio));
        read(conversation.answer(&piece.frame()))
    }

    fn read(steps: Steps) -> Vec<Message> {
        steps.map(|step| Message::read(&step.frame()).unwrap()).collect()
    }

    fn paths(messages: &[Message]) -> Vec<String> {
        messages.iter().map(Message::path).collect()
    }

    fn content(message: &Message) -> Value {
        serde_json::from_str(message.text()).unwrap()
    }

    fn bytes(message: &Message) -> Vec<u8> {
        let Content::Binary(bytes) = &message.content else { panic!("audio") };
        bytes.to_vec()
    }

    fn spoken(text: &str) -> Vec<u8> {
        let script = Script::of_text(text, voices::find("en-US-AvaNeural").unwrap());
        Format::read("riff-16khz-16bit-mono-pcm").unwrap().speak(&script).flatten().collect()
    }

    fn voiced(text: &str) -> String {
        format!("<speak version='1.0' xml:lang='en-US'><voice name='en-US-AvaNeural'>{text}</voice></speak>")
    }

    const RIFF: &str = r#"{"synthesis":{"audio":{"outputFormat":"riff-16khz-16bit-mono-pcm"}}}"#;
}

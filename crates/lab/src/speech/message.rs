//! A message of the protocol: headers and content, in a text or a binary frame.
//!
//! The format of the SDKs: <https://github.com/microsoft/cognitive-services-speech-sdk-js/blob/master/src/common.browser/WebsocketConnection.ts>,
//! and the former documentation: <https://github.com/MicrosoftDocs/azure-docs/blob/05ec75e1bc144c593db1a3bd07958514934395bc/articles/cognitive-services/Speech/API-Reference-REST/websocketprotocol.md>

use bytes::Bytes;
use serde_json::Value;
use tungstenite::protocol::Message as Frame;

/// A message. In a text frame the content follows a blank line; a binary frame starts with the length of its headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Message {
    /// The headers, with names in lower case.
    headers: Vec<(String, String)>,
    pub(super) content: Content,
    /// The end of the phrase that this message tells, in units of 100 ns.
    pub(super) ends_phrase: Option<u64>,
}

/// The content of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Text(String),
    Binary(Bytes),
}

impl Message {
    /// Makes a JSON message of the service.
    pub(super) fn json(path: &str, request_id: &str, content: &Value) -> Self {
        let kind = ("content-type".into(), "application/json; charset=utf-8".into());
        let headers = vec![named("x-requestid", request_id), kind, named("path", path)];
        Self { headers, content: Content::Text(content.to_string()), ends_phrase: None }
    }

    /// Makes a piece of audio; the last one is empty and has no content type.
    pub(super) fn audio(request_id: &str, stream_id: &str, kind: &str, piece: Bytes) -> Self {
        let mut headers =
            vec![named("x-requestid", request_id), named("x-streamid", stream_id), named("path", "audio")];
        if !piece.is_empty() {
            headers.insert(1, named("content-type", kind));
        }
        Self { headers, content: Content::Binary(piece), ends_phrase: None }
    }

    /// Makes a piece of audio with another path.
    pub(super) fn piece(path: &str, request_id: &str, stream_id: &str, kind: &str, piece: Bytes) -> Self {
        let mut message = Self::audio(request_id, stream_id, kind, piece);
        message.headers.retain(|(name, _)| name != "path");
        message.headers.push(named("path", path));
        message
    }

    /// Marks the message that tells a phrase.
    pub(super) fn of_phrase(mut self, end: u64) -> Self {
        self.ends_phrase = Some(end);
        self
    }

    /// Returns the value of a header, by its name in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the path, which is the type of the message, in lower case.
    pub(super) fn path(&self) -> String {
        self.header("path").unwrap_or_default().to_ascii_lowercase()
    }

    /// Returns the text; empty for audio.
    pub(super) fn text(&self) -> &str {
        match &self.content {
            Content::Text(text) => text,
            Content::Binary(_) => "",
        }
    }

    /// Reads a frame; `None` if it is not a message of this protocol.
    pub(super) fn read(frame: &Frame) -> Option<Self> {
        match frame {
            Frame::Text(text) => {
                let (head, content) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
                Some(Self { headers: headers(head), content: Content::Text(content.to_owned()), ends_phrase: None })
            }
            Frame::Binary(bytes) => {
                let (length, rest) = bytes.split_first_chunk::<2>()?;
                let length = usize::from(u16::from_be_bytes(*length));
                let head = std::str::from_utf8(rest.get(..length)?).ok()?;
                let content = Content::Binary(bytes.slice(2 + length..));
                Some(Self { headers: headers(head), content, ends_phrase: None })
            }
            _ => None,
        }
    }

    /// Converts the message into a frame.
    pub(super) fn frame(&self) -> Frame {
        let lines: Vec<_> = self.headers.iter().map(|(name, value)| format!("{}:{value}\r\n", shown(name))).collect();
        let head = lines.concat();
        match &self.content {
            Content::Text(text) => Frame::text(format!("{head}\r\n{text}")),
            Content::Binary(bytes) => {
                let length = u16::try_from(head.len()).unwrap_or_default();
                Frame::binary([&length.to_be_bytes(), head.as_bytes(), bytes].concat())
            }
        }
    }
}

fn headers(head: &str) -> Vec<(String, String)> {
    let lines = head.split(['\r', '\n']).filter_map(|line| line.split_once(':'));
    lines.map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned())).collect()
}

fn named(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Returns a name in the spelling of the service.
fn shown(name: &str) -> &str {
    match name {
        "x-requestid" => "X-RequestId",
        "x-streamid" => "X-StreamId",
        "content-type" => "Content-Type",
        "path" => "Path",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_message_consists_of_headers_a_blank_line_and_content() {
        let sent = Message::json("turn.start", "0a1b", &json!({ "a": "b\r\n\r\nc" }));
        let Frame::Text(text) = sent.frame() else { panic!("expected a text frame") };
        assert_eq!(
            text.as_str(),
            "X-RequestId:0a1b\r\nContent-Type:application/json; charset=utf-8\r\nPath:turn.start\r\n\r\n{\"a\":\"b\\r\\n\\r\\nc\"}"
        );
        assert_eq!(Message::read(&sent.frame()), Some(sent));
    }

    #[test]
    fn a_binary_message_begins_with_the_length_of_its_headers() {
        let sent = Message::audio("0a1b", "s", "audio/x-wav", Bytes::from_static(&[1, 2, 3]));
        let Frame::Binary(bytes) = sent.frame() else { panic!("expected a binary frame") };
        let head = "X-RequestId:0a1b\r\nContent-Type:audio/x-wav\r\nX-StreamId:s\r\nPath:audio\r\n";
        assert_eq!(&bytes[..2], [0, u8::try_from(head.len()).unwrap()]);
        assert_eq!((&bytes[2..2 + head.len()], &bytes[2 + head.len()..]), (head.as_bytes(), [1, 2, 3].as_slice()));
        assert_eq!(Message::read(&sent.frame()), Some(sent));
        let last = Message::audio("0a1b", "s", "audio/x-wav", Bytes::new());
        assert_eq!((last.header("content-type"), Message::read(&last.frame())), (None, Some(last.clone())));
    }

    #[test]
    fn headers_may_contain_blanks_and_any_case() {
        let frame = Frame::text("PATH : Speech.Config\r\nx-requestid: A:B\r\n\r\n{}");
        let message = Message::read(&frame).unwrap();
        assert_eq!((message.path().as_str(), message.header("x-requestid")), ("speech.config", Some("A:B")));
        assert_eq!(message.text(), "{}");
    }

    #[test]
    fn a_truncated_frame_is_rejected() {
        for bytes in [&[][..], &[0], &[0, 9, b'P'], &[0, 1, 0xff]] {
            assert_eq!(Message::read(&Frame::binary(bytes.to_vec())), None, "{bytes:?}");
        }
        assert_eq!(Message::read(&Frame::Ping(Bytes::new())), None);
    }
}

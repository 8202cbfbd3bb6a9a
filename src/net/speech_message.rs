//! Speech message: the format of the messages on a WebSocket of the service. Each message consists of headers and a body.
//!
//! A text frame holds the header lines, an empty line and a text. A binary frame holds the length of the header lines in
//! two bytes, the most significant one first, then the lines and bytes such as audio. `Path` names the kind of the message,
//! and `X-RequestId` the turn that it belongs to.
//!
//! <https://github.com/microsoft/cognitive-services-speech-sdk-js/blob/master/src/common.browser/WebsocketMessageFormatter.ts>

use bytes::Bytes;
use tungstenite::Message;

/// A message of the service or of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SpeechMessage {
    /// In the order of the message, with the names as they were written.
    headers: Vec<(String, String)>,
    /// The part after the headers.
    pub(crate) body: SpeechBody,
}

/// The body of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SpeechBody {
    /// Of a text frame, for example JSON or SSML.
    Text(String),
    /// Of a binary frame, for example audio.
    Binary(Bytes),
}

/// The reason why a message cannot be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SpeechMessageError {
    #[error("a binary message has {0} bytes, but the length of its headers alone takes two")]
    NoLength(usize),
    #[error("the headers of a binary message have {headers} bytes, but only {rest} bytes follow their length")]
    Cut { headers: usize, rest: usize },
    #[error("the headers are not text")]
    NotText,
    #[error("the message has more than {MOST_HEADERS} headers")]
    TooMany,
    #[error("the headers have more than {LONGEST_HEADERS} bytes")]
    TooLong,
    #[error("a header contains a line break")]
    LineBreak,
}

impl SpeechMessage {
    /// Returns a message of this kind without further headers.
    pub(crate) fn new(path: &str, request_id: &str, body: SpeechBody) -> Self {
        let headers = vec![("Path".to_owned(), path.to_owned()), ("X-RequestId".to_owned(), request_id.to_owned())];
        Self { headers, body }
    }

    /// Adds a header.
    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns the value of a header; the case of its name does not matter.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Returns the kind of the message; empty if it names none.
    pub(crate) fn path(&self) -> &str {
        self.header("Path").unwrap_or_default()
    }

    /// Returns the text; empty for a binary message.
    pub(crate) fn text(&self) -> &str {
        match &self.body {
            SpeechBody::Text(text) => text,
            SpeechBody::Binary(_) => "",
        }
    }

    /// Reads a frame; `None` for a ping, a pong or a close.
    ///
    /// # Errors
    ///
    /// Returns an error if the frame is not a message of this format.
    pub(crate) fn read(frame: &Message) -> Option<Result<Self, SpeechMessageError>> {
        match frame {
            Message::Text(text) => Some(Self::read_text(text)),
            Message::Binary(bytes) => Some(Self::read_binary(bytes)),
            _ => None,
        }
    }

    /// Reads the content of a text frame. Without an empty line, all of it is headers, as in the SDKs.
    fn read_text(text: &str) -> Result<Self, SpeechMessageError> {
        let (head, body) = text.split_once(END_OF_HEADERS).unwrap_or((text, ""));
        Ok(Self { headers: read_headers(head)?, body: SpeechBody::Text(body.to_owned()) })
    }

    /// Reads the content of a binary frame.
    fn read_binary(bytes: &Bytes) -> Result<Self, SpeechMessageError> {
        let (length, rest) = bytes.split_first_chunk::<2>().ok_or(SpeechMessageError::NoLength(bytes.len()))?;
        let headers = usize::from(u16::from_be_bytes(*length));
        let head = rest.get(..headers).ok_or(SpeechMessageError::Cut { headers, rest: rest.len() })?;
        let head = std::str::from_utf8(head).map_err(|_| SpeechMessageError::NotText)?;
        Ok(Self { headers: read_headers(head)?, body: SpeechBody::Binary(bytes.slice(2 + headers..)) })
    }

    /// Writes the message as a frame.
    ///
    /// # Errors
    ///
    /// Returns an error if a header contains a line break, or if the headers are too long for their length.
    pub(crate) fn write(&self) -> Result<Message, SpeechMessageError> {
        let mut head = String::new();
        for (name, value) in &self.headers {
            if [name, value].iter().any(|text| text.contains(['\r', '\n'])) {
                return Err(SpeechMessageError::LineBreak);
            }
            head.extend([name, ":", value, "\r\n"]);
        }
        match &self.body {
            SpeechBody::Text(text) => Ok(Message::text(format!("{head}\r\n{text}"))),
            SpeechBody::Binary(bytes) => {
                let length = u16::try_from(head.len()).map_err(|_| SpeechMessageError::TooLong)?;
                Ok(Message::binary([&length.to_be_bytes(), head.as_bytes(), bytes].concat()))
            }
        }
    }
}

/// Reads header lines. A line without a colon is not a header.
fn read_headers(head: &str) -> Result<Vec<(String, String)>, SpeechMessageError> {
    if head.len() > LONGEST_HEADERS {
        return Err(SpeechMessageError::TooLong);
    }
    let lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
    let headers = lines.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
    let headers: Vec<_> = headers.take(MOST_HEADERS + 1).collect();
    if headers.len() > MOST_HEADERS { Err(SpeechMessageError::TooMany) } else { Ok(headers) }
}

/// The end of the last header line, and the empty line.
const END_OF_HEADERS: &str = "\r\n\r\n";

/// The service sends five or fewer.
const MOST_HEADERS: usize = 64;

/// In bytes: what two bytes can count.
const LONGEST_HEADERS: usize = u16::MAX as usize;

#[cfg(test)]
mod tests {
    use super::*;

    fn text(frame: &Message) -> &str {
        frame.to_text().expect("a text frame")
    }

    #[test]
    fn a_text_message_is_headers_an_empty_line_and_a_text() {
        let body = SpeechBody::Text("{\"a\":1}\r\n\r\nb".into());
        let sent = SpeechMessage::new("speech.config", "0a1b", body).with_header("Content-Type", "application/json");
        let frame = sent.write().unwrap();
        assert_eq!(
            text(&frame),
            "Path:speech.config\r\nX-RequestId:0a1b\r\nContent-Type:application/json\r\n\r\n{\"a\":1}\r\n\r\nb"
        );
        assert_eq!(SpeechMessage::read(&frame), Some(Ok(sent)));
    }

    #[test]
    fn a_binary_message_is_the_length_of_its_headers_the_headers_and_bytes() {
        for audio in [&[][..], &[1, 2, 3], b"\r\n\r\n"] {
            let sent = SpeechMessage::new("audio", "0a1b", SpeechBody::Binary(Bytes::copy_from_slice(audio)));
            let frame = sent.write().unwrap();
            let head = b"Path:audio\r\nX-RequestId:0a1b\r\n";
            let Message::Binary(bytes) = &frame else { panic!("expected a binary frame") };
            assert_eq!(&bytes[..], [&[0, 30], &head[..], audio].concat());
            assert_eq!(SpeechMessage::read(&frame), Some(Ok(sent)));
        }
    }

    #[test]
    fn headers_have_any_case_and_blanks() {
        let frame = Message::text("PATH : turn.start\r\nx-requestid: A:B \r\nno header\r\n\r\n{}");
        let message = SpeechMessage::read(&frame).unwrap().unwrap();
        assert_eq!((message.path(), message.header("X-RequestId")), ("turn.start", Some("A:B")));
        assert_eq!((message.text(), message.header("X-StreamId")), ("{}", None));
        let bare = SpeechMessage::read(&Message::text("Path:turn.end")).unwrap().unwrap();
        assert_eq!((bare.path(), bare.text()), ("turn.end", ""));
        assert_eq!(SpeechMessage::read(&Message::text("")).unwrap().unwrap().path(), "");
    }

    #[test]
    fn a_frame_of_another_format_is_an_error_and_no_panic() {
        use SpeechMessageError as Error;
        let lines = |number: usize| "a:b\r\n".repeat(number);
        for (bytes, expected) in [
            (Vec::new(), Error::NoLength(0)),
            (vec![7], Error::NoLength(1)),
            (vec![0, 9, b'P'], Error::Cut { headers: 9, rest: 1 }),
            (vec![0xff, 0xff], Error::Cut { headers: 65_535, rest: 0 }),
            (vec![0, 1, 0xff], Error::NotText),
        ] {
            assert_eq!(SpeechMessage::read(&Message::binary(bytes.clone())), Some(Err(expected)), "{bytes:?}");
        }
        let read =
            |text: String| SpeechMessage::read(&Message::text(text)).unwrap().map(|message| message.headers.len());
        assert_eq!(read(lines(MOST_HEADERS)), Ok(MOST_HEADERS));
        assert_eq!(read(lines(MOST_HEADERS + 1)), Err(Error::TooMany));
        assert_eq!(read("a".repeat(LONGEST_HEADERS + 1)), Err(Error::TooLong));
        assert_eq!(SpeechMessage::read(&Message::Ping(Bytes::new())), None);
    }

    #[test]
    fn a_header_cannot_add_another_one() {
        let written = |path: &str, name: &str, value: &str| {
            let message = SpeechMessage::new(path, "r", SpeechBody::Text(String::new()));
            message.with_header(name, value).write().map(|_| ())
        };
        assert_eq!(written("a", "b", "c"), Ok(()));
        for (path, name, value) in [("a\r\nb", "b", "c"), ("a", "b\nc", "d"), ("a", "b", "c\rd")] {
            assert_eq!(written(path, name, value), Err(SpeechMessageError::LineBreak));
        }
        let long = SpeechMessage::new("a", "r", SpeechBody::Binary(Bytes::new()));
        let long = long.with_header("b", &"c".repeat(LONGEST_HEADERS)).write();
        assert_eq!(long, Err(SpeechMessageError::TooLong));
    }

    /// Every text and every sequence of bytes is read without a panic, and what is read is written and read again.
    #[test]
    fn what_is_read_can_be_written_unless_it_has_a_line_break() {
        let mut state = 1_u32;
        let mut byte = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b":\r\nPa\xff\0\x05"[usize::try_from(state >> 29).unwrap()]
        };
        let mut read = 0;
        for length in 0..2000 {
            let mut bytes: Vec<u8> = (0..length % 40).map(|_| byte()).collect();
            if length % 2 == 0 {
                bytes.splice(0..0, [0, byte() % 16]);
            }
            let Some(Ok(message)) = SpeechMessage::read(&Message::binary(bytes)) else { continue };
            let Ok(frame) = message.write() else { continue };
            assert_eq!(SpeechMessage::read(&frame), Some(Ok(message)));
            read += 1;
        }
        assert!(read > 100, "{read}");
    }
}

//! Speech message: the format of the messages on a WebSocket of the service. Each message consists of headers and a body.
//!
//! A text frame holds the header lines, an empty line and a text. A binary frame holds the length of the header lines in
//! two bytes, the most significant one first, then the lines and bytes such as audio. `Path` names the kind of the message,
//! and `X-RequestId` the turn that it belongs to.
//!
//! <https://github.com/microsoft/cognitive-services-speech-sdk-js/blob/master/src/common.browser/WebsocketMessageFormatter.ts>

use bytes::Bytes;
use tungstenite::Message;

use crate::net::random::random;

/// A message on a WebSocket of the service, for recognition, translation and synthesis: headers, and a text or bytes.
///
/// A client and the service send the same format. A text message holds JSON, SSML or text; a binary message holds audio.
/// Reading is safe whatever a peer sends: it never panics, and headers have limits.
///
/// ```
/// use speech_endpoint::net::{SpeechMessage, SpeechMessageError};
/// use speech_endpoint::third_party::tokio_tungstenite::tungstenite::Message;
///
/// let turn = SpeechMessage::new_request_id();
/// let frame = SpeechMessage::new("ssml", &turn, "<speak/>").with_header("Content-Type", "application/ssml+xml").write()?;
/// assert!(frame.to_text().is_ok_and(|text| text.starts_with("Path:ssml\r\nX-RequestId:")));
///
/// // What the service sends: a frame of two bytes of length, header lines, and audio.
/// let frame = Message::binary([&[0, 12][..], b"Path:audio\r\n", &[1, 2, 3]].concat());
/// let message = SpeechMessage::read(&frame).ok_or("a ping, a pong or a close frame")??;
/// assert_eq!((message.path(), message.bytes().map(<[u8]>::len)), ("audio", Some(3)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The format is that of
/// [`WebsocketMessageFormatter.ts`](https://github.com/microsoft/cognitive-services-speech-sdk-js/blob/master/src/common.browser/WebsocketMessageFormatter.ts)
/// in the Speech SDK for JavaScript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpeechMessage {
    /// In the order of the message, with the names as they were written.
    headers: Vec<(String, String)>,
    body: Body,
}

/// The body of a [`SpeechMessage`]: a text such as JSON or SSML, or bytes such as audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpeechBody(Body);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Body {
    Text(String),
    Binary(Bytes),
}

impl From<&str> for SpeechBody {
    fn from(text: &str) -> Self {
        Self(Body::Text(text.to_owned()))
    }
}

impl From<String> for SpeechBody {
    fn from(text: String) -> Self {
        Self(Body::Text(text))
    }
}

impl From<&[u8]> for SpeechBody {
    fn from(bytes: &[u8]) -> Self {
        Self(Body::Binary(Bytes::copy_from_slice(bytes)))
    }
}

impl From<Vec<u8>> for SpeechBody {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Body::Binary(bytes.into()))
    }
}

/// The reason why a [`SpeechMessage`] cannot be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpeechMessageError {
    /// A binary message is too short for the length of its headers.
    #[error("a binary message has {0} bytes, but the length of its headers alone takes two")]
    NoLength(usize),
    /// A binary message ends before its headers do.
    #[error("the headers of a binary message have {headers} bytes, but only {rest} bytes follow their length")]
    Cut {
        /// The length that the message states, in bytes.
        headers: usize,
        /// The bytes that follow.
        rest: usize,
    },
    /// The headers of a binary message are not UTF-8.
    #[error("the headers are not text")]
    NotText,
    /// There are too many headers.
    #[error("the message has more than {MOST_HEADERS} headers")]
    TooMany,
    /// The headers are longer than their length in two bytes can state.
    #[error("the headers have more than {LONGEST_HEADERS} bytes")]
    TooLong,
    /// The name or the value of a header to write contains a line break.
    #[error("a header contains a line break")]
    LineBreak,
    /// The name of a header to write contains a colon.
    #[error("the name of a header contains a colon")]
    Colon,
}

impl SpeechMessage {
    /// Returns a message of a kind, in a turn, without further headers.
    #[must_use]
    pub fn new(path: &str, request_id: &str, body: impl Into<SpeechBody>) -> Self {
        let headers = vec![("Path".to_owned(), path.to_owned()), ("X-RequestId".to_owned(), request_id.to_owned())];
        Self { headers, body: body.into().0 }
    }

    /// Returns a new `X-RequestId`, which identifies a turn: 32 hexadecimal digits.
    #[must_use]
    pub fn new_request_id() -> String {
        format!("{:016x}{:016x}", random(), random())
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns the value of a header; the case of its name does not matter.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Returns the names and values of the headers, in their order.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the kind of the message, such as `speech.phrase` or `turn.end`; empty if it names none.
    #[must_use]
    pub fn path(&self) -> &str {
        self.header("Path").unwrap_or_default()
    }

    /// Returns the turn that the message belongs to, if it names one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.header("X-RequestId")
    }

    /// Returns the text of a text message.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.body {
            Body::Text(text) => Some(text),
            Body::Binary(_) => None,
        }
    }

    /// Returns the bytes of a binary message.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.body {
            Body::Text(_) => None,
            Body::Binary(bytes) => Some(bytes),
        }
    }

    /// Reads a frame; `None` for a ping, a pong or a close frame. A line without a colon is not a header. A text frame
    /// without an empty line consists of headers.
    ///
    /// # Errors
    ///
    /// [`SpeechMessageError`] if the frame is not a message of this format.
    pub fn read(frame: &Message) -> Option<Result<Self, SpeechMessageError>> {
        match frame {
            Message::Text(text) => Some(Self::read_text(text)),
            Message::Binary(bytes) => Some(Self::read_binary(bytes)),
            _ => None,
        }
    }

    /// Reads the content of a text frame. Without an empty line, all of it is headers, as in the SDKs.
    fn read_text(text: &str) -> Result<Self, SpeechMessageError> {
        let (head, body) = text.split_once(END_OF_HEADERS).unwrap_or((text, ""));
        Ok(Self { headers: read_headers(head)?, body: Body::Text(body.to_owned()) })
    }

    /// Reads the content of a binary frame.
    fn read_binary(bytes: &Bytes) -> Result<Self, SpeechMessageError> {
        let (length, rest) = bytes.split_first_chunk::<2>().ok_or(SpeechMessageError::NoLength(bytes.len()))?;
        let headers = usize::from(u16::from_be_bytes(*length));
        let head = rest.get(..headers).ok_or(SpeechMessageError::Cut { headers, rest: rest.len() })?;
        let head = std::str::from_utf8(head).map_err(|_| SpeechMessageError::NotText)?;
        Ok(Self { headers: read_headers(head)?, body: Body::Binary(bytes.slice(2 + headers..)) })
    }

    /// Writes the message as a frame. A peer that reads it gets the same message, without the blanks around the names and
    /// values of headers.
    ///
    /// # Errors
    ///
    /// [`SpeechMessageError`] if a header contains a line break, if its name contains a colon, or if there are more headers
    /// than [`SpeechMessage::read`] accepts.
    pub fn write(&self) -> Result<Message, SpeechMessageError> {
        let head = self.head()?;
        match &self.body {
            Body::Text(text) => {
                // A message without headers begins with the end of their last line.
                let end = if head.is_empty() { END_OF_HEADERS } else { "\r\n" };
                Ok(Message::text(format!("{head}{end}{text}")))
            }
            Body::Binary(bytes) => {
                let length = u16::try_from(head.len()).map_err(|_| SpeechMessageError::TooLong)?;
                Ok(Message::binary([&length.to_be_bytes(), head.as_bytes(), bytes].concat()))
            }
        }
    }

    /// Writes the header lines.
    fn head(&self) -> Result<String, SpeechMessageError> {
        if self.headers.len() > MOST_HEADERS {
            return Err(SpeechMessageError::TooMany);
        }
        let mut head = String::new();
        for (name, value) in &self.headers {
            if [name, value].iter().any(|text| text.contains(['\r', '\n'])) {
                return Err(SpeechMessageError::LineBreak);
            }
            if name.contains(':') {
                return Err(SpeechMessageError::Colon);
            }
            head.extend([name, ":", value, "\r\n"]);
        }
        if head.len() > LONGEST_HEADERS { Err(SpeechMessageError::TooLong) } else { Ok(head) }
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
        let body = "{\"a\":1}\r\n\r\nb";
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
            let sent = SpeechMessage::new("audio", "0a1b", audio);
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
        assert_eq!((message.text(), message.header("X-StreamId")), (Some("{}"), None));
        let bare = SpeechMessage::read(&Message::text("Path:turn.end")).unwrap().unwrap();
        assert_eq!((bare.path(), bare.text(), bare.bytes()), ("turn.end", Some(""), None));
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
    fn a_message_without_headers_stays_one_when_it_is_written() {
        let read = SpeechMessage::read(&Message::text("no header\r\n\r\nnot a header: text")).unwrap().unwrap();
        assert_eq!((read.headers().count(), read.text()), (0, Some("not a header: text")));
        assert_eq!(SpeechMessage::read(&read.write().unwrap()), Some(Ok(read)));
    }

    #[test]
    fn a_header_cannot_add_another_one() {
        let written = |path: &str, name: &str, value: &str| {
            let message = SpeechMessage::new(path, "r", "");
            message.with_header(name, value).write().map(drop)
        };
        assert_eq!(written("a", "b", "c"), Ok(()));
        for (path, name, value) in [("a\r\nb", "b", "c"), ("a", "b\nc", "d"), ("a", "b", "c\rd")] {
            assert_eq!(written(path, name, value), Err(SpeechMessageError::LineBreak));
        }
        assert_eq!(written("a", "b:c", "d"), Err(SpeechMessageError::Colon));
    }

    #[test]
    fn what_cannot_be_read_is_not_written() {
        for body in [SpeechBody::from(""), SpeechBody::from(Vec::new())] {
            let long = SpeechMessage::new("a", "r", body.clone()).with_header("b", &"c".repeat(LONGEST_HEADERS));
            assert_eq!(long.write(), Err(SpeechMessageError::TooLong));
            let mut many = SpeechMessage::new("a", "r", body);
            for _ in 2..MOST_HEADERS {
                many = many.with_header("b", "c");
            }
            assert_eq!(SpeechMessage::read(&many.write().unwrap()), Some(Ok(many.clone())));
            assert_eq!(many.with_header("b", "c").write(), Err(SpeechMessageError::TooMany));
        }
    }

    #[test]
    fn a_message_shows_its_turn_and_its_headers() {
        let turn = SpeechMessage::new_request_id();
        assert!(turn.len() == 32 && turn.bytes().all(|digit| digit.is_ascii_hexdigit()), "{turn}");
        assert_ne!(turn, SpeechMessage::new_request_id());
        let message = SpeechMessage::new("audio", &turn, vec![1]).with_header("Content-Type", "audio/x-wav");
        assert_eq!(message.request_id(), Some(turn.as_str()));
        let expected = [("Path", "audio"), ("X-RequestId", turn.as_str()), ("Content-Type", "audio/x-wav")];
        assert!(message.headers().eq(expected));
        assert_eq!((message.text(), message.bytes()), (None, Some(&[1][..])));
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

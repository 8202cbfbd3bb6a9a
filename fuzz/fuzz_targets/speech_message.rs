#![no_main]
//! Whatever a peer sends on an open WebSocket: a message has few headers, what is read can be written again unless a line break
//! is in it, and an error is one line.

use libfuzzer_sys::fuzz_target;
use speech_endpoint::net::{SpeechMessage, SpeechMessageError};
use speech_endpoint::third_party::tokio_tungstenite::tungstenite::Message;
use speech_endpoint_fuzz::check_line;

fuzz_target!(|bytes: &[u8]| {
    check(&Message::binary(bytes.to_vec()));
    if let Ok(text) = std::str::from_utf8(bytes) {
        check(&Message::text(text));
    }
});

fn check(frame: &Message) {
    let read = SpeechMessage::read(frame).expect("neither a ping, a pong nor a close frame");
    let message = match read {
        Ok(message) => message,
        Err(error) => return check_line(&error.to_string()),
    };
    assert!(message.headers().count() <= 64);
    assert_eq!(message.text().is_some(), frame.is_text());
    assert_eq!(message.bytes().is_some(), frame.is_binary());
    let shown = message.headers().find(|(name, _)| name.eq_ignore_ascii_case("path")).map_or("", |(_, value)| value);
    assert_eq!(message.path(), shown);
    let has_break = message.headers().any(|(name, value)| name.contains(['\r', '\n']) || value.contains(['\r', '\n']));
    match message.write() {
        Ok(written) => assert_eq!(SpeechMessage::read(&written), Some(Ok(message))),
        Err(SpeechMessageError::LineBreak) => assert!(has_break),
        // A line break of one byte is written as two.
        Err(error) => assert!(error == SpeechMessageError::TooLong && frame.len() > 60_000, "{error}"),
    }
}

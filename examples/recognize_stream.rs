//! Recognises speech over a WebSocket: audio goes up at the pace of a microphone while hypotheses come down.
//!
//! ```text
//! cargo run --example recognize_stream
//! SPEECH_KEY=… cargo run --example recognize_stream -- --region westeurope morning.wav
//! ```
//!
//! Without a file the example synthesises a sentence first. The lab recognises what it
//! synthesised, and no other voice.

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use azure_core::time::{OffsetDateTime, to_rfc3339};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use speech_endpoint::connect::Connector;
use speech_endpoint::net::{Socket, SpeechBody, SpeechMessage};
use speech_endpoint::{Query, Service};
use tokio::time::interval;
use tokio_tungstenite::tungstenite::Message;

mod support;

use support::{Setting, Stop, audio};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Stop> {
    let setting = Setting::of_command_line("healthy-rest-services").await?;
    let builder = Connector::builder(setting.account.clone(), setting.source()?);
    let connector = setting.lead(builder).build()?;
    let audio = audio::given_or_spoken(&setting, &connector).await?;

    let opened = connector.websocket(Service::SpeechToText, &Query::default()).await?;
    println!("{:<17} {}", "connection", opened.connection_id);
    let (mut service, messages) = opened.socket.split();
    let turn = Turn { request_id: SpeechMessage::new_request_id() };
    let (spoken, heard) = tokio::join!(turn.speak(&mut service, &audio), listen(messages));
    // If the service closes the socket, its last message has the reason; the send error has not.
    heard.and(spoken)?;
    Ok(service.close().await?)
}

/// One utterance. The service distinguishes the messages of utterances by the id.
struct Turn {
    request_id: String,
}

impl Turn {
    /// Sends the client's details and the request, then the audio. An empty piece ends the audio.
    async fn speak(&self, service: &mut SplitSink<Socket, Message>, audio: &[u8]) -> Result<(), Stop> {
        service.send(self.text("speech.config", &config()).write()?).await?;
        service.send(self.text("speech.context", &context()).write()?).await?;
        let mut pace = interval(audio::lasts(PIECE));
        for piece in audio.chunks(PIECE).chain([&[][..]]) {
            pace.tick().await;
            service.send(self.audio(piece).write()?).await?;
        }
        Ok(())
    }

    fn text(&self, path: &str, content: &Value) -> SpeechMessage {
        self.message(path, "application/json", content.to_string().into())
    }

    fn audio(&self, piece: &[u8]) -> SpeechMessage {
        self.message("audio", "audio/x-wav", piece.into())
    }

    fn message(&self, path: &str, kind: &str, body: SpeechBody) -> SpeechMessage {
        let now = to_rfc3339(&OffsetDateTime::now_utc());
        SpeechMessage::new(path, &self.request_id, body)
            .with_header("X-Timestamp", &now)
            .with_header("Content-Type", kind)
    }
}

/// Prints the messages of the service until the end of the turn.
async fn listen(mut messages: SplitStream<Socket>) -> Result<(), Stop> {
    while let Some(message) = messages.next().await {
        let frame = message?;
        if let Message::Close(Some(end)) = &frame {
            return Err(format!("the service closed the connection: {} {}", end.code, end.reason).into());
        }
        let Some(message) = SpeechMessage::read(&frame).transpose()? else { continue };
        let content: Value = message.text().map(serde_json::from_str).transpose()?.unwrap_or_default();
        let said = ["Text", "DisplayText", "RecognitionStatus"].iter().find_map(|name| content[name].as_str());
        println!("{}", format!("{:<17} {}", message.path(), said.unwrap_or_default()).trim_end());
        if message.path() == "turn.end" {
            return Ok(());
        }
    }
    Err("the connection ended before the turn did".into())
}

/// Returns the client's details.
fn config() -> Value {
    let system = json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION"), "lang": "Rust" });
    json!({ "context": { "system": system, "os": { "name": std::env::consts::OS } } })
}

/// Returns the request. Like the SDKs, it carries the language here and not in the URL.
fn context() -> Value {
    json!({
        "phraseDetection": { "mode": "Interactive", "language": "en-US" },
        "phraseOutput": { "format": "Simple", "interimResults": { "resultType": "Hypothesis" } },
    })
}

/// The bytes of a tenth of a second, the piece that an SDK sends.
const PIECE: usize = audio::PER_SECOND / 10;

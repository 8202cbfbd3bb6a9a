//! Captions of a WAV file over a WebSocket. If the connection ends, the next one continues after the last caption; if a region
//! fails, the other one takes over.
//!
//! ```text
//! SPEECH_KEY=… SPEECH_KEY_2=… cargo run -p captions -- talk.wav westeurope northeurope
//! ```

use std::error::Error;
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use speech_endpoint::connect::{Connector, TokenSource};
use speech_endpoint::net::{Socket, SpeechMessage};
use speech_endpoint::third_party::tokio_tungstenite::tungstenite::Message;
use speech_endpoint::{Account, Query, Service};
use tokio::time::timeout;

#[cfg(test)]
mod tests;

type Failed = Box<dyn Error + Send + Sync>;

/// A WAV file of 16-bit samples in mono at 16 kHz, and how far its captions are.
struct Talk {
    header: Vec<u8>,
    samples: Vec<u8>,
    /// The bytes of samples that have captions.
    captioned: usize,
    /// The longest time without a message of the service.
    silence: Duration,
}

impl Talk {
    fn new(mut wav: Vec<u8>) -> Self {
        let samples = wav.split_off(HEADER.min(wav.len()));
        Self { header: wav, samples, captioned: 0, silence: SILENCE }
    }

    /// Shows the captions, and opens another connection whenever one ends too early.
    async fn caption(&mut self, connector: &Connector, show: &mut impl FnMut(&str, &str)) -> Result<(), Failed> {
        let mut failures = 0;
        loop {
            // `websocket` retries and fails over by itself: its error is final.
            let opened = connector.websocket(Service::SpeechToText, &Query::default()).await?;
            let account = opened.account_name().to_owned();
            let before = self.captioned;
            match self.turn(opened.socket, &mut |text| show(&account, text)).await {
                Ok(()) => return Ok(()),
                // An attempt with a caption was not in vain.
                Err(_) if self.captioned > before => failures = 0,
                Err(error) if failures >= MOST_FAILURES => return Err(error),
                Err(_) => failures += 1,
            }
            tokio::time::sleep(PAUSE * failures).await;
        }
    }

    /// Sends the rest of the audio, and reads the captions of it.
    async fn turn(&mut self, socket: Socket, show: &mut impl FnMut(&str)) -> Result<(), Failed> {
        let (sink, stream) = socket.split();
        let (start, rest) = (self.captioned, self.samples[self.captioned..].to_vec());
        let (header, captioned) = (&self.header, &mut self.captioned);
        let spoken = speak(sink, header, &rest);
        let heard = listen(stream, self.silence, show, |bytes| *captioned = start + bytes);
        tokio::pin!(spoken, heard);
        tokio::select! {
            heard = &mut heard => heard,
            // If sending fails, the last message of the service has the reason.
            _ = &mut spoken => heard.await,
        }
    }
}

/// Sends a turn. An empty piece ends the audio.
async fn speak(mut sink: SplitSink<Socket, Message>, header: &[u8], samples: &[u8]) -> Result<(), Failed> {
    let id = SpeechMessage::new_request_id();
    let json = |path: &str, content: Value| {
        SpeechMessage::new(path, &id, content.to_string()).with_header("Content-Type", "application/json")
    };
    sink.send(json("speech.config", json!({ "context": { "system": { "name": "captions" } } })).write()?).await?;
    let detection = json!({ "mode": "Conversation", "language": "en-US" });
    sink.send(json("speech.context", json!({ "phraseDetection": detection })).write()?).await?;
    let header = SpeechMessage::new("audio", &id, header).with_header("Content-Type", "audio/x-wav");
    sink.send(header.write()?).await?;
    // A microphone delivers a piece each 100 ms; a file need not wait.
    for piece in samples.chunks(PIECE).chain([&[][..]]) {
        sink.send(SpeechMessage::new("audio", &id, piece).write()?).await?;
    }
    Ok(())
}

/// Reads the messages of a turn, until it ends or the service is silent for too long.
async fn listen(
    mut stream: SplitStream<Socket>,
    silence: Duration,
    show: &mut impl FnMut(&str),
    mut captioned: impl FnMut(usize),
) -> Result<(), Failed> {
    while let Some(frame) =
        timeout(silence, stream.next()).await.map_err(|_| format!("no message within {silence:?}"))?
    {
        let frame = frame?;
        if let Message::Close(Some(end)) = &frame {
            return Err(format!("the service closed the connection: {} {}", end.code, end.reason).into());
        }
        let Some(message) = SpeechMessage::read(&frame).transpose()? else { continue };
        match message.path() {
            "speech.phrase" => {
                let phrase: Value = serde_json::from_str(message.text().unwrap_or_default())?;
                if let (Some("Success"), Some(text)) =
                    (phrase["RecognitionStatus"].as_str(), phrase["DisplayText"].as_str())
                {
                    show(text);
                    captioned(bytes(&phrase["Offset"]) + bytes(&phrase["Duration"]));
                }
            }
            "turn.end" => return Ok(()),
            _ => {}
        }
    }
    Err("the connection ended before the turn did".into())
}

/// Returns the bytes of a duration in units of 100 ns, as a whole number of samples.
fn bytes(duration: &Value) -> usize {
    let samples = duration.as_u64().unwrap_or_default() * 16_000 / 10_000_000;
    usize::try_from(samples * 2).unwrap_or(usize::MAX)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failed> {
    let mut arguments = std::env::args().skip(1);
    let [file, near, far] = [(); 3].map(|()| arguments.next().ok_or("expected a WAV file and two regions"));
    let key = |variable| Ok::<_, Failed>(TokenSource::key(std::env::var(variable)?)?);
    let connector = Connector::builder(Account::regional(near?.parse()?)?, key("SPEECH_KEY")?)
        .fallback(Account::regional(far?.parse()?)?, key("SPEECH_KEY_2")?)
        .build()?;
    Talk::new(std::fs::read(file?)?).caption(&connector, &mut |account, text| println!("{account}: {text}")).await
}

/// The bytes of a WAV header without further chunks.
const HEADER: usize = 44;

/// A tenth of a second, as the Speech SDKs send it.
const PIECE: usize = 3200;

/// Longer than a pause in the speech, after which the service sends a phrase.
const SILENCE: Duration = Duration::from_secs(30);

/// The turns in a row that may end without a caption.
const MOST_FAILURES: u32 = 3;

/// The pause after a first turn without a caption.
const PAUSE: Duration = Duration::from_millis(500);

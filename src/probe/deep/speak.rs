//! Speak: synthesis over a WebSocket, from SSML or from a stream of text.

use serde_json::json;

use super::sound::{RATE, Sound};
use super::{Trip, VOICE, client_details};
use crate::diagnose::evidence::{Failure, FailureKind, Phase, RoundTripTimes};
use crate::diagnose::plan::SENTENCE;
use crate::net::Network;
use crate::net::SpeechMessage;
use crate::net::websocket::SpeechSocket;
use crate::probe::observer::Observer;
use crate::probe::target::TargetProbe;
use crate::resolve::service::Service;

impl<N: Network, O: Observer> TargetProbe<'_, N, O> {
    /// Lets the service speak the sentence.
    ///
    /// 1. Send the client's details, the settings and the sentence.
    /// 2. Take the audio until the end of the turn.
    pub(super) async fn speak(&self, trip: &mut Trip<'_>) -> Result<Sound, Failure> {
        let mut socket = self.open(trip, &self.target.url).await?;
        trip.sent_characters = SENTENCE.chars().count();
        let is_stream = self.target.service() == Some(Service::TextToSpeechStream);
        let limit = self.plan.limits.patience();
        for message in messages(&socket, is_stream) {
            socket.send(&message, limit).await.map_err(|end| trip.ended(end))?;
        }
        let mut samples = Vec::new();
        loop {
            let awaited = trip.phase.awaited();
            let message = socket.next(awaited, limit).await;
            let message = message.map_err(|end| {
                note_audio(trip, &samples);
                trip.ended(end)
            })?;
            match (message.path().to_ascii_lowercase().as_str(), message.bytes()) {
                ("turn.start", _) => {
                    trip.times.start_ms = trip.times.start_ms.or(Some(trip.now()));
                    if trip.phase < Phase::FirstAudio {
                        trip.phase = Phase::FirstAudio;
                    }
                }
                ("audio", Some(piece)) if !piece.is_empty() => {
                    trip.times.first_audio_ms = trip.times.first_audio_ms.or(Some(trip.now()));
                    trip.times.result_ms = Some(trip.now());
                    // Without a start, that is what the turn still lacks.
                    if trip.times.start_ms.is_some() {
                        trip.phase = Phase::Content;
                    }
                    samples.extend_from_slice(piece);
                }
                ("turn.end", _) => break,
                _ => {}
            }
        }
        trip.times.end_ms = Some(trip.now());
        let sound = note_audio(trip, &samples);
        socket.close(limit).await;
        if trip.times.start_ms.is_none() {
            trip.phase = Phase::Start;
            return Err(Failure::new(FailureKind::Protocol, "the turn ends without `turn.start`"));
        }
        Ok(sound)
    }
}

/// Notes the audio that arrived so far.
pub(super) fn note_audio(trip: &mut Trip<'_>, samples: &[u8]) -> Sound {
    note_sound(trip, Sound::spoken(RATE, samples.to_vec()))
}

/// Notes a sound of any rate.
pub(super) fn note_sound(trip: &mut Trip<'_>, sound: Sound) -> Sound {
    let lasts = sound.lasts_ms();
    trip.audio_bytes = sound.samples.len();
    trip.audio_ms = Some(lasts);
    trip.is_silent = (!sound.samples.is_empty()).then(|| sound.is_silent());
    trip.times.real_time_factor = trip.times.result_ms.and_then(|took| RoundTripTimes::factor(took, lasts));
    sound
}

/// Returns the messages of the client.
fn messages(socket: &SpeechSocket, is_stream: bool) -> Vec<SpeechMessage> {
    let text = |path: &str, kind: &str, body: String| socket.message(path, body).with_header("Content-Type", kind);
    let mut synthesis = json!({ "audio": {
        "outputFormat": FORMAT,
        "metadataOptions": { "wordBoundaryEnabled": false, "sentenceBoundaryEnabled": false },
    }, "language": { "autoDetection": false } });
    if is_stream {
        synthesis["input"] = json!({ "bidirectionalStreamingMode": true, "voiceName": VOICE, "language": "" });
    }
    let mut messages = vec![
        text("speech.config", JSON, client_details()),
        text("synthesis.context", JSON, json!({ "synthesis": synthesis }).to_string()),
    ];
    if is_stream {
        messages.push(text("text.piece", "text/plain", SENTENCE.to_owned()));
        messages.push(text("text.end", "text/plain", String::new()));
    } else {
        messages.push(text("ssml", "application/ssml+xml", ssml()));
    }
    messages
}

/// Returns the sentence as SSML.
pub(super) fn ssml() -> String {
    format!("<speak version='1.0' xml:lang='en-US'><voice name='{VOICE}'>{SENTENCE}</voice></speak>")
}

/// Samples without a header.
pub(super) const FORMAT: &str = "raw-16khz-16bit-mono-pcm";

pub(super) const JSON: &str = "application/json";

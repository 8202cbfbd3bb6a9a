//! Recognise: recognition and translation over a WebSocket, with the audio at once, as the SDKs send the first seconds of it.

use serde_json::{Value, json};
use url::Url;

use super::sound::Sound;
use super::speak::JSON;
use super::{LANGUAGE, TARGET_LANGUAGE, Trip, client_details, parameter, with_parameters};
use crate::diagnose::evidence::{Exchange, Failure, FailureKind, Phase, RoundTripTimes, SentAudio, has_word_of};
use crate::diagnose::plan::SENTENCE;
use crate::net::Network;
use crate::net::SpeechMessage;
use crate::net::printable::line;
use crate::net::websocket::SpeechSocket;
use crate::probe::observer::Observer;
use crate::probe::target::TargetProbe;
use crate::resolve::service::Service;

impl<N: Network, O: Observer> TargetProbe<'_, N, O> {
    /// Lets the service recognise a sound, and translate it if that is its purpose.
    ///
    /// 1. Send the client's details and the settings, then the audio. An empty piece ends the audio.
    /// 2. Take hypotheses and results until the end of the turn.
    pub(super) async fn recognise(&self, trip: &mut Trip<'_>, sound: &Sound) -> Result<(), Failure> {
        let is_translation = trip.exchange == Exchange::Translate;
        let is_first = self.target.service() == Some(Service::TranslationV1);
        let parameters: &[_] = if is_first { &[("from", LANGUAGE), ("to", TARGET_LANGUAGE)] } else { &[] };
        let url = with_parameters(&self.target.url, parameters);
        trip.wanted_language = if is_first {
            // One of several is enough.
            parameter(&url, "to").and_then(|to| to.split(',').next().map(str::to_owned))
        } else {
            is_translation.then(|| TARGET_LANGUAGE.to_owned())
        };
        let mut socket = self.open(trip, &url).await?;
        note_sent(trip, sound);
        let limit = self.plan.limits.patience();
        for message in messages(&socket, &url, trip.wanted_language.as_deref(), sound) {
            socket.send(&message, limit).await.map_err(|end| trip.ended(end))?;
        }
        loop {
            let awaited = trip.phase.awaited();
            let message = socket.next(awaited, limit).await.map_err(|end| trip.ended(end))?;
            match message.path().to_ascii_lowercase().as_str() {
                "turn.start" => {
                    trip.times.start_ms = trip.times.start_ms.or(Some(trip.now()));
                    if trip.phase < Phase::Result {
                        trip.phase = Phase::Result;
                    }
                }
                "speech.hypothesis" | "speech.fragment" | "translation.hypothesis" => {
                    trip.times.first_hypothesis_ms = trip.times.first_hypothesis_ms.or(Some(trip.now()));
                }
                "translation.response" => {
                    let content = content(&message);
                    if content.get("SpeechPhrase").is_some() {
                        note_result(trip, &content["SpeechPhrase"], &content);
                    } else {
                        trip.times.first_hypothesis_ms = trip.times.first_hypothesis_ms.or(Some(trip.now()));
                    }
                }
                "speech.phrase" => note_result(trip, &content(&message), &Value::Null),
                "translation.phrase" => {
                    let content = content(&message);
                    note_result(trip, &content, &content["Translation"]);
                }
                "turn.end" => break,
                _ => {}
            }
        }
        trip.times.end_ms = Some(trip.now());
        socket.close(limit).await;
        let lacks = match (trip.times.start_ms, trip.times.result_ms) {
            (None, _) => Some((Phase::Start, "the turn ends without `turn.start`")),
            (_, None) => Some((Phase::Result, "the turn ends without a result")),
            _ => None,
        };
        match lacks {
            Some((phase, text)) => {
                trip.phase = phase;
                Err(Failure::new(FailureKind::Protocol, text))
            }
            None => Ok(()),
        }
    }
}

/// Notes the audio that is sent.
pub(super) fn note_sent(trip: &mut Trip<'_>, sound: &Sound) {
    (trip.sent_audio, trip.sent_audio_ms) = (Some(sound.source), Some(sound.lasts_ms()));
}

/// Notes a result. The end of a dictation is not a result, and a text is worth more than a status.
fn note_result(trip: &mut Trip<'_>, phrase: &Value, translation: &Value) {
    let status = phrase["RecognitionStatus"].as_str().unwrap_or("Success");
    if status == "EndOfDictation" {
        return;
    }
    let text = [&phrase["DisplayText"], &phrase["Text"], &phrase["NBest"][0]["Display"]];
    let text = text.into_iter().find_map(Value::as_str).unwrap_or_default();
    let took = Some(trip.now());
    note_recognised(trip, status, text, took);
    let languages = translation["Translations"].as_array().into_iter().flatten();
    let languages = languages.filter_map(|translation| translation["Language"].as_str());
    trip.translated_languages.extend(languages.take(MOST_LANGUAGES).map(|language| line(language, LONGEST_STATUS)));
    if trip.times.start_ms.is_some() {
        trip.phase = Phase::End;
    }
}

/// Notes what was recognised.
pub(super) fn note_recognised(trip: &mut Trip<'_>, status: &str, text: &str, took: Option<f64>) {
    let is_first = trip.times.result_ms.is_none();
    if is_first || (status == "Success" && trip.text.is_none()) {
        trip.recognition_status = Some(line(status, LONGEST_STATUS));
        trip.times.result_ms = took;
        let factor = took.zip(trip.sent_audio_ms).and_then(|(took, audio)| RoundTripTimes::factor(took, audio));
        trip.times.real_time_factor = factor;
    }
    let said = [trip.text.as_deref().unwrap_or_default(), text].join(" ");
    let said = line(&said, LONGEST_RESULT);
    if !said.is_empty() {
        let is_spoken = trip.sent_audio == Some(SentAudio::Spoken);
        trip.is_alike = is_spoken.then(|| has_word_of(&said, SENTENCE));
        trip.text = Some(said);
    }
}

fn content(message: &SpeechMessage) -> Value {
    serde_json::from_str(message.text().unwrap_or_default()).unwrap_or_default()
}

/// Returns the messages of the client.
fn messages(socket: &SpeechSocket, url: &Url, target: Option<&str>, sound: &Sound) -> Vec<SpeechMessage> {
    let text = |path: &str, body: String| socket.message(path, body).with_header("Content-Type", JSON);
    let audio = |piece: Vec<u8>| socket.message("audio", piece);
    let mut messages =
        vec![text("speech.config", client_details()), text("speech.context", context(url, target).to_string())];
    messages.push(audio(sound.header()).with_header("Content-Type", "audio/x-wav"));
    messages.extend(sound.samples.chunks(PIECE).map(|piece| audio(piece.to_vec())));
    messages.push(audio(Vec::new()));
    messages
}

/// Returns the settings of a turn, as the SDKs send them for a single utterance.
fn context(url: &Url, target: Option<&str>) -> Value {
    let language = parameter(url, "language").or_else(|| parameter(url, "from"));
    let mut context = json!({
        "phraseDetection": { "mode": "INTERACTIVE", "language": language.as_deref().unwrap_or(LANGUAGE) },
        "phraseOutput": { "format": "Simple", "interimResults": { "resultType": "Auto" } },
    });
    if let Some(target) = target {
        context["phraseDetection"]["onInterim"] = json!({ "action": "Translate" });
        context["phraseDetection"]["onSuccess"] = json!({ "action": "Translate" });
        context["translation"] = json!({
            "targetLanguages": [target], "output": { "interimResults": { "mode": "Always" } },
            "onSuccess": { "action": "None" },
        });
    }
    context
}

/// A tenth of a second, the piece that an SDK sends.
const PIECE: usize = 3200;

/// In characters.
const LONGEST_RESULT: usize = 200;

/// In characters.
const LONGEST_STATUS: usize = 40;

/// More languages than these are not asked for.
const MOST_LANGUAGES: usize = 8;

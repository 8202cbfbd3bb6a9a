//! REST: synthesis, transcription and the list of voices, each with one request.

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::recognise::{note_recognised, note_sent};
use super::sound::{RATE, Sound};
use super::speak::{FORMAT, note_sound, ssml};
use super::{LANGUAGE, Trip, with_parameters};
use crate::diagnose::evidence::{Failure, FailureKind, Phase};
use crate::diagnose::plan::SENTENCE;
use crate::net::http::{Connection, Request, Response, classify, describe};
use crate::net::{Network, silence};
use crate::probe::observer::Observer;
use crate::probe::request::request_to;
use crate::probe::target::TargetProbe;
use crate::resolve::service::Service;

impl<N: Network, O: Observer> TargetProbe<'_, N, O> {
    /// Lets the service speak the sentence.
    pub(super) async fn speak_over_rest(&self, trip: &mut Trip<'_>) -> Result<Sound, Failure> {
        let mut request = request_to(Service::TextToSpeech, &self.target.url);
        let rate = if self.target.service() == Some(Service::OpenAiSpeech) {
            request = request_to(Service::OpenAiSpeech, &self.target.url);
            let model = self.deployment().unwrap_or_default();
            let body = json!({ "model": model, "input": SENTENCE, "voice": "alloy", "response_format": "pcm" });
            request.body = body.to_string().into();
            OPENAI_RATE
        } else {
            let format = HeaderName::from_static("x-microsoft-outputformat");
            request.headers.retain(|(name, _)| *name != format);
            request.headers.push((format, HeaderValue::from_static(FORMAT)));
            request.body = ssml().into();
            RATE
        };
        trip.sent_characters = SENTENCE.chars().count();
        let samples = self.ask(trip, request, Phase::FirstAudio).await;
        let (samples, failure) = match samples {
            Ok(samples) => (samples, None),
            Err((samples, failure)) => (samples, Some(failure)),
        };
        if trip.times.start_ms.is_some() {
            let sound = note_sound(trip, Sound::spoken(rate, samples));
            if failure.is_none() {
                return Ok(sound);
            }
        }
        Err(failure.unwrap_or_else(|| Failure::new(FailureKind::Other, "there was no answer")))
    }

    /// Lets the service transcribe a sound.
    pub(super) async fn transcribe(&self, trip: &mut Trip<'_>, sound: &Sound) -> Result<(), Failure> {
        let service = self.target.service().unwrap_or(Service::ShortAudio);
        let is_short = service == Service::ShortAudio;
        let parameters: &[_] = if is_short { &[("language", LANGUAGE)] } else { &[] };
        let url = with_parameters(&self.target.url, parameters);
        let mut request = request_to(service, &url);
        request.body = match service {
            Service::ShortAudio => sound.file().into(),
            Service::FastTranscription => {
                let definition = json!({ "locales": [LANGUAGE] }).to_string();
                form("audio", sound, &[("definition", &definition)])
            }
            _ => form("file", sound, &[("model", self.deployment().unwrap_or_default()), ("response_format", "json")]),
        };
        note_sent(trip, sound);
        let body = self.ask(trip, request, Phase::Result).await.map_err(|(_, failure)| failure)?;
        let took = trip.times.end_ms;
        let result: Value = serde_json::from_slice(&body).map_err(|_| unusable("a body that is not JSON"))?;
        let text = match service {
            Service::ShortAudio => &result["DisplayText"],
            Service::FastTranscription => &result["combinedPhrases"][0]["text"],
            _ => &result["text"],
        };
        let status = match (result["RecognitionStatus"].as_str(), text.as_str().unwrap_or_default()) {
            (Some(status), _) => status,
            (None, _) if is_short => return Err(unusable("JSON without `RecognitionStatus`")),
            (None, "") => "NoMatch",
            _ => "Success",
        };
        note_recognised(trip, status, text.as_str().unwrap_or_default(), took);
        Ok(())
    }

    /// Counts the voices.
    pub(super) async fn list_voices(&self, trip: &mut Trip<'_>) -> Result<(), Failure> {
        let request = request_to(Service::Voices, &self.target.url);
        let body = self.ask(trip, request, Phase::Content).await.map_err(|(_, failure)| failure)?;
        let list = serde_json::from_slice::<Vec<serde::de::IgnoredAny>>(&body);
        let voices = list.map_err(|_| unusable("a body that is not a JSON list"))?.len();
        (trip.voices, trip.times.result_ms) = (Some(voices), trip.times.end_ms);
        if voices == 0 { Err(unusable("an empty list")) } else { Ok(()) }
    }

    /// Sends a request with the credential, and takes the body of the response. After a failure, the bytes before it count.
    async fn ask(
        &self,
        trip: &mut Trip<'_>,
        mut request: Request<'_>,
        next: Phase,
    ) -> Result<Vec<u8>, (Vec<u8>, Failure)> {
        let failed = |failure| (Vec::new(), failure);
        let limit = self.plan.limits.patience();
        let mut connection = Connection::new(self.connect_for(request.url).await.map_err(failed)?);
        trip.times.connect_ms = Some(trip.now());
        trip.enter(Phase::Start);
        let header = self.header().map(|(_, header)| header);
        request.credential = header.as_ref();
        let sent = timeout(limit, connection.send(&request)).await;
        let response = sent.map_err(|_| failed(silence(limit)))?.map_err(failed)?;
        let status = response.status().as_u16();
        if status != OK {
            let reply = connection.read(describe(&request), response, limit).await.reply;
            let failure = Failure::new(FailureKind::Status, classify::text(&reply));
            trip.reply = Some(reply);
            return Err(failed(failure));
        }
        trip.reply = Some(Response::head(describe(&request), &response));
        trip.times.start_ms = Some(trip.now());
        trip.enter(next);
        let mut bytes = Vec::new();
        let taken = connection
            .pieces(response.into_body(), limit, |piece| {
                if next == Phase::FirstAudio && !piece.is_empty() {
                    trip.times.first_audio_ms = trip.times.first_audio_ms.or(Some(trip.now()));
                    trip.times.result_ms = Some(trip.now());
                    trip.phase = Phase::Content;
                }
                bytes.extend_from_slice(&piece);
                bytes.len() <= LARGEST
            })
            .await;
        if bytes.len() > LARGEST {
            let text = format!("more than {} MiB arrive for one request", LARGEST >> 20);
            return Err((Vec::new(), Failure::new(FailureKind::Flooded, text)));
        }
        if let Err(failure) = taken {
            return Err((bytes, failure));
        }
        trip.times.end_ms = Some(trip.now());
        Ok(bytes)
    }
}

/// Returns a form with a WAV file and fields.
fn form(file: &str, sound: &Sound, fields: &[(&str, &str)]) -> Bytes {
    let mut body = Vec::new();
    for (name, value) in fields {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(value.as_bytes());
        body.extend_from_slice(b"\r\n");
    }
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{file}\"; filename=\"audio.wav\"\r\n\
         Content-Type: audio/wav\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(&sound.file());
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body.into()
}

fn unusable(what: &str) -> Failure {
    Failure::new(FailureKind::Protocol, format!("200 with {what}"))
}

/// The boundary that `request_to` names.
const BOUNDARY: &str = "speech-endpoint";

/// The status of a request that is served.
const OK: u16 = 200;

/// Samples per second of `pcm`. <https://platform.openai.com/docs/guides/text-to-speech>
const OPENAI_RATE: u32 = 24_000;

/// The longest body that is taken: the list of voices has about 500 KB.
const LARGEST: usize = 16 << 20;

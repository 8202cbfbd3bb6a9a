//! The audio APIs of Azure OpenAI: speech and transcription.
//! <https://learn.microsoft.com/azure/ai-services/openai/reference>

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::exchange::{Answer, Asked};
use super::super::multipart::{self, Field};
use super::super::scripted::Director;
use super::batch::{self, Heard};
use super::format::Format;
use super::phrase::translated;
use super::play::Play;
use super::script::Script;
use super::voices;
use crate::vocabulary::ServiceToml;

/// Responds to a request for audio.
pub(in super::super) fn audio(asked: &Asked, director: &Arc<Director>) -> Answer {
    if asked.body.is_empty() {
        return fault("The body of the request is missing.");
    }
    match asked.path.rsplit('/').next() {
        Some("speech") => speech(asked, director),
        Some("transcriptions") => transcription(asked, false, director),
        Some("translations") => transcription(asked, true, director),
        _ => fault("The lab does not support this request."),
    }
}

/// Speaks a text. <https://platform.openai.com/docs/api-reference/audio/createSpeech>
fn speech(asked: &Asked, director: &Arc<Director>) -> Answer {
    let Ok(body) = serde_json::from_slice::<Value>(&asked.body) else { return fault("The body is not JSON.") };
    let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty());
    let Some(input) = text("input") else { return fault("Missing required parameter: 'input'.") };
    let Some(voice) = text("voice") else { return fault("Missing required parameter: 'voice'.") };
    if input.chars().count() > LONGEST_INPUT {
        return fault("The input is longer than 4096 characters.");
    }
    let name = text("response_format").unwrap_or("mp3");
    let (format, kind) = match name {
        "mp3" => ("audio-24khz-160kbitrate-mono-mp3", "audio/mpeg"),
        "opus" => ("ogg-24khz-16bit-mono-opus", "audio/ogg"),
        "wav" => ("riff-24khz-16bit-mono-pcm", "audio/wav"),
        "pcm" => ("raw-24khz-16bit-mono-pcm", "audio/pcm"),
        _ => {
            return fault(&format!(
                "The lab does not support the response format `{name}`: expected `mp3`, `opus`, `wav` or `pcm`."
            ));
        }
    };
    let Some(format) = Format::read(format) else { return fault("The format does not exist.") };
    let play = Play::of_text(director, ServiceToml::OpenAiSpeech, input);
    if let Some(refusal) = play.refusal() {
        return refusal;
    }
    let script = play.staged(Script::of_text(input, voice_number(voice)));
    if body["stream_format"] == "sse" {
        let deltas = format
            .sound(&script, play.spoken())
            .map(|piece| json!({ "type": "speech.audio.delta", "audio": STANDARD.encode(&piece) }));
        let usage = json!({ "input_tokens": 0, "output_tokens": 0, "total_tokens": 0 });
        return play.deliver(events(deltas.chain([json!({ "type": "speech.audio.done", "usage": usage })])));
    }
    play.deliver(format.answer(kind, script, play.spoken()))
}

/// Returns the number of a voice: one of Speech by its name, or else the one that stands for a voice of OpenAI.
pub(super) fn voice_number(name: &str) -> u16 {
    let known = voices::find(name).or_else(|| {
        let of_openai = format!("en-US-{name}TurboMultilingualNeural");
        voices::find(&of_openai)
    });
    known.or_else(|| voices::of_language("en-US")).unwrap_or_default()
}

/// Transcribes a file, or translates it to English.
/// <https://platform.openai.com/docs/api-reference/audio/createTranscription>
fn transcription(asked: &Asked, is_translation: bool, director: &Arc<Director>) -> Answer {
    let Some(fields) = multipart::fields(asked) else { return fault("The body is not a form.") };
    let Some(Field { content, .. }) = multipart::content(&fields, "file") else {
        return fault("Missing required parameter: 'file'.");
    };
    let heard = batch::hear(content, None);
    let play = Play::of_audio(director, ServiceToml::OpenAiTranscription, content, heard.lasts);
    if let Some(refusal) = play.refusal() {
        return refusal;
    }
    play.deliver(transcript(&fields, &play.heard(heard), is_translation))
}

/// Writes what was heard in the format that the form names.
fn transcript(fields: &[Field], heard: &Heard, is_translation: bool) -> Answer {
    let text = if is_translation { translated(&heard.text(), "en") } else { heard.text() };
    if multipart::text(fields, "stream").is_some_and(|stream| stream.eq_ignore_ascii_case("true")) {
        let words: Vec<&str> = text.split_inclusive(' ').collect();
        let deltas = words.iter().map(|word| json!({ "type": "transcript.text.delta", "delta": word }));
        return events(deltas.chain([json!({ "type": "transcript.text.done", "text": text })]));
    }
    match multipart::text(fields, "response_format").unwrap_or("json") {
        "text" => Answer::new(200, "text/plain; charset=utf-8", format!("{text}\n")),
        "srt" => Answer::new(200, "text/plain; charset=utf-8", subtitles(heard, true)),
        "vtt" => Answer::new(200, "text/vtt; charset=utf-8", subtitles(heard, false)),
        "verbose_json" => Answer::json(200, &verbose(heard, &text, is_translation)),
        "diarized_json" | "json" => Answer::json(200, &json!({ "text": text, "usage": usage(heard) })),
        name => fault(&format!("`{name}` is not a response format.")),
    }
}

fn usage(heard: &Heard) -> Value {
    json!({ "type": "duration", "seconds": heard.lasts.div_ceil(1000) })
}

#[allow(clippy::cast_precision_loss, reason = "a duration in milliseconds is small")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

fn verbose(heard: &Heard, text: &str, is_translation: bool) -> Value {
    let segments: Vec<Value> = (0..)
        .zip(&heard.phrases)
        .map(|(id, said): (u32, _)| {
            json!({
                "id": id, "seek": 0, "start": seconds(said.start), "end": seconds(said.end), "text": said.text().unwrap_or_default(),
                "tokens": [], "temperature": 0.0, "avg_logprob": -0.1, "compression_ratio": 1.0, "no_speech_prob": 0.0,
            })
        })
        .collect();
    let words = heard.phrases.iter().flat_map(|said| &said.words);
    let words: Vec<Value> = words
        .map(|word| json!({ "word": word.text, "start": seconds(word.start), "end": seconds(word.end) }))
        .collect();
    json!({
        "task": if is_translation { "translate" } else { "transcribe" }, "language": "english", "duration": seconds(heard.lasts),
        "text": text, "segments": segments, "words": words, "usage": usage(heard),
    })
}

fn subtitles(heard: &Heard, is_srt: bool) -> String {
    let time = |ms: u64| {
        let mark = if is_srt { ',' } else { '.' };
        format!("{:02}:{:02}:{:02}{mark}{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000)
    };
    let cue = |(number, said): (usize, &super::segments::Said)| {
        let number = if is_srt { format!("{number}\n") } else { String::new() };
        format!("{number}{} --> {}\n{}\n\n", time(said.start), time(said.end), said.text().unwrap_or_default())
    };
    let cues: Vec<String> = (1..).zip(&heard.phrases).map(cue).collect();
    format!("{}{}", if is_srt { "" } else { "WEBVTT\n\n" }, cues.concat())
}

/// Makes a stream of events.
fn events(all: impl Iterator<Item = Value>) -> Answer {
    let text: Vec<String> = all.map(|event| format!("data: {event}\n\n")).collect();
    Answer::new(200, "text/event-stream; charset=utf-8", format!("{}data: [DONE]\n\n", text.concat()))
}

/// Makes an error as Azure OpenAI does.
fn fault(message: &str) -> Answer {
    Answer::json(
        400,
        &json!({ "error": { "code": "BadRequest", "message": message, "type": "invalid_request_error", "param": null } }),
    )
}

/// The longest text that is spoken, in characters.
const LONGEST_INPUT: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(path: &str, kind: &str, body: Vec<u8>) -> Answer {
        let mut asked = Asked::get("contoso.openai.azure.com", path);
        asked.method = "POST".into();
        asked.headers = vec![("content-type".into(), kind.into())];
        asked.body = body.into();
        audio(&asked, &Arc::default())
    }

    fn speak(format: &str) -> Answer {
        let body = json!({ "model": "tts", "voice": "alloy", "input": "Hello, world.", "response_format": format });
        ask("/openai/v1/audio/speech", "application/json", body.to_string().into_bytes())
    }

    fn transcribe(file: &[u8], fields: &[(&str, &str)]) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
        }
        body.extend(b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n");
        body.extend(file);
        body.extend(b"\r\n--b--\r\n");
        ask("/openai/deployments/whisper/audio/transcriptions", "multipart/form-data; boundary=b", body)
    }

    fn text(answer: &Answer) -> String {
        String::from_utf8(answer.body.to_vec()).unwrap()
    }

    #[test]
    fn what_is_spoken_in_any_format_is_transcribed() {
        for format in ["mp3", "opus", "wav"] {
            let spoken = speak(format);
            let answer = transcribe(&spoken.whole(), &[]);
            let json: Value = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!((spoken.status, answer.status, &json["text"]), (200, 200, &json!("Hello, world.")), "{format}");
        }
        assert_eq!((speak("pcm").status, speak("flac").status), (200, 400));
    }

    #[test]
    fn every_response_format_has_its_form() {
        let wav = speak("wav").whole();
        let as_format = |format: &str| text(&transcribe(&wav, &[("response_format", format)]));
        assert_eq!(as_format("text"), "Hello, world.\n");
        assert_eq!(as_format("srt"), "1\n00:00:00,000 --> 00:00:00,780\nHello, world.\n\n");
        assert_eq!(as_format("vtt"), "WEBVTT\n\n00:00:00.000 --> 00:00:00.780\nHello, world.\n\n");
        let verbose: Value = serde_json::from_str(&as_format("verbose_json")).unwrap();
        assert_eq!((&verbose["segments"][0]["text"], &verbose["duration"]), (&json!("Hello, world."), &json!(0.78)));
        assert_eq!(transcribe(&wav, &[("response_format", "xml")]).status, 400);
        let stream = text(&transcribe(&wav, &[("stream", "true")]));
        assert!(stream.contains("transcript.text.delta") && stream.ends_with("data: [DONE]\n\n"), "{stream}");
    }

    #[test]
    fn incomplete_requests_are_rejected() {
        let speech = |body: &Value| ask("/openai/v1/audio/speech", "application/json", body.to_string().into_bytes());
        let long = "a".repeat(4097);
        for body in [
            json!({}),
            json!({ "input": "a" }),
            json!({ "voice": "alloy" }),
            json!({ "input": long, "voice": "alloy" }),
            json!(1),
        ] {
            assert_eq!(speech(&body).status, 400, "{body}");
        }
        assert_eq!(ask("/openai/v1/audio/transcriptions", "application/json", b"{}".to_vec()).status, 400);
        assert_eq!(ask("/openai/v1/audio/speech", "", Vec::new()).status, 400);
    }
}

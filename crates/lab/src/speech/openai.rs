//! The audio APIs of Azure OpenAI: speech and transcription.
//! <https://learn.microsoft.com/azure/ai-services/openai/reference>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::exchange::{Answer, Asked};
use super::super::multipart::{self, Field};
use super::batch::{self, Heard};
use super::format::Format;
use super::phrase::translated;
use super::script::Script;
use super::voices;

/// Responds to a request for audio.
pub(in super::super) fn audio(asked: &Asked) -> Answer {
    if asked.body.is_empty() {
        return fault("The body of the request is missing.");
    }
    match asked.path.rsplit('/').next() {
        Some("speech") => speech(asked),
        Some("transcriptions") => transcription(asked, false),
        Some("translations") => transcription(asked, true),
        _ => fault("The lab does not support this request."),
    }
}

/// Speaks a text. <https://platform.openai.com/docs/api-reference/audio/createSpeech>
fn speech(asked: &Asked) -> Answer {
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
    let sound = format.speak(&Script::of_text(input, voice_number(voice)));
    if body["stream_format"] == "sse" {
        let deltas = sound.map(|piece| json!({ "type": "speech.audio.delta", "audio": STANDARD.encode(&piece) }));
        let usage = json!({ "input_tokens": 0, "output_tokens": 0, "total_tokens": 0 });
        return events(deltas.chain([json!({ "type": "speech.audio.done", "usage": usage })]));
    }
    Answer::new(200, kind, sound.flatten().collect::<Vec<u8>>())
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
fn transcription(asked: &Asked, is_translation: bool) -> Answer {
    let Some(fields) = multipart::fields(asked) else { return fault("The body is not a form.") };
    let Some(Field { content, .. }) = multipart::content(&fields, "file") else {
        return fault("Missing required parameter: 'file'.");
    };
    let heard = batch::hear(content, None);
    let text = if is_translation { translated(&heard.text(), "en") } else { heard.text() };
    if multipart::text(&fields, "stream").is_some_and(|stream| stream.eq_ignore_ascii_case("true")) {
        let words: Vec<&str> = text.split_inclusive(' ').collect();
        let deltas = words.iter().map(|word| json!({ "type": "transcript.text.delta", "delta": word }));
        return events(deltas.chain([json!({ "type": "transcript.text.done", "text": text })]));
    }
    match multipart::text(&fields, "response_format").unwrap_or("json") {
        "text" => Answer::new(200, "text/plain; charset=utf-8", format!("{text}\n")),
        "srt" => Answer::new(200, "text/plain; charset=utf-8", subtitles(&heard, true)),
        "vtt" => Answer::new(200, "text/vtt; charset=utf-8", subtitles(&heard, false)),
        "verbose_json" => Answer::json(200, &verbose(&heard, &text, is_translation)),
        "diarized_json" | "json" => Answer::json(200, &json!({ "text": text, "usage": usage(&heard) })),
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

//! A realtime session as it begins.

use serde_json::{Map, Value, json};

use super::new_id;

/// The API that a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// Version 1 of the realtime API.
    First,
    /// Its preview.
    Preview,
    /// Voice Live, whose events are those of the preview.
    VoiceLive,
}

impl Version {
    pub(super) fn of(path: &str) -> Self {
        match path {
            path if path.starts_with("/openai/v1/") => Self::First,
            path if path.starts_with("/voice-live/") => Self::VoiceLive,
            _ => Self::Preview,
        }
    }

    /// Returns whether the events have the names of version 1.
    pub(super) fn is_first(self) -> bool {
        self == Self::First
    }
}

/// Returns the session of a model, or one that only transcribes.
pub(super) fn begin(model: &str, version: Version, is_transcription: bool) -> Map<String, Value> {
    let session = match version {
        Version::First if is_transcription => transcription(),
        Version::First => first(model),
        Version::Preview => preview(model),
        Version::VoiceLive => voice_live(model),
    };
    if let Value::Object(session) = session { session } else { Map::new() }
}

fn detection() -> Value {
    json!({
        "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500,
        "create_response": true, "interrupt_response": true,
    })
}

fn format() -> Value {
    json!({ "type": "audio/pcm", "rate": 24_000 })
}

fn first(model: &str) -> Value {
    let input =
        json!({ "format": format(), "transcription": null, "noise_reduction": null, "turn_detection": detection() });
    json!({
        "type": "realtime", "object": "realtime.session", "id": new_id("sess"), "model": model, "output_modalities": ["audio"],
        "instructions": "", "tools": [], "tool_choice": "auto", "max_output_tokens": "inf", "tracing": null,
        "audio": { "input": input, "output": { "format": format(), "voice": "alloy", "speed": 1.0 } },
    })
}

/// Nothing responds in a session that only transcribes.
fn transcription() -> Value {
    let detection =
        json!({ "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500 });
    let input =
        json!({ "format": format(), "transcription": null, "noise_reduction": null, "turn_detection": detection });
    json!({
        "type": "transcription", "object": "realtime.transcription_session", "id": new_id("sess"), "include": null,
        "audio": { "input": input },
    })
}

fn preview(model: &str) -> Value {
    json!({
        "id": new_id("sess"), "object": "realtime.session", "model": model, "modalities": ["text", "audio"],
        "instructions": "", "voice": "alloy", "input_audio_format": "pcm16", "output_audio_format": "pcm16",
        "input_audio_transcription": null, "turn_detection": detection(), "tools": [], "tool_choice": "auto",
        "temperature": 0.8, "max_response_output_tokens": "inf",
    })
}

/// The voice is an object, and the session has a sampling rate.
fn voice_live(model: &str) -> Value {
    let mut session = preview(model);
    session["voice"] = json!({ "type": "openai", "name": "alloy" });
    session["input_audio_sampling_rate"] = json!(24_000);
    session
}

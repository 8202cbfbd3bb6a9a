//! Audio for the examples of recognition.

use std::time::Duration;

use reqwest::Method;
use speech_endpoint::connect::Connector;
use speech_endpoint::{Query, Service};

use super::{Setting, Stop};

/// Returns the WAV file of the first argument, or synthesises a sentence.
pub(crate) async fn given_or_spoken(setting: &Setting, connector: &Connector) -> Result<Vec<u8>, Stop> {
    if let Some(file) = setting.arguments.first() {
        return Ok(std::fs::read(file).map_err(|error| format!("`{file}` cannot be read: {error}"))?);
    }
    let response = connector
        .send(Service::TextToSpeech, Method::POST, &Query::default(), |request| {
            request.header("content-type", "application/ssml+xml").header(FORMAT.0, FORMAT.1).body(ssml(SENTENCE))
        })
        .await?;
    Ok(response.bytes().await?.to_vec())
}

/// Returns a text as SSML.
pub(crate) fn ssml(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    format!("<speak version='1.0' xml:lang='en-US'><voice name='en-US-AvaMultilingualNeural'>{text}</voice></speak>")
}

/// Returns the duration of a number of bytes of audio.
pub(crate) fn lasts(bytes: usize) -> Duration {
    Duration::from_secs(1).mul_f64(bytes as f64 / PER_SECOND as f64)
}

/// The sentence of the examples if none is given.
pub(crate) const SENTENCE: &str = "Hello, world.";

/// The header for a WAV file of 16-bit mono samples at 16 kHz.
pub(crate) const FORMAT: (&str, &str) = ("x-microsoft-outputformat", "riff-16khz-16bit-mono-pcm");

/// The bytes of one second in this format.
pub(crate) const PER_SECOND: usize = 32_000;

//! Audio for examples that listen.

use std::time::Duration;

use reqwest::Method;
use speech_endpoint::connect::Connector;
use speech_endpoint::{Query, Service};

use super::{Setting, Stop};

/// The WAV file that is the first argument, or a sentence that is spoken first.
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

/// A text as the service takes it.
pub(crate) fn ssml(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    format!("<speak version='1.0' xml:lang='en-US'><voice name='en-US-AvaMultilingualNeural'>{text}</voice></speak>")
}

/// How long a file lasts.
pub(crate) fn lasts(bytes: usize) -> Duration {
    Duration::from_secs(1).mul_f64(bytes as f64 / PER_SECOND as f64)
}

/// What is said when nobody says anything else.
pub(crate) const SENTENCE: &str = "Hello, world.";

/// 16 bit of one channel, sixteen thousand times a second, behind the header of a WAV file.
pub(crate) const FORMAT: (&str, &str) = ("x-microsoft-outputformat", "riff-16khz-16bit-mono-pcm");

/// Bytes of that in a second.
pub(crate) const PER_SECOND: usize = 32_000;

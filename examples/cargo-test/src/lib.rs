//! The application under test: it speaks and listens over REST.

use reqwest::Method;
use serde_json::Value;
use speech_endpoint::connect::Connector;
use speech_endpoint::{Query, Service};

/// An error of the application.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Returns a WAV file that says a text.
///
/// # Errors
///
/// Returns the error of the connector.
pub async fn say(connector: &Connector, text: &str) -> Result<Vec<u8>, Error> {
    let ssml = format!(
        "<speak version='1.0' xml:lang='en-US'><voice name='en-US-AvaMultilingualNeural'>{text}</voice></speak>"
    );
    let response = connector
        .send(Service::TextToSpeech, Method::POST, &Query::default(), |request| {
            request
                .header("content-type", "application/ssml+xml")
                .header("x-microsoft-outputformat", "riff-16khz-16bit-mono-pcm")
                .body(ssml.clone())
        })
        .await?;
    Ok(response.bytes().await?.to_vec())
}

/// Returns the text that a WAV file says.
///
/// # Errors
///
/// Returns the error of the connector, or of a response that is not JSON.
pub async fn hear(connector: &Connector, wav: &[u8]) -> Result<String, Error> {
    let query = Query::default().with_language("en-US")?;
    let response = connector
        .send(Service::ShortAudio, Method::POST, &query, |request| {
            request.header("content-type", "audio/wav; codecs=audio/pcm; samplerate=16000").body(wav.to_vec())
        })
        .await?;
    let result: Value = serde_json::from_str(&response.text().await?)?;
    Ok(result["DisplayText"].as_str().unwrap_or_default().to_owned())
}

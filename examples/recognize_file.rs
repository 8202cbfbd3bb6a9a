//! Recognises a WAV file of up to one minute over REST.
//!
//! ```text
//! cargo run --example recognize_file
//! SPEECH_KEY=… cargo run --example recognize_file -- --region westeurope morning.wav
//! ```
//!
//! Without a file the example synthesises a sentence first. The lab recognises what it
//! synthesised, and no other voice.

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use reqwest::Method;
use serde_json::Value;
use speech_endpoint::connect::Connector;
use speech_endpoint::{Query, Service};

mod support;

use support::{Setting, Stop, audio};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Stop> {
    let setting = Setting::of_command_line("healthy-rest-services").await?;
    let builder = Connector::builder(setting.account.clone(), setting.source()?);
    let connector = setting.lead(builder).build()?;
    let audio = audio::given_or_spoken(&setting, &connector).await?;

    let query = Query::default().with_language("en-US")?;
    let response = connector
        .send(Service::ShortAudio, Method::POST, &query, |request| {
            request.header("content-type", "audio/wav; codecs=audio/pcm; samplerate=16000").body(audio.clone())
        })
        .await?;
    let result: Value = serde_json::from_str(&response.text().await?)?;

    println!("status  {}", result["RecognitionStatus"].as_str().unwrap_or("none"));
    println!("text    {}", result["DisplayText"].as_str().unwrap_or_default());
    Ok(())
}

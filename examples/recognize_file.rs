//! Speech to text over REST: a WAV file of up to a minute.
//!
//! ```text
//! cargo run --example recognize_file
//! SPEECH_KEY=… cargo run --example recognize_file -- --region westeurope morning.wav
//! ```
//!
//! Without a file a sentence is spoken first. The lab does not hear: it reads the comment of a file that it spoke.

#![allow(clippy::print_stdout, reason = "an example talks to a person")]

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
    let connector = setting.lead(builder)?.build()?;
    let audio = audio::given_or_spoken(&setting, &connector).await?;

    let query = Query::default().with_language("en-US")?;
    let response = connector
        .send(Service::ShortAudio, Method::POST, &query, |request| {
            request.header("content-type", "audio/wav; codecs=audio/pcm; samplerate=16000").body(audio.clone())
        })
        .await?;
    let answer: Value = serde_json::from_str(&response.text().await?)?;

    println!("status  {}", answer["RecognitionStatus"].as_str().unwrap_or("none"));
    println!("text    {}", answer["DisplayText"].as_str().unwrap_or_default());
    Ok(())
}

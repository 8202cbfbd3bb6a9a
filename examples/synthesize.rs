//! Synthesises text over REST and writes the audio to a WAV file as it arrives.
//!
//! ```text
//! cargo run --example synthesize
//! SPEECH_KEY=… cargo run --example synthesize -- --region westeurope "Good morning." morning.wav
//! ```
//!
//! The lab's voice is a series of tones, which its recognition understands.

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use reqwest::Method;
use speech_endpoint::connect::Connector;
use speech_endpoint::{Query, Service};
use tokio::time::Instant;

mod support;

use support::audio::{FORMAT, SENTENCE, lasts, ssml};
use support::{Setting, Stop};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Stop> {
    let setting = Setting::of_command_line("healthy-rest-services").await?;
    let text = setting.arguments.first().map_or(SENTENCE, String::as_str);
    let path = setting.arguments.get(1).map_or_else(|| std::env::temp_dir().join("speech-endpoint.wav"), PathBuf::from);

    let builder = Connector::builder(setting.account.clone(), setting.source()?);
    let connector = setting.lead(builder).build()?;

    let begun = Instant::now();
    let mut response = connector
        .send(Service::TextToSpeech, Method::POST, &Query::default(), |request| {
            request.header("content-type", "application/ssml+xml").header(FORMAT.0, FORMAT.1).body(ssml(text))
        })
        .await?;

    let mut file = File::create(&path).map_err(|error| format!("`{}` cannot be written: {error}", path.display()))?;
    let mut bytes = 0;
    while let Some(piece) = response.chunk().await? {
        if bytes == 0 {
            println!("first audio after {} ms", begun.elapsed().as_millis());
        }
        bytes += piece.len();
        file.write_all(&piece)?;
    }
    println!("{:.1} s of audio in {}", lasts(bytes).as_secs_f64(), path.display());
    Ok(())
}

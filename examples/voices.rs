//! Lists the voices of a region, or those of one language.
//!
//! ```text
//! cargo run --example voices
//! SPEECH_KEY=… cargo run --example voices -- --region westeurope de-DE
//! ```

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use reqwest::Method;
use serde_json::Value;
use speech_endpoint::connect::Connector;
use speech_endpoint::{Query, Service};

mod support;

use support::{Setting, Stop};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Stop> {
    let setting = Setting::of_command_line("healthy-rest-services").await?;
    let builder = Connector::builder(setting.account.clone(), setting.source()?);
    let connector = setting.lead(builder).build()?;

    let response = connector.send(Service::Voices, Method::GET, &Query::default(), |request| request).await?;
    let voices: Vec<Value> = serde_json::from_str(&response.text().await?)?;

    let wanted = setting.arguments.first().map_or("", String::as_str);
    println!("{:<40} {:<8} kind", "name", "language");
    for voice in &voices {
        let field = |name: &str| voice[name].as_str().unwrap_or_default();
        if field("Locale").starts_with(wanted) {
            println!("{:<40} {:<8} {}", field("ShortName"), field("Locale"), field("VoiceType"));
        }
    }
    Ok(())
}

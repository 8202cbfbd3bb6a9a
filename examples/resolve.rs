//! Prints the URL and the header for one service of one resource.
//!
//! ```text
//! cargo run --example resolve -- https://contoso.cognitiveservices.azure.com/ speech-to-text
//! SPEECH_KEY=… cargo run --example resolve -- https://westeurope.api.cognitive.microsoft.com/ voices
//! ```

#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "an example prints its results")]

use std::error::Error;

use speech_endpoint::{Account, Credential, Service};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let endpoint = arguments.next().unwrap_or_else(|| "https://westeurope.api.cognitive.microsoft.com/".to_owned());
    let service: Service = arguments.next().as_deref().unwrap_or("speech-to-text").parse()?;

    let read = Account::from_endpoint(&endpoint)?;
    for note in &read.notes {
        println!("note     {note}");
    }
    let endpoint = read.value.endpoint(service)?;
    println!("method   {}", service.method());
    println!("url      {endpoint}");
    for form in endpoint.accepts().iter() {
        println!("accepts  {}", form.title());
    }
    for note in endpoint.notes() {
        println!("note     {note}");
    }
    if let Ok(key) = std::env::var("SPEECH_KEY") {
        // The header's value is a secret: send it, never print it.
        println!("header   {}", Credential::key(key)?.header(&endpoint)?.name);
    }
    Ok(())
}

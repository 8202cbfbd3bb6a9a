//! Defines a custom cloud by its suffixes; everything else works as in any cloud.
//!
//! ```text
//! cargo run --example custom_cloud
//! ```

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use std::error::Error;

use speech_endpoint::{Access, Account, Cloud, Service, Suffixes, may_receive};

fn main() -> Result<(), Box<dyn Error>> {
    let suffixes =
        Suffixes::new("speech.cloud.example", "api.cognitive.cloud.example", "cognitiveservices.cloud.example")?
            .with_authority("login.cloud.example")?
            .with_token_scope("https://cognitiveservices.cloud.example/.default");
    let cloud = Cloud::from(suffixes);

    let regional = Account::regional_in("north1".parse()?, cloud.clone())?;
    let private = Account::custom_domain("contoso".parse()?).with_cloud(cloud)?.with_access(Access::private_endpoint());
    for account in [&regional, &private] {
        for service in [Service::SpeechToText, Service::Voices, Service::SpeechToTextRest] {
            println!("{}", account.endpoint(service)?);
        }
    }
    println!("private zone  {}", private.cloud().suffixes().private_zone());

    // A credential of this cloud is never sent to another one.
    let elsewhere = "https://contoso.cognitiveservices.azure.com/".parse()?;
    println!("elsewhere     {}", may_receive(&private, &elsewhere).expect_err("a host of another cloud"));
    Ok(())
}

// cargo add speech-endpoint --no-default-features
use speech_endpoint::{Access, Account, Credential, Service};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let account = Account::custom_domain("contoso".parse()?)
        .with_region("westeurope".parse()?)?
        .with_access(Access::private_endpoint());
    let endpoint = account.endpoint(Service::SpeechToText)?;
    println!("{} {}", endpoint.service().method(), endpoint.url());

    let key = std::env::var("SPEECH_KEY").map_err(|_| "SPEECH_KEY is not set")?;
    let header = Credential::key(key)?.header(&endpoint)?;
    println!("{}", header.name); // its value, which is not to be shown, is header.value.expose()
    Ok(())
}

// cargo add speech-endpoint --no-default-features
use speech_endpoint::{Account, Credential, Service};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let account = Account::regional("usgovvirginia".parse()?)?;
    let endpoint = account.endpoint(Service::Voices)?;
    println!("{} {}", endpoint.service().method(), endpoint.url());

    let key = std::env::var("SPEECH_KEY").map_err(|_| "SPEECH_KEY is not set")?;
    let header = Credential::key(key)?.header(&endpoint)?;
    println!("{}", header.name); // its value, which is not to be shown, is header.value.expose()
    Ok(())
}

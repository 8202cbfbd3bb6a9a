//! Lists voices with `ureq`: the library states the URL and the header, and explains what goes wrong. It opens no socket.
//!
//! ```text
//! SPEECH_KEY=… cargo run -p another-client -- https://contoso.cognitiveservices.azure.com/
//! ```

use std::error::Error;

use speech_endpoint::{explain, Account, Credential, Service};
use ureq::Agent;

#[cfg(test)]
mod tests;

/// Returns the voices of a resource as JSON.
fn voices(agent: &Agent, account: &Account, key: &str) -> Result<String, Box<dyn Error>> {
    let endpoint = account.endpoint(Service::Voices)?;
    // The form of the header depends on the endpoint. `header` refuses a credential that the endpoint does not accept.
    let header = Credential::key(key)?.header(&endpoint)?;
    let mut response = agent
        .get(endpoint.url())
        .header(header.name, header.value.expose())
        // A redirect must not lead the key to another host.
        .config()
        .max_redirects(0)
        .http_status_as_error(false)
        .build()
        .call()?;
    let body = response.body_mut().read_to_string()?;
    match response.status().as_u16() {
        200 => Ok(body),
        status => Err(explained(&format!("{} answered with {status}: {body}", endpoint.url())).into()),
    }
}

/// Adds what an error text means, the most likely causes first.
fn explained(text: &str) -> String {
    let causes = explain(text).causes;
    let causes: Vec<String> = causes.iter().take(3).map(|cause| format!("{}: {}", cause.id, cause.reason)).collect();
    if causes.is_empty() {
        return text.to_owned();
    }
    format!("{text}\nlikely causes:\n  {}", causes.join("\n  "))
}

fn main() -> Result<(), Box<dyn Error>> {
    let endpoint = std::env::args().nth(1).ok_or("expected the endpoint of a resource")?;
    let account = Account::from_endpoint(&endpoint)?.value;
    match voices(&Agent::new_with_defaults(), &account, &std::env::var("SPEECH_KEY")?) {
        Ok(voices) => println!("{voices}"),
        Err(error) => eprintln!("{}", explained(&error.to_string())),
    }
    Ok(())
}

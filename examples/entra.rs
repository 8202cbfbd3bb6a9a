//! Uses Microsoft Entra instead of keys, with any credential of `azure_identity`. The token is fetched once, reused, and renewed
//! before it expires.
//!
//! ```text
//! cargo run --example entra
//! cargo run --example entra -- --endpoint https://contoso.cognitiveservices.azure.com/
//! cargo run --example entra -- --region westeurope /subscriptions/…/accounts/contoso
//! ```
//!
//! In Azure it uses the identity that is signed in with `az` or `azd`; in the lab, the one application that its authority knows.

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, Transport};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions, DeveloperToolsCredential};
use speech_endpoint::connect::{Connector, TokenSource};
use speech_endpoint::net::ProxySettings;
use speech_endpoint::net::RestClient;
use speech_endpoint::net::TlsClient;
use speech_endpoint::{Query, Service};
use speech_endpoint_lab::Lab;

mod support;

use support::{Setting, Stop};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Stop> {
    let setting = Setting::of_command_line("healthy-entra-private-endpoint").await?;
    let credential: Arc<dyn TokenCredential> = match &setting.lab {
        None => DeveloperToolsCredential::new(None)?,
        Some(lab) => application(lab)?,
    };

    let mut source = TokenSource::entra(credential);
    if let Some(id) = setting.arguments.first() {
        // Regional hosts are shared between resources, so the token must name the resource.
        source = source.with_resource_id(id.parse()?);
    }
    let builder = Connector::builder(setting.account.clone(), source.clone());
    let connector = setting.lead(builder).build()?;

    for service in [Service::SpeechToText, Service::TextToSpeechWebSocket] {
        let opened = connector.websocket(service, &Query::default()).await?;
        println!("{:<25} {}", service.id(), opened.connection_id);
    }
    for token in source.state().tokens {
        let minutes = |time: Option<Duration>| time.unwrap_or_default().as_secs() / 60;
        let (expires, renews) = (minutes(token.expires_in), minutes(token.renews_in));
        println!("tokens fetched: {}; expires in {expires} min, renewal in {renews} min", token.fetched);
    }
    Ok(())
}

/// Returns the credential of the lab's application, which signs in over the lab's network.
fn application(lab: &Lab) -> Result<Arc<dyn TokenCredential>, Stop> {
    let tls = TlsClient::new(&support::trust(std::slice::from_ref(lab))).map_err(|failure| failure.text)?;
    let client = RestClient::new(lab.network(), &tls, &ProxySettings::default(), LIMIT);
    let client = client.map_err(|failure| failure.text)?;
    let client_options =
        ClientOptions { transport: Some(Transport::new(Arc::new(client))), ..ClientOptions::default() };
    let [tenant, id, secret] = Lab::sign_in_variables().map(|(_, value)| value);
    let options = ClientSecretCredentialOptions { client_options };
    Ok(ClientSecretCredential::new(tenant, id.into(), secret.into(), Some(options))?)
}

/// The time limit for a lookup or a connection.
const LIMIT: Duration = Duration::from_secs(5);

//! The custom cloud in the lab: a world states its suffixes.

use std::collections::HashMap;
use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use azure_core::credentials::TokenCredential;
use rustls::crypto::aws_lc_rs;
use speech_endpoint::net::Network as _;
use speech_endpoint::third_party::reqwest::Method;
use speech_endpoint::{Query, Service};
use speech_endpoint_lab::{Lab, World};

use super::{Table, TokenFile, account, connector, tls};

const WORLD: &str = r#"
title = "A private endpoint in a custom cloud"

[resource]
custom-domain = "contoso"
network = "private-endpoint"

[resource.custom-cloud]
realtime = "speech.cloud.example"
rest = "api.cognitive.cloud.example"
custom-domain = "cognitiveservices.cloud.example"
authority = "login.cloud.example"
token-scope = "https://cognitiveservices.cloud.example/.default"

[credential]
kind = "entra"

[expect]
findings = []
verdict = "healthy"
"#;

const HOST: &str = "contoso.cognitiveservices.cloud.example";

#[tokio::test]
async fn the_application_connects_to_its_cloud() -> Result<(), Box<dyn Error>> {
    let lab = Lab::start(World::parse(WORLD)?, SystemTime::now()).await?;
    let file = std::env::temp_dir().join(format!("custom-cloud-{}.token", std::process::id()));
    std::fs::write(&file, lab.entra_token().expose())?;
    let names = HashMap::from([(HOST.to_owned(), vec![IpAddr::from([10, 1, 0, 4])])]);
    let table = Table { names, network: lab.network() };
    let tokens: Arc<dyn TokenCredential> = Arc::new(TokenFile(file.clone()));
    let connector = connector(account("contoso")?, tokens, table, lab.system_roots())?;
    let opened = connector.websocket(Service::SpeechToText, &Query::default()).await?;
    assert_eq!(opened.account_name(), "contoso");
    let voices = connector.send(Service::Voices, Method::GET, &Query::default(), |request| request).await?;
    assert_eq!(voices.status(), 200);
    std::fs::remove_file(file)?;
    let requests = lab.requests();
    assert!(requests.iter().all(|request| request.host == HOST), "{requests:?}");
    Ok(())
}

#[tokio::test]
async fn a_name_outside_the_table_does_not_resolve() -> Result<(), Box<dyn Error>> {
    let lab = Lab::start(World::parse(WORLD)?, SystemTime::now()).await?;
    let table = Table { names: HashMap::new(), network: lab.network() };
    let failure = table.addresses(HOST, super::Duration::from_secs(1)).await.expect_err("the table is empty");
    assert!(failure.text.contains("is not in the table"), "{failure:?}");
    let tokens: Arc<dyn TokenCredential> = Arc::new(TokenFile("unused".into()));
    let connector = connector(account("contoso")?, tokens, table, lab.system_roots())?;
    assert!(connector.websocket(Service::SpeechToText, &Query::default()).await.is_err());
    Ok(())
}

#[test]
fn the_cryptography_is_that_of_aws_lc_rs() -> Result<(), Box<dyn Error>> {
    let config = tls(rustls::RootCertStore::empty())?;
    let expected = aws_lc_rs::default_provider();
    let suites = |provider: &rustls::crypto::CryptoProvider| format!("{:?}", provider.cipher_suites);
    assert_eq!(suites(config.crypto_provider()), suites(&expected));
    assert_eq!(config.fips(), expected.fips());
    Ok(())
}

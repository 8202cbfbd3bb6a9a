//! The client against the lab, through its forward proxy: the way for clients that do not connect through the library.

use std::error::Error;
use std::net::SocketAddr;
use std::time::SystemTime;

use speech_endpoint::Account;
use speech_endpoint_lab::{Lab, World};
use ureq::tls::{parse_pem, PemItem, RootCerts, TlsConfig};
use ureq::{Agent, Proxy};

use super::voices;

/// Returns an agent that reaches the hosts of a world.
fn agent(proxy: SocketAddr, roots: &str) -> Result<Agent, Box<dyn Error>> {
    let certificates = parse_pem(roots.as_bytes()).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    let tls = TlsConfig::builder().root_certs(RootCerts::from(certificates.collect::<Vec<_>>())).build();
    let proxy = Proxy::new(&format!("http://{proxy}"))?;
    Ok(Agent::config_builder().proxy(Some(proxy)).tls_config(tls).build().new_agent())
}

/// Lists the voices of a world with a key.
async fn listed(world: &str, key: Option<&str>) -> Result<String, String> {
    let world = World::named(world).ok_or("no such world")?;
    let mut lab = Lab::start(world, SystemTime::now()).await.map_err(|error| error.to_string())?;
    let proxy = lab.open_forward_proxy(0).await.map_err(|error| error.to_string())?;
    let account: Account = lab.account().map_err(ToString::to_string)?.clone();
    let key = key.map_or_else(|| lab.key().expose().to_owned(), str::to_owned);
    let roots = lab.trusted_pem();
    let listing = move || voices(&agent(proxy, &roots)?, &account, &key);
    // A blocking client must not block the thread that runs the lab.
    let listed = tokio::task::spawn_blocking(move || listing().map_err(|error| error.to_string())).await;
    listed.map_err(|error| error.to_string())?
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_voices_of_a_private_endpoint_are_listed() {
    let voices = listed("healthy-private-endpoint", None).await.expect("a list");
    assert!(voices.contains("en-US-AvaMultilingualNeural"), "{voices:.200}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_key_is_explained() {
    let error = listed("healthy-private-endpoint", Some(&"1a2b3c4d5e6f".repeat(7))).await.expect_err("a wrong key");
    assert!(error.contains("answered with 401") && error.contains("AUTH01: "), "{error}");
    assert!(!error.contains("1a2b3c4d5e6f"), "{error}");
}

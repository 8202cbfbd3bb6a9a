//! Depending on the library changes nothing for the rest of an application: its own TLS and its own client still work, and
//! the library uses the cryptography that is there.

use rustls::{ClientConfig, RootCertStore};

fn main() {
    // Both panic if a dependency enables a second provider, or takes the provider away.
    let config = ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    assert!(!config.crypto_provider().cipher_suites.is_empty());
    drop(reqwest::Client::new());
    ours();
    println!("ok");
}

#[cfg(feature = "connect")]
fn ours() {
    use speech_endpoint::Account;
    use speech_endpoint::connect::{Connector, TokenSource};

    let account = Account::custom_domain("contoso".parse().expect("a custom domain"));
    Connector::new(account, TokenSource::none()).expect("it uses the cryptography of the application");
}

#[cfg(not(feature = "connect"))]
fn ours() {}

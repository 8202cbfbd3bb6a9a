//! A private endpoint in a custom cloud: Microsoft Entra tokens, names from a table, and the cryptography of `aws-lc-rs`.
//!
//! ```text
//! cargo run -p custom-cloud -- contoso 10.1.0.4 /var/run/tokens/speech roots.pem
//! ```

use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::{Error as AzureError, ErrorKind};
use azure_core::time::{Duration as Span, OffsetDateTime};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use speech_endpoint::connect::{Connector, TokenSource};
use speech_endpoint::evidence::{Failure, FailureKind, Lookup};
use speech_endpoint::net::{Network, SystemNetwork};
use speech_endpoint::{Access, Account, Cloud, Query, Service, Suffixes};
use tokio::net::TcpStream;

#[cfg(test)]
mod tests;

/// Returns a resource with a private endpoint in the custom cloud. A credential of it is sent to no host of another cloud.
fn account(name: &str) -> Result<Account, Box<dyn Error>> {
    let suffixes =
        Suffixes::new("speech.cloud.example", "api.cognitive.cloud.example", "cognitiveservices.cloud.example")?
            .with_authority("login.cloud.example")?
            .with_token_scope("https://cognitiveservices.cloud.example/.default");
    let account = Account::custom_domain(name.parse()?).with_cloud(Cloud::from(suffixes))?;
    Ok(account.with_access(Access::private_endpoint()))
}

/// A network that takes names from a table. Its connections are those of another network.
struct Table<N> {
    names: HashMap<String, Vec<IpAddr>>,
    network: N,
}

impl<N: Network> Network for Table<N> {
    async fn lookup(&self, host: &str, _limit: Duration) -> Lookup {
        match self.names.get(host) {
            Some(addresses) => Lookup::addresses(addresses.iter().copied()),
            None => Lookup::failed(Failure::new(FailureKind::NoSuchName, format!("`{host}` is not in the table"))),
        }
    }

    async fn connect(&self, peer: SocketAddr) -> io::Result<TcpStream> {
        self.network.connect(peer).await
    }
}

/// Returns a TLS configuration that uses `aws-lc-rs`. With the feature `fips` of rustls, `fips()` of it is true.
fn tls(roots: RootCertStore) -> Result<Arc<ClientConfig>, rustls::Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    Ok(Arc::new(config.with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth()))
}

/// Reads tokens that a sidecar keeps fresh. `azure_identity` has credentials for managed identities, secrets and the CLI.
#[derive(Debug)]
struct TokenFile(PathBuf);

#[async_trait::async_trait]
impl TokenCredential for TokenFile {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let token = std::fs::read_to_string(&self.0).map_err(|error| AzureError::new(ErrorKind::Credential, error))?;
        Ok(AccessToken::new(token.trim().to_owned(), OffsetDateTime::now_utc() + Span::minutes(5)))
    }
}

/// Returns a connector from the parts of this application.
fn connector(
    account: Account,
    credential: Arc<dyn TokenCredential>,
    network: impl Network + 'static,
    roots: RootCertStore,
) -> Result<Connector, Box<dyn Error>> {
    let builder = Connector::builder(account, TokenSource::entra(credential));
    Ok(builder.network(network).tls_config(tls(roots)?).build()?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next =
        || arguments.next().ok_or("expected a custom domain, an address, a file of tokens and a file of roots");
    let (account, address, tokens, file) = (account(&next()?)?, next()?.parse()?, next()?, next()?);
    let host = account.endpoint(Service::Voices)?.host().to_owned();
    let network = Table { names: HashMap::from([(host, vec![address])]), network: SystemNetwork::new(&[]) };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file)? {
        roots.add(certificate?)?;
    }
    let connector = connector(account, Arc::new(TokenFile(tokens.into())), network, roots)?;
    let opened = connector.websocket(Service::SpeechToText, &Query::default()).await?;
    println!("open at {}, X-ConnectionId {}", opened.account_name(), opened.connection_id);
    Ok(())
}

//! The sources of tokens, each with its own variables and time limit.

use std::fs::File;
use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientMethodOptions, ClientOptions, RetryOptions, Transport};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzureDeveloperCliCredential, AzureDeveloperCliCredentialOptions,
    ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
};
use speech_endpoint::emulation::Decision;
use speech_endpoint::net::{Network, SystemNetwork};
use speech_endpoint::net::{ProxySettings, Trust};
use speech_endpoint::{Credential, Secret};
use url::{Host, Url};

use super::program::Programs;
use super::{End, Issuer, Way, client, words};
use crate::args::EntraSource;
use crate::machine::variable;

/// A source of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    ClientSecret,
    Workload,
    ManagedIdentity,
    Cli,
    Azd,
}

/// The reason why a source cannot provide a token.
type Without = End;

impl Source {
    /// Returns the sources to try, in the order of Azure's identity libraries.
    pub(super) fn of(asked: EntraSource) -> &'static [Self] {
        match asked {
            EntraSource::Auto => &[Self::ClientSecret, Self::Workload, Self::ManagedIdentity, Self::Cli, Self::Azd],
            EntraSource::ClientSecret => &[Self::ClientSecret],
            EntraSource::Workload => &[Self::Workload],
            EntraSource::ManagedIdentity => &[Self::ManagedIdentity],
            EntraSource::Cli => &[Self::Cli],
            EntraSource::Azd => &[Self::Azd],
        }
    }

    /// Returns whether the source is a program, which signs in by itself.
    pub(super) fn is_program(self) -> bool {
        matches!(self, Self::Cli | Self::Azd)
    }

    /// Returns the name for messages, to follow "from".
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::ClientSecret => "a client secret",
            Self::Workload => "a workload identity",
            Self::ManagedIdentity => "a managed identity",
            Self::Cli => "the Azure CLI",
            Self::Azd => "the Azure Developer CLI",
        }
    }

    /// Returns the time limit of an attempt.
    pub(super) fn longest(self) -> Duration {
        match self {
            // The metadata service is on the same host or does not exist.
            Self::ManagedIdentity => Duration::from_secs(2),
            _ => super::LONGEST,
        }
    }

    /// Describes an attempt that timed out.
    pub(super) fn silence(self, way: &Way<'_>, limit: Duration) -> String {
        let silence = format!("no response within {:.1} s", limit.as_secs_f64());
        if self != Self::ManagedIdentity || variable(APP_SERVICE[0]).is_some() {
            return silence;
        }
        format!("{silence} from {METADATA}{}", diverted(way.proxies))
    }

    /// Requests a token.
    pub(super) async fn token(self, issuer: &Issuer, way: &Way<'_>, limit: Duration) -> End {
        let (credential, secrets) = match self.credential(issuer, way, limit).await {
            Ok(ready) => ready,
            Err(end) => return end,
        };
        match credential.get_token(&[&issuer.scope], None).await {
            Ok(token) => taken(token.token.secret(), token.expires_on.into()),
            Err(error) => self.failed(&error, way, &secrets),
        }
    }

    /// Returns the credential of the identity library, and the secrets that messages must not contain.
    async fn credential(
        self,
        issuer: &Issuer,
        way: &Way<'_>,
        limit: Duration,
    ) -> Result<(Arc<dyn TokenCredential>, Vec<Secret>), Without> {
        match self {
            Self::ClientSecret => client_secret(options(issuer, way.network.clone(), way.trust, way.proxies, limit)?),
            Self::Workload => workload(options(issuer, way.network.clone(), way.trust, way.proxies, limit)?).await,
            Self::ManagedIdentity => managed_identity(issuer, way, limit),
            Self::Cli => {
                let options = AzureCliCredentialOptions {
                    executor: Some(Arc::new(Programs)),
                    ..AzureCliCredentialOptions::default()
                };
                Ok((made(AzureCliCredential::new(Some(options)))?, Vec::new()))
            }
            Self::Azd => {
                let options = AzureDeveloperCliCredentialOptions {
                    executor: Some(Arc::new(Programs)),
                    ..AzureDeveloperCliCredentialOptions::default()
                };
                Ok((made(AzureDeveloperCliCredential::new(Some(options)))?, Vec::new()))
            }
        }
    }

    fn failed(self, error: &azure_core::Error, way: &Way<'_>, secrets: &[Secret]) -> End {
        let said = words::said(error, secrets);
        match self {
            Self::Cli if said.contains(NOT_FOUND) => End::Absent("`az` is not on the PATH".into()),
            Self::Azd if said.contains(NOT_FOUND) => End::Absent("`azd` is not on the PATH".into()),
            Self::ManagedIdentity if variable(APP_SERVICE[0]).is_none() => {
                End::Failed(format!("{said}{}", diverted(way.proxies)))
            }
            _ => End::Failed(said),
        }
    }
}

/// Checks the format of a token.
fn taken(token: &str, expires_at: std::time::SystemTime) -> End {
    match Credential::entra(token, None) {
        Ok(_) => End::Token { token: Secret::from(token.to_owned()), expires_at },
        Err(error) => End::Failed(format!("the token it returned is unusable: {error}")),
    }
}

fn client_secret(options: ClientOptions) -> Result<(Arc<dyn TokenCredential>, Vec<Secret>), Without> {
    let [tenant, id, secret] = all(["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"])?;
    let secrets = vec![Secret::from(secret.clone())];
    let options = ClientSecretCredentialOptions { client_options: options };
    Ok((made(ClientSecretCredential::new(&tenant, id, secret.into(), Some(options)))?, secrets))
}

async fn workload(options: ClientOptions) -> Result<(Arc<dyn TokenCredential>, Vec<Secret>), Without> {
    let [tenant, id, file] = all(["AZURE_TENANT_ID", "AZURE_CLIENT_ID", TOKEN_FILE])?;
    let assertion = read_beside(move || assertion(&file)).await.map_err(End::Failed)?;
    let secrets = vec![assertion.clone()];
    let options = ClientAssertionCredentialOptions { client_options: options };
    Ok((made(ClientAssertionCredential::new(tenant, id, Assertion(assertion), Some(options)))?, secrets))
}

/// Reads a file on a thread of its own, because it may be a pipe that nobody writes. A thread of the runtime panics where none
/// can be started.
async fn read_beside<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let started = std::thread::Builder::new().spawn(move || drop(sender.send(read())));
    started.map_err(|error| format!("no thread to read the file in `{TOKEN_FILE}`: {error}"))?;
    receiver.await.map_err(|error| error.to_string())?
}

/// Reads the assertion that the cluster wrote for this workload.
fn assertion(file: &str) -> Result<Secret, String> {
    let mut text = String::new();
    let read = File::open(file).and_then(|file| file.take(LARGEST_ASSERTION).read_to_string(&mut text));
    match read {
        Ok(_) if text.trim().is_empty() => Err(format!("the file in `{TOKEN_FILE}` is empty")),
        Ok(_) => Ok(Secret::from(text.trim().to_owned())),
        Err(error) => Err(format!("cannot read the file in `{TOKEN_FILE}`: {error}")),
    }
}

/// Connects directly, because a proxy would see the header and the token unencrypted.
fn managed_identity(
    issuer: &Issuer,
    way: &Way<'_>,
    limit: Duration,
) -> Result<(Arc<dyn TokenCredential>, Vec<Secret>), Without> {
    let mut secrets = Vec::new();
    match variable(APP_SERVICE[0]) {
        Some(endpoint) => {
            local(&endpoint)
                .ok_or_else(|| End::Failed(format!("`{}` is not an address of this machine", APP_SERVICE[0])))?;
            secrets.extend(variable(APP_SERVICE[1]).map(Secret::from));
        }
        None if way.is_lab => return Err(End::Absent(format!("{METADATA} does not exist in this network"))),
        None => {}
    }
    let direct = ProxySettings::new(Some("none"), &[]).unwrap_or_default();
    let options = ManagedIdentityCredentialOptions {
        user_assigned_id: variable("AZURE_CLIENT_ID").map(UserAssignedId::ClientId),
        client_options: options(issuer, SystemNetwork::new(&[]), way.trust, &direct, limit)?,
    };
    Ok((made(ManagedIdentityCredential::new(Some(options)))?, secrets))
}

/// Returns the address of an endpoint on this machine or its link; `None` for any other.
fn local(endpoint: &str) -> Option<SocketAddr> {
    let url = Url::parse(endpoint).ok()?;
    let ip = match url.host()? {
        Host::Domain("localhost") => IpAddr::V4(Ipv4Addr::LOCALHOST),
        Host::Ipv4(ip) if ip.is_loopback() || ip.is_link_local() => IpAddr::V4(ip),
        Host::Ipv6(ip) if ip.is_loopback() || ip.is_unicast_link_local() => IpAddr::V6(ip),
        _ => return None,
    };
    Some(SocketAddr::new(ip, url.port_or_known_default()?))
}

/// Returns a hint if applications would send requests for the metadata service through a proxy.
fn diverted(proxies: &ProxySettings) -> String {
    match proxies.decide(&METADATA.to_string(), false) {
        Decision::Via(proxy) if proxy.source != "--proxy" => {
            format!(
                "; `{}` makes applications send this request through a proxy: add {METADATA} to `NO_PROXY`",
                proxy.source
            )
        }
        _ => String::new(),
    }
}

/// Returns options with our transport, the account's cloud and no retries: a run must report the first failure.
fn options(
    issuer: &Issuer,
    network: impl Network + 'static,
    trust: &Trust,
    proxies: &ProxySettings,
    limit: Duration,
) -> Result<ClientOptions, Without> {
    let client = client(network, trust, proxies, limit).map_err(|failure| End::Failed(failure.text))?;
    Ok(ClientOptions {
        transport: Some(Transport::new(Arc::new(client))),
        retry: RetryOptions::none(),
        cloud: Some(issuer.cloud.clone()),
        ..ClientOptions::default()
    })
}

fn made<C: TokenCredential + 'static>(made: azure_core::Result<Arc<C>>) -> Result<Arc<dyn TokenCredential>, Without> {
    made.map(|credential| credential as Arc<dyn TokenCredential>).map_err(|error| End::Failed(words::said(&error, &[])))
}

/// Returns the values of variables, or names the missing ones.
fn all<const COUNT: usize>(names: [&str; COUNT]) -> Result<[String; COUNT], Without> {
    let values = names.map(variable);
    let missing: Vec<String> =
        names.iter().zip(&values).filter(|(_, value)| value.is_none()).map(|(name, _)| format!("`{name}`")).collect();
    match missing.len() {
        0 => Ok(values.map(Option::unwrap_or_default)),
        1 => Err(End::Absent(format!("{} is not set", missing[0]))),
        _ => Err(End::Absent(format!("{} are not set", missing.join(", ")))),
    }
}

/// An assertion that has already been read.
#[derive(Debug)]
struct Assertion(Secret);

#[async_trait::async_trait]
impl ClientAssertion for Assertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        Ok(self.0.expose().to_owned())
    }
}

/// The variables with the identity endpoint of App Service and Container Apps, and with its secret header.
const APP_SERVICE: [&str; 2] = ["IDENTITY_ENDPOINT", "IDENTITY_HEADER"];

const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";

/// The metadata service of virtual machines.
const METADATA: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);

/// Part of the identity library's message for a missing program.
const NOT_FOUND: &str = "not found on PATH";

/// The longest tokens have about ten thousand characters.
const LARGEST_ASSERTION: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_endpoint_must_be_on_this_machine() {
        for endpoint in [
            "http://127.0.0.1:41/msi/token",
            "http://localhost:42356/msi/token",
            "http://169.254.129.3:8081/",
            "http://[::1]/",
        ] {
            assert!(local(endpoint).is_some(), "{endpoint}");
        }
        for endpoint in
            ["http://10.0.0.4/msi/token", "https://collector.example/", "http://127.0.0.1.example/", "", "x"]
        {
            assert!(local(endpoint).is_none(), "{endpoint}");
        }
    }

    #[test]
    fn a_proxy_that_would_receive_metadata_requests_is_named() {
        let said = |variables: &[(&str, &str)]| {
            let variables: Vec<_> = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            diverted(&ProxySettings::new(None, &variables).unwrap())
        };
        let proxy = ("HTTP_PROXY", "http://proxy.example:3128");
        assert!(
            said(&[proxy]).contains("`HTTP_PROXY`") && said(&[proxy]).contains("add 169.254.169.254 to `NO_PROXY`")
        );
        assert_eq!(said(&[proxy, ("NO_PROXY", "169.254.169.254")]), "");
        assert_eq!(said(&[("HTTPS_PROXY", "http://proxy.example:3128")]), "");
    }
}

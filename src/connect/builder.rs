//! The builder of connectors.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use super::connector::{Connector, Inner, UsedServices};
use super::dial::{Clock, Dialer};
use super::discovery::RedirectCache;
use super::failover::Candidate;
use super::issuer::Issuer;
use super::prepared::Prepared;
use super::token::TokenSource;
use super::trace_log::TraceLog;
use super::transport::Transport;
use crate::diagnose::evidence::Failure;
use crate::diagnose::plan::{DEFAULT_TOTAL, Limits};
use crate::net::proxy::{ProxyError, ProxySettings};
use crate::net::tls::{TlsClient, Trust, TrustError};
use crate::net::{Network, RestClient, SharedNetwork, SystemNetwork};
use crate::resolve::account::{Account, Resource};
use crate::resolve::service::Service;

/// Builds a [`Connector`]. Network, root certificates and proxies default to those of this machine.
///
/// ```
/// use std::time::Duration;
///
/// use speech_endpoint::Account;
/// use speech_endpoint::connect::{Connector, Health, TokenSource};
///
/// // Calls use the first region, and the second one while the first fails.
/// let near = Account::regional("westeurope".parse()?)?;
/// let far = Account::regional("northeurope".parse()?)?;
/// let connector = Connector::builder(near, TokenSource::key("0123456789abcdef0123456789abcdef")?)
///     .fallback(far, TokenSource::key("fedcba9876543210fedcba9876543210")?)
///     .time_limit(Duration::from_secs(5))
///     .build()?;
/// assert!(connector.accounts().iter().all(|account| account.health == Health::Healthy));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct Builder {
    accounts: Vec<Named>,
    network: Option<SharedNetwork>,
    trust: Option<Trust>,
    config: Option<Arc<ClientConfig>>,
    proxies: Option<ProxySettings>,
    total: Duration,
}

/// An account of a builder.
#[derive(Debug)]
struct Named {
    name: Option<String>,
    account: Account,
    source: TokenSource,
}

/// A connector that cannot be built.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The environment names a proxy for a host of an account, and it cannot be used.
    #[error("cannot use the proxy settings of the environment")]
    Proxy(#[from] ProxyError),
    /// The root certificates cannot be used.
    #[error("cannot use the root certificates")]
    Trust(#[from] TrustError),
    /// The TLS configuration or the HTTP client cannot be created.
    #[error("cannot create the TLS or HTTP client")]
    Client(#[source] Failure),
}

impl BuildError {
    /// Returns the id of the error: `proxy`, `trust` or `client`. None of them is in the failure catalogue.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Proxy(_) => "proxy",
            Self::Trust(_) => "trust",
            Self::Client(_) => "client",
        }
    }
}

impl Connector {
    /// Creates a connector for one account, with the network, root certificates and proxies of this machine.
    ///
    /// # Errors
    ///
    /// [`BuildError`], if the proxy that the environment names for a host of the account cannot be used.
    pub fn new(account: Account, source: TokenSource) -> Result<Self, BuildError> {
        Self::builder(account, source).build()
    }

    /// Returns a builder for a connector with custom parts.
    pub fn builder(account: Account, source: TokenSource) -> Builder {
        Builder::new(account, source)
    }
}

impl Builder {
    fn new(account: Account, source: TokenSource) -> Self {
        Self {
            accounts: vec![Named { name: None, account, source }],
            network: None,
            trust: None,
            config: None,
            proxies: None,
            total: DEFAULT_TOTAL,
        }
    }

    /// Adds an account that calls fail over to when the accounts before it fail: another region, for example, or the public
    /// endpoint in addition to the private one.
    pub fn fallback(mut self, account: Account, source: TokenSource) -> Self {
        self.accounts.push(Named { name: None, account, source });
        self
    }

    /// Names the account that was added last, for log lines, metrics and spans. The default is the region, the custom domain
    /// or the host; a second account with the same one gets a number, as in `westeurope-2`.
    ///
    /// ```
    /// use speech_endpoint::Account;
    /// use speech_endpoint::connect::{Connector, TokenSource};
    ///
    /// let private = Account::custom_domain("contoso".parse()?);
    /// let public = Account::regional("westeurope".parse()?)?;
    /// let connector = Connector::builder(private, TokenSource::none())
    ///     .named("private")
    ///     .fallback(public, TokenSource::none())
    ///     .build()?;
    /// let names: Vec<String> = connector.accounts().into_iter().map(|account| account.name).collect();
    /// assert_eq!(names, ["private", "westeurope"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn named(mut self, name: impl Into<String>) -> Self {
        if let Some(last) = self.accounts.last_mut() {
            last.name = Some(name.into());
        }
        self
    }

    /// Resolves names and opens connections in another network: with a custom resolver, or in a lab.
    ///
    /// ```
    /// use speech_endpoint::Account;
    /// use speech_endpoint::connect::{Connector, TokenSource};
    /// use speech_endpoint::net::SystemNetwork;
    ///
    /// // Resolve names with the DNS of Azure instead of the machine's.
    /// let network = SystemNetwork::new(&["168.63.129.16:53".parse()?]);
    /// let account = Account::custom_domain("contoso".parse()?);
    /// let connector = Connector::builder(account, TokenSource::none()).network(network).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn network(mut self, network: impl Network + 'static) -> Self {
        self.network = Some(SharedNetwork::new(network));
        self
    }

    /// Verifies certificates with these root certificates instead of those of this machine.
    pub fn trust(mut self, trust: Trust) -> Self {
        self.trust = Some(trust);
        self
    }

    /// Uses a TLS configuration of the application, with its cryptography, root certificates and client certificates. Only
    /// its ALPN protocols are replaced.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use rustls::{ClientConfig, RootCertStore};
    /// use speech_endpoint::Account;
    /// use speech_endpoint::connect::{Connector, TokenSource};
    ///
    /// let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    /// let provider = Arc::new(rustls::crypto::ring::default_provider());
    /// let config = ClientConfig::builder_with_provider(provider)
    ///     .with_safe_default_protocol_versions()?
    ///     .with_root_certificates(roots)
    ///     .with_no_client_auth();
    /// let account = Account::custom_domain("contoso".parse()?);
    /// let connector = Connector::builder(account, TokenSource::none()).tls_config(Arc::new(config)).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn tls_config(mut self, config: Arc<ClientConfig>) -> Self {
        self.config = Some(config);
        self
    }

    /// Uses these proxy settings instead of those of the environment; [`ProxySettings::default`] uses no proxy.
    pub fn proxies(mut self, proxies: ProxySettings) -> Self {
        self.proxies = Some(proxies);
        self
    }

    /// Sets the time limit of a call, which all its attempts share. The default is 20 seconds.
    pub fn time_limit(mut self, total: Duration) -> Self {
        self.total = total;
        self
    }

    /// Builds the connector.
    ///
    /// # Errors
    ///
    /// [`BuildError`], if a host of an account must be reached through a proxy that cannot be used, such as a SOCKS proxy in
    /// `HTTPS_PROXY`, if the root certificates are invalid, or if no TLS or HTTP client can be created from the parts.
    pub fn build(self) -> Result<Connector, BuildError> {
        let network = self.network.unwrap_or_else(|| SharedNetwork::new(SystemNetwork::new(&[])));
        let proxies = self.proxies.map_or_else(ProxySettings::of_this_process, Ok)?;
        self.accounts.iter().try_for_each(|named| uses_no_unusable_proxy(&named.account, &proxies))?;
        let trust = self.trust.map_or_else(|| Trust::system(None), Ok)?;
        let tls = match &self.config {
            Some(config) => TlsClient::with_config(config),
            None => TlsClient::new(&trust).map_err(BuildError::Client)?,
        };
        let limits = Limits::of(self.total, 1, 1);
        let dialer = Dialer::new(network, tls, proxies);
        let transport = Arc::new(Transport { dialer, redirects: RedirectCache::default() });
        let opener = transport.clone();
        let client = RestClient::opened_by(move |url| {
            let transport = opener.clone();
            Box::pin(async move { transport.dialer.dial(&url, &mut TraceLog::new(), Clock::of(limits)).await })
        });
        let client = client.map_err(BuildError::Client)?;
        Ok(Connector(Arc::new(Inner {
            candidates: candidates(self.accounts),
            issuer: Arc::new(Issuer { transport: transport.clone(), limits }),
            transport,
            client,
            trust,
            prepared: Prepared::default(),
            limits,
            used: UsedServices::default(),
        })))
    }
}

/// Returns the accounts with their names.
fn candidates(accounts: Vec<Named>) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::with_capacity(accounts.len());
    for Named { name, account, source } in accounts {
        let name = name.unwrap_or_else(|| {
            let usual = usual_name(&account);
            let numbered = (2..).map(|number| format!("{usual}-{number}"));
            let is_free = |name: &String| candidates.iter().all(|known| *known.name != **name);
            std::iter::once(usual.clone()).chain(numbered).find(is_free).unwrap_or_default()
        });
        candidates.push(Candidate::new(name, account, source));
    }
    candidates
}

/// Returns the region of an account that is addressed by it, else its custom domain or its host.
fn usual_name(account: &Account) -> String {
    match account.resource() {
        Resource::Container(host) => host.authority().to_owned(),
        _ => account
            .domain()
            .map(ToString::to_string)
            .or_else(|| account.region().map(ToString::to_string))
            .unwrap_or_default(),
    }
}

/// Checks that no connection to the account silently avoids a proxy that the environment names for it.
fn uses_no_unusable_proxy(account: &Account, proxies: &ProxySettings) -> Result<(), ProxyError> {
    let endpoints = Service::in_use().filter_map(|service| account.endpoint(service).ok());
    let mut unusable = endpoints.filter_map(|endpoint| {
        let url = endpoint.to_url();
        proxies.unusable(url.host_str()?, matches!(url.scheme(), "https" | "wss")).cloned()
    });
    unusable.next().map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(account: Account, variables: &[(&str, &str)]) -> Result<Connector, BuildError> {
        let variables: Vec<_> = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let source = TokenSource::key("0123456789abcdef0123456789abcdef").unwrap();
        Connector::builder(account, source).proxies(ProxySettings::new(None, &variables).unwrap()).build()
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_an_error_only_for_a_host_that_it_applies_to() {
        let account = || Account::regional("westeurope".parse().unwrap()).unwrap();
        let socks = ("HTTPS_PROXY", "socks5://proxy.example:1080");
        let refused = build(account(), &[socks]).unwrap_err();
        assert_eq!(refused.id(), "proxy");
        assert!(build(account(), &[("HTTP_PROXY", socks.1)]).is_ok());
        assert!(build(account(), &[socks, ("NO_PROXY", "microsoft.com")]).is_ok());
        // The host of issued tokens differs from that of recognition.
        assert!(build(account(), &[socks, ("NO_PROXY", "stt.speech.microsoft.com")]).is_err());
    }
}

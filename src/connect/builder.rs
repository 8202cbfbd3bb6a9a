//! The parts of a connector.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use super::attempt::Core;
use super::dial::{Clock, Dialer};
use super::discovery::Directions;
use super::issuer::Issuer;
use super::log::Log;
use super::prepared::Prepared;
use super::token::TokenSource;
use super::turns::Seat;
use super::{Connector, Inner};
use crate::diagnose::evidence::Failure;
use crate::diagnose::plan::{DEFAULT_TOTAL, Limits};
use crate::net::proxy::{ProxyError, ProxySettings};
use crate::net::tls::{TlsClient, Trust, TrustError};
use crate::net::{Network, RestClient, SharedNetwork, SystemNetwork};
use crate::resolve::account::Account;

/// Chooses the parts of a connector; what is not chosen is this machine's.
///
/// ```
/// use std::time::Duration;
///
/// use speech_endpoint::Account;
/// use speech_endpoint::connect::{Connector, Health, TokenSource};
///
/// // Calls go to the first region, and to the second while the first fails.
/// let near = Account::regional("westeurope".parse()?)?;
/// let far = Account::regional("northeurope".parse()?)?;
/// let connector = Connector::builder(near, TokenSource::key("0123456789abcdef0123456789abcdef")?)
///     .or(far, TokenSource::key("fedcba9876543210fedcba9876543210")?)
///     .time_limit(Duration::from_secs(5))
///     .build()?;
/// assert!(connector.accounts().iter().all(|account| account.health == Health::Well));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct Builder {
    accounts: Vec<(Account, TokenSource)>,
    network: Option<SharedNetwork>,
    trust: Option<Trust>,
    config: Option<Arc<ClientConfig>>,
    proxies: Option<ProxySettings>,
    total: Duration,
}

/// A connector that cannot be made of its parts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The proxies of the environment.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// The roots.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// TLS, for want of cryptography or of a version; or the builder of requests.
    #[error("no connections can be made: {0}")]
    Client(Failure),
}

impl Builder {
    pub(super) fn new(account: Account, source: TokenSource) -> Self {
        Self {
            accounts: vec![(account, source)],
            network: None,
            trust: None,
            config: None,
            proxies: None,
            total: DEFAULT_TOTAL,
        }
    }

    /// A further account, which is used when those before it fail: another region, or the public way beside the private one.
    pub fn or(mut self, account: Account, source: TokenSource) -> Self {
        self.accounts.push((account, source));
        self
    }

    /// Names and connections by another network: an own resolver, a lab.
    ///
    /// ```
    /// use speech_endpoint::Account;
    /// use speech_endpoint::connect::{Connector, TokenSource};
    /// use speech_endpoint::net::SystemNetwork;
    ///
    /// // Names by the resolver of Azure instead of the machine's.
    /// let network = SystemNetwork::new(&["168.63.129.16:53".parse()?]);
    /// let account = Account::custom_domain("contoso".parse()?);
    /// let connector = Connector::builder(account, TokenSource::none()).network(network).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn network(mut self, network: impl Network + 'static) -> Self {
        self.network = Some(SharedNetwork::new(network));
        self
    }

    /// Certificates are judged by other roots.
    pub fn trust(mut self, trust: Trust) -> Self {
        self.trust = Some(trust);
        self
    }

    /// TLS by a configuration of the application: its cryptography, its roots, its client certificates. Only the protocols
    /// of ALPN are set.
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

    /// Other proxies than those of the environment; [`ProxySettings::default`] for none.
    pub fn proxies(mut self, proxies: ProxySettings) -> Self {
        self.proxies = Some(proxies);
        self
    }

    /// How long a call may take, all its tries together; 20 seconds when not given.
    pub fn time_limit(mut self, total: Duration) -> Self {
        self.total = total;
        self
    }

    /// The connector.
    ///
    /// # Errors
    ///
    /// [`BuildError`].
    pub fn build(self) -> Result<Connector, BuildError> {
        let network = self.network.unwrap_or_else(|| SharedNetwork::new(SystemNetwork::new(&[])));
        let proxies = self.proxies.map_or_else(ProxySettings::of_this_process, Ok)?;
        let trust = self.trust.map_or_else(|| Trust::system(None), Ok)?;
        let tls = match &self.config {
            Some(config) => TlsClient::with_config(config),
            None => TlsClient::new(&trust).map_err(BuildError::Client)?,
        };
        let limits = Limits::of(self.total, 1, 1);
        let dialer = Dialer::new(network, tls, proxies);
        let core = Arc::new(Core { dialer, directions: Directions::default() });
        let opener = core.clone();
        let client = RestClient::opened_by(move |url| {
            let core = opener.clone();
            Box::pin(async move { core.dialer.dial(&url, &mut Log::new(), Clock::of(limits)).await })
        });
        let client = client.map_err(BuildError::Client)?;
        Ok(Connector(Arc::new(Inner {
            seats: self.accounts.into_iter().map(|(account, source)| Seat::new(account, source)).collect(),
            issuer: Arc::new(Issuer { core: core.clone(), limits }),
            core,
            client,
            trust,
            prepared: Prepared::default(),
            limits,
        })))
    }
}

//! Context: everything besides the plan that a run depends on.

use std::time::SystemTime;

use crate::diagnose::evidence::{CredentialFacts, Remark};
use crate::net::Network;
use crate::net::proxy::ProxySettings;
use crate::net::tls::{TlsClient, Trust};
use crate::resolve::credential::Credential;

/// The network, the settings and the credentials of a run.
#[derive(Clone, Debug)]
pub struct Context<'a, N> {
    pub(super) network: &'a N,
    pub(super) trust: &'a Trust,
    pub(super) proxies: &'a ProxySettings,
    pub(super) credential: Option<&'a Credential>,
    pub(super) credential_facts: Option<CredentialFacts>,
    pub(super) second_key: Option<&'a Credential>,
    pub(super) second_key_facts: Option<CredentialFacts>,
    pub(super) remarks: Vec<Remark>,
    pub(super) family: Family,
    pub(super) now: SystemTime,
    /// Whether to query the instance metadata service of Azure.
    pub(super) asks_metadata: bool,
    /// The client of the connector that this run examines.
    pub(super) tls: Option<TlsClient>,
}

impl<'a, N: Network> Context<'a, N> {
    /// Returns a context without a credential, for both address families. `now` is the time by the clock of this
    /// machine.
    #[must_use]
    pub fn new(network: &'a N, trust: &'a Trust, proxies: &'a ProxySettings, now: SystemTime) -> Self {
        Self {
            network,
            trust,
            proxies,
            credential: None,
            credential_facts: None,
            second_key: None,
            second_key_facts: None,
            remarks: Vec::new(),
            family: Family::Any,
            now,
            asks_metadata: false,
            tls: None,
        }
    }

    /// Sets the credential, and the facts about it for the evidence. Facts without a credential describe an invalid
    /// one.
    ///
    /// Without a credential, a run checks everything up to the service's response to an unauthenticated request.
    #[must_use]
    pub fn with_credential(self, credential: Option<&'a Credential>, facts: Option<CredentialFacts>) -> Self {
        Self { credential, credential_facts: facts, ..self }
    }

    /// Sets the second key, and the facts about it for the evidence. A run sends the second key only to a host that
    /// rejects the first one.
    #[must_use]
    pub fn with_second_key(self, key: Option<&'a Credential>, facts: Option<CredentialFacts>) -> Self {
        Self { second_key: key, second_key_facts: facts, ..self }
    }

    /// Adds remarks on the configuration.
    #[must_use]
    pub fn with_remarks(mut self, remarks: impl IntoIterator<Item = Remark>) -> Self {
        self.remarks.extend(remarks);
        self
    }

    /// Returns the credential and the second key.
    pub(super) fn credentials(&self) -> impl Iterator<Item = &'a Credential> {
        self.credential.into_iter().chain(self.second_key)
    }

    /// Sets the family of addresses to connect to.
    #[must_use]
    pub fn with_family(self, family: Family) -> Self {
        Self { family, ..self }
    }

    /// Sets whether a run queries the instance metadata service of Azure (169.254.169.254), which shows whether this machine
    /// is a virtual machine there. The request never uses a proxy and waits one second at most.
    #[must_use]
    pub fn with_metadata(self, asks_metadata: bool) -> Self {
        Self { asks_metadata, ..self }
    }

    /// Sets the TLS client. By default, a run creates one from the trusted roots.
    #[cfg(feature = "connect")]
    pub(crate) fn with_tls(self, tls: TlsClient) -> Self {
        Self { tls: Some(tls), ..self }
    }
}

/// A family of addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Family {
    /// IPv4 and IPv6.
    #[default]
    Any,
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

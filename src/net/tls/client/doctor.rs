//! Variants of a client for the doctor, which send the same `ClientHello` as the connector.

use std::sync::Arc;
use std::time::SystemTime;

use rustls::client::Resumption;
use rustls::{ClientConfig, SupportedProtocolVersion};

use super::{TlsClient, other};
use crate::diagnose::evidence::Failure;
use crate::net::tls::Trust;
use crate::net::tls::verifier::Verifier;

impl TlsClient {
    /// Returns this client without sessions, with a verifier that records the chain instead of rejecting it.
    ///
    /// The doctor uses a new one for each handshake, so that it sends the same as the first connection of a connector.
    #[must_use]
    pub(crate) fn recording(&self, trust: &Trust, now: SystemTime) -> Self {
        let verifier = Arc::new(Verifier::recording(trust.clone(), self.config.crypto_provider().clone(), now));
        let mut config = (*self.config).clone();
        config.resumption = Resumption::default();
        config.dangerous().set_certificate_verifier(verifier.clone());
        Self { config: Arc::new(config), verifier: Some(verifier) }
    }

    /// Returns this client without sessions.
    #[must_use]
    pub(crate) fn with_new_sessions(&self) -> Self {
        let mut config = (*self.config).clone();
        config.resumption = Resumption::default();
        Self { config: Arc::new(config), verifier: self.verifier.clone() }
    }

    /// Returns this client for a single version of TLS.
    ///
    /// # Errors
    ///
    /// Returns a [`Failure`] if the provider does not support the version.
    pub(crate) fn with_version(&self, version: &'static SupportedProtocolVersion) -> Result<Self, Failure> {
        let verifier = self.verifier.clone().ok_or_else(|| other(&"the application verifies certificates itself"))?;
        let mut config = ClientConfig::builder_with_provider(self.config.crypto_provider().clone())
            .with_protocol_versions(&[version])
            .map_err(|error| other(&error))?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        config.client_auth_cert_resolver = self.config.client_auth_cert_resolver.clone();
        Ok(Self { config: Arc::new(config), verifier: self.verifier.clone() })
    }
}

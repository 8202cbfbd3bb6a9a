//! Variants of a client for the doctor, which send the same `ClientHello` as the connector.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use rustls::client::{ResolvesClientCert, Resumption};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, SignatureScheme, SupportedProtocolVersion};

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
        let certificates = config.client_auth_cert_resolver.clone();
        let asked = Arc::new(Asked { certificates, was_asked: AtomicBool::new(false) });
        config.client_auth_cert_resolver = asked.clone();
        Self { config: Arc::new(config), verifier: Some(verifier), asked: Some(asked) }
    }

    /// Returns this client without sessions.
    #[must_use]
    pub(crate) fn with_new_sessions(&self) -> Self {
        let mut config = (*self.config).clone();
        config.resumption = Resumption::default();
        Self { config: Arc::new(config), verifier: self.verifier.clone(), asked: self.asked.clone() }
    }

    /// Returns whether a peer asked for a client certificate since this client began to record.
    pub(crate) fn was_asked_for_certificate(&self) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.was_asked.load(Ordering::Relaxed))
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
        Ok(Self { config: Arc::new(config), verifier: self.verifier.clone(), asked: self.asked.clone() })
    }
}

/// The client certificates of a configuration, and whether a peer asked for one.
#[derive(Debug)]
pub(super) struct Asked {
    certificates: Arc<dyn ResolvesClientCert>,
    was_asked: AtomicBool,
}

impl ResolvesClientCert for Asked {
    fn resolve(&self, authorities: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.was_asked.store(true, Ordering::Relaxed);
        self.certificates.resolve(authorities, schemes)
    }

    // Rustls asks only a resolver that may have certificates.
    fn has_certs(&self) -> bool {
        true
    }
}

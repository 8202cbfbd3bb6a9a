//! TLS: one client and one verifier for the connector and the doctor. A TLS library only rejects a certificate that
//! does not verify, but a diagnosis needs its chain. No request is ever sent on such a connection.

use std::fmt;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::diagnose::evidence::{Failure, FailureKind};

mod certificate;
mod client;
mod coalescing;
mod provider;
mod store;
mod verifier;

pub use client::{Session, TlsClient};
pub(crate) use provider::provider;
use store::Store;

/// The trusted root certificates.
#[derive(Clone)]
pub struct Trust {
    store: Arc<Store>,
    /// The roots of Mozilla, or of the lab. They recognise a genuine chain that this machine does not trust.
    builtin: Option<Arc<RootCertStore>>,
    from: String,
}

/// An invalid file of certificates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The file contains no certificate: expected PEM with `-----BEGIN CERTIFICATE-----`.
    #[error("it holds no certificate: expected PEM with `-----BEGIN CERTIFICATE-----`")]
    NoCertificate,
    /// One of the certificates is not a valid root certificate.
    #[error("one of its certificates cannot be read")]
    Unreadable,
}

impl Trust {
    /// Returns the roots of this machine, with those of a PEM file. A separate thread starts to read the machine's
    /// roots.
    ///
    /// # Errors
    ///
    /// Returns a [`TrustError`] if the file contains no certificate.
    pub fn system(ca_pem: Option<&[u8]>) -> Result<Self, TrustError> {
        let added = ca_pem.map_or(Ok(Vec::new()), certificates)?;
        let from = match added.len() {
            0 => "this machine's store".to_owned(),
            count => format!("this machine's store and {count} extra certificates"),
        };
        let store = Arc::new(Store::system(added));
        let early = store.clone();
        // Reading 150 certificates takes as long as a lookup and a connection, so both run in parallel.
        // Where no thread can be started, the first handshake reads them.
        let _ = std::thread::Builder::new().spawn(move || early.first());
        Ok(Self { store, builtin: None, from })
    }

    /// Returns the given roots, for the lab or for an application with its own.
    #[must_use]
    pub fn of(roots: RootCertStore, builtin: RootCertStore, from: impl Into<String>) -> Self {
        Self { store: Arc::new(Store::of(roots)), builtin: Some(Arc::new(builtin)), from: from.into() }
    }

    /// Adds the certificates of a PEM file. This reads all roots of the machine first.
    ///
    /// # Errors
    ///
    /// Returns a [`TrustError`] if the file contains no certificate.
    pub fn with_pem(self, pem: &[u8]) -> Result<Self, TrustError> {
        let added = certificates(pem)?;
        let from = format!("{} and {} extra certificates", self.from, added.len());
        let mut roots = self.store.whole().as_ref().clone();
        roots.add_parsable_certificates(added);
        Ok(Self { store: Arc::new(Store::of(roots)), from, ..self })
    }

    /// Returns the number of roots that were read so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.store.read().len()
    }

    /// Returns whether there is no root at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.store.first().is_empty() && self.store.whole().is_empty()
    }

    /// Returns the source of the roots.
    #[must_use]
    pub fn from(&self) -> &str {
        &self.from
    }

    fn builtin(&self) -> Arc<RootCertStore> {
        self.builtin
            .clone()
            .unwrap_or_else(|| Arc::new(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }))
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} roots from {}", self.len(), self.from)
    }
}

fn version_name(version: rustls::ProtocolVersion) -> String {
    match version {
        rustls::ProtocolVersion::TLSv1_2 => "1.2".to_owned(),
        rustls::ProtocolVersion::TLSv1_3 => "1.3".to_owned(),
        other => format!("{other:?}"),
    }
}

/// Returns the failure that an error of TLS stands for, during the handshake or after it.
pub(super) fn failure_of(error: &rustls::Error) -> Failure {
    let (kind, text) = match error {
        rustls::Error::AlertReceived(alert) => {
            (FailureKind::Alert, format!("the peer refused the handshake with the alert `{alert:?}`"))
        }
        rustls::Error::PeerIncompatible(problem) => {
            (FailureKind::Alert, format!("the peer speaks no version or cipher of today: {problem:?}"))
        }
        rustls::Error::InvalidMessage(_) => (FailureKind::Protocol, "what came back is not TLS".to_owned()),
        other => (FailureKind::Other, other.to_string()),
    };
    Failure::new(kind, text)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| TrustError::Unreadable)?;
    let mut roots = RootCertStore::empty();
    if certificates.is_empty() {
        return Err(TrustError::NoCertificate);
    }
    for certificate in &certificates {
        roots.add(certificate.clone()).map_err(|_| TrustError::Unreadable)?;
    }
    Ok(certificates)
}

//! The verifier of every handshake. Rustls discards a certificate chain that it rejects, so this verifier keeps the
//! chain. A verifier that records also lets the handshake complete, so that version and cipher become evidence.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::Trust;
use crate::diagnose::evidence::{self, CertificateFault};

/// Verifies certificates with the first roots and, if they do not know the issuer, with all roots.
#[derive(Debug)]
pub(super) struct Verifier {
    trust: Trust,
    provider: Arc<CryptoProvider>,
    /// The time of the run, which replaces the time of the handshake.
    now: Option<UnixTime>,
    /// Whether the handshake completes although the chain does not verify.
    records: bool,
    first: OnceLock<Inner>,
    whole: OnceLock<Inner>,
    builtin: OnceLock<Inner>,
    /// The last rejected or recorded chain of each host.
    chains: Mutex<HashMap<String, Chain>>,
}

type Inner = Result<Arc<WebPkiServerVerifier>, String>;

/// A chain of certificates, the leaf first, and whether it verifies.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    pub(super) trust: evidence::TrustFacts,
    pub(super) certificates: Vec<CertificateDer<'static>>,
}

impl Verifier {
    /// Returns a verifier that rejects chains, for connections that carry data.
    pub(super) fn enforcing(trust: Trust, provider: Arc<CryptoProvider>) -> Self {
        let (first, whole, builtin) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { trust, provider, now: None, records: false, first, whole, builtin, chains: Mutex::default() }
    }

    /// Returns a verifier that records chains, for evidence. The caller must send nothing on a connection whose chain
    /// does not verify.
    #[cfg(feature = "probe")]
    pub(super) fn recording(trust: Trust, provider: Arc<CryptoProvider>, now: std::time::SystemTime) -> Self {
        let now = now.duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = Some(UnixTime::since_unix_epoch(now));
        Self { now, records: true, ..Self::enforcing(trust, provider) }
    }

    /// Returns the last rejected chain of a host.
    pub(super) fn rejected(&self, host: &str) -> Option<Chain> {
        self.kept(host).filter(|chain| !chain.trust.verified)
    }

    /// Returns the recorded chain of a host.
    pub(super) fn recorded(&self, host: &str) -> Option<Chain> {
        if self.records { self.kept(host) } else { None }
    }

    fn kept(&self, host: &str) -> Option<Chain> {
        self.chains.lock().unwrap_or_else(PoisonError::into_inner).get(host.trim_matches(['[', ']'])).cloned()
    }

    fn verify(&self, presented: &Presented<'_>) -> Result<ServerCertVerified, rustls::Error> {
        let store = &self.trust.store;
        let first = store.first();
        if !first.is_empty() {
            match self.verify_with(|| first, &self.first, presented) {
                Err(error) if fault(&error) == CertificateFault::UnknownIssuer => {}
                other => return other,
            }
        }
        self.verify_with(|| store.whole(), &self.whole, presented)
    }

    fn verify_with(
        &self,
        roots: impl FnOnce() -> Arc<RootCertStore>,
        inner: &OnceLock<Inner>,
        presented: &Presented<'_>,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let make = || WebPkiServerVerifier::builder_with_provider(roots(), self.provider.clone()).build();
        let inner = inner.get_or_init(|| make().map_err(|error| error.to_string()));
        let inner = inner.as_ref().map_err(|error| rustls::Error::General(error.clone()))?;
        inner.verify_server_cert(presented.leaf, presented.others, presented.name, presented.ocsp, presented.now)
    }

    fn explain(&self, presented: &Presented<'_>, error: &rustls::Error) -> evidence::TrustFacts {
        let mut trust = verdict(error);
        if self.trust.is_empty() {
            trust.fault = Some(CertificateFault::NoRoots);
            trust.text = Some(format!("{} holds no root certificate", self.trust.from()));
        }
        if matches!(trust.fault, Some(CertificateFault::UnknownIssuer | CertificateFault::NoRoots)) {
            trust.by_builtin_roots = Some(self.verify_by_builtin(presented));
        }
        trust
    }

    /// Returns whether a client with bundled roots accepts the chain.
    fn verify_by_builtin(&self, presented: &Presented<'_>) -> bool {
        self.verify_with(|| self.trust.builtin(), &self.builtin, presented).is_ok()
    }

    fn keep(&self, presented: &Presented<'_>, trust: evidence::TrustFacts) {
        let certificates = std::iter::once(presented.leaf).chain(presented.others).map(|der| der.clone().into_owned());
        let chain = Chain { trust, certificates: certificates.collect() };
        let mut chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        if chains.len() >= MOST_CHAINS {
            chains.clear();
        }
        chains.insert(presented.name.to_str().into_owned(), chain);
    }
}

/// The certificates of a host, and the time of their verification.
struct Presented<'a> {
    leaf: &'a CertificateDer<'a>,
    others: &'a [CertificateDer<'a>],
    name: &'a ServerName<'a>,
    ocsp: &'a [u8],
    now: UnixTime,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let presented = Presented { leaf, others, name, ocsp, now: self.now.unwrap_or(now) };
        match self.verify(&presented) {
            Ok(verified) => {
                if self.records {
                    let by_builtin_roots = Some(self.verify_by_builtin(&presented));
                    let verified = evidence::TrustFacts { verified: true, ..evidence::TrustFacts::default() };
                    self.keep(&presented, evidence::TrustFacts { by_builtin_roots, ..verified });
                }
                Ok(verified)
            }
            Err(error) => {
                self.keep(&presented, self.explain(&presented, &error));
                if self.records { Ok(ServerCertVerified::assertion()) } else { Err(error) }
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Returns the facts about a chain that failed with this error.
pub(super) fn verdict(error: &rustls::Error) -> evidence::TrustFacts {
    evidence::TrustFacts { fault: Some(fault(error)), text: Some(describe(error)), ..evidence::TrustFacts::default() }
}

fn fault(error: &rustls::Error) -> CertificateFault {
    match error {
        rustls::Error::InvalidCertificate(error) => match error {
            // An issuer with the name of a trusted one but another key is unknown too.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => CertificateFault::UnknownIssuer,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                CertificateFault::WrongName
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateFault::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                CertificateFault::NotYetValid
            }
            _ => CertificateFault::Other,
        },
        _ => CertificateFault::Other,
    }
}

fn describe(error: &rustls::Error) -> String {
    let text = match fault(error) {
        CertificateFault::UnknownIssuer => "the certificate's issuer is not trusted on this machine",
        CertificateFault::WrongName => "the certificate is for other names",
        CertificateFault::Expired => "the certificate has expired",
        CertificateFault::NotYetValid => "the certificate is not valid yet",
        _ => return describe_other(error),
    };
    text.to_owned()
}

/// Describes a fault that has no kind of its own. The texts of rustls list numbers.
fn describe_other(error: &rustls::Error) -> String {
    let rustls::Error::InvalidCertificate(error) = error else { return error.to_string() };
    match error {
        CertificateError::UnsupportedSignatureAlgorithmContext { signature_algorithm_id: id, .. } => {
            let known = WEAK.iter().find(|(oid, _)| id.windows(oid.len()).any(|part| part == *oid));
            let with = known.map_or("an algorithm that clients do not support", |(_, name)| name);
            format!("a certificate of the chain is signed with {with}")
        }
        CertificateError::Other(other) if format!("{other:?}").contains("NameConstraint") => {
            "a certificate of the chain may not issue for this name (name constraints)".to_owned()
        }
        other => other.to_string(),
    }
}

/// Algorithms that clients no longer accept, by their object identifiers (RFC 3279, section 2.2).
const WEAK: [(&[u8], &str); 4] = [
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5], "SHA-1 and RSA, which clients reject"),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1], "SHA-1 and ECDSA, which clients reject"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4], "MD5 and RSA, which clients reject"),
    (&[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 3], "SHA-1 and DSA, which clients reject"),
];

/// The most hosts whose chains are kept. An application uses fewer.
const MOST_CHAINS: usize = 64;

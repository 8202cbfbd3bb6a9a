//! TLS: a handshake that records the chain first and judges it second, so that a certificate that does not verify is
//! evidence and not only an error. Nothing is ever sent on a connection that did not verify.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme, SupportedProtocolVersion,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{failure_of_io, silence};
use crate::diagnose::evidence::{self, CertificateFault, Failure, FailureKind, TlsFacts};

mod certificate;
mod client;
mod coalescing;
mod store;

use client::{Judge, Judged};
pub use client::{Session, TlsClient};
use store::Store;

/// The roots that certificates are judged by.
#[derive(Clone)]
pub struct Trust {
    store: Arc<Store>,
    /// What genuine chains are known by where this machine's roots do not know them.
    builtin: Option<Arc<RootCertStore>>,
    from: String,
}

/// A file of certificates that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// It holds no certificate: expected PEM with `-----BEGIN CERTIFICATE-----`.
    #[error("it holds no certificate: expected PEM with `-----BEGIN CERTIFICATE-----`")]
    NoCertificate,
    /// It holds something that is no certificate of a root.
    #[error("one of its certificates cannot be read")]
    Unreadable,
}

impl Trust {
    /// The roots of this machine, and those of a PEM file beside them. They are read on a thread of their own.
    ///
    /// # Errors
    ///
    /// [`TrustError`], when the file holds no certificate.
    pub fn system(ca_pem: Option<&[u8]>) -> Result<Self, TrustError> {
        let added = ca_pem.map_or(Ok(Vec::new()), certificates)?;
        let from = match added.len() {
            0 => "this machine's store".to_owned(),
            count => format!("this machine's store and {count} extra certificates"),
        };
        let store = Arc::new(Store::system(added));
        let early = store.clone();
        // Reading a hundred and fifty certificates takes as long as a lookup and a connection, which come first.
        std::thread::spawn(move || early.first());
        Ok(Self { store, builtin: None, from })
    }

    /// Given roots, for a lab or an application with its own.
    #[must_use]
    pub fn of(roots: RootCertStore, builtin: RootCertStore, from: impl Into<String>) -> Self {
        Self { store: Arc::new(Store::of(roots)), builtin: Some(Arc::new(builtin)), from: from.into() }
    }

    /// Adds the certificates of a PEM file. All roots are read first.
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

    /// How many roots there are, as far as they had to be read.
    #[must_use]
    pub fn len(&self) -> usize {
        self.store.read().len()
    }

    /// Whether there is no root at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.store.first().is_empty() && self.store.whole().is_empty()
    }

    /// Where they were read from.
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

/// What a handshake is made with.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Terms<'a> {
    /// The roots.
    pub trust: &'a Trust,
    /// The time by which certificates are judged.
    pub now: SystemTime,
    /// The versions on offer.
    pub versions: &'static [&'static SupportedProtocolVersion],
}

impl<'a> Terms<'a> {
    /// Both versions.
    #[must_use]
    pub fn new(trust: &'a Trust, now: SystemTime) -> Self {
        Self { trust, now, versions: rustls::ALL_VERSIONS }
    }

    /// One version alone.
    #[must_use]
    pub fn with_version(self, versions: &'static [&'static SupportedProtocolVersion]) -> Self {
        Self { versions, ..self }
    }
}

/// What a handshake yields.
#[derive(Debug)]
#[non_exhaustive]
pub struct Handshake<S> {
    /// The facts.
    pub facts: TlsFacts,
    /// The encrypted stream, whose certificate verified; or why there is none.
    pub outcome: Result<TlsStream<S>, Failure>,
}

/// Makes a handshake with a host.
///
/// 1. The verifier records the chain and what is wrong with it, and lets the handshake finish.
/// 2. Version, cipher and protocol are read off the finished handshake.
/// 3. A chain that does not verify ends the stream here.
pub async fn handshake<S>(stream: S, host: &str, terms: Terms<'_>, limit: Duration) -> Handshake<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut facts = TlsFacts::default();
    let outcome = match prepare(host, terms) {
        Ok((connector, name, seen)) => {
            let outcome = timeout(limit, connector.connect(name, stream)).await;
            record(&mut facts, &seen);
            match outcome {
                Ok(Ok(stream)) => judge(stream, &mut facts),
                Ok(Err(error)) => Err(failure_of_handshake(&error)),
                Err(_) => Err(silence(limit)),
            }
        }
        Err(failure) => Err(failure),
    };
    Handshake { facts, outcome }
}

fn prepare(host: &str, terms: Terms<'_>) -> Result<(TlsConnector, ServerName<'static>, Arc<Recorder>), Failure> {
    let other = |error: &dyn fmt::Display| Failure::new(FailureKind::Other, error.to_string());
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).map_err(|error| other(&error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let recorder = Arc::new(Recorder {
        judge: Judge::new(terms.trust.clone(), provider.clone()),
        now: unix_time(terms.now),
        seen: Mutex::default(),
    });
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(terms.versions)
        .map_err(|error| other(&error))?
        .dangerous()
        .with_custom_certificate_verifier(recorder.clone())
        .with_no_client_auth();
    // An upgrade needs HTTP/1.1, and a resumed session would not show its chain.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.resumption = Resumption::disabled();
    Ok((TlsConnector::from(Arc::new(config)), name, recorder))
}

fn judge<S>(stream: TlsStream<S>, facts: &mut TlsFacts) -> Result<TlsStream<S>, Failure> {
    let (_, session) = stream.get_ref();
    facts.version = session.protocol_version().map(version_name);
    facts.cipher = session.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite()));
    facts.alpn = session.alpn_protocol().map(|protocol| String::from_utf8_lossy(protocol).into_owned());
    match &facts.trust {
        Some(trust) if trust.verified => Ok(stream),
        trust => {
            let text = trust.as_ref().and_then(|trust| trust.text.clone());
            let text = text.unwrap_or_else(|| "the certificate was not shown".to_owned());
            Err(Failure::new(FailureKind::Certificate, text))
        }
    }
}

fn version_name(version: rustls::ProtocolVersion) -> String {
    match version {
        rustls::ProtocolVersion::TLSv1_2 => "1.2".to_owned(),
        rustls::ProtocolVersion::TLSv1_3 => "1.3".to_owned(),
        other => format!("{other:?}"),
    }
}

fn record(facts: &mut TlsFacts, recorder: &Recorder) {
    let seen = std::mem::take(&mut *recorder.seen.lock().unwrap_or_else(PoisonError::into_inner));
    facts.chain = seen.chain.iter().map(|der| certificate::read(der)).collect();
    facts.trust = seen.trust;
}

fn failure_of_handshake(error: &io::Error) -> Failure {
    let Some(cause) = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>()) else {
        return failure_of_io(error);
    };
    let (kind, text) = match cause {
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

/// Lets every handshake finish, and keeps what the chain is worth.
#[derive(Debug)]
struct Recorder {
    judge: Judge,
    now: UnixTime,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    chain: Vec<CertificateDer<'static>>,
    trust: Option<evidence::TrustFacts>,
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let judged = Judged { leaf, others, name, ocsp: &[], now: self.now };
        let trust = match self.judge.judge(&judged) {
            Ok(_) => evidence::TrustFacts { verified: true, ..evidence::TrustFacts::default() },
            Err(error) => self.judge.explain(&judged, &error),
        };
        let chain = judged.chain();
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Seen { chain, trust: Some(trust) };
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}

fn fault(error: &rustls::Error) -> CertificateFault {
    match error {
        rustls::Error::InvalidCertificate(error) => match error {
            // Who only bears the name of a trusted issuer has not its key.
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
        CertificateFault::UnknownIssuer => "nobody that this machine trusts issued the certificate",
        CertificateFault::WrongName => "the certificate is for other names",
        CertificateFault::Expired => "the certificate has expired",
        CertificateFault::NotYetValid => "the certificate is not valid yet",
        _ => return error.to_string(),
    };
    text.to_owned()
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

fn unix_time(time: SystemTime) -> UnixTime {
    UnixTime::since_unix_epoch(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

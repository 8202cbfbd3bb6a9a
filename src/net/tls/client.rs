//! The handshakes of an application: one configuration for all, so that roots are read once and sessions are resumed. It
//! judges as strictly as the recording handshake; what it refuses it keeps for the evidence.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, DigitallySignedStruct, HandshakeKind, ProtocolVersion, RootCertStore, SignatureScheme,
    SupportedCipherSuite,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::coalescing::Coalescing;
use super::{Trust, certificate, describe, failure_of_handshake, fault, silence, version_name};
use crate::diagnose::evidence::{self, CertificateFault, Failure, FailureKind, TlsFacts};
use crate::net::Stream;

/// Makes handshakes, all with one configuration.
#[derive(Clone)]
pub struct TlsClient {
    config: Arc<ClientConfig>,
    judge: Option<Arc<Judge>>,
}

/// What a handshake agreed on; the certificates are read when somebody asks for the facts.
#[derive(Clone, Debug)]
pub struct Session {
    version: Option<ProtocolVersion>,
    cipher: Option<SupportedCipherSuite>,
    alpn: Option<Vec<u8>>,
    kind: Option<HandshakeKind>,
    chain: Vec<CertificateDer<'static>>,
}

impl TlsClient {
    /// A client that judges by the given roots, with `ring` for cryptography.
    ///
    /// # Errors
    ///
    /// [`Failure`], when the provider has no version of TLS that is safe.
    pub fn new(trust: &Trust) -> Result<Self, Failure> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let judge = Arc::new(Judge::new(trust.clone(), provider.clone()));
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Failure::new(FailureKind::Other, error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(judge.clone())
            .with_no_client_auth();
        Ok(Self { config: Arc::new(speaking(config, NOTHING)), judge: Some(judge) })
    }

    /// A client by a configuration of the application: its roots, its cryptography, its certificates.
    #[must_use]
    pub fn with_config(config: &ClientConfig) -> Self {
        Self { config: Arc::new(speaking(config.clone(), NOTHING)), judge: None }
    }

    /// The same configuration for a client that may speak HTTP/2, with the same sessions.
    #[must_use]
    pub fn config_for_requests(&self) -> ClientConfig {
        speaking((*self.config).clone(), &[b"h2", b"http/1.1"])
    }

    /// Makes a handshake with a host. Its end leaves with the first request, or with a flush.
    ///
    /// # Errors
    ///
    /// [`Failure`], with the facts as far as the handshake came.
    pub async fn handshake<S>(
        &self,
        stream: S,
        host: &str,
        limit: Duration,
    ) -> Result<(Stream, Session), (Failure, TlsFacts)>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
            .map_err(|error| (Failure::new(FailureKind::Other, error.to_string()), TlsFacts::default()))?;
        let connect = TlsConnector::from(self.config.clone()).connect(name, Coalescing::new(stream));
        match timeout(limit, connect.into_fallible()).await {
            Ok(Ok(mut stream)) => {
                let (coalescing, connection) = stream.get_mut();
                coalescing.let_go();
                let session = Session::of(connection);
                Ok((Stream::new(stream), session))
            }
            Ok(Err((error, mut stream))) => {
                stream.send_at_once().await;
                Err(self.refusal(host, &error))
            }
            Err(_) => Err((silence(limit), TlsFacts::default())),
        }
    }

    fn refusal(&self, host: &str, error: &std::io::Error) -> (Failure, TlsFacts) {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
        let Some(cause) = cause.filter(|cause| is_about_the_certificate(cause)) else {
            return (failure_of_handshake(error), TlsFacts::default());
        };
        let refused = self.judge.as_ref().and_then(|judge| judge.refused(host));
        let (trust, chain) = refused.unwrap_or_else(|| (verdict(cause), Vec::new()));
        let text = trust.text.clone().unwrap_or_else(|| describe(cause));
        let chain = chain.iter().map(|der| certificate::read(der)).collect();
        let facts = TlsFacts { trust: Some(trust), chain, ..TlsFacts::default() };
        (Failure::new(FailureKind::Certificate, text), facts)
    }
}

impl fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = if self.judge.is_some() { "own roots" } else { "the application's configuration" };
        write!(f, "TlsClient by {whose}")
    }
}

impl Session {
    fn of(connection: &rustls::ClientConnection) -> Self {
        let chain = connection.peer_certificates().unwrap_or_default();
        Self {
            version: connection.protocol_version(),
            cipher: connection.negotiated_cipher_suite(),
            alpn: connection.alpn_protocol().map(<[u8]>::to_vec),
            kind: connection.handshake_kind(),
            chain: chain.iter().map(|der| der.clone().into_owned()).collect(),
        }
    }

    /// `1.2` or `1.3`.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        self.version.map(version_name)
    }

    /// Whether an earlier session was taken up again.
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        self.kind == Some(HandshakeKind::Resumed)
    }

    /// The facts. The certificate verified, or there would be no session.
    #[must_use]
    pub fn facts(&self) -> TlsFacts {
        TlsFacts {
            version: self.version(),
            cipher: self.cipher.map(|suite| format!("{:?}", suite.suite())),
            alpn: self.alpn.as_deref().map(|protocol| String::from_utf8_lossy(protocol).into_owned()),
            chain: self.chain.iter().map(|der| certificate::read(der)).collect(),
            trust: Some(evidence::TrustFacts { verified: true, ..evidence::TrustFacts::default() }),
            ..TlsFacts::default()
        }
    }
}

/// Judges certificates: by the first roots, and where they do not know the issuer, by all.
#[derive(Debug)]
pub(super) struct Judge {
    trust: Trust,
    provider: Arc<CryptoProvider>,
    first: OnceLock<Verifier>,
    whole: OnceLock<Verifier>,
    /// What was refused last, by host.
    refused: Mutex<HashMap<String, Refused>>,
}

type Verifier = Result<Arc<WebPkiServerVerifier>, String>;
type Refused = (evidence::TrustFacts, Vec<CertificateDer<'static>>);

impl Judge {
    pub(super) fn new(trust: Trust, provider: Arc<CryptoProvider>) -> Self {
        let (first, whole, refused) = (OnceLock::new(), OnceLock::new(), Mutex::default());
        Self { trust, provider, first, whole, refused }
    }

    fn by(
        &self,
        roots: Arc<RootCertStore>,
        kept: &OnceLock<Verifier>,
        judged: &Judged<'_>,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let make = || WebPkiServerVerifier::builder_with_provider(roots, self.provider.clone()).build();
        let verifier = kept.get_or_init(|| make().map_err(|error| error.to_string()));
        let verifier = verifier.as_ref().map_err(|error| rustls::Error::General(error.clone()))?;
        verifier.verify_server_cert(judged.leaf, judged.others, judged.name, judged.ocsp, judged.now)
    }

    pub(super) fn judge(&self, judged: &Judged<'_>) -> Result<ServerCertVerified, rustls::Error> {
        let store = &self.trust.store;
        let first = store.first();
        if !first.is_empty() {
            match self.by(first, &self.first, judged) {
                Err(error) if fault(&error) == CertificateFault::UnknownIssuer => {}
                other => return other,
            }
        }
        self.by(store.whole(), &self.whole, judged)
    }

    /// What is wrong with a chain that was refused.
    pub(super) fn explain(&self, judged: &Judged<'_>, error: &rustls::Error) -> evidence::TrustFacts {
        let mut trust = verdict(error);
        if self.trust.is_empty() {
            trust.fault = Some(CertificateFault::NoRoots);
            trust.text = Some(format!("{} holds no root certificate", self.trust.from()));
        }
        if matches!(trust.fault, Some(CertificateFault::UnknownIssuer | CertificateFault::NoRoots)) {
            let builtin = self.by(self.trust.builtin(), &OnceLock::new(), judged);
            trust.by_builtin_roots = Some(builtin.is_ok());
        }
        trust
    }

    fn note(&self, judged: &Judged<'_>, error: &rustls::Error) {
        let (trust, chain) = (self.explain(judged, error), judged.chain());
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() >= MOST_REFUSED {
            refused.clear();
        }
        refused.insert(judged.name.to_str().into_owned(), (trust, chain));
    }

    fn refused(&self, host: &str) -> Option<Refused> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).get(host.trim_matches(['[', ']'])).cloned()
    }
}

/// What is judged.
pub(super) struct Judged<'a> {
    pub(super) leaf: &'a CertificateDer<'a>,
    pub(super) others: &'a [CertificateDer<'a>],
    pub(super) name: &'a ServerName<'a>,
    pub(super) ocsp: &'a [u8],
    pub(super) now: UnixTime,
}

impl Judged<'_> {
    /// The certificates as they were sent, the leaf first.
    pub(super) fn chain(&self) -> Vec<CertificateDer<'static>> {
        std::iter::once(self.leaf).chain(self.others).map(|der| der.clone().into_owned()).collect()
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let judged = Judged { leaf, others, name, ocsp, now };
        self.judge(&judged).inspect_err(|error| self.note(&judged, error))
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

fn speaking(mut config: ClientConfig, protocols: &[&[u8]]) -> ClientConfig {
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    config
}

fn verdict(error: &rustls::Error) -> evidence::TrustFacts {
    evidence::TrustFacts { fault: Some(fault(error)), text: Some(describe(error)), ..evidence::TrustFacts::default() }
}

fn is_about_the_certificate(error: &rustls::Error) -> bool {
    // A store without roots ends in a general error.
    matches!(error, rustls::Error::InvalidCertificate(_) | rustls::Error::General(_))
}

/// An upgrade needs HTTP/1.1, which is spoken where nothing is agreed; the official SDKs offer nothing either.
const NOTHING: &[&[u8]] = &[];

/// As many hosts as an application may have accounts for.
const MOST_REFUSED: usize = 64;

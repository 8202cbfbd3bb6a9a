//! The handshakes of the connector and the doctor. A middlebox may reject one `ClientHello` and accept another, so both
//! use one configuration and send the same. The connector resumes sessions. The doctor starts each handshake without a
//! session, because a resumed session has no certificate chain.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, HandshakeKind, ProtocolVersion, SupportedCipherSuite};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

use super::coalescing::Coalescing;
use super::verifier::{Chain, Verifier, verdict};
use super::{Trust, certificate, provider, version_name};
use crate::diagnose::evidence::{self, Failure, FailureKind, TlsFacts};
use crate::net::{Stream, failure_of_io};

#[cfg(feature = "probe")]
mod doctor;

/// A TLS client with one configuration for all handshakes.
#[derive(Clone)]
pub struct TlsClient {
    config: Arc<ClientConfig>,
    /// The verifier. `None` if the application's configuration verifies.
    verifier: Option<Arc<Verifier>>,
    /// Whether a peer asked for a client certificate; only for the doctor.
    #[cfg(feature = "probe")]
    asked: Option<Arc<doctor::Asked>>,
}

/// The outcome of a handshake. [`Session::facts`] parses the certificates; the connector needs none.
#[derive(Clone, Debug)]
pub struct Session {
    version: Option<ProtocolVersion>,
    cipher: Option<SupportedCipherSuite>,
    alpn: Option<Vec<u8>>,
    kind: Option<HandshakeKind>,
    chain: Vec<CertificateDer<'static>>,
    /// Whether the built-in roots verify the chain too, if that was tried.
    by_builtin_roots: Option<bool>,
}

impl TlsClient {
    /// Returns a client that verifies certificates with the given roots.
    ///
    /// # Errors
    ///
    /// Returns a [`Failure`] if there is no cryptography provider, or if the provider supports no safe version of TLS.
    pub fn new(trust: &Trust) -> Result<Self, Failure> {
        let provider = provider()?;
        let verifier = Arc::new(Verifier::enforcing(trust.clone(), provider.clone()));
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Failure::new(FailureKind::Other, error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(verifier.clone())
            .with_no_client_auth();
        Ok(Self {
            config: Arc::new(config),
            verifier: Some(verifier),
            #[cfg(feature = "probe")]
            asked: None,
        })
    }

    /// Returns a client with the application's configuration: its roots, its cryptography and its certificates.
    #[must_use]
    pub fn with_config(config: &ClientConfig) -> Self {
        let mut config = config.clone();
        // Upgrades need HTTP/1.1, which is the default when ALPN is not offered; the official SDKs offer nothing
        // either.
        config.alpn_protocols = Vec::new();
        Self {
            config: Arc::new(config),
            verifier: None,
            #[cfg(feature = "probe")]
            asked: None,
        }
    }

    /// Makes a handshake with a host. The first request or a flush sends its last message.
    ///
    /// # Errors
    ///
    /// Returns a [`Failure`] with the facts so far. A chain that does not verify is always a failure.
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
            .map_err(|error| (other(&error), TlsFacts::default()))?;
        let stream = Coalescing::new(stream);
        let received = stream.received();
        let connect = TlsConnector::from(self.config.clone()).connect(name, stream);
        match received.wait(limit, pin!(connect.into_fallible())).await {
            Ok(Ok(mut stream)) => {
                let (coalescing, connection) = stream.get_mut();
                coalescing.let_go();
                let mut session = Session::of(connection);
                let recorded = self.recorded(host);
                session.by_builtin_roots = recorded.as_ref().and_then(|chain| chain.trust.by_builtin_roots);
                match recorded {
                    // The handshake completed only because the verifier records.
                    Some(chain) if !chain.trust.verified => Err(chain.into_failure(session.facts())),
                    _ => Ok((Stream::counted(stream, received), session)),
                }
            }
            Ok(Err((error, mut stream))) => {
                stream.send_at_once().await;
                Err(self.refusal(host, &error))
            }
            Err(failure) => Err((failure, self.recorded_facts(host))),
        }
    }

    fn refusal(&self, host: &str, error: &std::io::Error) -> (Failure, TlsFacts) {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
        let Some(cause) = cause.filter(|cause| is_about_the_certificate(cause)) else {
            return (failure_of_io(error), self.recorded_facts(host));
        };
        if self.recorded(host).is_some() {
            // The verifier accepted the chain, so the error is about the signature by its key.
            return (failure_of_io(error), self.recorded_facts(host));
        }
        let rejected = self.verifier.as_ref().and_then(|verifier| verifier.rejected(host));
        let rejected = rejected.unwrap_or_else(|| Chain { trust: verdict(cause), certificates: Vec::new() });
        rejected.into_failure(TlsFacts::default())
    }

    /// Returns the facts about a chain of certificates, as after a handshake.
    #[cfg(fuzzing)]
    pub(crate) fn examine(&self, host: &str, leaf: &CertificateDer<'_>, others: &[CertificateDer<'_>]) -> TlsFacts {
        use rustls::client::danger::ServerCertVerifier as _;
        if let (Some(verifier), Ok(name)) = (&self.verifier, ServerName::try_from(host.to_owned())) {
            // A verifier that records reports the outcome in its facts.
            let _ = verifier.verify_server_cert(leaf, others, &name, &[], rustls::pki_types::UnixTime::now());
        }
        self.recorded_facts(host)
    }

    fn recorded(&self, host: &str) -> Option<Chain> {
        self.verifier.as_ref()?.recorded(host)
    }

    /// Returns the facts that the verifier recorded before the handshake failed.
    fn recorded_facts(&self, host: &str) -> TlsFacts {
        let facts = self.recorded(host).map(|chain| chain.into_facts(TlsFacts::default())).unwrap_or_default();
        #[cfg(feature = "probe")]
        let facts = TlsFacts { asks_for_certificate: self.was_asked_for_certificate(), ..facts };
        facts
    }
}

impl fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = if self.verifier.is_some() { "own roots" } else { "the application's configuration" };
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
            by_builtin_roots: None,
        }
    }

    /// Returns `1.2` or `1.3`.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        self.version.map(version_name)
    }

    /// Returns whether an earlier session was resumed.
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        self.kind == Some(HandshakeKind::Resumed)
    }

    /// Returns the facts. The certificate verified, or there would be no session.
    #[must_use]
    pub fn facts(&self) -> TlsFacts {
        TlsFacts {
            version: self.version(),
            cipher: self.cipher.map(|suite| format!("{:?}", suite.suite())),
            alpn: self.alpn.as_deref().map(|protocol| String::from_utf8_lossy(protocol).into_owned()),
            chain: self.chain.iter().map(|der| certificate::read(der)).collect(),
            trust: Some(evidence::TrustFacts {
                verified: true,
                by_builtin_roots: self.by_builtin_roots,
                ..evidence::TrustFacts::default()
            }),
            ..TlsFacts::default()
        }
    }
}

impl Chain {
    fn into_facts(self, facts: TlsFacts) -> TlsFacts {
        let chain = self.certificates.iter().map(|der| certificate::read(der)).collect();
        TlsFacts { trust: Some(self.trust), chain, ..facts }
    }

    fn into_failure(self, facts: TlsFacts) -> (Failure, TlsFacts) {
        let text = self.trust.text.clone().unwrap_or_else(|| "the certificate does not verify".to_owned());
        (Failure::new(FailureKind::Certificate, text), self.into_facts(facts))
    }
}

fn other(error: &dyn fmt::Display) -> Failure {
    Failure::new(FailureKind::Other, error.to_string())
}

fn is_about_the_certificate(error: &rustls::Error) -> bool {
    // A store without roots ends in a general error.
    matches!(error, rustls::Error::InvalidCertificate(_) | rustls::Error::General(_))
}

//! TLS: the lab's certificate authorities, a leaf for every name, and the handshake faults of a world.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CrlDistributionPoint, CustomExtension, DistinguishedName,
    DnType, GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use speech_endpoint::emulation::crypto_provider;

use super::revocation;
use super::vocabulary::{CertificateToml, HandshakeToml, StoreToml, TlsToml, VersionToml};

/// The certificate authorities, the leaves that they issued, and the handshake faults.
pub(super) struct Certificates {
    /// The publicly trusted root.
    root: CertifiedIssuer<'static, KeyPair>,
    /// The intermediate that issues certificates for it.
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// An intermediate that may issue certificates only for the company.
    constrained: CertifiedIssuer<'static, KeyPair>,
    company: CertifiedIssuer<'static, KeyPair>,
    stale: CertifiedIssuer<'static, KeyPair>,
    now: SystemTime,
    toml: TlsToml,
    /// The hosts with a certificate of their own.
    faults: HashMap<String, CertificateToml>,
    /// By the name that the certificate is for, because one wildcard covers every custom domain.
    configs: Mutex<HashMap<(String, CertificateToml), Arc<ServerConfig>>>,
}

impl Certificates {
    pub(super) fn new(toml: TlsToml, now: SystemTime) -> io::Result<Self> {
        let root = own_root(&authority("DigiCert Inc", "DigiCert Global Root G2", now))?;
        let issuer = authority("Microsoft Corporation", "Microsoft Azure RSA TLS Issuing CA 04", now);
        let issuer = CertifiedIssuer::signed_by(issuer, key()?, &root).map_err(io::Error::other)?;
        let mut constrained = authority("Contoso Ltd", "Contoso Web CA", now);
        constrained.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("contoso.example".into())],
            excluded_subtrees: Vec::new(),
        });
        let constrained = CertifiedIssuer::signed_by(constrained, key()?, &root).map_err(io::Error::other)?;
        let company = own_root(&authority("Contoso Ltd", "Contoso Inspection CA", now))?;
        let stale = own_root(&authority("Baltimore", "Baltimore CyberTrust Root", now))?;
        Ok(Self {
            root,
            issuer,
            constrained,
            company,
            stale,
            now,
            toml,
            faults: HashMap::new(),
            configs: Mutex::default(),
        })
    }

    /// Gives hosts certificates of their own.
    pub(super) fn with_faults(self, faults: HashMap<String, CertificateToml>) -> Self {
        Self { faults, ..self }
    }

    /// Returns a trust store.
    pub(super) fn store(&self, of: StoreToml) -> RootCertStore {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(self.roots(of).into_iter().map(|root| root.der().clone()));
        store
    }

    /// Returns a trust store as PEM; empty if it has no root.
    pub(super) fn store_pem(&self, of: StoreToml) -> String {
        self.roots(of).into_iter().map(CertifiedIssuer::pem).collect()
    }

    fn roots(&self, of: StoreToml) -> Vec<&CertifiedIssuer<'static, KeyPair>> {
        match of {
            StoreToml::Public => vec![&self.root],
            StoreToml::Empty => Vec::new(),
            StoreToml::Stale => vec![&self.stale],
            StoreToml::Company => vec![&self.root, &self.company],
        }
    }

    pub(super) fn root_pem(&self) -> String {
        self.root.pem()
    }

    pub(super) fn company_pem(&self) -> String {
        self.company.pem()
    }

    /// Performs the handshake, with the fault that the world defines for the server name.
    pub(super) async fn accept<S: Wire>(&self, stream: S) -> io::Result<TlsStream<S>> {
        let start = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream).await?;
        let name = start.client_hello().server_name().unwrap_or_default().to_ascii_lowercase();
        let is_meant = self.toml.names.is_empty() || self.toml.names.contains(&name);
        if is_meant && self.toml.handshake_delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(self.toml.handshake_delay_ms)).await;
        }
        let mut stream = match (self.toml.handshake, is_meant) {
            (HandshakeToml::Serve, _) | (_, false) => {
                let usual = if is_meant { self.toml.certificate } else { CertificateToml::Valid };
                let certificate = self.faults.get(&name).copied().unwrap_or(usual);
                return start.into_stream(self.config(&name, certificate)?).await;
            }
            (HandshakeToml::ClientCertificate, _) => {
                return start.into_stream(self.with_client_certificate(&name)?).await;
            }
            (HandshakeToml::Http2, _) => {
                let mut stream = start.into_stream(self.config(&name, CertificateToml::Valid)?).await?;
                stream.write_all(&HTTP2_SETTINGS).await?;
                stream.flush().await?;
                return Ok(stream);
            }
            _ => start.io,
        };
        match self.toml.handshake {
            HandshakeToml::Alert => stream.write_all(&PROTOCOL_VERSION_ALERT).await?,
            HandshakeToml::Reset => stream.reset(),
            HandshakeToml::Stall => std::future::pending().await,
            HandshakeToml::Close | HandshakeToml::Serve | HandshakeToml::ClientCertificate | HandshakeToml::Http2 => {}
        }
        Err(io::ErrorKind::ConnectionAborted.into())
    }

    /// Performs the handshake of an inspecting proxy.
    pub(super) async fn inspect<S: Wire>(&self, stream: S) -> io::Result<TlsStream<S>> {
        let start = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream).await?;
        let name = start.client_hello().server_name().unwrap_or_default().to_ascii_lowercase();
        start.into_stream(self.config(&name, CertificateToml::Company)?).await
    }

    fn config(&self, name: &str, certificate: CertificateToml) -> io::Result<Arc<ServerConfig>> {
        let key = (covered(name).swap_remove(0), certificate);
        let cached = || self.configs.lock().ok()?.get(&key).cloned();
        if let Some(config) = cached() {
            return Ok(config);
        }
        let config = Arc::new(self.make(name, certificate)?);
        if let Ok(mut configs) = self.configs.lock() {
            configs.insert(key, Arc::clone(&config));
        }
        Ok(config)
    }

    /// Returns a configuration that requires a certificate of the company from clients.
    fn with_client_certificate(&self, name: &str) -> io::Result<Arc<ServerConfig>> {
        let (chain, key) = self.leaf(name, CertificateToml::Valid).map_err(io::Error::other)?;
        let provider = crypto_provider().map_err(|failure| io::Error::other(failure.text))?;
        let roots = Arc::new(self.store(StoreToml::Company));
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider.clone());
        let verifier = verifier.build().map_err(io::Error::other)?;
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(io::Error::other)?.with_client_cert_verifier(verifier);
        Ok(Arc::new(builder.with_single_cert(chain, key).map_err(io::Error::other)?))
    }

    fn make(&self, name: &str, certificate: CertificateToml) -> io::Result<ServerConfig> {
        let (chain, key) = self.leaf(name, certificate).map_err(io::Error::other)?;
        let versions: Vec<_> =
            [(VersionToml::Tls12, &rustls::version::TLS12), (VersionToml::Tls13, &rustls::version::TLS13)]
                .into_iter()
                .filter(|(version, _)| self.toml.versions.is_empty() || self.toml.versions.contains(version))
                .map(|(_, version)| version)
                .collect();
        let provider = crypto_provider().map_err(|failure| io::Error::other(failure.text))?;
        let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(&versions);
        let builder = builder.map_err(io::Error::other)?.with_no_client_auth();
        let mut config = builder.with_single_cert(chain, key).map_err(io::Error::other)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// Returns the certificate chain for a name.
    fn leaf(
        &self,
        name: &str,
        certificate: CertificateToml,
    ) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), rcgen::Error> {
        let names = if certificate == CertificateToml::WrongName {
            vec!["appliance.contoso.example".into()]
        } else {
            covered(name)
        };
        let (start, end) = match certificate {
            CertificateToml::Expired => (-200, -20),
            CertificateToml::NotYetValid => (20, 200),
            _ => (-90, 90),
        };
        let mut params = CertificateParams::new(names.clone())?;
        params.distinguished_name = distinguished(None, names.first().map_or(name, String::as_str));
        valid(&mut params, self.now, start, end);
        if self.toml.revocation.is_some() {
            params.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![revocation::CRL.into()] }];
            params.custom_extensions.push(responder());
        }
        let key = KeyPair::generate()?;
        let chain = match certificate {
            CertificateToml::SelfSigned => vec![params.self_signed(&key)?.into()],
            CertificateToml::Incomplete => vec![params.signed_by(&key, &self.issuer)?.into()],
            CertificateToml::Constrained => {
                vec![params.signed_by(&key, &self.constrained)?.into(), self.constrained.der().clone()]
            }
            CertificateToml::Sha1 => {
                let leaf = params.signed_by(&key, &self.issuer)?;
                vec![signed_with_sha1(leaf.der()), self.issuer.der().clone()]
            }
            CertificateToml::Company => vec![params.signed_by(&key, &self.company)?.into(), self.company.der().clone()],
            _ => vec![params.signed_by(&key, &self.issuer)?.into(), self.issuer.der().clone()],
        };
        Ok((chain, PrivatePkcs8KeyDer::from(key.serialize_der()).into()))
    }
}

/// Replaces the algorithm of the signature. The signature itself stays, because clients reject the algorithm before they
/// verify it. The algorithm stands at two places and is one byte shorter, so the lengths around it change.
fn signed_with_sha1(der: &[u8]) -> CertificateDer<'static> {
    let mut changed = Vec::with_capacity(der.len());
    let mut rest = der;
    while let Some(first) = rest.first() {
        if let Some(after) = rest.strip_prefix(&ECDSA_WITH_SHA256) {
            changed.extend(ECDSA_WITH_SHA1);
            rest = after;
        } else {
            changed.push(*first);
            rest = &rest[1..];
        }
    }
    // The lengths of the certificate and of its signed part have two bytes each: the certificate has 256 bytes or more.
    for (at, less) in [(2, 2), (6, 1)] {
        if let Some([high, low]) = changed.get(at..at + 2).and_then(|bytes| <[u8; 2]>::try_from(bytes).ok()) {
            let length = u16::from_be_bytes([high, low]).saturating_sub(less);
            changed.splice(at..at + 2, length.to_be_bytes());
        }
    }
    changed.into()
}

/// The identifier of ECDSA with SHA-256, with its tags and lengths (RFC 5758, section 3.2).
const ECDSA_WITH_SHA256: [u8; 12] = [0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

/// The identifier of ECDSA with SHA-1 (RFC 3279, section 2.2.3).
const ECDSA_WITH_SHA1: [u8; 11] = [0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];

/// Returns the extension that names the OCSP responder: authority information access (RFC 5280, section 4.2.2.1).
fn responder() -> CustomExtension {
    // Every part is far shorter than the 127 bytes that a length of one byte allows.
    let length = |content: &[u8]| u8::try_from(content.len()).unwrap_or(u8::MAX);
    let part = |tag: u8, content: &[u8]| [&[tag, length(content)], content].concat();
    let description = [OCSP_METHOD.to_vec(), part(URI_TAG, revocation::OCSP.as_bytes())].concat();
    let content = part(SEQUENCE_TAG, &part(SEQUENCE_TAG, &description));
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], content)
}

const SEQUENCE_TAG: u8 = 0x30;

/// The tag of a URI among the names of X.509.
const URI_TAG: u8 = 0x86;

/// The object identifier 1.3.6.1.5.5.7.48.1 with its tag and length.
const OCSP_METHOD: [u8; 10] = [6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 1];

/// A stream that carries TLS.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {
    /// Makes closing a socket send a reset.
    fn reset(&mut self) {}
}

impl Wire for TcpStream {
    fn reset(&mut self) {
        // Without this option the socket is closed normally.
        let _ = self.set_zero_linger();
    }
}

impl Wire for hyper_util::rt::TokioIo<hyper::upgrade::Upgraded> {}

/// Returns the names of a host's certificate. As on Azure, a wildcard covers only the label that customers choose, so
/// names in the private zone are not covered.
fn covered(host: &str) -> Vec<String> {
    let parent = host.split_once('.').map_or(host, |(_, parent)| parent);
    let parent = parent.strip_prefix("privatelink.").unwrap_or(parent);
    if parent.contains('.') { vec![format!("*.{parent}"), parent.to_owned()] } else { vec![host_or_default(host)] }
}

fn host_or_default(host: &str) -> String {
    if host.is_empty() { "default.lab.example".into() } else { host.to_owned() }
}

fn authority(organization: &str, name: &str, now: SystemTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished(Some(organization), name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut params, now, -3650, 3650);
    params
}

fn own_root(params: &CertificateParams) -> io::Result<CertifiedIssuer<'static, KeyPair>> {
    CertifiedIssuer::self_signed(params.clone(), key()?).map_err(io::Error::other)
}

fn key() -> io::Result<KeyPair> {
    KeyPair::generate().map_err(io::Error::other)
}

fn distinguished(organization: Option<&str>, name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    if let Some(organization) = organization {
        distinguished.push(DnType::OrganizationName, organization);
    }
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// Sets the validity period of a certificate, in days from now.
fn valid(params: &mut CertificateParams, now: SystemTime, start: i32, end: i32) {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let from_epoch = |days: i32| {
        let away = Duration::from_secs(u64::from(days.unsigned_abs()) * 86_400);
        if days < 0 { since.saturating_sub(away) } else { since + away }
    };
    params.not_before = date_time_ymd(1970, 1, 1) + from_epoch(start);
    params.not_after = date_time_ymd(1970, 1, 1) + from_epoch(end);
}

/// The first frame of an HTTP/2 server: <https://www.rfc-editor.org/rfc/rfc9113#section-3.4>
const HTTP2_SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];

/// The fatal alert `protocol_version`: <https://www.rfc-editor.org/rfc/rfc8446#section-6>
const PROTOCOL_VERSION_ALERT: [u8; 7] = [21, 3, 3, 0, 2, 2, 70];

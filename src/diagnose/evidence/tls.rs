//! The TLS handshake.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::failure::Failure;

/// The handshake.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct TlsFacts {
    /// `1.2` or `1.3`.
    pub version: Option<String>,
    /// The cipher suite.
    pub cipher: Option<String>,
    /// The protocol agreed by ALPN.
    pub alpn: Option<String>,
    /// The certificates in the order in which they were sent, the leaf first.
    pub chain: Vec<Certificate>,
    /// The verification of the chain.
    pub trust: Option<TrustFacts>,
    /// One handshake per TLS version, tried when the peer sent an alert.
    pub versions: Vec<VersionTry>,
    /// Another server name at the same address, tried when the handshake was cut off or not answered.
    pub other_name: Option<SniTry>,
    /// Whether the peer asked for a client certificate, which no Azure service does.
    pub asks_for_certificate: bool,
    /// The revocation URLs of the verified chain, each fetched without a credential; only where a run was to do so.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub revocation: Vec<RevocationTry>,
}

/// A fetch of a revocation list, or a request to an OCSP responder, over HTTP on port 80.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct RevocationTry {
    /// The subject of the certificate that names the URL.
    pub certificate: String,
    /// The kind.
    pub kind: RevocationKind,
    /// The URL.
    pub url: String,
    /// The status; `None` without a response.
    pub status: Option<u16>,
    /// The reason why it cannot be fetched; `None` if it can.
    pub failure: Option<Failure>,
}

impl RevocationTry {
    /// Returns a URL of a certificate before it was tried.
    #[must_use]
    pub fn new(certificate: impl Into<String>, kind: RevocationKind, url: impl Into<String>) -> Self {
        Self { certificate: certificate.into(), kind, url: url.into(), status: None, failure: None }
    }
}

/// How a client learns whether a certificate is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum RevocationKind {
    /// A list that the client downloads (CRL, RFC 5280).
    Crl,
    /// A responder that the client queries (OCSP, RFC 6960).
    Ocsp,
}

/// A certificate.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct Certificate {
    /// The common name of the subject.
    pub subject: String,
    /// The common name of the issuer.
    pub issuer: String,
    /// The organisation of the issuer.
    pub organization: Option<String>,
    /// The subject alternative names.
    pub names: Vec<String>,
    /// The start of validity, in seconds since 1970.
    pub not_before: i64,
    /// The end of validity, in seconds since 1970.
    pub not_after: i64,
    /// Whether it says where its issuer's certificate can be fetched (authority information access).
    #[cfg_attr(feature = "serde", serde(default))]
    pub names_its_issuer: bool,
    /// The URLs of its revocation lists.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub crl_urls: Vec<String>,
    /// The URLs of its OCSP responders.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub ocsp_urls: Vec<String>,
    /// SHA-256 of the certificate, in hexadecimal.
    pub sha256: String,
}

/// The verification of a certificate chain.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct TrustFacts {
    /// Whether the chain verifies against the roots of this machine, for this name and time.
    pub verified: bool,
    /// The first fault.
    pub fault: Option<CertificateFault>,
    /// That fault in words.
    pub text: Option<String>,
    /// Whether the same chain verifies against the built-in roots; tried when it verifies, and when the issuer is unknown.
    pub by_builtin_roots: Option<bool>,
}

/// A fault of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum CertificateFault {
    /// No trusted issuer.
    UnknownIssuer,
    /// It is for other names.
    WrongName,
    /// It has expired.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// The trust store of this machine is empty.
    NoRoots,
    /// Any other fault.
    Other,
}

/// A handshake with only one TLS version.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct VersionTry {
    /// `1.2` or `1.3`.
    pub version: String,
    /// The failure; `None` when it passed.
    pub failure: Option<Failure>,
}

/// A handshake with another server name.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct SniTry {
    /// The name.
    pub name: String,
    /// The failure; `None` when it passed or the peer sent a certificate.
    pub failure: Option<Failure>,
}

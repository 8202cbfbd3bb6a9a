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
    /// The certificates as they were sent, the leaf first.
    pub chain: Vec<Certificate>,
    /// Whether the chain verifies.
    pub trust: Option<Trust>,
    /// The same host by each version alone, tried when the handshake was refused.
    pub versions: Vec<VersionTry>,
    /// Another name at the same address, tried when the handshake was cut off.
    pub other_name: Option<SniTry>,
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
    /// The names it is for.
    pub names: Vec<String>,
    /// From when on it is valid, in seconds since 1970.
    pub not_before: i64,
    /// Until when it is valid, in seconds since 1970.
    pub not_after: i64,
    /// SHA-256 of the whole, in hexadecimal.
    pub sha256: String,
}

/// Whether a chain verifies, and against what.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct Trust {
    /// Whether it verifies against the roots of this machine, for this name, now.
    pub verified: bool,
    /// The first thing that is wrong.
    pub fault: Option<CertificateFault>,
    /// That, in words.
    pub text: Option<String>,
    /// Whether the same chain verifies against the built-in roots; tried when the issuer is unknown.
    pub by_builtin_roots: Option<bool>,
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum CertificateFault {
    /// Nobody trusted vouches for it.
    UnknownIssuer,
    /// It is for other names.
    WrongName,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// This machine has no roots at all.
    NoRoots,
    /// Anything else.
    Other,
}

/// A handshake with one version of TLS alone.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct VersionTry {
    /// `1.2` or `1.3`.
    pub version: String,
    /// Why it failed; none when it passed.
    pub failure: Option<Failure>,
}

/// A handshake with another name.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct SniTry {
    /// The name.
    pub name: String,
    /// Why it failed; none when it passed or a certificate came.
    pub failure: Option<Failure>,
}

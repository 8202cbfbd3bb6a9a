//! The TLS of a world: certificates, handshakes and the trust store of the client.

use serde::Deserialize;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct TlsToml {
    pub(crate) certificate: CertificateToml,
    pub(crate) handshake: HandshakeToml,
    /// The delay of the handshake.
    pub(crate) handshake_delay_ms: u64,
    /// The supported versions; by default both.
    pub(crate) versions: Vec<VersionToml>,
    /// The server names that the fault affects; by default every name.
    pub(crate) names: Vec<String>,
    /// The revocation lists and responder that certificates name; by default none.
    pub(crate) revocation: Option<RevocationToml>,
}

/// What the hosts of the authority respond on port 80.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RevocationToml {
    Serve,
    /// A proxy on the path responds with a page.
    BlockPage,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CertificateToml {
    #[default]
    Valid,
    Expired,
    NotYetValid,
    WrongName,
    SelfSigned,
    /// Issued by the corporate inspection root.
    Company,
    /// Sent without the certificate of its issuer.
    Incomplete,
    /// Issued by an authority that may not issue for this name.
    Constrained,
    /// Signed with SHA-1, which clients reject.
    Sha1,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum HandshakeToml {
    #[default]
    Serve,
    /// Rejects every version with an alert.
    Alert,
    /// Closes after the client's first message.
    Close,
    /// Resets after the client's first message.
    Reset,
    /// Does not respond.
    Stall,
    /// Requires a client certificate.
    ClientCertificate,
    /// Completes, and then speaks HTTP/2 only.
    Http2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum VersionToml {
    #[serde(rename = "1.2")]
    Tls12,
    #[serde(rename = "1.3")]
    Tls13,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TrustToml {
    pub(crate) system: StoreToml,
}

/// The content of the machine's trust store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StoreToml {
    #[default]
    Public,
    Empty,
    /// Roots, but not the required one.
    Stale,
    /// The public root and the corporate root.
    Company,
}

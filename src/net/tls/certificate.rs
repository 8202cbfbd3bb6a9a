//! Certificates: the fields that a diagnosis needs, in readable form.

use std::fmt::Write as _;

use rustls::pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};
use x509_parser::oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS;
use x509_parser::prelude::{FromDer as _, GeneralName, ParsedExtension, X509Certificate, X509Name};

use crate::diagnose::evidence::Certificate;
use crate::net::printable::line;

/// Reads a certificate. An invalid one has a fingerprint only.
pub(super) fn read(der: &CertificateDer<'_>) -> Certificate {
    let sha256 = hexadecimal(&Sha256::digest(der));
    let Ok((_, parsed)) = X509Certificate::from_der(der) else {
        return Certificate { sha256, ..Certificate::default() };
    };
    let issuer = parsed.issuer();
    Certificate {
        subject: common_name(parsed.subject()),
        issuer: common_name(issuer),
        organization: issuer.iter_organization().next().and_then(|name| name.as_str().ok()).map(|name| line(name, 80)),
        names: names(&parsed),
        not_before: parsed.validity().not_before.timestamp(),
        not_after: parsed.validity().not_after.timestamp(),
        names_its_issuer: names_its_issuer(&parsed),
        sha256,
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Returns the common name, or the whole name if it has none.
fn common_name(name: &X509Name<'_>) -> String {
    let common = name.iter_common_name().next().and_then(|name| name.as_str().ok());
    common.map_or_else(|| line(&name.to_string(), 120), |name| line(name, 120))
}

/// Whether the certificate has the URL of its issuer's certificate. Public authorities write it; inspection rarely does.
fn names_its_issuer(certificate: &X509Certificate<'_>) -> bool {
    let access = certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityInfoAccess(access) => Some(access),
        _ => None,
    });
    access.is_some_and(|access| {
        access.accessdescs.iter().any(|one| one.access_method == OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS)
    })
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let names = extension.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(line(name, 120)),
        _ => None,
    });
    names.take(MOST_NAMES).collect()
}

/// The most names of a certificate in evidence. Certificates of Azure have up to 100, and the first 20 show their
/// purpose.
const MOST_NAMES: usize = 20;

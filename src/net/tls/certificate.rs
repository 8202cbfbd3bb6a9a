//! Certificates: the fields that a diagnosis needs, in readable form.

use std::fmt::Write as _;

use rustls::pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};
use x509_parser::extensions::DistributionPointName;
use x509_parser::oid_registry::{OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS, OID_PKIX_ACCESS_DESCRIPTOR_OCSP, Oid};
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
        names_its_issuer: access_urls(&parsed, &OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS).next().is_some(),
        crl_urls: crl_urls(&parsed),
        ocsp_urls: access_urls(&parsed, &OID_PKIX_ACCESS_DESCRIPTOR_OCSP).take(MOST_URLS).collect(),
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

/// Returns the URLs at which the certificate says that a kind of information about its issuer is: the issuer's certificate,
/// or its OCSP responder. Public authorities write them; inspection rarely does.
fn access_urls<'a>(certificate: &'a X509Certificate<'_>, method: &'a Oid<'_>) -> impl Iterator<Item = String> + 'a {
    let access = certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityInfoAccess(access) => Some(access),
        _ => None,
    });
    let described = access.into_iter().flat_map(|access| &access.accessdescs);
    described.filter(move |one| one.access_method == *method).filter_map(|one| url(&one.access_location))
}

/// Returns the URLs of the lists of revoked certificates.
fn crl_urls(certificate: &X509Certificate<'_>) -> Vec<String> {
    let points = certificate.extensions().iter().filter_map(|extension| match extension.parsed_extension() {
        ParsedExtension::CRLDistributionPoints(points) => Some(&points.points),
        _ => None,
    });
    let names = points.flatten().filter_map(|point| match &point.distribution_point {
        Some(DistributionPointName::FullName(names)) => Some(names),
        _ => None,
    });
    names.flatten().filter_map(url).take(MOST_URLS).collect()
}

fn url(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::URI(uri) => Some(line(uri, 200)),
        _ => None,
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let names = extension.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(line(name, 120)),
        _ => None,
    });
    names.take(MOST_NAMES).collect()
}

/// The most URLs of one kind in evidence. Certificates of Azure have one or two.
const MOST_URLS: usize = 4;

/// The most names of a certificate in evidence. Certificates of Azure have up to 100, and the first 20 show their
/// purpose.
const MOST_NAMES: usize = 20;

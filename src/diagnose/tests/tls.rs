//! Rules of TLS.

use std::time::Duration;

use super::super::sample::*;
use super::{expect, with};
use crate::diagnose::evidence::{
    Certificate, CertificateFault, Evidence, Failure, FailureKind, Step, TlsFacts, TrustFacts, VersionTry,
};

fn faulty(fault: CertificateFault, by_builtin_roots: Option<bool>, leaf: Certificate) -> Evidence {
    with(regional(), |trace| {
        let trust = TrustFacts { fault: Some(fault), by_builtin_roots, ..TrustFacts::default() };
        let facts = TlsFacts { chain: vec![leaf], trust: Some(trust), ..TlsFacts::default() };
        untrusted(trace, FailureKind::Certificate, facts);
    })
}

fn company() -> Certificate {
    Certificate { issuer: "Contoso Inspection CA".into(), organization: Some("Contoso Ltd".into()), ..leaf(STT) }
}

#[test]
fn tls01_and_02_are_told_by_the_built_in_roots() {
    let unknown = CertificateFault::UnknownIssuer;
    expect(&faulty(unknown, Some(false), company()), "TLS01 error, degraded");
    expect(&faulty(unknown, Some(true), leaf(STT)), "TLS02 error, degraded");
    expect(&faulty(CertificateFault::NoRoots, None, leaf(STT)), "TLS02 error, degraded");
    // Where nobody tried, the issuer decides.
    expect(&faulty(unknown, None, company()), "TLS01 error, degraded");
    expect(&faulty(unknown, None, leaf(STT)), "TLS02 error, degraded");
    let (text, ruled_out) = observed(&faulty(unknown, Some(false), company()), "TLS01");
    assert!(
        text.contains("is issued by `Contoso Inspection CA` of `Contoso Ltd`, SHA-256 abababababababab…"),
        "{text}"
    );
    assert_eq!(ruled_out, ["TLS02"]);
    assert_eq!(observed(&faulty(unknown, Some(true), leaf(STT)), "TLS02").1, ["TLS01"]);
}

#[test]
fn tls03_and_04_are_told_by_what_is_wrong() {
    let evidence = faulty(CertificateFault::WrongName, None, leaf("other.example"));
    expect(&evidence, "TLS03 error, degraded");
    assert_eq!(
        observed(&evidence, "TLS03").0,
        "20.61.99.10:443 presents a certificate for `other.example`, not for `westeurope.stt.speech.microsoft.com`"
    );
    let old = Certificate { not_after: 1_767_225_600 - 3 * 86_400, ..leaf(STT) };
    let mut evidence = faulty(CertificateFault::Expired, None, old);
    expect(&evidence, "TLS04 error, degraded");
    assert!(observed(&evidence, "TLS04").0.ends_with("expired 3 days ago"));
    if let crate::diagnose::evidence::Step::Passed { found, .. } = &mut evidence.traces[1].http {
        found.skew_seconds = Some(2);
    }
    assert_eq!(observed(&evidence, "TLS04").1, ["TLS01", "ENV01"]);
    let young = Certificate { not_before: 1_767_225_600 + 7200, ..leaf(STT) };
    assert!(observed(&faulty(CertificateFault::NotYetValid, None, young), "TLS04").0.ends_with("becomes valid in 2 h"));
    expect(&faulty(CertificateFault::Other, None, leaf(STT)), "TLS11 error, degraded");
}

#[test]
fn tls06_is_an_alert() {
    let evidence = with(regional(), |trace| {
        let alone = |version: &str, text: Option<&str>| VersionTry {
            version: version.into(),
            failure: text.map(|text| Failure::new(FailureKind::Alert, text)),
        };
        let versions = vec![alone("1.2", None), alone("1.3", Some("protocol_version"))];
        untrusted(trace, FailureKind::Alert, TlsFacts { versions, ..TlsFacts::default() });
    });
    expect(&evidence, "TLS06 error, degraded");
    let (text, ruled_out) = observed(&evidence, "TLS06");
    assert!(text.ends_with("1.2 alone passes and 1.3 alone: protocol_version"), "{text}");
    assert_eq!(ruled_out, ["TLS07", "TLS01"]);
}

#[test]
fn tls08_is_a_handshake_that_takes_far_longer_than_the_connection() {
    let taking = |handshake: u64, connection: u64| {
        with(regional(), |trace| {
            tcp(trace).attempts[0].took = Duration::from_millis(connection);
            if let Step::Passed { took, .. } = &mut trace.tls {
                *took = Duration::from_millis(handshake);
            }
        })
    };
    let evidence = taking(2400, 12);
    expect(&evidence, "TLS08 warning, degraded");
    let (text, ruled_out) = observed(&evidence, "TLS08");
    assert_eq!(
        text,
        "the handshake with 20.61.99.10:443 takes 2.4 s, the connection 12 ms, the lookup 3 ms; the certificate is \
         issued by `Microsoft Azure RSA TLS Issuing CA 04` of `Microsoft Corporation`"
    );
    assert_eq!(ruled_out, ["TCP10", "TLS01"]);
    // A long way is slow from the beginning.
    expect(&taking(2400, 600), "healthy");
    expect(&taking(600, 12), "healthy");
}

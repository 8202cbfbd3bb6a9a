#![no_main]
//! Whatever a peer sends as its certificates: the evidence is small and visible, no chain verifies, and only a plain URL of a
//! named host is fetched.

use libfuzzer_sys::fuzz_target;
use speech_endpoint::evidence::{Certificate, CertificateFault};
use speech_endpoint::fuzzing::{revocation_urls, tls_facts};
use speech_endpoint_fuzz::peer::{check_failure, check_text};

// Certificates follow each other, as their outer length says.
fuzz_target!(|bytes: &[u8]| {
    let chain = chain(bytes);
    let Some((leaf, others)) = chain.split_first() else { return };
    let facts = tls_facts(leaf, others);

    let trust = facts.trust.expect("the outcome");
    assert!(!trust.verified && trust.by_builtin_roots != Some(true), "{trust:?}");
    assert!(trust.fault.is_some_and(|fault| fault != CertificateFault::NoRoots));
    check_text(&trust.text.expect("a reason"), 700);
    assert_eq!(facts.chain.len(), chain.len());
    for certificate in &facts.chain {
        check(certificate);
    }
});

fn check(certificate: &Certificate) {
    let Certificate { subject, issuer, organization, names, crl_urls, ocsp_urls, sha256, .. } = certificate;
    check_text(subject, 120);
    check_text(issuer, 120);
    check_text(organization.as_deref().unwrap_or_default(), 80);
    assert!(names.len() <= 20 && crl_urls.len() <= 4 && ocsp_urls.len() <= 4);
    names.iter().for_each(|name| check_text(name, 120));
    assert!(sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit()));
    for (text, url) in revocation_urls(certificate) {
        check_text(&text, 200);
        match url {
            Ok(url) => {
                assert!(url.scheme() == "http" && url.domain().is_some_and(|host| !host.is_empty()), "{url}");
                assert!(url.username().is_empty() && url.password().is_none(), "{url}");
            }
            Err(failure) => check_failure(&failure),
        }
    }
    let saved = serde_json::to_vec(certificate).expect("evidence can be written");
    assert_eq!(serde_json::from_slice::<Certificate>(&saved).expect("evidence can be read"), *certificate);
}

fn chain(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while found.len() < 3 && !bytes.is_empty() {
        let length = match bytes {
            [_, 0x82, high, low, ..] => 4 + usize::from(u16::from_be_bytes([*high, *low])),
            _ => bytes.len(),
        };
        let (certificate, rest) = bytes.split_at(length.min(bytes.len()));
        found.push(certificate);
        bytes = rest;
    }
    found
}

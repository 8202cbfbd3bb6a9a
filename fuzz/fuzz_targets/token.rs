#![no_main]
//! Whatever a token service responds: what is taken for a token can be sent, its claims are short and visible, and neither
//! its evidence nor an error that quotes a response shows a token or a key.

use libfuzzer_sys::fuzz_target;
use speech_endpoint::Credential;
use speech_endpoint::evidence::{Claims, CredentialFacts};
use speech_endpoint::fuzzing::entra_error;
use speech_endpoint::third_party::azure_core::Error;
use speech_endpoint::third_party::azure_core::error::ErrorKind;
use speech_endpoint_fuzz::peer::check_text;
use speech_endpoint_fuzz::{check_line, secrets};

fuzz_target!(|body: &str| {
    for token in [Credential::issued_token(body.trim()), Credential::entra(body, None)].into_iter().flatten() {
        let claims = token.claims();
        let facts: CredentialFacts = token.facts(7);
        assert_eq!(facts.claims, claims);
        assert!(facts.fingerprint.len() == 8 && facts.length == body.trim().chars().count());
        if let Some(claims) = claims {
            check_claims(&claims);
        }
        let saved = serde_json::to_string(&facts).expect("evidence can be written");
        let signature = body.trim().rsplit('.').next().unwrap_or_default();
        let is_shown = signature.len() >= 24 && saved.contains(signature);
        assert!(!is_shown, "{saved}");
    }
    // A token of anybody, valid or not.
    if let Some(claims) = Claims::of_token(body) {
        check_claims(&claims);
    }

    // The identity library quotes a response in an error and in its cause.
    let (first, rest) = body.split_at(body.floor_char_boundary(body.len() / 2));
    for (message, cause) in [(body, first), (rest, body)] {
        let cause = Error::with_message(ErrorKind::Credential, cause.to_owned());
        check_error(body, &entra_error(&Error::with_error(ErrorKind::Credential, cause, message.to_owned())));
    }
});

/// Each text of an error is one line, and none holds a key or a token of the response.
fn check_error(body: &str, error: &dyn std::error::Error) {
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        check_line(&text);
        check_text(&text, 1500);
        let shown = secrets(&text);
        for secret in secrets(body) {
            assert!(!shown.iter().any(|shown| shown.eq_ignore_ascii_case(secret)), "{secret:?} of {body:?}: {text}");
        }
        next = error.source();
    }
}

fn check_claims(claims: &Claims) {
    for text in claims.aud.iter().chain(&claims.region) {
        check_text(text, 200);
    }
    for id in claims.tid.iter().chain(&claims.principal) {
        check_text(id, 8);
    }
}

//! Claims: the contents of a token. They are not verified.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::diagnose::evidence::{Claims, CredentialFacts, Fault};
use crate::resolve::credential::{Credential, CredentialError};
use crate::resolve::form::CredentialForm;

impl Credential {
    /// Returns the unverified claims of the token, with ids shortened; `None` for a key or an unreadable token.
    #[must_use]
    pub fn claims(&self) -> Option<Claims> {
        (self.form() != CredentialForm::Key).then(|| Claims::of_token(self.secret().expose()))?
    }

    /// Returns all that evidence may contain about this credential. Each run uses a new salt.
    #[must_use]
    pub fn facts(&self, salt: u64) -> CredentialFacts {
        let secret = self.secret();
        CredentialFacts {
            kind: self.kind().to_owned(),
            length: secret.expose().chars().count(),
            fingerprint: secret.fingerprint(salt),
            fault: None,
            claims: self.claims(),
        }
    }
}

impl CredentialFacts {
    /// Describes a malformed credential, which is not sent.
    #[must_use]
    pub fn faulty(kind: &str, error: &CredentialError) -> Self {
        let length = match error {
            CredentialError::Key { length, .. } | CredentialError::Token { length, .. } => *length,
            _ => 0,
        };
        let fault = Some(Fault::new(error.id(), error.to_string()));
        Self { kind: kind.to_owned(), length, fault, ..Self::default() }
    }
}

impl Claims {
    /// Returns the unverified claims of a token of three base64url parts, with ids shortened.
    #[must_use]
    pub fn of_token(token: &str) -> Option<Self> {
        let payload = token.split('.').nth(1)?.trim_end_matches('=');
        let payload = Zeroizing::new(URL_SAFE_NO_PAD.decode(payload).ok()?);
        let payload: Value = serde_json::from_slice(&payload).ok()?;
        payload.as_object()?;
        let text = |names: &[&str]| names.iter().find_map(|name| payload[*name].as_str()).and_then(shown);
        let id = |names: &[&str]| text(names).map(|id| id.chars().take(SHORT).collect());
        Some(Self {
            aud: text(&["aud"]),
            exp: seconds(&payload["exp"]),
            nbf: seconds(&payload["nbf"]),
            tid: id(&["tid"]),
            principal: id(&["oid", "appid"]),
            region: text(&["region"]),
        })
    }
}

/// Reads seconds. Some issuers write numbers as text, and some with a fraction.
#[allow(clippy::cast_possible_truncation, reason = "a fraction is truncated on purpose, and the cast saturates")]
fn seconds(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64)).or_else(|| value.as_str()?.parse().ok())
}

/// Returns the claim if a report may contain it: short, printable and not a misplaced secret.
fn shown(text: &str) -> Option<String> {
    let is_plain = text.chars().all(|c| c.is_ascii_graphic());
    (is_plain && text.len() <= LONGEST && !crate::resolve::quoted::looks_secret(text)).then(|| text.to_owned())
}

/// Enough of an id to compare it with a known one.
const SHORT: usize = 8;

/// The longest audiences are URLs that contain an id.
const LONGEST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.{}", part(r#"{"alg":"none"}"#), part(payload), part("signature"))
    }

    #[test]
    fn claims_are_read_and_ids_shortened() {
        let payload = r#"{"aud":"https://cognitiveservices.azure.com","exp":1767229200,"nbf":"1767225600",
            "tid":"72f988bf-86f1-41af-91ab-2d7cd011db47","oid":"0d1e2f3a-0000-0000-0000-000000000000"}"#;
        let claims = Credential::token(token(payload)).unwrap().claims().unwrap();
        assert_eq!(claims.aud.as_deref(), Some("https://cognitiveservices.azure.com"));
        assert_eq!((claims.exp, claims.nbf), (Some(1_767_229_200), Some(1_767_225_600)));
        assert_eq!((claims.tid.as_deref(), claims.principal.as_deref()), (Some("72f988bf"), Some("0d1e2f3a")));
        let issued = r#"{"region":"westeurope","product-id":"SpeechServices.S0","exp":1767229200.5}"#;
        let facts = Credential::token(token(issued)).unwrap().facts(7);
        assert_eq!((facts.kind.as_str(), facts.fingerprint.len()), ("issued token", 8));
        let claims = facts.claims.unwrap();
        assert_eq!((claims.region.as_deref(), claims.exp), (Some("westeurope"), Some(1_767_229_200)));
    }

    #[test]
    fn text_that_is_not_a_token_has_no_claims() {
        for text in ["", "a.b.c", "eyJh.e30", "eyJh.bm90IGpzb24.x", &token("[1]"), &token("7")] {
            let is_empty = Claims::of_token(text).is_none_or(|claims| claims == Claims::default());
            assert!(is_empty, "{text}");
        }
        let secret = token(r#"{"aud":"0123456789abcdef0123456789abcdef","region":"west\u001beurope"}"#);
        assert_eq!(Claims::of_token(&secret), Some(Claims::default()));
        assert_eq!(Credential::key("0123456789abcdef0123456789abcdef").unwrap().claims(), None);
    }
}

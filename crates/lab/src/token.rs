//! The lab's keys and tokens. Tokens have decodable claims and a fake signature.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::time::Instant;

use speech_endpoint::emulation::unix_seconds;

/// Makes tokens for one resource.
#[derive(Clone, Debug)]
pub(super) struct Maker {
    pub(super) now: SystemTime,
    pub(super) region: String,
    pub(super) account: String,
    /// The audience of the cloud.
    pub(super) audience: String,
    /// The number of times that all tokens were expired. Each token records it, because the lab's clock does not move.
    pub(super) ended: Arc<AtomicU64>,
    /// When the lab started.
    pub(super) begun: Instant,
}

impl Maker {
    /// Makes a token issued from the key.
    pub(super) fn issued(&self, expires_in: i64) -> String {
        let now = unix_seconds(self.now);
        token(&json!({
            "region": self.region, "subscription-id": SUBSCRIPTION, "product-id": "SpeechServices.S0",
            "cognitive-services-endpoint": "https://api.cognitive.microsoft.com/internal/v1.0/",
            "azure-resource-id": self.resource_id(), "scope": "speechservices",
            "aud": format!("urn:ms.speechservices.{}", self.region), "iss": ISSUER,
            "exp": now + expires_in, SINCE: self.ended.load(Ordering::Relaxed),
        }))
    }

    /// Makes a Microsoft Entra token.
    pub(super) fn entra(&self, audience: Option<&str>, expires_in: i64, begins_in: Option<i64>) -> String {
        let now = unix_seconds(self.now);
        let start = begins_in.map_or(now.min(now + expires_in - 3600), |begins_in| now + begins_in);
        token(&json!({
            "aud": audience.unwrap_or(&self.audience), "iss": format!("https://sts.windows.net/{TENANT}/"),
            "iat": start, "nbf": start, "exp": now + expires_in, "tid": TENANT, "oid": PRINCIPAL, "appid": APPLICATION,
            "ver": "1.0", SINCE: self.ended.load(Ordering::Relaxed),
        }))
    }

    /// Returns when a token of now ends, by the clock of a client, in seconds since 1970.
    pub(super) fn ends_at(&self) -> i64 {
        let age = i64::try_from(self.begun.elapsed().as_secs()).unwrap_or_default();
        unix_seconds(self.now).saturating_add(age).saturating_add(LIFETIME)
    }

    /// Expires all tokens made so far.
    pub(super) fn expire(&self) {
        self.ended.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns whether a token has expired, or is not valid yet.
    pub(super) fn is_expired(&self, claims: &Value) -> bool {
        let now = unix_seconds(self.now);
        let is_over = claims["exp"].as_i64().is_none_or(|exp| exp <= now);
        let is_early = claims["nbf"].as_i64().is_some_and(|nbf| nbf > now);
        is_over || is_early || claims[SINCE].as_u64().unwrap_or_default() < self.ended.load(Ordering::Relaxed)
    }

    /// Returns the ARM id of the resource.
    pub(super) fn resource_id(&self) -> String {
        let account = &self.account;
        format!(
            "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-speech/providers/Microsoft.CognitiveServices/accounts/{account}"
        )
    }
}

/// Decodes the claims of a token without verification.
pub(super) fn claims(token: &str) -> Option<Value> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

fn token(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(&json!({ "alg": "RS256", "typ": "JWT" }));
    format!("{header}.{}.{}", part(claims), URL_SAFE_NO_PAD.encode(SIGNATURE))
}

/// Returns whether a lab made a credential: a key of any age, or a token, with or without `aad#`.
pub(super) fn is_of_a_lab(credential: &str) -> bool {
    let is_key = [KEY, SECOND_KEY, FOREIGN_KEY].iter().any(|key| {
        // A regenerated key has other first digits.
        credential.len() == key.len() && credential.get(4..) == key.get(4..)
    });
    let signature = credential.rsplit('.').next().unwrap_or_default();
    is_key || URL_SAFE_NO_PAD.decode(signature).is_ok_and(|signature| signature == SIGNATURE.as_bytes())
}

/// The lifetime of a token of Microsoft Entra, in seconds.
pub(super) const LIFETIME: i64 = 3599;

/// The text in place of a signature.
const SIGNATURE: &str = "not a signature, this is a lab";

/// The key of the resource.
pub(super) const KEY: &str = "1aB2cD3eF4gH5iJ6kL7mN8oP9qR1sT2uV3wX4yZ5aB6cD7eF8gH9JQQJ99BKACYeBjFXJ3w3AAAYACOG7xKq";

/// The second key of the resource.
pub(super) const SECOND_KEY: &str =
    "2bC3dE4fG5hI6jK7lM8nO9pQ1rS2tU3vW4xY5zA6bC7dE8fG9hJ1JQQJ99BKACYeBjFXJ3w3AAAYACOGx5Ty";

/// The key of another resource.
pub(super) const FOREIGN_KEY: &str =
    "9zY8xW7vU6tS5rQ4pO3nM2lK1jI9hG8fE7dC6bA5zY4xW3vU2tS1JQQJ99BKACYeBjFXJ3w3AAAYACOGp2Lm";

/// The issuer of tokens from keys.
pub(super) const ISSUER: &str = "urn:ms.cognitiveservices";

/// The claim with the number of times that all tokens had been expired when this one was made.
const SINCE: &str = "lab_since";

pub(super) const PRINCIPAL: &str = "44444444-4444-4444-4444-444444444444";
pub(super) const SUBSCRIPTION: &str = "11111111-1111-1111-1111-111111111111";
pub(super) const TENANT: &str = "22222222-2222-2222-2222-222222222222";
pub(super) const APPLICATION: &str = "33333333-3333-3333-3333-333333333333";

#[cfg(test)]
mod tests {
    use super::*;
    use speech_endpoint::Credential;

    #[test]
    fn keys_and_tokens_have_the_format_of_real_ones() {
        assert_eq!((KEY.len(), SECOND_KEY.len(), FOREIGN_KEY.len()), (84, 84, 84));
        let maker = Maker {
            now: SystemTime::UNIX_EPOCH,
            region: "westeurope".into(),
            account: "contoso".into(),
            audience: "https://cognitiveservices.azure.com".into(),
            ended: Arc::default(),
            begun: Instant::now(),
        };
        let kind = |text: String| Credential::token(text).unwrap().kind();
        assert_eq!(kind(maker.issued(600)), "issued token");
        assert_eq!(kind(maker.entra(None, 600, None)), "Entra token");
        assert_eq!(kind(format!("aad#{}#{}", maker.resource_id(), maker.entra(None, 600, None))), "aad# token");
        assert_eq!(claims(&maker.issued(600)).unwrap()["exp"], 600);
    }
}

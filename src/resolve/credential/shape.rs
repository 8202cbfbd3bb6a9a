//! The shapes of keys and tokens: detects a credential mangled by a file, a shell or a pipeline before it is sent.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::CredentialError;
use crate::resolve::quoted::looks_like_key;

pub(super) const IS_A_TOKEN: &str = "is a token; give it as a token";
pub(super) const IS_A_KEY: &str = "is a key; give it as a key";

/// Returns the fault of a key; `None` for anything that could be a key, whatever its length.
pub(super) fn key_fault(key: &str) -> Option<&'static str> {
    let placeholder = |text: &str| {
        let lower = text.to_ascii_lowercase().replace(['_', '-', ' '], "");
        [
            "yourkey",
            "yoursubscriptionkey",
            "yourspeechkey",
            "yourresourcekey",
            "yourapikey",
            "changeme",
            "placeholder",
            "todo",
            "none",
            "null",
            "speechkey",
            "subscriptionkey",
            "apikey",
            "key",
        ]
        .contains(&lower.as_str())
            || text.starts_with(['<', '$', '{', '%'])
            || text.bytes().all(|b| b == text.as_bytes()[0])
    };
    if key.trim().is_empty() {
        return Some("is empty; set the variable or file that it is read from");
    }
    if key.starts_with("aad#") || is_token_shaped(key) || key.starts_with("Bearer ") {
        return Some(IS_A_TOKEN);
    }
    if looks_like_key(key) && !placeholder(key) {
        return None;
    }
    if placeholder(key) {
        return Some("is a placeholder; replace it with the key of the resource");
    }
    if key.contains(['\n', '\r']) {
        return Some("contains a line break; remove it at the source");
    }
    if key.contains(char::is_whitespace) {
        return Some("contains blanks; copy it again without them");
    }
    if key.contains(['"', '\'', '`']) {
        return Some("contains quotes; remove them at the source");
    }
    if key.chars().any(|c| c.is_control() || !c.is_ascii()) {
        return Some("contains characters that no key has; copy it again");
    }
    None
}

/// Rejects text that is not three base64url parts, the shape of issued and Microsoft Entra tokens.
pub(super) fn check_token(token: &str) -> Result<(), CredentialError> {
    let error = |fault| CredentialError::Token { length: token.chars().count(), fault };
    if token.is_empty() {
        return Err(error("is empty; set the variable or file that it is read from"));
    }
    if token.starts_with("Bearer ") {
        return Err(error("begins with `Bearer`; remove the prefix, which is added on the wire"));
    }
    if looks_like_key(token) {
        return Err(error(IS_A_KEY));
    }
    if !is_token_shaped(token) {
        return Err(error("is not a token: expected three parts separated by dots, or `aad#{resource ID}#{token}`"));
    }
    Ok(())
}

fn is_token_shaped(text: &str) -> bool {
    let mut parts = text.split('.');
    let part = |part: Option<&str>| {
        part.is_some_and(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=".contains(&b))
        })
    };
    text.starts_with("ey") && part(parts.next()) && part(parts.next()) && part(parts.next()) && parts.next().is_none()
}

/// Returns whether the Speech token service issued the token; its payload names a product, that of Microsoft Entra a
/// tenant.
pub(super) fn is_issued(token: &str) -> bool {
    let payload = token.split('.').nth(1).unwrap_or_default().trim_end_matches('=');
    let Ok(payload) = URL_SAFE_NO_PAD.decode(payload) else { return false };
    let payload = Zeroizing::new(String::from_utf8_lossy(&payload).into_owned());
    ["urn:ms.cognitiveservices", "cognitive-services-endpoint", "\"product-id\""]
        .iter()
        .any(|mark| payload.contains(mark))
}

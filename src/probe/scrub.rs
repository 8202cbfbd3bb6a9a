//! Scrub: removes credentials from evidence. A server may repeat a credential in a header or in a body, in another
//! case, encoded, or in pieces, and users share evidence in public issues.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::diagnose::evidence::Evidence;
#[cfg(feature = "connect")]
use crate::diagnose::evidence::Reply;
use crate::net::proxy::ProxySettings;
use crate::resolve::credential::{Credential, Secret};

/// Returns evidence without any piece of the credentials and of the proxy logins.
pub(crate) fn scrub<'a>(
    evidence: Evidence,
    credentials: impl IntoIterator<Item = &'a Credential>,
    proxies: &ProxySettings,
) -> Evidence {
    Scrub::of(credentials, proxies).evidence(evidence)
}

/// Removes credentials and proxy logins from evidence.
pub(crate) struct Scrub(Secrets);

impl Scrub {
    pub(crate) fn of<'a>(credentials: impl IntoIterator<Item = &'a Credential>, proxies: &ProxySettings) -> Self {
        let mut secrets = Secrets::default();
        for credential in credentials {
            secrets.add(credential.secret().expose());
        }
        for login in proxies.logins() {
            let login = login.expose();
            secrets.add_encoded(login);
            secrets.whole.insert(login.to_ascii_lowercase().into_bytes());
            // A shorter password may be a common word.
            let password = login.split_once(':').map_or("", |(_, password)| password);
            if password.len() >= PIECE {
                secrets.add(password);
            }
        }
        Self(secrets)
    }

    pub(crate) fn evidence(&self, evidence: Evidence) -> Evidence {
        self.any(evidence, |evidence| Evidence::new(evidence.observed_at, evidence.resource))
    }

    #[cfg(feature = "connect")]
    pub(crate) fn reply(&self, reply: Reply) -> Reply {
        self.any(reply, |reply| Reply { status: reply.status, ..Reply::default() })
    }

    /// Returns whether a text contains a piece of a secret.
    pub(crate) fn finds_any(&self, text: &str) -> bool {
        self.0.cut(text).is_some()
    }

    #[cfg(feature = "connect")]
    pub(crate) fn text(&self, text: String) -> String {
        self.0.cut(&text).unwrap_or(text)
    }

    /// Removes the secrets from every text of a value. `rest` replaces a value that is invalid without them.
    fn any<T: Serialize + DeserializeOwned>(&self, value: T, rest: impl FnOnce(T) -> T) -> T {
        let Ok(mut json) = serde_json::to_value(&value) else { return value };
        // Without a secret, the value itself is returned, because JSON rounds times.
        if self.0.cut_all(&mut json) == 0 {
            return value;
        }
        serde_json::from_value(json).unwrap_or_else(|_| rest(value))
    }
}

/// Returns a text without any piece of the secrets that a peer or a program may repeat.
#[must_use]
pub fn without_secrets(text: &str, secrets: &[Secret]) -> String {
    let mut sought = Secrets::default();
    for secret in secrets {
        sought.add(secret.expose());
        sought.whole.insert(secret.expose().to_ascii_lowercase().into_bytes());
    }
    sought.cut(text).unwrap_or_else(|| text.to_owned())
}

/// The secrets to find, in lower case.
#[derive(Default)]
struct Secrets {
    /// The pieces of length [`PIECE`] of every secret.
    pieces: HashSet<Vec<u8>>,
    /// The secrets that match only as a whole.
    whole: HashSet<Vec<u8>>,
}

impl Secrets {
    fn add(&mut self, secret: &str) {
        self.add_pieces(secret);
        self.add_encoded(secret);
    }

    /// Adds the percent-encoded form and the three base64 forms, which depend on the position in the encoded text.
    fn add_encoded(&mut self, secret: &str) {
        self.add_pieces(&secret.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02x}")));
        for skipped in 0..3.min(secret.len()) {
            let rest = &secret.as_bytes()[skipped..];
            self.add_pieces(&STANDARD_NO_PAD.encode(rest));
            self.add_pieces(&URL_SAFE_NO_PAD.encode(rest));
        }
    }

    fn add_pieces(&mut self, text: &str) {
        let text = text.to_ascii_lowercase();
        self.pieces.extend(text.as_bytes().windows(PIECE).map(<[u8]>::to_vec));
    }

    /// Removes the secrets from every text. Returns the number of changed texts.
    fn cut_all(&self, value: &mut Value) -> usize {
        match value {
            Value::Array(items) => items.iter_mut().map(|item| self.cut_all(item)).sum(),
            Value::Object(fields) => fields.values_mut().map(|field| self.cut_all(field)).sum(),
            Value::String(text) => match self.cut(text) {
                Some(cut) => {
                    *text = cut;
                    1
                }
                None => 0,
            },
            _ => 0,
        }
    }

    /// Returns the text with an ellipsis for each secret, or `None` if it contains no secret.
    fn cut(&self, text: &str) -> Option<String> {
        let lower = text.to_ascii_lowercase();
        let bytes = lower.as_bytes();
        let mut is_secret = vec![false; bytes.len()];
        let mut mark = |start: usize, length: usize| is_secret[start..start + length].fill(true);
        for (start, piece) in bytes.windows(PIECE).enumerate() {
            if self.pieces.contains(piece) {
                mark(start, PIECE);
            }
        }
        for whole in self.whole.iter().filter(|whole| whole.len() >= SHORTEST_WHOLE) {
            let found = bytes.windows(whole.len()).enumerate().filter(|(_, run)| run == whole);
            found.for_each(|(start, run)| mark(start, run.len()));
        }
        if !is_secret.contains(&true) {
            return None;
        }
        let mut cut = String::new();
        for (at, c) in text.char_indices() {
            match is_secret[at] {
                false => cut.push(c),
                true if !cut.ends_with('…') => cut.push('…'),
                true => {}
            }
        }
        Some(cut)
    }
}

/// The length of a piece. Shorter pieces of a key reveal little, and match other text by chance.
const PIECE: usize = 12;

/// A shorter login, like `a:b`, cannot be distinguished from other text.
const SHORTEST_WHOLE: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_removed_in_any_case_and_encoding() {
        let key = "1aB2cD3eF4gH5iJ6kL7mN8oP9qR1sT2u";
        let mut secrets = Secrets::default();
        secrets.add(key);
        let cut = |text: &str| secrets.cut(text).unwrap_or_else(|| text.to_owned());
        assert_eq!(cut(&format!("the key `{key}` is wrong")), "the key `…` is wrong");
        assert_eq!(cut(&key.to_lowercase()), "…");
        assert_eq!(cut(&format!("no '{}'", &key[5..20])), "no '…'");
        for before in ["", ":", "u:", "us:"] {
            let encoded = URL_SAFE_NO_PAD.encode(format!("{before}{key}"));
            assert!(cut(&encoded).len() < 12, "{}", cut(&encoded));
        }
        assert_eq!(cut("%31%61%42%32%63%44%33"), "…");
        assert_eq!(cut("é is kept, as is 1aB2cD3eF4g"), "é is kept, as is 1aB2cD3eF4g");
    }
}

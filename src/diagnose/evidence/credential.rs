//! Credentials, without any secret.

use std::time::SystemTime;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::clock::unix_seconds;

/// A credential, as far as it may be known.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct CredentialFacts {
    /// In words: `key`, `issued token`, `Entra token`, `aad# token`.
    pub kind: String,
    /// In characters.
    pub length: usize,
    /// Eight hexadecimal digits, salted anew for each run.
    pub fingerprint: String,
    /// What is wrong with its shape, so that it was not sent; one sentence, with the id of the catalogue.
    pub fault: Option<(String, String)>,
    /// What the token says of itself, unverified.
    pub claims: Option<Claims>,
}

/// What a token says of itself. Ids are shortened.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct Claims {
    /// Whom it is meant for.
    pub aud: Option<String>,
    /// When it expires, in seconds since 1970.
    pub exp: Option<i64>,
    /// From when on it is valid, in seconds since 1970.
    pub nbf: Option<i64>,
    /// The tenant, shortened.
    pub tid: Option<String>,
    /// The principal or application, shortened.
    pub principal: Option<String>,
    /// The region of an issued token.
    pub region: Option<String>,
}

impl Claims {
    /// Seconds until the token expires, at a time; negative when it has.
    #[must_use]
    pub fn expires_in(&self, now: SystemTime) -> Option<i64> {
        Some(self.exp? - unix_seconds(now))
    }
}

//! Credentials, without any secret.

use std::time::SystemTime;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::clock::unix_seconds;

/// A credential, as far as a report may show it.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct CredentialFacts {
    /// The kind in words: `key`, `issued token`, `Entra token`, `aad# token`.
    pub kind: String,
    /// The length in characters.
    pub length: usize,
    /// Eight hexadecimal digits, with a new salt for each run.
    pub fingerprint: String,
    /// The reason why it was not sent, where its shape is wrong.
    pub fault: Option<Fault>,
    /// The claims of the token, unverified.
    pub claims: Option<Claims>,
}

/// A credential that cannot be what it is given as.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(from = "FaultRead"))]
#[non_exhaustive]
pub struct Fault {
    /// The id of the catalogue.
    pub id: String,
    /// One sentence.
    pub text: String,
}

impl Fault {
    /// Returns a fault with its id of the catalogue and one sentence.
    #[must_use]
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { id: id.into(), text: text.into() }
    }
}

/// A fault as version 2 has it, or as the pair of version 1.
#[cfg(feature = "serde")]
#[derive(Deserialize)]
#[serde(untagged)]
enum FaultRead {
    Fields { id: String, text: String },
    Pair(String, String),
}

#[cfg(feature = "serde")]
impl From<FaultRead> for Fault {
    fn from(read: FaultRead) -> Self {
        match read {
            // The order of a pair was never fixed; an id has no blank.
            FaultRead::Pair(text, id) if text.contains(' ') => Self { id, text },
            FaultRead::Fields { id, text } | FaultRead::Pair(id, text) => Self { id, text },
        }
    }
}

/// The claims of a token, unverified. Ids are shortened.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct Claims {
    /// The audience.
    pub aud: Option<String>,
    /// The time of expiry, in seconds since 1970.
    pub exp: Option<i64>,
    /// The start of validity, in seconds since 1970.
    pub nbf: Option<i64>,
    /// The tenant, shortened.
    pub tid: Option<String>,
    /// The principal or application, shortened.
    pub principal: Option<String>,
    /// The region of an issued token.
    pub region: Option<String>,
}

impl Claims {
    /// Returns the seconds until the token expires; negative once it has expired.
    #[must_use]
    pub fn expires_in(&self, now: SystemTime) -> Option<i64> {
        Some(self.exp? - unix_seconds(now))
    }
}

//! HTTP.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::address::AddressClass;

/// What answers without a credential.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct HttpFacts {
    /// The answer.
    pub reply: Reply,
    /// Where the service directs a client that asks; tried where a service may direct.
    pub redirect: Option<Redirect>,
    /// The local clock minus the `Date` of the answer, in seconds.
    pub skew_seconds: Option<i64>,
}

/// An answer over HTTP.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct Reply {
    /// Method and path, without any value that may carry a credential.
    pub request: String,
    /// The status.
    pub status: u16,
    /// The headers that say something: of proxies, of the service, of time, in the order they came.
    pub headers: Vec<(String, String)>,
    /// The code in the body: `error.code`, `statusCode` or `code`.
    pub code: Option<String>,
    /// The message in the body, or its beginning when it is not JSON.
    pub message: Option<String>,
    /// How long the body is, in bytes, as far as it was read.
    pub body_bytes: usize,
    /// The `Date` of the answer, in seconds since 1970.
    pub date: Option<i64>,
}

/// A host that the service names in place of its own.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct Redirect {
    /// The answer that named it.
    pub status: u16,
    /// The host; none when the answer names none.
    pub host: Option<String>,
    /// The URL, without its query.
    pub url: Option<String>,
    /// The kind of its first address.
    pub class: Option<AddressClass>,
    /// Whether the resource's own cloud has such hosts.
    pub is_own_cloud: bool,
}

impl Reply {
    /// A header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Code and message together in lower case, to look for a text in.
    #[must_use]
    pub fn text(&self) -> String {
        let parts = [self.code.as_deref(), self.message.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ").to_ascii_lowercase()
    }
}

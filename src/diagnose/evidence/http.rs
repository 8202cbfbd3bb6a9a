//! HTTP.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::address::AddressClass;

/// The response to a request without a credential.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct HttpFacts {
    /// The response.
    pub reply: Reply,
    /// The host that the service names, requested where a service may redirect its clients.
    pub redirect: Option<Redirect>,
    /// The local clock minus the `Date` of the response, in seconds.
    pub skew_seconds: Option<i64>,
}

/// An HTTP response.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct Reply {
    /// Method and path, without any value that may carry a credential.
    pub request: String,
    /// The status.
    pub status: u16,
    /// The headers of proxies, of the service and of time, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The code in the body: `error.code`, `statusCode` or `code`.
    pub code: Option<String>,
    /// The message in the body, or its beginning when it is not JSON.
    pub message: Option<String>,
    /// The length of the body in bytes, as far as it was read.
    pub body_bytes: usize,
    /// The `Date` of the response, in seconds since 1970.
    pub date: Option<i64>,
}

/// A host that the service names in place of its own.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct Redirect {
    /// The status of the response that named it.
    pub status: u16,
    /// The host; `None` when the response names none.
    pub host: Option<String>,
    /// The URL, without its query.
    pub url: Option<String>,
    /// The class of its first address.
    pub class: Option<AddressClass>,
    /// Whether the host belongs to the cloud of the resource.
    pub is_own_cloud: bool,
}

impl Reply {
    /// Returns a header by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns code and message together in lower case, to search for a text.
    #[must_use]
    pub fn text(&self) -> String {
        let parts = [self.code.as_deref(), self.message.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ").to_ascii_lowercase()
    }

    /// Returns whether the content type is HTML. The service itself refuses in JSON, in plain text or without a body.
    pub(crate) fn is_html(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("html"))
    }

    /// Returns whether the response rejects the version of the API. The front ends have different codes and texts for it.
    pub(crate) fn rejects_the_version(&self) -> bool {
        let text = self.text();
        ["api version", "api-version", "apiversion"].iter().any(|words| text.contains(words))
    }
}

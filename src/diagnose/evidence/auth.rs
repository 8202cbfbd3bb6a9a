//! The credential at the service.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::credential::Claims;
use super::http::Reply;

/// What the service said to the credential.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct AuthFacts {
    /// The form that was sent, by its id.
    pub form: String,
    /// The answer.
    pub reply: Reply,
    /// Other ways of giving the same credential, tried when this one was refused.
    pub tries: Vec<AuthTry>,
    /// What a token issued from the key says; tried when the key was refused.
    pub issued: Option<Claims>,
}

/// Another way of giving the same credential, or the second key in place of the first.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct AuthTry {
    /// What was done, in words: `as aad# token`, `at contoso.cognitiveservices.azure.com`, `issue-token`,
    /// [`AuthTry::SECOND_KEY`].
    pub way: String,
    /// The host.
    pub host: String,
    /// The form, by its id.
    pub form: String,
    /// The status; none when there was no answer.
    pub status: Option<u16>,
}

impl AuthTry {
    /// What was done, where it was the second key.
    pub const SECOND_KEY: &'static str = "with the second key";
}

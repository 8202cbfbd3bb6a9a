//! The credential at the service.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::credential::Claims;
use super::http::Reply;
use crate::resolve::form::CredentialForm;

/// The response of the service to the credential.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct AuthFacts {
    /// The id of the form that was sent.
    pub form: String,
    /// The response.
    pub reply: Reply,
    /// Further attempts, made when the credential was rejected.
    pub tries: Vec<AuthTry>,
    /// The claims of a token issued from the key, fetched when the key was rejected.
    pub issued: Option<Claims>,
}

/// A further attempt after the credential was rejected.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct AuthTry {
    /// What was changed.
    #[cfg_attr(feature = "serde", serde(rename = "way"))]
    pub retry: Retry,
    /// The host.
    pub host: String,
    /// The id of the form.
    pub form: String,
    /// The status; `None` without a response.
    pub status: Option<u16>,
}

/// What a further attempt changes about a rejected request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(into = "&'static str", try_from = "String"))]
#[non_exhaustive]
pub enum Retry {
    /// The same credential in another form.
    OtherForm,
    /// The same credential at the resource's own host.
    OwnHost,
    /// The key at the host that issues tokens.
    IssueToken,
    /// The second key in place of the first, at the same host.
    SecondKey,
}

impl Retry {
    const ALL: [Self; 4] = [Self::OtherForm, Self::OwnHost, Self::IssueToken, Self::SecondKey];

    /// Returns the identifier used in saved evidence.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::OtherForm => "other_form",
            Self::OwnHost => "own_host",
            Self::IssueToken => "issue_token",
            Self::SecondKey => "second_key",
        }
    }

    /// Reads the words that version 1 of saved evidence has in place of an identifier.
    fn of_version_1(words: &str) -> Option<Self> {
        match words {
            "with the second key" => Some(Self::SecondKey),
            "issue-token" => Some(Self::IssueToken),
            _ if words.starts_with("as ") => Some(Self::OtherForm),
            _ if words.starts_with("at ") => Some(Self::OwnHost),
            _ => None,
        }
    }
}

impl From<Retry> for &'static str {
    fn from(retry: Retry) -> Self {
        retry.id()
    }
}

impl TryFrom<String> for Retry {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|retry| retry.id() == text).or_else(|| Self::of_version_1(&text));
        known.ok_or_else(|| format!("`{text}` is not a kind of retry"))
    }
}

impl AuthTry {
    /// Describes the attempt: `as aad# token`, `at contoso.cognitiveservices.azure.com`.
    #[must_use]
    pub fn description(&self) -> String {
        match self.retry {
            Retry::OtherForm => {
                let form = CredentialForm::ALL.into_iter().find(|form| form.id() == self.form);
                format!("as {}", form.map_or(&*self.form, |form| form.title()))
            }
            Retry::OwnHost => format!("at {}", self.host),
            Retry::IssueToken => "issue-token".to_owned(),
            Retry::SecondKey => "with the second key".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_is_read_by_its_id_and_by_the_words_of_version_1() {
        for (text, expected) in [
            ("other_form", Some(Retry::OtherForm)),
            ("as aad# token", Some(Retry::OtherForm)),
            ("at contoso.cognitiveservices.azure.com", Some(Retry::OwnHost)),
            ("issue-token", Some(Retry::IssueToken)),
            ("with the second key", Some(Retry::SecondKey)),
            ("second_key", Some(Retry::SecondKey)),
            ("by post", None),
        ] {
            assert_eq!(Retry::try_from(text.to_owned()).ok(), expected, "{text}");
        }
    }
}

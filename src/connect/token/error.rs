//! Why there is no token.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::net::http::line;
use crate::resolve::cloud::Cloud;

/// A token that could not be had.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// A cloud of which the scope is not known.
    #[error("the {} has no token scope: give it with `Suffixes::with_token_scope`", .cloud.title())]
    NoScope {
        /// The cloud.
        cloud: Cloud,
    },
    /// The credential failed.
    #[error("no Entra token for `{scope}`: {text}; {}", what_to_do(.code.as_deref()))]
    Entra {
        /// The scope that was asked for.
        scope: String,
        /// The first line of what was said, without secrets.
        text: String,
        /// The code of Microsoft Entra (`AADSTS…`), where it gave one.
        code: Option<String>,
        /// What was beneath it.
        source: Option<Cause>,
    },
    /// The resource refused every key (`AUTH01`).
    #[error(
        "the resource refused {}: use a key of this resource, at its own region or custom domain",
        if *.keys == 1 { "its key" } else { "both of its keys" }
    )]
    KeysRefused {
        /// How many were tried.
        keys: usize,
        /// How the last one was refused, where that was at `issueToken`.
        source: Option<Arc<dyn Error + Send + Sync>>,
    },
    /// The token service was not reached, or answered something else.
    #[error("no token was issued: the request at `issueToken` failed")]
    NotIssued {
        /// What failed.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// Something came that is no token.
    #[error("{from} gave {length} characters that are no token: expected three base64url parts with dots between them")]
    NotAToken {
        /// Who gave it.
        from: &'static str,
        /// How long it is.
        length: usize,
    },
    /// A token came that had expired.
    #[error("the token expired {} s before it came: compare the clock of this machine with the real time", .ago.as_secs())]
    Expired {
        /// How long ago.
        ago: Duration,
    },
    /// The time was over.
    #[error("no token came within {} s: look at what the credential waits for", .limit.as_secs())]
    TimedOut {
        /// The time that a fetch has.
        limit: Duration,
    },
    /// The fetch that this caller waited for ended without a result.
    #[error("the fetch of the token was broken off: try again")]
    BrokenOff,
}

impl TokenError {
    /// The id of the failure catalogue, where it has one; else `token`.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::KeysRefused { .. } => "AUTH01",
            Self::Entra { .. } => "AUTH11",
            _ => "token",
        }
    }

    /// The credential's error, scrubbed: what lies beneath may quote whatever a server sent.
    pub(super) fn entra(scope: &str, error: &azure_core::Error) -> Self {
        let texts = chain(error);
        let lines = || texts.iter().flat_map(|text| text.lines()).map(str::trim).filter(|line| !line.is_empty());
        let telling = lines().find(|line| line.contains(CODE)).or_else(|| lines().next()).unwrap_or_default();
        // A heading says nothing without what stands under it.
        let text = if telling.ends_with(':') && !telling.contains(CODE) {
            lines().collect::<Vec<_>>().join(" ")
        } else {
            telling.to_owned()
        };
        let source = Cause::of(error.source());
        Self::Entra { scope: scope.to_owned(), text: line(&text, LONGEST), code: code(telling), source }
    }
}

/// What was beneath an error, as a line without secrets.
#[derive(Clone, Debug)]
pub struct Cause {
    text: String,
    source: Option<Box<Self>>,
}

impl Cause {
    fn of(error: Option<&(dyn Error + 'static)>) -> Option<Self> {
        let error = error?;
        let text = line(error.to_string().lines().next().unwrap_or_default(), LONGEST);
        Some(Self { text, source: Self::of(error.source()).map(Box::new) })
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|cause| cause as _)
    }
}

/// The texts of an error and of all beneath it.
fn chain(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut texts = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        texts.push(cause.to_string());
        next = cause.source();
    }
    texts
}

/// `AADSTS` and the digits after it.
fn code(text: &str) -> Option<String> {
    let digits = &text[text.find(CODE)? + CODE.len()..];
    let digits: String = digits.chars().take_while(char::is_ascii_digit).take(MOST_DIGITS).collect();
    (!digits.is_empty()).then(|| format!("{CODE}{digits}"))
}

fn what_to_do(code: Option<&str>) -> String {
    match code.and_then(|code| code.strip_prefix(CODE)) {
        // <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>
        Some(number) => format!("read https://login.microsoftonline.com/error?code={number}"),
        None => "look whether the credential is signed in, or its identity assigned, on this machine".into(),
    }
}

const CODE: &str = "AADSTS";

/// The longest have seven.
const MOST_DIGITS: usize = 9;

/// One line of a terminal or two: the sentence, without the ids for support that follow it.
const LONGEST: usize = 200;

#[cfg(test)]
mod tests {
    use azure_core::error::ErrorKind;

    use super::*;

    const SCOPE: &str = "https://cognitiveservices.azure.com/.default";

    #[test]
    fn the_first_line_with_a_code_of_entra_is_shown_and_the_page_about_it() {
        let beneath = "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1-2-3\r\nTimestamp: now";
        let error = azure_core::Error::new(ErrorKind::Credential, std::io::Error::other(beneath));
        let error = TokenError::entra(SCOPE, &error.with_context("ClientSecretCredential failed"));
        assert_eq!(
            error.to_string(),
            "no Entra token for `https://cognitiveservices.azure.com/.default`: AADSTS7000215: Invalid client secret \
             provided.; read https://login.microsoftonline.com/error?code=7000215"
        );
        let texts = chain(&error);
        assert!(texts.len() > 1 && texts.iter().all(|text| !text.contains("Trace")), "{texts:?}");
    }

    #[test]
    fn an_error_without_a_code_says_what_to_look_at() {
        let error = azure_core::Error::with_message(ErrorKind::Credential, "\n az: not found \n more");
        let error = TokenError::entra(SCOPE, &error);
        assert!(error.to_string().contains("`: az: not found; look whether the credential is signed in"), "{error}");
        assert!(error.source().is_none());
    }

    #[test]
    fn a_heading_is_shown_with_what_stands_under_it() {
        let said = "Multiple errors were encountered:\nAzureCliCredential: not found on PATH\nno azd";
        let error = TokenError::entra(SCOPE, &azure_core::Error::with_message(ErrorKind::Credential, said));
        let shown = "`: Multiple errors were encountered: AzureCliCredential: not found on PATH no azd; look";
        assert!(error.to_string().contains(shown), "{error}");
    }

    #[test]
    fn no_text_of_an_error_shows_a_secret() {
        let secret = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl";
        let text = format!("AADSTS1: cannot read {{\"access_token\":\"{secret}\"}} here");
        let beneath = azure_core::Error::with_message(ErrorKind::Other, text.clone());
        let error = TokenError::entra(SCOPE, &azure_core::Error::with_error(ErrorKind::Credential, beneath, text));
        let seen = format!("{error} {error:?} {:?}", chain(&error));
        assert!(seen.contains("cannot read … here") && !seen.contains("eyJ"), "{seen}");
    }

    #[test]
    fn a_code_is_its_digits_and_no_more() {
        for (text, expected) in [
            ("x AADSTS50076: y", Some("AADSTS50076")),
            ("(AADSTS700016)", Some("AADSTS700016")),
            ("AADSTS: none", None),
            ("none", None),
        ] {
            assert_eq!(code(text).as_deref(), expected, "{text}");
        }
    }
}

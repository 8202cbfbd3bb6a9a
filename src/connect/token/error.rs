//! Errors of token sources.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::net::printable::line;
use crate::resolve::cloud::Cloud;

/// A token source that returned no token.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The token scope of the cloud is not known.
    #[error("the {} has no token scope: set it with `Suffixes::with_token_scope`", .cloud.title())]
    NoScope {
        /// The cloud.
        cloud: Cloud,
    },
    /// The credential returned an error (`AUTH11`).
    #[error("no Entra token for `{scope}`: {text}; {}", advice(.code.as_deref()))]
    Entra {
        /// The requested scope.
        scope: String,
        /// The first line of the credential's error, without secrets.
        text: String,
        /// The error code of Microsoft Entra (`AADSTS…`), if there is one.
        code: Option<String>,
        /// The cause of the credential's error.
        source: Option<RedactedCause>,
    },
    /// The resource rejected every key (`AUTH01`).
    #[error(
        "the resource rejected {}: use a key of this resource, with its region or custom domain",
        if *.keys == 1 { "the key" } else { "both keys" }
    )]
    KeysRejected {
        /// The number of keys that were tried.
        keys: usize,
        /// The error of the last key, if it was rejected at `issueToken`.
        source: Option<Arc<dyn Error + Send + Sync>>,
    },
    /// The request to `issueToken` failed for another reason than a rejected key.
    #[error("no token was issued: the request to `issueToken` failed")]
    NotIssued {
        /// The error of the request.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// A response contained something else than a token.
    #[error(
        "{from} returned {length} characters that are not a token: expected three base64url parts separated by dots"
    )]
    NotAToken {
        /// The service or credential that returned it.
        from: &'static str,
        /// Its length in characters.
        length: usize,
    },
    /// A token had expired when it arrived.
    #[error("the token had expired {} s before it arrived: check the clock of this machine", .ago.as_secs())]
    Expired {
        /// The time since it expired.
        ago: Duration,
    },
    /// The token did not arrive in time.
    #[error("{}", timed_out(*.limit))]
    TimedOut {
        /// The time limit.
        limit: Duration,
    },
    /// The shared request that this call waited for was cancelled.
    #[error("the token request was cancelled; try again")]
    Cancelled,
}

impl TokenError {
    /// Returns the id in the failure catalogue: `AUTH01` for [`TokenError::KeysRejected`], `AUTH11` for
    /// [`TokenError::Entra`]. The other errors are not in the catalogue; their id is `token`.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::KeysRejected { .. } => "AUTH01",
            Self::Entra { .. } => "AUTH11",
            _ => "token",
        }
    }

    /// Converts the error of a credential. Secrets are removed, because its sources may quote any response of a server.
    pub(crate) fn entra(scope: &str, error: &azure_core::Error) -> Self {
        let texts = chain(error);
        let lines = || texts.iter().flat_map(|text| text.lines()).map(str::trim).filter(|line| !line.is_empty());
        let relevant = lines().find(|line| line.contains(CODE)).or_else(|| lines().next()).unwrap_or_default();
        // A heading is of no use without the lines below it.
        let text = if relevant.ends_with(':') && !relevant.contains(CODE) {
            lines().collect::<Vec<_>>().join(" ")
        } else {
            relevant.to_owned()
        };
        let source = RedactedCause::of(error.source());
        let text = Some(line(&text, LONGEST)).filter(|text| !text.is_empty());
        let text = text.unwrap_or_else(|| "the credential gives no reason".to_owned());
        Self::Entra { scope: scope.to_owned(), text, code: code(relevant), source }
    }
}

/// The source of an error: its first line with words, without secrets.
#[derive(Clone, Debug)]
pub struct RedactedCause {
    text: String,
    source: Option<Box<Self>>,
}

impl RedactedCause {
    fn of(error: Option<&(dyn Error + 'static)>) -> Option<Self> {
        let error = error?;
        let source = Self::of(error.source());
        let text = error.to_string().lines().map(|text| line(text, LONGEST)).find(|text| !text.is_empty());
        match text {
            Some(text) => Some(Self { text, source: source.map(Box::new) }),
            // A cause without words would be an empty line in the chain.
            None => source,
        }
    }
}

impl fmt::Display for RedactedCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for RedactedCause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|cause| cause as _)
    }
}

fn timed_out(limit: Duration) -> String {
    let time = match limit.as_millis() {
        0 => return "the call had no time left to wait for a token: raise its time limit".to_owned(),
        millis if millis % 1000 == 0 => format!("{} s", limit.as_secs()),
        millis => format!("{millis} ms"),
    };
    format!("no token arrived within {time}: check what the credential is waiting for")
}

/// Returns the texts of an error and its sources.
fn chain(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut texts = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        texts.push(cause.to_string());
        next = cause.source();
    }
    texts
}

/// Returns `AADSTS` and the digits after it.
fn code(text: &str) -> Option<String> {
    let digits = &text[text.find(CODE)? + CODE.len()..];
    let digits: String = digits.chars().take_while(char::is_ascii_digit).take(MOST_DIGITS).collect();
    (!digits.is_empty()).then(|| format!("{CODE}{digits}"))
}

fn advice(code: Option<&str>) -> String {
    match code.and_then(|code| code.strip_prefix(CODE)) {
        // <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>
        Some(number) => format!("see https://login.microsoftonline.com/error?code={number}"),
        None => "check that the credential is signed in on this machine, or that its identity is assigned to it".into(),
    }
}

const CODE: &str = "AADSTS";

/// The longest codes have seven digits.
const MOST_DIGITS: usize = 9;

/// One or two lines of a terminal: enough for the sentence, without the trace ids that follow it.
const LONGEST: usize = 200;

#[cfg(test)]
mod tests {
    use azure_core::error::ErrorKind;

    use super::*;

    const SCOPE: &str = "https://cognitiveservices.azure.com/.default";

    #[test]
    fn the_first_line_with_an_entra_code_is_shown_with_the_page_about_it() {
        let source = "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1-2-3\r\nTimestamp: now";
        let error = azure_core::Error::new(ErrorKind::Credential, std::io::Error::other(source));
        let error = TokenError::entra(SCOPE, &error.with_context("ClientSecretCredential failed"));
        assert_eq!(
            error.to_string(),
            "no Entra token for `https://cognitiveservices.azure.com/.default`: AADSTS7000215: Invalid client secret \
             provided.; see https://login.microsoftonline.com/error?code=7000215"
        );
        let texts = chain(&error);
        assert!(texts.len() > 1 && texts.iter().all(|text| !text.contains("Trace")), "{texts:?}");
    }

    #[test]
    fn the_time_limit_is_shown_in_a_unit_that_fits() {
        for (millis, expected) in [
            (30_000, "no token arrived within 30 s: check what the credential is waiting for"),
            (800, "no token arrived within 800 ms: check what the credential is waiting for"),
            (2500, "no token arrived within 2500 ms: check what the credential is waiting for"),
            (0, "the call had no time left to wait for a token: raise its time limit"),
        ] {
            assert_eq!(TokenError::TimedOut { limit: Duration::from_millis(millis) }.to_string(), expected);
        }
    }

    #[test]
    fn an_error_without_a_code_says_what_to_check() {
        let error = azure_core::Error::with_message(ErrorKind::Credential, "\n az: not found \n more");
        let error = TokenError::entra(SCOPE, &error);
        assert!(error.to_string().contains("`: az: not found; check that the credential is signed in"), "{error}");
        assert!(error.source().is_none());
    }

    #[test]
    fn an_error_and_a_cause_without_words_leave_no_gap() {
        let silent = TokenError::entra(SCOPE, &azure_core::Error::with_message(ErrorKind::Credential, " \n\u{200b}"));
        assert!(silent.to_string().contains("`: the credential gives no reason; check"), "{silent}");
        let cause = azure_core::Error::with_message(ErrorKind::Credential, "\n\n az: not found \n more");
        let error = azure_core::Error::with_error(ErrorKind::Credential, cause, "");
        let texts = chain(&TokenError::entra(SCOPE, &error));
        assert_eq!(texts[1..], ["az: not found"], "{texts:?}");
        let silent = azure_core::Error::with_message(ErrorKind::Credential, "");
        let error = azure_core::Error::with_error(ErrorKind::Credential, silent, "AADSTS1: x");
        assert_eq!(chain(&TokenError::entra(SCOPE, &error)).len(), 1);
    }

    #[test]
    fn a_heading_is_shown_with_the_lines_below_it() {
        let said = "Multiple errors were encountered:\nAzureCliCredential: not found on PATH\nno azd";
        let error = TokenError::entra(SCOPE, &azure_core::Error::with_message(ErrorKind::Credential, said));
        let shown = "`: Multiple errors were encountered: AzureCliCredential: not found on PATH no azd; check";
        assert!(error.to_string().contains(shown), "{error}");
    }

    #[test]
    fn no_text_of_an_error_shows_a_secret() {
        let secret = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl";
        let text = format!("AADSTS1: cannot read {{\"access_token\":\"{secret}\"}} here");
        let source = azure_core::Error::with_message(ErrorKind::Other, text.clone());
        let error = TokenError::entra(SCOPE, &azure_core::Error::with_error(ErrorKind::Credential, source, text));
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

//! Reduces an error of the identity library to one line without secrets or personal data.

use std::error::Error as _;

use azure_core::Error;
use azure_core::error::ErrorKind;
use speech_endpoint::Secret;
use speech_endpoint::probe::without_secrets;

/// Returns the first meaningful line.
///
/// 1. For a malformed response, say only that: its text may contain a token.
/// 2. If the connection failed, say why.
/// 3. Otherwise use the text of the source: a code such as `AADSTS7000215` with its sentence, or a line of a program.
/// 4. Remove secrets, tokens, quoted names and identifiers.
pub(super) fn said(error: &Error, secrets: &[Secret]) -> String {
    let chain = || std::iter::successors(Some(error), |error: &&Error| (*error).source()?.downcast_ref::<Error>());
    if chain().any(|error| *error.kind() == ErrorKind::DataConversion) {
        return "the response is not a token".to_owned();
    }
    let is_connection = |error: &Error| matches!(error.kind(), ErrorKind::Connection | ErrorKind::Io);
    let text = match chain().find(|error| is_connection(error)) {
        Some(error) => format!("no connection: {}", deepest(error)),
        None => error.to_string(),
    };
    discreet(&without_secrets(line(&text), secrets))
}

fn deepest(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// Returns the first error line, or else the first line, without its prefix and trace id.
fn line(text: &str) -> &str {
    let text = text.split_once("authentication failed.").map_or(text, |(_, rest)| rest);
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("To troubleshoot"));
    let line = lines().find(|line| line.starts_with("ERROR")).or_else(|| lines().next()).unwrap_or("no reason given");
    let line = line.trim_start_matches("ERROR:").trim_start();
    let end = [" Trace ID", "\tTrace ID"].iter().filter_map(|mark| line.find(mark)).min().unwrap_or(line.len());
    line[..end].trim_end_matches('.')
}

/// Removes tokens, names and identifiers, and limits the length.
fn discreet(text: &str) -> String {
    let mut said: String = text
        .split(' ')
        .map(|word| if is_opaque(word) { "…" } else { word })
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .collect();
    for quote in ['\'', '"'] {
        said = without_quoted(&said, quote);
    }
    if said.chars().count() > LONGEST { said.chars().take(LONGEST).chain(['…']).collect() } else { said }
}

/// Returns whether a word is too long for ordinary text, a token or an e-mail address.
fn is_opaque(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    let longest = bare.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').map(str::len).max();
    let is_url = bare.starts_with("http://") || bare.starts_with("https://");
    bare.contains('@') || bare.starts_with("eyJ") || (longest > Some(30) && !is_url)
}

/// Removes quoted names, but keeps quoted commands.
fn without_quoted(text: &str, quote: char) -> String {
    let parts: Vec<&str> = text.split(quote).collect();
    // An odd number of quotes means that one is an apostrophe.
    if parts.len().is_multiple_of(2) {
        return text.to_owned();
    }
    let kept = |(number, part): (usize, &&str)| match number % 2 {
        0 => (*part).to_owned(),
        _ if part.starts_with("az ") || part.starts_with("azd ") || part.starts_with("client_") => format!("`{part}`"),
        _ => "…".to_owned(),
    };
    parts.iter().enumerate().map(kept).collect()
}

/// Long enough for the sentence of an error code.
const LONGEST: usize = 220;

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> Error {
        Error::with_message(ErrorKind::Credential, text.to_owned())
    }

    #[test]
    fn the_code_and_its_sentence_are_kept_without_personal_data() {
        let secrets = [Secret::from("Xy8Q~geheim.geheim.geheim".to_owned())];
        for (text, expected) in [
            (
                "ClientSecretCredential authentication failed. AADSTS7000215: Invalid client secret provided. Ensure it is right, for a secret added to app '3333'. Trace ID: 1 Correlation ID: 2\nTo troubleshoot, visit https://aka.ms/x",
                "AADSTS7000215: Invalid client secret provided. Ensure it is right, for a secret added to app …",
            ),
            (
                "AzureCliCredential authentication failed. WARNING: old\nERROR: Please run 'az login' to setup account.\n\nTo troubleshoot",
                "Please run `az login` to setup account",
            ),
            ("x authentication failed. The request failed: no Xy8Q~geheim.geheim", "The request failed: no …"),
            (
                "User jdoe@contoso.example has eyJhbGciOi.eyJ.x of 33333333-3333-3333-3333-333333333333",
                "User … has … of …",
            ),
            ("it isn't there", "it isn't there"),
            ("", "no reason given"),
        ] {
            assert_eq!(said(&error(text), &secrets), expected);
        }
    }

    #[test]
    fn a_malformed_response_is_not_repeated() {
        let inner = Error::with_message(ErrorKind::DataConversion, "invalid type: string \"geheim\"");
        assert_eq!(
            said(&Error::with_error(ErrorKind::Credential, inner, "geheim"), &[]),
            "the response is not a token"
        );
    }
}

//! Quotes a value in a message: short, on one line, and never a secret.

use std::fmt;

/// A value that is safe to quote in a message.
///
/// User input can contain a key, a token or a password in the wrong place, so a message never contains the raw value.
/// User info and query values are removed, control characters are escaped, and only the length of a possible secret is
/// shown.
#[derive(Clone, PartialEq, Eq)]
pub struct QuotedValue(String);

impl QuotedValue {
    /// Prepares a value for a message.
    #[must_use]
    pub fn new(value: &str) -> Self {
        if value.trim().is_empty() {
            return Self("an empty value".into());
        }
        let length = value.chars().count();
        let value = without_query_values(&without_user_info(value));
        if looks_secret(&value) {
            return Self::described_by(length);
        }
        let mut text = String::from("`");
        for (count, c) in value.chars().enumerate() {
            if count == LONGEST {
                text.push('…');
                break;
            }
            if c.is_ascii_graphic() || c == ' ' {
                text.push(c);
            } else if c.is_ascii() {
                text.extend(c.escape_default());
            } else {
                // Escape characters that are invisible or change how a terminal displays the rest.
                text.extend(c.escape_debug());
            }
        }
        text.push('`');
        Self(text)
    }
}

impl QuotedValue {
    /// Describes a value that is known to be a secret, whatever its shape.
    pub(crate) fn described(value: &str) -> Self {
        Self::described_by(value.chars().count())
    }

    fn described_by(length: usize) -> Self {
        Self(format!("a value of {length} characters that looks like a secret"))
    }
}

impl fmt::Display for QuotedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for QuotedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns whether a text contains anything with the shape of a key or a token, even inside a longer word.
pub(crate) fn looks_secret(text: &str) -> bool {
    let hexadecimal = |run: &str| run.len() == 32 || run.len() > 32 && run.bytes().any(|b| b.is_ascii_digit());
    text.contains("aad#")
        || holds_token(text)
        || holds_signature(text)
        || text.split(|c: char| !c.is_ascii_hexdigit()).any(hexadecimal)
        || text.split(|c: char| !c.is_ascii_alphanumeric()).any(|run| run.len() >= TOO_LONG_FOR_A_NAME)
}

/// Returns whether a text contains a field of a connection string or of a shared access signature, or a padded base64 key.
fn holds_signature(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/".contains(c);
    let padded = text
        .match_indices('=')
        .any(|(end, _)| text[..end].chars().rev().take_while(|c| is_base64(*c)).count() >= SHORTEST_PADDED_KEY);
    let fields = ["accountkey=", "accesskey=", ";key=", "_key=", "apikey=", "sharedaccesssignature", "sig="];
    padded || lower.starts_with("key=") || fields.iter().any(|field| lower.contains(field))
}

/// 32 bytes in base64 have 43 characters before the padding; 20 bytes have 27.
const SHORTEST_PADDED_KEY: usize = 40;

/// Returns whether a text has exactly the shape of a resource key: 32 hexadecimal or 84 alphanumeric characters.
pub(crate) fn looks_like_key(text: &str) -> bool {
    (text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit()))
        || (text.len() == 84 && text.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Returns whether a text contains three base64url parts, the first of which encodes an object (`{"` encodes to `ey`).
fn holds_token(text: &str) -> bool {
    text.match_indices("ey").any(|(start, _)| {
        let token = &text[start..];
        token.as_bytes().get(2).is_some_and(u8::is_ascii_uppercase) && token.matches('.').count() >= 2
    })
}

fn without_user_info(text: &str) -> String {
    let start = text.find("://").map_or(0, |i| i + 3);
    let end = text[start..].rfind('@').map(|i| start + i);
    match end {
        Some(end) => format!("{}…{}", &text[..start], &text[end..]),
        None => text.to_owned(),
    }
}

fn without_query_values(text: &str) -> String {
    match text.find('?') {
        Some(query) if text[query..].contains('=') => format!("{}?…", &text[..query]),
        _ => text.to_owned(),
    }
}

/// Long enough for any host, short enough for a message on one terminal line.
const LONGEST: usize = 100;

/// A DNS label has at most 63 characters, and the documentation says 64; a longer run is not a name.
const TOO_LONG_FOR_A_NAME: usize = 65;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_described_and_never_quoted() {
        for secret in [
            "0123456789abcdef0123456789ABCDEF",
            "https://contoso.cognitiveservices.azure.com/0123456789abcdef0123456789abcdef",
            "Bearer eyJhbGciOi.eyJhdWQiOi.c2lnbmF0dXJl",
            "aad#/subscriptions/x#y",
            "key=eyJhbGciOi.eyJhdWQiOi.c2lnbmF0dXJl",
            "AccountName=x;AccountKey=aB3+dE6/gH9=",
            "Endpoint=https://x/;Key=k0",
            "SPEECH_KEY=k0",
            "Key=k0;Endpoint=https://x/",
            "Endpoint=sb://x/;SharedAccessKey=aB3+dE6/gH9=",
            "sv=2024-01-01&sig=aB3dE6gH9",
            "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFs+q2UVErCz4I6tq/==",
            &"A1".repeat(42),
        ] {
            let shown = QuotedValue::new(secret).to_string();
            assert!(shown.contains("looks like a secret"), "{shown}");
        }
    }

    #[test]
    fn user_info_and_query_values_are_removed() {
        assert_eq!(QuotedValue::new("https://user:pw@host/p").to_string(), "`https://…@host/p`");
        assert_eq!(QuotedValue::new("wss://host/p?api-key=s3cret").to_string(), "`wss://host/p?…`");
        assert_eq!(QuotedValue::new("user:pw@host").to_string(), "`…@host`");
    }

    #[test]
    fn a_value_stays_on_one_line() {
        assert_eq!(QuotedValue::new("a\r\nb\u{202e}\u{61c}é").to_string(), "`a\\r\\nb\\u{202e}\\u{61c}é`");
        assert!(QuotedValue::new(&"x y ".repeat(200)).to_string().chars().count() < 110);
        assert_eq!(QuotedValue::new("").to_string(), "an empty value");
    }
}

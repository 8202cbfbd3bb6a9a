//! The address of a self-hosted container.

use std::fmt;
use std::str::FromStr;

use url::Url;

use super::AccountError;
use crate::resolve::quoted::QuotedValue;

/// The address of a self-hosted container: scheme, host and port only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerHost {
    secure: bool,
    authority: Box<str>,
    synthesis_path: Box<str>,
}

impl ContainerHost {
    /// Returns whether the container is reached over TLS. Containers do not terminate TLS themselves; a reverse proxy
    /// in front of them does.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Returns host and port.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Returns the REST synthesis path, `/cognitiveservices/v1` by default.
    #[must_use]
    pub fn synthesis_path(&self) -> &str {
        &self.synthesis_path
    }

    /// Sets the REST synthesis path; older documentation uses `/speech/synthesize/cognitiveservices/v1`.
    ///
    /// # Errors
    ///
    /// [`AccountError::Path`] if it is not a plain absolute path.
    pub fn with_synthesis_path(self, path: &str) -> Result<Self, AccountError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
        // A URL parser would resolve these, and another path would be called.
        let climbs = path.split('/').any(|segment| matches!(segment, "." | ".."));
        if path.starts_with('/') && path.len() <= 200 && path.chars().all(plain) && !climbs {
            Ok(Self { synthesis_path: path.into(), ..self })
        } else {
            Err(AccountError::Path { given: QuotedValue::new(path) })
        }
    }
}

impl FromStr for ContainerHost {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        let error = |expected| AccountError::Container { given: QuotedValue::new(text), expected };
        let text = text.trim();
        if text.bytes().any(|b| b.is_ascii_control() || b == b'\\' || b == b' ') {
            return Err(error("a URL without blanks, control characters or backslashes"));
        }
        let url = Url::parse(text).map_err(|_| error("something like `ws://localhost:5000`"))?;
        let secure = match url.scheme() {
            "ws" | "http" => false,
            "wss" | "https" => true,
            _ => return Err(error("the scheme `ws`, `http`, `wss` or `https`")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(error("a URL without a user name or password"));
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(error("no path, query or fragment, because each service adds its own"));
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| error("a host"))?;
        // The parser decodes and maps hosts: a credential would go to another host than the one that was typed.
        let typed = text.split_once("://").map_or(text, |(_, rest)| rest).split(['/', ':']).next().unwrap_or_default();
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let is_as_typed = host.starts_with('[') || typed.eq_ignore_ascii_case(host) && host.chars().all(is_name);
        if !is_as_typed {
            return Err(error("a host as it is spelled in DNS, or an address in its usual form"));
        }
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Ok(Self { secure, authority: authority.into(), synthesis_path: "/cognitiveservices/v1".into() })
    }
}

impl fmt::Display for ContainerHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parser decodes and maps these; the credential would go to another host than the one that was typed.
    #[test]
    fn a_host_is_called_as_it_is_spelled_or_rejected() {
        for host in [
            "speech%2eevil.example",
            "westeurope.stt.speech.microsoft.com\u{3002}evil.example",
            "c\u{043e}ntoso.example",
            "0x7f000001",
            "2130706433",
            "127.1",
            "$(id)",
            "a;b",
            "a'b",
            "a&b",
            "a*b",
        ] {
            let text = format!("ws://{host}:5000");
            assert!(text.parse::<ContainerHost>().is_err(), "{text}");
        }
        for (text, authority) in [
            ("ws://Speech_Service:5000", "speech_service:5000"),
            ("wss://speech.contoso.example/", "speech.contoso.example"),
            ("http://127.0.0.1:5000", "127.0.0.1:5000"),
            ("ws://[::1]:5000", "[::1]:5000"),
        ] {
            assert_eq!(text.parse::<ContainerHost>().unwrap().authority(), authority, "{text}");
        }
    }

    #[test]
    fn a_synthesis_path_is_called_as_given_or_rejected() {
        let host: ContainerHost = "ws://localhost:5000".parse().unwrap();
        assert!(host.clone().with_synthesis_path("/speech/synthesize/cognitiveservices/v1").is_ok());
        for path in ["", "x", "/a/../b", "/./a", "/a?b", "/a#b", "/a b", "/a%2eb", "/..", "//evil.example\\x"] {
            assert!(host.clone().with_synthesis_path(path).is_err(), "{path}");
        }
    }
}

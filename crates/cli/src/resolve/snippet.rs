//! `snippet:LANGUAGE`: a whole program in one language that uses an endpoint.
//!
//! 1. What the official Speech SDK does by itself is done with it, told so that it sends exactly this URL: [`sdk`].
//! 2. Every other REST API is called with the HTTP client of the language: [`call`].
//! 3. Every other WebSocket is opened, and what the service says first is shown.
//!
//! The credential is read from the environment when the program runs; it is never part of the text. Where the program sends
//! it itself, it does not follow a redirect. (What the SDK does with redirects is the SDK's own.)

use std::str::FromStr;

use speech_endpoint::{Endpoint, Resource, Service};

use call::{Call, Credential};
use sdk::Sdk;

pub(crate) mod call;
mod cpp;
mod csharp;
mod go;
mod java;
mod javascript;
mod python;
mod rust;
mod sdk;

/// A programming language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    CSharp,
    Python,
    Java,
    JavaScript,
    Go,
    Cpp,
    Rust,
}

impl Language {
    pub(crate) const ALL: [Self; 7] =
        [Self::CSharp, Self::Python, Self::Java, Self::JavaScript, Self::Go, Self::Cpp, Self::Rust];

    /// The identifier used in arguments.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::CSharp => "csharp",
            Self::Python => "python",
            Self::Java => "java",
            Self::JavaScript => "javascript",
            Self::Go => "go",
            Self::Cpp => "cpp",
            Self::Rust => "rust",
        }
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        Self::ALL.into_iter().find(|language| language.id() == text).ok_or(UnknownLanguage)
    }
}

/// A text that names no language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected csharp, python, java, javascript, go, cpp or rust")]
pub(crate) struct UnknownLanguage;

/// A whole program in `language` that uses the endpoint.
pub(crate) fn program(language: Language, endpoint: &Endpoint) -> String {
    let is_container = matches!(endpoint.account().resource(), Resource::Container(_));
    let credential = Credential::of(endpoint).filter(|_| !is_container);
    let writer = match language {
        Language::CSharp => &csharp::WRITER,
        Language::Python => &python::WRITER,
        Language::Java => &java::WRITER,
        Language::JavaScript => &javascript::WRITER,
        Language::Go => &go::WRITER,
        Language::Cpp => &cpp::WRITER,
        Language::Rust => return rust::program(endpoint, credential),
    };
    if let Some(sdk) = Sdk::of(language, endpoint, credential) {
        (writer.sdk)(&sdk)
    } else if endpoint.service().is_websocket() {
        (writer.socket)(&Socket::of(endpoint), credential)
    } else {
        (writer.rest)(&Call::of(endpoint), credential)
    }
}

/// How a language says it: with the SDK, by HTTP, by WebSocket.
struct Writer {
    sdk: fn(&Sdk) -> String,
    rest: fn(&Call, Option<Credential>) -> String,
    socket: fn(&Socket, Option<Credential>) -> String,
}

/// A WebSocket that the SDK does not open.
struct Socket {
    url: String,
    /// The service speaks first.
    is_greeted: bool,
    /// A line for the reader.
    remark: String,
}

impl Socket {
    fn of(endpoint: &Endpoint) -> Self {
        let service = endpoint.service();
        let remark = if service == Service::Avatar {
            format!("This opens the signalling only; sound and picture come by WebRTC: {}", service.see())
        } else {
            format!("This opens the session; how it goes on: {}", service.see())
        };
        Self { url: call::complete(endpoint), is_greeted: service != Service::Avatar, remark }
    }
}

/// Puts values in the place of their `«marks»`. A value that has a line to itself may be of many lines, which are indented
/// like it, or of none. A line break before it is there for the reader of this source.
fn fill(template: &str, marks: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for line in template.trim_start_matches('\n').lines() {
        let bare = line.trim_start();
        let indent = &line[..line.len() - bare.len()];
        let whole = marks.iter().find(|(name, _)| bare == format!("«{name}»"));
        if let Some((_, value)) = whole {
            for part in value.trim_start_matches('\n').lines() {
                text.push_str(if part.is_empty() { "" } else { indent });
                text.push_str(part);
                text.push('\n');
            }
        } else {
            let filled =
                marks.iter().fold(line.to_owned(), |line, (name, value)| line.replace(&format!("«{name}»"), value));
            text.push_str(&filled);
            text.push('\n');
        }
    }
    text
}

/// A text in double quotes. XML takes either kind of quotes, JSON does not.
fn quoted(text: &str) -> String {
    if text.starts_with('<') {
        return format!("\"{}\"", text.replace('"', "'"));
    }
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_is_complete() -> Result<(), Box<dyn std::error::Error>> {
        use speech_endpoint::{Access, Account};
        let accounts = [
            Account::regional("westeurope".parse()?)?,
            Account::regional("usgovvirginia".parse()?)?,
            Account::custom_domain("contoso".parse()?).with_access(Access::private_endpoint()),
            Account::custom_domain("contoso".parse()?).with_key_auth_disabled(),
            Account::openai("contoso".parse()?),
            Account::container("ws://localhost:5000".parse()?),
        ];
        for endpoint in accounts.iter().flat_map(Account::endpoints).filter_map(Result::ok) {
            for language in Language::ALL {
                let program = program(language, &endpoint);
                let is_filled = !program.contains(['«', '»']) && !program.contains("\n\n\n\n");
                assert!(is_filled, "{} {}\n{program}", language.id(), endpoint.service());
                assert_eq!(language.id().parse(), Ok(language));
            }
        }
        Ok(())
    }

    #[test]
    fn a_value_with_a_line_to_itself_is_indented_or_leaves_no_trace() {
        assert_eq!(fill("a\n  «x»\n«y»\nb «x»", &[("x", "1"), ("y", "")]), "a\n  1\nb 1\n");
    }
}

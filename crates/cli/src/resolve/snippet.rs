//! `snippet:LANGUAGE`: a complete program that uses an endpoint.
//!
//! Each language has one template in `snippet/templates`. A program takes one of three forms:
//!
//! 1. It uses the official Speech SDK, set up to send exactly this URL, if the SDK supports the service: [`sdk`].
//! 2. It calls any other REST API with an HTTP client of the language: [`call`].
//! 3. It opens any other WebSocket and prints the first message of the service.
//!
//! The program reads the credential from the environment; its text never contains one. A program that sends the credential
//! itself does not follow redirects. (The SDK has its own redirect policy.)

use std::str::FromStr;
use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use speech_endpoint::{Endpoint, Resource, Service};

use call::{Call, Credential, PERSONAL_VOICE};
use sdk::Sdk;

pub(crate) mod call;
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

    /// Returns the identifier used in arguments.
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

    /// Lists the identifiers, with this text before the last one.
    pub(crate) fn names(last: &str) -> String {
        let [others @ .., rust] = Self::ALL.map(Self::id);
        format!("{}{last}{rust}", others.join(", "))
    }

    fn template(self) -> &'static str {
        match self {
            Self::CSharp => include_str!("snippet/templates/csharp.jinja"),
            Self::Python => include_str!("snippet/templates/python.jinja"),
            Self::Java => include_str!("snippet/templates/java.jinja"),
            Self::JavaScript => include_str!("snippet/templates/javascript.jinja"),
            Self::Go => include_str!("snippet/templates/go.jinja"),
            Self::Cpp => include_str!("snippet/templates/cpp.jinja"),
            Self::Rust => include_str!("snippet/templates/rust.jinja"),
        }
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        Self::ALL.into_iter().find(|language| language.id() == text).ok_or(UnknownLanguage)
    }
}

/// The error for an unknown language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {}", Language::names(" or "))]
pub(crate) struct UnknownLanguage;

/// Returns a complete program in `language` that uses the endpoint.
pub(crate) fn program(language: Language, endpoint: &Endpoint) -> String {
    let is_container = matches!(endpoint.account().resource(), Resource::Container(_));
    let credential = Credential::of(endpoint).filter(|_| !is_container);
    let values = if language == Language::Rust {
        rust::values(endpoint, credential)
    } else {
        Value::from(Serde(Program::new(language, endpoint, credential)))
    };
    let rendered = ENVIRONMENT.get_template(language.id()).and_then(|template| template.render(values));
    rendered.expect("each template renders for each endpoint, which the tests check")
}

/// The environment with the templates of all languages. A template is part of this binary, so an error in it is a bug.
static ENVIRONMENT: LazyLock<Environment<'static>> =
    LazyLock::new(|| environment().expect("each template parses, which the tests check"));

/// The values of a template. Exactly one of `sdk`, `socket` and `call` is present.
#[derive(Debug, Serialize)]
struct Program {
    credential: Option<Credential>,
    has_key: bool,
    has_token: bool,
    /// The text of [`sdk::Task::SpeakMarkup`].
    markup: &'static str,
    sdk: Option<Sdk>,
    socket: Option<Socket>,
    call: Option<Call>,
}

impl Program {
    fn new(language: Language, endpoint: &Endpoint, credential: Option<Credential>) -> Self {
        let sdk = Sdk::of(language, endpoint, credential);
        let (is_sdk, is_websocket) = (sdk.is_some(), endpoint.service().is_websocket());
        Self {
            credential,
            has_key: credential.is_some_and(|credential| !credential.is_token()),
            has_token: credential.is_some_and(Credential::is_token),
            markup: PERSONAL_VOICE,
            sdk,
            socket: (!is_sdk && is_websocket).then(|| Socket::of(endpoint)),
            call: (!is_sdk && !is_websocket).then(|| Call::of(endpoint)),
        }
    }
}

/// A WebSocket that the SDK does not open.
#[derive(Debug, Serialize)]
struct Socket {
    url: String,
    /// Headers besides the credential.
    headers: &'static [(&'static str, &'static str)],
    subprotocol: Option<&'static str>,
    /// Whether the service sends the first message.
    is_greeted: bool,
    /// A comment for the reader of the program.
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
        // A session of GPT-Live begins with a message of the client.
        let is_greeted = !matches!(service, Service::Avatar | Service::OpenAiLive);
        let subprotocol = service.subprotocol().filter(|_| !service.headers().is_empty());
        Self { url: call::complete(endpoint), headers: service.headers(), subprotocol, is_greeted, remark }
    }
}

/// Returns the environment of the templates. A line that holds only a tag leaves no trace in the program.
fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment
        .set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?);
    // A misspelled name is an error, not an empty text.
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.add_filter("quoted", quoted);
    environment.add_filter("single_quoted", single_quoted);
    for language in Language::ALL {
        environment.add_template(language.id(), language.template())?;
    }
    Ok(environment)
}

/// Puts a text in double quotes. XML allows single quotes inside, JSON does not.
fn quoted(text: &str) -> String {
    if text.starts_with('<') {
        return format!("\"{}\"", text.replace('"', "'"));
    }
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

/// Puts a text that has no single quotes in the quotes that need no escapes.
fn single_quoted(text: &str) -> String {
    if text.contains('"') { format!("'{text}'") } else { format!("\"{text}\"") }
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
        for account in &accounts {
            for endpoint in Service::all().filter_map(|service| account.endpoint(service).ok()) {
                for language in Language::ALL {
                    let program = program(language, &endpoint);
                    let tags = ["{{ ", "{% ", "{#", "\n\n\n\n"];
                    let is_rendered = !tags.iter().any(|tag| program.contains(tag)) && program.ends_with('\n');
                    assert!(is_rendered, "{} {}\n{program}", language.id(), endpoint.service());
                    assert_eq!(language.id().parse(), Ok(language));
                }
            }
        }
        Ok(())
    }

    #[test]
    fn a_tag_leaves_no_trace_and_an_unknown_name_is_an_error() -> Result<(), minijinja::Error> {
        let (environment, values) = (environment()?, Value::from_pairs([("x", "1")]));
        let template = "a\n  {% if x %}\n  {{ x }}\n  {% endif %}\n{# b #}\nc\n";
        assert_eq!(environment.render_str(template, values.clone())?, "a\n  1\nc\n");
        assert!(environment.render_str("{{ y }}", values).is_err());
        Ok(())
    }
}

//! Failure: why a command ends without doing what was asked, and the exit code that says so.

use std::fmt;
use std::io;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use speech_endpoint::{AccountError, ArmError, CredentialError, NameError, PastedError, QueryError};

use super::args::requote;

/// Why a command ends. Its text is one line that reads well after `error: `.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    /// The id of the failure catalogue, or a word.
    id: &'static str,
    message: String,
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Program,
    Usage,
    Configuration,
}

impl Failure {
    /// Unknown, missing or contradictory arguments, or an unreadable file.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { kind: Kind::Usage, id: "usage", message: message.into(), json: false }
    }

    /// A value that cannot be what it claims.
    pub(crate) fn configuration(id: &'static str, message: impl Into<String>) -> Self {
        Self { kind: Kind::Configuration, id, message: message.into(), json: false }
    }

    /// The output could not be written.
    pub(crate) fn write(what: &str, error: &io::Error) -> Self {
        Self { kind: Kind::Program, id: "output", message: format!("cannot write {what}: {error}"), json: false }
    }

    /// A document cannot be serialised.
    pub(crate) fn json(error: &dyn fmt::Display) -> Self {
        Self { kind: Kind::Program, id: "output", message: format!("cannot write JSON: {error}"), json: false }
    }

    /// An address of a world that is not one of this machine, or whose port is taken or needs privileges.
    pub(crate) fn listen(error: &io::Error) -> Self {
        let message = format!(
            "cannot listen at {error}: `--listen` needs a network namespace with the addresses of the world, and root for ports below 1024"
        );
        Self { kind: Kind::Program, id: "listen", message, json: false }
    }

    /// Somebody ended it before there was anything to report.
    pub(crate) fn interrupted(before: &str) -> Self {
        Self { kind: Kind::Program, id: "interrupted", message: format!("interrupted before {before}"), json: false }
    }

    /// The same failure, reported as JSON too.
    pub(crate) fn with_json(self, json: bool) -> Self {
        Self { json, ..self }
    }

    /// The same failure, naming the variable that the value was read from: nobody typed it just now.
    pub(crate) fn of(self, variable: &str) -> Self {
        Self { message: format!("{} (read from `{variable}`)", self.message), ..self }
    }

    /// Whether a value cannot be what it claims.
    pub(crate) fn is_configuration(&self) -> bool {
        self.kind == Kind::Configuration
    }

    pub(crate) fn id(&self) -> &'static str {
        self.id
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn wants_json(&self) -> bool {
        self.json && self.kind != Kind::Program
    }

    pub(crate) fn code(&self) -> u8 {
        match self.kind {
            Kind::Program => 1,
            Kind::Usage => 2,
            Kind::Configuration => CONFIGURATION,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind == Kind::Configuration {
            write!(f, "{}: ", self.id)?;
        }
        f.write_str(&self.message)
    }
}

/// The errors of the library that have an id of the failure catalogue.
macro_rules! configuration {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::configuration(error.id(), error.to_string())
            }
        })*
    };
}

configuration!(AccountError, CredentialError, NameError, PastedError);

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<ArmError> for Failure {
    fn from(error: ArmError) -> Self {
        match error.id() {
            Some(id) => Self::configuration(id, error.to_string()),
            None => Self::usage(error.to_string()),
        }
    }
}

/// The exit code of a configuration that gives no URL.
pub(crate) const CONFIGURATION: u8 = 10;

/// Arguments that could not be parsed, as one line without any value that may be a secret.
pub(crate) fn usage(error: &clap::Error, json: bool) -> Failure {
    let text = error.render().to_string();
    let mut line = text.split("\n\n").next().unwrap_or_default().lines().map(str::trim).collect::<Vec<_>>().join(" ");
    line = line.trim_start_matches("error: ").to_owned();
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        || error.kind() == ErrorKind::MissingSubcommand
    {
        line = "no command given: expected `resolve`, `doctor`, `allowlist`, `explain`, `lab` or `completions`; `--help` tells all"
            .into();
    }
    for (kind, value) in error.context() {
        match (kind, value) {
            (
                ContextKind::InvalidValue | ContextKind::InvalidSubcommand | ContextKind::InvalidArg,
                ContextValue::String(value),
            ) => {
                line = requote(&line, value);
            }
            (
                ContextKind::SuggestedArg | ContextKind::SuggestedSubcommand | ContextKind::SuggestedValue,
                suggestion,
            ) => {
                let first = match suggestion {
                    ContextValue::String(text) => Some(text.clone()),
                    ContextValue::Strings(texts) => texts.first().cloned(),
                    _ => None,
                };
                line.extend(first.map(|first| format!("; did you mean `{first}`?")));
            }
            _ => {}
        }
    }
    // One kind of quotes for all messages.
    Failure::usage(line.replace('\'', "`")).with_json(json)
}

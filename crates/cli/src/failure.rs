//! The failure of a command, and its exit code.

use std::fmt;
use std::io;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use speech_endpoint::{AccountError, ArmError, CredentialError, NameError, PastedError, QueryError, QuotedValue};

use super::flags::spelled;

/// The failure of a command. Its text is one line that follows `error: `.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    /// An id of the failure catalogue, or a word such as `usage`.
    id: &'static str,
    message: String,
    json: bool,
    /// Whether no argument and no variable names a resource.
    lacks_resource: bool,
    /// A command to try first.
    first_try: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Program,
    Usage,
    Configuration,
    /// The stage of a root cause, by its exit code.
    Stage(u8),
}

impl Failure {
    /// Makes a failure for unknown, missing or contradictory arguments, or an unreadable file.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Usage,
            id: "usage",
            message: message.into(),
            json: false,
            lacks_resource: false,
            first_try: None,
        }
    }

    /// Makes a failure for an invalid value.
    pub(crate) fn configuration(id: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Configuration,
            id,
            message: message.into(),
            json: false,
            lacks_resource: false,
            first_try: None,
        }
    }

    /// Makes a failure at a stage, whose exit code it has.
    pub(crate) fn stage(code: u8, id: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Stage(code),
            id,
            message: message.into(),
            json: false,
            lacks_resource: false,
            first_try: None,
        }
    }

    /// Makes a failure for output that could not be written.
    pub(crate) fn write(what: &str, error: &io::Error) -> Self {
        Self {
            kind: Kind::Program,
            id: "output",
            message: format!("cannot write {what}: {error}"),
            json: false,
            lacks_resource: false,
            first_try: None,
        }
    }

    /// Makes a failure of this machine, such as a port that cannot be opened.
    pub(crate) fn cannot(action: &str, error: &io::Error) -> Self {
        Self {
            kind: Kind::Program,
            id: "output",
            message: format!("cannot {action}: {error}"),
            json: false,
            lacks_resource: false,
            first_try: None,
        }
    }

    /// Makes a failure for a document that cannot be serialised.
    pub(crate) fn json(error: &dyn fmt::Display) -> Self {
        Self {
            kind: Kind::Program,
            id: "output",
            message: format!("cannot write JSON: {error}"),
            json: false,
            lacks_resource: false,
            first_try: None,
        }
    }

    /// Makes a failure for a world's address that this machine does not have, or whose port is taken or privileged.
    pub(crate) fn listen(error: &io::Error) -> Self {
        let message = format!(
            "cannot listen on {error}: `--listen` needs a network namespace with the world's addresses, and root for ports below 1024"
        );
        Self { kind: Kind::Program, id: "listen", message, json: false, lacks_resource: false, first_try: None }
    }

    /// Makes a failure for an interruption before there was anything to report.
    pub(crate) fn interrupted(before: &str) -> Self {
        Self {
            kind: Kind::Program,
            id: "interrupted",
            message: format!("interrupted before {before}"),
            json: false,
            lacks_resource: false,
            first_try: None,
        }
    }

    /// Returns the failure, to be reported as JSON too.
    pub(crate) fn with_json(self, json: bool) -> Self {
        Self { json, ..self }
    }

    /// Makes the failure of a command that was given no resource.
    pub(crate) fn no_resource() -> Self {
        let message = "no resource given: expected one of `--region`, `--custom-domain`, `--endpoint`, `--host`, `--account`, or `SPEECH_REGION` or `SPEECH_ENDPOINT` in the environment";
        Self { lacks_resource: true, ..Self::usage(message) }
    }

    /// Returns the failure with a command to try first, if it is that no resource was given.
    pub(crate) fn with_first_try(self, command: &'static str) -> Self {
        if self.lacks_resource { Self { first_try: Some(command), ..self } } else { self }
    }

    /// Returns the command to try first, for somebody at a terminal.
    pub(crate) fn first_try(&self) -> Option<&'static str> {
        self.first_try
    }

    /// Returns the failure with the source of the value, such as a variable, since the user did not type it.
    pub(crate) fn of(self, source: &str) -> Self {
        Self { message: format!("{} (read from {source})", self.message), ..self }
    }

    /// Returns the failure, with what else can be done if it is one of a stage.
    pub(crate) fn with_advice(self, advice: &str) -> Self {
        let is_of_stage = matches!(self.kind, Kind::Stage(_));
        if is_of_stage { Self { message: format!("{}; {advice}", self.message), ..self } } else { self }
    }

    /// Returns whether the failure is an invalid value.
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
            Kind::Stage(code) => code,
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

/// Converts library errors that have an id of the failure catalogue.
macro_rules! configuration {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::configuration(error.id(), spelled(&error, &error.hints()))
            }
        })*
    };
}

configuration!(CredentialError, NameError, PastedError);

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        Self::configuration(error.id(), error.to_string())
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<ArmError> for Failure {
    fn from(error: ArmError) -> Self {
        match error {
            ArmError::Name(error) => error.into(),
            ArmError::Account(error) => error.into(),
            ArmError::Endpoint(error) => error.into(),
            ArmError::Setting { .. } => Self::configuration(error.id(), spelled(&error, &error.hints())),
            _ => Self::usage(spelled(&error, &error.hints())),
        }
    }
}

/// The exit code of a configuration without a URL.
pub(crate) const CONFIGURATION: u8 = 10;

/// Converts a parse error into one line without any value that may be a secret. `commands` lists the names of the commands.
pub(crate) fn usage(error: &clap::Error, json: bool, commands: impl FnOnce() -> String) -> Failure {
    let text = error.render().to_string();
    let mut line = text.split("\n\n").next().unwrap_or_default().lines().map(str::trim).collect::<Vec<_>>().join(" ");
    line = line.trim_start_matches("error: ").to_owned();
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        || error.kind() == ErrorKind::MissingSubcommand
    {
        line = format!("no command given: expected {}; see `--help`", commands());
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
                line.extend(first.map(|first| did_you_mean(&first)));
            }
            _ => {}
        }
    }
    line.push_str(missing(error));
    // All messages use backticks.
    Failure::usage(line.replace('\'', "`")).with_json(json)
}

/// Returns where to find the values of an argument that has none.
fn missing(error: &clap::Error) -> &'static str {
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(name)) => name.as_str(),
        Some(ContextValue::Strings(names)) => names.first().map_or("", String::as_str),
        _ => "",
    };
    let is_without_value =
        matches!(error.get(ContextKind::InvalidValue), Some(ContextValue::String(value)) if value.is_empty());
    match (error.kind(), argument) {
        (ErrorKind::MissingRequiredArgument, "<SHELL>") => ": expected bash, elvish, fish, powershell, zsh, man or all",
        (ErrorKind::InvalidValue, "--lab <WORLD>") if is_without_value => {
            "; `speech-endpoint lab list` lists the worlds"
        }
        _ => "",
    }
}

/// Ends a message with the nearest known name.
pub(crate) fn did_you_mean(name: &str) -> String {
    format!("; did you mean `{name}`?")
}

/// Replaces the quotes that `clap` puts around a given value by those of [`QuotedValue`].
fn requote(line: &str, value: &str) -> String {
    line.replace(&format!("'{value}'"), &QuotedValue::new(value).to_string())
}

//! The error of a world or of scripted answers.

use std::fmt;

use serde::de::DeserializeOwned;

use super::line;

/// An error in the definition of a world or of scripted answers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{problem}", numbered(*.line), named(.key))]
#[non_exhaustive]
pub struct WorldError {
    /// The line, counted from 1, if the error has one.
    pub line: Option<usize>,
    /// The key, such as `dns.contoso.example`; empty if the text is not TOML.
    pub key: String,
    /// The description of the error.
    pub problem: String,
}

impl WorldError {
    pub(super) fn new(key: &str, problem: impl fmt::Display) -> Self {
        let key = if key == "." { "" } else { key };
        Self { line: None, key: key.to_owned(), problem: format!("{problem}") }
    }

    /// Adds the line of the key in a TOML text.
    pub(super) fn in_text(self, toml: &str) -> Self {
        match self.line {
            Some(_) => self,
            None => Self { line: line::of_key(toml, &self.key), ..self },
        }
    }
}

/// Reads a TOML text. The error has the line and the key.
pub(super) fn read_toml<T: DeserializeOwned>(text: &str) -> Result<T, WorldError> {
    let at = |error: &toml::de::Error| error.span().map(|span| line::at(text, span.start));
    let reader = toml::Deserializer::parse(text)
        .map_err(|error| WorldError { line: at(&error), ..WorldError::new("", error.message()) })?;
    serde_path_to_error::deserialize(reader).map_err(|error| WorldError {
        line: at(error.inner()),
        ..WorldError::new(&error.path().to_string(), error.inner().message())
    })
}

fn numbered(line: Option<usize>) -> String {
    line.map(|line| format!("line {line}: ")).unwrap_or_default()
}

fn named(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!("`{key}`: ") }
}

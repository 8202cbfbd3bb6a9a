//! The error of a world or of scripted answers.

use std::fmt;

/// An error in the definition of a world or of scripted answers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", named(.key))]
#[non_exhaustive]
pub struct WorldError {
    /// The key, such as `dns.contoso.example`; empty if the text is not TOML.
    pub key: String,
    /// The description of the error.
    pub problem: String,
}

impl WorldError {
    pub(super) fn new(key: &str, problem: impl fmt::Display) -> Self {
        let key = if key == "." { "" } else { key };
        Self { key: key.to_owned(), problem: format!("{problem}") }
    }
}

fn named(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!("`{key}`: ") }
}

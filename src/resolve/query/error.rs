//! Why a setting cannot be part of a URL.

use crate::resolve::quoted::QuotedValue;

/// A setting that cannot be part of a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The text is not a language tag.
    #[error("{given} is not a language: expected a tag like `en-US`")]
    Language {
        /// The given value.
        given: QuotedValue,
    },
    /// The text is not a mode.
    #[error("{given} is not a mode: expected `interactive`, `conversation` or `dictation`")]
    Mode {
        /// The given value.
        given: QuotedValue,
    },
    /// The text is not an API version.
    #[error("{given} is not an API version: expected a date like `2025-10-15`, or a version like `v3.2`")]
    ApiVersion {
        /// The given value.
        given: QuotedValue,
    },
    /// The text is not the id of a model or deployment.
    #[error("{given} is not a valid `{name}`: expected the id of a deployed model or voice")]
    Identifier {
        /// The parameter.
        name: &'static str,
        /// The given value.
        given: QuotedValue,
    },
    /// The parameter has no name.
    #[error("{given} is not a query parameter: expected NAME=VALUE")]
    Name {
        /// The given value.
        given: QuotedValue,
    },
    /// The parameter contains a credential, which belongs in a header, never in a URL.
    #[error(
        "{name} contains a credential, which never goes into a URL; give it in an environment variable or file, and it is sent as a header"
    )]
    Credential {
        /// The parameter.
        name: QuotedValue,
    },
    /// The value has the shape of a key or token.
    #[error("the value of {name} looks like a secret, which never goes into a URL")]
    Secret {
        /// The parameter.
        name: QuotedValue,
    },
    /// The setting is given twice.
    #[error("`{name}` is given twice; give it once")]
    Twice {
        /// The parameter.
        name: &'static str,
    },
}

impl QueryError {
    /// Returns the identifier used in output. No entry of the catalogue is about the settings of a query, so it is a word.
    #[must_use]
    pub fn id(&self) -> &'static str {
        "parameter"
    }
}

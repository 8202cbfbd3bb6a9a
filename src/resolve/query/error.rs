//! Why a setting cannot be carried by any URL.

use crate::resolve::shown::Shown;

/// A setting that no URL can carry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// Not a language tag.
    #[error("{given} is not a language: expected a tag such as `en-US`")]
    Language {
        /// What was given.
        given: Shown,
    },
    /// Not a mode.
    #[error("{given} is not a mode: expected `interactive`, `conversation` or `dictation`")]
    Mode {
        /// What was given.
        given: Shown,
    },
    /// Not an API version.
    #[error("{given} is not an API version: expected a date such as `2025-10-15`, or `v3.2`")]
    ApiVersion {
        /// What was given.
        given: Shown,
    },
    /// Not an identifier of a model or deployment.
    #[error("{given} is not a value for `{name}`: expected the id of a deployed model or voice")]
    Identifier {
        /// The parameter.
        name: &'static str,
        /// What was given.
        given: Shown,
    },
    /// A parameter without a name.
    #[error("{given} is not a query parameter: expected NAME=VALUE")]
    Name {
        /// What was given.
        given: Shown,
    },
    /// The parameter carries a credential: it goes into a header, never into a URL.
    #[error(
        "{name} carries a credential, which never goes into a URL: give it by environment variable or file, it is sent as a header"
    )]
    Credential {
        /// The parameter.
        name: Shown,
    },
    /// A value with the shape of a key or a token.
    #[error("the value of {name} looks like a secret, which never goes into a URL")]
    Secret {
        /// The parameter.
        name: Shown,
    },
    /// The same setting twice.
    #[error("`{name}` is given twice: expected it once")]
    Twice {
        /// The parameter.
        name: &'static str,
    },
}

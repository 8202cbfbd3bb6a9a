//! A document that cannot be read.

/// A document that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// The document is not JSON.
    #[error("it is not JSON: {problem}; expected a document of `az … --output json`")]
    Json {
        /// The problem and its place, without any value.
        problem: String,
    },
    /// The document is not text.
    #[error("it is neither UTF-8 nor UTF-16 text; expected a document of `az … --output json`")]
    Text,
    /// The document is larger than any of Azure.
    #[error("it has more than {most} {what}; split it")]
    TooLarge {
        /// The most that is read.
        most: usize,
        /// The things that there are too many of.
        what: &'static str,
    },
}

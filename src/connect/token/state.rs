//! What is observable of a source.

use std::time::Duration;

use super::TokenError;

/// What kind of source it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenKind {
    /// Nothing: containers.
    None,
    /// A key or token that is never renewed.
    Ready,
    /// The keys themselves.
    Keys,
    /// Tokens issued from the keys.
    Issued,
    /// Microsoft Entra tokens.
    Entra,
}

/// What is observable of a source; never a secret.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenState {
    /// What kind it is.
    pub kind: TokenKind,
    /// Which of the keys is in use, 1 or 2.
    pub key: Option<usize>,
    /// The tokens: one for each cloud of Microsoft Entra, or for each account that issued one.
    pub tokens: Vec<TokenTimes>,
}

/// When a token expires and is renewed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenTimes {
    /// In what time it expires; none while there is no valid token.
    pub expires_in: Option<Duration>,
    /// In what time it is renewed, if it is in use.
    pub renews_in: Option<Duration>,
    /// How many were fetched up to now.
    pub fetched: u64,
    /// Why the last fetch failed, if it did.
    pub failure: Option<TokenError>,
}

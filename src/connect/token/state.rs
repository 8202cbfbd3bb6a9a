//! The observable state of a token source.

use std::fmt;
use std::time::Duration;

use super::error::TokenError;

/// The kind of a token source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenKind {
    /// No credential, as containers need none.
    None,
    /// A key or token that is never renewed.
    Ready,
    /// The keys of the resource.
    Keys,
    /// Tokens issued from the keys of the resource.
    Issued,
    /// Microsoft Entra tokens.
    Entra,
}

/// One of the two keys of a resource, in the order in which they were given to the token source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyName {
    /// The first key, `KEY 1` in the portal if keys are given in that order.
    Key1,
    /// The second key.
    Key2,
}

impl KeyName {
    pub(super) fn of(index: usize) -> Self {
        if index == 0 { Self::Key1 } else { Self::Key2 }
    }
}

/// Writes the name as the portal does: `KEY 1`.
impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key1 => "KEY 1",
            Self::Key2 => "KEY 2",
        })
    }
}

/// The observable state of a token source. It contains no secret.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenState {
    /// The kind of the source.
    pub kind: TokenKind,
    /// The key in use; `None` for sources without keys.
    pub active_key: Option<KeyName>,
    /// The cached tokens: one for each cloud with Microsoft Entra, or one for each account with issued tokens.
    pub tokens: Vec<TokenTimes>,
}

/// The lifetime of a cached token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenTimes {
    /// The time until the token expires; `None` while there is no valid token.
    pub expires_in: Option<Duration>,
    /// The time until the token is renewed, if it is in use then.
    pub renews_in: Option<Duration>,
    /// The number of tokens that were fetched.
    pub fetched: u64,
    /// The failure of the last fetch; `None` if it succeeded.
    pub failure: Option<TokenError>,
}

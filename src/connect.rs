//! CONNECT: from an account and what it authenticates with to connections that the service has accepted.

mod jitter;
#[allow(dead_code, unused_imports, reason = "the connector is what uses a source")]
mod token;

pub use token::{Cause, TokenError, TokenKind, TokenSource, TokenState, TokenTimes};

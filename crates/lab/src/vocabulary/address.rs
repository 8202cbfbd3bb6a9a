//! The outcome of connecting to an address.

use std::time::Duration;

use serde::Deserialize;

/// The outcome of connecting to an address.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged, expecting = "expected `serve`, `refuse`, `drop`, `unreachable`, `denied`, `reset` or `lose-large`")]
pub(crate) enum AddressToml {
    End(EndToml),
    Late(LateToml),
}

impl AddressToml {
    pub(crate) fn parts(self) -> (EndToml, Duration) {
        match self {
            Self::End(end) => (end, Duration::ZERO),
            Self::Late(late) => (late.end, Duration::from_millis(late.delay_ms)),
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LateToml {
    end: EndToml,
    delay_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EndToml {
    Serve,
    Refuse,
    /// Does not respond.
    Drop,
    Unreachable,
    Denied,
    /// Connects, then resets before any data.
    Reset,
    /// Connects, then loses every packet that is not small.
    LoseLarge,
}

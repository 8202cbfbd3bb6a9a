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

    /// Returns the connections that get no response: the number before them, and their number.
    pub(crate) fn burst(self) -> Option<(usize, usize)> {
        match self {
            Self::Late(LateToml { drop_after: Some(after), drop_count, .. }) => Some((after, drop_count)),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LateToml {
    end: EndToml,
    #[serde(default)]
    delay_ms: u64,
    /// The number of connections after which some get no response.
    drop_after: Option<usize>,
    /// The number of those.
    #[serde(default)]
    drop_count: usize,
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

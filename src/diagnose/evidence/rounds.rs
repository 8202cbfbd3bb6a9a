//! Rounds: further connections to the same host, cold and warm, with the time of each stage.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use crate::diagnose::stage::Stage;

/// The rounds of one target.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct Rounds {
    /// The number of rounds that were requested.
    pub wanted: usize,
    /// Connections from scratch: a lookup, a connection, a full handshake, and an upgrade or a request.
    pub cold: Vec<Round>,
    /// Connections that reuse the address and the TLS session of the cold one before.
    pub warm: Vec<Round>,
}

/// One connection with its times in milliseconds; `None` for a stage that does not apply or was not reached.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct Round {
    /// Name resolution.
    pub dns_ms: Option<f64>,
    /// The connection: to the host, or to the proxy.
    pub tcp_ms: Option<f64>,
    /// The tunnel through the proxy.
    pub proxy_ms: Option<f64>,
    /// The handshake.
    pub tls_ms: Option<f64>,
    /// The upgrade, or the request.
    pub answer_ms: Option<f64>,
    /// The sum; `None` for a round that failed.
    pub total_ms: Option<f64>,
    /// Whether the TLS session was resumed.
    pub is_resumed: Option<bool>,
    /// The failure, prefixed with its stage.
    pub failure: Option<Failure>,
}

/// Minimum and median of several times, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Spread {
    /// The minimum.
    pub min: f64,
    /// The median.
    pub median: f64,
    /// The number of times.
    pub count: usize,
}

impl Rounds {
    /// Returns the stages of a round in their order; the last one depends on the service.
    #[must_use]
    pub fn stages(is_websocket: bool) -> [Stage; 5] {
        [Stage::Dns, Stage::Tcp, Stage::Proxy, Stage::Tls, if is_websocket { Stage::WebSocket } else { Stage::Http }]
    }
}

impl Round {
    /// Returns the time of a stage.
    #[must_use]
    pub fn of(&self, stage: Stage) -> Option<f64> {
        match stage {
            Stage::Dns => self.dns_ms,
            Stage::Tcp => self.tcp_ms,
            Stage::Proxy => self.proxy_ms,
            Stage::Tls => self.tls_ms,
            Stage::Http | Stage::WebSocket => self.answer_ms,
            Stage::Auth => None,
        }
    }
}

impl Spread {
    /// Returns minimum and median; `None` if there are no times.
    #[must_use]
    pub fn of(times: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut times: Vec<f64> = times.into_iter().collect();
        times.sort_by(f64::total_cmp);
        let (min, middle) = (*times.first()?, times.len() / 2);
        let median =
            if times.len().is_multiple_of(2) { f64::midpoint(times[middle - 1], times[middle]) } else { times[middle] };
        Some(Self { min, median, count: times.len() })
    }

    /// Returns minimum and median of one stage.
    #[must_use]
    pub fn of_stage(rounds: &[Round], stage: Stage) -> Option<Self> {
        Self::of(rounds.iter().filter_map(|round| round.of(stage)))
    }

    /// Returns minimum and median of whole rounds.
    #[must_use]
    pub fn of_whole(rounds: &[Round]) -> Option<Self> {
        Self::of(rounds.iter().filter_map(|round| round.total_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_an_even_number_is_half_way_between_two() {
        for (times, expected) in [
            (&[][..], None),
            (&[3.0], Some((3.0, 3.0))),
            (&[9.0, 1.0], Some((1.0, 5.0))),
            (&[9.0, 1.0, 2.0], Some((1.0, 2.0))),
            (&[9.0, 1.0, 2.0, 4.0], Some((1.0, 3.0))),
        ] {
            let spread = Spread::of(times.iter().copied());
            assert_eq!(spread.map(|spread| (spread.min, spread.median)), expected, "{times:?}");
            assert_eq!(spread.map_or(0, |spread| spread.count), times.len());
        }
    }
}

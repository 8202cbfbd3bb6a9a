//! Rounds: the same way again and again, each stage timed, from nothing and with what can be kept.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use crate::diagnose::stage::Stage;

/// The rounds of one target.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct Rounds {
    /// How many were wanted.
    pub wanted: usize,
    /// Each from nothing: a new lookup, a new connection, a whole handshake, an upgrade or a request.
    pub cold: Vec<Round>,
    /// Each after a cold one, with what can be kept of it: the address and the TLS session.
    pub warm: Vec<Round>,
}

/// One connection, its times in milliseconds; none for a stage that is not on this way or was not reached.
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
    /// All of them; none for a round that failed.
    pub total_ms: Option<f64>,
    /// Whether the TLS session was taken up again.
    pub is_resumed: Option<bool>,
    /// How it failed, if it did, with the stage before it.
    pub failure: Option<Failure>,
}

/// The least and the middle of several times, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Spread {
    /// The least.
    pub min: f64,
    /// The middle one, or half way between the two in the middle.
    pub median: f64,
    /// How many there are.
    pub count: usize,
}

impl Rounds {
    /// The stages that a way has, in its order, by what is asked at its end.
    #[must_use]
    pub fn stages(is_websocket: bool) -> [Stage; 5] {
        [Stage::Dns, Stage::Tcp, Stage::Proxy, Stage::Tls, if is_websocket { Stage::WebSocket } else { Stage::Http }]
    }
}

impl Round {
    /// The time of a stage.
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
    /// The least and the middle of times; none of none.
    #[must_use]
    pub fn of(times: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut times: Vec<f64> = times.into_iter().collect();
        times.sort_by(f64::total_cmp);
        let (min, middle) = (*times.first()?, times.len() / 2);
        let median =
            if times.len().is_multiple_of(2) { f64::midpoint(times[middle - 1], times[middle]) } else { times[middle] };
        Some(Self { min, median, count: times.len() })
    }

    /// That of one stage in several rounds.
    #[must_use]
    pub fn of_stage(rounds: &[Round], stage: Stage) -> Option<Self> {
        Self::of(rounds.iter().filter_map(|round| round.of(stage)))
    }

    /// That of the rounds as a whole.
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

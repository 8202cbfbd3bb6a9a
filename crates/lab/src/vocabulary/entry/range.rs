//! The numbers of turns and the durations for which an entry applies.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

/// A range of turns, with both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TurnsToml {
    pub(crate) from: u32,
    pub(crate) to: u32,
}

/// A range of durations in milliseconds, with both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default, expecting = "a range with `from-ms` and `to-ms`")]
pub(crate) struct DurationToml {
    pub(crate) from_ms: u64,
    pub(crate) to_ms: u64,
}

impl Default for DurationToml {
    fn default() -> Self {
        Self { from_ms: 0, to_ms: u64::MAX }
    }
}

impl DurationToml {
    pub(crate) fn contains(self, ms: u64) -> bool {
        (self.from_ms..=self.to_ms).contains(&ms)
    }
}

impl TurnsToml {
    pub(crate) fn contains(self, turn: u32) -> bool {
        (self.from..=self.to).contains(&turn)
    }
}

/// The fields of a range.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[serde(default = "first")]
    from: u32,
    #[serde(default = "last")]
    to: u32,
}

fn first() -> u32 {
    1
}

fn last() -> u32 {
    u32::MAX
}

impl<'de> Deserialize<'de> for TurnsToml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Turns)
    }
}

struct Turns;

impl Turns {
    fn one<E: de::Error>(number: impl TryInto<u32> + fmt::Display + Copy) -> Result<TurnsToml, E> {
        let turn = number.try_into().map_err(|_| E::custom(format_args!("{number} is not {EXPECTED}")))?;
        Ok(TurnsToml { from: turn, to: turn })
    }
}

impl<'de> Visitor<'de> for Turns {
    type Value = TurnsToml;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<TurnsToml, E> {
        Self::one(number)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<TurnsToml, E> {
        Self::one(number)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TurnsToml, A::Error> {
        let Fields { from, to } = Fields::deserialize(de::value::MapAccessDeserializer::new(map))?;
        Ok(TurnsToml { from, to })
    }
}

const EXPECTED: &str = "the number of a turn, such as 2, or a range, such as `{ from = 4 }`";

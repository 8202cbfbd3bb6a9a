//! The fault in the middle of an answer.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

/// How the service fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FaultToml {
    /// TCP resets the connection.
    Reset,
    /// TCP ends the connection without a close frame.
    Cut,
    /// Nothing more arrives, and the connection stays open.
    Silence,
    /// A close frame ends the WebSocket.
    Close { code: u16, reason: String },
}

/// The fields of a close frame.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct CloseFields {
    close: u16,
    #[serde(default)]
    reason: String,
}

impl<'de> Deserialize<'de> for FaultToml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Fault)
    }
}

struct Fault;

impl<'de> Visitor<'de> for Fault {
    type Value = FaultToml;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<FaultToml, E> {
        match text {
            "reset" => Ok(FaultToml::Reset),
            "cut" => Ok(FaultToml::Cut),
            "silence" => Ok(FaultToml::Silence),
            _ => Err(E::custom(format_args!("`{text}` is not a fault: expected {EXPECTED}"))),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FaultToml, A::Error> {
        let CloseFields { close, reason } = CloseFields::deserialize(de::value::MapAccessDeserializer::new(map))?;
        Ok(FaultToml::Close { code: close, reason })
    }
}

const EXPECTED: &str = "`reset`, `cut`, `silence` or `{ close = 1011, reason = \"…\" }`";

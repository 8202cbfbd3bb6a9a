//! The body of a refusal.

use serde::Deserialize;

/// The body of a refusal: a text as it is, or a value as JSON.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "serde_json::Value")]
pub(crate) struct BodyToml(String);

impl From<serde_json::Value> for BodyToml {
    fn from(value: serde_json::Value) -> Self {
        Self(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }
}

impl BodyToml {
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// Returns the content type that fits the text.
    pub(crate) fn kind(&self) -> &'static str {
        if self.0.trim_start().starts_with('{') { "application/json; charset=utf-8" } else { "text/plain" }
    }
}

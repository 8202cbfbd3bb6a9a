//! The words of a result, and their times.

use serde_json::{Value, json};

/// A word with its time in units of 100 ns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SpokenWord {
    pub(super) display: String,
    pub(super) lexical: String,
    pub(super) offset: u64,
    pub(super) duration: u64,
}

impl SpokenWord {
    pub(super) fn json(&self) -> Value {
        json!({ "Word": self.lexical, "Offset": self.offset, "Duration": self.duration })
    }
}

/// Converts milliseconds into units of 100 ns.
pub(super) fn ticks(ms: u64) -> u64 {
    ms * 10_000
}

/// Returns the lexical form of a text: lower case without punctuation.
pub(super) fn lexical(text: &str) -> String {
    let words = text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

//! The failure catalogue, looked up by ids that a user typed.

use speech_endpoint::{KnownFailure, QuotedValue};

use super::failure::did_you_mean;

/// The error for an id that is not in the catalogue.
pub(crate) struct UnknownId {
    id: QuotedValue,
    nearest: Option<&'static str>,
}

impl UnknownId {
    /// Returns the message: with the nearest id, or else with what was expected.
    pub(crate) fn or_expected(&self, expected: &str) -> String {
        let end = self.nearest.map_or_else(|| format!(": expected {expected}"), did_you_mean);
        format!("{} is not in the failure catalogue{end}", self.id)
    }
}

/// Finds the entry with this id.
pub(crate) fn find(id: &str) -> Result<&'static KnownFailure, UnknownId> {
    let unknown =
        || UnknownId { id: QuotedValue::new(id), nearest: KnownFailure::nearest(id).map(|nearest| nearest.id) };
    KnownFailure::find(id).ok_or_else(unknown)
}

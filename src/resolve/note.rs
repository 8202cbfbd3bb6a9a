//! Notes: interpretations, assumptions and contradictions found while reading input.

use std::fmt;

use crate::resolve::setting::SettingHint;

/// A remark about an input or an endpoint that is not an error.
///
/// `id` is stable and meant for programs: an id in the failure catalogue (`CFG07`) or a word (`unlisted_region`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// The stable identifier.
    pub id: &'static str,
    /// One sentence in lower case, without a full stop.
    pub text: String,
    /// What the reader probably meant, if there is a close match.
    pub suggestion: Option<String>,
    /// The settings that the sentence asks for.
    pub hints: Vec<SettingHint>,
}

impl Note {
    /// Creates a note with a stable identifier and one sentence.
    #[must_use]
    pub fn new(id: &'static str, text: impl Into<String>) -> Self {
        Self { id, text: text.into(), suggestion: None, hints: Vec::new() }
    }

    pub(crate) fn suggesting(self, suggestion: impl Into<String>) -> Self {
        Self { suggestion: Some(suggestion.into()), ..self }
    }

    pub(crate) fn asking_for(self, hints: impl IntoIterator<Item = impl Into<SettingHint>>) -> Self {
        Self { hints: hints.into_iter().map(Into::into).collect(), ..self }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Readers can look up catalogue ids; a word would only repeat the sentence.
        if self.id.starts_with(|c: char| c.is_ascii_uppercase()) {
            write!(f, "{}: ", self.id)?;
        }
        f.write_str(&self.text)
    }
}

/// A value together with the notes that reading it gave.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WithNotes<T> {
    /// The value.
    pub value: T,
    /// Notes about it for the reader.
    pub notes: Vec<Note>,
}

impl<T> WithNotes<T> {
    /// A value without notes.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self { value, notes: Vec::new() }
    }

    /// The value with these notes.
    #[must_use]
    pub fn with_notes(self, notes: Vec<Note>) -> Self {
        Self { notes, ..self }
    }
}

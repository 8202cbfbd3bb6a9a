//! Notes: what was understood, assumed or found contradictory while reading what was given.

use std::fmt;

/// One remark about an input or an endpoint that is not an error.
///
/// `id` is stable and made for programs: the id of the failure catalogue (`CFG07`) or a word (`unlisted_region`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// Stable identifier.
    pub id: &'static str,
    /// One sentence, lower case, without a full stop.
    pub text: String,
    /// What the reader probably meant, where there is a nearest match.
    pub suggestion: Option<String>,
}

impl Note {
    /// A note with a stable identifier and one sentence.
    #[must_use]
    pub fn new(id: &'static str, text: impl Into<String>) -> Self {
        Self { id, text: text.into(), suggestion: None }
    }

    pub(crate) fn suggesting(self, suggestion: impl Into<String>) -> Self {
        Self { suggestion: Some(suggestion.into()), ..self }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Catalogue ids help a person to look things up; words only repeat the sentence.
        if self.id.starts_with(|c: char| c.is_ascii_uppercase()) {
            write!(f, "{}: ", self.id)?;
        }
        f.write_str(&self.text)
    }
}

/// A value together with the notes that reading it gave.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Understood<T> {
    /// What was understood.
    pub value: T,
    /// What a person should know about it.
    pub notes: Vec<Note>,
}

impl<T> Understood<T> {
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

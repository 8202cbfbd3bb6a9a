//! A value of a document that may be absent, or may be one that this version does not know.

/// A value of a document. Unknown is not open: a value that is not documented never counts as `Allow`, `Enabled` or
/// `Approved`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "the three cases are all there are")]
pub enum Stated<T> {
    /// The document does not have the field, or has it as `null`.
    #[default]
    Absent,
    /// The document has a value that is documented.
    Known(T),
    /// The document has a value that is not documented, or one of the wrong type.
    Unknown(String),
}

impl<T> Stated<T> {
    /// Returns the value if it is documented.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unknown(_) => None,
        }
    }

    /// Returns the value if it is documented, or the default if the field is absent; `None` if the value is not documented.
    pub fn or(&self, default: T) -> Option<T>
    where
        T: Clone,
    {
        match self {
            Self::Known(value) => Some(value.clone()),
            Self::Absent => Some(default),
            Self::Unknown(_) => None,
        }
    }

    /// Returns whether the field is absent.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Returns the text of a value that is not documented.
    pub fn unknown(&self) -> Option<&str> {
        match self {
            Self::Unknown(text) => Some(text),
            Self::Absent | Self::Known(_) => None,
        }
    }
}

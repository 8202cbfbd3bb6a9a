//! The embedded worlds, by name.

/// Name and text of every world, in the order of the directory.
pub(super) const WORLDS: &[(&str, &str)] = &[];

//! Text in ASCII, for consoles and pipes that do not carry Unicode.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::de::IgnoredAny;

/// Whether everything that this process writes is ASCII. It is set once, before anything is written.
static IS_WANTED: AtomicBool = AtomicBool::new(false);

/// From now on, everything that this process writes is ASCII.
pub(crate) fn want() {
    IS_WANTED.store(true, Ordering::Relaxed);
}

/// Returns a text for people as it is written.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    if IS_WANTED.load(Ordering::Relaxed) { mapped(text).into() } else { text.into() }
}

/// Returns data as it is written. JSON stays as it is, because its readers decode it and compare its values.
pub(crate) fn data(data: &str) -> Cow<'_, str> {
    let is_json = || serde_json::from_str::<IgnoredAny>(data).is_ok();
    if IS_WANTED.load(Ordering::Relaxed) && !is_json() { mapped(data).into() } else { data.into() }
}

/// Replaces every character that is not ASCII. Marks keep their width, so that columns stay in line.
fn mapped(text: &str) -> String {
    let mut mapped = String::with_capacity(text.len());
    for c in text.chars() {
        match REPLACEMENTS.iter().find(|(known, _)| *known == c) {
            Some((_, replacement)) => mapped.push_str(replacement),
            None if c.is_ascii() => mapped.push(c),
            None => mapped.push('?'),
        }
    }
    mapped
}

const REPLACEMENTS: &[(char, &str)] = &[
    ('✓', "+"),
    ('×', "x"),
    ('·', "."),
    ('•', "*"),
    ('→', "->"),
    ('…', "..."),
    ('–', "-"),
    ('—', "-"),
    ('‘', "'"),
    ('’', "'"),
    ('“', "\""),
    ('”', "\""),
    ('≤', "<="),
    ('≥', ">="),
    ('µ', "u"),
    ('─', "-"),
    ('│', "|"),
    ('├', "+"),
    ('└', "+"),
    ('\u{a0}', " "),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_keep_their_meaning_and_other_characters_become_a_question_mark() {
        assert_eq!(mapped("✓ dns  a → b … × 接続"), "+ dns  a -> b ... x ??");
        assert_eq!(mapped("plain"), "plain");
    }
}

//! Single texts: quoted in a finding, shortened in a line, without what a terminal obeys.

use std::borrow::Cow;

use crate::resolve::invisible::is_invisible;
use crate::resolve::quoted::{QuotedValue, looks_secret};

/// Returns a text in backticks: on one line, shortened, a secret described by its length.
pub(in crate::diagnose) fn quoted(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('`', "'");
    if looks_secret(text) {
        return QuotedValue::new(&line).to_string();
    }
    match line.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("`{}…`", &line[..end]),
        None => format!("`{line}`"),
    }
}

/// Returns the beginning of a text, on one line.
pub(in crate::diagnose) fn shortened(text: &str) -> String {
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((at, _)) = words.char_indices().nth(LONGEST_MESSAGE) {
        words.truncate(at);
        words.push('…');
    }
    words
}

/// Returns a text without control characters, which a terminal obeys, and without invisible ones.
pub(in crate::diagnose) fn plain(text: &str) -> Cow<'_, str> {
    let is_unseen = |c: char| c.is_control() || is_invisible(c);
    if text.contains(is_unseen) { text.replace(is_unseen, "\u{fffd}").into() } else { text.into() }
}

/// In characters. Every informative message of the service fits.
const LONGEST_QUOTE: usize = 120;

/// In characters. The known messages of the service fit.
const LONGEST_MESSAGE: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_text_is_short_one_line_and_no_secret() {
        assert_eq!(quoted("a\r\n `b`"), "`a 'b'`");
        assert_eq!(quoted(&"é ".repeat(100)).chars().count(), LONGEST_QUOTE + 3);
        assert!(!quoted("key 0123456789abcdef0123456789abcdef").contains("0123"));
        // The part that looks like a secret is left out, and the rest is quoted like any other text.
        assert_eq!(quoted("u:eyJx.y.z@h `a`\n b"), "`…@h 'a' b`");
    }

    #[test]
    fn a_text_is_cut_after_its_limit_and_not_at_it() {
        for limit in [LONGEST_MESSAGE - 1, LONGEST_MESSAGE] {
            assert_eq!(shortened(&"é".repeat(limit)), "é".repeat(limit));
        }
        assert_eq!(shortened(&"é".repeat(LONGEST_MESSAGE + 1)), format!("{}…", "é".repeat(LONGEST_MESSAGE)));
        assert_eq!(shortened(" a\r\n b "), "a b");
        assert_eq!(quoted(&"é ".repeat(60)), format!("`{}`", "é ".repeat(60).trim()));
        assert_eq!(plain("a\u{1b}[31m\u{200b}b"), "a\u{fffd}[31m\u{fffd}b");
        assert!(matches!(plain("a b"), Cow::Borrowed("a b")));
    }
}

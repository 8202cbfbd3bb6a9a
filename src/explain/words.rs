//! Splits a cleaned text into words, the unit in which wordings are matched. A URL, a host name or an address is one word.

use super::place::{Place, is_word};

/// A word of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    /// The offset of its first byte.
    pub(super) start: usize,
    pub(super) kind: WordKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WordKind {
    /// Letters, digits and underscores.
    Plain,
    /// A whole number, decimal or hexadecimal, perhaps negative.
    Number,
    /// A URL, a host name or an address; of a URL, the host. Its parts do not count as words.
    Place,
}

/// Returns the words of a lower-case text. `places` are in order and do not overlap.
///
/// A word is a run of letters, digits and underscores. A hyphen before a digit belongs to the number if it does not follow a
/// word: `-1003`, but not `2026-11`. A character of a script without blanks is a word by itself.
pub(super) fn words<'a>(text: &'a str, places: &[Place<'_>]) -> Vec<Word<'a>> {
    let mut words = Vec::with_capacity(text.len() / 6);
    let mut places = places.iter().peekable();
    let mut at = 0;
    while at < text.len() {
        if let Some(place) = places.next_if(|place| place.span.start <= at) {
            let text = &text[place.name.start..place.name.end];
            words.push(Word { text, start: place.name.start, kind: WordKind::Place });
            at = place.span.end.max(at + 1);
            continue;
        }
        let until = places.peek().map_or(text.len(), |place| place.span.start);
        let rest = &text[at..until];
        let Some(c) = rest.chars().next() else { continue };
        if !is_word(c) {
            at += c.len_utf8();
            continue;
        }
        let length = if is_ideograph(c) {
            c.len_utf8()
        } else {
            rest.find(|c| !is_word(c) || is_ideograph(c)).unwrap_or(rest.len())
        };
        let is_negative = c.is_ascii_digit()
            && text[..at].strip_suffix('-').is_some_and(|before| !before.ends_with(|c| is_word(c) || c == '-'));
        let start = at - usize::from(is_negative);
        let word = &text[start..at + length];
        let kind = if is_number(word.trim_start_matches('-')) { WordKind::Number } else { WordKind::Plain };
        words.push(Word { text: word, start, kind });
        at += length;
    }
    words
}

/// Returns whether a character belongs to a script that puts no blanks between words (Chinese and Japanese).
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

fn is_number(word: &str) -> bool {
    let hexadecimal = word
        .strip_prefix("0x")
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hexadecimal || !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::super::place::places;
    use super::*;

    #[test]
    fn words_numbers_and_places_are_told_apart() {
        let text = "java.net.x: (os error 111) -1003 2026-11 [0x3|-2] a_b 接続 host.example.com:443";
        let found = words(text, &places(text));
        let texts: Vec<&str> = found.iter().map(|word| word.text).collect();
        assert_eq!(
            texts,
            [
                "java",
                "net",
                "x",
                "os",
                "error",
                "111",
                "-1003",
                "2026",
                "11",
                "0x3",
                "-2",
                "a_b",
                "接",
                "続",
                "host.example.com",
                "443"
            ]
        );
        let numbers = found.iter().filter(|word| word.kind == WordKind::Number).count();
        assert_eq!(numbers, 7);
        assert_eq!(found.iter().filter(|word| word.kind == WordKind::Place).count(), 1);
        assert!(found.iter().all(|word| &text[word.start..word.start + word.text.len()] == word.text));
    }
}

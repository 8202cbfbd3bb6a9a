//! Text for Markdown: no link, image, HTML or mention of a peer's renders, in `CommonMark` and in GitHub's
//! extensions.
//!
//! Escapes do not stop extensions that read the rendered text, such as mentions and bare URLs. Such words become code.

use super::plain;

/// The place of a text in a document. A cell ends at a vertical bar, also inside of code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Sentence,
    Cell,
}

/// A piece of a text. Code contains no backtick.
enum Piece {
    Text(String),
    Code(String),
}

/// Returns a text that Markdown shows as it is, on one line. Code in paired backticks stays code.
pub(in crate::diagnose) fn escaped(text: &str) -> String {
    written(text, Place::Sentence)
}

/// Returns a text that Markdown shows as it is in a cell of a table.
pub(in crate::diagnose) fn cell(text: &str) -> String {
    written(text, Place::Cell)
}

/// Returns a text as code, on one line.
pub(in crate::diagnose) fn code(text: &str) -> String {
    let code = plain(text).replace('`', "'");
    if code.trim().is_empty() { String::new() } else { format!("`{code}`") }
}

/// Returns the fence of a block of code. It is longer than any run of backticks in the lines.
pub(in crate::diagnose) fn fence(lines: &[String]) -> String {
    let runs = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len);
    "`".repeat(runs.max().unwrap_or(0).max(2) + 1)
}

fn written(text: &str, place: Place) -> String {
    let mut output = String::with_capacity(text.len());
    for piece in pieces(plain(text).trim()) {
        match piece {
            // Code has no escape for a bar: readers differ on a backslash before it.
            Piece::Code(code) if place == Place::Cell => output.extend(["`", &code.replace('|', "¦"), "`"]),
            Piece::Code(code) => output.extend(["`", &code, "`"]),
            Piece::Text(text) => add_text(&mut output, &text),
        }
    }
    output
}

/// Adds a text with a backslash before everything that is markup.
fn add_text(output: &mut String, text: &str) {
    for (at, c) in text.char_indices() {
        let is_last = || text[at + c.len_utf8()..].chars().next().is_none_or(char::is_whitespace);
        match c {
            // A backslash before a backtick is hard to see for a reader that counts runs of backticks.
            '`' => {
                output.push_str("&#96;");
                continue;
            }
            '\\' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '&' | '|' | '~' | '^' | '$' => output.push('\\'),
            // The items of a list, and lines under headings.
            '-' | '+' | '=' if output.is_empty() => output.push('\\'),
            '.' | ')' if is_last() && output.chars().all(|c| c.is_ascii_digit()) => output.push('\\'),
            _ => {}
        }
        output.push(c);
    }
}

/// Returns the pieces of a text. Between two pieces of code there is text, because adjacent backticks are one fence.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('`') {
        let (before, from) = rest.split_at(at);
        add_prose(&mut pieces, before);
        let after = from.trim_start_matches('`');
        let length = from.len() - after.len();
        let span = after
            .split_once('`')
            .filter(|(code, next)| length == 1 && !code.trim().is_empty() && !next.starts_with('`'));
        if let Some((code, next)) = span {
            add(&mut pieces, Piece::Code(code.to_owned()));
            rest = next;
        } else {
            add(&mut pieces, Piece::Text(from[..length].to_owned()));
            rest = after;
        }
    }
    add_prose(&mut pieces, rest);
    pieces
}

/// Adds a text without backticks. Words that a reader would turn into links are code.
fn add_prose(pieces: &mut Vec<Piece>, text: &str) {
    for part in text.split_inclusive(char::is_whitespace) {
        let word = part.trim_end();
        if is_reference(word) {
            add(pieces, Piece::Code(word.to_owned()));
            add(pieces, Piece::Text(part[word.len()..].to_owned()));
        } else {
            add(pieces, Piece::Text(part.to_owned()));
        }
    }
}

fn add(pieces: &mut Vec<Piece>, piece: Piece) {
    match (pieces.last_mut(), piece) {
        (_, Piece::Text(text)) if text.is_empty() => {}
        (Some(Piece::Code(before)), Piece::Code(code)) => before.push_str(&code),
        (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(&text),
        (_, piece) => pieces.push(piece),
    }
}

/// Returns whether GitHub or GitLab turns a word into a link: URLs, addresses, mentions and numbers of issues.
fn is_reference(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let is_sigil = |(sigil, next): (char, char)| "#!~%&^".contains(sigil) && next.is_alphanumeric();
    word.contains(['@', '$'])
        || LINKS.iter().any(|link| word.contains(link))
        || word.chars().zip(word.chars().skip(1)).any(is_sigil)
}

/// The beginnings of bare links, and `GH-1`.
const LINKS: &[&str] = &["://", "www.", "mailto:", "xmpp:", "gh-"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_is_markup() {
        for (text, expected) in [
            ("a|b <img> [x](y) `a_b`", "a\\|b \\<img\\> \\[x\\](y) `a_b`"),
            ("one ` only\nnext", "one &#96; only\u{fffd}next"),
            ("``` ` <img> ` b", "&#96;&#96;&#96; ` <img> ` b"),
            ("`a`@name and `b``c`", "`a@name` and &#96;b&#96;&#96;c&#96;"),
            ("see https://evil.example/x, ask @all, #1", "see `https://evil.example/x,` ask `@all,` `#1`"),
            ("&lt;img&gt;", "`&lt;img&gt;`"),
            ("1. - x", "1\\. - x"),
            ("- x", "\\- x"),
        ] {
            assert_eq!(escaped(text), expected, "{text}");
        }
        assert_eq!(cell("`a\\|b` c|d"), "`a\\¦b` c\\|d");
        assert_eq!(code("a`b"), "`a'b`");
        assert_eq!(fence(&["echo ````".to_owned()]), "`````");
    }

    #[test]
    fn a_bar_in_code_is_replaced_in_a_cell_only() {
        assert_eq!(escaped("`a|b`"), "`a|b`");
        assert_eq!(cell("`a|b`"), "`a¦b`");
    }
}

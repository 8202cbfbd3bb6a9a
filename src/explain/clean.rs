//! From what was pasted to plain lower-case text: encodings, colours, entities and escapes are undone.

use zeroize::Zeroizing;

use crate::resolve::invisible::is_invisible;

/// The longest text that is read, in bytes. Of a longer text only the end is read, because it shows what failed.
pub const LONGEST_TEXT: usize = 1 << 20;

/// Decodes the end of a file that people paste: UTF-8, UTF-16 with or without a byte-order mark, or else Latin-1.
///
/// `start` holds the first bytes of the file, where a byte-order mark stands, and `end` the last ones, which may be the same.
/// `is_aligned` says whether `end` begins at an even offset.
#[must_use]
pub fn decoded(start: &[u8], end: &[u8], is_aligned: bool) -> String {
    let wide = match start {
        [0xff, 0xfe, ..] => Some(u16::from_le_bytes as fn([u8; 2]) -> u16),
        [0xfe, 0xff, ..] => Some(u16::from_be_bytes as fn([u8; 2]) -> u16),
        // Without a mark, every second byte of Latin text is zero.
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => Some(u16::from_le_bytes as fn([u8; 2]) -> u16),
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => Some(u16::from_be_bytes as fn([u8; 2]) -> u16),
        _ => None,
    };
    match wide {
        Some(unit) => {
            let units = end[usize::from(!is_aligned && !end.is_empty())..].chunks_exact(2);
            char::decode_utf16(units.map(|pair| unit([pair[0], pair[1]]))).map(|c| c.unwrap_or(' ')).collect()
        }
        None => match std::str::from_utf8(end) {
            Ok(text) => text.to_owned(),
            // Cut inside a character, or damaged in one place.
            Err(_) if is_mostly_utf8(end) => String::from_utf8_lossy(end).into_owned(),
            Err(_) => end.iter().map(|byte| char::from(*byte)).collect(),
        },
    }
}

/// Returns whether the characters beyond ASCII are UTF-8 for the greater part.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good >= bad
}

/// Undoes what terminals, log viewers, mails and tickets add to a text, and returns it in lower case.
pub(super) fn cleaned(text: &str) -> Zeroizing<String> {
    readable(text, |out, c| out.extend(c.to_lowercase()))
}

/// Undoes the same, and keeps the case. It has the lines of the cleaned text.
pub(super) fn as_written(text: &str) -> Zeroizing<String> {
    readable(text, String::push)
}

fn readable(text: &str, add: fn(&mut String, char)) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((length, replacement)) = undone(rest) {
            if let Some(c) = replacement {
                add(&mut out, c);
            }
            rest = &rest[length..];
            continue;
        }
        if !is_invisible(first) {
            match first {
                '\n' => out.push('\n'),
                _ if first.is_control() => out.push(' '),
                _ => add(&mut out, first),
            }
        }
        rest = &rest[first.len_utf8()..];
    }
    out
}

/// Returns the length of an escape at the start of the text, and the character that it stands for.
fn undone(text: &str) -> Option<(usize, Option<char>)> {
    match text.as_bytes()[0] {
        0x1b => Some((colour(text, 1).unwrap_or(1), None)),
        b'&' => entity(text),
        b'\\' => backslash(text),
        // A quoted-printable line break.
        b'=' if text.starts_with("=\r\n") => Some((3, None)),
        _ => None,
    }
}

/// Returns the length of an escape sequence of a terminal (ECMA-48) whose introducer has `lead` bytes.
fn colour(text: &str, lead: usize) -> Option<usize> {
    let rest = text.get(lead..)?;
    let after = rest.strip_prefix('[')?;
    let end = after.bytes().take(32).position(|byte| (0x40..=0x7e).contains(&byte))?;
    Some(lead + 1 + end + 1)
}

/// Decodes an entity of HTML.
fn entity(text: &str) -> Option<(usize, Option<char>)> {
    let name = text[1..].bytes().take(8).position(|byte| byte == b';').and_then(|end| text.get(1..=end))?;
    let c = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => {
            let number = name.strip_prefix('#')?;
            let value = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(value.ok()?).filter(|c| !c.is_control()).unwrap_or(' ')
        }
    };
    Some((name.len() + 2, Some(c)))
}

/// Decodes an escape of JSON, of a shell or of a debugger. A path of Windows loses a letter by it, which no wording needs.
fn backslash(text: &str) -> Option<(usize, Option<char>)> {
    let next = *text.as_bytes().get(1)?;
    match next {
        b'n' | b'r' | b't' => Some((2, Some(if next == b'n' { '\n' } else { ' ' }))),
        b'"' | b'\'' | b'/' => Some((2, Some(char::from(next)))),
        b'x' | b'e' | b'0' | b'u' => {
            let lead =
                ["\\x1b", "\\x1B", "\\e", "\\033", "\\u001b", "\\u001B"].iter().find(|lead| text.starts_with(**lead));
            if let Some(lead) = lead {
                return Some((colour(text, lead.len()).unwrap_or(lead.len()), None));
            }
            let digits = text.strip_prefix("\\u").and_then(|rest| rest.get(..4))?;
            let c = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            Some((6, Some(if c.is_control() || is_invisible(c) { ' ' } else { c })))
        }
        _ => None,
    }
}

/// Returns the text before an offset on its line, of at most so many bytes. A line may be as long as the text.
pub(super) fn line_before(text: &str, at: usize, most: usize) -> &str {
    text[boundary_from(text, at.saturating_sub(most))..at].rsplit('\n').next().unwrap_or_default()
}

/// Returns the first boundary of characters at or behind an offset.
pub(super) fn boundary_from(text: &str, at: usize) -> usize {
    (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

/// Returns the last boundary of characters at or before an offset.
pub(super) fn boundary_to(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_viewers_and_tickets_add_is_undone() {
        for (given, plain) in [
            ("Code: \u{1b}[31m11001\u{1b}[0m", "code: 11001"),
            ("Code: \\x1b[31m11001\\u001b[0m", "code: 11001"),
            ("a &lt;b&gt; &amp;&quot;c&#39;&#x27; &nbsp;d", "a <b> &\"c''  d"),
            ("{\\\"code\\\":\\\"403\\\"}\\nnext", "{\"code\":\"403\"}\nnext"),
            ("\\u0027x\\u003c", "'x<"),
            ("a & b; &unknown; &#; 50%", "a & b; &unknown; &#; 50%"),
            ("zero\u{200b}width", "zerowidth"),
            ("ÜBER", "über"),
            ("\u{1b}", ""),
            ("\\", "\\"),
            ("&", "&"),
        ] {
            assert_eq!(*cleaned(given), plain, "{given:?}");
        }
    }

    #[test]
    fn files_of_every_encoding_are_decoded() {
        let wide = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let text = "Fehler: Gerät (401)";
        let with_mark = format!("\u{feff}{text}");
        for bytes in [wide(&with_mark, u16::to_le_bytes), wide(&with_mark, u16::to_be_bytes)] {
            assert_eq!(decoded(&bytes[..4], &bytes, true), with_mark);
            // The end of a long file may begin in the middle of a unit.
            assert_eq!(decoded(&bytes[..4], &bytes[3..], false), &text[1..]);
        }
        for bytes in [wide(text, u16::to_le_bytes), wide(text, u16::to_be_bytes)] {
            assert_eq!(decoded(&bytes[..4], &bytes, true), text);
        }
        assert_eq!(decoded(text.as_bytes(), text.as_bytes(), true), text);
        assert_eq!(decoded(b"", b"Ger\xe4t", true), "Gerät");
        let cut = "äöü".as_bytes();
        assert_eq!(decoded(b"xx", &cut[1..], false), "\u{fffd}öü");
        assert_eq!(decoded(b"", b"", true), "");
    }
}

//! Text for HTML and XML: nothing in it is markup, in content and in quoted attributes.

use crate::diagnose::redact::plain;

/// Returns a text that HTML and XML show as it is, on one line.
pub(super) fn escaped(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '&' => output.push_str("&amp;"),
            '<' => output.push_str("&lt;"),
            '>' => output.push_str("&gt;"),
            '"' => output.push_str("&quot;"),
            '\'' => output.push_str("&#39;"),
            // XML allows neither.
            '\u{fffe}' | '\u{ffff}' => output.push('\u{fffd}'),
            c => output.push(c),
        }
    }
    output
}

/// Returns a sentence for HTML. Code in paired backticks becomes an element.
pub(super) fn with_code(sentence: &str) -> String {
    let pieces: Vec<&str> = sentence.split('`').collect();
    let mut output = String::with_capacity(sentence.len());
    for (number, piece) in pieces.iter().enumerate() {
        let is_code = number % 2 == 1;
        match (is_code, number + 1 < pieces.len()) {
            (true, true) => output.extend(["<code>", &escaped(piece), "</code>"]),
            // The last backtick has no partner.
            (true, false) => output.extend(["`", &escaped(piece)]),
            (false, _) => output.push_str(&escaped(piece)),
        }
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_is_markup() {
        assert_eq!(
            escaped("<b a=\"1\" c='2'>&amp;\u{1b}\u{ffff}"),
            "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;\u{fffd}\u{fffd}"
        );
        assert_eq!(with_code("a `<b>` c"), "a <code>&lt;b&gt;</code> c");
        assert_eq!(with_code("a ` <i> and `` b"), "a <code> &lt;i&gt; and </code>` b");
        assert_eq!(with_code("one ` only"), "one ` only");
    }
}

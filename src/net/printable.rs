//! Printable text from peers. A hostile peer can send control characters, invisible text, secrets and megabytes.

use crate::resolve::invisible::is_invisible;
use crate::resolve::quoted::looks_secret;

/// Returns one line of printable text, shortened, with an ellipsis for each word that looks like a secret.
pub(crate) fn line(text: &str, longest: usize) -> String {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        // An invisible character does not end a word, or it would cut a secret.
        let word: String = word.chars().filter(|c| !is_invisible(*c)).collect();
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        // A request id also has 32 hexadecimal digits. It stays, because it contains hyphens.
        line.push_str(if looks_secret(&word) { "…" } else { &word });
        if line.len() > longest * 4 {
            break;
        }
    }
    let mut short: String = line.chars().take(longest).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_short_printable_and_without_secrets() {
        let key = "0123456789abcdef0123456789abcdef";
        assert_eq!(line(&format!("key {key} is\u{1b}[31m wrong"), 40), "key … is [31m wrong");
        assert_eq!(line("abc def", 5), "abc d…");
        assert_eq!(
            line("a\u{200b}b\u{202e}c \u{e0041}\u{e007f} \u{feff}d\u{ad}e\u{9b}\u{7f}f\u{2028}g", 40),
            "abc de f g"
        );
        // A secret that is cut into pieces is one.
        assert_eq!(line(&format!("{}\u{200b}{}", &key[..9], &key[9..]), 40), "…");
        assert_eq!(line(&"ab ".repeat(100_000), 8), "ab ab ab…");
    }
}

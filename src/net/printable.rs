//! Printable text from peers. A hostile peer can send control characters, secrets and megabytes.

use crate::resolve::quoted::looks_secret;

/// Returns one line of printable text, shortened, with an ellipsis for each word that looks like a secret.
pub(crate) fn line(text: &str, longest: usize) -> String {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        // A request id also has 32 hexadecimal digits. It stays, because it contains hyphens.
        line.push_str(if looks_secret(word) { "…" } else { word });
        if line.len() > longest * 4 {
            break;
        }
    }
    let printable = line.chars().filter(|c| !c.is_control());
    let mut short: String = printable.take(longest).collect();
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
        assert_eq!(line(&"ab ".repeat(100_000), 8), "ab ab ab…");
    }
}

//! Texts of a document in output, and the commands of `az` that are made of them.

use super::id::{ArmId, is_plain_name};
use crate::resolve::invisible::is_invisible;
use crate::resolve::quoted::{QuotedValue, looks_secret};

/// Returns a text of a document for output: on one line, without invisible characters, described if it has the shape of a
/// secret, and cut if it is longer than any name or ID.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut visible = text.chars().filter(|c| !c.is_control() && !is_invisible(*c));
    let mut shown: String = visible.by_ref().take(LONGEST).collect();
    if visible.next().is_some() {
        shown.push('…');
    }
    if looks_secret(&shown) { QuotedValue::new(&shown).to_string() } else { shown }
}

/// In characters. The longest ID of a resource is about half as long.
const LONGEST: usize = 1024;

/// Returns a command with its parts filled in. A part is a word in capitals after `{` and before `}`; one that is unknown, or
/// that a shell could interpret, stays in capitals.
pub(crate) fn filled(template: &str, parts: &[(&str, Option<&str>)]) -> String {
    let mut command = String::with_capacity(template.len() + 80);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}').filter(|(name, _)| is_part(name)) else {
            command.push_str(before);
            command.push('{');
            rest = after;
            continue;
        };
        command.push_str(before);
        let value = parts.iter().find(|(part, _)| *part == name).and_then(|(_, value)| *value);
        command.push_str(value.filter(|value| is_word(value)).unwrap_or(name));
        rest = tail;
    }
    command.push_str(rest);
    command
}

fn is_part(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}

/// Returns whether a value is one word for every shell: a plain name, the ID of a resource, or an address range.
fn is_word(value: &str) -> bool {
    is_plain_name(value) || ArmId::new(value).is_plain() || value.parse::<super::prefix::Prefix>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_is_unknown_or_dangerous_stays_in_capitals() {
        let command = |name| filled("az x -g {RG} -n {N} --set a='{\"b\":1}'", &[("RG", Some("rg")), ("N", name)]);
        assert_eq!(command(Some("contoso")), "az x -g rg -n contoso --set a='{\"b\":1}'");
        for bad in [None, Some("a b"), Some("$(id)"), Some("-o"), Some("a;b"), Some("'"), Some("")] {
            assert_eq!(command(bad), "az x -g rg -n N --set a='{\"b\":1}'", "{bad:?}");
        }
    }

    #[test]
    fn a_text_with_the_shape_of_a_key_is_described() {
        assert_eq!(shown("contoso"), "contoso");
        assert_eq!(shown(&"a ".repeat(2000)).chars().count(), LONGEST + 1);
        assert!(!shown("0123456789abcdef0123456789abcdef").contains("0123"));
        assert!(!shown("0123456789abcdef\u{200b}0123456789abcdef").contains("0123"));
        assert_eq!(shown("a\u{1b}[31m\nb\u{202e}"), "a[31mb");
    }
}

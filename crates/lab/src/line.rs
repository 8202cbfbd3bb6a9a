//! The line of a key in a TOML text.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Returns the line of a byte, counted from 1.
pub(super) fn at(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|byte| *byte == b'\n').count() + 1
}

/// Returns the line of a key such as `dns.a.example`; a part of it may contain dots. `None` if the text has no such key.
pub(super) fn of_key(text: &str, key: &str) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    find(table.get_ref(), key).map(|byte| at(text, byte))
}

/// Returns the first byte of a key.
fn find(table: &DeTable<'_>, key: &str) -> Option<usize> {
    table.iter().find_map(|(name, value)| {
        let rest = key.strip_prefix(name.get_ref().as_ref())?;
        if rest.is_empty() {
            return Some(name.span().start);
        }
        match rest.strip_prefix('.') {
            Some(key) => inside(value, key),
            None => element(value, rest.strip_prefix('[')?),
        }
    })
}

/// Returns the first byte of an element of an array, or of a key in it, from what follows `[`.
fn element(value: &Spanned<DeValue<'_>>, key: &str) -> Option<usize> {
    let (number, rest) = key.split_once(']')?;
    let DeValue::Array(values) = value.get_ref() else { return None };
    let value = values.get(number.parse::<usize>().ok()?)?;
    if rest.is_empty() { Some(value.span().start) } else { inside(value, rest.strip_prefix('.')?) }
}

fn inside(value: &Spanned<DeValue<'_>>, key: &str) -> Option<usize> {
    match value.get_ref() {
        DeValue::Table(table) => find(table, key),
        // The key names no element, so the first one that has it counts.
        DeValue::Array(values) => values.iter().find_map(|value| inside(value, key)),
        _ => None,
    }
}

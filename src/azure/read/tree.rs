//! One object of a document as a tree that borrows its texts, with a limit on its size.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A JSON value.
#[derive(Debug)]
pub(super) enum Node<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl<'a> Node<'a> {
    /// Returns the field with this name, in any case.
    pub(super) fn field(&self, name: &str) -> Option<&Node<'a>> {
        let Self::Object(fields) = self else { return None };
        fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Returns the field of the object or of its `properties`, unless it is `null`. Generated commands of `az` print the
    /// properties beside the other fields; the REST response has them below `properties`.
    pub(super) fn get(&self, name: &str) -> Option<&Node<'a>> {
        let inner = self.field("properties").and_then(|properties| properties.present(name));
        inner.or_else(|| self.present(name))
    }

    pub(super) fn present(&self, name: &str) -> Option<&Node<'a>> {
        self.field(name).filter(|value| !matches!(value, Self::Null))
    }

    /// Returns whether the object or its `properties` have the field, be it `null`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.field(name).is_some() || self.field("properties").is_some_and(|inner| inner.field(name).is_some())
    }

    /// Returns the text, unless it is longer than any of Azure.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if text.len() <= LONGEST_TEXT => Some(text),
            _ => None,
        }
    }

    pub(super) fn bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub(super) fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// Returns the elements of a list; none for any other value.
    pub(super) fn items(&self) -> &[Node<'a>] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// Returns the text of the field, unless it is empty.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name)?.text().filter(|text| !text.is_empty())
    }

    /// Returns the text of the field.
    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.text_of(name).map(str::to_owned)
    }

    /// Returns the elements of the list in the field.
    pub(super) fn list(&self, name: &str) -> &[Node<'a>] {
        self.get(name).map_or(&[], Node::items)
    }

    /// Returns the texts of a field that is a list of texts or one text.
    pub(super) fn texts(&self, name: &str) -> Vec<&str> {
        match self.get(name) {
            Some(Node::Text(_)) => self.text_of(name).into_iter().collect(),
            Some(list) => list.items().iter().filter_map(Node::text).collect(),
            None => Vec::new(),
        }
    }

    /// Returns what an error or a note may say of the value: its text, or what it is.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.chars().take(LONGEST_SHOWN).collect(),
            Self::Bool(value) => value.to_string(),
            Self::Number(value) => value.to_string(),
            Self::Null => "null".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Object(_) => "an object".to_owned(),
        }
    }
}

/// IDs, names and descriptions in Azure are shorter.
const LONGEST_TEXT: usize = 4096;

const LONGEST_SHOWN: usize = 80;

/// Reads one value. `left` counts down the values that may still follow.
pub(super) struct Tree<'l> {
    pub(super) left: &'l mut usize,
}

/// The most values of one object. A virtual network with a thousand subnets has about 50,000.
pub(super) const MOST_VALUES: usize = 250_000;

/// The most that all objects of a document keep, in list elements: about 24,000 accounts.
pub(super) const MOST_WEIGHT: usize = 480_000;

/// The text by which the reader of the document recognises that there are too many values.
pub(super) const TOO_MANY: &str = "too many values";

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Node<'de>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(value))
    }

    #[allow(clippy::cast_precision_loss, reason = "the numbers that are used are priorities")]
    fn visit_i64<E>(self, value: i64) -> Result<Node<'de>, E> {
        Ok(Node::Number(value as f64))
    }

    #[allow(clippy::cast_precision_loss, reason = "the numbers that are used are priorities")]
    fn visit_u64<E>(self, value: u64) -> Result<Node<'de>, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node<'de>, E> {
        Ok(Node::Number(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node<'de>, E> {
        let text = copied(value);
        count_down(self.left, text.len() / BYTES_PER_VALUE)?;
        Ok(Node::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Node<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element_seed(Tree { left: &mut *self.left })? {
            count_down(self.left, 1)?;
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Node<'de>, A::Error> {
        let mut fields: Vec<(Cow<'de, str>, Node<'de>)> = Vec::new();
        while let Some(key) = from.next_key_seed(Key)? {
            count_key(self.left, &key)?;
            let value = from.next_value_seed(Tree { left: &mut *self.left })?;
            fields.push((key, value));
        }
        once(&fields, |(key, _)| key)?;
        Ok(Node::Object(fields))
    }
}

/// Rejects an object with the same key twice: readers differ in which of the values they take.
pub(super) fn once<T, E: Error>(fields: &[T], key: impl Fn(&T) -> &str) -> Result<(), E> {
    let mut keys: Vec<&str> = fields.iter().map(key).collect();
    keys.sort_unstable();
    if keys.windows(2).any(|pair| pair[0] == pair[1]) {
        Err(E::custom("an object has the same key twice"))
    } else {
        Ok(())
    }
}

fn count_down<E: Error>(left: &mut usize, values: usize) -> Result<(), E> {
    *left = left.checked_sub(values).ok_or_else(|| E::custom(TOO_MANY))?;
    Ok(())
}

/// Counts one field of an object.
#[allow(clippy::ptr_arg, reason = "a key that is copied counts more")]
pub(super) fn count_key<E: Error>(left: &mut usize, key: &Cow<'_, str>) -> Result<(), E> {
    let copied = if let Cow::Owned(key) = key { key.len() } else { 0 };
    count_down(left, 1 + copied / BYTES_PER_VALUE)
}

/// A text with escapes is copied, so it counts as this many bytes per value.
const BYTES_PER_VALUE: usize = 64;

/// Returns a copy of a text with escapes. One that is longer than any of Azure is cut, and stays longer than any.
pub(super) fn copied<'a>(text: &str) -> Cow<'a, str> {
    let end = text.char_indices().nth(LONGEST_TEXT + 1).map_or(text.len(), |(end, _)| end);
    Cow::Owned(text[..end].to_owned())
}

/// Reads a key, which is borrowed unless it has escapes.
pub(super) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Cow<'de, str>, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Cow<'de, str>, E> {
        Ok(copied(value))
    }
}

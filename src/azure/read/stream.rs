//! The outer shape of a document: an object, a list, a page or an envelope.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::piece::Piece;
use super::shape::{Shape, pieces_of, shape_of};
use super::tree::{Key, MOST_VALUES, Node, TOO_MANY, Tree, once};
use crate::azure::document::DocumentError;
use crate::azure::id::ArmId;
use crate::azure::kind::DocumentKind;

/// What a document holds.
#[derive(Default)]
pub(super) struct Page {
    pub(super) sink: Sink,
    /// The lists that an envelope declares complete, each with the resource that it is about.
    pub(super) envelopes: Vec<(DocumentKind, ArmId)>,
    /// Whether the list has another page.
    pub(super) has_more: bool,
}

/// The objects of a document.
#[derive(Default)]
pub(super) struct Sink {
    /// Each object, whether it is only a part of another one, and the resource that its envelope names.
    pub(super) pieces: Vec<(Piece, bool, Option<ArmId>)>,
    weight: usize,
    /// Why something in the document has no known shape.
    pub(super) unknown: Option<&'static str>,
    pub(super) has_keys: bool,
}

impl Sink {
    /// Takes one object, and the objects inside it.
    fn take(&mut self, node: &Node<'_>, of: Option<&ArmId>) -> Result<(), &'static str> {
        match shape_of(node) {
            Shape::Keys => self.has_keys = true,
            Shape::Error => self.unknown = Some("it is an error of Azure instead of a document"),
            Shape::Unknown => self.unknown = Some(UNKNOWN),
            Shape::Kind(kind) => {
                for (place, piece) in pieces_of(kind, node).into_iter().enumerate() {
                    self.weight += piece.weight();
                    if self.weight > MOST_WEIGHT {
                        return Err(TOO_HEAVY);
                    }
                    self.pieces.push((piece, place > 0, of.cloned()));
                }
            }
        }
        Ok(())
    }

    fn name_the_resource(&mut self, from: usize, of: &ArmId) {
        for (_, _, resource) in &mut self.pieces[from..] {
            *resource = Some(of.clone());
        }
    }
}

impl Page {
    /// Takes a whole document: an object, a list, a page or an envelope.
    fn take(&mut self, node: &Node<'_>, of: Option<&ArmId>) -> Result<bool, &'static str> {
        if let Some((kind, resource, document)) = envelope(node) {
            return self.unwrap(kind, &resource, document).map(|()| true);
        }
        if let Node::List(items) = node {
            for item in items {
                self.sink.take(item, of)?;
            }
            return Ok(true);
        }
        if let Some(list @ Node::List(_)) = node.field("value") {
            let has_more = node.field("nextLink").is_some_and(|link| link.text().is_some_and(|text| !text.is_empty()));
            self.has_more |= has_more;
            self.take(list, of)?;
            return Ok(!has_more);
        }
        self.sink.take(node, of)?;
        Ok(false)
    }

    /// Takes the document in an envelope. A list in it is complete, also when it is empty.
    fn unwrap(&mut self, kind: DocumentKind, of: &ArmId, document: &Node<'_>) -> Result<(), &'static str> {
        if matches!(document, Node::Null) {
            self.sink.unknown = Some("its envelope holds no document, as a failed command leaves it");
            return Ok(());
        }
        if self.take(document, Some(of))? {
            self.envelopes.push((kind, of.clone()));
        }
        Ok(())
    }
}

/// Returns the parts of a collected document.
fn envelope<'n, 'a>(node: &'n Node<'a>) -> Option<(DocumentKind, ArmId, &'n Node<'a>)> {
    let (kind, of, document) = (node.field("kind")?, node.field("of")?, node.field("document")?);
    Some((kind.text()?.to_ascii_lowercase().parse().ok()?, ArmId::new(of.text()?), document))
}

/// Reads a document.
pub(super) fn read(text: &str) -> Result<Page, DocumentError> {
    let mut page = Page::default();
    let mut from = serde_json::Deserializer::from_str(text);
    let outcome = Outer { page: &mut page }.deserialize(&mut from).and_then(|()| from.end());
    outcome.map(|()| page).map_err(|error| refused(&error))
}

/// Reads a document as one tree, of a limited size.
pub(super) fn tree(text: &str) -> Result<Node<'_>, DocumentError> {
    let mut from = serde_json::Deserializer::from_str(text);
    let tree =
        Tree { left: &mut MOST_VALUES.clone() }.deserialize(&mut from).and_then(|tree| from.end().map(|()| tree));
    tree.map_err(|error| refused(&error))
}

fn refused(error: &serde_json::Error) -> DocumentError {
    let text = error.to_string();
    if text.starts_with(TOO_MANY) {
        DocumentError::TooLarge { most: MOST_VALUES, what: "values in one object" }
    } else if text.starts_with(TOO_HEAVY) {
        DocumentError::TooLarge { most: MOST_WEIGHT, what: "entries" }
    } else {
        DocumentError::Json { problem: problem(error) }
    }
}

/// Returns what is wrong and where, without a value of the document.
fn problem(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        _ if error.to_string().starts_with("recursion limit") => "it has more than 128 levels",
        serde_json::error::Category::Data => "an object has the same key twice",
        _ => "a character is out of place",
    };
    format!("{what} at line {}, column {}", error.line(), error.column())
}

/// The outermost value, whose lists are taken one object at a time.
struct Outer<'p> {
    page: &'p mut Page,
}

impl<'de> DeserializeSeed<'de> for Outer<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Outer<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.page.sink.unknown = Some("it is `null`, as a failed command leaves it");
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.page.sink.unknown = Some(UNKNOWN);
        Ok(())
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        self.visit_bool(true)
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        self.visit_bool(true)
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.visit_bool(true)
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        self.visit_bool(true)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, from: A) -> Result<(), A::Error> {
        let count = elements(self.page, from)?;
        if count == 0 {
            self.page.sink.unknown = Some(EMPTY);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<(), A::Error> {
        let mut left = MOST_VALUES;
        let mut fields: Vec<(Cow<'de, str>, Node<'de>)> = Vec::new();
        // The number of objects of the list in `value` or `document`, if it is one.
        let mut streamed: Option<(&'static str, Inner)> = None;
        while let Some(key) = from.next_key_seed(Key)? {
            let name = ["value", "document"].into_iter().find(|name| *name == key);
            if let Some(name) = name.filter(|_| streamed.is_none()) {
                let inner = from.next_value_seed(Nested { page: &mut *self.page })?;
                if let Some(node) = inner.node {
                    fields.push((key, node));
                } else {
                    streamed = Some((name, inner));
                    fields.push((key, Node::Null));
                }
            } else {
                fields.push((key, from.next_value_seed(Tree { left: &mut left })?));
            }
        }
        once(&fields, |(key, _)| key)?;
        finish(self.page, &Node::Object(fields), streamed).map_err(A::Error::custom)
    }
}

/// Completes an object whose list was taken while it was read.
fn finish(page: &mut Page, node: &Node<'_>, streamed: Option<(&'static str, Inner)>) -> Result<(), &'static str> {
    let has_more =
        |node: &Node<'_>| node.field("nextLink").is_some_and(|link| link.text().is_some_and(|l| !l.is_empty()));
    match streamed {
        None => {
            let is_list = page.take(node, None)?;
            let is_empty = page.sink.pieces.is_empty() && page.envelopes.is_empty() && !page.sink.has_keys;
            if is_list && is_empty && page.sink.unknown.is_none() {
                page.sink.unknown = Some(EMPTY);
            }
        }
        Some(("document", inner)) => match envelope(node) {
            Some((kind, of, _)) => {
                page.sink.name_the_resource(inner.from, &of);
                page.has_more |= inner.has_more;
                if !inner.has_more {
                    page.envelopes.push((kind, of));
                }
            }
            None => page.sink.unknown = Some(UNKNOWN),
        },
        Some((_, inner)) => {
            page.has_more |= has_more(node);
            if inner.count == 0 {
                page.sink.unknown = Some(EMPTY);
            }
        }
    }
    Ok(())
}

/// A list in `value` or `document` that was taken while it was read, or another value.
#[derive(Default)]
struct Inner<'a> {
    node: Option<Node<'a>>,
    /// The number of pieces before the list.
    from: usize,
    count: usize,
    has_more: bool,
}

fn elements<'de, A: SeqAccess<'de>>(page: &mut Page, mut from: A) -> Result<usize, A::Error> {
    let mut count = 0;
    let mut left = MOST_VALUES;
    while let Some(node) = from.next_element_seed(Tree { left: &mut left })? {
        left = MOST_VALUES;
        count += 1;
        // A list may hold collected documents, but not lists.
        let taken =
            if envelope(&node).is_some() { page.take(&node, None).map(drop) } else { page.sink.take(&node, None) };
        taken.map_err(A::Error::custom)?;
    }
    Ok(count)
}

/// Reads the value of `value` or `document`: a list one object at a time, anything else as a tree.
struct Nested<'p> {
    page: &'p mut Page,
}

impl<'de> DeserializeSeed<'de> for Nested<'_> {
    type Value = Inner<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Inner<'de>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Nested<'_> {
    type Value = Inner<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, from: A) -> Result<Inner<'de>, A::Error> {
        let first = self.page.sink.pieces.len();
        let count = elements(self.page, from)?;
        Ok(Inner { node: None, from: first, count, has_more: false })
    }

    fn visit_map<A: MapAccess<'de>>(self, from: A) -> Result<Inner<'de>, A::Error> {
        Tree { left: &mut MOST_VALUES.clone() }.visit_map(from).map(Inner::of)
    }

    fn visit_unit<E>(self) -> Result<Inner<'de>, E> {
        Ok(Inner::of(Node::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Inner<'de>, E> {
        Ok(Inner::of(Node::Bool(value)))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Inner<'de>, E> {
        Ok(Inner::of(Node::Number(0.0)))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Inner<'de>, E> {
        Ok(Inner::of(Node::Number(0.0)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Inner<'de>, E> {
        Ok(Inner::of(Node::Number(value)))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Inner<'de>, E> {
        Ok(Inner::of(Node::Text(Cow::Borrowed(value))))
    }

    fn visit_str<E>(self, value: &str) -> Result<Inner<'de>, E> {
        Ok(Inner::of(Node::Text(Cow::Owned(value.to_owned()))))
    }
}

impl<'a> Inner<'a> {
    fn of(node: Node<'a>) -> Self {
        Self { node: Some(node), ..Self::default() }
    }
}

const UNKNOWN: &str = "nothing in it has the shape of one";

const EMPTY: &str = "an empty list does not say what it is a list of; `collect` writes one that does";

/// The most that all objects of a document keep, in list elements: about 40,000 accounts.
const MOST_WEIGHT: usize = 480_000;

/// The text by which the reader recognises that the objects keep too much.
const TOO_HEAVY: &str = "too many entries";

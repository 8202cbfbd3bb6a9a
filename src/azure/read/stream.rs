//! The outer shape of a document: an object, a list, a page or an envelope.

use std::borrow::Cow;
use std::{fmt, mem};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::piece::Piece;
use super::shape::{Shape, pieces_of, shape_of};
use super::tree::{Key, MOST_VALUES, MOST_WEIGHT, Node, TOO_MANY, Tree, copied, count_key, once};
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
    /// The URL of the next page, if it is one.
    pub(super) next: Option<String>,
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
            Shape::Unknown => {
                // A response that was saved with its wrapper is not a page.
                if node.field("value").is_some_and(|inner| matches!(shape_of(inner), Shape::Keys)) {
                    self.has_keys = true;
                } else {
                    self.unknown = Some(UNKNOWN);
                }
            }
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

    /// Accepts an empty list of which the kind is known.
    pub(super) fn allow_empty(&mut self) {
        self.unknown = self.unknown.filter(|reason| *reason != EMPTY);
    }

    pub(super) fn name_the_resource(&mut self, from: usize, of: &ArmId) {
        for (_, _, resource) in &mut self.pieces[from..] {
            *resource = Some(of.clone());
        }
    }
}

impl Page {
    /// Takes a whole document: an object, a list, a page or an envelope. Returns whether it is a complete list.
    fn take(&mut self, node: &Node<'_>, of: Option<&ArmId>) -> Result<bool, &'static str> {
        if let Some(envelope) = envelope(node) {
            return self.unwrap(&envelope).map(|()| true);
        }
        if let Node::List(items) = node {
            for item in items {
                self.sink.take(item, of)?;
            }
            return Ok(true);
        }
        if let Some(list @ Node::List(_)) = node.field("value") {
            let has_more = self.note_next(node);
            self.take(list, of)?;
            return Ok(!has_more);
        }
        self.sink.take(node, of)?;
        Ok(false)
    }

    /// Notes the next page that a page names. Returns whether there is one. Policy states have the spelling of `OData`.
    fn note_next(&mut self, node: &Node<'_>) -> bool {
        let links = ["nextLink", "@odata.nextLink"].into_iter().filter_map(|name| node.present(name));
        let link = links.into_iter().find(|link| !matches!(link, Node::Text(text) if text.is_empty()));
        self.has_more |= link.is_some();
        self.next = link.and_then(Node::text).map(str::to_owned).or_else(|| self.next.take());
        link.is_some()
    }

    /// Takes the document in an envelope.
    fn unwrap(&mut self, envelope: &Envelope<'_, '_>) -> Result<(), &'static str> {
        if self.sink.weight > MOST_WEIGHT {
            return Err(TOO_HEAVY);
        }
        if matches!(envelope.document, Node::Null) {
            self.sink.unknown = Some("its envelope holds no document, as a failed command leaves it");
            return Ok(());
        }
        let from = self.sink.pieces.len();
        let before = (self.sink.unknown.take(), mem::take(&mut self.sink.has_keys));
        let is_whole = self.take(envelope.document, envelope.of.as_ref())?;
        self.complete(envelope, from, is_whole);
        self.sink.unknown = self.sink.unknown.or(before.0);
        self.sink.has_keys |= before.1;
        Ok(())
    }

    /// Notes a complete list of a resource that was read without an envelope, also when it is empty.
    pub(super) fn complete_list(&mut self, kind: DocumentKind, of: &ArmId) {
        self.complete(&Envelope { kind: Some(kind), of: Some(of.clone()), document: &Node::Null }, 0, true);
    }

    /// Notes a complete list in an envelope, also when it is empty. A list with an error, with keys or with objects of
    /// another kind than the envelope names says nothing about those that it does not hold.
    fn complete(&mut self, envelope: &Envelope<'_, '_>, from: usize, is_whole: bool) {
        let (Some(kind), Some(of)) = (envelope.kind, &envelope.of) else { return };
        let is_odd = self.sink.unknown.is_some() || self.sink.has_keys;
        let is_of_kind = |(piece, is_part, _): &(Piece, bool, Option<ArmId>)| *is_part || piece.kind() == kind;
        if is_whole && !is_odd && self.sink.pieces[from..].iter().all(is_of_kind) {
            self.sink.weight += LISTED_WEIGHT;
            self.envelopes.push((kind, of.clone()));
        }
    }
}

/// The parts of a collected document.
struct Envelope<'n, 'a> {
    /// The kind, unless this version does not know it. It decides only where the document has no shape.
    kind: Option<DocumentKind>,
    of: Option<ArmId>,
    document: &'n Node<'a>,
}

/// Returns the parts of a collected document. An account has a `kind` as well, but neither `of` nor `document`.
fn envelope<'n, 'a>(node: &'n Node<'a>) -> Option<Envelope<'n, 'a>> {
    let (kind, of, document) = (node.field("kind")?, node.field("of")?, node.field("document")?);
    let kind = kind.text()?.to_ascii_lowercase().parse().ok();
    Some(Envelope { kind, of: of.text().filter(|of| !of.is_empty()).map(ArmId::new), document })
}

/// Reads a document.
pub(super) fn read(text: &str) -> Result<Page, DocumentError> {
    let mut page = Page::default();
    read_more(&mut page, text).map(|()| page)
}

/// Reads a further page of a list. The limit on what is kept holds for all pages together.
pub(super) fn read_more(page: &mut Page, text: &str) -> Result<(), DocumentError> {
    let mut from = serde_json::Deserializer::from_str(text);
    let outcome = Outer { page }.deserialize(&mut from).and_then(|()| from.end());
    outcome.map_err(|error| refused(&error))
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
            count_key(&mut left, &key)?;
            let name = ["value", "document"].into_iter().find(|name| *name == key);
            if let Some(name) = name.filter(|_| streamed.is_none()) {
                let inner = from.next_value_seed(Nested { page: &mut *self.page, left: &mut left })?;
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
    match streamed {
        None => {
            let is_list = page.take(node, None)?;
            let is_empty = page.sink.pieces.is_empty() && page.envelopes.is_empty() && !page.sink.has_keys;
            if is_list && is_empty && page.sink.unknown.is_none() {
                page.sink.unknown = Some(EMPTY);
            }
        }
        Some(("document", inner)) => {
            let Some(envelope) = envelope(node) else {
                page.sink.pieces.truncate(inner.from);
                page.sink.unknown = Some(UNKNOWN);
                return Ok(());
            };
            page.complete(&envelope, inner.from, true);
            if inner.count == 0 && page.envelopes.is_empty() {
                page.sink.unknown = Some(EMPTY);
            }
            if let Some(of) = &envelope.of {
                page.sink.name_the_resource(inner.from, of);
            }
        }
        Some((_, inner)) => {
            page.note_next(node);
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
    left: &'p mut usize,
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
        Ok(Inner { node: None, from: first, count })
    }

    fn visit_map<A: MapAccess<'de>>(self, from: A) -> Result<Inner<'de>, A::Error> {
        Tree { left: self.left }.visit_map(from).map(Inner::of)
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
        Ok(Inner::of(Node::Text(copied(value))))
    }
}

impl<'a> Inner<'a> {
    fn of(node: Node<'a>) -> Self {
        Self { node: Some(node), ..Self::default() }
    }
}

const UNKNOWN: &str = "nothing in it has the shape of one";

const EMPTY: &str = "an empty list does not say what it is a list of; `collect` writes one that does";

/// The weight of an empty list that has a name.
const LISTED_WEIGHT: usize = 4;

/// The text by which the reader recognises that the objects keep too much.
const TOO_HEAVY: &str = "too many entries";

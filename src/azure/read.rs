//! Documents of `az` and of the management API: from JSON to values.
//!
//! A document is recognised by its shape, in the spelling of the command or of the REST response, alone, in a list, in a page
//! or in an envelope. Objects are read one at a time, so the memory that a document needs does not grow with its lists.

use std::borrow::Cow;
use std::mem;

use super::account::AccountDocument;
use super::document::DocumentError;
use super::effective::RouteTable;
use super::id::ArmId;
use super::kind::DocumentKind;
use super::view::{AzureView, DocumentSource};
use crate::resolve::note::Note;
use crate::resolve::quoted::QuotedValue;
use stream::{Page, Sink};

mod account;

mod connection_string;
mod effective;
mod found;
mod governance;
mod named_account;
mod network;
mod one_account;
mod piece;
mod private_link;
mod response;
mod setting_name;
mod settings_text;
mod shape;
mod stream;
mod tree;
mod zone;

use piece::Piece;
pub use response::ArmResponse;

impl AzureView {
    /// Reads a document and adds what it says. `from` names the file or URL in notes.
    ///
    /// ```
    /// use speech_endpoint::azure::AzureView;
    ///
    /// let mut view = AzureView::default();
    /// view.read("alert.json", br#"{ "criteria": {}, "scopes": [], "enabled": true }"#)?;
    /// assert_eq!(view.metric_alerts.len(), 1);
    /// # Ok::<(), speech_endpoint::azure::DocumentError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`DocumentError`] if the document is not JSON or too large. A document of no known shape is a note.
    pub fn read(&mut self, from: &str, bytes: &[u8]) -> Result<(), DocumentError> {
        let text = decoded(bytes)?;
        if text.trim().is_empty() {
            self.note_unknown(from, "it is empty, as a failed command leaves it");
            return Ok(());
        }
        let page = stream::read(&text)?;
        self.add(from, page);
        Ok(())
    }

    /// Adds the pieces of a document.
    fn add(&mut self, from: &str, page: Page) {
        let Page { sink, envelopes, has_more, .. } = page;
        let Sink { pieces, unknown, has_keys, .. } = sink;
        let mut kinds: Vec<(DocumentKind, usize)> = Vec::new();
        for kind in pieces.iter().filter(|(_, is_part, _)| !is_part).map(|(piece, ..)| piece.kind()) {
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, count)) => *count += 1,
                None => kinds.push((kind, 1)),
            }
        }
        for (kind, of) in envelopes {
            if kinds.iter().all(|(known, _)| *known != kind) {
                self.empty_lists.push((kind, from.to_owned()));
            }
            self.listed.push((kind, of));
        }
        if has_more {
            let text = format!("{} is not the whole list: it names a next page (`nextLink`)", QuotedValue::new(from));
            self.notes.push(Note::new("more_pages", text));
            self.unfinished.extend(kinds.iter().map(|(kind, _)| *kind));
        }
        if has_keys {
            let text = format!("{} holds keys of an account, which are never read; delete it", QuotedValue::new(from));
            self.notes.push(Note::new("keys_refused", text));
            self.documents.push(DocumentSource { from: from.to_owned(), kind: Some(DocumentKind::Keys), count: 1 });
        }
        if let Some(reason) = unknown.filter(|_| !has_keys) {
            if kinds.is_empty() {
                self.note_unknown(from, reason);
            } else {
                let text =
                    format!("{} also holds objects of no known kind, which are not read", QuotedValue::new(from));
                self.notes.push(Note::new("unknown_document", text));
            }
        }
        for (kind, count) in kinds {
            self.documents.push(DocumentSource { from: from.to_owned(), kind: Some(kind), count });
        }
        self.take(pieces);
    }

    fn note_unknown(&mut self, from: &str, reason: &str) {
        let text = format!("{} is not a known document of Azure: {reason}", QuotedValue::new(from));
        self.notes.push(Note::new("unknown_document", text));
        self.documents.push(DocumentSource { from: from.to_owned(), kind: None, count: 0 });
    }

    /// Returns whether an object is not there yet, and remembers its place.
    fn is_new(&mut self, piece: &Piece) -> bool {
        let place = match piece {
            Piece::Endpoint(_) => self.endpoints.len(),
            Piece::Subnet(_) => self.subnets.len(),
            Piece::Interface(_) => self.interfaces.len(),
            _ => 0,
        };
        let is_new = self.index.is_new(piece.kind(), piece.id(), place);
        if is_new {
            self.index.add(piece.kind(), piece.owner());
        }
        is_new
    }

    /// Takes the pieces over, each object once.
    fn take(&mut self, pieces: Vec<(Piece, bool, Option<ArmId>)>) {
        let mut table: Option<RouteTable> = None;
        for (piece, _, of) in pieces {
            if !self.is_new(&piece) {
                if let Piece::Account(account) = piece {
                    self.replace_listed(*account);
                }
                continue;
            }
            match piece {
                Piece::Account(account) => self.accounts.push(*account),
                Piece::Endpoint(endpoint) => self.endpoints.push(endpoint),
                Piece::ZoneGroup(group) => self.zone_groups.push(group),
                Piece::Zone(zone) => self.zones.push(zone),
                Piece::Record(record) => self.records.push(record),
                Piece::Link(link) => self.links.push(link),
                Piece::Interface(interface) => self.interfaces.push(interface),
                Piece::Subnet(subnet) => self.subnets.push(subnet),
                Piece::Network(network) => self.networks.push(network),
                Piece::Peering(peering) => self.peerings.push(peering),
                Piece::Route(route) => {
                    let current = table.get_or_insert_with(|| RouteTable { interface: of.clone(), routes: Vec::new() });
                    if current.interface != of {
                        self.route_tables.push(mem::take(current));
                        current.interface = of;
                    }
                    current.routes.push(route);
                }
                Piece::Group(group) => self.groups.push(super::effective::EffectiveGroup { interface: of, ..group }),
                Piece::Role(role) => self.roles.push(role),
                Piece::Diagnostic(setting) => {
                    self.diagnostics.push(super::governance::DiagnosticSetting { of, ..setting });
                }
                Piece::MetricAlert(alert) => self.metric_alerts.push(alert),
                Piece::ActivityAlert(alert) => self.activity_alerts.push(alert),
                Piece::Policy(state) => {
                    let of = state.of.clone().or(of);
                    self.policies.push(super::governance::PolicyState { of, ..state });
                }
                Piece::Deployment(deployment) => self.deployments.push(deployment),
            }
        }
        self.route_tables.extend(table);
    }
}

impl AzureView {
    /// Replaces an account that a listing describes without its properties.
    fn replace_listed(&mut self, account: AccountDocument) {
        let is_listed = |known: &&mut AccountDocument| known.id == account.id && !known.has_properties;
        if account.has_properties
            && let Some(listed) = self.accounts.iter_mut().find(is_listed)
        {
            *listed = account;
        }
    }
}

/// Returns the text of a document. Windows PowerShell writes UTF-16 with a byte order mark, editors UTF-8 with one.
fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, DocumentError> {
    let units = |from: fn([u8; 2]) -> u16| {
        let units = bytes[2..].chunks_exact(2).map(|pair| from([pair[0], pair[1]]));
        let mut text = String::with_capacity(bytes.len().min(LARGEST_DECODED) / 2);
        for c in char::decode_utf16(units) {
            text.push(c.map_err(|_| DocumentError::Text)?);
            if text.len() > LARGEST_DECODED {
                return Err(DocumentError::TooLarge { most: LARGEST_DECODED, what: "bytes in UTF-8" });
            }
        }
        if bytes.len().is_multiple_of(2) { Ok(Cow::Owned(text)) } else { Err(DocumentError::Text) }
    };
    match bytes {
        [0xff, 0xfe, ..] => units(u16::from_le_bytes),
        [0xfe, 0xff, ..] => units(u16::from_be_bytes),
        _ => {
            let text = std::str::from_utf8(bytes).map_err(|_| DocumentError::Text)?;
            Ok(Cow::Borrowed(text.strip_prefix('\u{feff}').unwrap_or(text)))
        }
    }
}

/// The most bytes of a UTF-16 document after decoding, which is a copy. The list of 10,000 accounts has about 40 MB.
const LARGEST_DECODED: usize = 48 << 20;

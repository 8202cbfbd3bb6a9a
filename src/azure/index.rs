//! The index of a view: where each object is in the list of its kind, and which objects belong to an endpoint or a name.

use std::collections::HashMap;
#[cfg(feature = "serde")]
use std::collections::hash_map::Entry;

use super::id::ArmId;
use super::kind::DocumentKind;

/// Where each object is in the list of its kind, by what others look it up. The lists of a view are public, so a place may be
/// outdated: whoever looks one up checks what is there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    by_id: HashMap<(DocumentKind, ArmId), usize>,
    /// The zone groups and the interfaces of each private endpoint, and the records of each first label.
    by_owner: HashMap<(DocumentKind, Owner), Vec<usize>>,
    /// The number of objects of each kind that the index knows.
    counts: HashMap<DocumentKind, usize>,
}

/// What an object belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Owner {
    Endpoint(ArmId),
    /// The first label of a host, in lower case.
    Label(String),
}

impl Index {
    /// Remembers the place of an object. Returns whether it is a new one.
    #[cfg(feature = "serde")]
    pub(crate) fn is_new(&mut self, kind: DocumentKind, id: Option<&ArmId>, place: usize) -> bool {
        let Some(id) = id else { return true };
        match self.by_id.entry((kind, id.clone())) {
            Entry::Occupied(_) => false,
            Entry::Vacant(entry) => {
                entry.insert(place);
                true
            }
        }
    }

    /// Remembers what an object belongs to that stands at the end of its list.
    #[cfg(feature = "serde")]
    pub(crate) fn add(&mut self, kind: DocumentKind, owner: Option<Owner>) {
        let place = self.counts.entry(kind).or_default();
        if let Some(owner) = owner {
            self.by_owner.entry((kind, owner)).or_default().push(*place);
        }
        *place += 1;
    }

    /// Returns the place of an object.
    pub(crate) fn place(&self, kind: DocumentKind, id: &ArmId) -> Option<usize> {
        self.by_id.get(&(kind, id.clone())).copied()
    }

    /// Returns the places of the objects that belong to an owner; `None` if the list has others than the index knows.
    pub(crate) fn places(&self, kind: DocumentKind, owner: Owner, length: usize) -> Option<&[usize]> {
        let places = || self.by_owner.get(&(kind, owner)).map(Vec::as_slice).unwrap_or_default();
        self.is_complete(kind, length).then(places)
    }

    /// Returns whether a list of this length has the objects that the index knows, and no others.
    pub(crate) fn is_complete(&self, kind: DocumentKind, length: usize) -> bool {
        self.counts.get(&kind).copied().unwrap_or_default() == length
    }
}

//! Creates facts: the words in which the tables are written.

use crate::resolve::cloud::Cloud;
use crate::resolve::facts::{Fact, FactKind};
use crate::resolve::service::Service;

/// A page, and the date of its edition.
#[derive(Clone, Copy)]
pub(super) struct Source(pub(super) &'static str, pub(super) &'static str);

impl Fact {
    /// Creates a confirmed fact with one value.
    pub(super) fn new(kind: FactKind, value: &'static str, source: Source) -> Self {
        Self::listing(kind, &[value], source)
    }

    /// Creates a confirmed fact with these values.
    pub(super) fn listing(kind: FactKind, values: &[&'static str], Source(source, edition): Source) -> Self {
        Self {
            kind,
            service: None,
            cloud: None,
            name: None,
            values: values.iter().map(|value| (*value).into()).collect(),
            source: source.into(),
            edition: edition.into(),
            is_confirmed: true,
            note: None,
        }
    }

    pub(super) fn of(self, service: Service) -> Self {
        Self { service: Some(service), ..self }
    }

    pub(super) fn in_cloud(self, cloud: Cloud) -> Self {
        Self { cloud: Some(cloud), ..self }
    }

    pub(super) fn called(self, name: &'static str) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    pub(super) fn noting(self, note: &'static str) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    /// Marks the fact as unconfirmed, for this reason.
    pub(super) fn unconfirmed(self, why: &'static str) -> Self {
        Self { is_confirmed: false, ..self.noting(why) }
    }
}

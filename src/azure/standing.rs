//! An account in the light of all documents: its URLs, who is admitted, and what contradicts what.

use super::account::AccountDocument;
use super::admission::Admission;
use super::id::ArmId;
use super::notes::{AccountNote, NoteWeight, notes_of};
use super::resource::ArmError;
use super::view::AzureView;
use crate::resolve::account::Account;
use crate::resolve::note::Note;

/// An account in the light of all documents.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Standing<'a> {
    /// The document of the account.
    pub document: &'a AccountDocument,
    /// The account that resolves URLs, or why its content cannot be.
    pub account: Result<Account, ArmError>,
    /// Who is admitted.
    pub admits: Admission,
    /// The notes on the account.
    pub notes: Vec<AccountNote>,
    /// Notes on how its region was read.
    pub reading: Vec<Note>,
}

impl Standing<'_> {
    /// Returns the weight of the worst note; `None` without notes. Content that cannot be weighs most.
    #[must_use]
    pub fn worst(&self) -> Option<NoteWeight> {
        let of_notes = self.notes.iter().map(|note| note.weight).max();
        match &self.account {
            Err(error) if *error != ArmError::Unstated && self.document.speech_kind().is_some() => {
                Some(NoteWeight::Error)
            }
            _ => of_notes,
        }
    }
}

impl AzureView {
    /// Returns an account in the light of all documents.
    #[must_use]
    pub fn standing<'a>(&self, document: &'a AccountDocument) -> Standing<'a> {
        let is_stated = document.has_properties && document.custom_domain.unknown().is_none();
        let account = if is_stated { document.account() } else { Err(ArmError::Unstated) };
        let (account, reading) = match account {
            Ok(read) => (Ok(read.value), read.notes),
            Err(error) => (Err(error), Vec::new()),
        };
        let notes = notes_of(document, account.as_ref().ok(), self);
        Standing { document, account, admits: Admission::of(document, self), notes, reading }
    }

    /// Returns the accounts that a name refers to: a custom domain, the name of an account, or its ID.
    #[must_use]
    pub fn accounts_named(&self, name: &str) -> Vec<&AccountDocument> {
        let id = ArmId::new(name);
        let is_named = |account: &&AccountDocument| {
            let names = [account.custom_domain.known().map(String::as_str), account.name.as_deref()];
            account.id.as_ref() == Some(&id)
                || names.into_iter().flatten().any(|known| known.eq_ignore_ascii_case(name))
        };
        let by_domain = |account: &&AccountDocument| {
            account.custom_domain.known().is_some_and(|domain| domain.eq_ignore_ascii_case(name))
        };
        let of_domain: Vec<&AccountDocument> = self.accounts.iter().filter(by_domain).collect();
        if of_domain.is_empty() { self.accounts.iter().filter(is_named).collect() } else { of_domain }
    }
}

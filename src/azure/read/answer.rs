//! An answer of the management API: the pages that one read gives.

use super::stream::{Page, read_more};
use super::{AzureView, decoded};
use crate::azure::document::DocumentError;
use crate::azure::reads::ArmRead;
use crate::azure::words::shown;
use crate::resolve::note::Note;
use crate::resolve::quoted::QuotedValue;

/// The answer to one [`ArmRead`], page by page. A list that has come to its end says that there are no other objects, as a
/// collected document does.
pub struct ArmAnswer {
    read: ArmRead,
    page: Page,
    is_whole: bool,
}

impl ArmAnswer {
    /// Starts the answer to a read.
    #[must_use]
    pub fn new(read: ArmRead) -> Self {
        Self { read, page: Page::default(), is_whole: false }
    }

    /// Reads a page. Returns the URL of the next one; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] if the page is not JSON, or all pages together are too large.
    pub fn page(&mut self, bytes: &[u8]) -> Result<Option<String>, DocumentError> {
        let text = decoded(bytes)?;
        (self.page.next, self.page.has_more) = (None, false);
        read_more(&mut self.page, &text)?;
        if self.read.is_list() {
            self.page.sink.allow_empty();
        }
        self.is_whole = !self.page.has_more;
        Ok(self.page.next.take())
    }

    /// Notes that a page could not be read, so that the list is not whole.
    pub fn breaks_off(&mut self) {
        self.is_whole = false;
    }

    /// Returns whether the last page was read. A page may name a next one that is no URL.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }
}

impl std::fmt::Debug for ArmAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArmAnswer").field("read", &self.read).finish_non_exhaustive()
    }
}

impl AzureView {
    /// Adds an answer of the management API. `from` names it among the documents.
    ///
    /// ```
    /// use speech_endpoint::azure::{ArmAnswer, ArmId, ArmRead, AzureView};
    ///
    /// let read = ArmRead::accounts(&ArmId::new("/subscriptions/00000000-0000-0000-0000-000000000001")).expect("a subscription");
    /// let mut answer = ArmAnswer::new(read);
    /// let next = answer.page(br#"{ "value": [{ "type": "Microsoft.CognitiveServices/accounts", "name": "contoso" }] }"#)?;
    /// assert_eq!(next, None);
    ///
    /// let mut view = AzureView::default();
    /// view.add_answer("live", answer);
    /// assert_eq!(view.accounts.len(), 1);
    /// # Ok::<(), speech_endpoint::azure::DocumentError>(())
    /// ```
    pub fn add_answer(&mut self, from: &str, answer: ArmAnswer) {
        let ArmAnswer { read, mut page, is_whole } = answer;
        let of_kind = page.sink.pieces.first().is_none_or(|(piece, ..)| piece.kind() == read.kind);
        page.sink.name_the_resource(0, &read.of);
        page.has_more = false;
        if read.is_list() {
            if is_whole {
                page.complete_list(read.kind, &read.of);
            } else {
                self.unfinished.insert(read.kind);
            }
        }
        if page.sink.unknown.take().is_some() || !of_kind {
            let (title, name) = (read.kind.title(), QuotedValue::new(&shown(read.of.name())));
            let text = format!("the answer of the management API about the {title} of {name} is not one, or not only");
            self.notes.push(Note::new("unknown_document", text));
        }
        self.add(from, page);
    }
}

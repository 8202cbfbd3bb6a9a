//! A response of the management API: the pages that one read gives.

use super::stream::{Page, read_more};
use super::{AzureView, decoded};
use crate::azure::document::DocumentError;
use crate::azure::reads::ArmRead;
use crate::azure::words::shown;
use crate::resolve::note::Note;
use crate::resolve::quoted::QuotedValue;

/// The response to one [`ArmRead`], page by page. A list that has come to its end says that there are no other objects, as a
/// collected document does.
pub struct ArmResponse {
    read: ArmRead,
    page: Page,
    is_whole: bool,
}

impl ArmResponse {
    /// Starts the response to a read.
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

    /// Returns whether the last page was read. The next page that a page names may not have a URL.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }
}

impl std::fmt::Debug for ArmResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArmResponse").field("read", &self.read).finish_non_exhaustive()
    }
}

impl AzureView {
    /// Adds a response of the management API. `from` names it among the documents.
    ///
    /// ```
    /// use speech_endpoint::azure::{ArmResponse, ArmId, ArmRead, AzureView};
    ///
    /// let read = ArmRead::accounts(&ArmId::new("/subscriptions/00000000-0000-0000-0000-000000000001")).expect("a subscription");
    /// let mut response = ArmResponse::new(read);
    /// let next = response.page(br#"{ "value": [{ "type": "Microsoft.CognitiveServices/accounts", "name": "contoso" }] }"#)?;
    /// assert_eq!(next, None);
    ///
    /// let mut view = AzureView::default();
    /// view.add_response("live", response);
    /// assert_eq!(view.accounts.len(), 1);
    /// # Ok::<(), speech_endpoint::azure::DocumentError>(())
    /// ```
    pub fn add_response(&mut self, from: &str, response: ArmResponse) {
        let ArmResponse { read, mut page, is_whole } = response;
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
            let text =
                format!("the response of the management API about the {title} of {name} is not one, or not only");
            self.notes.push(Note::new("unknown_document", text));
        }
        self.add(from, page);
    }
}

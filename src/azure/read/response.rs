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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::id::ArmId;
    use crate::azure::kind::DocumentKind;

    const SUBSCRIPTION: &str = "/subscriptions/00000000-0000-0000-0000-000000000001";

    /// Returns the next page, whether the list is complete, and the codes of the notes.
    fn read(pages: &[&str]) -> (Option<String>, bool, Vec<&'static str>) {
        let of = ArmId::new(SUBSCRIPTION);
        let mut response = ArmResponse::new(ArmRead::accounts(&of).unwrap());
        let next = pages.iter().map(|page| response.page(page.as_bytes()).unwrap()).last().flatten();
        let mut view = AzureView::default();
        view.add_response("live", response);
        (next, view.lists(DocumentKind::Account, &of), view.notes.iter().map(|note| note.id).collect())
    }

    #[test]
    fn only_a_list_that_comes_to_its_end_is_complete() {
        let account = r#"{ "type": "Microsoft.CognitiveServices/accounts", "name": "contoso" }"#;
        let page = |items: &str, link: &str| format!("{{ \"value\": [{items}], \"nextLink\": {link} }}");
        let (first, last) = (page("", "\"https://a/?2\""), page(account, "null"));
        assert_eq!(read(&[r#"{ "value": [] }"#]), (None, true, vec![]));
        assert_eq!(read(&[&first]), (Some("https://a/?2".into()), false, vec![]));
        assert_eq!(read(&[&first, &last]), (None, true, vec![]));
        assert_eq!(read(&[&page(account, "5")]), (None, false, vec![]));
        for odd in [
            "null",
            "{}",
            "5",
            r#"{ "value": null }"#,
            r#"{ "value": {} }"#,
            r#"{ "error": { "code": "X" } }"#,
            r#"{ "value": [{ "type": "Microsoft.Network/privateEndpoints" }] }"#,
            r#"{ "value": [{}] }"#,
        ] {
            assert_eq!(read(&[odd]), (None, false, vec!["unknown_document"]), "{odd}");
        }
        let (_, is_complete, notes) = read(&[r#"{ "value": [{ "key1": "a", "key2": "b" }] }"#]);
        assert!(!is_complete && notes.contains(&"keys_refused"), "{notes:?}");
    }

    #[test]
    fn a_page_that_is_not_json_is_an_error() {
        let of = ArmId::new(SUBSCRIPTION);
        let mut response = ArmResponse::new(ArmRead::accounts(&of).unwrap());
        for bad in ["", "<html>", "{", "\u{feff}", "{\"value\": [1e999999]}"] {
            assert!(response.page(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(response.page(&[0xff, 0xfe, 0x00]).is_err());
        assert!(!response.is_whole());
    }
}

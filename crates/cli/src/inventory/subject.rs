//! An account that can be probed.

use speech_endpoint::Account;
use speech_endpoint::azure::{AccountDocument, Standing};

/// An account that can be probed.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    /// Its place among all accounts.
    pub(super) number: usize,
    pub(super) document: &'a AccountDocument,
    pub(super) account: &'a Account,
    pub(super) standing: &'a Standing<'a>,
}

impl<'a> Subject<'a> {
    /// Returns the account if it has speech, and content from which its URLs follow.
    pub(super) fn of((number, standing): (usize, &'a Standing<'a>)) -> Option<Self> {
        let account = standing.account.as_ref().ok()?;
        standing.document.speech_kind()?;
        Some(Self { number, document: standing.document, account, standing })
    }
}

//! The management API, as far as it does not simply serve the documents of the world.

use serde::Deserialize;

/// The faults of the management API. Kinds of documents have the identifiers of envelopes, such as `role_assignment`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct ManagementToml {
    /// The lifetime of the tokens that the authority issues for this API, in seconds; negative for one that has expired.
    pub(crate) token_expires_in: Option<i64>,
    /// The audience of these tokens.
    pub(crate) token_audience: Option<String>,
    /// The kinds that the identity may not read.
    pub(crate) forbidden: Vec<String>,
    /// The kinds that are gone.
    pub(crate) gone: Vec<String>,
    /// The kinds whose answer never comes.
    pub(crate) silent: Vec<String>,
    /// The kinds whose answer has 50 MB.
    pub(crate) huge: Vec<String>,
    /// The kinds whose answer leads to another host, as a redirect.
    pub(crate) redirected: Vec<String>,
    /// The kinds whose next page is the first one again.
    pub(crate) circular: Vec<String>,
    /// The kinds whose pages have no end.
    pub(crate) endless: Vec<String>,
    /// The kinds whose next page is at another host.
    pub(crate) foreign_page: Vec<String>,
    /// The number of objects in a page of a list; by default all.
    pub(crate) page_size: Option<usize>,
    /// The number of first requests that are asked to wait.
    pub(crate) busy_times: u64,
    /// The seconds that they are asked to wait.
    pub(crate) busy_seconds: u64,
}

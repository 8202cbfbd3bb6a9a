//! What people paste: an endpoint URL, or facts of another edition.

mod endpoint_url;
#[cfg(feature = "serde")]
mod facts_json;

pub use endpoint_url::PastedError;
#[cfg(feature = "serde")]
pub use facts_json::{FactsError, JsonError};

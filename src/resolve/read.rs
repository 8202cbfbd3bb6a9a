//! What people paste: an endpoint URL, the account as Azure prints it, or facts of another edition.

#[cfg(feature = "serde")]
mod account_json;
mod endpoint_url;
#[cfg(feature = "serde")]
mod facts_json;

#[cfg(feature = "serde")]
pub use account_json::{ArmError, JsonError};
pub use endpoint_url::PastedError;
#[cfg(feature = "serde")]
pub use facts_json::FactsError;

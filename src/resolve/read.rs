//! What people paste: an endpoint URL, or the account as Azure prints it.

#[cfg(feature = "serde")]
mod account_json;
mod endpoint_url;

#[cfg(feature = "serde")]
pub use account_json::{ArmError, JsonError};
pub use endpoint_url::PastedError;

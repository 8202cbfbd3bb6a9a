//! The cryptography of TLS. An application often has a provider already, and with a second one its own use of rustls
//! panics. So this library uses the existing provider, and adds one only with a feature.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

use crate::diagnose::evidence::{Failure, FailureKind};

/// Returns the provider that the process has installed, else the one that rustls was built with; aws-lc-rs if it has
/// both.
///
/// The features `ring` and `aws-lc-rs` build rustls with a provider. An application that uses rustls has one already
/// and enables neither, because its own `rustls::ClientConfig::builder()` cannot choose between two.
///
/// # Errors
///
/// Returns a [`Failure`] if there is no provider.
pub(crate) fn provider() -> Result<Arc<CryptoProvider>, Failure> {
    let installed = CryptoProvider::get_default().cloned();
    installed.or_else(|| built_in().map(Arc::new)).ok_or_else(|| Failure::new(FailureKind::Other, NO_PROVIDER))
}

/// Returns the provider that rustls was built with.
///
/// Any crate of an application may enable a provider of rustls, and no `cfg` of this crate detects that. Name
/// resolution does: if rustls has a module of that name, the import shadows the module of this file.
fn built_in() -> Option<CryptoProvider> {
    #[allow(unused_imports, clippy::wildcard_imports, reason = "the import detects the modules of rustls")]
    use rustls::crypto::*;
    found(aws_lc_rs::default_provider()).or_else(|| found(ring::default_provider()))
}

fn found(provider: impl Into<Option<CryptoProvider>>) -> Option<CryptoProvider> {
    provider.into()
}

/// The placeholder for a provider that rustls was built without.
#[allow(dead_code, reason = "shadowed if rustls has the provider")]
mod aws_lc_rs {
    pub(super) fn default_provider() -> Option<rustls::crypto::CryptoProvider> {
        None
    }
}

/// The placeholder for a provider that rustls was built without.
#[allow(dead_code, reason = "shadowed if rustls has the provider")]
mod ring {
    pub(super) fn default_provider() -> Option<rustls::crypto::CryptoProvider> {
        None
    }
}

const NO_PROVIDER: &str = "TLS has no cryptography: enable the feature `ring` or `aws-lc-rs` of speech-endpoint, or install \
                           a provider with `rustls::crypto::CryptoProvider::install_default`";

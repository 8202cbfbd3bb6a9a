//! The cryptography of TLS. The library chooses none for the application that embeds it: it uses what is there.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

use crate::diagnose::evidence::{Failure, FailureKind};

/// Returns the provider that the process has installed, else the one that rustls was built with; aws-lc-rs if it has both.
///
/// The features `ring` and `aws-lc-rs` build rustls with a provider. An application that uses rustls has one already, and
/// enables none of them: with two, its own `rustls::ClientConfig::builder()` could not choose.
///
/// # Errors
///
/// [`Failure`], if there is no provider at all.
pub(crate) fn provider() -> Result<Arc<CryptoProvider>, Failure> {
    let installed = CryptoProvider::get_default().cloned();
    installed.or_else(|| built_in().map(Arc::new)).ok_or_else(|| Failure::new(FailureKind::Other, NO_PROVIDER))
}

/// The provider that rustls was built with.
///
/// Any crate of an application may enable a provider of rustls, which no `cfg` of this crate sees. But names do: the import
/// shadows the modules of this file by those that rustls has.
fn built_in() -> Option<CryptoProvider> {
    #[allow(unused_imports, clippy::wildcard_imports, reason = "which names there are is the question")]
    use rustls::crypto::*;
    found(aws_lc_rs::default_provider()).or_else(|| found(ring::default_provider()))
}

fn found(provider: impl Into<Option<CryptoProvider>>) -> Option<CryptoProvider> {
    provider.into()
}

/// Stands for a provider that rustls was built without.
#[allow(dead_code, reason = "shadowed where there is the provider")]
mod aws_lc_rs {
    pub(super) fn default_provider() -> Option<rustls::crypto::CryptoProvider> {
        None
    }
}

/// Stands for a provider that rustls was built without.
#[allow(dead_code, reason = "shadowed where there is the provider")]
mod ring {
    pub(super) fn default_provider() -> Option<rustls::crypto::CryptoProvider> {
        None
    }
}

const NO_PROVIDER: &str = "TLS has no cryptography: enable the feature `ring` or `aws-lc-rs` of speech-endpoint, or install \
                           a provider with `rustls::crypto::CryptoProvider::install_default`";

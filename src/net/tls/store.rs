//! The store of this machine. It is often a file with every root and a folder with a file for each besides: the one file is
//! read at once, the folder only for an issuer that is not in it.

use std::sync::{Arc, OnceLock};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

/// Roots that are read when they are needed.
#[derive(Debug)]
pub(super) struct Store {
    /// Roots in addition to the machine's.
    added: Vec<CertificateDer<'static>>,
    first: OnceLock<Arc<RootCertStore>>,
    whole: OnceLock<Arc<RootCertStore>>,
}

impl Store {
    /// The store of this machine.
    pub(super) fn system(added: Vec<CertificateDer<'static>>) -> Self {
        Self { added, first: OnceLock::new(), whole: OnceLock::new() }
    }

    /// Given roots, which are the whole.
    pub(super) fn of(roots: RootCertStore) -> Self {
        let roots = Arc::new(roots);
        Self { added: Vec::new(), first: OnceLock::from(roots.clone()), whole: OnceLock::from(roots) }
    }

    /// The roots of the one file, where there is one.
    pub(super) fn first(&self) -> Arc<RootCertStore> {
        self.first.get_or_init(|| self.with_added(of_one_file())).clone()
    }

    /// All roots.
    pub(super) fn whole(&self) -> Arc<RootCertStore> {
        self.whole.get_or_init(|| self.with_added(rustls_native_certs::load_native_certs().certs)).clone()
    }

    /// What had to be read so far.
    pub(super) fn read(&self) -> Arc<RootCertStore> {
        self.whole.get().cloned().unwrap_or_else(|| self.first())
    }

    fn with_added(&self, certificates: Vec<CertificateDer<'static>>) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates);
        roots.add_parsable_certificates(self.added.iter().cloned());
        Arc::new(roots)
    }
}

/// Where OpenSSL looks too, which the native SDK uses; `SSL_CERT_FILE` counts.
#[cfg(all(unix, not(target_os = "macos")))]
fn of_one_file() -> Vec<CertificateDer<'static>> {
    let Some(file) = openssl_probe::probe().cert_file else { return Vec::new() };
    rustls_native_certs::load_certs_from_paths(Some(&file), None).certs
}

/// There are no files to choose from.
#[cfg(not(all(unix, not(target_os = "macos"))))]
fn of_one_file() -> Vec<CertificateDer<'static>> {
    Vec::new()
}

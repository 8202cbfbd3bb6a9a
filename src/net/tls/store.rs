//! The root store of this machine. On Linux it often consists of one file with all roots and of a folder with a file
//! for each. Reading both means reading each root twice. So the file is read first, and the folder only for an issuer
//! that the file lacks.

use std::sync::{Arc, OnceLock};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

/// A root store that is read on demand.
#[derive(Debug)]
pub(super) struct Store {
    /// The roots in addition to the machine's.
    added: Vec<CertificateDer<'static>>,
    first: OnceLock<Arc<RootCertStore>>,
    whole: OnceLock<Arc<RootCertStore>>,
}

impl Store {
    /// Returns the store of this machine.
    pub(super) fn system(added: Vec<CertificateDer<'static>>) -> Self {
        Self { added, first: OnceLock::new(), whole: OnceLock::new() }
    }

    /// Returns a store of the given roots only.
    pub(super) fn of(roots: RootCertStore) -> Self {
        let roots = Arc::new(roots);
        Self { added: Vec::new(), first: OnceLock::from(roots.clone()), whole: OnceLock::from(roots) }
    }

    /// Returns the roots of the one file. Empty if there is no such file.
    pub(super) fn first(&self) -> Arc<RootCertStore> {
        self.first.get_or_init(|| self.with_added(of_one_file())).clone()
    }

    /// Returns all roots.
    pub(super) fn whole(&self) -> Arc<RootCertStore> {
        self.whole.get_or_init(|| self.with_added(rustls_native_certs::load_native_certs().certs)).clone()
    }

    /// Returns the roots that were read so far.
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

/// Reads the file of OpenSSL, which the native Speech SDK uses. `SSL_CERT_FILE` overrides its path.
#[cfg(all(unix, not(target_os = "macos")))]
fn of_one_file() -> Vec<CertificateDer<'static>> {
    let Some(file) = openssl_probe::probe().cert_file else { return Vec::new() };
    rustls_native_certs::load_certs_from_paths(Some(&file), None).certs
}

/// Returns no roots, because the stores of macOS and Windows are not files.
#[cfg(not(all(unix, not(target_os = "macos"))))]
fn of_one_file() -> Vec<CertificateDer<'static>> {
    Vec::new()
}

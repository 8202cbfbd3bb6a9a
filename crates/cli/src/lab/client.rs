//! Writes the files that a client of a running world needs. They contain only the lab's test values, never the user's.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use speech_endpoint_lab::Lab;

use crate::failure::Failure;
use crate::file::{self, Readers};

/// Returns the roots that the client trusts, as a file of PEM.
pub(super) fn roots(lab: &Lab) -> String {
    let roots = lab.trusted_pem();
    if roots.is_empty() { "# The client of this world trusts no root.\n".to_owned() } else { roots }
}

/// Writes the roots: the public one, that of the company if the client trusts it, and all that the client trusts. Returns the
/// path of the last file.
pub(super) fn write_roots(folder: &Path, lab: &Lab) -> Result<PathBuf, Failure> {
    fs::create_dir_all(folder).map_err(|error| failure(folder, &error))?;
    place(folder, "root.pem", &lab.root_pem())?;
    if let Some(company) = lab.company_pem() {
        place(folder, "company.pem", &company)?;
    }
    place(folder, "roots.pem", &roots(lab))
}

/// Writes the credential, the documents of Azure and the listeners.
///
/// The listeners come last, so that a script that waits for this file finds the others.
pub(super) fn write(folder: &Path, lab: &Lab) -> Result<(), Failure> {
    let mut listeners = String::new();
    for (what, _, really) in lab.listeners() {
        let _ = writeln!(listeners, "{} {} {what}", really.ip(), really.port());
    }
    if let Some(credential) = lab.credential() {
        place(folder, "credential", credential.text.expose())?;
    }
    let documents: Vec<_> = lab.world().document_files().collect();
    let of_azure = folder.join("azure");
    if !documents.is_empty() {
        fs::create_dir_all(&of_azure).map_err(|error| failure(&of_azure, &error))?;
    }
    for (name, document) in documents {
        place(&of_azure, name, document)?;
    }
    place(folder, "listeners", &listeners).map(drop)
}

/// Writes a file whole, readable only by its owner.
fn place(folder: &Path, name: &str, text: &str) -> Result<PathBuf, Failure> {
    let path = folder.join(name);
    file::write(&path, text.as_bytes(), Readers::Owner).map_err(|error| failure(&path, &error))?;
    Ok(path)
}

fn failure(path: &Path, error: &io::Error) -> Failure {
    Failure::write(&file::named(path).to_string(), error)
}

//! Writes the files that a client of a running world needs. They contain only the lab's test values, never the user's.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use speech_endpoint_lab::Lab;

use crate::failure::Failure;
use crate::file::{self, Readers};

/// Writes the root certificate, the credential, the documents of Azure and the listeners, and returns the path of the root
/// certificate.
///
/// The listeners come last, so that a script that waits for this file finds the others.
pub(super) fn write(folder: &Path, lab: &Lab) -> Result<PathBuf, Failure> {
    let mut listeners = String::new();
    for (what, _, really) in lab.listeners() {
        let _ = writeln!(listeners, "{} {} {what}", really.ip(), really.port());
    }
    fs::create_dir_all(folder).map_err(|error| failure(folder, &error))?;
    let root = place(folder, "root.pem", &lab.root_pem())?;
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
    place(folder, "listeners", &listeners)?;
    Ok(root)
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

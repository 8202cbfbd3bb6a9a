//! Writes the files that a client of a running world needs. They contain only the lab's test values, never the user's.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use speech_endpoint_lab::Lab;

use crate::failure::Failure;

/// Writes the root certificate, the credential and the listeners, and returns the path of the root certificate.
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
    place(folder, "listeners", &listeners)?;
    Ok(root)
}

/// Writes a file atomically, readable only by its owner.
fn place(folder: &Path, name: &str, text: &str) -> Result<PathBuf, Failure> {
    let (path, draft) = (folder.join(name), folder.join(format!(".{name}.draft")));
    let written = create(&draft).and_then(|mut file| file.write_all(text.as_bytes()));
    written.and_then(|()| fs::rename(&draft, &path)).map_err(|error| failure(&path, &error))?;
    Ok(path)
}

fn create(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn failure(path: &Path, error: &io::Error) -> Failure {
    Failure::write(&format!("`{}`", path.display()), error)
}

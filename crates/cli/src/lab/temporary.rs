//! Files that exist while a lab runs.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::file::{self, Readers};

/// A file that is removed when the lab ends.
#[derive(Debug)]
pub(super) struct Temporary(PathBuf);

impl Temporary {
    /// Writes a new file in the temporary directory. Its name has the id of this process.
    pub(super) fn new(ending: &str, text: &str) -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("speech-endpoint-lab-{}.{ending}", std::process::id()));
        let written = fs::File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
        written.map(|()| Self(path.clone())).map_err(|error| Failure::write(&file::named(&path).to_string(), &error))
    }

    /// Writes a file whole, so that whoever waits for it finds all of it.
    pub(super) fn at(path: &Path, text: &str) -> Result<Self, Failure> {
        let written = file::write(path, text.as_bytes(), Readers::Owner);
        written.map(|()| Self(path.to_owned())).map_err(|error| Failure::write(&file::named(path).to_string(), &error))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // A device or a pipe that the user named stays. A file that cannot be removed is left to whatever cleans the directory.
        if fs::symlink_metadata(&self.0).is_ok_and(|found| found.is_file()) {
            let _ = fs::remove_file(&self.0);
        }
    }
}

//! Files that exist while a lab runs.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::file::{self, Readers};

/// A file that is removed when the lab ends.
#[derive(Debug)]
pub(super) struct Temporary(PathBuf);

impl Temporary {
    /// Writes a new file in the temporary directory. Its name has the id of this process, and a number if that name is taken:
    /// processes in containers can have the same id and share this directory.
    pub(super) fn new(ending: &str, text: &str) -> Result<Self, Failure> {
        let (path, mut file) = Self::create(ending)?;
        let written = file.write_all(text.as_bytes());
        let whole = Self(path);
        written.map_err(|error| Failure::write(&file::named(&whole.0).to_string(), &error))?;
        Ok(whole)
    }

    fn create(ending: &str) -> Result<(PathBuf, fs::File), Failure> {
        let folder = std::env::temp_dir();
        let id = std::process::id();
        let mut number = 0;
        loop {
            let name = if number == 0 { format!("{id}.{ending}") } else { format!("{id}-{number}.{ending}") };
            let path = folder.join(format!("speech-endpoint-lab-{name}"));
            match fs::File::create_new(&path) {
                Ok(file) => return Ok((path, file)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < MOST => number += 1,
                Err(error) => return Err(Failure::write(&file::named(&path).to_string(), &error)),
            }
        }
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

/// The number of other names that are tried.
const MOST: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_files_with_the_same_ending_have_names_of_their_own() {
        let (one, two) = (Temporary::new("test", "a").unwrap(), Temporary::new("test", "b").unwrap());
        assert_ne!(one.path(), two.path());
        assert_eq!(
            (fs::read_to_string(one.path()).unwrap(), fs::read_to_string(two.path()).unwrap()),
            ("a".into(), "b".into())
        );
        let path = two.path().to_owned();
        drop((one, two));
        assert!(!path.exists());
    }
}

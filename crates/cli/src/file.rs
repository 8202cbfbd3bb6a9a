//! Files that an argument names: written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use speech_endpoint::QuotedValue;

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Its owner alone.
    Owner,
    /// Whoever the umask allows.
    Umask,
}

/// Writes a file.
///
/// 1. A device, a pipe, a socket or a descriptor of this process is written as it is; its mode stays.
/// 2. Anything else is written to a draft beside it, which then takes its name. A full disk leaves the old content, and a
///    symbolic link is replaced, not followed.
/// 3. Where no draft can be made, as for a file that is mounted into a container, a regular file is written in place.
pub(crate) fn write(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    if is_special(path) {
        // A descriptor may be that of a file with earlier output.
        return OpenOptions::new().append(true).open(path)?.write_all(bytes);
    }
    match replace(path, bytes, readers) {
        Err(error) if cannot_draft(&error) && fs::symlink_metadata(path).is_ok_and(|found| found.is_file()) => {
            File::options().write(true).truncate(true).open(path)?.write_all(bytes)
        }
        outcome => outcome,
    }
}

/// The draft that is being written, which a signal removes.
static DRAFT: Mutex<Option<PathBuf>> = Mutex::new(None);

struct Draft;

impl Draft {
    fn new(path: &Path) -> Self {
        *DRAFT.lock().unwrap_or_else(PoisonError::into_inner) = Some(path.to_owned());
        Self
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        *DRAFT.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Removes the draft that is being written, because the program ends.
pub(crate) fn remove_draft() {
    if let Some(path) = &*DRAFT.lock().unwrap_or_else(PoisonError::into_inner) {
        let _ = fs::remove_file(path);
    }
}

/// Returns a file name for a message. A secret that was given in place of a file name is not shown.
pub(crate) fn named(path: &Path) -> QuotedValue {
    QuotedValue::new(&path.to_string_lossy())
}

fn replace(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".speech-endpoint-");
    #[cfg(unix)]
    if readers == Readers::Umask {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    }
    let mut draft = builder.tempfile_in(folder)?;
    let _known = Draft::new(draft.path());
    draft.write_all(bytes)?;
    let old = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file);
    if let Some(old) = old.filter(|_| readers == Readers::Umask) {
        draft.as_file().set_permissions(old.permissions())?;
    }
    draft.as_file().sync_all()?;
    draft.persist(path).map(drop).map_err(|error| error.error)
}

/// Returns whether a path is a device, a pipe, a socket or a descriptor.
fn is_special(path: &Path) -> bool {
    let is_something_else = fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
    let folder = path.parent().and_then(|folder| fs::canonicalize(folder).ok()).unwrap_or_default();
    is_something_else || ["/dev", "/proc"].iter().any(|own| folder.starts_with(own))
}

/// Returns whether an error is about the folder, and not about the content.
fn cannot_draft(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::ResourceBusy
            | io::ErrorKind::CrossesDevices
    )
}

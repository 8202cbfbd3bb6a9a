//! `--save` and `--from`: evidence in a file.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use speech_endpoint::evidence::{Evidence, SchemaVersion};

use crate::failure::Failure;
use crate::json::pretty;
use crate::machine;

/// Reads evidence that `--save` wrote.
pub(super) fn read(file: &Path) -> Result<Evidence, Failure> {
    let json = machine::read_file(file, "--from", LARGEST_EVIDENCE)?;
    serde_json::from_str(&json).map_err(|error| {
        let version = serde_json::from_str::<Versioned>(&json).map_or(0, |saved| saved.schema_version);
        let newest = SchemaVersion::CURRENT;
        let problem = if version > newest {
            format!("it has schema version {version}, and this program reads versions 1 to {newest}")
        } else if error.is_data() {
            format!("it was not written by `--save`: line {}, column {}", error.line(), error.column())
        } else {
            format!("it is not valid JSON: line {}, column {}", error.line(), error.column())
        };
        Failure::usage(format!("cannot read `{}` given to `--from`: {problem}", file.display()))
    })
}

/// The version of a document whose other fields may be unknown.
#[derive(serde::Deserialize)]
struct Versioned {
    schema_version: u64,
}

/// Saves the evidence so that only its owner can read it, because it names hosts and addresses of a network.
pub(super) fn save(file: &Path, evidence: &Evidence) -> Result<(), Failure> {
    let json = pretty(evidence)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(file).and_then(|mut opened| {
        #[cfg(unix)]
        opened.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).or_else(unless_special)?;
        opened.write_all(json.as_bytes())?;
        opened.flush()
    });
    written.map_err(|error| Failure::write(&format!("`{}`", file.display()), &error))
}

/// Ignores a refused change of permissions: devices such as `/dev/stdout` do not allow it.
#[cfg(unix)]
fn unless_special(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::PermissionDenied { Ok(()) } else { Err(error) }
}

/// The evidence of a run over a hundred hosts is far smaller.
const LARGEST_EVIDENCE: u64 = 16 << 20;

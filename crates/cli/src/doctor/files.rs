//! `--save` and `--from`: evidence in a file.

use std::path::Path;

use speech_endpoint::evidence::{Evidence, SchemaVersion};

use crate::failure::Failure;
use crate::file::{self, Readers};
use crate::json::pretty;
use crate::machine;

/// Reads evidence that `--save` wrote. `flag` is the one that gives the file.
pub(super) fn read(path: &Path, flag: &str) -> Result<Evidence, Failure> {
    let json = machine::read_file(path, flag, LARGEST_EVIDENCE)?;
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
        Failure::usage(format!("cannot read {} given to `{flag}`: {problem}", file::named(path)))
    })
}

/// The version of a document whose other fields may be unknown.
#[derive(serde::Deserialize)]
struct Versioned {
    schema_version: u64,
}

/// Saves the evidence so that only its owner can read it, because it names hosts and addresses of a network.
pub(super) fn save(path: &Path, evidence: &Evidence) -> Result<(), Failure> {
    let json = pretty(evidence)?;
    let written = file::write(path, json.as_bytes(), Readers::Owner);
    written.map_err(|error| Failure::write(&file::named(path).to_string(), &error))
}

/// The evidence of ten thousand targets has less than 30 MB, or 60 MB as `--save` writes it.
const LARGEST_EVIDENCE: u64 = 64 << 20;

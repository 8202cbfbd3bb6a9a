//! The facts of `--facts`, which replace built-in ones.

use std::path::Path;

use speech_endpoint::{Account, Facts, Note};

use crate::failure::Failure;
use crate::machine::{input_named, read_file};

/// Reads the facts of a file; without one, returns the built-in facts.
pub(crate) fn facts(file: Option<&Path>) -> Result<Facts, Failure> {
    let Some(file) = file else { return Ok(Facts::BUILT_IN) };
    let json = read_file(file, "--facts", LARGEST_FACTS)?;
    Facts::from_json(json.as_bytes())
        .map_err(|error| Failure::usage(format!("cannot read {} given to `--facts`: {error}", input_named(file))))
}

/// Gives the facts of a file to the account, with a note that names the file.
pub(crate) fn with_facts(account: Account, notes: &mut Vec<Note>, file: Option<&Path>) -> Result<Account, Failure> {
    let Some(file) = file else { return Ok(account) };
    let facts = facts(Some(file))?;
    // The built-in table said which region it does not list; this one decides again.
    notes.retain(|note| note.id != "unlisted_region");
    notes.extend(account.region().and_then(|region| facts.note_on(region.as_str())));
    let (name, count) = (input_named(file), facts.changed().count());
    notes.push(Note::new(
        "facts",
        match facts.changed().map(|fact| &*fact.edition).max() {
            Some(edition) => format!("{name} replaces {count} of the built-in facts; its newest edition is {edition}"),
            None => format!("{name} contains the built-in facts"),
        },
    ));
    Ok(account.with_facts(facts))
}

/// The built-in facts are ten times smaller.
const LARGEST_FACTS: u64 = 1 << 20;

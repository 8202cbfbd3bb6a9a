//! The world of an argument: one that the program brings, or a file.

use std::path::Path;

use speech_endpoint::QuotedValue;
use speech_endpoint_lab::World;

use crate::failure::Failure;
use crate::machine;

/// Finds a world by its name or id, or reads it from a file. `-` is standard input.
pub(crate) fn world(name: &str) -> Result<World, Failure> {
    let path = Path::new(name);
    let is_toml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
    if name == "-" || is_toml {
        return read(path);
    }
    match World::named(name) {
        Some(world) => Ok(world),
        None if path.is_file() => read(path),
        None => Err(Failure::usage(format!(
            "{} is not a world; run `speech-endpoint lab list` to list them, or name a file that ends in `.toml`",
            QuotedValue::new(name)
        ))),
    }
}

/// Returns the text of a world that is a file, which may change; `None` for one that the program brings.
pub(crate) fn text(name: &str) -> Option<String> {
    let path = Path::new(name);
    let is_file = name != "-" && (World::named(name).is_none() && path.is_file());
    is_file.then(|| machine::read_file(path, "WORLD", LARGEST).ok()).flatten()
}

fn read(path: &Path) -> Result<World, Failure> {
    let text = machine::read_file(path, "WORLD", LARGEST)?;
    let invalid = |error| Failure::usage(format!("{} is not a world: {error}", machine::input_named(path)));
    World::parse(&text).map_err(invalid)
}

/// Documents of Azure in a world have up to this size.
const LARGEST: u64 = 4 << 20;

//! Writes the table of the embedded worlds: one entry for each file of `src/worlds`.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "how Cargo and a build script exchange values")]

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("src/worlds");
    let files = fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    let mut worlds = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "toml")) {
        let name = file.file_stem().and_then(|name| name.to_str()).ok_or("the name of a world is not UTF-8")?;
        worlds.push(format!("    ({name:?}, include_str!({:?})),\n", file.to_str().ok_or("a path is not UTF-8")?));
    }
    worlds.sort();
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("worlds.rs"), format!("&[\n{}]\n", worlds.concat()))?;
    println!("cargo::rerun-if-changed=src/worlds");
    Ok(())
}

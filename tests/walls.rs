//! The walls of the house: a lower room uses no room above it, and no files import each other in a circle.
//!
//! The rooms of the library stand on each other in the order of [`ROOMS`]. Inside `resolve` and `diagnose` the order is the
//! one in which `resolve.rs` and `diagnose.rs` list their modules, from the ground up.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up. `emulation` is what the lab shares with the library, and `fuzzing` is what `fuzz/` drives; nothing of
/// the library uses them.
const ROOMS: [&str; 9] = ["resolve", "azure", "diagnose", "explain", "net", "probe", "connect", "emulation", "fuzzing"];

#[test]
fn no_room_uses_a_room_above_it() {
    let library = House::read(&root().join("src"));
    let faults = library.upward(&ROOMS.map(str::to_owned), &[]);
    assert!(faults.is_empty(), "upward imports between rooms:\n{}", faults.join("\n"));
    for room in ["resolve", "azure", "diagnose", "explain"] {
        let faults = library.upward(&library.listed(room), &[room]);
        assert!(faults.is_empty(), "upward imports in {room}:\n{}", faults.join("\n"));
    }
}

#[test]
fn every_room_has_its_place_in_the_order() {
    let library = House::read(&root().join("src"));
    let rooms: BTreeSet<&str> = library.modules.keys().filter_map(|path| Some(path.first()?.as_str())).collect();
    assert_eq!(rooms, BTreeSet::from(ROOMS));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    for package in ["src", "crates/lab/src", "crates/cli/src"] {
        let circles = House::read(&root().join(package)).circles();
        assert!(circles.is_empty(), "circles of files in {package}:\n{}", circles.join("\n"));
    }
}

#[test]
fn a_planted_upward_import_and_a_planted_circle_are_found() {
    let house = House::of(&[
        ("resolve", "pub(crate) mod low;\n\npub(crate) mod high;\n"),
        ("resolve::low", "use crate::{\n    resolve::high::{Up, Down},\n    diagnose::Finding,\n};\n"),
        ("resolve::high", "fn f() { super::low::g() }\n"),
        ("diagnose", "#[cfg(test)]\nmod tests {\n    use crate::connect::Connector;\n}\n"),
        ("connect", ""),
    ]);
    assert_eq!(house.upward(&ROOMS.map(str::to_owned), &[]), ["resolve::low uses diagnose"]);
    assert_eq!(house.listed("resolve"), ["low", "high"]);
    assert_eq!(house.upward(&house.listed("resolve"), &["resolve"]), ["resolve::low uses resolve::high"]);
    assert_eq!(house.circles(), ["resolve::high, resolve::low"]);
}

type Module = Vec<String>;

/// The files of a package as modules, each with its text without tests.
struct House {
    modules: BTreeMap<Module, String>,
}

impl House {
    fn read(source: &Path) -> Self {
        let mut modules = BTreeMap::new();
        for file in rust_files(source) {
            let relative = file.strip_prefix(source).expect("a file below its folder").with_extension("");
            let module: Module = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            let is_root = module.len() == 1 && matches!(module[0].as_str(), "lib" | "main");
            let text = fs::read_to_string(&file).expect("a readable file");
            if !is_root && !text.is_empty() {
                modules.insert(module, without_tests(&text));
            }
        }
        // Modules that exist in tests alone do not count.
        let tests: Vec<Module> = modules.keys().filter(|module| declared_for_tests(source, module)).cloned().collect();
        modules.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));
        Self { modules }
    }

    fn of(modules: &[(&str, &str)]) -> Self {
        let module = |path: &str| path.split("::").map(str::to_owned).collect();
        Self { modules: modules.iter().map(|(path, text)| (module(path), without_tests(text))).collect() }
    }

    /// The modules that a module lists, in their order.
    fn listed(&self, module: &str) -> Vec<String> {
        let text = &self.modules[&vec![module.to_owned()]];
        let name = |line: &str| Some(line.split_once("mod ")?.1.strip_suffix(';')?.to_owned());
        text.lines().filter(|line| line.starts_with("mod ") || line.starts_with("pub")).filter_map(name).collect()
    }

    /// What uses something that comes later in the order, among the modules below a path.
    fn upward(&self, order: &[String], below: &[&str]) -> Vec<String> {
        let place = |module: &Module| {
            let inside = module.iter().zip(below).all(|(part, expected)| part == expected);
            order.iter().position(|name| inside && module.get(below.len()) == Some(name))
        };
        let mut faults = BTreeSet::new();
        for (module, used) in self.uses() {
            if let (Some(from), Some(to)) = (place(&module), place(&used))
                && from < to
            {
                faults.insert(format!("{} uses {}", module.join("::"), used.join("::")));
            }
        }
        faults.into_iter().collect()
    }

    /// Each set of files that reach each other. A module and the modules inside it count as one: that is how a façade looks.
    fn circles(&self) -> Vec<String> {
        let mut uses: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
        for (module, used) in self.uses() {
            if !module.starts_with(&used) && !used.starts_with(&module) {
                uses.entry(module).or_default().insert(used);
            }
        }
        let reached: BTreeMap<&Module, BTreeSet<&Module>> =
            uses.keys().map(|module| (module, reachable(module, &uses))).collect();
        let circle = |module: &Module| {
            let others = reached[module].iter().filter(|other| reached.get(*other).is_some_and(|r| r.contains(module)));
            others.map(|other| other.join("::")).collect::<Vec<_>>().join(", ")
        };
        let circles: BTreeSet<String> = uses.keys().filter(|m| reached[m].contains(m)).map(circle).collect();
        circles.into_iter().collect()
    }

    /// Every use of one file by another.
    fn uses(&self) -> Vec<(Module, Module)> {
        let mut found = Vec::new();
        for (module, text) in &self.modules {
            for path in paths(text) {
                let target = absolute(module, &path);
                let file = (1..=target.len()).rev().map(|length| target[..length].to_vec());
                let used = file.into_iter().find(|file| self.modules.contains_key(file));
                found.extend(used.filter(|used| used != module).map(|used| (module.clone(), used)));
            }
        }
        found
    }
}

fn reachable<'a>(from: &Module, uses: &'a BTreeMap<Module, BTreeSet<Module>>) -> BTreeSet<&'a Module> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&Module> = uses[from].iter().collect();
    while let Some(module) = next.pop() {
        if reached.insert(module) {
            next.extend(uses.get(module).into_iter().flatten());
        }
    }
    reached
}

/// The paths of a text that begin with `crate`, `super` or `self`, those of `use` trees spelled out.
fn paths(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for start in ["crate::", "super::", "self::"] {
        for (at, _) in text.match_indices(start) {
            let is_part = text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
            if !is_part {
                spell_out(&text[at..], &[], &mut found);
            }
        }
    }
    found
}

/// Reads one path or tree at the beginning of a text, and returns what is left of it.
fn spell_out<'a>(text: &'a str, before: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    let text = text.trim_start();
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '*')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let mut path = before.to_vec();
    if !name.is_empty() {
        path.push(name.to_owned());
    }
    if let Some(rest) = rest.strip_prefix("::") {
        return spell_out(rest, &path, found);
    }
    if name.is_empty() && rest.starts_with('{') {
        let mut rest = &rest[1..];
        loop {
            rest = rest.trim_start();
            match rest.chars().next() {
                None => return rest,
                Some('}') => return &rest[1..],
                Some(',') => rest = &rest[1..],
                Some(_) => {
                    let left = spell_out(rest, before, found);
                    // What no path begins with ends the tree: `self as x`, a comment.
                    rest = if left.len() == rest.len() { &rest[rest.len().min(1)..] } else { left };
                }
            }
        }
    }
    found.push(path);
    rest
}

/// The path from the root of the package.
fn absolute(module: &[String], path: &[String]) -> Module {
    let ups = path.iter().take_while(|part| *part == "super").count();
    let base = match path[0].as_str() {
        "crate" => Vec::new(),
        _ => module[..module.len().saturating_sub(ups)].to_vec(),
    };
    let rest = path.iter().filter(|part| !matches!(part.as_str(), "crate" | "super" | "self"));
    base.into_iter().chain(rest.cloned()).collect()
}

/// Without comments and without what is compiled for tests alone at the end of a file.
fn without_tests(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let lines = text[..end].lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether the parent declares a module under `#[cfg(test)]`.
fn declared_for_tests(source: &Path, module: &[String]) -> bool {
    let Some((name, parents)) = module.split_last() else { return false };
    let parent = parents.iter().fold(source.to_owned(), |path, part| path.join(part)).with_extension("rs");
    let text = fs::read_to_string(parent).unwrap_or_default();
    text.contains(&format!("#[cfg(test)]\nmod {name};"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

//! Profiles: options of a command, kept under a name in `speech-endpoint.toml`.
//!
//! A file is read only when `--profile` or `--config` is given, so that a file in a folder of somebody else changes nothing. Its
//! settings become options of the command line, unless that has them already. It never holds a key.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory as _};
use speech_endpoint::QuotedValue;

use super::command::Args;
use super::failure::Failure;
use super::{file, machine};

mod keys;
mod read;

use keys::{Group, KEYS, Key};

/// A command line with the options of a profile.
pub(crate) struct Profiled {
    pub(crate) arguments: Vec<OsString>,
    /// Which profile of which file is used, and what it ignores.
    pub(crate) notice: String,
    /// The profile and the file, for an error about a value.
    pub(crate) source: String,
}

/// Adds the options of the profile that a command line names; `None` if it names none.
pub(crate) fn applied(given: &[OsString]) -> Result<Option<Profiled>, Failure> {
    let rest = given.get(2..).unwrap_or_default();
    let words = options(rest);
    // Most command lines have neither, and the description of all commands takes a while.
    if !words.iter().any(|word| ["profile", "config"].contains(word)) {
        return Ok(None);
    }
    let Some(command) = command_of(given) else { return Ok(None) };
    let (profile, config) = (value(&words, rest, "profile"), value(&words, rest, "config"));
    if (profile.is_none() && config.is_none()) || !has(&command, "profile") {
        return Ok(None);
    }
    let path = config.map_or_else(found, |config| Ok(PathBuf::from(config)))?;
    let text = machine::read_file(&path, "--config", LARGEST)?;
    let name = profile.map(OsStr::to_string_lossy);
    let settings = read::settings(&text, name.as_deref()).map_err(|problem| {
        let line = problem.line.map_or_else(String::new, |line| format!(" line {line}:"));
        Failure::usage(format!("{}:{line} {}", file::named(&path), problem.message))
    })?;
    let source = match &name {
        Some(name) => format!("profile {} of {}", QuotedValue::new(name), file::named(&path)),
        None => format!("the defaults of {}", file::named(&path)),
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut arguments: Vec<OsString> = given[..2].to_vec();
    arguments.extend(settings.arguments(folder, |key| is_free(key, &words, &command)));
    arguments.extend(rest.iter().cloned());
    let ignored: Vec<_> = settings.ignored.iter().filter(|_| !words.contains(&"ignore")).collect();
    let ignored: Vec<String> = ignored.iter().map(|(id, reason)| format!("{id} ({reason})")).collect();
    let notice = match ignored.as_slice() {
        [] => format!("using {source}"),
        ignored => format!("using {source}, which ignores {}", ignored.join(", ")),
    };
    Ok(Some(Profiled { arguments, notice, source }))
}

/// Returns the command that a command line names.
fn command_of(given: &[OsString]) -> Option<Command> {
    let name = given.get(1)?.to_str()?;
    Args::command().find_subcommand(name).cloned()
}

/// Returns the names of the options on a command line.
fn options(words: &[OsString]) -> Vec<&str> {
    let words =
        words.iter().map_while(|word| if word == "--" { None } else { Some(word.to_str().unwrap_or_default()) });
    words.filter_map(|word| word.strip_prefix("--")).map(|word| word.split('=').next().unwrap_or_default()).collect()
}

/// Returns the value of an option on a command line.
fn value<'a>(options: &[&str], words: &'a [OsString], name: &str) -> Option<&'a OsStr> {
    if !options.contains(&name) {
        return None;
    }
    let (long, joined) = (format!("--{name}"), format!("--{name}="));
    let after = |index: usize| words.get(index + 1).map(OsString::as_os_str);
    words.iter().enumerate().find_map(|(index, word)| {
        let text = word.to_str()?;
        if text == long { after(index) } else { text.strip_prefix(&joined).map(OsStr::new) }
    })
}

fn has(command: &Command, option: &str) -> bool {
    command.get_arguments().any(|argument| argument.get_long() == Some(option))
}

/// Returns whether a setting applies: the command has the option, and neither it nor another of its group is given. A resource or
/// a credential of the command line replaces that of the profile as a whole.
fn is_free(key: &Key, given: &[&str], command: &Command) -> bool {
    let same = |option: &&str| {
        *option == key.name
            || key.group != Group::Single && KEYS.iter().any(|known| known.name == *option && known.group == key.group)
    };
    let is_other_resource = key.group == Group::Resource && given.iter().any(|option| OTHER_RESOURCES.contains(option));
    has(command, key.name) && !is_other_resource && !given.iter().any(same)
}

/// Options that name a resource, and that a profile cannot have.
const OTHER_RESOURCES: [&str; 3] = ["lab", "from", "foundry"];

/// Finds the file: in the working folder, or else in the folder of this user's settings.
fn found() -> Result<PathBuf, Failure> {
    let own = machine::settings_folder().map(|folder| folder.join("speech-endpoint").join(NAME));
    let here = PathBuf::from(NAME);
    let places = [Some(here), own.clone()];
    let found = places.into_iter().flatten().find(|path| path.is_file());
    found.ok_or_else(|| {
        let own = own.map_or_else(String::new, |path| format!(" or {}", file::named(&path)));
        Failure::usage(format!(
            "`--profile` needs a file: `{NAME}` in the working folder{own}; or name one with `--config`"
        ))
    })
}

const NAME: &str = "speech-endpoint.toml";

/// A file of a thousand profiles is smaller.
const LARGEST: u64 = 1 << 20;

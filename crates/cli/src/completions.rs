//! `completions`: shell completions and manual pages.
#![allow(clippy::doc_markdown, reason = "doc comments of arguments are help, read in a terminal")]

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args as ClapArgs, Command};
use clap_complete::CompleteEnv;

use super::args::{OutputArgs, listed};
use super::failure::Failure;
use super::file::{self, Readers};
use super::output::Output;
use super::schema::SCHEMAS;

pub(crate) mod manual;
mod shells;

use shells::SHELLS;

#[derive(Debug, ClapArgs)]
pub(crate) struct CompletionsArgs {
    /// bash, elvish, fish, powershell or zsh; man for the manual page; all for every file of a package
    #[arg(value_name = "SHELL", hide_possible_values = true)]
    pub(crate) shell: CompletionsFor,
    /// Folder for the files of all: completions, a manual page for each command, and the schemas
    #[arg(long, value_name = "FOLDER", conflicts_with = "output", value_hint = clap::ValueHint::DirPath)]
    pub(crate) output_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CompletionsFor {
    /// A shell, by its name.
    Shell(&'static str),
    Manual,
    All,
}

listed!(CompletionsFor, SHELLS.names().chain(["man", "all"]));

impl FromStr for CompletionsFor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "man" => Ok(Self::Manual),
            "all" => Ok(Self::All),
            _ => SHELLS.names().find(|name| *name == text).map(Self::Shell).ok_or(EXPECTED),
        }
    }
}

const EXPECTED: &str = "expected bash, elvish, fish, powershell, zsh, man or all";

pub(crate) const EXAMPLES: &str = "\
Examples:
  speech-endpoint completions bash > /etc/bash_completion.d/speech-endpoint
  speech-endpoint completions zsh > \"${fpath[1]}/_speech-endpoint\"
  speech-endpoint completions fish > ~/.config/fish/completions/speech-endpoint.fish
  speech-endpoint completions powershell >> $PROFILE
  speech-endpoint completions man | man -l -
  speech-endpoint completions all --output-dir package";

/// Answers a shell that asks what can follow a word. Returns whether one asks.
pub(crate) fn answer(given: &[OsString], command: impl Fn() -> Command) -> Result<bool, clap::Error> {
    let environment = CompleteEnv::with_factory(command).var(shells::VARIABLE).shells(SHELLS);
    environment.try_complete(given, Some(Path::new(".")))
}

/// Prints the completions for a shell or the manual page of a command line, or writes all files of a package.
pub(crate) fn run(args: &CompletionsArgs, command: Command, output: &Output) -> Result<u8, Failure> {
    // The pages do not describe `help`.
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let cannot = |error: io::Error| Failure::write("standard output", &error);
    match (args.shell, &args.output_dir) {
        (CompletionsFor::All, Some(folder)) => write_all(folder, &command)?,
        (CompletionsFor::All, None) => {
            return Err(Failure::usage("`completions all` writes several files: give a folder with `--output-dir`"));
        }
        (_, Some(_)) => {
            return Err(Failure::usage("`--output-dir` is for `completions all`: use `--output` for one file"));
        }
        (CompletionsFor::Shell(name), None) => {
            output.data(&String::from_utf8_lossy(&script(name).map_err(cannot)?))?;
        }
        (CompletionsFor::Manual, None) => output.data(&manual::whole(&command).map_err(cannot)?)?,
    }
    Ok(0)
}

fn script(shell: &str) -> io::Result<Vec<u8>> {
    SHELLS.completer(shell).map_or(Ok(Vec::new()), shells::script)
}

/// Writes the files of a package, under the names that shells and `man` look for.
fn write_all(folder: &Path, command: &Command) -> Result<(), Failure> {
    let cannot = |error: io::Error| Failure::write(&file::named(folder).to_string(), &error);
    for (path, text) in files(command).map_err(cannot)? {
        let path = folder.join(path);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let written = made.and_then(|()| file::write(&path, &text, Readers::Umask));
        written.map_err(|error| Failure::write(&file::named(&path).to_string(), &error))?;
    }
    Ok(())
}

/// Returns the files of a package, by their path.
fn files(command: &Command) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut files = Vec::new();
    for (shell, name) in [
        ("bash", "speech-endpoint"),
        ("elvish", "speech-endpoint.elv"),
        ("fish", "speech-endpoint.fish"),
        ("powershell", "speech-endpoint.ps1"),
        ("zsh", "_speech-endpoint"),
    ] {
        files.push((Path::new("completions").join(shell).join(name), script(shell)?));
    }
    let man = Path::new("man").join("man1");
    files.push((man.join("speech-endpoint.1"), manual::of_program(command)?.into_bytes()));
    for inner in command.get_subcommands() {
        let name = format!("speech-endpoint-{}.1", inner.get_name());
        files.push((man.join(name), manual::of_command(inner)?.into_bytes()));
    }
    for schema in SCHEMAS {
        files.push((Path::new("schema").join(format!("{}.schema.json", schema.name)), schema.text.into()));
    }
    Ok(files)
}

//! The shells that ask this program what can follow a word. Each has a script that sends the words of the line.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::Command;
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Shells, Zsh};

/// The shells, by name.
pub(super) const SHELLS: Shells<'static> = Shells(&[&JoiningBash, &Elvish, &Fish, &Powershell, &AutoloadedZsh]);

/// The variable with the name of the shell that asks. The usual `COMPLETE` may mean something to another program.
pub(super) const VARIABLE: &str = "SPEECH_COMPLETE";

/// Writes the script for a shell. It finds the command by its name on the path.
pub(super) fn script(shell: &dyn EnvCompleter) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    shell.write_registration(VARIABLE, NAME, NAME, NAME, &mut text)?;
    Ok(text)
}

/// Bash, with a script that completes words that contain `:` or `=`, such as `snippet:python`.
struct JoiningBash;

impl EnvCompleter for JoiningBash {
    fn name(&self) -> &'static str {
        Bash.name()
    }

    fn is(&self, name: &str) -> bool {
        Bash.is(name)
    }

    fn write_registration(&self, _: &str, _: &str, _: &str, _: &str, to: &mut dyn Write) -> io::Result<()> {
        to.write_all(include_bytes!("bash.sh"))
    }

    fn write_complete(
        &self,
        command: &mut Command,
        words: Vec<OsString>,
        folder: Option<&Path>,
        to: &mut dyn Write,
    ) -> io::Result<()> {
        Bash.write_complete(command, words, folder, to)
    }
}

/// Zsh, with a script that also completes the first word after it is loaded from a folder of `fpath`.
struct AutoloadedZsh;

impl EnvCompleter for AutoloadedZsh {
    fn name(&self) -> &'static str {
        Zsh.name()
    }

    fn is(&self, name: &str) -> bool {
        Zsh.is(name)
    }

    fn write_registration(
        &self,
        variable: &str,
        name: &str,
        program: &str,
        completer: &str,
        to: &mut dyn Write,
    ) -> io::Result<()> {
        Zsh.write_registration(variable, name, program, completer, to)?;
        to.write_all(RUN_WHEN_LOADED.as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut Command,
        words: Vec<OsString>,
        folder: Option<&Path>,
        to: &mut dyn Write,
    ) -> io::Result<()> {
        Zsh.write_complete(command, words, folder, to)
    }
}

const NAME: &str = "speech-endpoint";

const RUN_WHEN_LOADED: &str = "\
if [ \"$funcstack[1]\" = \"_speech-endpoint\" ]; then
    _clap_dynamic_completer_speech_endpoint \"$@\"
fi
";

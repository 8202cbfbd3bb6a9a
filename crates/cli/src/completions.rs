//! `completions`: shell completions and the manual page.
#![allow(clippy::doc_markdown, reason = "doc comments of arguments are help, read in a terminal")]

use std::fmt::Write as _;
use std::io;
use std::str::FromStr;

use clap::{Args as ClapArgs, Command};
use clap_mangen::Man;

use super::args::OutputArgs;
use super::failure::Failure;
use super::output::Output;

#[derive(Debug, ClapArgs)]
pub(crate) struct CompletionsArgs {
    /// bash, elvish, fish, powershell or zsh; man for the manual page
    #[arg(value_name = "SHELL")]
    pub(crate) shell: CompletionsFor,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum CompletionsFor {
    Shell(clap_complete::Shell),
    Manual,
}

impl FromStr for CompletionsFor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        if text == "man" {
            return Ok(Self::Manual);
        }
        text.parse().map(Self::Shell).map_err(|_| "expected bash, elvish, fish, powershell, zsh or man")
    }
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  speech-endpoint completions bash > /etc/bash_completion.d/speech-endpoint
  speech-endpoint completions man | man -l -";

/// Prints the completions for a shell, or the manual page, of a command line.
pub(crate) fn run(args: &CompletionsArgs, mut command: Command, output: &Output) -> Result<u8, Failure> {
    let mut text = Vec::new();
    match args.shell {
        CompletionsFor::Shell(shell) => clap_complete::generate(shell, &mut command, "speech-endpoint", &mut text),
        CompletionsFor::Manual => {
            text = manual(command).map_err(|error| Failure::write("the manual page", &error))?.into_bytes();
        }
    }
    output.data(&String::from_utf8_lossy(&text))?;
    Ok(0)
}

/// Renders one page with all commands, their options and their examples.
fn manual(mut command: Command) -> io::Result<String> {
    command.build();
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    let mut page = String::from_utf8_lossy(&page).into_owned();
    for inner in command.get_subcommands() {
        // Subcommands have no separate page that the text could refer to.
        let name = inner.get_name().to_owned();
        page = page.replace(&format!("speech\\-endpoint\\-{name}(1)"), &format!("speech\\-endpoint {name}"));
        if name == "help" {
            continue;
        }
        let man = Man::new(inner.clone());
        let mut sections = Vec::new();
        man.render_synopsis_section(&mut sections)?;
        man.render_description_section(&mut sections)?;
        man.render_options_section(&mut sections)?;
        man.render_extra_section(&mut sections)?;
        let sections = String::from_utf8_lossy(&sections).replace(".SH ", ".SS ");
        let _ = write!(page, ".SH {}\n{sections}", name.to_uppercase());
    }
    Ok(page)
}

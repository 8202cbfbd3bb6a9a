//! `completions`: shell completions and the manual page.

use std::fmt::Write as _;
use std::io;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use super::args::{Args, CompletionsArgs, CompletionsFor};
use super::failure::Failure;
use super::output::Output;

pub(crate) fn run(args: &CompletionsArgs, output: &Output) -> Result<u8, Failure> {
    let mut command = Args::command();
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

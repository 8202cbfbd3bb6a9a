//! `completions`: for a shell, or the manual page.

use clap::CommandFactory as _;

use super::args::{Args, CompletionsArgs, CompletionsFor};
use super::failure::Failure;
use super::output::Output;

pub(crate) fn run(args: &CompletionsArgs, output: &Output) -> Result<u8, Failure> {
    let mut command = Args::command();
    let mut text = Vec::new();
    match args.shell {
        CompletionsFor::Shell(shell) => clap_complete::generate(shell, &mut command, "speech-endpoint", &mut text),
        CompletionsFor::Manual => clap_mangen::Man::new(command)
            .render(&mut text)
            .map_err(|error| Failure::write("the manual page", &error))?,
    }
    output.data(&String::from_utf8_lossy(&text))?;
    Ok(0)
}

//! `speech-endpoint`: the command line, from arguments to an exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

mod account;
mod allowlist;
mod args;
mod catalogue;
mod collect;
mod command;
mod completions;
mod connectivity;
mod doctor;
mod entra;
mod explain;
mod facts;
mod failure;
mod file;
mod flags;
mod inventory;
mod json;
mod lab;
mod live;
mod machine;
mod output;
mod posture;
mod resolve;
mod route;
mod runtime;
mod settings;
mod stream;
mod style;

use args::ColorWhen;
use command::{Args, Command};
use failure::Failure;
use output::Output;

/// Runs the command given on the command line.
///
/// 1. Parse the arguments; invalid ones give a one-line error and exit code 2.
/// 2. Run the command. It writes its data to the output and everything else to standard error.
/// 3. Convert the result into an exit code.
fn main() -> ExitCode {
    let given: Vec<OsString> = std::env::args_os().collect();
    let mut color = ColorWhen::Auto;
    let outcome = match Args::try_parse_from(&given) {
        Ok(args) => {
            color = args.command.output().color;
            execute(&args.command)
        }
        Err(error) if error.use_stderr() => Err(failure::usage(&error, command::wants_json(&given))),
        Err(help) => output::print_help(&help),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            output::complain(&failure, color);
            ExitCode::from(failure.code())
        }
    }
}

fn execute(command: &Command) -> Result<u8, Failure> {
    let output = Output::new(command.output());
    match command {
        Command::Resolve(args) => resolve::run(args, &output),
        Command::Doctor(args) => doctor::run(args, &output),
        Command::Lab(args) => lab::run(args, &output),
        Command::Allowlist(args) => allowlist::run(args, &output),
        Command::Account(args) => account::run(args, &output),
        Command::Posture(args) => posture::run(args, &output),
        Command::Route(args) => route::run(args, &output),
        Command::Inventory(args) => inventory::run(args, &output),
        Command::Collect(args) => collect::run(args, &output),
        Command::Facts(args) => facts::run(args, &output),
        Command::Explain(args) => explain::run(args, &output),
        Command::Completions(args) => completions::run(args, Args::command(), &output),
    }
}

//! `speech-endpoint`: the command line, from arguments to an exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

mod account;
mod allowlist;
mod args;
mod ascii;
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
mod profile;
mod resolve;
mod route;
mod runtime;
mod schema;
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
    match completions::answer(&given, Args::command) {
        Ok(false) => {}
        Ok(true) => return ExitCode::SUCCESS,
        Err(error) => return exit(&failure::usage(&error, false, command::names), ColorWhen::Auto),
    }
    // An error about the arguments is in ASCII too.
    if machine::wants_ascii() || given.iter().any(|argument| argument == "--ascii") {
        ascii::want();
    }
    let mut color = ColorWhen::Auto;
    let outcome = parsed(&given).and_then(|parsed| {
        let Some((args, notice)) = parsed else { return Ok(0) };
        color = args.command.output().color;
        execute(&args.command, notice.as_deref())
    });
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(failure) => exit(&failure, color),
    }
}

/// Parses the arguments, with those of a profile. Returns them with what the user should know about the profile; `None` if help
/// was requested and printed.
fn parsed(given: &[OsString]) -> Result<Option<(Args, Option<String>)>, Failure> {
    let json = command::wants_json(given);
    let profiled = profile::applied(given).map_err(|failure| failure.with_json(json))?;
    let arguments = profiled.as_ref().map_or(given, |profiled| &profiled.arguments);
    match Args::try_parse_from(arguments) {
        Ok(args) => Ok(Some((args, profiled.map(|profiled| profiled.notice)))),
        Err(error) if given.len() < 2 => {
            output::explain_usage(&error);
            Err(failure::usage(&error, false, command::names))
        }
        Err(error) if error.use_stderr() => {
            let failure = failure::usage(&error, json, command::names);
            // What is wrong without the profile is not in its file.
            let is_of_profile = Args::try_parse_from(given).is_ok();
            match profiled.filter(|_| is_of_profile) {
                Some(profiled) => Err(failure.of(&profiled.source)),
                None => Err(failure),
            }
        }
        Err(help) => output::print_help(&help).map(|_| None),
    }
}

fn exit(failure: &Failure, color: ColorWhen) -> ExitCode {
    output::complain(failure, color);
    ExitCode::from(failure.code())
}

fn execute(command: &Command, notice: Option<&str>) -> Result<u8, Failure> {
    let output = Output::new(command.output());
    if let Some(notice) = notice {
        output.notice(notice);
    }
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
        Command::Schema(args) => schema::run(args, &output),
        Command::Completions(args) => completions::run(args, Args::command(), &output),
    }
}

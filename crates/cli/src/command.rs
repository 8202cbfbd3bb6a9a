//! The command line as a whole: the commands, and what holds for all of them.
#![allow(clippy::doc_markdown, reason = "doc comments here are help, read in a terminal")]

use std::ffi::OsString;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{CommandFactory as _, Parser, Subcommand};

use super::account::{self, AccountArgs};
use super::allowlist::{self, AllowlistArgs};
use super::args::OutputArgs;
use super::collect::{self, CollectArgs};
use super::completions::{self, CompletionsArgs};
use super::doctor::args::{self as doctor, DoctorArgs};
use super::explain::{self, ExplainArgs};
use super::facts::{self, FactsArgs};
use super::inventory::args::{self as inventory, InventoryArgs};
use super::lab::{self, LabArgs};
use super::posture::{self, PostureArgs};
use super::resolve::args::{self as resolve, ResolveArgs};
use super::route::{self, RouteArgs};
use super::schema::{self, SchemaArgs};

/// Resolve Azure AI Speech endpoints, and diagnose why they cannot be reached
#[derive(Debug, Parser)]
#[command(name = "speech-endpoint", version, propagate_version = true, styles = STYLES, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the URLs, HTTP methods and credential forms of a resource
    #[command(after_help = resolve::EXAMPLES)]
    Resolve(ResolveArgs),
    /// Diagnose what works from this machine, what fails, why, and how to fix it
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(Box<DoctorArgs>),
    /// List hosts, ports, zones and service tags to allow in a firewall
    #[command(after_help = allowlist::EXAMPLES)]
    Allowlist(AllowlistArgs),
    /// Say who an account admits, what clients use, and what contradicts what, from documents of az or live
    #[command(after_help = account::EXAMPLES)]
    Account(AccountArgs),
    /// Check an account against Microsoft's guidance for a secured deployment, from documents of az or live
    #[command(after_help = posture::EXAMPLES)]
    Posture(PostureArgs),
    /// Say which route carries traffic to an address, from the effective routes of a network interface
    #[command(after_help = route::EXAMPLES)]
    Route(RouteArgs),
    /// List every account of a document or a subscription, one line each, worst first
    #[command(after_help = inventory::EXAMPLES)]
    Inventory(Box<InventoryArgs>),
    /// Print a script that reads all documents about an account with az, for somebody else to run
    #[command(after_help = collect::EXAMPLES)]
    Collect(CollectArgs),
    /// Print the facts with a date on which the other commands rest
    #[command(after_help = facts::EXAMPLES)]
    Facts(FactsArgs),
    /// Explain a failure id or a pasted error line, or list all failures
    #[command(after_help = explain::EXAMPLES)]
    Explain(ExplainArgs),
    /// Run an emulated Azure on loopback, with one fault to reproduce
    #[command(after_help = lab::EXAMPLES)]
    Lab(LabArgs),
    /// Print the JSON schema of what a command prints, or list all schemas
    #[command(after_help = schema::EXAMPLES)]
    Schema(SchemaArgs),
    /// Print shell completions or the manual page, or write all files of a package
    #[command(after_help = completions::EXAMPLES)]
    Completions(CompletionsArgs),
}

impl Command {
    pub(crate) fn output(&self) -> &OutputArgs {
        match self {
            Self::Resolve(args) => &args.output,
            Self::Doctor(args) => &args.output,
            Self::Allowlist(args) => &args.output,
            Self::Account(args) => &args.output,
            Self::Posture(args) => &args.output,
            Self::Route(args) => &args.output,
            Self::Inventory(args) => &args.output,
            Self::Collect(args) => &args.output,
            Self::Facts(args) => &args.output,
            Self::Explain(args) => &args.output,
            Self::Lab(args) => &args.output,
            Self::Schema(args) => &args.output,
            Self::Completions(args) => &args.output,
        }
    }
}

/// Lists the names of the commands, for an error.
pub(crate) fn names() -> String {
    let command = Args::command();
    let names: Vec<String> = command.get_subcommands().map(|inner| format!("`{}`", inner.get_name())).collect();
    names.split_last().map_or_else(String::new, |(last, others)| format!("{} or {last}", others.join(", ")))
}

/// Returns whether arguments that could not be parsed request JSON.
pub(crate) fn wants_json(given: &[OsString]) -> bool {
    let format = |pair: &[OsString]| pair[0] == "--format" && pair[1] == "json";
    given.iter().any(|argument| argument == "--format=json") || given.windows(2).any(format)
}

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

const EXIT_CODES: &str = "\
Exit codes:
  0   every service has a URL; doctor: no finding at or above --fail-on
  1   the program failed, could not write its output, or was interrupted
  2   usage: unknown, missing or contradictory arguments, or an unreadable file
  10  configuration: a requested service has no URL, or a value is invalid
  doctor, by stage of the root cause:
  20  dns
  30  tcp
  40  proxy
  50  tls
  60  http or websocket
  70  auth: authentication or authorisation
  80  policy: network access rules of the resource
  90  quota";

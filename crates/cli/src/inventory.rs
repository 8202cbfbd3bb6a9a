//! `inventory`: every account of a document, one line each, worst first.
#![allow(clippy::doc_markdown, reason = "doc comments of arguments are help, read in a terminal")]

use std::cmp::Reverse;

use clap::Args as ClapArgs;
use speech_endpoint::azure::{ArmId, AzureView, Standing};
use speech_endpoint::{QuotedValue, SubnetId};

use super::args::{AzureArgs, CloudName, OutputArgs, choice};
use super::failure::Failure;
use super::live::{self, args::LiveArgs};
use super::output::Output;

mod csv;
mod json;
mod text;

#[derive(Debug, ClapArgs)]
pub(crate) struct InventoryArgs {
    #[command(flatten)]
    azure: AzureArgs,
    #[command(flatten)]
    live: LiveArgs,
    /// ARM id of the subscription, or of anything in it, for --live
    #[arg(long, value_name = "ID", help_heading = "Live", requires = "live")]
    resource_id: Option<String>,
    /// Cloud of the subscription: public, usgov or china [default: public]
    #[arg(long, value_name = "CLOUD", help_heading = "Live", requires = "live")]
    cloud: Option<CloudName>,
    /// ARM id of a subnet: mark the accounts that break when its service endpoint is switched on
    #[arg(long, value_name = "ID", help_heading = "Azure")]
    subnet: Option<String>,
    /// text, json or csv
    #[arg(long, default_value = "text", value_name = "FORMAT", help_heading = "Output")]
    format: InventoryFormat,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

choice! {
    enum InventoryFormat, expected "text, json or csv" {
        Text = "text",
        Json = "json",
        Csv = "csv",
    }
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  az cognitiveservices account list -o json | speech-endpoint inventory --azure -
  speech-endpoint inventory --azure accounts.json --format csv --output accounts.csv
  speech-endpoint inventory --azure accounts.json --subnet /subscriptions/…/subnets/app
  speech-endpoint inventory --live --entra --resource-id /subscriptions/…

With --live, the exit codes from 10 to 90 say why the accounts cannot be read.";

/// An account of the list.
struct Entry<'a> {
    standing: Standing<'a>,
    /// Whether the account breaks when the service endpoint of the given subnet is switched on.
    effect: Option<Effect>,
}

/// What switching the service endpoint on in a subnet does to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Breaks,
    Keeps,
    /// The account rejects the subnet already, or its access is not known.
    Unknown,
}

impl Effect {
    fn of(breaks: Option<bool>) -> Self {
        match breaks {
            Some(true) => Self::Breaks,
            Some(false) => Self::Keeps,
            None => Self::Unknown,
        }
    }
}

/// Prints the accounts.
pub(crate) fn run(args: &InventoryArgs, output: &Output) -> Result<u8, Failure> {
    let json = args.format == InventoryFormat::Json;
    print(args, output).map_err(|failure| failure.with_json(json))
}

fn print(args: &InventoryArgs, output: &Output) -> Result<u8, Failure> {
    let view =
        live::inventory_documents(&args.live, &args.azure, (args.resource_id.as_deref(), args.cloud.as_ref()), output)?;
    let subnet = args.subnet.as_deref().map(subnet).transpose()?;
    if view.accounts.is_empty() {
        return Err(Failure::usage(
            "no document describes an account: give the output of `az cognitiveservices account list -o json` to `--azure`",
        ));
    }
    let entries = entries(&view, subnet.as_ref());
    output.data(&match args.format {
        InventoryFormat::Text => text::write(&entries, output.width()),
        InventoryFormat::Json => json::write(&entries)?,
        InventoryFormat::Csv => csv::write(&entries),
    })?;
    view.notes.iter().for_each(|note| output.note(note));
    Ok(0)
}

fn subnet(text: &str) -> Result<ArmId, Failure> {
    let given = QuotedValue::new(text);
    let parsed = text.trim_end_matches('/').parse::<SubnetId>();
    parsed.map(|id| ArmId::new(id.as_str())).map_err(|error| Failure::usage(format!("{given} is {error}")))
}

/// Returns the accounts, worst first and then by name.
fn entries<'a>(view: &'a AzureView, subnet: Option<&ArmId>) -> Vec<Entry<'a>> {
    let entry = |document| Entry {
        standing: view.standing(document),
        effect: subnet.map(|subnet| Effect::of(view.breaks(document, subnet))),
    };
    let mut entries: Vec<Entry<'a>> = view.accounts.iter().map(entry).collect();
    entries.sort_by_cached_key(|entry| {
        let name = entry.standing.document.name.as_deref().unwrap_or_default().to_ascii_lowercase();
        (Reverse(entry.standing.worst()), name)
    });
    entries
}

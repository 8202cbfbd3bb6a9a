//! `route`: which route carries the traffic to an address, and what would carry it otherwise.
#![allow(clippy::doc_markdown, reason = "doc comments of arguments are help, read in a terminal")]

use std::net::IpAddr;
use std::time::Duration;

use clap::Args as ClapArgs;
use speech_endpoint::QuotedValue;
use speech_endpoint::azure::{ArmId, AzureView, Carriage, Filtering, RouteTable};

use super::args::{AzureArgs, OutputArgs, choice};
use super::failure::Failure;
use super::output::Output;
use super::{runtime, settings};

mod json;
mod text;

#[derive(Debug, ClapArgs)]
pub(crate) struct RouteArgs {
    /// Address, or host whose addresses the documents or the system's name servers give
    #[arg(value_name = "ADDRESS|HOST", required = true)]
    to: Vec<String>,
    /// ARM id of the network interface, if the documents describe several
    #[arg(long, value_name = "ID", help_heading = "Azure")]
    nic: Option<String>,
    #[command(flatten)]
    azure: AzureArgs,
    /// text or json
    #[arg(long, default_value = "text", value_name = "FORMAT", hide_possible_values = true, help_heading = "Output")]
    format: RouteFormat,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

choice! {
    enum RouteFormat, expected "text or json" {
        Text = "text",
        Json = "json",
    }
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  az network nic show-effective-route-table -n nic -g rg -o json > routes.json
  az network nic list-effective-nsg -n nic -g rg -o json > rules.json
  speech-endpoint route 20.50.1.7 --azure routes.json --azure rules.json
  speech-endpoint route contoso.cognitiveservices.azure.com --azure documents/ --format json

Exit code 30: an address has no route, or its route drops the traffic.";

/// The route to one address, from one network interface.
struct Answer<'a> {
    /// The host that was given, if it was one.
    host: Option<&'a str>,
    interface: Option<&'a ArmId>,
    carriage: Carriage<'a>,
    filtering: Option<Filtering<'a>>,
}

/// Prints the routes.
pub(crate) fn run(args: &RouteArgs, output: &Output) -> Result<u8, Failure> {
    let json = args.format == RouteFormat::Json;
    print(args, output).map_err(|failure| failure.with_json(json))
}

fn print(args: &RouteArgs, output: &Output) -> Result<u8, Failure> {
    let view = settings::documents(&args.azure, None)?;
    let tables = tables(&view, args.nic.as_deref())?;
    let mut answers = Vec::new();
    for given in &args.to {
        let (host, addresses) = addresses(given, &view)?;
        for address in addresses {
            answers.extend(tables.iter().map(|table| Answer {
                host,
                interface: table.interface.as_ref(),
                carriage: table.carriage(address),
                filtering: view.filtering(address, table.interface.as_ref()),
            }));
        }
    }
    output.data(&match args.format {
        RouteFormat::Text => text::write(&answers, output.width()),
        RouteFormat::Json => json::write(&answers)?,
    })?;
    view.notes.iter().for_each(|note| output.note(note));
    Ok(if answers.iter().any(|answer| answer.carriage.is_dropped()) { UNROUTED } else { 0 })
}

/// Returns the routes of the chosen interface, or of every one that the documents describe.
fn tables<'v>(view: &'v AzureView, nic: Option<&str>) -> Result<Vec<&'v RouteTable>, Failure> {
    let chosen = nic.map(ArmId::new);
    let is_chosen = |table: &&RouteTable| chosen.is_none() || table.interface.is_none() || table.interface == chosen;
    let tables: Vec<&RouteTable> = view.route_tables.iter().filter(is_chosen).collect();
    if tables.is_empty() {
        let of = if nic.is_some() { "the effective routes of this interface" } else { "effective routes" };
        return Err(Failure::usage(format!(
            "no document holds {of}: give the output of `az network nic show-effective-route-table -o json` to `--azure`"
        )));
    }
    Ok(tables)
}

/// Returns the addresses of the argument: itself, or those that the documents or the name servers have for the host.
fn addresses<'a>(given: &'a str, view: &AzureView) -> Result<(Option<&'a str>, Vec<IpAddr>), Failure> {
    if let Ok(address) = given.trim_matches(['[', ']']).parse() {
        return Ok((None, vec![address]));
    }
    let quoted = QuotedValue::new(given);
    let is_host = given
        .split('.')
        .all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
    if !is_host || given.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Err(Failure::usage(format!(
            "{quoted} is neither an address nor a host: expected `20.50.1.7` or `contoso.cognitiveservices.azure.com`"
        )));
    }
    let of_documents = view.addresses_of(given);
    if !of_documents.is_empty() {
        return Ok((Some(given), of_documents));
    }
    let looked_up = runtime::block_on(async {
        let lookup = tokio::net::lookup_host((given, 443));
        tokio::time::timeout(LOOKUP, lookup).await
    })?;
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in looked_up.into_iter().flatten().flatten() {
        if !addresses.contains(&address.ip()) {
            addresses.push(address.ip());
        }
    }
    if addresses.is_empty() {
        return Err(Failure::usage(format!(
            "{quoted} has no address, neither in the documents nor from the name servers of this machine: give the address instead"
        )));
    }
    Ok((Some(given), addresses))
}

/// A name server that is silent delays the command no longer than this.
const LOOKUP: Duration = Duration::from_secs(5);

/// The exit code of traffic that no route carries.
const UNROUTED: u8 = 30;

//! `allowlist`: the hosts and ports that a firewall must allow, for people, for programs and as firewall rules.
#![allow(clippy::doc_markdown, reason = "doc comments of arguments are help, read in a terminal")]

use clap::Args as ClapArgs;
use speech_endpoint::{Allowlist, AllowlistGroup, Note, ResolveError, Service};

use super::args::{CredentialArgs, GroupName, OutputArgs, ResourceArgs, ServiceArgs, choice};
use super::failure::{CONFIGURATION, Failure};
use super::flags::refusal;
use super::output::Output;
use super::settings::{self, Subject};

mod arm;
mod json;
mod rules;
mod terraform;
mod text;

use rules::Rules;

#[derive(Debug, ClapArgs)]
pub(crate) struct AllowlistArgs {
    #[command(flatten)]
    pub(crate) resource: ResourceArgs,
    #[command(flatten)]
    pub(crate) services: ServiceArgs,
    #[command(flatten)]
    pub(crate) credential: CredentialArgs,
    /// Optional groups: speech-studio, storage, containers, certificates or all [default: all in text and json, none in rules]
    #[arg(
        long,
        value_name = "GROUP,..",
        hide_possible_values = true,
        value_delimiter = ',',
        help_heading = "Services"
    )]
    pub(crate) with: Vec<GroupName>,
    /// text, json, or rules: nsg (ARM template), azfw (ARM template) or terraform
    #[arg(long, default_value = "text", value_name = "FORMAT", hide_possible_values = true, help_heading = "Output")]
    pub(crate) format: AllowlistFormat,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

choice! {
    pub(crate) enum AllowlistFormat, expected "text, json, nsg, azfw or terraform" {
        Text = "text",
        Json = "json",
        /// Rules of a network security group.
        Nsg = "nsg",
        /// A rule collection group of Azure Firewall.
        Azfw = "azfw",
        Terraform = "terraform",
    }
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  speech-endpoint allowlist --region westeurope --service speech-to-text
  speech-endpoint allowlist --custom-domain contoso --network private-endpoint \\
    --entra
  speech-endpoint allowlist --account account.json --format json
  speech-endpoint allowlist --region westeurope --format azfw > rules.json
  speech-endpoint allowlist --region westeurope --with certificates \\
    --format terraform > speech.tf";

/// Prints the hosts and ports of a resource.
pub(crate) fn run(args: &AllowlistArgs, output: &Output) -> Result<u8, Failure> {
    let is_json = args.format == AllowlistFormat::Json;
    let prepare = || {
        let subject = settings::subject(&args.resource)?;
        Ok((settings::identity(&args.credential, &subject.account)?, subject))
    };
    let prepared: Result<_, Failure> = prepare();
    let ((identity, remarks), subject) = prepared.map_err(|failure| failure.with_json(is_json))?;
    let Subject { account, notes, source } = subject;
    output
        .detail(1, || format!("resource from `{source}`: {}, {}", account.scenario().title(), account.cloud().title()));
    let requested = args.services.requested();
    let services = if requested.is_empty() { Service::in_use().collect() } else { requested.clone() };
    let mut list = account.allowlist(&services, identity);
    if requested.is_empty() {
        list.errors.retain(|error| !error.is_not_offered());
        if list.entries.is_empty() {
            list.errors.truncate(1);
        }
    }
    let reached = list.entries.iter().flat_map(|entry| entry.services.iter().copied());
    let reached: Vec<Service> = reached.chain(list.errors.iter().map(ResolveError::service)).collect();
    let notes = notes.into_iter().filter(|note| note.concerns(reached.iter().copied()));
    list.notes.splice(0..0, notes.chain(remarks));
    let left_out = select(&mut list, args);
    let (data, remarks) = match args.format {
        AllowlistFormat::Text => (text::write(&account, &list), Vec::new()),
        AllowlistFormat::Json => (json::write(&account, &list)?, Vec::new()),
        AllowlistFormat::Nsg => written(Rules::of_security_group(&list, &left_out), arm::security_group)?,
        AllowlistFormat::Azfw => written(Rules::of_firewall(&list, &left_out), arm::firewall)?,
        AllowlistFormat::Terraform => {
            written(Rules::of_firewall(&list, &left_out), |rules| Ok(terraform::write(rules)))?
        }
    };
    output.data(&data)?;
    if !is_json && !list.entries.is_empty() {
        list.notes.iter().chain(&remarks).for_each(|note| output.note(note));
    }
    list.errors.iter().for_each(|error| output.error(&refusal(error)));
    Ok(if list.errors.is_empty() { 0 } else { CONFIGURATION })
}

/// Keeps the groups that are wanted, and returns the others. A reader sees every group; rules contain only those that
/// were named, because each of them opens a firewall further.
fn select(list: &mut Allowlist, args: &AllowlistArgs) -> Vec<AllowlistGroup> {
    let is_read = matches!(args.format, AllowlistFormat::Text | AllowlistFormat::Json);
    let is_wanted = |group: AllowlistGroup| {
        args.with.iter().any(|named| named.0.is_none_or(|named| named == group)) || is_read && args.with.is_empty()
    };
    let left_out = list.optional.iter().map(|option| option.group).filter(|group| !is_wanted(*group)).collect();
    list.optional.retain(|option| is_wanted(option.group));
    left_out
}

/// Writes rules; nothing if there is nothing to allow.
fn written(rules: Rules, write: impl Fn(&Rules) -> Result<String, Failure>) -> Result<(String, Vec<Note>), Failure> {
    let text = if rules.is_empty() { String::new() } else { write(&rules)? };
    Ok((text, rules.remarks))
}

//! `allowlist`: the hosts and ports that a firewall must allow.
#![allow(clippy::doc_markdown, reason = "doc comments of arguments are help, read in a terminal")]

use std::fmt::Write as _;
use std::str::FromStr;

use clap::Args as ClapArgs;
use serde::Serialize;
use speech_endpoint::{Account, Allowlist, AllowlistEntry, Service};

use super::args::{CredentialArgs, OutputArgs, ResourceArgs, ServiceArgs};
use super::failure::{CONFIGURATION, Failure};
use super::flags::refusal;
use super::json;
use super::output::Output;
use super::resolve::text;
use super::settings::{self, Subject};
use super::style::{BOLD, DIM, wrap};

#[derive(Debug, ClapArgs)]
pub(crate) struct AllowlistArgs {
    #[command(flatten)]
    pub(crate) resource: ResourceArgs,
    #[command(flatten)]
    pub(crate) services: ServiceArgs,
    #[command(flatten)]
    pub(crate) credential: CredentialArgs,
    /// text or json
    #[arg(long, default_value = "text", value_name = "FORMAT", help_heading = "Output")]
    pub(crate) format: AllowlistFormat,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AllowlistFormat {
    Text,
    Json,
}

impl FromStr for AllowlistFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("expected text or json"),
        }
    }
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  speech-endpoint allowlist --region westeurope --service speech-to-text
  speech-endpoint allowlist --custom-domain contoso --network private-endpoint \\
    --entra
  speech-endpoint allowlist --account account.json --format json";

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
    list.notes.splice(0..0, notes.into_iter().chain(remarks));
    output.data(&match args.format {
        AllowlistFormat::Text => write(&account, &list),
        AllowlistFormat::Json => as_json(&account, &list)?,
    })?;
    if !is_json && !list.entries.is_empty() {
        list.notes.iter().for_each(|note| output.note(note));
    }
    list.errors.iter().for_each(|error| output.error(&refusal(error)));
    Ok(if list.errors.is_empty() { 0 } else { CONFIGURATION })
}

fn write(account: &Account, list: &Allowlist) -> String {
    let mut text = String::new();
    if list.entries.is_empty() {
        return text;
    }
    let _ = writeln!(text, "{}\n", text::headline(account));
    let width = list.entries.iter().map(|entry| entry.host.len()).max().unwrap_or_default();
    for entry in &list.entries {
        let port = format!("{}/{}", entry.port, entry.transport);
        let _ = writeln!(text, "{BOLD}{:width$}{BOLD:#}  {port:<8} {}", entry.host, purpose(entry));
        if entry.services.is_empty() {
            continue;
        }
        for line in wrap(&entry.services.iter().map(|service| service.id()).collect::<Vec<_>>().join(", "), 76) {
            let _ = writeln!(text, "    {DIM}{line}{DIM:#}");
        }
    }
    for zone in &list.zones {
        let _ = writeln!(
            text,
            "\nprivate zone    {BOLD}{}{BOLD:#}\n  forward       {} to a resolver that sees the private zone",
            zone.private, zone.forward
        );
    }
    if !list.service_tags.is_empty() {
        let _ = writeln!(text, "\nservice tags    {}", list.service_tags.join(", "));
    }
    text
}

fn purpose(entry: &AllowlistEntry) -> String {
    let mut words = vec![entry.purpose];
    if entry.is_private {
        words.push("private address");
    }
    if !entry.is_required {
        words.push("if used");
    }
    words.join(" · ")
}

fn as_json(account: &Account, list: &Allowlist) -> Result<String, Failure> {
    json::pretty(&Document {
        schema_version: json::SCHEMA_VERSION,
        resource: json::resource(account),
        hosts: list.entries.iter().map(host).collect(),
        zones: list.zones.iter().map(|zone| ZoneJson { private: &zone.private, forward: &zone.forward }).collect(),
        service_tags: &list.service_tags,
        errors: list.errors.iter().map(json::error).collect(),
        notes: list.notes.iter().map(json::note).collect(),
    })
}

fn host(entry: &AllowlistEntry) -> HostJson<'_> {
    HostJson {
        host: &entry.host,
        port: entry.port,
        transport: entry.transport,
        purpose: entry.purpose,
        services: entry.services.iter().map(|service| service.id()).collect(),
        required: entry.is_required,
        address: if entry.is_private { "private" } else { "public" },
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u8,
    resource: json::ResourceJson<'a>,
    hosts: Vec<HostJson<'a>>,
    zones: Vec<ZoneJson<'a>>,
    service_tags: &'a [&'static str],
    errors: Vec<json::ErrorJson<'a>>,
    notes: Vec<json::NoteJson<'a>>,
}

#[derive(Serialize)]
struct HostJson<'a> {
    host: &'a str,
    port: u16,
    transport: &'a str,
    purpose: &'a str,
    services: Vec<&'a str>,
    required: bool,
    address: &'a str,
}

#[derive(Serialize)]
struct ZoneJson<'a> {
    private: &'a str,
    forward: &'a str,
}

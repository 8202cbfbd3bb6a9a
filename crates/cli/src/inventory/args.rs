//! Arguments of `inventory`.
#![allow(clippy::doc_markdown, reason = "doc comments of arguments are help, read in a terminal")]

use clap::{ArgGroup, Args as ClapArgs};

use crate::args::{
    AzureArgs, CloudName, CredentialArgs, FindingArgs, OutputArgs, Seconds, WayArgs, choice, jobs, worlds,
};
use crate::failure::Failure;
use crate::live::args::LiveArgs;

#[derive(Debug, ClapArgs)]
// The shared arguments have a meaning only for a probe.
#[command(
    group(ArgGroup::new("use").args(["probe", "live"]).multiple(true)),
    mut_group("WayArgs", |group| group.requires("use")),
    mut_group("CredentialArgs", |group| group.requires("use")),
    mut_group("FindingArgs", |group| group.requires("probe")),
    mut_arg("key_env", |arg| arg.help("Environment variable with the key, if the list has one account with speech")),
    mut_arg("key_file", |arg| arg.help("File with the key, if the list has one account with speech")),
    mut_arg("token_env", |arg| arg.help("Environment variable with an Entra token, which every account gets")),
    mut_arg("token_file", |arg| arg.help("File with an Entra token, which every account gets")),
    mut_arg("resource_id", |arg| arg.help("ARM id of the subscription, or of anything in it, for --live"))
)]
pub(crate) struct InventoryArgs {
    #[command(flatten)]
    pub(super) azure: AzureArgs,
    /// ARM id of a subnet: mark the accounts that break when its service endpoint is switched on
    #[arg(long, value_name = "ID", help_heading = "Azure")]
    pub(super) subnet: Option<String>,
    /// Read the accounts of a subscription over the management API of its cloud, with GET only (see --resource-id)
    #[arg(long, help_heading = "Azure")]
    pub(super) live: bool,
    /// Cloud of the subscription: public, usgov or china [default: public]
    #[arg(long, value_name = "CLOUD", help_heading = "Azure", requires = "live", hide_possible_values = true)]
    pub(super) cloud: Option<CloudName>,
    #[command(flatten)]
    pub(super) probe: ProbeArgs,
    /// text, json or csv
    #[arg(long, default_value = "text", value_name = "FORMAT", hide_possible_values = true, help_heading = "Output")]
    pub(super) format: InventoryFormat,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// The arguments of a probe of every account.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Probe")]
pub(crate) struct ProbeArgs {
    /// Check every account that has speech from this machine, as doctor does
    #[arg(long)]
    pub(super) probe: bool,
    /// Use a world of the built-in emulator (see `lab list`)
    #[arg(long, value_name = "WORLD", add = worlds(), requires = "use", conflicts_with_all = ["dns_servers", "proxy"])]
    pub(super) lab: Option<String>,
    /// Number of accounts in the world, in the proportions that it has
    #[arg(long, value_name = "N", requires = "lab", value_parser = accounts, conflicts_with = "azure")]
    pub(super) accounts: Option<usize>,
    #[command(flatten)]
    pub(super) credential: CredentialArgs,
    #[command(flatten)]
    pub(super) way: WayArgs,
    /// Time limit for reading, and for each account [default: 20]
    #[arg(long, value_name = "SECONDS", requires = "use", help_heading = "Network")]
    pub(super) timeout: Option<Seconds>,
    /// Accounts checked in parallel; those that only wait for packets do not count [default: 16]
    #[arg(long, value_name = "N", requires = "probe", value_parser = jobs, help_heading = "Network")]
    pub(super) jobs: Option<usize>,
    #[command(flatten)]
    pub(super) findings: FindingArgs,
}

impl InventoryArgs {
    /// Returns what `--live` needs. A token that is given is for one API only.
    pub(super) fn live(&self) -> Result<LiveArgs, Failure> {
        let (probe, credential) = (&self.probe, &self.probe.credential);
        if !self.live && credential.resource_id.is_some() {
            return Err(Failure::usage(
                "`--resource-id` names one account: the documents have the id of each account, so leave it out, or read them with `--live`",
            ));
        }
        let has_token = credential.token_env.is_some() || credential.token_file.is_some();
        if self.live && probe.probe && has_token {
            return Err(Failure::usage(
                "a token is either for the management API (`--live`) or for the accounts (`--probe`): use `--entra` for both",
            ));
        }
        if self.live && (credential.key_env.is_some() || credential.key_file.is_some()) && !probe.probe {
            return Err(Failure::usage("`--live` needs a Microsoft Entra token, and a key was given: use `--entra`"));
        }
        Ok(LiveArgs {
            live: self.live,
            entra: credential.entra,
            token_env: credential.token_env.clone(),
            token_file: credential.token_file.clone(),
            lab: probe.lab.clone(),
            dns_servers: probe.way.dns_servers.clone(),
            ca_file: probe.way.ca_file.clone(),
            proxy: probe.way.proxy.clone(),
            timeout: probe.timeout,
        })
    }

    /// Returns the id that names the subscription.
    pub(super) fn resource_id(&self) -> Option<&str> {
        self.probe.credential.resource_id.as_deref()
    }
}

choice! {
    pub(crate) enum InventoryFormat, expected "text, json or csv" {
        Text = "text",
        Json = "json",
        Csv = "csv",
    }
}

fn accounts(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|count| (1..=MOST_ACCOUNTS).contains(count)).ok_or("expected a number from 1 to 100000")
}

const MOST_ACCOUNTS: usize = 100_000;

pub(crate) const EXAMPLES: &str = "\
Examples:
  az cognitiveservices account list -o json | speech-endpoint inventory --azure -
  speech-endpoint inventory --azure accounts.json --format csv --output accounts.csv
  speech-endpoint inventory --azure accounts.json --subnet /subscriptions/…/subnets/app
  speech-endpoint inventory --azure accounts.json --probe
  speech-endpoint inventory --azure accounts.json --probe --entra --format json
  speech-endpoint inventory --lab healthy-inventory --probe
  speech-endpoint inventory --live --entra --resource-id /subscriptions/…

With --live, the exit codes from 10 to 90 say why the accounts cannot be read.
With --probe, the exit code is that of the worst account; see `speech-endpoint doctor --help`.

A key belongs to one account. With several accounts to probe, a key and an issued
token are refused, and SPEECH_KEY is ignored: use --entra, or no credential.";

//! Arguments of `doctor`.
#![allow(clippy::doc_markdown, reason = "doc comments here are help, read in a terminal")]

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};
use speech_endpoint::{Expectation, FoundryResource};

use crate::args::{
    AzureArgs, CredentialArgs, FindingArgs, OutputArgs, QueryArgs, ResourceArgs, Seconds, ServiceName, WayArgs, jobs,
    worlds,
};
use crate::doctor::watch::args::WatchArgs;

#[derive(Debug, ClapArgs)]
#[allow(clippy::struct_excessive_bools, reason = "each is an independent flag")]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) resource: ResourceArgs,
    /// Diagnose a world of the built-in emulator instead of Azure (see `lab list`), or of a file (FILE.toml)
    #[arg(long, value_name = "WORLD", help_heading = "Resource", add = worlds(),
        conflicts_with_all = ["region", "custom_domain", "endpoint", "host", "account", "cloud", "network",
            "synthesis_path", "from", "dns_servers", "proxy"])]
    pub(crate) lab: Option<String>,
    /// Foundry resource, as a name or full host name: check every host that a project needs
    #[arg(long, value_name = "NAME", help_heading = "Resource",
        conflicts_with_all = ["custom_domain", "endpoint", "host", "account", "lab", "from"])]
    pub(crate) foundry: Option<String>,
    /// Also check what the Foundry project uses: search, storage, cosmos or key-vault; repeatable
    #[arg(
        long,
        value_name = "KIND=NAME",
        help_heading = "Resource",
        requires = "foundry",
        conflicts_with = "lab",
        value_delimiter = ','
    )]
    pub(crate) foundry_with: Vec<FoundryResource>,
    #[command(flatten)]
    pub(crate) azure: AzureArgs,
    /// Also read the documents over the management API of the resource's cloud, with GET only; needs --entra
    #[arg(long, help_heading = "Azure", conflicts_with_all = ["from", "foundry", "host"])]
    pub(crate) live: bool,
    /// Address that DNS should return: private, public or any [default: as `--network` implies]
    #[arg(long, value_enum, value_name = "ADDRESS", help_heading = "Resource", hide_possible_values = true)]
    pub(crate) expect: Option<Expect>,
    /// Service, for example speech-to-text; repeatable [default: recognition and synthesis]
    #[arg(long = "service", value_name = "ID", help_heading = "Services", hide_possible_values = true)]
    pub(crate) services: Vec<ServiceName>,
    #[command(flatten)]
    pub(crate) query: QueryArgs,
    #[command(flatten)]
    pub(crate) credential: CredentialArgs,
    #[command(flatten)]
    pub(crate) net: NetArgs,
    /// Save the evidence, to diagnose it again later with `--from`
    #[arg(long, value_name = "FILE", help_heading = "Evidence", conflicts_with = "plan")]
    pub(crate) save: Option<PathBuf>,
    /// Diagnose evidence from `--save`; needs no network and no resource. Compare that of many places: several files, or folders
    #[arg(long, value_name = "FILE", num_args = 1.., help_heading = "Evidence", conflicts_with_all = ["plan", "facts"])]
    pub(crate) from: Vec<PathBuf>,
    /// Print the hosts that would be checked, without checking them
    #[arg(long, help_heading = "Evidence")]
    pub(crate) plan: bool,
    #[command(flatten)]
    pub(crate) watch: WatchArgs,
    #[command(flatten)]
    pub(crate) findings: FindingArgs,
    /// Succeed if the resource refuses this network, and fail if it admits it
    #[arg(long, help_heading = "Findings", conflicts_with = "plan")]
    pub(crate) expect_denied: bool,
    /// text, short (findings only), json, markdown or html (redacted, for an issue or a ticket), junit, sarif, github (annotations)
    /// or prometheus (metrics)
    #[arg(
        long,
        value_enum,
        default_value = "text",
        value_name = "FORMAT",
        help_heading = "Output",
        hide_possible_values = true
    )]
    pub(crate) format: DoctorFormat,
    /// Keep the names and addresses of the resource in markdown and html
    #[arg(long, help_heading = "Output")]
    pub(crate) share: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// The network settings of a run.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Network")]
pub(crate) struct NetArgs {
    #[command(flatten)]
    pub(crate) way: WayArgs,
    /// Time limit for the run, not counting `--hold` and `--deep` [default: 20]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timeout: Option<Seconds>,
    /// Keep each WebSocket idle for this long and report what closes it (added to `--timeout`)
    #[arg(long, value_name = "SECONDS")]
    pub(crate) hold: Option<Seconds>,
    /// Measure up to N more connections per working service, with and without cached DNS and TLS sessions
    #[arg(long, value_name = "N", value_parser = rounds)]
    pub(crate) rounds: Option<usize>,
    /// Make a round trip at each working service: speak a sentence, recognise it, translate it, transcribe it, list the voices;
    /// needs a credential and costs quota (adds up to 30 seconds per service to `--timeout`)
    #[arg(long)]
    pub(crate) deep: bool,
    /// Compare the times of `--deep` with this evidence of an earlier run (from `--save`)
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Query the instance metadata service (169.254.169.254): is this machine in Azure, and in which range?
    #[arg(long)]
    pub(crate) ask_metadata: bool,
    /// Fetch the revocation lists that the certificates name, over HTTP on port 80
    #[arg(long)]
    pub(crate) check_revocation: bool,
    /// Hosts checked in parallel [default: 16]
    #[arg(long, value_name = "N", value_parser = jobs)]
    pub(crate) jobs: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DoctorFormat {
    Text,
    Short,
    Json,
    Markdown,
    Html,
    Junit,
    Sarif,
    Github,
    Prometheus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Expect {
    Private,
    Public,
    Any,
}

impl From<Expect> for Expectation {
    fn from(expect: Expect) -> Self {
        match expect {
            Expect::Private => Self::PrivateAddress,
            Expect::Public => Self::PublicAddress,
            Expect::Any => Self::Either,
        }
    }
}

fn rounds(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|rounds| (1..=MOST_ROUNDS).contains(rounds)).ok_or("expected a number from 1 to 100")
}

/// More connections could look like an attack and would not change the median.
const MOST_ROUNDS: usize = 100;

pub(crate) const EXAMPLES: &str = "\
Examples:
  speech-endpoint doctor --region westeurope
  speech-endpoint doctor --custom-domain contoso --network private-endpoint
  az cognitiveservices account show -n NAME -g GROUP |
    speech-endpoint doctor --account - --entra
  speech-endpoint doctor --foundry contoso --foundry-with search=contoso-search
  speech-endpoint doctor --region westeurope --proxy http://10.9.0.1:3128 \\
    --ca-file company.pem --key-file key.txt
  speech-endpoint doctor --region westeurope --save evidence.json
  speech-endpoint doctor --from evidence.json --format markdown
  speech-endpoint doctor --from evidence-of-all-nodes/
  speech-endpoint doctor --region westeurope --only DNS02,TCP01 --format short
  speech-endpoint doctor --region westeurope --plan
  speech-endpoint doctor --region westeurope --service speech-to-text --hold 300
  speech-endpoint doctor --region westeurope --rounds 10
  speech-endpoint doctor --region westeurope --deep --baseline evidence.json
  speech-endpoint doctor --azure documents/
  speech-endpoint doctor --live --entra --resource-id /subscriptions/…/accounts/contoso
  speech-endpoint doctor --region westeurope --watch --every 5m --metrics
  speech-endpoint doctor --lab DNS03

Exit codes:
  0   no finding at or above --fail-on
  1   the program failed, could not write its output, or was interrupted
  2   usage: unknown, missing or contradictory arguments, or an unreadable file
  otherwise the stage of the root cause:
  10 configuration, 20 dns, 30 tcp, 40 proxy, 50 tls, 60 http or websocket,
  70 authentication or authorisation, 80 network access rules of the resource,
  90 quota

With --watch, the exit code is that of the last run.";

//! Command-line arguments and their help texts.
#![allow(clippy::doc_markdown, reason = "doc comments here are help, read in a terminal")]

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueEnum};
use speech_endpoint::{Access, Cloud, Mode, Service, Shown};

use super::doctor::args::{self as doctor, DoctorArgs};
use super::explain::{self, ExplainArgs};
use super::lab::{self, LabArgs};
use super::resolve::snippet::Language;

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
    #[command(after_help = RESOLVE_EXAMPLES)]
    Resolve(ResolveArgs),
    /// Diagnose what works from this machine, what fails, why, and how to fix it
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(Box<DoctorArgs>),
    /// List hosts, ports, zones and service tags to allow in a firewall
    #[command(after_help = ALLOWLIST_EXAMPLES)]
    Allowlist(AllowlistArgs),
    /// Explain a failure id or a pasted error line, or list all failures
    #[command(after_help = explain::EXAMPLES)]
    Explain(ExplainArgs),
    /// Run an emulated Azure on loopback, with one fault to reproduce
    #[command(after_help = lab::EXAMPLES)]
    Lab(LabArgs),
    /// Print shell completions or the manual page
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ResolveArgs {
    #[command(flatten)]
    pub(crate) resource: ResourceArgs,
    #[command(flatten)]
    pub(crate) services: ServiceArgs,
    #[command(flatten)]
    pub(crate) query: QueryArgs,
    /// Use endpoint discovery for real-time calls on an open custom domain (required for plain Entra tokens)
    #[arg(long)]
    pub(crate) discovery: bool,
    /// text, json, env, curl, or snippet:LANGUAGE (csharp, python, java, javascript, go, cpp, rust)
    #[arg(long, default_value = "text", value_name = "FORMAT", help_heading = "Output")]
    pub(crate) format: ResolveFormat,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

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

#[derive(Debug, ClapArgs)]
pub(crate) struct CompletionsArgs {
    /// bash, elvish, fish, powershell or zsh; man for the manual page
    #[arg(value_name = "SHELL")]
    pub(crate) shell: CompletionsFor,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// The resource: exactly one of the first five arguments, or the environment.
#[derive(Debug, Default, ClapArgs)]
#[command(next_help_heading = "Resource")]
pub(crate) struct ResourceArgs {
    /// Region, as an identifier or display name [env: SPEECH_REGION]
    #[arg(long, value_name = "REGION", conflicts_with_all = ["host", "account"])]
    pub(crate) region: Option<String>,
    /// Custom domain, as a name or full host name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["endpoint", "host", "account"])]
    pub(crate) custom_domain: Option<String>,
    /// Any endpoint URL: from the portal, a sample, Foundry or Azure OpenAI [env: SPEECH_ENDPOINT]
    #[arg(long, value_name = "URL", conflicts_with_all = ["host", "account"])]
    pub(crate) endpoint: Option<String>,
    /// Self-hosted container, for example ws://localhost:5000
    #[arg(long, value_name = "URL", conflicts_with_all = ["account", "cloud", "network"])]
    pub(crate) host: Option<String>,
    /// Account JSON from `az cognitiveservices account show` (a file, or `-` for stdin)
    #[arg(long, value_name = "FILE", conflicts_with = "network")]
    pub(crate) account: Option<PathBuf>,
    /// public, usgov or china [default: inferred from the resource]
    #[arg(long, value_name = "CLOUD")]
    pub(crate) cloud: Option<CloudName>,
    /// Network access of the resource
    #[arg(long, value_enum, value_name = "NETWORK")]
    pub(crate) network: Option<NetworkName>,
    /// Path of text-to-speech in the container [default: /cognitiveservices/v1]
    #[arg(long, value_name = "PATH", requires = "host")]
    pub(crate) synthesis_path: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ServiceArgs {
    /// Service, for example speech-to-text; repeatable [default: all services of the resource]
    #[arg(long = "service", value_name = "ID", help_heading = "Services")]
    pub(crate) services: Vec<ServiceName>,
}

#[derive(Debug, Default, ClapArgs)]
#[command(next_help_heading = "Query")]
pub(crate) struct QueryArgs {
    /// Language of the audio, for example en-US
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) language: Option<String>,
    /// Recognition mode: interactive, conversation or dictation
    #[arg(long, value_name = "MODE")]
    pub(crate) mode: Option<ModeName>,
    /// Endpoint id of a custom speech model (cid)
    #[arg(long, value_name = "ID")]
    pub(crate) custom_model: Option<String>,
    /// Deployment id of a custom voice (deploymentId), or name of an Azure OpenAI deployment
    #[arg(long, value_name = "ID")]
    pub(crate) deployment: Option<String>,
    /// API version [default: the newest stable version]
    #[arg(long, value_name = "VERSION")]
    pub(crate) api_version: Option<String>,
    /// Additional query parameter; repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) query: Vec<String>,
}

/// The credential. It is read from the environment or a file, never from an argument.
#[derive(Debug, Default, ClapArgs)]
#[command(next_help_heading = "Credential")]
pub(crate) struct CredentialArgs {
    /// Environment variable with the key; if it is rejected, doctor tries SPEECH_KEY_2 [default: SPEECH_KEY]
    #[arg(long, value_name = "NAME", conflicts_with_all = ["key_file", "token_env", "token_file", "entra"])]
    pub(crate) key_env: Option<String>,
    /// File with the key
    #[arg(long, value_name = "FILE", conflicts_with_all = ["token_env", "token_file", "entra"])]
    pub(crate) key_file: Option<PathBuf>,
    /// Environment variable with a token: issued, Entra or aad#
    #[arg(long, value_name = "NAME", conflicts_with_all = ["token_file", "entra"])]
    pub(crate) token_env: Option<String>,
    /// File with a token
    #[arg(long, value_name = "FILE", conflicts_with = "entra")]
    pub(crate) token_file: Option<PathBuf>,
    /// Entra token from this source; auto if no source is given
    #[arg(long, value_enum, value_name = "SOURCE", num_args = 0..=1, default_missing_value = "auto")]
    pub(crate) entra: Option<EntraSource>,
    /// ARM id of the resource, to send an Entra token as aad#
    #[arg(long, value_name = "ID")]
    pub(crate) resource_id: Option<String>,
}

#[derive(Debug, Default, ClapArgs)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Write the result to a file instead of stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// When to use colours; NO_COLOR is honoured
    #[arg(long, value_enum, default_value = "auto", value_name = "WHEN")]
    pub(crate) color: ColorWhen,
    /// Print more detail to stderr; repeat for everything
    #[arg(short, long, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum ColorWhen {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResolveFormat {
    Text,
    Json,
    Env,
    Curl,
    Snippet(Language),
}

impl FromStr for ResolveFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "env" => Ok(Self::Env),
            "curl" => Ok(Self::Curl),
            _ => text
                .strip_prefix("snippet:")
                .and_then(|language| language.parse().ok())
                .map(Self::Snippet)
                .ok_or_else(|| "expected text, json, env, curl or snippet:LANGUAGE with csharp, python, java, javascript, go, cpp or rust".into()),
        }
    }
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

#[derive(Clone, Copy, Debug)]
pub(crate) enum CompletionsFor {
    Shell(clap_complete::Shell),
    Manual,
}

impl FromStr for CompletionsFor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        if text == "man" {
            return Ok(Self::Manual);
        }
        text.parse().map(Self::Shell).map_err(|_| "expected bash, elvish, fish, powershell, zsh or man")
    }
}

/// The network access of a resource, named in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NetworkName {
    Unknown,
    Open,
    PrivateEndpoint,
    ServiceEndpoint,
    PrivateAndServiceEndpoint,
    Disabled,
    IpRules,
    Locked,
}

impl NetworkName {
    /// Returns the access that leads to the scenario of the same name.
    pub(crate) fn access(self) -> Option<Access> {
        match self {
            Self::Unknown => None,
            Self::Open => Some(Access::open()),
            Self::PrivateEndpoint => Some(Access::private_endpoint()),
            Self::ServiceEndpoint => Some(Access::service_endpoint()),
            Self::PrivateAndServiceEndpoint => Some(Access::private_and_service_endpoint()),
            Self::Disabled => Some(Access::disabled()),
            Self::IpRules => Some(Access::ip_rules()),
            Self::Locked => Some(Access::locked()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EntraSource {
    Auto,
    Cli,
    Azd,
    ManagedIdentity,
    Workload,
    ClientSecret,
}

/// Defines arguments for types of the library, with errors that fit into "invalid value …: …".
macro_rules! parsed {
    ($name:ident, $inner:ty) => {
        #[derive(Clone, Debug)]
        pub(crate) struct $name(pub(crate) $inner);

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                text.parse().map(Self).map_err(|error: <$inner as FromStr>::Err| {
                    let text = error.to_string();
                    text.split_once(": ").map_or(text.clone(), |(_, expected)| expected.to_owned())
                })
            }
        }
    };
}

parsed!(ServiceName, Service);
parsed!(CloudName, Cloud);
parsed!(ModeName, Mode);

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

const RESOLVE_EXAMPLES: &str = "\
Examples:
  speech-endpoint resolve --region westeurope
  speech-endpoint resolve --region 'West Europe' --service speech-to-text
  speech-endpoint resolve --custom-domain contoso --network private-endpoint
  speech-endpoint resolve --endpoint https://contoso.cognitiveservices.azure.com
  az cognitiveservices account show -n NAME -g GROUP |
    speech-endpoint resolve --account - --format json
  speech-endpoint resolve --region westeurope --service voices --format curl
  speech-endpoint resolve --region westeurope --service speech-to-text \\
    --language en-US --format snippet:python
  speech-endpoint resolve --host ws://localhost:5000";

const ALLOWLIST_EXAMPLES: &str = "\
Examples:
  speech-endpoint allowlist --region westeurope --service speech-to-text
  speech-endpoint allowlist --custom-domain contoso --network private-endpoint \\
    --entra
  speech-endpoint allowlist --account account.json --format json";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  speech-endpoint completions bash > /etc/bash_completion.d/speech-endpoint
  speech-endpoint completions man | man -l -";

impl Command {
    pub(crate) fn output(&self) -> &OutputArgs {
        match self {
            Self::Resolve(args) => &args.output,
            Self::Doctor(args) => &args.output,
            Self::Allowlist(args) => &args.output,
            Self::Explain(args) => &args.output,
            Self::Lab(args) => &args.output,
            Self::Completions(args) => &args.output,
        }
    }
}

impl ServiceArgs {
    /// Returns the requested services, without duplicates, in the given order; empty means all.
    pub(crate) fn requested(&self) -> Vec<Service> {
        each_once(&self.services)
    }
}

/// Returns the services in the given order, without duplicates.
pub(crate) fn each_once(names: &[ServiceName]) -> Vec<Service> {
    let mut services = Vec::new();
    for ServiceName(service) in names {
        if !services.contains(service) {
            services.push(*service);
        }
    }
    services
}

/// Replaces the quotes that `clap` puts around a given value by those of [`Shown`].
pub(crate) fn requote(line: &str, value: &str) -> String {
    line.replace(&format!("'{value}'"), &Shown::new(value).to_string())
}

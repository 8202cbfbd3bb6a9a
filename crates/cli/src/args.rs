//! The arguments that several commands share, and their help texts.
#![allow(clippy::doc_markdown, reason = "doc comments here are help, read in a terminal")]

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args as ClapArgs, ValueEnum};
use speech_endpoint::{Access, AllowlistGroup, Cloud, FactKind, RecognitionMode, Service};

mod findings;
mod net;
mod values;

pub(crate) use findings::FindingArgs;
pub(crate) use net::{Family, NameServer, Road, Seconds, WayArgs, jobs, seconds};
pub(crate) use values::{
    Listed, ListedParser, checks, checks_and_all, failures_and_files, listed, proxies, regions, sdks, titled, worlds,
    worlds_and_list,
};

/// The resource: exactly one of the first five arguments, or the environment.
#[derive(Debug, Default, ClapArgs)]
#[command(next_help_heading = "Resource")]
pub(crate) struct ResourceArgs {
    /// Options of this profile in speech-endpoint.toml, below those of the command line
    #[arg(long, value_name = "PROFILE")]
    #[allow(dead_code, reason = "it is read before the arguments are parsed")]
    pub(crate) profile: Option<String>,
    /// Configuration file [default: speech-endpoint.toml here, or in the folder of your settings, if --profile is given]
    #[arg(long, value_name = "FILE")]
    #[allow(dead_code, reason = "it is read before the arguments are parsed")]
    pub(crate) config: Option<PathBuf>,
    /// Region, as an identifier or display name [env: SPEECH_REGION]
    #[arg(long, value_name = "REGION", add = regions(), conflicts_with_all = ["host", "account"])]
    pub(crate) region: Option<String>,
    /// Custom domain, as a name or full host name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["endpoint", "host", "account"])]
    pub(crate) custom_domain: Option<String>,
    /// Any endpoint URL (portal, sample, Foundry, Azure OpenAI), a connection string, or a file as for `--account`
    /// [env: SPEECH_ENDPOINT]
    #[arg(long, value_name = "URL", conflicts_with_all = ["host", "account"])]
    pub(crate) endpoint: Option<String>,
    /// Self-hosted container, for example ws://localhost:5000
    #[arg(long, value_name = "URL", conflicts_with_all = ["account", "cloud", "network"])]
    pub(crate) host: Option<String>,
    /// Account JSON from `az cognitiveservices account show`, or settings such as .env or appsettings.json (a file, or
    /// `-` for stdin)
    #[arg(long, value_name = "FILE", conflicts_with = "network")]
    pub(crate) account: Option<PathBuf>,
    /// public, usgov or china [default: inferred from the resource]
    #[arg(long, value_name = "CLOUD", hide_possible_values = true)]
    pub(crate) cloud: Option<CloudName>,
    /// Network access of the resource
    #[arg(long, value_parser = networks(), value_name = "NETWORK")]
    pub(crate) network: Option<NetworkName>,
    /// Facts that replace built-in ones, as `facts --format json` prints them (a file, or `-` for stdin)
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Option<PathBuf>,
    /// Path of text-to-speech in the container [default: /cognitiveservices/v1]
    #[arg(long, value_name = "PATH", requires = "host")]
    pub(crate) synthesis_path: Option<String>,
}

/// The documents that Azure's own tools print.
#[derive(Debug, Default, ClapArgs)]
#[command(next_help_heading = "Azure")]
pub(crate) struct AzureArgs {
    /// Document that `az … -o json` prints, or a folder of them (`-` for stdin); repeatable
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) azure: Vec<PathBuf>,
}

/// An account, and the documents that describe it.
#[derive(Debug, Default, ClapArgs)]
pub(crate) struct AzureAccountArgs {
    #[command(flatten)]
    pub(crate) resource: ResourceArgs,
    /// ARM id of the account, if the documents describe several
    #[arg(long, value_name = "ID", help_heading = "Resource")]
    pub(crate) resource_id: Option<String>,
    #[command(flatten)]
    pub(crate) azure: AzureArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ServiceArgs {
    /// Service, for example speech-to-text; repeatable [default: all services of the resource]
    #[arg(long = "service", value_name = "ID", help_heading = "Services", hide_possible_values = true)]
    pub(crate) services: Vec<ServiceName>,
}

#[derive(Debug, Default, ClapArgs)]
#[command(next_help_heading = "Query")]
pub(crate) struct QueryArgs {
    /// Language of the audio, for example en-US
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) language: Option<String>,
    /// Recognition mode: interactive, conversation or dictation
    #[arg(long, value_name = "MODE", hide_possible_values = true)]
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
    /// Print only ASCII characters, for consoles and pipes without Unicode; JSON stays as it is [env: SPEECH_ASCII]
    #[arg(long)]
    pub(crate) ascii: bool,
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

/// The network access of a resource, named in one word; `None` for `unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NetworkName(pub(crate) Option<Access>);

/// Parses the name of a network access.
fn networks() -> impl TypedValueParser<Value = NetworkName> {
    let names = Access::NAMED.iter().map(|(name, _)| *name);
    PossibleValuesParser::new(std::iter::once("unknown").chain(names)).map(|name| NetworkName(Access::named(&name)))
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
    ($name:ident, $inner:ty, $values:expr) => {
        listed!($name, $values);

        #[derive(Clone, Debug)]
        pub(crate) struct $name(pub(crate) $inner);

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                text.parse().map(Self).map_err(|error: <$inner as FromStr>::Err| after_colon(&error))
            }
        }
    };
}

/// Defines an argument that is one of a few words. `$expected` lists them in an error.
macro_rules! choice {
    ($(#[$of_enum:meta])* $visible:vis enum $name:ident, expected $expected:literal {
        $($(#[$of_word:meta])* $variant:ident = $word:literal),* $(,)?
    }) => {
        $(#[$of_enum])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $visible enum $name {
            $($(#[$of_word])* $variant,)*
        }

        $crate::args::listed!($name, [$($word),*]);

        impl std::str::FromStr for $name {
            type Err = &'static str;

            fn from_str(text: &str) -> Result<Self, &'static str> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(concat!("expected ", $expected)),
                }
            }
        }
    };
}

pub(crate) use choice;

/// A service.
#[derive(Clone, Debug)]
pub(crate) struct ServiceName(pub(crate) Service);

listed!(ServiceName, Service::in_use().map(|service| titled((service.id(), service.title()))));

impl FromStr for ServiceName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(service) => Ok(Self(service)),
            Err(error) => Err(meant(text).unwrap_or_else(|| after_colon(&error))),
        }
    }
}

/// Returns the services that a short name may mean. They differ in host and path, so the user decides.
fn meant(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let (_, services) = SHORT_NAMES.iter().find(|(names, _)| names.contains(&text.as_str()))?;
    let named: Vec<String> =
        services.iter().map(|service| format!("`{}` ({})", service.id(), service.title())).collect();
    let (last, others) = named.split_last()?;
    Some(if others.is_empty() { format!("use {last}") } else { format!("use {} or {last}", others.join(", ")) })
}

/// Names that people use for a group of services, with the services.
const SHORT_NAMES: &[(&[&str], &[Service])] = &[
    (
        &["stt", "asr", "recognition", "dictation"],
        &[Service::SpeechToText, Service::ShortAudio, Service::FastTranscription],
    ),
    (&["tts", "synthesis"], &[Service::TextToSpeechWebSocket, Service::TextToSpeech, Service::TextToSpeechStream]),
    (
        &["transcription", "transcribe"],
        &[Service::FastTranscription, Service::SpeechToTextRest, Service::ConversationTranscription],
    ),
    (&["translate", "speech-translation"], &[Service::Translation]),
    (&["token", "sts"], &[Service::IssueToken]),
    (&["realtime"], &[Service::VoiceLive, Service::OpenAiRealtime]),
    (&["batch"], &[Service::SpeechToTextRest, Service::BatchSynthesis]),
    (&["whisper"], &[Service::OpenAiTranscription, Service::SpeechToTextRest]),
];

/// Returns what was expected: the part of an error that does not repeat the value.
fn after_colon(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    text.split_once(": ").map_or(text.clone(), |(_, expected)| expected.to_owned())
}
parsed!(CloudName, Cloud, CLOUDS.iter().map(Cloud::id));
parsed!(ModeName, RecognitionMode, RecognitionMode::ALL.map(RecognitionMode::id));
parsed!(KindName, FactKind, FactKind::ALL.map(FactKind::id));

static CLOUDS: [Cloud; 3] = Cloud::DOCUMENTED;

/// An optional group of connections; `None` for all of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupName(pub(crate) Option<AllowlistGroup>);

listed!(GroupName, AllowlistGroup::ALL.map(AllowlistGroup::id).into_iter().chain(["all"]));

impl FromStr for GroupName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self(None));
        }
        let groups = || AllowlistGroup::ALL.map(AllowlistGroup::id).join(", ");
        text.parse().map(|group| Self(Some(group))).map_err(|_| format!("expected {} or all", groups()))
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

//! Arguments of `resolve`.
#![allow(clippy::doc_markdown, reason = "doc comments here are help, read in a terminal")]

use std::str::FromStr;
use std::sync::LazyLock;

use clap::Args as ClapArgs;

use super::snippet::Language;
use crate::args::{OutputArgs, QueryArgs, ResourceArgs, ServiceArgs, listed};

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
    #[arg(long, help = format!("text, json, env, curl, or snippet:LANGUAGE ({})", Language::names(", ")), default_value = "text", value_name = "FORMAT", hide_possible_values = true, help_heading = "Output")]
    pub(crate) format: ResolveFormat,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResolveFormat {
    Text,
    Json,
    Env,
    Curl,
    Snippet(Language),
}

listed!(ResolveFormat, ["text", "json", "env", "curl"].into_iter().chain(SNIPPETS.iter().map(String::as_str)));

static SNIPPETS: LazyLock<[String; 7]> =
    LazyLock::new(|| Language::ALL.map(|language| format!("snippet:{}", language.id())));

impl FromStr for ResolveFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "env" => Ok(Self::Env),
            "curl" => Ok(Self::Curl),
            _ => {
                text.strip_prefix("snippet:").and_then(|language| language.parse().ok()).map(Self::Snippet).ok_or_else(
                    || format!("expected text, json, env, curl or snippet:LANGUAGE with {}", Language::names(" or ")),
                )
            }
        }
    }
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  speech-endpoint resolve --region westeurope
  speech-endpoint resolve --region 'West Europe' --service speech-to-text
  speech-endpoint resolve --custom-domain contoso --network private-endpoint
  speech-endpoint resolve --endpoint https://contoso.cognitiveservices.azure.com/
  az cognitiveservices account show -n NAME -g GROUP |
    speech-endpoint resolve --account - --format json
  speech-endpoint resolve --region westeurope --service voices --format curl
  speech-endpoint resolve --region westeurope --service speech-to-text \\
    --language en-US --format snippet:python
  speech-endpoint resolve --host ws://localhost:5000";

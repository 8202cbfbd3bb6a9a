//! `account`: who an account admits, which host and credential its clients use, and what contradicts what.
#![allow(clippy::doc_markdown, reason = "doc comments of arguments are help, read in a terminal")]

use clap::Args as ClapArgs;
use speech_endpoint::azure::{AccountDocument, AccountNote, ArmError, AzureView, Standing};
use speech_endpoint::{CredentialForm, Endpoint, Service};

use super::args::{AzureAccountArgs, OutputArgs, choice};
use super::failure::Failure;
use super::live::{self, args::LiveArgs};
use super::output::Output;
use super::settings;

pub(crate) mod json;
mod markdown;
mod text;

#[derive(Debug, ClapArgs)]
pub(crate) struct AccountArgs {
    #[command(flatten)]
    account: AzureAccountArgs,
    #[command(flatten)]
    live: LiveArgs,
    /// text, json or markdown
    #[arg(long, default_value = "text", value_name = "FORMAT", hide_possible_values = true, help_heading = "Output")]
    format: AccountFormat,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

choice! {
    enum AccountFormat, expected "text, json or markdown" {
        Text = "text",
        Json = "json",
        Markdown = "markdown",
    }
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  az cognitiveservices account show -n contoso -g rg -o json | speech-endpoint account --azure -
  speech-endpoint account --azure account.json --azure endpoint.json
  speech-endpoint account --azure documents/ --custom-domain contoso --format json
  speech-endpoint account --live --entra --resource-id /subscriptions/…/accounts/contoso

Exit code 80: the account admits nobody. 10: a document has an invalid value, for example a region.
With --live, the codes from 10 to 90 also say why the account cannot be read.";

/// What is printed about an account.
struct Report<'a> {
    standing: &'a Standing<'a>,
    view: &'a AzureView,
    /// The service that represents the account's clients, unless it offers none.
    client: Option<Endpoint>,
    /// The notes on the account, then those on the documents.
    notes: Vec<AccountNote>,
}

/// Prints an account.
pub(crate) fn run(args: &AccountArgs, output: &Output) -> Result<u8, Failure> {
    let json = args.format == AccountFormat::Json;
    print(args, output).map_err(|failure| failure.with_json(json))
}

fn print(args: &AccountArgs, output: &Output) -> Result<u8, Failure> {
    let AzureAccountArgs { resource, resource_id, azure } = &args.account;
    let view = live::account_documents(&args.live, azure, (resource, resource_id.as_deref()), output)?;
    let document = settings::azure_account(&view, resource, resource_id.as_deref())?;
    let standing = view.standing(document);
    if let Err(error) = &standing.account
        && !matches!(error, ArmError::Unstated)
        && may_have_speech(document)
    {
        return Err(Failure::configuration(error.id(), error.to_string()));
    }
    let report = Report {
        client: client(&standing),
        notes: standing.notes.iter().cloned().chain(view.notes.iter().cloned().map(Into::into)).collect(),
        standing: &standing,
        view: &view,
    };
    output.data(&match args.format {
        AccountFormat::Text => text::write(&report, output.width()),
        AccountFormat::Json => json::write(&report)?,
        AccountFormat::Markdown => markdown::write(&report),
    })?;
    Ok(if standing.admits.is_nobody() { POLICY } else { 0 })
}

/// Returns the endpoint of the service that most clients of this kind of account use.
fn client(standing: &Standing<'_>) -> Option<Endpoint> {
    let account = standing.account.as_ref().ok().filter(|_| may_have_speech(standing.document))?;
    [Service::SpeechToText, Service::OpenAiTranscription].into_iter().find_map(|service| account.endpoint(service).ok())
}

/// Returns the credentials that clients use: none if keys are disabled and Entra tokens have no custom domain.
fn credentials(report: &Report<'_>) -> Vec<CredentialForm> {
    let document = report.standing.document;
    let has_none = document.custom_domain.is_absent() && document.key_auth_disabled.known() == Some(&true);
    report.client.as_ref().filter(|_| !has_none).map(|client| client.accepts().iter().collect()).unwrap_or_default()
}

/// Returns whether an account offers Speech, as far as its document shows the kind.
fn may_have_speech(document: &AccountDocument) -> bool {
    document.kind.is_none() || document.speech_kind().is_some()
}

/// The exit code of an account that admits nobody.
pub(crate) const POLICY: u8 = 80;

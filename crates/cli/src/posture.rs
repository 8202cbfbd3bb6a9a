//! `posture`: whether an account follows Microsoft's guidance for a secured deployment, one row per recommendation.
#![allow(clippy::doc_markdown, reason = "doc comments of arguments are help, read in a terminal")]

use clap::Args as ClapArgs;
use speech_endpoint::QuotedValue;
use speech_endpoint::azure::{
    AccountNote, AzureView, CheckStatus, Posture, PostureCheck, Recommendation, Standing, shown,
};

use super::account::POLICY;
use super::args::{AzureAccountArgs, OutputArgs, checks, checks_and_all, choice};
use super::failure::{Failure, did_you_mean};
use super::live::{self, args::LiveArgs};
use super::output::Output;
use super::settings;

mod json;
mod markdown;
mod sarif;
mod text;

#[derive(Debug, ClapArgs)]
pub(crate) struct PostureArgs {
    #[command(flatten)]
    account: AzureAccountArgs,
    #[command(flatten)]
    live: LiveArgs,
    /// Checks that must be met, for example NET1,ID1, or all; others never change the exit code
    #[arg(long, value_name = "ID,..", add = checks_and_all(), value_delimiter = ',', help_heading = "Checks")]
    require: Vec<String>,
    /// Checks that are not required
    #[arg(long, value_name = "ID,..", add = checks(), value_delimiter = ',', help_heading = "Checks")]
    ignore: Vec<String>,
    /// text, json, markdown or sarif
    #[arg(long, default_value = "text", value_name = "FORMAT", hide_possible_values = true, help_heading = "Output")]
    format: PostureFormat,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

choice! {
    enum PostureFormat, expected "text, json, markdown or sarif" {
        Text = "text",
        Json = "json",
        Markdown = "markdown",
        Sarif = "sarif",
    }
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  az cognitiveservices account show -n contoso -g rg -o json | speech-endpoint posture --azure -
  speech-endpoint posture --azure documents/ --custom-domain contoso --format markdown
  speech-endpoint posture --azure documents/ --require NET1,NET3,ID1
  speech-endpoint posture --live --entra --resource-id /subscriptions/…/accounts/contoso
  speech-endpoint posture --azure documents/ --require all --ignore DR2,GOV4 --format sarif

Exit code 80: a required check is not met or not visible.
With --live, the codes from 10 to 90 also say why the account cannot be read.";

/// What is printed about the posture of an account.
struct Report<'a> {
    standing: &'a Standing<'a>,
    view: &'a AzureView,
    posture: Posture,
    /// That the kind offers no Speech service, then the notes on the documents.
    notes: Vec<AccountNote>,
    required: Vec<&'static str>,
    ignored: Vec<&'static str>,
}

impl Report<'_> {
    fn is_required(&self, check: &PostureCheck) -> bool {
        self.required.contains(&check.recommendation.id)
    }

    fn is_ignored(&self, check: &PostureCheck) -> bool {
        self.ignored.contains(&check.recommendation.id)
    }

    /// Returns the required checks that fail.
    fn failed(&self) -> impl Iterator<Item = &PostureCheck> {
        self.posture.checks.iter().filter(|check| self.is_required(check) && check.status.fails())
    }

    /// Returns the name of the account.
    fn name(&self) -> String {
        self.standing.document.title().map_or_else(|| "account".to_owned(), shown)
    }

    /// Counts the checks in one line.
    fn summary(&self) -> String {
        let statuses = [CheckStatus::Met, CheckStatus::NotMet, CheckStatus::NotVisible, CheckStatus::NotApplicable];
        let counts = statuses.map(|status| format!("{} {}", self.posture.count(status), status.title()));
        counts.join(", ")
    }
}

/// Prints the posture of an account.
pub(crate) fn run(args: &PostureArgs, output: &Output) -> Result<u8, Failure> {
    let json = args.format == PostureFormat::Json;
    print(args, output).map_err(|failure| failure.with_json(json))
}

fn print(args: &PostureArgs, output: &Output) -> Result<u8, Failure> {
    let ignored = ids(&args.ignore, "--ignore")?;
    let mut required = ids(&args.require, "--require")?;
    required.retain(|id| !ignored.contains(id));
    let AzureAccountArgs { resource, resource_id, azure } = &args.account;
    let view = live::account_documents(&args.live, azure, (resource, resource_id.as_deref()), output)?;
    let document = settings::azure_account(&view, resource, resource_id.as_deref())?;
    let standing = view.standing(document);
    let posture = view.posture(&standing);
    let of_kind = standing.notes.iter().filter(|note| note.note.id == "not_speech").cloned();
    let notes = of_kind.chain(view.notes.iter().cloned().map(Into::into)).collect();
    let report = Report { standing: &standing, view: &view, posture, notes, required, ignored };
    output.data(&match args.format {
        PostureFormat::Text => text::write(&report, output.width()),
        PostureFormat::Json => json::write(&report)?,
        PostureFormat::Markdown => markdown::write(&report),
        PostureFormat::Sarif => sarif::write(&report)?,
    })?;
    Ok(if report.failed().next().is_some() { POLICY } else { 0 })
}

/// Returns the identifiers of the given checks, each once, in the order of the guidance.
fn ids(given: &[String], argument: &str) -> Result<Vec<&'static str>, Failure> {
    let mut chosen: Vec<&'static str> = Vec::new();
    for id in given.iter().map(|id| id.trim()) {
        if id.eq_ignore_ascii_case("all") {
            chosen.extend(Recommendation::all().map(|row| row.id));
            continue;
        }
        let Some(row) = Recommendation::find(id) else { return Err(unknown(id, argument)) };
        chosen.push(row.id);
    }
    Ok(Recommendation::all().map(|row| row.id).filter(|id| chosen.contains(id)).collect())
}

fn unknown(id: &str, argument: &str) -> Failure {
    let nearest = Recommendation::nearest(id).map(|row| did_you_mean(row.id));
    let end = nearest.unwrap_or_else(|| ": expected an id such as `NET1`, or `all`".to_owned());
    Failure::usage(format!("{} given to `{argument}` is not a check of the guidance{end}", QuotedValue::new(id)))
}

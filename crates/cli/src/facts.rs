//! `facts`: the facts with a date on which the other commands rest.
#![allow(clippy::doc_markdown, reason = "doc comments of arguments are help, read in a terminal")]

use std::path::PathBuf;

use clap::Args as ClapArgs;
use serde::Serialize;
use speech_endpoint::{Cloud, Fact, FactKind, Facts, Note, Region, Service};

use super::args::{CloudName, KindName, OutputArgs, ServiceName, choice, regions};
use super::failure::Failure;
use super::json;
use super::output::Output;
use super::settings;

mod text;

#[derive(Debug, ClapArgs)]
pub(crate) struct FactsArgs {
    /// Kind of facts, for example api-version; repeatable
    #[arg(long = "kind", value_name = "KIND", help_heading = "Filters", hide_possible_values = true)]
    kinds: Vec<KindName>,
    /// Service, for example voice-live; repeatable
    #[arg(long = "service", value_name = "ID", help_heading = "Filters", hide_possible_values = true)]
    services: Vec<ServiceName>,
    /// Region: the services and features that the tables list for it
    #[arg(long, value_name = "REGION", help_heading = "Filters", add = regions())]
    region: Option<String>,
    /// public, usgov or china
    #[arg(long, value_name = "CLOUD", help_heading = "Filters", hide_possible_values = true)]
    cloud: Option<CloudName>,
    /// Only facts that no source confirms
    #[arg(long, help_heading = "Filters")]
    unconfirmed: bool,
    /// Facts that replace built-in ones, as `facts --format json` prints them (a file, or `-` for stdin)
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    facts: Option<PathBuf>,
    /// text or json
    #[arg(long, default_value = "text", value_name = "FORMAT", hide_possible_values = true, help_heading = "Output")]
    format: FactsFormat,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

choice! {
    enum FactsFormat, expected "text or json" {
        Text = "text",
        Json = "json",
    }
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  speech-endpoint facts
  speech-endpoint facts --kind api-version
  speech-endpoint facts --region westeurope
  speech-endpoint facts --unconfirmed
  speech-endpoint facts --format json > facts.json
  speech-endpoint resolve --region westeurope --facts facts.json";

/// Prints the facts that pass the filters.
pub(crate) fn run(args: &FactsArgs, output: &Output) -> Result<u8, Failure> {
    let facts = settings::facts(args.facts.as_deref())?;
    let (region, notes) = match args.region.as_deref().map(Region::read).transpose()? {
        // The notes of the built-in table are replaced by those of the given one.
        Some(read) => {
            let kept = read.notes.into_iter().filter(|note| note.id != "unlisted_region");
            let notes: Vec<Note> = kept.chain(facts.note_on(read.value.as_str())).collect();
            (Some(read.value), notes)
        }
        None => (None, Vec::new()),
    };
    let filter = Filter::new(args, region.as_ref(), &facts);
    let shown: Vec<&Fact> = facts.all().iter().filter(|fact| filter.passes(fact)).collect();
    output.data(&match args.format {
        FactsFormat::Text => text::write(&shown, region.as_ref(), output.width()),
        FactsFormat::Json => json::pretty(&Document { schema_version: json::SCHEMA_VERSION, facts: &shown })?,
    })?;
    for note in &notes {
        output.note(note);
    }
    if shown.is_empty() {
        output.note(&Note::new("no_fact", "no fact passes these filters"));
    }
    Ok(0)
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u8,
    facts: &'a [&'a Fact],
}

/// What a fact must be about to be shown.
struct Filter<'a> {
    kinds: Vec<FactKind>,
    services: Vec<Service>,
    /// The facts that list the regions of these services, which may be listed under another one.
    listings: Vec<&'a Fact>,
    region: Option<&'a Region>,
    cloud: Option<&'a Cloud>,
    unconfirmed: bool,
}

impl<'a> Filter<'a> {
    fn new(args: &'a FactsArgs, region: Option<&'a Region>, facts: &'a Facts) -> Self {
        let services: Vec<Service> = args.services.iter().map(|service| service.0).collect();
        Self {
            kinds: args.kinds.iter().map(|kind| kind.0).collect(),
            listings: services.iter().filter_map(|service| facts.regions_of(*service)).collect(),
            services,
            region,
            cloud: args.cloud.as_ref().map(|cloud| &cloud.0),
            unconfirmed: args.unconfirmed,
        }
    }

    fn passes(&self, fact: &Fact) -> bool {
        let is_about = fact.service.is_some_and(|service| self.services.contains(&service));
        let lists = |region: &Region| fact.values.iter().any(|value| value == region.as_str());
        (self.kinds.is_empty() || self.kinds.contains(&fact.kind))
            && (self.services.is_empty() || is_about || self.listings.contains(&fact))
            && self.region.is_none_or(|region| fact.kind == FactKind::Regions && lists(region))
            && self.cloud.is_none_or(|cloud| fact.cloud.as_ref() == Some(cloud))
            && (!self.unconfirmed || !fact.is_confirmed)
    }
}

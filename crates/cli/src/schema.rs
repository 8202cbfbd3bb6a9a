//! `schema`: the JSON schemas of the documents that the other commands print.
#![allow(clippy::doc_markdown, reason = "doc comments of arguments are help, read in a terminal")]

use std::fmt::Write as _;
use std::str::FromStr;

use clap::Args as ClapArgs;

use super::args::{OutputArgs, listed, titled};
use super::failure::Failure;
use super::output::Output;
use super::style::BOLD;

#[derive(Debug, ClapArgs)]
pub(crate) struct SchemaArgs {
    /// Name of the schema, for example doctor [default: list all]
    #[arg(value_name = "NAME", hide_possible_values = true)]
    name: Option<SchemaName>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// A schema of this program.
pub(crate) struct Schema {
    pub(crate) name: &'static str,
    /// What it describes.
    title: &'static str,
    pub(crate) text: &'static str,
}

/// The schemas, by name.
pub(crate) const SCHEMAS: &[Schema] = &[
    Schema {
        name: "account",
        title: "what account --format json prints",
        text: include_str!("../schema/account.schema.json"),
    },
    Schema {
        name: "comparison",
        title: "what doctor --from FOLDER --format json prints",
        text: include_str!("../schema/comparison.schema.json"),
    },
    Schema {
        name: "doctor",
        title: "what doctor --format json prints",
        text: include_str!("../schema/doctor.schema.json"),
    },
    Schema {
        name: "explain",
        title: "what explain --format json prints",
        text: include_str!("../schema/explain.schema.json"),
    },
    Schema {
        name: "facts",
        title: "what facts --format json prints and --facts reads",
        text: include_str!("../schema/facts.schema.json"),
    },
    Schema {
        name: "inventory",
        title: "what inventory --format json prints",
        text: include_str!("../schema/inventory.schema.json"),
    },
    Schema {
        name: "posture",
        title: "what posture --format json prints",
        text: include_str!("../schema/posture.schema.json"),
    },
    Schema {
        name: "route",
        title: "what route --format json prints",
        text: include_str!("../schema/route.schema.json"),
    },
    Schema {
        name: "watch",
        title: "each line of what doctor --watch --format json prints",
        text: include_str!("../schema/watch.schema.json"),
    },
];

/// The name of a schema.
#[derive(Clone, Copy)]
struct SchemaName(&'static Schema);

impl std::fmt::Debug for SchemaName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name)
    }
}

listed!(SchemaName, SCHEMAS.iter().map(|schema| titled((schema.name, schema.title))));

impl FromStr for SchemaName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || SCHEMAS.iter().map(|schema| schema.name).collect::<Vec<_>>().join(", ");
        let found = SCHEMAS.iter().find(|schema| schema.name == text);
        found.map(Self).ok_or_else(|| format!("expected one of {}", names()))
    }
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  speech-endpoint schema
  speech-endpoint schema doctor > doctor.schema.json";

/// Prints a schema, or lists all.
pub(crate) fn run(args: &SchemaArgs, output: &Output) -> Result<u8, Failure> {
    match args.name {
        Some(SchemaName(schema)) => output.data(schema.text)?,
        None => output.data(&list())?,
    }
    Ok(0)
}

fn list() -> String {
    let width = SCHEMAS.iter().map(|schema| schema.name.len()).max().unwrap_or_default();
    SCHEMAS.iter().fold(String::new(), |mut text, schema| {
        let _ = writeln!(text, "{BOLD}{:width$}{BOLD:#}  {}", schema.name, schema.title);
        text
    })
}

//! The arguments that select findings, and the severity that counts.
#![allow(clippy::doc_markdown, reason = "doc comments here are help, read in a terminal")]

use std::str::FromStr;

use clap::{Args as ClapArgs, ValueEnum};
use speech_endpoint::{Selection, Severity};

use crate::catalogue;

/// The findings that are reported, and the lowest severity that counts.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Findings")]
pub(crate) struct FindingArgs {
    /// Report only these failures
    #[arg(long, value_name = "ID,..", add = super::values::failures(), value_delimiter = ',')]
    pub(crate) only: Vec<FailureId>,
    /// Do not report these failures
    #[arg(long, value_name = "ID,..", add = super::values::failures(), value_delimiter = ',')]
    pub(crate) ignore: Vec<FailureId>,
    /// Lowest severity that makes the exit code non-zero: error or warn
    #[arg(long, value_enum, default_value = "error", value_name = "SEVERITY", hide_possible_values = true)]
    pub(crate) fail_on: FailOn,
}

impl FindingArgs {
    /// Returns the findings that are reported.
    pub(crate) fn selection(&self) -> Selection {
        let ids = |ids: &[FailureId]| ids.iter().map(|id| id.0).collect::<Vec<_>>();
        Selection::default().with_only(ids(&self.only)).with_ignored(ids(&self.ignore))
    }
}

/// An id of the failure catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FailureId(pub(crate) &'static str);

impl FromStr for FailureId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        catalogue::find(text)
            .map(|failure| Self(failure.id))
            .map_err(|error| error.or_expected("ids like `DNS03`, separated by commas"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Error,
    Warn,
}

impl From<FailOn> for Severity {
    fn from(fail_on: FailOn) -> Self {
        match fail_on {
            FailOn::Error => Self::Error,
            FailOn::Warn => Self::Warning,
        }
    }
}

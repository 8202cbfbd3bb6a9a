//! Markdown for a ticket.

use super::Options;
use crate::diagnose::Diagnosis;
use crate::evidence::Evidence;

/// The report for an issue or a ticket.
#[must_use]
pub fn markdown(evidence: &Evidence, diagnosis: &Diagnosis, options: &Options) -> String {
    let _ = (evidence, diagnosis, options);
    String::new()
}

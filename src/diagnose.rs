//! DIAGNOSE: from a plan and the evidence that carrying it out left to findings and reports. Pure, as RESOLVE is.
//!
//! The modules are listed from the ground up. Each uses only those above it.

pub(crate) mod stage;

pub(crate) mod area;

pub(crate) mod catalogue;
pub mod evidence;

pub(crate) mod alias;
#[cfg(feature = "serde")]
pub(crate) mod claims;
pub(crate) mod plan;

mod documents;
mod finding;

mod redact;

mod rules;

mod causes;
mod values;

mod denial;
mod fill;
mod wanted;

mod judge;

mod comparison;

pub mod report;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub use comparison::{Comparison, Vantage};
pub use documents::{TargetDocuments, TargetEndpoint};
pub use finding::{Diagnosis, Finding, FindingPlace, RuledOut, Selection, Unexplained, Verdict};
pub use judge::{PreparedDocuments, diagnose, diagnose_with, diagnose_with_documents};
#[cfg(fuzzing)]
pub use redact::{Shown, redacted, shown};
pub use rules::diagnosed_ids;

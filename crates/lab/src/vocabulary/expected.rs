//! The expected result of the doctor.

use serde::Deserialize;

/// The expected result of the doctor in a world.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Expected {
    /// The ids of all findings, including consequences, in any order.
    pub findings: Vec<String>,
    /// The id of the root cause.
    #[serde(default)]
    pub root_cause: Option<String>,
    /// `healthy`, `degraded` or `unreachable`.
    pub verdict: String,
    /// The exit code.
    #[serde(default)]
    pub exit_code: u8,
    /// The ids that must be reported as ruled out.
    #[serde(default)]
    pub not: Vec<String>,
    /// The words that the root cause must say, such as the name of a document.
    #[serde(default)]
    pub says: Vec<String>,
    /// The expected result of `doctor --deep`, where it differs.
    #[serde(default)]
    pub(crate) deep: Option<Box<Expected>>,
}

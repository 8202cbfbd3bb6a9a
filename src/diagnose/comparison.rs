//! Comparison: the same question from many vantage points. Which of them fail, for which cause, and what differs there.
//!
//! A vantage point is the evidence of one run, reduced to what a comparison needs, so that thousands fit into memory.

mod difference;
mod group;
mod names;
mod traits;
mod vantage;

pub(crate) use difference::{Difference, ValueCount};
pub(crate) use group::Group;
pub(crate) use names::ranges;
pub(crate) use traits::TraitKind;
#[cfg(feature = "serde")]
pub(crate) use vantage::ServiceState;
pub use vantage::Vantage;
pub(crate) use vantage::{ServiceOutcome, ServicePlace};

use crate::diagnose::catalogue::Severity;

/// Many vantage points side by side: which of them fail, for which cause, and what differs there.
///
/// Vantage points with the same cause are one group. `text`, `short` and `json` write the report, as `doctor --from FOLDER` does.
///
/// ```
/// # #[cfg(feature = "serde")] {
/// use speech_endpoint::evidence::Evidence;
/// use speech_endpoint::report::ReportOptions;
/// use speech_endpoint::{Comparison, Severity, Vantage, diagnose};
///
/// # let saved = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/evidence/private-name-public-address.json"));
/// let evidence: Evidence = serde_json::from_str(saved)?;
/// let vantages = ["node-1", "node-2"].map(|name| Vantage::new(name, &evidence, &diagnose(&evidence)));
/// let comparison = Comparison::new(vantages.to_vec());
///
/// assert_eq!(comparison.exit_code(Severity::Error), 20);
/// assert!(comparison.short(&ReportOptions::default()).starts_with("× DNS03  "));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comparison {
    /// The vantage points, in the order of their names.
    pub(crate) vantages: Vec<Vantage>,
    /// The services that any of them checked, each once at each host.
    pub(crate) services: Vec<ServicePlace>,
    /// The causes, each with the vantage points that have it: errors before warnings, and larger groups first. A vantage point
    /// with two independent causes is in two groups.
    pub(crate) groups: Vec<Group>,
    /// The vantage points whose evidence cannot be read, each with the reason.
    pub(crate) unread: Vec<(String, String)>,
}

impl Comparison {
    /// Compares vantage points.
    ///
    /// 1. Sort them by name, numbers by value.
    /// 2. Group them by cause, and by the part of the network that has to be changed: the name servers, the proxy, the issuer
    ///    of the certificate, or the credential.
    /// 3. For each group, find what its members have in common and no vantage point has that works.
    #[must_use]
    pub fn new(mut vantages: Vec<Vantage>) -> Self {
        vantages.sort_by(|one, other| names::order(&one.name, &other.name));
        let mut services: Vec<ServicePlace> = Vec::new();
        for state in vantages.iter().flat_map(|vantage| &vantage.services) {
            if !services.contains(&state.place) {
                services.push(state.place.clone());
            }
        }
        services.sort();
        let groups = group::groups(&vantages);
        Self { vantages, services, groups, unread: Vec::new() }
    }

    /// Adds vantage points whose evidence cannot be read, by name and reason. Nothing is known about them.
    #[must_use]
    pub fn with_unread(mut self, unread: impl IntoIterator<Item = (String, String)>) -> Self {
        self.unread.extend(unread);
        self.unread.sort_by(|(one, _), (other, _)| names::order(one, other));
        self
    }

    /// Returns the vantage points at which every service works and nothing threatens it.
    pub(crate) fn working(&self) -> impl Iterator<Item = &Vantage> {
        self.vantages.iter().filter(|vantage| vantage.works())
    }

    /// Returns the exit code: that of the stage of the first group whose severity is `fail_on` or higher. Without one it is 1
    /// if a run ended early or evidence cannot be read, because then it cannot report that nothing is wrong.
    #[must_use]
    pub fn exit_code(&self, fail_on: Severity) -> u8 {
        let group = self.groups.iter().find(|group| group.severity >= fail_on);
        match group {
            Some(group) => group.exit_code(),
            None => u8::from(!self.unread.is_empty() || self.vantages.iter().any(|vantage| !vantage.is_complete)),
        }
    }
}

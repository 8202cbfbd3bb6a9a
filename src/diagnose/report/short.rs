//! The findings, a line each, and the verdict: for logs and for `grep`.

use super::page::{Ink, Page};
use super::text::{ink, sign};
use super::{ReportOptions, verdict};
use crate::diagnose::Diagnosis;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::redact::plain;

/// The findings, a line each, and the verdict.
#[must_use]
pub fn short(evidence: &Evidence, diagnosis: &Diagnosis, options: &ReportOptions) -> String {
    let mut page = Page::new(options);
    for finding in &diagnosis.findings {
        let id = format!("{} {}", sign(finding.severity), finding.failure.id);
        let cause = finding.caused_by.map(|cause| format!(" (because of {cause})")).unwrap_or_default();
        let id = page.paint(ink(finding.severity), &id);
        page.line(&format!("{id}  {}{cause}: {}", finding.failure.title, plain(&finding.observed)));
    }
    for failure in diagnosis.unexplained_failures() {
        let id = page.paint(Ink::Bad, "× ?");
        page.line(&format!("{id}  {} {}: {}", plain(&failure.place.host), failure.stage, plain(&failure.text)));
    }
    page.line(&verdict(evidence, diagnosis));
    page.finish()
}

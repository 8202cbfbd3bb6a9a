//! The findings and the verdict, one line each, for logs and for `grep`.

use super::page::{Ink, Page};
use super::text::{ink, sign};
use super::{ReportOptions, verdict};
use crate::diagnose::Diagnosis;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::redact::plain;

/// Returns the findings and the verdict, one line each.
#[must_use]
pub fn short(evidence: &Evidence, diagnosis: &Diagnosis, options: &ReportOptions) -> String {
    let mut page = Page::new(options);
    for finding in &diagnosis.findings {
        let id = format!("{} {}", sign(finding.severity), finding.failure.id);
        let cause = finding.caused_by.map(|cause| format!(" (caused by {cause})")).unwrap_or_default();
        let id = page.paint(ink(finding.severity), &id);
        page.line(&format!("{id}  {}{cause}: {}", finding.failure.title, plain(&finding.observed)));
    }
    for failure in diagnosis.unexplained_failures() {
        let id = page.paint(Ink::Bad, "× ?");
        page.line(&format!("{id}  {} {}: {}", plain(&failure.place.host), failure.stage, plain(&failure.text)));
    }
    page.line(&plain(&verdict(evidence, diagnosis)));
    page.finish()
}

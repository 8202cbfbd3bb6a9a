//! `--only` and `--ignore`: selects the findings to report.

use speech_endpoint::evidence::Evidence;
use speech_endpoint::{Diagnosis, Severity, Verdict};

use super::args::FailureId;

/// Removes the findings that are not selected. A consequence whose cause is removed stands on its own. If no finding is
/// left and no stage failed, the verdict is healthy.
pub(crate) fn apply(diagnosis: &mut Diagnosis, evidence: &Evidence, only: &[FailureId], ignore: &[FailureId]) {
    if only.is_empty() && ignore.is_empty() {
        return;
    }
    let is_wanted = |id: &str| (only.is_empty() || holds(only, id)) && !holds(ignore, id);
    diagnosis.findings.retain(|finding| is_wanted(finding.failure.id));
    let left: Vec<&str> = diagnosis.findings.iter().map(|finding| finding.failure.id).collect();
    for finding in &mut diagnosis.findings {
        finding.caused_by = finding.caused_by.filter(|cause| left.contains(cause));
    }
    let is_notable = diagnosis.findings.iter().any(|finding| finding.severity > Severity::Info);
    let has_failed = evidence.traces.iter().any(|trace| trace.failed_at().is_some());
    if !is_notable && !has_failed && !evidence.traces.is_empty() && diagnosis.unexplained.is_empty() {
        diagnosis.verdict = Verdict::Healthy;
    }
}

fn holds(ids: &[FailureId], id: &str) -> bool {
    ids.iter().any(|wanted| wanted.0 == id)
}

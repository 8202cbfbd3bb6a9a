//! The last line of a report: the verdict and the number of causes.

use super::causes;
use super::page::{count, first_of, time};
use crate::diagnose::catalogue::Severity;
use crate::diagnose::evidence::{Ended, Evidence, Skip, Trace};
use crate::diagnose::{Diagnosis, Finding, Verdict, judge};

/// Returns the verdict in one line: `unreachable: one cause (DNS03), one consequence (POL01) · 36.0 ms`.
#[must_use]
pub fn verdict(evidence: &Evidence, diagnosis: &Diagnosis) -> String {
    let reasons = reasons(evidence, diagnosis);
    let mut parts = vec![diagnosis.verdict.to_string()];
    if diagnosis.verdict == Verdict::Healthy {
        parts.push(if is_untried(evidence) {
            let verb = if judge::services(evidence).len() == 1 { "responds" } else { "respond" };
            format!("{} {verb}, no credential was tried", services(evidence))
        } else {
            services(evidence)
        });
        parts.extend(reasons);
    } else {
        if diagnosis.verdict == Verdict::Degraded {
            parts[0] = format!("degraded: {}", working(evidence));
        }
        match (reasons.join(", "), diagnosis.verdict) {
            (none, _) if none.is_empty() => {}
            (reasons, Verdict::Degraded) => parts.push(reasons),
            (reasons, _) => parts[0] = format!("{}: {reasons}", parts[0]),
        }
    }
    parts.extend(ending(evidence));
    parts.push(time(evidence.took));
    parts.join(" · ")
}

fn of_services(evidence: &Evidence) -> impl Iterator<Item = &Trace> {
    evidence.traces.iter().filter(|trace| trace.target.service.is_some())
}

fn services(evidence: &Evidence) -> String {
    let number = judge::services(evidence).len();
    format!("{number} {}", if number == 1 { "service" } else { "services" })
}

/// Returns whether the services require a credential and none was sent: they respond, but may reject one.
fn is_untried(evidence: &Evidence) -> bool {
    let is_container = evidence.resource.host.is_some();
    let mut services = of_services(evidence).peekable();
    !is_container && services.peek().is_some() && services.all(|trace| trace.auth.skipped() == Some(Skip::NoCredential))
}

fn working(evidence: &Evidence) -> String {
    let each = judge::services(evidence);
    let names: Vec<&str> = each.iter().filter(|state| state.works).map(|state| state.service).collect();
    let working = names.len();
    let verb = match (is_untried(evidence), working) {
        (true, 1) => "responds",
        (true, _) => "respond",
        (false, 1) => "works",
        (false, _) => "work",
    };
    match each.len() {
        1 if working == 1 => format!("the service {verb}"),
        all if working == 0 || working == all => format!("{working} of {} {verb}", services(evidence)),
        // The first question is which of them an application can still use.
        _ => format!("{working} of {} {verb} ({})", services(evidence), first_of(&names, MOST_NAMES)),
    }
}

/// More names than this do not fit on the line of the verdict.
const MOST_NAMES: usize = 3;

/// Returns the numbers of causes, consequences, warnings, remarks and unexplained failures.
fn reasons(evidence: &Evidence, diagnosis: &Diagnosis) -> Vec<String> {
    let of = |severity| causes(diagnosis).filter(move |finding| finding.severity == severity).collect::<Vec<_>>();
    let roots: Vec<&Finding> = causes(diagnosis).collect();
    let is_root = |finding: &&Finding| roots.iter().any(|root| std::ptr::eq(*root, *finding));
    let hidden: Vec<&Finding> = diagnosis.findings.iter().filter(|finding| !is_root(finding)).collect();
    let refused = evidence
        .remarks
        .iter()
        .filter(|remark| remark.is_error && !diagnosis.findings.iter().any(|finding| finding.failure.id == remark.id));
    let mut reasons: Vec<String> = [
        counted(&of(Severity::Error), "cause", "causes"),
        listed(&hidden, "consequence", "consequences"),
        counted(&of(Severity::Warning), "warning", "warnings"),
        listed(&of(Severity::Info), "remark", "remarks"),
    ]
    .into_iter()
    .flatten()
    .collect();
    match refused.count() {
        0 => {}
        refused => reasons.push(count(refused, "service without a URL", "services without a URL")),
    }
    let stages: Vec<&str> = diagnosis.unexplained_failures().map(|failure| failure.stage.id()).collect();
    if !stages.is_empty() {
        let what = count(stages.len(), "failure without a known cause", "failures without a known cause");
        reasons.push(format!("{what} ({})", unique(stages).join(", ")));
    }
    reasons
}

/// Returns the number of findings. Candidates for the same facts count as one: only one of them is present.
fn counted(findings: &[&Finding], one: &str, many: &str) -> Option<String> {
    let is_candidate = |finding: &&&Finding| findings.iter().any(|other| are_alternatives(finding, other));
    let (candidates, others): (Vec<&Finding>, Vec<&Finding>) =
        findings.iter().copied().partition(|finding| is_candidate(&finding));
    let ids: Vec<&str> = candidates.iter().map(|finding| finding.failure.id).collect();
    let either = (!ids.is_empty()).then(|| format!("one of {} ({})", count(ids.len(), one, many), ids.join(", ")));
    let parts: Vec<String> = [either, listed(&others, one, many)].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Returns whether two findings explain the same facts at the same target, so that one of them is enough.
fn are_alternatives(one: &Finding, other: &Finding) -> bool {
    one.failure.area == other.failure.area
        && one.rank != other.rank
        && one.places.iter().any(|place| other.places.contains(place))
}

fn listed(findings: &[&Finding], one: &str, many: &str) -> Option<String> {
    let ids: Vec<&str> = findings.iter().map(|finding| finding.failure.id).collect();
    (!ids.is_empty()).then(|| format!("{} ({})", count(ids.len(), one, many), ids.join(", ")))
}

fn unique(mut words: Vec<&str>) -> Vec<&str> {
    words.dedup();
    words
}

fn ending(evidence: &Evidence) -> Option<String> {
    match evidence.ended {
        Ended::Complete => None,
        Ended::TimeUp => Some("the time limit expired before every check was done".to_owned()),
        Ended::Interrupted => Some("interrupted".to_owned()),
    }
}

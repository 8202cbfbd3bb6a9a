//! Workflow commands of GitHub Actions, which it shows as annotations of a run.
//! <https://docs.github.com/actions/reference/workflow-commands-for-github-actions#setting-an-error-message>

use super::text::is_repeated;
use super::{causes, consequences, verdict};
use crate::diagnose::catalogue::Severity;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::redact::plain;
use crate::diagnose::{Diagnosis, Finding};

/// Returns the report as workflow commands: one for each cause, each failure that no finding explains and each remark that kept
/// a service from being checked, and a notice with the verdict.
///
/// Every line is a command. No text in it ends a command or begins another one.
#[must_use]
pub fn github(evidence: &Evidence, diagnosis: &Diagnosis) -> String {
    let mut text = String::new();
    for cause in causes(diagnosis) {
        let title = format!("{} {}", cause.failure.id, cause.failure.title);
        text += &command(level(cause.severity), &title, &message(diagnosis, cause));
    }
    for failure in diagnosis.unexplained_failures() {
        let what = failure.place.service.as_deref().unwrap_or(&failure.place.host);
        text += &command("error", &format!("{what} fails at {}", failure.stage), std::slice::from_ref(&failure.text));
    }
    for remark in evidence.remarks.iter().filter(|remark| remark.is_error && !is_repeated(diagnosis, remark)) {
        text += &command("error", "not checked", std::slice::from_ref(&remark.text));
    }
    text + &command("notice", "speech-endpoint", &[verdict(evidence, diagnosis)])
}

fn message(diagnosis: &Diagnosis, cause: &Finding) -> Vec<String> {
    let mut lines = vec![cause.observed.clone(), format!("Cause: {}", cause.failure.cause)];
    lines.extend(consequences(diagnosis, cause).map(|consequence| {
        format!("Consequence: {} {}: {}", consequence.failure.id, consequence.failure.title, consequence.observed)
    }));
    lines.push(format!("Remedy: {}", cause.remedy));
    lines.extend(cause.commands.iter().map(|command| format!("  {command}")));
    lines.extend(cause.failure.see.map(|see| format!("Source: {see}")));
    lines
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    }
}

fn command(level: &str, title: &str, lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| data(line)).collect();
    format!("::{level} title={}::{}\n", property(title), lines.join("%0A"))
}

/// Escapes a line of a message. Line ends are control characters, so they are already replaced.
fn data(line: &str) -> String {
    plain(line).replace('%', "%25")
}

/// Escapes a property, which also ends at a colon or a comma.
fn property(value: &str) -> String {
    data(value).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::evidence::{Failure, FailureKind, Step};
    use crate::diagnose::stage::Stage;
    use crate::diagnose::{diagnose, sample};

    #[test]
    fn a_hostile_text_begins_no_command() {
        let mut evidence = sample::regional();
        let text = "a%0A::set-env name=X::y\r\n::error::b, c: d";
        let target = &mut evidence.traces[0].target;
        target.service = Some(format!("x::{text}"));
        let failure = Failure::new(FailureKind::Other, text);
        evidence.traces[0].tls = Step::Failed { failure, found: None, took: std::time::Duration::ZERO };
        sample::skip_from(&mut evidence.traces[0], Stage::Tls);
        let report = github(&evidence, &diagnose(&evidence));
        assert!(report.contains("a%250A::set-env name=X::y"), "{report}");
        for line in report.lines() {
            let (properties, _) = line.strip_prefix("::").and_then(|rest| rest.split_once("::")).expect("a command");
            let (level, title) = properties.split_once(" title=").expect("a title");
            assert!(["error", "warning", "notice"].contains(&level), "{line}");
            assert!(!title.contains([':', ',']), "{line}");
        }
        let unexplained = report.lines().find(|line| line.contains("fails at tls")).expect("the failure");
        assert!(unexplained.starts_with("::error title=x%3A%3Aa%250A%3A%3Aset-env"), "{report}");
    }

    #[test]
    fn a_healthy_run_is_a_notice_with_the_verdict() {
        let evidence = sample::regional();
        let report = github(&evidence, &diagnose(&evidence));
        assert_eq!(report, "::notice title=speech-endpoint::healthy · 2 services · 40.0 ms\n");
    }
}

//! `JUnit` XML, which Azure Pipelines, GitLab and Jenkins show as test results: a test for each stage of each service.

use std::fmt::Write as _;
use std::time::Duration;

use super::markup::escaped;
use super::stage::{detail, is_shown};
use super::text::{called, subject};
use super::{ReportOptions, causes, consequences, verdict};
use crate::diagnose::evidence::{Ended, Evidence, StepState, Trace, rfc3339};
use crate::diagnose::stage::Stage;
use crate::diagnose::{Diagnosis, Finding};

/// Returns the report as `JUnit` XML: a suite for the resource, with a test for each stage of each service.
///
/// 1. A stage that failed is a failure, with the finding, its cause and its remedy. A failure that was expected or that is not
///    reported is skipped, as is a stage that was not tried.
/// 2. A finding that no failed stage has is a test of its own. It is a failure if its severity reaches that of
///    [`ReportOptions::with_fail_on`].
/// 3. There is a failure or an error exactly if the exit code is not 0.
#[must_use]
pub fn junit(evidence: &Evidence, diagnosis: &Diagnosis, options: &ReportOptions) -> String {
    let mut suite = Suite { evidence, diagnosis, options, cases: Vec::new(), told: Vec::new() };
    evidence.traces.iter().for_each(|trace| suite.target(trace));
    suite.rest();
    suite.written()
}

/// The result of a test.
enum Outcome {
    Passed,
    /// The type, the message and the text.
    Failed(String, String, String),
    /// It could not be carried out.
    Broken(String),
    Skipped(String),
}

struct Case {
    class: String,
    name: String,
    took: Duration,
    outcome: Outcome,
}

struct Suite<'a> {
    evidence: &'a Evidence,
    diagnosis: &'a Diagnosis,
    options: &'a ReportOptions,
    cases: Vec<Case>,
    /// The ids of the findings that a failed stage has.
    told: Vec<&'static str>,
}

impl Suite<'_> {
    fn add(&mut self, class: &str, name: &str, took: Duration, outcome: Outcome) {
        self.cases.push(Case { class: class.to_owned(), name: name.to_owned(), took, outcome });
    }

    /// Adds the stages of a target, then its round trip.
    fn target(&mut self, trace: &Trace) {
        let class = called(self.evidence, trace);
        for (stage, state) in trace.steps().into_iter().filter(|(_, state)| is_shown(*state)) {
            let said = detail(self.evidence, self.diagnosis, trace, stage);
            let (took, outcome) = match state {
                StepState::Passed { took } => (took, Outcome::Passed),
                StepState::Failed { took, .. } => (took, self.failed(trace, stage, &said)),
                StepState::Skipped { .. } => (Duration::ZERO, Outcome::Skipped(said)),
            };
            self.add(&class, stage.id(), took, outcome);
        }
        if let Some(failure) = trace.round_trip.as_ref().and_then(|trip| trip.failure.as_ref()) {
            let outcome = self.failed(trace, trace.round_trip_stage(), &failure.text);
            self.add(&class, "round trip", Duration::ZERO, outcome);
        }
    }

    fn failed(&mut self, trace: &Trace, stage: Stage, said: &str) -> Outcome {
        let host = &trace.target.host;
        let is_unexplained = self
            .diagnosis
            .unexplained_failures()
            .any(|failure| failure.place.host == *host && failure.place.service == trace.target.service);
        match self.diagnosis.explanation(trace, stage) {
            Some(finding) if finding.severity >= self.options.fail_on => {
                self.told.push(finding.failure.id);
                self.failure(finding)
            }
            _ if is_unexplained => {
                Outcome::Failed("unexplained".to_owned(), "no known failure matches".to_owned(), said.to_owned())
            }
            _ => Outcome::Skipped(format!("fails as expected, or for a finding that is not reported: {said}")),
        }
    }

    fn failure(&self, finding: &Finding) -> Outcome {
        let id = finding.failure.id;
        Outcome::Failed(id.to_owned(), format!("{id} {}", finding.failure.title), explained(self.diagnosis, finding))
    }

    /// Adds the findings that no stage has, the remarks that kept a service from being checked, and an early end of the run.
    fn rest(&mut self) {
        let diagnosis = self.diagnosis;
        for finding in causes(diagnosis).filter(|finding| !self.told.contains(&finding.failure.id)).collect::<Vec<_>>()
        {
            let outcome = if finding.severity >= self.options.fail_on {
                self.failure(finding)
            } else {
                Outcome::Skipped(format!("{}: {}", finding.severity, finding.observed))
            };
            let name = format!("{} {}", finding.failure.id, finding.failure.title);
            self.add(finding.failure.area.id(), &name, Duration::ZERO, outcome);
        }
        for remark in self.evidence.remarks.iter().filter(|remark| remark.is_error) {
            let is_failure =
                |finding: &Finding| finding.failure.id == remark.id && finding.severity >= self.options.fail_on;
            if !diagnosis.findings.iter().any(is_failure) {
                let outcome = Outcome::Failed(remark.id.clone(), remark.text.clone(), String::new());
                self.add("configuration", &remark.id, Duration::ZERO, outcome);
            }
        }
        let ended = match self.evidence.ended {
            Ended::Complete => return,
            Ended::TimeUp => "the time limit expired before every check was done",
            Ended::Interrupted => "the run was interrupted before every check was done",
        };
        self.add("run", "complete", Duration::ZERO, Outcome::Broken(ended.to_owned()));
    }

    fn written(&self) -> String {
        let count = |is: fn(&Outcome) -> bool| self.cases.iter().filter(|case| is(&case.outcome)).count();
        let numbers = format!(
            "tests=\"{}\" failures=\"{}\" errors=\"{}\"",
            self.cases.len(),
            count(|outcome| matches!(outcome, Outcome::Failed(..))),
            count(|outcome| matches!(outcome, Outcome::Broken(_))),
        );
        let skipped = count(|outcome| matches!(outcome, Outcome::Skipped(_)));
        let (name, rest) = subject(self.evidence);
        let took = seconds(self.evidence.took);
        let time = rfc3339(self.evidence.observed_at);
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite id=\"0\" package=\"speech-endpoint\" name=\"{}\" \
             {numbers} skipped=\"{skipped}\" time=\"{took}\" timestamp=\"{}\" hostname=\"localhost\">\n",
            escaped(&name),
            time.trim_end_matches('Z')
        );
        let version = env!("CARGO_PKG_VERSION");
        let resource = escaped(&rest.replace(" · ", ", "));
        let _ = writeln!(
            text,
            "    <properties>\n      <property name=\"resource\" value=\"{resource}\"/>\n      <property name=\"version\" \
             value=\"{version}\"/>\n    </properties>"
        );
        self.cases.iter().for_each(|case| case.write(&mut text));
        let verdict = escaped(&verdict(self.evidence, self.diagnosis));
        let _ = writeln!(text, "    <system-out>{verdict}</system-out>\n    <system-err/>");
        text + "  </testsuite>\n</testsuites>\n"
    }
}

impl Case {
    fn write(&self, text: &mut String) {
        let (class, name, took) = (escaped(&self.class), escaped(&self.name), seconds(self.took));
        let _ = write!(text, "    <testcase classname=\"{class}\" name=\"{name}\" time=\"{took}\"");
        let _ = match &self.outcome {
            Outcome::Passed => writeln!(text, "/>"),
            Outcome::Failed(kind, message, said) => writeln!(
                text,
                ">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>",
                escaped(kind),
                escaped(message),
                lines(said)
            ),
            Outcome::Broken(said) => {
                writeln!(text, ">\n      <error type=\"incomplete\" message=\"{}\"/>\n    </testcase>", escaped(said))
            }
            Outcome::Skipped(said) => {
                writeln!(text, ">\n      <skipped message=\"{}\"/>\n    </testcase>", escaped(said))
            }
        };
    }
}

/// Returns a finding in words, one sentence a line.
fn explained(diagnosis: &Diagnosis, finding: &Finding) -> String {
    let flat = |text: &str| text.replace(['\n', '\r'], " ");
    let mut lines = vec![format!("observed: {}", flat(&finding.observed)), format!("cause: {}", finding.failure.cause)];
    lines.extend(consequences(diagnosis, finding).map(|consequence| {
        format!(
            "consequence: {} {}: {}",
            consequence.failure.id,
            consequence.failure.title,
            flat(&consequence.observed)
        )
    }));
    lines.push(format!("remedy: {}", flat(&finding.remedy)));
    lines.extend(finding.commands.iter().map(|command| format!("  {}", flat(command))));
    lines.extend(finding.failure.see.map(|see| format!("source: {see}")));
    lines.join("\n")
}

/// Returns an element's text, with its lines.
fn lines(text: &str) -> String {
    text.lines().map(escaped).collect::<Vec<_>>().join("\n")
}

fn seconds(took: Duration) -> String {
    format!("{:.6}", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::catalogue::Severity;
    use crate::diagnose::evidence::{FailureKind, Remark};
    use crate::diagnose::{Selection, diagnose_with, sample};

    fn faults(report: &str) -> usize {
        report.matches("<failure ").count() + report.matches("<error ").count()
    }

    fn agrees(evidence: &Evidence, selection: &Selection, fail_on: Severity) -> usize {
        let diagnosis = diagnose_with(evidence, selection);
        let report = junit(evidence, &diagnosis, &ReportOptions::default().with_fail_on(fail_on));
        let faults = faults(&report);
        assert_eq!(faults > 0, diagnosis.exit_code(fail_on) != 0, "{report}");
        faults
    }

    #[test]
    fn there_is_a_failure_exactly_if_the_exit_code_is_not_0() {
        let everything = Selection::default();
        let healthy = sample::regional();
        assert_eq!(agrees(&healthy, &everything, Severity::Error), 0);
        let mut interrupted = healthy.clone();
        interrupted.ended = Ended::Interrupted;
        assert_eq!(agrees(&interrupted, &everything, Severity::Error), 1);
        let mut blocked = healthy.clone();
        blocked.remarks.push(Remark::new("retired", "`speaker-recognition` was retired", true));
        assert_eq!(agrees(&blocked, &everything, Severity::Error), 1);
        let mut unresolved = healthy;
        let answer = sample::without(sample::answer("10.0.0.2", sample::STT, &[], &[]), Some("NXDOMAIN"));
        sample::unresolved(&mut unresolved.traces[0], FailureKind::NoSuchName, vec![answer]);
        assert_eq!(agrees(&unresolved, &everything, Severity::Error), 1);
        let diagnosis = crate::diagnose::diagnose(&unresolved);
        let ids: Vec<&str> = diagnosis.findings.iter().map(|finding| finding.failure.id).collect();
        assert_eq!(agrees(&unresolved, &Selection::default().with_ignored(ids), Severity::Error), 0);
    }

    #[test]
    fn a_hostile_text_is_no_markup() {
        let mut evidence = sample::regional();
        evidence.traces[0].target.service = Some("\"/><error>&\u{1}]]>".to_owned());
        let report = junit(&evidence, &crate::diagnose::diagnose(&evidence), &ReportOptions::default());
        assert_eq!(faults(&report), 0, "{report}");
        assert!(report.contains("classname=\"&quot;/&gt;&lt;error&gt;&amp;\u{fffd}]]&gt;\""), "{report}");
    }
}

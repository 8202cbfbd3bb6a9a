//! Markdown for an issue or a ticket. By default nothing in it identifies the customer.

use std::fmt::Write as _;

use super::page::millis;
use super::stage::{detail, is_shown, mark};
use super::text::{SAVE, UNCONFIRMED, affected, called, means, sign, subject};
use super::{ReportOptions, causes, consequences, rounds, verdict};
use crate::diagnose::evidence::{Evidence, StepState, Trace};
use crate::diagnose::redact::{Redaction, escaped, plain};
use crate::diagnose::stage::Stage;
use crate::diagnose::{Diagnosis, Finding};
use crate::resolve::endpoint::Expectation;

/// Returns the report for an issue or a ticket.
///
/// 1. A table with the resource, the time and the version.
/// 2. A table with the times of the stages, and one with the rounds of each service.
/// 3. The findings.
/// 4. Every stage in words, collapsed.
/// 5. Names and addresses of the customer replaced throughout, unless [`ReportOptions::with_share`] is set.
#[must_use]
pub fn markdown(evidence: &Evidence, diagnosis: &Diagnosis, options: &ReportOptions) -> String {
    let mut text = String::new();
    summary(&mut text, evidence, diagnosis);
    times(&mut text, evidence);
    evidence.traces.iter().for_each(|trace| timed(&mut text, evidence, trace));
    causes(diagnosis).for_each(|cause| finding(&mut text, evidence, diagnosis, cause));
    for failure in diagnosis.unexplained_failures() {
        let what = escaped(failure.place.service.as_deref().unwrap_or(&failure.place.host));
        let _ = writeln!(text, "\n### × {what} fails at {}; no known failure matches\n", failure.stage);
        let _ = writeln!(text, "- **saw** {}\n- **do** attach the file that `{SAVE}` writes", escaped(&failure.text));
    }
    details(&mut text, evidence, diagnosis);
    if options.share { text } else { Redaction::of(evidence).apply(&text) + REPLACED }
}

fn summary(text: &mut String, evidence: &Evidence, diagnosis: &Diagnosis) {
    let root = diagnosis.root_cause().map(|finding| format!(", {}", finding.failure.id)).unwrap_or_default();
    let _ = writeln!(text, "## Azure AI Speech: {}{root}\n\n| | |\n| --- | --- |", diagnosis.verdict);
    let (name, rest) = subject(evidence);
    let mut row = |label: &str, value: &str| {
        let _ = writeln!(text, "| {label} | {} |", escaped(value));
    };
    row("verdict", &verdict(evidence, diagnosis));
    row("resource", &format!("{name}, {}", rest.replace(" · ", ", ")));
    #[cfg(feature = "serde")]
    row("observed", &crate::diagnose::evidence::saved::rfc3339(evidence.observed_at));
    row("by", concat!("speech-endpoint ", env!("CARGO_PKG_VERSION")));
    for remark in &evidence.remarks {
        row("remark", &remark.text);
    }
}

/// Marks and milliseconds by target and stage.
fn times(text: &mut String, evidence: &Evidence) {
    if evidence.traces.is_empty() {
        return;
    }
    let stages: Vec<Stage> = evidence.traces[0].steps().map(|(stage, _)| stage).to_vec();
    let names: Vec<&str> = stages.iter().map(|stage| stage.id()).collect();
    let _ = writeln!(text, "\n| ms | {} |\n| --- |{}", names.join(" | "), " ---: |".repeat(names.len()));
    for trace in &evidence.traces {
        let cells = trace.steps().map(|(_, state)| match state {
            StepState::Passed { took } | StepState::Failed { took, .. } => format!("{} {}", mark(state), millis(took)),
            StepState::Skipped { .. } => mark(state).to_owned(),
        });
        let _ = writeln!(text, "| {} | {} |", escaped(&called(evidence, trace)), cells.join(" | "));
    }
}

/// Times of further connections.
fn timed(text: &mut String, evidence: &Evidence, trace: &Trace) {
    let Some(rounds) = &trace.rounds else { return };
    let _ = writeln!(text, "\n{}: {}\n", escaped(&called(evidence, trace)), rounds::made(rounds, evidence.ended));
    for (index, row) in rounds::rows(rounds, trace.target.is_websocket).iter().enumerate() {
        let _ = writeln!(text, "| {} |", row.join(" | "));
        if index == 0 {
            let _ = writeln!(text, "| --- |{}", " ---: |".repeat(row.len() - 1));
        }
    }
    for remark in rounds::remarks(rounds) {
        let _ = writeln!(text, "\n{}", escaped(&remark));
    }
}

fn finding(text: &mut String, evidence: &Evidence, diagnosis: &Diagnosis, finding: &Finding) {
    let failure = finding.failure;
    let _ = writeln!(text, "\n### {} {} {}\n", sign(finding.severity), failure.id, failure.title);
    let mut item = |label: &str, sentence: &str| {
        let _ = writeln!(text, "- **{label}** {sentence}");
    };
    item("saw", &escaped(&finding.observed));
    item("means", &escaped(&means(finding)));
    for consequence in consequences(diagnosis, finding) {
        let known = consequence.failure;
        item("causes", &format!("{} {}: {}", known.id, known.title, escaped(&consequence.observed)));
    }
    item("do", &escaped(&finding.remedy));
    if !finding.commands.is_empty() {
        text.push_str("\n  ```sh\n");
        for command in &finding.commands {
            let _ = writeln!(text, "  {}", plain(command));
        }
        text.push_str("  ```\n\n");
    }
    let mut item = |label: &str, sentence: &str| {
        let _ = writeln!(text, "- **{label}** {sentence}");
    };
    for other in &finding.ruled_out {
        item("ruled out", &format!("{}, {}", other.id, escaped(&other.because)));
    }
    if let Some(affected) = affected(evidence, finding) {
        item("affects", &escaped(&affected));
    }
    item("see", &failure.see.map_or_else(|| UNCONFIRMED.to_owned(), |see| format!("<{see}>")));
}

/// Every stage of every target in words, collapsed.
fn details(text: &mut String, evidence: &Evidence, diagnosis: &Diagnosis) {
    if evidence.traces.is_empty() {
        return;
    }
    text.push_str("\n<details><summary>all stages</summary>\n");
    for trace in &evidence.traces {
        let _ = writeln!(
            text,
            "\n{} `{}`, expected {}\n",
            escaped(&called(evidence, trace)),
            plain(&trace.target.url).replace('`', ""),
            expected(trace)
        );
        for (stage, state) in trace.steps().into_iter().filter(|(_, state)| is_shown(*state)) {
            let detail = detail(evidence, diagnosis, trace, stage);
            let _ = writeln!(text, "- {stage} {} {}", mark(state), escaped(&detail));
        }
    }
    text.push_str("\n</details>\n");
}

fn expected(trace: &Trace) -> &'static str {
    match trace.target.expect {
        Expectation::PrivateAddress => "at a private address",
        Expectation::PublicAddress => "at a public address",
        Expectation::Either => "at any address",
    }
}

const REPLACED: &str = "\nNames and addresses of the resource are replaced; `--share` keeps them.\n";

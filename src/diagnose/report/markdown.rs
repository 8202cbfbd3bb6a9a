//! Markdown for an issue or a ticket: nothing in it identifies the customer, unless that is asked for.

use std::fmt::Write as _;

use super::page::{millis, plain};
use super::redaction::Redaction;
use super::stage::{detail, is_shown, mark};
use super::text::{SAVE, UNCONFIRMED, at, called, means, sign, subject};
use super::{Options, causes, consequences, rounds, unexplained, verdict};
use crate::diagnose::evidence::{Evidence, StepState, Trace};
use crate::diagnose::stage::Stage;
use crate::diagnose::{Diagnosis, Finding};
use crate::resolve::endpoint::Expectation;

/// The report for an issue or a ticket.
///
/// 1. A table of what was looked at, by whom and when.
/// 2. A table of the stages with their times, and one of the rounds at each service.
/// 3. The findings.
/// 4. Every stage in words, folded.
/// 5. Without [`Options::share`], all of it with names and addresses of the customer replaced.
#[must_use]
pub fn markdown(evidence: &Evidence, diagnosis: &Diagnosis, options: &Options) -> String {
    let mut text = String::new();
    summary(&mut text, evidence, diagnosis);
    times(&mut text, evidence);
    evidence.traces.iter().for_each(|trace| timed(&mut text, evidence, trace));
    causes(diagnosis).for_each(|cause| finding(&mut text, evidence, diagnosis, cause));
    for failure in unexplained(evidence, diagnosis) {
        let what = escaped(failure.place.service.as_deref().unwrap_or(&failure.place.host));
        let _ = writeln!(text, "\n### × {what} fails at {}, and no known failure fits\n", failure.stage);
        let _ = writeln!(text, "- **saw** {}\n- **do** attach what `{SAVE}` writes", escaped(&failure.text));
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
    row("seen", &crate::diagnose::evidence::saved::rfc3339(evidence.observed_at));
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
        let _ = writeln!(text, "| {} | {} |", escaped(called(trace)), cells.join(" | "));
    }
}

/// What further connections took.
fn timed(text: &mut String, evidence: &Evidence, trace: &Trace) {
    let Some(rounds) = &trace.rounds else { return };
    let _ = writeln!(text, "\n{}: {}\n", escaped(called(trace)), rounds::made(rounds, evidence.ended));
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
        item("hence", &format!("{} {}: {}", known.id, known.title, escaped(&consequence.observed)));
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
        item("not", &format!("{}, {}", other.id, escaped(&other.because)));
    }
    if let Some(at) = at(evidence, finding) {
        item("at", &escaped(&at));
    }
    item("see", &failure.see.map_or_else(|| UNCONFIRMED.to_owned(), |see| format!("<{see}>")));
}

/// Every stage of every target in words, folded.
fn details(text: &mut String, evidence: &Evidence, diagnosis: &Diagnosis) {
    if evidence.traces.is_empty() {
        return;
    }
    text.push_str("\n<details><summary>every stage</summary>\n");
    for trace in &evidence.traces {
        let _ = writeln!(
            text,
            "\n{} `{}`, expected {}\n",
            escaped(called(trace)),
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

/// What came from a network, so that it stays text: outside of backticks nothing has a meaning, and there is one line.
fn escaped(text: &str) -> String {
    let is_paired = text.matches('`').count().is_multiple_of(2);
    let mut is_code = false;
    let mut output = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '`' if is_paired => is_code = !is_code,
            '|' => output.push('\\'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' if !is_code => output.push('\\'),
            _ => {}
        }
        output.push(c);
    }
    output
}

const REPLACED: &str = "\nNames and addresses of the resource are replaced; `--share` shows them.\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_is_markup() {
        assert_eq!(escaped("a|b <img> [x](y) `a_b`"), "a\\|b \\<img\\> \\[x\\](y) `a_b`");
        assert_eq!(escaped("one ` only\nnext"), "one \\` only\u{fffd}next");
    }
}

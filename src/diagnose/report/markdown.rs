//! Markdown for an issue or a ticket. By default nothing in it identifies the customer.

use super::page::millis;
use super::stage::{detail, is_shown, mark};
use super::text::{SAVE, UNCONFIRMED, affected, called, means, sign, subject};
use super::{ReportOptions, causes, consequences, redaction, round_trip, rounds, verdict};
use crate::diagnose::evidence::{Evidence, StepState, Trace, rfc3339};
use crate::diagnose::redact::{Redaction, cell, code, escaped, fence, plain};
use crate::diagnose::stage::Stage;
use crate::diagnose::{Diagnosis, Finding};
use crate::resolve::endpoint::Expectation;

/// Returns the report for an issue or a ticket.
///
/// 1. A table with the resource, the time and the version.
/// 2. A table with the times of the stages, one with the rounds of each service, and its round trip.
/// 3. The findings.
/// 4. Every stage in words, collapsed.
/// 5. Names and addresses of the customer replaced throughout, unless [`ReportOptions::with_share`] is set.
#[must_use]
pub fn markdown(evidence: &Evidence, diagnosis: &Diagnosis, options: &ReportOptions) -> String {
    let redaction = (!options.share).then(|| redaction(evidence, diagnosis));
    let mut ticket = Ticket { text: String::new(), redaction };
    summary(&mut ticket, evidence, diagnosis);
    times(&mut ticket, evidence);
    evidence.traces.iter().for_each(|trace| timed(&mut ticket, evidence, trace));
    evidence.traces.iter().for_each(|trace| exchanged(&mut ticket, evidence, trace));
    causes(diagnosis).for_each(|cause| finding(&mut ticket, evidence, diagnosis, cause));
    for failure in diagnosis.unexplained_failures() {
        let what = ticket.sentence(failure.place.service.as_deref().unwrap_or(&failure.place.host));
        let saw = ticket.sentence(&failure.text);
        ticket.line(&format!("\n### × {what} fails at {}; no known failure matches\n", failure.stage));
        ticket.line(&format!("- **saw** {saw}\n- **do** attach the file that `{SAVE}` writes"));
    }
    details(&mut ticket, evidence, diagnosis);
    if ticket.redaction.is_some() { ticket.text + REPLACED } else { ticket.text }
}

/// A document that grows line by line. A text is redacted first and escaped second: an escape hides a name.
struct Ticket {
    text: String,
    /// `None` if names and addresses stay.
    redaction: Option<Redaction>,
}

impl Ticket {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn redacted(&self, text: &str) -> String {
        self.redaction.as_ref().map_or_else(|| text.to_owned(), |redaction| redaction.apply(text))
    }

    fn sentence(&self, text: &str) -> String {
        escaped(&self.redacted(text))
    }

    fn cell(&self, text: &str) -> String {
        cell(&self.redacted(text))
    }

    fn row(&mut self, label: &str, value: &str) {
        let value = self.cell(value);
        self.line(&format!("| {label} | {value} |"));
    }

    /// Adds an item of a list, with a sentence from anywhere.
    fn item(&mut self, label: &str, sentence: &str) {
        let sentence = self.sentence(sentence);
        self.line(&format!("- **{label}** {sentence}"));
    }

    fn commands(&mut self, commands: &[String]) {
        let fence = fence(commands);
        self.line(&format!("\n  {fence}sh"));
        for command in commands {
            let command = self.redacted(command);
            self.line(&format!("  {}", plain(&command)));
        }
        self.line(&format!("  {fence}\n"));
    }
}

fn summary(ticket: &mut Ticket, evidence: &Evidence, diagnosis: &Diagnosis) {
    let root = diagnosis.root_cause().map(|finding| format!(", {}", finding.failure.id)).unwrap_or_default();
    ticket.line(&format!("## Azure AI Speech: {}{root}\n\n| | |\n| --- | --- |", diagnosis.verdict));
    let (name, rest) = subject(evidence);
    ticket.row("verdict", &verdict(evidence, diagnosis));
    ticket.row("resource", &format!("{name}, {}", rest.replace(" · ", ", ")));
    ticket.row("observed", &rfc3339(evidence.observed_at));
    ticket.row("by", concat!("speech-endpoint ", env!("CARGO_PKG_VERSION")));
    for remark in &evidence.remarks {
        ticket.row("remark", &remark.text);
    }
}

/// Marks and milliseconds by target and stage.
fn times(ticket: &mut Ticket, evidence: &Evidence) {
    if evidence.traces.is_empty() {
        return;
    }
    let stages: Vec<Stage> = evidence.traces[0].steps().map(|(stage, _)| stage).to_vec();
    let names: Vec<&str> = stages.iter().map(|stage| stage.id()).collect();
    ticket.line(&format!("\n| ms | {} |\n| --- |{}", names.join(" | "), " ---: |".repeat(names.len())));
    for trace in &evidence.traces {
        let cells = trace.steps().map(|(_, state)| match state {
            StepState::Passed { took } | StepState::Failed { took, .. } => format!("{} {}", mark(state), millis(took)),
            StepState::Skipped { .. } => mark(state).to_owned(),
        });
        let called = ticket.cell(&called(evidence, trace));
        ticket.line(&format!("| {called} | {} |", cells.join(" | ")));
    }
}

/// Times of further connections.
fn timed(ticket: &mut Ticket, evidence: &Evidence, trace: &Trace) {
    let Some(rounds) = &trace.rounds else { return };
    let called = ticket.sentence(&called(evidence, trace));
    ticket.line(&format!("\n{called}: {}\n", rounds::made(rounds, evidence.ended)));
    for (index, row) in rounds::rows(rounds, trace.target.is_websocket).iter().enumerate() {
        ticket.line(&format!("| {} |", row.join(" | ")));
        if index == 0 {
            ticket.line(&format!("| --- |{}", " ---: |".repeat(row.len() - 1)));
        }
    }
    for remark in rounds::remarks(rounds) {
        let remark = ticket.sentence(&remark);
        ticket.line(&format!("\n{remark}"));
    }
}

/// What was exchanged with a service that works.
fn exchanged(ticket: &mut Ticket, evidence: &Evidence, trace: &Trace) {
    let Some(trip) = &trace.round_trip else { return };
    let called = ticket.sentence(&called(evidence, trace));
    ticket.line(&format!("\n{called}: {}\n", escaped(&round_trip::exchanged(trip))));
    let numbers = round_trip::numbers(trip).into_iter();
    let trouble = round_trip::trouble(trip, evidence.ended).map(|trouble| format!("× {trouble}"));
    for text in numbers.chain(trouble).chain(round_trip::remarks(trip)) {
        let text = ticket.sentence(&text);
        ticket.line(&format!("- {text}"));
    }
}

fn finding(ticket: &mut Ticket, evidence: &Evidence, diagnosis: &Diagnosis, finding: &Finding) {
    let failure = finding.failure;
    ticket.line(&format!("\n### {} {} {}\n", sign(finding.severity), failure.id, failure.title));
    ticket.item("saw", &finding.observed);
    ticket.item("means", &means(finding));
    for consequence in consequences(diagnosis, finding) {
        let known = consequence.failure;
        ticket.item("causes", &format!("{} {}: {}", known.id, known.title, consequence.observed));
    }
    ticket.item("do", &finding.remedy);
    if !finding.commands.is_empty() {
        ticket.commands(&finding.commands);
    }
    if let Some((sentence, commands)) = finding.collection() {
        ticket.item("documents", &sentence);
        ticket.commands(&commands);
    }
    for other in &finding.ruled_out {
        ticket.item("ruled out", &format!("{}, {}", other.id, other.because));
    }
    if let Some(affected) = affected(evidence, finding) {
        ticket.item("affects", &affected);
    }
    ticket.line(&failure.see.map_or_else(|| format!("- **see** {UNCONFIRMED}"), |see| format!("- **see** <{see}>")));
}

/// The notes on each target and its stages in words, collapsed.
fn details(ticket: &mut Ticket, evidence: &Evidence, diagnosis: &Diagnosis) {
    if evidence.traces.is_empty() {
        return;
    }
    ticket.line("\n<details><summary>all stages</summary>");
    for trace in &evidence.traces {
        let called = ticket.sentence(&called(evidence, trace));
        let url = code(&ticket.redacted(&trace.target.url));
        ticket.line(&format!("\n{called} {url}, expected {}\n", expected(trace)));
        for note in &trace.target.notes {
            let note = ticket.sentence(note);
            ticket.line(&format!("- note: {note}"));
        }
        for (stage, state) in trace.steps().into_iter().filter(|(_, state)| is_shown(*state)) {
            let detail = ticket.sentence(&detail(evidence, diagnosis, trace, stage));
            ticket.line(&format!("- {stage} {} {detail}", mark(state)));
        }
    }
    ticket.text.push_str("\n</details>\n");
}

fn expected(trace: &Trace) -> &'static str {
    match trace.target.expect {
        Expectation::PrivateAddress => "at a private address",
        Expectation::PublicAddress => "at a public address",
        Expectation::Either => "at any address",
    }
}

const REPLACED: &str = "\nNames and addresses of the resource are replaced; `--share` keeps them.\n";

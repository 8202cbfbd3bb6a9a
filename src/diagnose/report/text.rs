//! Text for people: one screen, one cause, no need to look anything up.

use std::fmt::Write as _;

use super::page::{Ink, Page, millis, time};
use super::stage::{addresses, bare_addresses, detail, is_shown, mark};
use super::{ReportOptions, causes, consequences, round_trip, rounds, verdict};
use crate::diagnose::alias::AliasChain;
use crate::diagnose::catalogue::Severity;
use crate::diagnose::evidence::{
    Companion, Evidence, Fault, HoldEnd, HoldFacts, Remark, ResourceFacts, Skip, StepState, Trace,
};
use crate::diagnose::judge::works;
use crate::diagnose::redact::plain;
use crate::diagnose::stage::Stage;
use crate::diagnose::{Diagnosis, Finding, Unexplained, Verdict};
use crate::resolve::cloud::Cloud;

/// Returns the report for people.
///
/// 1. The resource, with remarks about it.
/// 2. Each target that fails or has a finding, stage by stage.
/// 3. Each target that works, in one line.
/// 4. The times of the rounds and of the round trips, if any were made.
/// 5. Each cause with its consequences and its remedy, then the failures that no finding explains.
/// 6. The verdict.
#[must_use]
pub fn text(evidence: &Evidence, diagnosis: &Diagnosis, options: &ReportOptions) -> String {
    let with_notes = options.notes || options.verbosity > 0;
    let mut writer = Writer { page: Page::new(options), evidence, diagnosis, with_notes };
    writer.headline();
    writer.remarks();
    let is_long = |trace: &&Trace| options.verbosity > 0 || hold(trace).is_some() || !is_well(diagnosis, trace);
    let (long, brief): (Vec<&Trace>, Vec<&Trace>) = evidence.traces.iter().partition(is_long);
    for (index, trace) in long.iter().enumerate() {
        match long[..index].iter().find(|earlier| options.verbosity == 0 && is_alike(diagnosis, earlier, trace)) {
            Some(earlier) => writer.like(trace, earlier),
            None => writer.block(trace),
        }
    }
    writer.lines(&brief);
    evidence.traces.iter().for_each(|trace| writer.rounds(trace));
    evidence.traces.iter().for_each(|trace| writer.round_trip(trace));
    causes(diagnosis).for_each(|finding| writer.finding(finding));
    diagnosis.unexplained_failures().for_each(|failure| writer.unexplained(failure));
    writer.verdict();
    writer.page.finish()
}

/// Returns the sign of a severity.
pub(super) fn sign(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "×",
        Severity::Warning => "!",
        Severity::Info => "·",
    }
}

pub(super) fn ink(severity: Severity) -> Ink {
    match severity {
        Severity::Error => Ink::Bad,
        Severity::Warning => Ink::Warn,
        Severity::Info => Ink::Dim,
    }
}

/// Returns the name of the resource, then its other properties and the credential.
pub(super) fn subject(evidence: &Evidence) -> (String, String) {
    let resource = &evidence.resource;
    if evidence.resource == ResourceFacts::default() {
        return ("no resource".to_owned(), "the input is invalid, so nothing was checked".to_owned());
    }
    let name = resource.name();
    let mut parts = Vec::new();
    parts.extend((!resource.title.is_empty()).then(|| resource.title.clone()));
    parts.extend(
        resource.cloud.as_deref().map(|id| id.parse::<Cloud>().map_or(id.to_owned(), |cloud| cloud.title().to_owned())),
    );
    if name != resource.region.as_deref() {
        parts.extend(resource.region.clone());
    }
    parts.push(credential(evidence));
    let second = evidence.second_key.as_ref();
    parts.extend(second.map(|key| format!("{}-character second key, fingerprint {}", key.length, key.fingerprint)));
    (name.unwrap_or("no resource").to_owned(), parts.join(" · "))
}

fn credential(evidence: &Evidence) -> String {
    let Some(credential) = &evidence.credential else { return "no credential".to_owned() };
    let mut text = match credential.length {
        0 => credential.kind.clone(),
        length => format!("{length}-character {}", credential.kind),
    };
    if let Some(Fault { id, .. }) = &credential.fault {
        let _ = write!(text, ", not sent because of {id}");
    } else if !credential.fingerprint.is_empty() {
        let _ = write!(text, ", fingerprint {}", credential.fingerprint);
    }
    text
}

/// Returns whether a finding repeats a remark.
pub(super) fn is_repeated(diagnosis: &Diagnosis, remark: &Remark) -> bool {
    diagnosis.findings.iter().any(|finding| finding.failure.id == remark.id)
}

/// Returns the name of a target: its service, or the purpose of its host. A service at several hosts has that of its host too.
pub(super) fn called(evidence: &Evidence, trace: &Trace) -> String {
    let target = &trace.target;
    let Some(service) = target.service.as_deref() else {
        return target.purpose.map_or_else(|| target.host.clone(), |purpose| purpose.title().to_owned());
    };
    if is_everywhere(evidence, trace) { format!("{service} at {}", target.host) } else { service.to_owned() }
}

fn is_everywhere(evidence: &Evidence, trace: &Trace) -> bool {
    trace.target.service.as_deref().is_some_and(|service| is_at_several_hosts(evidence, service))
}

/// Returns whether a service was checked at several hosts that the user named, and not at one that redirects to another.
fn is_at_several_hosts(evidence: &Evidence, service: &str) -> bool {
    let named =
        |trace: &&Trace| trace.target.service.as_deref() == Some(service) && trace.target.discovered_from.is_none();
    let mut hosts = evidence.traces.iter().filter(named).map(|trace| &trace.target.host);
    let first = hosts.next();
    hosts.any(|host| Some(host) != first)
}

/// Returns whether a target works and no notable finding affects it.
fn is_well(diagnosis: &Diagnosis, trace: &Trace) -> bool {
    let notable = |finding: &Finding| finding.severity > Severity::Info && !finding.places.is_empty();
    works(trace) && !diagnosis.findings.iter().any(|finding| notable(finding) && finding.is_at(trace))
}

/// Returns whether two targets work at the same host, failed there in the same way, or failed at the same stage for the
/// same cause.
fn is_alike(diagnosis: &Diagnosis, one: &Trace, other: &Trace) -> bool {
    let failed = |trace: &Trace| {
        trace.steps().into_iter().find_map(|(stage, state)| match state {
            StepState::Failed { failure, .. } => Some((stage, failure.clone())),
            _ => None,
        })
    };
    let is_same_host = is_same_host(one, other);
    let (Some((stage, failure)), Some((other_stage, other_failure))) = (failed(one), failed(other)) else {
        return is_same_host && works(one) && works(other) && ended(one) == ended(other);
    };
    let cause = |trace: &Trace| diagnosis.explanation(trace, stage).map(|finding| finding.failure.id);
    let is_same_kind = stage == other_stage && failure.kind == other_failure.kind && cause(one) == cause(other);
    is_same_kind && (cause(one).is_some() || is_same_host && failure == other_failure)
}

/// Returns the result of `--hold`, which the user asked for and which is therefore always shown.
fn hold(trace: &Trace) -> Option<&HoldFacts> {
    trace.websocket.found()?.hold.as_ref()
}

/// Returns how an idle socket ended, without its time, which differs from socket to socket.
fn ended(trace: &Trace) -> Option<(HoldEnd, Option<u16>)> {
    hold(trace).map(|hold| (hold.end, hold.close_code))
}

fn is_same_host(one: &Trace, other: &Trace) -> bool {
    one.target.host == other.target.host && addresses(one) == addresses(other)
}

struct Writer<'a> {
    page: Page,
    evidence: &'a Evidence,
    diagnosis: &'a Diagnosis,
    with_notes: bool,
}

impl Writer<'_> {
    fn headline(&mut self) {
        let (name, rest) = subject(self.evidence);
        let lead = format!("{}   ", self.page.paint(Ink::Bold, &plain(&name)));
        // A long name needs a line of its own.
        let columns = name.chars().count() + 3;
        if columns > self.page.width() / 2 {
            self.page.line(&lead);
            self.page.parts("  ", 2, &rest);
        } else {
            self.page.parts(&lead, columns, &rest);
        }
    }

    /// Remarks about the configuration, unless a finding repeats them.
    fn remarks(&mut self) {
        for remark in &self.evidence.remarks {
            if is_repeated(self.diagnosis, remark) {
                continue;
            }
            let severity = if remark.is_error { Severity::Error } else { Severity::Info };
            let lead = format!("  {} ", self.page.paint(ink(severity), sign(severity)));
            self.page.hanging(&lead, 4, &remark.text, if remark.is_error { Ink::Plain } else { Ink::Dim });
        }
    }

    /// A target, stage by stage.
    fn block(&mut self, trace: &Trace) {
        self.title(trace);
        let mut is_over = false;
        let steps = trace.steps();
        for (index, (stage, state)) in steps.into_iter().enumerate() {
            let is_ended = matches!(state, StepState::Skipped { because: Skip::Ended });
            // The first stage that was not reached stands for those after it.
            if !is_shown(state) || is_over {
                continue;
            }
            is_over = is_ended;
            let rest: Vec<_> = steps[index..].iter().filter(|(_, state)| is_shown(*state)).collect();
            if let (true, [first, .., last]) = (is_idle(&rest), &rest[..]) {
                let lead = format!("  {} {:<18}  ", self.page.paint(Ink::Dim, mark(state)), span(first.0, last.0));
                let detail = detail(self.evidence, self.diagnosis, trace, stage);
                self.page.hanging(&lead, STAGE_COLUMNS, &detail, Ink::Dim);
                break;
            }
            let (mark, ink, took) = match state {
                StepState::Passed { took } => (mark(state), Ink::Good, time(took)),
                StepState::Failed { took, .. } => (mark(state), Ink::Bad, time(took)),
                StepState::Skipped { .. } => (mark(state), Ink::Dim, String::new()),
            };
            let is_skipped = ink == Ink::Dim;
            let lead = format!("  {} {:<9} {took:>8}  ", self.page.paint(ink, mark), stage.id());
            let detail = detail(self.evidence, self.diagnosis, trace, stage);
            self.page.hanging(&lead, STAGE_COLUMNS, &detail, if is_skipped { Ink::Dim } else { Ink::Plain });
        }
    }

    fn title(&mut self, trace: &Trace) {
        self.page.gap();
        let name = called(self.evidence, trace);
        let lead = self.page.paint(Ink::Bold, &plain(&name)).into_owned();
        let url = trace.target.url.as_str();
        let found = trace.target.discovered_from.as_ref().map(|from| format!("redirected from {from}"));
        if name.chars().count() + 3 + url.chars().count() <= self.page.width() {
            self.page.line(&format!("{lead}   {}", plain(url)));
        } else {
            self.page.line(&lead);
            self.page.line(&format!("  {}", plain(url)));
        }
        if let Some(found) = found {
            self.page.hanging("  ", 2, &found, Ink::Dim);
        }
        self.notes(trace);
    }

    /// The notes on an endpoint, if they are wanted.
    fn notes(&mut self, trace: &Trace) {
        for note in trace.target.notes.iter().filter(|_| self.with_notes) {
            let lead = format!("  {} ", self.page.paint(Ink::Dim, sign(Severity::Info)));
            self.page.hanging(&lead, 4, note, Ink::Dim);
        }
    }

    /// A target that fails or works like an earlier one, with the differences.
    fn like(&mut self, trace: &Trace, earlier: &Trace) {
        self.title(trace);
        let Some(stage) = trace.failed_at() else {
            let lead = format!("  {} {:<18}  ", self.page.paint(Ink::Good, "✓"), "all");
            self.page.hanging(
                &lead,
                STAGE_COLUMNS,
                &format!("works like {}", called(self.evidence, earlier)),
                Ink::Plain,
            );
            return;
        };
        let lead = format!("  {} {:<18}  ", self.page.paint(Ink::Bad, "×"), stage.id());
        let said = |trace| detail(self.evidence, self.diagnosis, trace, stage);
        // At the same host only the time differs.
        let own = (!is_same_host(trace, earlier)).then(|| said(trace));
        let own = own.filter(|own| *own != said(earlier)).map(|own| format!(": {own}"));
        let text = format!("fails like {}{}", called(self.evidence, earlier), own.unwrap_or_default());
        self.page.hanging(&lead, STAGE_COLUMNS, &text, Ink::Plain);
    }

    /// Working targets in columns, with the time of each stage if the page is wide enough, else with the total time.
    fn lines(&mut self, traces: &[&Trace]) {
        if traces.is_empty() {
            return;
        }
        self.page.gap();
        let column = |cell: &dyn Fn(&Trace) -> String| {
            let cells: Vec<String> = traces.iter().map(|trace| cell(trace)).collect();
            let width = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or_default();
            cells.into_iter().map(move |cell| format!("{cell:<width$}")).collect::<Vec<_>>()
        };
        let names = column(&|trace| short_name(trace).to_owned());
        let hosts = column(&|trace| self.shown_host(trace));
        let ends = column(&|trace| addresses(trace).unwrap_or_else(|| "through the proxy".to_owned()));
        let bare = column(&|trace| bare_addresses(trace).unwrap_or_else(|| "through the proxy".to_owned()));
        let wide = column(&stage_times);
        let brief = column(&whole_time);
        let row = |index: usize, (times, ends): (&[String], &[String])| {
            let cells = [&names[index], &times[index], &hosts[index], &ends[index]];
            let cells: Vec<&str> = cells.into_iter().map(String::as_str).filter(|cell| !cell.is_empty()).collect();
            cells.join("  ").trim_end().to_owned()
        };
        let width = self.page.width();
        let fits = |cells| (0..traces.len()).all(|index| row(index, cells).chars().count() + 2 <= width);
        // Among the hosts of a Foundry project, the class of an address says more than a time.
        let is_project =
            traces.iter().any(|trace| trace.target.private_zone.is_some() || is_everywhere(self.evidence, trace));
        let untimed = vec![String::new(); traces.len()];
        let third = if is_project { (&untimed, &ends) } else { (&brief, &bare) };
        let ways: [(&[String], &[String]); 3] = [(&wide, &ends), (&brief, &ends), (third.0, third.1)];
        let cells = ways.into_iter().find(|cells| fits(*cells)).unwrap_or(ways[2]);
        for (index, trace) in traces.iter().enumerate() {
            let row = row(index, cells);
            let mark = self.page.paint(Ink::Good, "✓").into_owned();
            self.page.hanging(&format!("{mark} "), 2, &row, Ink::Plain);
            self.notes(trace);
        }
    }

    /// The labels of the host, or all of them where two hosts have the same ones.
    fn shown_host(&self, trace: &Trace) -> String {
        let short = short_host(trace);
        let is_ambiguous = |other: &Trace| other.target.host != trace.target.host && short_host(other) == short;
        if self.evidence.traces.iter().any(is_ambiguous) { trace.target.host.clone() } else { short }
    }

    /// Times of further connections, in columns.
    fn rounds(&mut self, trace: &Trace) {
        let Some(rounds) = &trace.rounds else { return };
        self.page.gap();
        let name = called(self.evidence, trace);
        let lead = format!("{}   ", self.page.paint(Ink::Bold, &plain(&name)));
        self.page.hanging(&lead, name.chars().count() + 3, &rounds::made(rounds, self.evidence.ended), Ink::Dim);
        for row in rounds::rows(rounds, trace.target.is_websocket) {
            let cells = row[1..].iter().map(|cell| format!("{cell:>10}"));
            self.page.line(&format!("  {:<14}{}", row[0], cells.collect::<String>()));
        }
        for remark in rounds::remarks(rounds) {
            self.page.hanging("  ", 2, &remark, Ink::Plain);
        }
    }

    /// What was exchanged with a service that works, with the times of its answers.
    fn round_trip(&mut self, trace: &Trace) {
        let Some(trip) = &trace.round_trip else { return };
        self.page.gap();
        let name = called(self.evidence, trace);
        let lead = format!("{}   ", self.page.paint(Ink::Bold, &plain(&name)));
        self.page.hanging(&lead, name.chars().count() + 3, &round_trip::exchanged(trip), Ink::Dim);
        let numbers = round_trip::numbers(trip);
        if !numbers.is_empty() {
            self.page.parts("  ", 2, &numbers.join(" · "));
        }
        if let Some(trouble) = round_trip::trouble(trip, self.evidence.ended) {
            let lead = format!("  {} ", self.page.paint(Ink::Bad, "×"));
            self.page.hanging(&lead, 4, &trouble, Ink::Plain);
        }
        for remark in round_trip::remarks(trip) {
            self.page.hanging("  ", 2, &remark, Ink::Plain);
        }
    }

    fn finding(&mut self, finding: &Finding) {
        self.page.gap();
        let lead = format!("{} {}", sign(finding.severity), finding.failure.id);
        let lead = self.page.paint(ink(finding.severity), &lead);
        let columns = finding.failure.id.len() + 4;
        self.page.hanging(&format!("{lead}  "), columns, finding.failure.title, Ink::Bold);
        self.page.labelled("saw", &finding.observed);
        self.page.labelled("means", &means(finding));
        for consequence in consequences(self.diagnosis, finding) {
            let text = format!("{} {}: {}", consequence.failure.id, consequence.failure.title, consequence.observed);
            self.page.labelled("causes", &text);
        }
        self.page.labelled("do", &finding.remedy);
        self.page.commands(&finding.commands);
        if let Some((sentence, commands)) = finding.collection() {
            self.page.labelled("documents", &sentence);
            self.page.commands(&commands);
        }
        let excluded: Vec<String> =
            finding.ruled_out.iter().map(|other| format!("{}, {}", other.id, other.because)).collect();
        if !excluded.is_empty() {
            self.page.labelled("ruled out", &excluded.join(" · "));
        }
        if let Some(affected) = affected(self.evidence, finding) {
            self.page.labelled("affects", &affected);
        }
        self.page.labelled("see", finding.failure.see.unwrap_or(UNCONFIRMED));
    }

    fn unexplained(&mut self, failure: &Unexplained) {
        self.page.gap();
        let lead = self.page.paint(Ink::Bad, "× ?").into_owned();
        let what = failure.place.service.as_deref().unwrap_or(&failure.place.host);
        self.page.hanging(
            &format!("{lead}  "),
            5,
            &format!("{what} fails at {}; no known failure matches", failure.stage),
            Ink::Bold,
        );
        self.page.labelled("saw", &failure.text);
        self.page.labelled("do", "save the evidence and attach it to an issue (it contains no secrets):");
        self.page.commands(&[SAVE.to_owned()]);
    }

    fn verdict(&mut self) {
        self.page.gap();
        let line = verdict(self.evidence, self.diagnosis);
        let word = self.diagnosis.verdict.id();
        let ink = match self.diagnosis.verdict {
            Verdict::Healthy => Ink::Good,
            Verdict::Degraded => Ink::Warn,
            Verdict::Unreachable => Ink::Bad,
        };
        let rest = line.strip_prefix(word).unwrap_or(&line);
        let lead = self.page.paint(ink, word).into_owned();
        // The colon or the space stays with the word.
        let (glue, rest) = rest.split_at(rest.find(' ').map_or(rest.len(), |blank| blank + 1));
        self.page.hanging(&format!("{lead}{glue}"), word.len() + glue.len(), rest, Ink::Plain);
    }
}

/// Returns the cause.
pub(super) fn means(finding: &Finding) -> String {
    finding.failure.cause.to_owned()
}

/// Returns the services and hosts that a finding affects, unless it affects all of them.
pub(super) fn affected(evidence: &Evidence, finding: &Finding) -> Option<String> {
    if finding.places.is_empty() || evidence.traces.iter().all(|trace| finding.is_at(trace)) {
        return None;
    }
    let places = finding.places.iter().map(|place| match place.service.as_deref() {
        Some(service) if !is_at_several_hosts(evidence, service) => service,
        _ => place.host.as_str(),
    });
    Some(places.collect::<Vec<_>>().join(", "))
}

/// Returns the service, or the purpose of the host; the next column is the host.
fn short_name(trace: &Trace) -> &str {
    trace.target.service.as_deref().or(trace.target.purpose.map(Companion::title)).unwrap_or(&trace.target.host)
}

/// Returns the labels that distinguish a host from others of its kind.
fn short_host(trace: &Trace) -> String {
    let host =
        AliasChain { names: vec![trace.target.host.clone()], fingerprint: None, region: None, has_private_link: false };
    match trace.target.service {
        Some(_) if trace.target.host.parse::<std::net::IpAddr>().is_err() => host.shortened(),
        _ => trace.target.host.clone(),
    }
}

/// Returns whether at least three stages were not tried for the same reason, so that one line is enough.
fn is_idle(rest: &[&(Stage, StepState<'_>)]) -> bool {
    let reason = |state: &StepState<'_>| match state {
        StepState::Skipped { because } if because.stage().is_some() => Some(*because),
        _ => None,
    };
    rest.len() >= 3 && rest.iter().all(|(_, state)| reason(state).is_some() && reason(state) == reason(&rest[0].1))
}

fn span(first: Stage, last: Stage) -> String {
    format!("{first} to {last}")
}

fn stage_times(trace: &Trace) -> String {
    // The request without a credential matters less than the upgrade, and there is no room for both.
    let is_left_out = |stage| stage == Stage::Http && trace.websocket.has_passed();
    let steps = trace.steps().into_iter().filter_map(|(stage, state)| match state {
        // The upgrade carries the credential, so the stage has no time of its own.
        StepState::Passed { .. } if stage == Stage::Auth && trace.websocket.has_passed() => Some(stage.id().to_owned()),
        StepState::Passed { took } if !is_left_out(stage) => Some(format!("{stage} {}", millis(took))),
        _ => None,
    });
    steps.collect::<Vec<_>>().join("  ")
}

fn whole_time(trace: &Trace) -> String {
    // The upgrade carries the credential, so its time counts once.
    let is_counted = |stage| stage == Stage::Auth && trace.websocket.has_passed();
    let steps = trace.steps().into_iter().filter_map(|(stage, state)| match state {
        StepState::Passed { took } if !is_counted(stage) => Some(took),
        _ => None,
    });
    format!("{:>8}", time(steps.sum()))
}

/// The source of a fact that no document confirms.
pub(super) const UNCONFIRMED: &str =
    "no documentation or public report; based on general knowledge of protocols and platforms";

/// The columns of a mark, a stage and its time.
const STAGE_COLUMNS: usize = 24;

/// The command that saves the evidence.
pub(super) const SAVE: &str = "speech-endpoint doctor … --save evidence.json";

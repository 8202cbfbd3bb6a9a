//! One failure of the catalogue in full, or all of them as a list.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use speech_endpoint::{Area, KnownFailure, Severity, diagnosed_ids};
use speech_endpoint_lab::World;

use crate::style::{BOLD, DIM, wrap};

/// Lists every entry on one line, by area.
pub(super) fn list() -> String {
    let mut text = String::new();
    for area in Area::ALL {
        let exit_code = area.exit_code().map_or_else(String::new, |code| format!("   exit code {code}"));
        let _ = writeln!(text, "{BOLD}{area}{BOLD:#}{exit_code}");
        for failure in KnownFailure::all().filter(|failure| failure.area == area) {
            line(&mut text, failure);
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{DIM}{MORE}{DIM:#}");
    text
}

pub(super) fn line(text: &mut String, failure: &KnownFailure) {
    let style = style(failure.severity);
    let _ = writeln!(text, "  {:<6}  {style}{:<7}{style:#}  {}", failure.id, failure.severity.id(), failure.title);
}

/// Writes one entry in full: labels in a fixed order, sentences wrapped, commands on separate lines.
pub(super) fn in_full(failure: &'static KnownFailure) -> String {
    let style = style(failure.severity);
    let mut text = format!("{BOLD}{}  {}{BOLD:#}\n", failure.id, failure.title);
    let depends = failure.severity_when.map_or_else(String::new, |when| format!(", {when}"));
    let exit_code = failure.area.exit_code().map_or_else(String::new, |code| format!(" · exit code {code}"));
    let _ = writeln!(text, "  {style}{}{style:#}{depends} · {}{exit_code}", failure.severity, failure.area);
    text.push('\n');
    labelled(&mut text, "symptom", failure.observed);
    labelled(&mut text, "cause", failure.cause);
    labelled(&mut text, "distinguish", failure.tell_apart);
    labelled(&mut text, "do", failure.remedy);
    for command in failure.commands {
        let _ = writeln!(text, "{:INDENT$}  {COMMAND}{command}{COMMAND:#}", "");
    }
    for (label, commands) in elsewhere(failure) {
        let mut label = label;
        for command in commands {
            let _ = writeln!(text, "  {DIM}{label:<12}{DIM:#}  {COMMAND}{command}{COMMAND:#}");
            label = "";
        }
    }
    labelled(&mut text, "evidence", failure.evidence);
    labelled(&mut text, "see", failure.see.unwrap_or(UNCONFIRMED));
    let check = if has_rule(failure) { check(&[failure]) } else { unchecked(failure) };
    labelled(&mut text, "check", &check);
    if let Some(command) = rehearsal(failure) {
        labelled(&mut text, "reproduce", &command);
    }
    text
}

/// Returns the commands for Windows and macOS where they differ from those for Linux, with a label.
pub(super) fn elsewhere(failure: &KnownFailure) -> Vec<(&'static str, Vec<&'static str>)> {
    let of = |label, system| (label, failure.commands_on(system));
    let all = [of("on Windows", "windows"), of("on macOS", "macos")];
    all.into_iter().filter(|(_, commands)| commands != failure.commands).collect()
}

pub(super) fn labelled(text: &mut String, label: &str, sentence: &str) {
    let mut label = label;
    for line in wrap(sentence, WIDTH - INDENT) {
        let _ = writeln!(text, "  {DIM}{label:<12}{DIM:#}{line}");
        label = "";
    }
}

/// Returns why the doctor cannot check an entry.
fn unchecked(failure: &KnownFailure) -> String {
    match failure.unseen() {
        Some(reason) => format!("the doctor cannot check this: {reason}"),
        None => NO_RULE.to_owned(),
    }
}

/// Returns whether the doctor can detect the failure.
pub(super) fn has_rule(failure: &KnownFailure) -> bool {
    diagnosed_ids().any(|id| id == failure.id)
}

/// Returns the command that reproduces the failure in the lab.
/// Returns the doctor command that checks only these failures.
pub(super) fn check(failures: &[&KnownFailure]) -> String {
    let ids: Vec<&str> = failures.iter().map(|failure| failure.id).collect();
    let is_deep = |failure: &&KnownFailure| rehearsal(failure).is_some_and(|command| command.ends_with(DEEP));
    let deep = if failures.iter().any(is_deep) { DEEP } else { "" };
    format!("speech-endpoint doctor RESOURCE --only {}{deep}", ids.join(","))
}

/// Returns the command that shows the failure in the lab.
pub(super) fn rehearsal(failure: &KnownFailure) -> Option<String> {
    if World::named(failure.id).is_some() {
        return Some(format!("speech-endpoint doctor --lab {}", failure.id));
    }
    // Some faults show only in the content of a round trip.
    let shows =
        |world: &World| world.expected_deep().is_some_and(|deep| deep.findings.iter().any(|id| id == failure.id));
    let (name, _) = World::all().find(|(_, toml)| World::parse(toml).as_ref().is_ok_and(shows))?;
    Some(format!("speech-endpoint doctor --lab {name}{DEEP}"))
}

pub(super) fn style(severity: Severity) -> Style {
    match severity {
        Severity::Error => AnsiColor::Red.on_default(),
        Severity::Warning => AnsiColor::Yellow.on_default(),
        _ => DIM,
    }
}

const UNCONFIRMED: &str = "general protocol and platform knowledge, not confirmed by a document or report: match on \
    status and code rather than text";

/// The option without which the content of a service is not checked.
const DEEP: &str = " --deep";

const NO_RULE: &str = "the doctor cannot check this yet: look for the symptom above";

pub(super) const MORE: &str = "run `speech-endpoint explain ID` for details";

/// The default width of a terminal.
pub(super) const WIDTH: usize = 80;

/// The column at which sentences begin.
pub(super) const INDENT: usize = 14;

pub(super) const COMMAND: Style = AnsiColor::Cyan.on_default();

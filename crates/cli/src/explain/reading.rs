//! What a pasted text says: its meaning, the likely failures, what to do, and the command that decides.

use std::fmt::Write as _;

use speech_endpoint::{Cloud, Explanation, KnownFailure, LikelyCause, Meaning, Resource, Strength, Topic};

use super::entry::{COMMAND, INDENT, MORE, WIDTH, has_rule, labelled, line};
use super::timeline;
use crate::style::{BOLD, DIM, wrap};

/// A pasted text, explained.
pub(super) struct Reading {
    pub(super) explanation: Explanation,
    /// Whether every cause is shown, however unlikely.
    pub(super) is_verbose: bool,
}

impl Reading {
    /// Returns whether the text says anything that this program knows.
    pub(super) fn is_known(&self) -> bool {
        let is_log = self.explanation.timeline.is_log();
        is_log || !self.explanation.causes.is_empty() || !self.explanation.meanings.is_empty()
    }

    /// Returns whether the text is a log.
    pub(super) fn has_timeline(&self) -> bool {
        self.explanation.timeline.is_log()
    }

    /// Returns the meanings that say most.
    pub(super) fn strongest(&self) -> impl Iterator<Item = &'static Meaning> {
        let meanings = &self.explanation.meanings;
        let best = meanings.first().map(|meaning| meaning.strength());
        let most = if best == Some(Strength::Broad) { 1 } else { 3 };
        meanings.iter().copied().filter(move |meaning| Some(meaning.strength()) == best).take(most)
    }

    fn causes(&self) -> &[LikelyCause] {
        &self.explanation.causes
    }

    /// Returns the causes that are shown.
    pub(super) fn shown(&self) -> &[LikelyCause] {
        let causes = self.causes();
        &causes[..if self.is_verbose { causes.len() } else { causes.len().min(MOST) }]
    }

    /// Returns the causes that are not shown.
    pub(super) fn more(&self) -> &[LikelyCause] {
        &self.causes()[self.shown().len()..]
    }

    /// Returns the one cause that is likely, if the others are far behind.
    fn single(&self) -> Option<&'static KnownFailure> {
        KnownFailure::find(self.explanation.likely()?.id)
    }

    /// Returns the doctor command that decides, with what the text says about the resource and the service.
    pub(super) fn command(&self) -> String {
        let said = &self.explanation;
        let mut command = format!("speech-endpoint doctor {}", self.resource());
        for service in &said.services {
            let _ = write!(command, " --service {service}");
        }
        let is_broad = said.meanings.first().is_none_or(|meaning| meaning.strength() <= Strength::Step);
        let ids: Vec<&str> = self.shown().iter().map(|cause| cause.id).filter(|id| is_checked(id)).collect();
        if !is_broad && self.more().is_empty() && !ids.is_empty() {
            let _ = write!(command, " --only {}", ids.join(","));
        }
        command
    }

    fn resource(&self) -> String {
        let Some(account) = &self.explanation.account else { return "RESOURCE".to_owned() };
        let mut flags = match (account.resource(), &self.explanation.host) {
            (Resource::Regional(region), _) => return format!("--region {region}"),
            (Resource::CustomDomain(domain, _), _) => format!("--custom-domain {domain}"),
            (_, Some(host)) => return format!("--endpoint https://{host}/"),
            _ => return "RESOURCE".to_owned(),
        };
        if *account.cloud() != Cloud::Public {
            let _ = write!(flags, " --cloud {}", account.cloud().id());
        }
        flags
    }

    /// Fills in what the text says, in commands of this program and in lookups. In `az`, a name may be that of something else.
    fn filled(&self, command: &str) -> String {
        let (Some(account), true) = (&self.explanation.account, is_ours(command)) else { return command.to_owned() };
        let (domain, region) = (account.domain().map(ToString::to_string), account.region().map(ToString::to_string));
        let known = [("NAME", domain), ("REGION", region), ("HOST", self.explanation.host.clone())];
        known.into_iter().filter_map(|(part, value)| Some((part, value?))).fold(
            command.to_owned(),
            |command, (part, value)| {
                let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let words = command.split_inclusive(|c| !is_part(c)).map(|piece| {
                    let word = piece.trim_end_matches(|c| !is_part(c));
                    if word == part { piece.replacen(part, &value, 1) } else { piece.to_owned() }
                });
                words.collect::<String>()
            },
        )
    }

    /// Writes the reading for a terminal.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let said = &self.explanation;
        if self.has_timeline() {
            wide(&mut text, "log", &timeline::summary(&said.timeline));
        }
        if let Some(sdk) = said.sdk.as_ref().filter(|sdk| self.has_timeline() || sdk.version().is_some()) {
            wide(&mut text, "sdk", &sdk.to_string());
        }
        if let Some(host) = &said.host {
            wide(&mut text, "host", host);
        }
        for (index, meaning) in self.strongest().enumerate() {
            wide(&mut text, if index == 0 { "meaning" } else { "and" }, meaning.sentence());
        }
        if let Some(note) = self.topic() {
            wide(&mut text, "but", &note);
        }
        if self.has_timeline() {
            timeline::steps(&mut text, &said.timeline, self.is_verbose);
        }
        if self.causes().is_empty() && said.topic == Topic::OtherService {
            self.blank(&mut text);
            wide(&mut text, "to check", "if Speech fails too, paste its error");
        } else if self.causes().is_empty() {
            self.blank(&mut text);
            wide(&mut text, "to check", "nothing: no failure of the catalogue matches");
            wide(&mut text, "in doubt", &self.command());
        } else {
            self.causes_text(&mut text);
        }
        if let Some(sdk) = said.sdk.as_ref().filter(|_| !said.defects.is_empty()) {
            timeline::defects(&mut text, sdk, &said.defects);
        }
        if !said.timeline.ids.is_empty() {
            timeline::ids(&mut text, &said.timeline, self.is_verbose);
        }
        if self.causes().is_empty() && said.foreign_hosts.is_empty() {
            return text;
        }
        let _ = writeln!(text, "\n{BOLD}run{BOLD:#}\n  {COMMAND}{}{COMMAND:#}", self.command());
        let _ = writeln!(text, "\n{DIM}{MORE}{DIM:#}");
        text
    }

    /// Sets a line apart from the timeline.
    fn blank(&self, text: &mut String) {
        if self.has_timeline() {
            text.push('\n');
        }
    }

    /// Returns the note that the text is about another service, or may be.
    fn topic(&self) -> Option<String> {
        let said = &self.explanation;
        let is_named = said.meanings.first().is_some_and(|meaning| meaning.id() == "other-service");
        match (said.foreign_hosts.first(), said.topic) {
            (Some(host), _) => Some(format!("the text is about {host}, which does not belong to Speech")),
            (None, Topic::OtherService) if !is_named => {
                Some("the text is about another service than Speech".to_owned())
            }
            (None, Topic::Unclear) if self.causes().first().is_some_and(LikelyCause::is_about_resource) => {
                Some("nothing in the text names Speech: another service may have caused it".to_owned())
            }
            _ => None,
        }
    }

    fn causes_text(&self, text: &mut String) {
        let single = self.single();
        let title = if single.is_some() { "likely" } else { "to check, the most likely first" };
        let _ = writeln!(text, "\n{BOLD}{title}{BOLD:#}");
        let meaning = self.explanation.meanings.first().map(|meaning| meaning.sentence());
        for cause in self.shown() {
            let Some(failure) = KnownFailure::find(cause.id) else { continue };
            line(text, failure);
            if Some(&*cause.reason) != meaning && cause.is_proved() {
                for line in wrap(&cause.reason, WIDTH - 19) {
                    let _ = writeln!(text, "{:19}{DIM}{line}{DIM:#}", "");
                }
            }
        }
        if !self.more().is_empty() {
            let count = self.more().len();
            let _ = writeln!(text, "  {DIM}{count} more with -v{DIM:#}");
        }
        let unchecked: Vec<&str> = self.shown().iter().map(|cause| cause.id).filter(|id| !is_checked(id)).collect();
        if !unchecked.is_empty() {
            let _ = writeln!(text, "  {DIM}no check{DIM:#} {}", unchecked.join(" "));
        }
        if let Some(failure) = single {
            text.push('\n');
            labelled(text, "do", failure.remedy);
            for command in failure.commands {
                let command = self.filled(command);
                let _ = writeln!(text, "{:INDENT$}  {COMMAND}{command}{COMMAND:#}", "");
            }
        }
        if !self.explanation.ruled_out.is_empty() {
            let _ = writeln!(text, "\n{BOLD}ruled out by the log{BOLD:#}");
            for out in &self.explanation.ruled_out {
                for line in wrap(&format!("{}: {}", out.what, out.because), WIDTH - 2) {
                    let _ = writeln!(text, "  {line}");
                }
            }
        }
    }
}

fn is_ours(command: &str) -> bool {
    ["speech-endpoint ", "dig ", "nslookup ", "curl ", "openssl ", "export "]
        .iter()
        .any(|program| command.starts_with(program))
}

fn is_checked(id: &str) -> bool {
    KnownFailure::find(id).is_some_and(has_rule)
}

fn wide(text: &mut String, label: &str, words: &str) {
    let mut label = label;
    for line in wrap(words, WIDTH - 15) {
        let _ = writeln!(text, "{BOLD}{label:<15}{BOLD:#}{line}");
        label = "";
    }
}

/// The number of causes that a person can weigh.
const MOST: usize = 6;

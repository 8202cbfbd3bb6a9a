//! Documents that are wanted: where Azure's documents would settle or sharpen a finding and are not given, the finding names them,
//! and the commands that collect them.

use std::collections::HashSet;

use super::finding::Finding;
use super::rules::{Observation, RuleContext};
use crate::azure::DocumentKind;

/// Returns the kinds of documents that would settle what a rule found, and are not given. None for a fact that a document has
/// settled already, and none about what Azure does not know: a container, another resource of a project, and a machine elsewhere.
pub(super) fn wanted(context: &RuleContext<'_>, seen: &Observation) -> Vec<DocumentKind> {
    let kinds = context.rule.failure().documents();
    if seen.is_settled || context.is_elsewhere() {
        return Vec::new();
    }
    let view = context.documents.map(|documents| documents.view);
    let is_missing = |kind: &DocumentKind| !view.is_some_and(|view| view.has_kind(*kind));
    let is_of_azure = |kind: &DocumentKind| !OF_THE_MACHINE.contains(kind) || context.machine_may_be_in_azure();
    // The first kind says most: without it, the others do not decide between two failures.
    if context.rule.failure().rival().is_some() && !kinds.first().is_some_and(is_of_azure) {
        return Vec::new();
    }
    kinds.iter().copied().filter(|kind| is_missing(kind) && is_of_azure(kind)).collect()
}

/// Leaves the documents to the causes, and to the failures whose rival is found as well.
pub(super) fn limit(findings: &mut [Finding]) {
    let found: HashSet<&str> = findings.iter().map(|finding| finding.failure.id).collect();
    for finding in findings {
        let is_alone = finding.failure.rival().is_some_and(|rival| !found.contains(rival));
        if finding.caused_by.is_some() || is_alone {
            finding.wanted.clear();
        }
    }
}

impl Finding {
    /// Returns what the wanted documents decide, in one sentence, and the commands that collect them; `None` if no document would
    /// change the finding, or if it is given already.
    #[must_use]
    pub fn collection(&self) -> Option<(String, Vec<String>)> {
        if self.wanted.is_empty() {
            return None;
        }
        let kinds: Vec<String> = self.wanted.iter().map(|kind| format!("`{kind}`")).collect();
        let printed: Vec<String> =
            self.wanted.iter().take(MOST_PROGRAMS).map(|kind| format!("`{}`", kind.command())).collect();
        let text = format!(
            "{} {}: collect {}, or save what {} {} with `-o json`, and give the folder to the doctor",
            listed(&kinds),
            if kinds.len() == 1 { "decides" } else { "decide" },
            if kinds.len() == 1 { "it" } else { "them" },
            listed(&printed),
            if printed.len() == 1 { "prints" } else { "print" },
        );
        let needs_interface = self.wanted.iter().any(|kind| OF_THE_MACHINE.contains(kind));
        let nic = if needs_interface { " --nic NIC_ID" } else { "" };
        let commands = [
            format!("speech-endpoint collect RESOURCE_ID{nic} > collect.sh"),
            "sh collect.sh azure && speech-endpoint doctor … --azure azure".to_owned(),
        ];
        Some((text, commands.into()))
    }
}

fn listed(items: &[String]) -> String {
    match items {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => items.concat(),
    }
}

/// The documents come in the order of what they say, and more commands than these are the work of the script.
const MOST_PROGRAMS: usize = 2;

/// The documents about the machine that calls the service, which exist only for a machine in Azure.
const OF_THE_MACHINE: &[DocumentKind] =
    &[DocumentKind::EffectiveNsg, DocumentKind::EffectiveRoutes, DocumentKind::NetworkInterface, DocumentKind::Subnet];

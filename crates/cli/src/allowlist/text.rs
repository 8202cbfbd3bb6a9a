//! The allowlist for people.

use std::fmt::Write as _;

use speech_endpoint::{Account, Allowlist, AllowlistEntry, AllowlistOption};

use crate::resolve::text;
use crate::style::{BOLD, DIM, wrap};

pub(super) fn write(account: &Account, list: &Allowlist) -> String {
    let mut text = String::new();
    if list.entries.is_empty() {
        return text;
    }
    let _ = writeln!(text, "{}\n", text::headline(account));
    entries(&mut text, &list.entries);
    for zone in &list.zones {
        let doubt = if zone.is_confirmed { "" } else { " · unconfirmed" };
        let _ = writeln!(
            text,
            "\nprivate zone    {BOLD}{}{BOLD:#}{doubt}\n  forward       {} to a resolver that sees the private zone",
            zone.private, zone.forward
        );
    }
    if !list.service_tags.is_empty() {
        let _ = writeln!(text, "\nservice tags    {}", list.service_tags.join(", "));
    }
    for option in &list.optional {
        group(&mut text, option);
    }
    text
}

/// Writes what only one use of the resource needs.
fn group(text: &mut String, option: &AllowlistOption) {
    let _ = writeln!(text, "\nonly for {BOLD}{}{BOLD:#} ({})\n", option.group.title(), option.group);
    entries(text, &option.entries);
    for (i, line) in wrap(&option.service_tags.join(", "), 62).iter().filter(|line| !line.is_empty()).enumerate() {
        let _ = writeln!(text, "{:<16}{line}", if i == 0 { "service tags" } else { "" });
    }
    for note in &option.notes {
        let (sentence, command) = with_command(&note.text);
        for (i, line) in wrap(sentence, 76).into_iter().enumerate() {
            let _ = writeln!(text, "  {DIM}{}{line}{DIM:#}", if i == 0 { "· " } else { "  " });
        }
        if let Some(command) = command {
            let _ = writeln!(text, "      {command}");
        }
    }
}

/// Splits a note into its sentence and the command at its end, which must stay on one line to be copied.
fn with_command(note: &str) -> (&str, Option<&str>) {
    match note.strip_suffix('`').and_then(|rest| rest.rsplit_once(": `")) {
        Some((_, command)) => (&note[..note.len() - command.len() - 3], Some(command)),
        None => (note, None),
    }
}

fn entries(text: &mut String, entries: &[AllowlistEntry]) {
    let width = entries.iter().map(|entry| entry.host.len()).max().unwrap_or_default();
    for entry in entries {
        let port = format!("{}/{}", entry.port, entry.transport);
        let _ = writeln!(text, "{BOLD}{:width$}{BOLD:#}  {port:<8} {}", entry.host, purpose(entry));
        if entry.services.is_empty() {
            continue;
        }
        for line in wrap(&entry.services.iter().map(|service| service.id()).collect::<Vec<_>>().join(", "), 76) {
            let _ = writeln!(text, "    {DIM}{line}{DIM:#}");
        }
    }
}

fn purpose(entry: &AllowlistEntry) -> String {
    let mut words = vec![entry.purpose];
    if entry.is_private {
        words.push("private address");
    }
    if !entry.is_required {
        words.push("if used");
    }
    words.join(" · ")
}

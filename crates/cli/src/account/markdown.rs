//! Markdown for a ticket.

use std::fmt::Write as _;

use speech_endpoint::CredentialForm;
use speech_endpoint::azure::{AccountNote, shown};
use speech_endpoint::report::{markdown_cell, markdown_text};

use super::json::severity;
use super::{Report, credentials};
use crate::flags::text_of;

pub(super) fn write(report: &Report<'_>) -> String {
    let mut text = String::new();
    let document = report.standing.document;
    let _ = writeln!(text, "## {}\n", markdown_text(&shown(document.title().unwrap_or("account"))));
    let _ = writeln!(text, "| | |\n| --- | --- |");
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "| {name} | {} |", markdown_cell(value));
    };
    if let Ok(account) = &report.standing.account {
        row("scenario", account.scenario().title());
        row("cloud", account.cloud().title());
        row("region", account.region().map_or("unknown", |region| region.as_str()));
    }
    row("kind", &document.kind.as_deref().map(shown).unwrap_or_default());
    let admits = &report.standing.admits;
    match admits.everyone {
        Some(true) => row("admits", "all networks"),
        None => row("admits", "unknown"),
        Some(false) if admits.is_nobody() => row("admits", "nobody"),
        Some(false) => {}
    }
    if admits.perimeter {
        row("admits", "those whom the rules of a network security perimeter admit");
    }
    for endpoint in &admits.private_endpoints {
        let addresses: Vec<String> = endpoint.addresses.iter().map(ToString::to_string).collect();
        let state = endpoint.state.map_or("state unknown", |state| state.id());
        let name = endpoint.name.as_deref().map(shown).unwrap_or_default();
        row("admits private endpoint", &[name, state.to_owned(), addresses.join(", ")].join(" "));
    }
    admits.subnets.iter().for_each(|subnet| row("admits subnet", &shown(subnet.id.as_str())));
    admits.addresses.iter().for_each(|address| row("admits address", &shown(address)));
    if admits.trusted_services {
        row("admits", "trusted Azure services");
    }
    if let Some(client) = &report.client {
        let forms = credentials(report);
        let forms: Vec<&str> = forms.into_iter().map(CredentialForm::title).collect();
        let joined = forms.join(", ");
        row("clients use", client.host());
        row("credential", if forms.is_empty() { "none" } else { &joined });
    }
    let mut notes: Vec<&AccountNote> = report.notes.iter().collect();
    notes.sort_by_key(|note| std::cmp::Reverse(note.weight));
    for note in notes {
        let _ = writeln!(text, "\n- **{}** {}", severity(note.weight), markdown_text(&text_of(&note.note)));
        if !note.commands.is_empty() {
            let _ = writeln!(text, "\n  ```sh\n  {}\n  ```", note.commands.join("\n  "));
        }
    }
    text
}

//! Text for people: who is admitted, what clients use, then the notes, worst first.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use speech_endpoint::azure::{AccountNote, ArmError, ArmId, NoteWeight, Standing};
use speech_endpoint::{CredentialForm, Expectation};

use super::{Report, credentials};
use crate::flags::text_of;
use crate::resolve::text::headline;
use crate::style::{BOLD, DIM, wrap};

pub(super) fn write(report: &Report<'_>, width: usize) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", head(report.standing));
    let about: Vec<String> = about(report.standing);
    if !about.is_empty() {
        let _ = writeln!(text, "{DIM}{}{DIM:#}", about.join(" · "));
    }
    section(&mut text, "Admits", &admits(report));
    section(&mut text, "Clients", &clients(report));
    let mut notes: Vec<&AccountNote> = report.notes.iter().collect();
    notes.sort_by_key(|note| std::cmp::Reverse(note.weight));
    if !notes.is_empty() {
        let _ = writeln!(text, "\n{BOLD}Notes{BOLD:#}");
    }
    for note in notes {
        write_note(&mut text, note, width);
    }
    let rows: Vec<(String, String)> = report
        .view
        .documents
        .iter()
        .map(|document| {
            let kind = document.kind.map_or_else(|| "not recognised".to_owned(), |kind| kind.title().to_owned());
            let count = if document.count > 1 { format!("{kind} ({})", document.count) } else { kind };
            (count, shown(&document.from))
        })
        .collect();
    section(&mut text, "Documents", &rows);
    text
}

/// Returns the name, scenario, cloud and region of the account.
fn head(standing: &Standing<'_>) -> String {
    let unnamed = || format!("{BOLD}{}{BOLD:#}", standing.document.name.as_deref().map_or("account".into(), shown));
    standing.account.as_ref().map_or_else(|_| unnamed(), headline)
}

fn about(standing: &Standing<'_>) -> Vec<String> {
    let document = standing.document;
    let id = document.id.as_ref().map(ArmId::as_str);
    [document.kind.as_deref(), document.sku.as_deref(), id].into_iter().flatten().map(shown).collect()
}

fn admits(report: &Report<'_>) -> Vec<(String, String)> {
    let admits = &report.standing.admits;
    let mut rows = Vec::new();
    let mut add = |name: &str, value: String| rows.push((name.to_owned(), value));
    match admits.everyone {
        Some(true) => add("all networks", "everyone who has a credential".into()),
        None => add("unknown", "the document does not show who is admitted; see the notes".into()),
        Some(false) if admits.is_nobody() => add("nobody", "every call is rejected".into()),
        Some(false) => {}
    }
    if admits.perimeter {
        add("perimeter", "the rules of a network security perimeter decide".into());
    }
    for endpoint in &admits.private_endpoints {
        let state = endpoint.state.map_or("state unknown", |state| state.id());
        let addresses: Vec<String> = endpoint.addresses.iter().map(ToString::to_string).collect();
        let name = endpoint.name.as_deref().map_or_else(|| "without a name".to_owned(), shown);
        add("private endpoint", [name, state.to_owned(), addresses.join(", ")].join("  ").trim_end().to_owned());
    }
    for subnet in &admits.subnets {
        let endpoint = match subnet.service_endpoint {
            Some(true) => "service endpoint on",
            Some(false) => "service endpoint off",
            None => "service endpoint not visible",
        };
        let network =
            subnet.id.after("virtualNetworks").map(|network| format!("{}/", shown(network))).unwrap_or_default();
        add("subnet", format!("{network}{}  {endpoint}", shown(subnet.id.name())));
    }
    for address in &admits.addresses {
        add("address", shown(address));
    }
    if admits.trusted_services {
        add("trusted services", "Azure services that Microsoft lists as trusted".into());
    }
    rows
}

fn clients(report: &Report<'_>) -> Vec<(String, String)> {
    if let Err(error @ ArmError::Unstated) = &report.standing.account {
        return vec![("unknown".to_owned(), error.to_string())];
    }
    let Some(client) = &report.client else {
        return vec![("none".to_owned(), "no client reaches a Speech service of this account".to_owned())];
    };
    let forms = credentials(report);
    let forms: Vec<&str> = forms.into_iter().map(CredentialForm::title).collect();
    let dns = match client.expects() {
        Expectation::PrivateAddress => "a private address",
        Expectation::PublicAddress => "a public address",
        _ => "a private or a public address",
    };
    vec![
        ("host".to_owned(), client.host().to_owned()),
        ("credential".to_owned(), if forms.is_empty() { "none".to_owned() } else { forms.join(", ") }),
        ("DNS returns".to_owned(), dns.to_owned()),
    ]
}

fn section(text: &mut String, title: &str, rows: &[(String, String)]) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{BOLD}{title}{BOLD:#}");
    for (name, value) in rows {
        let _ = writeln!(text, "  {name:COLUMN$}  {value}");
    }
}

fn write_note(text: &mut String, note: &AccountNote, width: usize) {
    let (mark, style) = match note.weight {
        NoteWeight::Error => ("error", AnsiColor::Red.on_default()),
        NoteWeight::Warning => ("warning", AnsiColor::Yellow.on_default()),
        _ => ("info", DIM),
    };
    for (at, line) in wrap(&text_of(&note.note), width.saturating_sub(12).max(NARROWEST)).into_iter().enumerate() {
        let mark = if at == 0 { mark } else { "" };
        let _ = writeln!(text, "  {style}{mark:7}{style:#}  {line}");
    }
    for command in &note.commands {
        let _ = writeln!(text, "           {COMMAND}{command}{COMMAND:#}");
    }
}

const COMMAND: Style = AnsiColor::Cyan.on_default();

/// The width of the first column.
const COLUMN: usize = 17;

/// A narrower terminal breaks the lines itself.
const NARROWEST: usize = 40;

/// Returns a text of a document for a terminal: on one line, and without characters that change how the rest is displayed.
fn shown(text: &str) -> String {
    let mut inert = String::with_capacity(text.len());
    for c in speech_endpoint::azure::shown(text).chars() {
        match c {
            // Escaped only in a literal of a program.
            '\'' | '"' | '\\' => inert.push(c),
            c => inert.extend(c.escape_debug()),
        }
    }
    inert
}

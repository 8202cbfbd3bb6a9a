//! CSV for spreadsheets (RFC 4180).

use speech_endpoint::Account;
use speech_endpoint::azure::{ArmId, shown};

use super::json::worst;
use super::probe::Outcome;
use super::{Effect, Listing};

pub(super) fn write(listing: &Listing<'_>) -> String {
    let mut columns = vec!["worst", "name", "region", "scenario", "custom_domain", "kind", "notes"];
    columns.extend(listing.has_subnet.then_some("breaks"));
    columns.push("id");
    columns.extend(listing.probe.is_some().then_some(["verdict", "root_cause", "exit_code"]).into_iter().flatten());
    let mut text = line(columns.into_iter().map(str::to_owned));
    for entry in &listing.entries {
        let document = entry.standing.document;
        let account = entry.standing.account.as_ref().ok();
        let text_of = |value: Option<&str>| value.map(shown).unwrap_or_default();
        let codes: Vec<&str> = entry.standing.notes.iter().map(|note| note.note.id).collect();
        let mut cells = vec![
            worst(entry).to_owned(),
            text_of(document.name.as_deref()),
            account.and_then(Account::region).map(ToString::to_string).unwrap_or_default(),
            account.map(|account| account.scenario().id().to_owned()).unwrap_or_default(),
            account.and_then(Account::domain).map(ToString::to_string).unwrap_or_default(),
            text_of(document.kind.as_deref()),
            codes.join(" "),
        ];
        cells.extend(entry.effect.map(|effect| breaks(effect).to_owned()));
        cells.push(text_of(document.id.as_ref().map(ArmId::as_str)));
        if listing.probe.is_some() {
            let of_probe = |cell: &dyn Fn(Outcome) -> String| entry.outcome.map(cell).unwrap_or_default();
            cells.push(of_probe(&|outcome| outcome.verdict.to_string()));
            cells.push(of_probe(&|outcome| outcome.root_cause.unwrap_or_default().to_owned()));
            cells.push(of_probe(&|outcome| outcome.exit_code.to_string()));
        }
        text += &line(cells.into_iter());
    }
    text
}

fn breaks(effect: Effect) -> &'static str {
    match effect {
        Effect::Breaks => "true",
        Effect::Keeps => "false",
        Effect::Unknown => "",
    }
}

fn line(cells: impl Iterator<Item = String>) -> String {
    cells.map(|cell| quoted(&cell)).collect::<Vec<_>>().join(",") + "\r\n"
}

/// Returns a cell in quotes where it needs them. A spreadsheet reads a cell that starts like a formula as one, and names are
/// free text of other people.
fn quoted(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let safe = if is_formula { format!("'{cell}") } else { cell.to_owned() };
    if safe.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_neither_a_formula_nor_two_cells() {
        assert_eq!(quoted("contoso"), "contoso");
        assert_eq!(quoted("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
    }
}

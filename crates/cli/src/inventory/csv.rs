//! CSV for spreadsheets (RFC 4180).

use speech_endpoint::Account;
use speech_endpoint::azure::{ArmId, shown};

use super::json::worst;
use super::{Effect, Entry};

pub(super) fn write(entries: &[Entry<'_>]) -> String {
    let with_breaks = entries.iter().any(|entry| entry.effect.is_some());
    let mut columns = vec!["worst", "name", "region", "scenario", "custom_domain", "kind", "notes"];
    columns.extend(with_breaks.then_some("breaks"));
    columns.push("id");
    let mut text = line(columns.into_iter().map(str::to_owned));
    for entry in entries {
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

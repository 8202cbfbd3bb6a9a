//! JSON for programs.

use serde::Serialize;
use speech_endpoint::azure::shown;
use speech_endpoint::{Account, Region};

use super::{Effect, Entry};
use crate::account::json::{NoteJson, note, severity};
use crate::failure::Failure;
use crate::json::{SCHEMA_VERSION, pretty};

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u8,
    accounts: Vec<EntryJson<'a>>,
}

#[derive(Serialize)]
struct EntryJson<'a> {
    name: Option<String>,
    id: Option<String>,
    region: Option<String>,
    scenario: Option<&'a str>,
    custom_domain: Option<&'a str>,
    kind: Option<String>,
    worst: &'a str,
    notes: Vec<NoteJson<'a>>,
    /// Only with `--subnet`; `null` where the account rejects the subnet already.
    #[serde(skip_serializing_if = "Option::is_none")]
    breaks: Option<Breaks>,
}

/// `true`, `false` or `null`.
struct Breaks(Effect);

impl Serialize for Breaks {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Effect::Breaks => to.serialize_bool(true),
            Effect::Keeps => to.serialize_bool(false),
            Effect::Unknown => to.serialize_none(),
        }
    }
}

pub(super) fn write(entries: &[Entry<'_>]) -> Result<String, Failure> {
    pretty(&Document { schema_version: SCHEMA_VERSION, accounts: entries.iter().map(entry).collect() })
}

fn entry<'a>(entry: &'a Entry<'_>) -> EntryJson<'a> {
    let document = entry.standing.document;
    let account = entry.standing.account.as_ref().ok();
    EntryJson {
        name: document.name.as_deref().map(shown),
        id: document.id.as_ref().map(|id| shown(id.as_str())),
        region: account.and_then(Account::region).map(Region::to_string),
        scenario: account.map(|account| account.scenario().id()),
        custom_domain: account.and_then(Account::domain).map(speech_endpoint::CustomDomain::as_str),
        kind: document.kind.as_deref().map(shown),
        worst: worst(entry),
        notes: entry.standing.notes.iter().map(note).collect(),
        breaks: entry.effect.map(Breaks),
    }
}

/// Returns the identifier of the worst note.
pub(super) fn worst(entry: &Entry<'_>) -> &'static str {
    entry.standing.worst().map_or("none", severity)
}

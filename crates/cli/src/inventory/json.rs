//! JSON for programs.

use serde::Serialize;
use speech_endpoint::azure::shown;
use speech_endpoint::{Account, Region};

use super::{Effect, Entry, Listing};
use crate::account::json::{NoteJson, note, severity};
use crate::failure::Failure;
use crate::json::{SCHEMA_VERSION, pretty};

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u8,
    /// Only for a probe that the user interrupted.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<&'a str>,
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
    /// Only with `--probe`.
    #[serde(flatten)]
    outcome: Option<OutcomeJson<'a>>,
}

/// What the probe of an account shows; `null` for an account that was not probed.
#[derive(Serialize)]
struct OutcomeJson<'a> {
    verdict: Option<&'a str>,
    root_cause: Option<&'a str>,
    exit_code: Option<u8>,
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

pub(super) fn write(listing: &Listing<'_>) -> Result<String, Failure> {
    pretty(&Document {
        schema_version: SCHEMA_VERSION,
        ended: listing.is_interrupted().then_some("interrupted"),
        accounts: listing.entries.iter().map(|one| entry(one, listing.probe.is_some())).collect(),
    })
}

fn entry<'a>(entry: &'a Entry<'_>, is_probed: bool) -> EntryJson<'a> {
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
        outcome: is_probed.then(|| OutcomeJson {
            verdict: entry.outcome.map(|outcome| outcome.verdict.id()),
            root_cause: entry.outcome.and_then(|outcome| outcome.root_cause),
            exit_code: entry.outcome.map(|outcome| outcome.exit_code),
        }),
    }
}

/// Returns the identifier of the worst note.
pub(super) fn worst(entry: &Entry<'_>) -> &'static str {
    entry.standing.worst().map_or("none", severity)
}

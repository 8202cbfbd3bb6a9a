//! JSON that several commands share. Its structure is stable; `schema_version` changes with it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use speech_endpoint::evidence::Remark;
use speech_endpoint::{Account, CustomDomain, EndpointBasis, Note, Region, ResolveError, Resource};

use super::failure::Failure;
use super::flags::{refusal, text_of};

/// The document of `resolve`, and of a failure before anything could be resolved.
#[derive(Serialize)]
pub(crate) struct Document<'a> {
    pub(crate) schema_version: u8,
    pub(crate) resource: Option<ResourceJson<'a>>,
    pub(crate) endpoints: Vec<EndpointJson<'a>>,
    pub(crate) errors: Vec<ErrorJson<'a>>,
    pub(crate) notes: Vec<NoteJson<'a>>,
}

#[derive(Serialize)]
pub(crate) struct ResourceJson<'a> {
    cloud: Option<&'a str>,
    region: Option<&'a str>,
    custom_domain: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    scenario: &'a str,
}

#[derive(Serialize)]
pub(crate) struct EndpointJson<'a> {
    pub(crate) service: &'a str,
    pub(crate) method: &'a str,
    pub(crate) protocol: &'a str,
    pub(crate) url: &'a str,
    pub(crate) accepts: Vec<&'a str>,
    /// The headers that every request needs besides the credential.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) headers: BTreeMap<&'a str, &'a str>,
    pub(crate) expect_address: &'a str,
    pub(crate) status: &'a str,
    pub(crate) discovery: &'a str,
    pub(crate) notes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) facts: Vec<BasisJson>,
}

/// A statement about an endpoint, with the source and the date of the fact that it rests on.
#[derive(Serialize)]
pub(crate) struct BasisJson {
    kind: &'static str,
    statement: String,
    source: String,
    edition: String,
    confirmed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl From<EndpointBasis> for BasisJson {
    fn from(EndpointBasis { statement, fact, .. }: EndpointBasis) -> Self {
        Self {
            kind: fact.kind.id(),
            statement,
            source: fact.source.into_owned(),
            edition: fact.edition.into_owned(),
            confirmed: fact.is_confirmed,
            note: fact.note.map(Cow::into_owned),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct ErrorJson<'a> {
    service: Option<&'a str>,
    code: &'a str,
    message: String,
}

#[derive(Serialize)]
pub(crate) struct NoteJson<'a> {
    id: &'a str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<&'a str>,
}

/// Writes a failure that occurred before anything could be resolved.
pub(crate) fn failure(failure: &Failure) -> Result<String, Failure> {
    pretty(&Document {
        schema_version: SCHEMA_VERSION,
        resource: None,
        endpoints: Vec::new(),
        errors: vec![ErrorJson { service: None, code: failure.id(), message: failure.message().to_owned() }],
        notes: Vec::new(),
    })
}

pub(crate) fn resource(account: &Account) -> ResourceJson<'_> {
    let host = match account.resource() {
        Resource::Container(host) => Some(host.authority()),
        _ => None,
    };
    ResourceJson {
        cloud: host.is_none().then(|| account.cloud().id()),
        region: account.region().map(Region::as_str),
        custom_domain: account.domain().map(CustomDomain::as_str),
        host,
        scenario: account.scenario().id(),
    }
}

pub(crate) fn error(error: &ResolveError) -> ErrorJson<'_> {
    ErrorJson { service: Some(error.service().id()), code: error.id(), message: refusal(error) }
}

pub(crate) fn note(note: &Note) -> NoteJson<'_> {
    NoteJson { id: note.id, message: text_of(note), suggestion: note.suggestion.as_deref() }
}

/// Returns a remark like the note that it was made of.
pub(crate) fn noted(remark: &Remark) -> NoteJson<'_> {
    NoteJson { id: &remark.id, message: remark.text.clone(), suggestion: remark.suggestion.as_deref() }
}

/// Returns a document as JSON. A document that cannot be serialised ends the command with exit code 1: a program that
/// expects JSON never gets other text.
pub(crate) fn pretty(document: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(document).map(|text| seen(&text) + "\n").map_err(|error| Failure::json(&error))
}

/// Returns a document as JSON in one line.
pub(crate) fn one_line(document: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(document).map(|text| seen(&text) + "\n").map_err(|error| Failure::json(&error))
}

/// Escapes what is not printable: saved evidence can hold anything, and JSON escapes controls below U+0020 only.
fn seen(json: &str) -> String {
    let is_printable =
        |c: char| c == '\n' || c != '\u{7f}' && (c.is_ascii() || c.is_alphanumeric() || c.escape_debug().len() == 1);
    let mut output = String::with_capacity(json.len());
    for c in json.chars() {
        if is_printable(c) {
            output.push(c);
        } else {
            output.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    output
}

pub(crate) const SCHEMA_VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_printable_is_escaped_and_read_back() {
        let text = "é → \u{7f}\u{9b}\u{200b}\u{202e}\u{e0041}\n";
        let Ok(written) = pretty(&text) else { panic!("it is a text") };
        assert_eq!(written, "\"é → \\u007f\\u009b\\u200b\\u202e\\udb40\\udc41\\n\"\n");
        assert_eq!(serde_json::from_str::<String>(&written).expect("JSON"), text);
    }
}

//! JSON for programs. Its structure is stable; `schema_version` changes with it.

use serde::Serialize;
use speech_endpoint::{Account, CustomDomain, Endpoint, Form, Note, Region, ResolveError, Resource};

use super::Resolution;
use crate::failure::Failure;
use crate::flags::{refusal, spelled, text_of};

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u8,
    resource: Option<ResourceJson<'a>>,
    endpoints: Vec<EndpointJson<'a>>,
    errors: Vec<ErrorJson<'a>>,
    notes: Vec<NoteJson<'a>>,
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
struct EndpointJson<'a> {
    service: &'a str,
    method: &'a str,
    protocol: &'a str,
    url: &'a str,
    accepts: Vec<&'a str>,
    expect_address: &'a str,
    status: &'a str,
    discovery: &'a str,
    notes: Vec<String>,
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

/// Writes the resolved endpoints, and the errors of the others.
pub(super) fn resolution(resolution: &Resolution) -> Result<String, Failure> {
    pretty(&Document {
        schema_version: SCHEMA_VERSION,
        resource: Some(resource(&resolution.account)),
        endpoints: resolution.endpoints.iter().map(endpoint).collect(),
        errors: resolution.errors.iter().map(error).collect(),
        notes: resolution.notes.iter().map(note).collect(),
    })
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

/// Returns a document as JSON. A document that cannot be serialised ends the command with exit code 1: a program that
/// expects JSON never gets other text.
pub(crate) fn pretty(document: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(document).map(|text| text + "\n").map_err(|error| Failure::json(&error))
}

pub(crate) const SCHEMA_VERSION: u8 = 1;

fn endpoint(endpoint: &Endpoint) -> EndpointJson<'_> {
    let service = endpoint.service();
    EndpointJson {
        service: service.id(),
        method: service.method(),
        protocol: if service.is_websocket() { "websocket" } else { "rest" },
        url: endpoint.url(),
        accepts: endpoint.accepts().iter().map(Form::id).collect(),
        expect_address: endpoint.expects().id(),
        status: service.status().id(),
        discovery: endpoint.discovery().id(),
        notes: endpoint.notes().iter().map(|note| spelled(note, &note.hints)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_cannot_be_serialised_is_a_failure_and_no_text() {
        struct Broken;
        impl Serialize for Broken {
            fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("broken"))
            }
        }
        let failure = pretty(&Broken).expect_err("it cannot be serialised");
        assert_eq!((failure.code(), failure.message()), (1, "cannot write JSON: broken"));
    }
}

//! JSON for programs.

use speech_endpoint::{CredentialForm, Endpoint};

use super::Resolution;
use crate::failure::Failure;
use crate::flags::spelled;
use crate::json::{Document, EndpointJson, SCHEMA_VERSION, error, note, pretty, resource};

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

fn endpoint(endpoint: &Endpoint) -> EndpointJson<'_> {
    let service = endpoint.service();
    EndpointJson {
        service: service.id(),
        method: service.method(),
        protocol: if service.is_websocket() { "websocket" } else { "rest" },
        url: endpoint.url(),
        accepts: endpoint.accepts().iter().map(CredentialForm::id).collect(),
        headers: service.headers().iter().copied().collect(),
        expect_address: endpoint.expects().id(),
        status: service.status().id(),
        discovery: endpoint.discovery().id(),
        notes: endpoint.notes().iter().map(|note| spelled(note, &note.hints)).collect(),
        facts: endpoint.basis().into_iter().map(Into::into).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_cannot_be_serialised_is_a_failure_and_no_text() {
        struct Broken;
        impl serde::Serialize for Broken {
            fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("broken"))
            }
        }
        let failure = pretty(&Broken).expect_err("it cannot be serialised");
        assert_eq!((failure.code(), failure.message()), (1, "cannot write JSON: broken"));
    }
}

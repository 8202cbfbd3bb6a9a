//! JSON for programs.

use serde::Serialize;
use speech_endpoint::azure::{
    AccountDocument, AccountNote, AzureView, ConnectionState, DocumentKind, NoteWeight, RuleState, Standing, shown,
};
use speech_endpoint::{Account, CredentialForm, Region};

use super::{Report, credentials};
use crate::failure::Failure;
use crate::flags::text_of;
use crate::json::{SCHEMA_VERSION, pretty};

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u8,
    resource: ResourceJson<'a>,
    admits: AdmitsJson<'a>,
    clients: ClientsJson<'a>,
    notes: Vec<NoteJson<'a>>,
    documents: Vec<SourceJson<'a>>,
}

/// The resource as the documents describe it.
#[derive(Serialize)]
pub(crate) struct ResourceJson<'a> {
    cloud: &'a str,
    region: Option<String>,
    custom_domain: Option<&'a str>,
    scenario: Option<&'a str>,
    name: Option<String>,
    kind: Option<String>,
    sku: Option<String>,
    id: Option<String>,
}

#[derive(Serialize)]
struct AdmitsJson<'a> {
    everyone: Option<bool>,
    perimeter: bool,
    trusted_services: bool,
    private_endpoints: Vec<EndpointJson<'a>>,
    subnets: Vec<SubnetJson<'a>>,
    addresses: Vec<String>,
}

#[derive(Serialize)]
struct EndpointJson<'a> {
    name: Option<String>,
    id: Option<String>,
    state: Option<&'a str>,
    /// `null` if no document shows the addresses.
    addresses: Option<Vec<String>>,
}

#[derive(Serialize)]
struct SubnetJson<'a> {
    id: String,
    state: Option<&'a str>,
    service_endpoint: Option<bool>,
}

#[derive(Serialize)]
struct ClientsJson<'a> {
    host: Option<&'a str>,
    accepts: Vec<&'a str>,
    expect_address: Option<&'a str>,
}

/// A note on an account or a document.
#[derive(Serialize)]
pub(crate) struct NoteJson<'a> {
    code: &'a str,
    severity: &'a str,
    message: String,
    commands: &'a [String],
}

/// A document and its kind.
#[derive(Serialize)]
pub(crate) struct SourceJson<'a> {
    from: String,
    kind: Option<&'a str>,
}

pub(super) fn write(report: &Report<'_>) -> Result<String, Failure> {
    let admits = &report.standing.admits;
    let endpoints = admits.private_endpoints.iter().map(|endpoint| EndpointJson {
        name: endpoint.name.as_deref().map(shown),
        id: endpoint.id.as_ref().map(|id| shown(id.as_str())),
        state: endpoint.state.map(ConnectionState::id),
        addresses: Some(endpoint.addresses.iter().map(ToString::to_string).collect::<Vec<_>>())
            .filter(|a| !a.is_empty()),
    });
    let subnets = admits.subnets.iter().map(|subnet| SubnetJson {
        id: shown(subnet.id.as_str()),
        state: subnet.state.map(RuleState::arm_name),
        service_endpoint: subnet.service_endpoint,
    });
    pretty(&Document {
        schema_version: SCHEMA_VERSION,
        resource: resource(report.standing),
        admits: AdmitsJson {
            everyone: admits.everyone,
            perimeter: admits.perimeter,
            trusted_services: admits.trusted_services,
            private_endpoints: endpoints.collect(),
            subnets: subnets.collect(),
            addresses: admits.addresses.iter().map(|address| shown(address)).collect(),
        },
        clients: ClientsJson {
            host: report.client.as_ref().map(speech_endpoint::Endpoint::host),
            accepts: credentials(report).into_iter().map(CredentialForm::id).collect(),
            expect_address: report.client.as_ref().map(|client| client.expects().id()),
        },
        notes: report.notes.iter().map(note).collect(),
        documents: sources(report.view),
    })
}

/// Returns the resource of an account in the light of all documents.
pub(crate) fn resource<'a>(standing: &'a Standing<'a>) -> ResourceJson<'a> {
    let document: &AccountDocument = standing.document;
    let account = standing.account.as_ref().ok();
    ResourceJson {
        cloud: account.map_or("public", |account| account.cloud().id()),
        region: account.and_then(Account::region).map(Region::to_string),
        custom_domain: account.and_then(Account::domain).map(speech_endpoint::CustomDomain::as_str),
        scenario: account.map(|account| account.scenario().id()),
        name: document.name.as_deref().map(shown),
        kind: document.kind.as_deref().map(shown),
        sku: document.sku.as_deref().map(shown),
        id: document.id.as_ref().map(|id| shown(id.as_str())),
    }
}

pub(crate) fn note(note: &AccountNote) -> NoteJson<'_> {
    NoteJson {
        code: note.note.id,
        severity: severity(note.weight),
        message: text_of(&note.note),
        commands: &note.commands,
    }
}

/// Returns the identifier of a weight.
pub(crate) fn severity(weight: NoteWeight) -> &'static str {
    match weight {
        NoteWeight::Error => "error",
        NoteWeight::Warning => "warning",
        _ => "info",
    }
}

pub(crate) fn sources(view: &AzureView) -> Vec<SourceJson<'_>> {
    let sources = view.documents.iter();
    sources
        .map(|document| SourceJson { from: shown(&document.from), kind: document.kind.map(DocumentKind::id) })
        .collect()
}

//! The allowlist for programs.

use std::borrow::Cow;

use serde::Serialize;
use speech_endpoint::{Account, Allowlist, AllowlistEntry, AllowlistOption, AllowlistZone};

use crate::failure::Failure;
use crate::json;

pub(super) fn write(account: &Account, list: &Allowlist) -> Result<String, Failure> {
    json::pretty(&Document {
        schema_version: json::SCHEMA_VERSION,
        resource: json::resource(account),
        hosts: list.entries.iter().map(host).collect(),
        zones: list.zones.iter().map(zone).collect(),
        service_tags: &list.service_tags,
        optional: list.optional.iter().map(option).collect(),
        errors: list.errors.iter().map(json::error).collect(),
        notes: list.notes.iter().map(json::note).collect(),
    })
}

fn host(entry: &AllowlistEntry) -> HostJson<'_> {
    HostJson {
        host: &entry.host,
        port: entry.port,
        transport: entry.transport,
        addresses: entry.prefix,
        purpose: entry.purpose,
        services: entry.services.iter().map(|service| service.id()).collect(),
        required: entry.is_required,
        address: if entry.is_private { "private" } else { "public" },
    }
}

fn zone(zone: &AllowlistZone) -> ZoneJson<'_> {
    ZoneJson { private: &zone.private, forward: &zone.forward, confirmed: zone.is_confirmed }
}

fn option(option: &AllowlistOption) -> OptionJson<'_> {
    OptionJson {
        group: option.group.id(),
        title: option.group.title(),
        hosts: option.entries.iter().map(host).collect(),
        service_tags: &option.service_tags,
        notes: option.notes.iter().map(json::note).collect(),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u8,
    resource: json::ResourceJson<'a>,
    hosts: Vec<HostJson<'a>>,
    zones: Vec<ZoneJson<'a>>,
    service_tags: &'a [Cow<'static, str>],
    optional: Vec<OptionJson<'a>>,
    errors: Vec<json::ErrorJson<'a>>,
    notes: Vec<json::NoteJson<'a>>,
}

#[derive(Serialize)]
struct HostJson<'a> {
    host: &'a str,
    port: u16,
    transport: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    addresses: Option<&'a str>,
    purpose: &'a str,
    services: Vec<&'a str>,
    required: bool,
    address: &'a str,
}

#[derive(Serialize)]
struct ZoneJson<'a> {
    private: &'a str,
    forward: &'a str,
    confirmed: bool,
}

/// What only one use of the resource needs.
#[derive(Serialize)]
struct OptionJson<'a> {
    group: &'a str,
    title: &'a str,
    hosts: Vec<HostJson<'a>>,
    service_tags: &'a [Cow<'static, str>],
    notes: Vec<json::NoteJson<'a>>,
}

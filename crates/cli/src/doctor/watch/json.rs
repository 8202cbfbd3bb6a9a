//! A watch as JSON lines: one object for each change. `schema/watch.schema.json` describes them.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::SystemTime;

use serde::Serialize;
use speech_endpoint::emulation::rfc3339;

use super::change::{Change, ServiceChange, WholeChange};
use super::state::{CertificateState, ServiceState, State, Status};
use crate::failure::Failure;
use crate::json::{SCHEMA_VERSION, one_line};

/// The number of a run, and the time at which it ended.
#[derive(Clone, Copy)]
pub(super) struct When {
    pub(super) run: u64,
    pub(super) now: SystemTime,
}

#[derive(Serialize)]
struct Line<'a> {
    schema_version: u8,
    time: String,
    run: u64,
    #[serde(flatten)]
    event: Event<'a>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Event<'a> {
    /// The state that the first run found.
    First {
        verdict: &'a str,
        root_cause: Option<&'a str>,
        exit_code: u8,
        findings: &'a BTreeSet<&'static str>,
        services: Vec<ServiceJson<'a>>,
    },
    Service {
        #[serde(flatten)]
        now: ServiceJson<'a>,
        status_before: Option<&'a str>,
        down_for_s: Option<u64>,
        appeared: &'a [&'static str],
        gone: &'a [&'static str],
        new_addresses: &'a [IpAddr],
        is_new_certificate: bool,
        is_checked: bool,
    },
    Result {
        verdict: &'a str,
        verdict_before: &'a str,
        root_cause: Option<&'a str>,
        root_cause_before: Option<&'a str>,
        exit_code: u8,
        appeared: &'a [&'static str],
        gone: &'a [&'static str],
    },
    Failed {
        message: &'a str,
    },
    Recovered {
        verdict: &'a str,
    },
    Stopped {
        verdict: Option<&'a str>,
        exit_code: u8,
    },
}

#[derive(Serialize)]
struct ServiceJson<'a> {
    service: &'a str,
    host: &'a str,
    status: &'a str,
    stage: Option<&'a str>,
    cause: Option<&'a str>,
    findings: &'a BTreeSet<&'static str>,
    addresses: &'a BTreeSet<IpAddr>,
    certificate: Option<CertificateJson<'a>>,
}

#[derive(Serialize)]
struct CertificateJson<'a> {
    sha256: &'a str,
    not_after: i64,
}

pub(super) fn first(state: &State, when: When) -> Result<String, Failure> {
    line(
        when,
        Event::First {
            verdict: state.verdict.id(),
            root_cause: state.root_cause.map(|cause| cause.id),
            exit_code: state.exit_code,
            findings: &state.findings,
            services: state.services.iter().map(service).collect(),
        },
    )
}

pub(super) fn change(change: &Change, when: When) -> Result<String, Failure> {
    let event = match change {
        Change::Service(change) => of_service(change),
        Change::Whole(change) => of_whole(change),
    };
    line(when, event)
}

pub(super) fn failed(message: &str, when: When) -> Result<String, Failure> {
    line(when, Event::Failed { message })
}

pub(super) fn recovered(state: &State, when: When) -> Result<String, Failure> {
    line(when, Event::Recovered { verdict: state.verdict.id() })
}

pub(super) fn stopped(state: Option<&State>, exit_code: u8, when: When) -> Result<String, Failure> {
    line(when, Event::Stopped { verdict: state.map(|state| state.verdict.id()), exit_code })
}

fn of_service(change: &ServiceChange) -> Event<'_> {
    Event::Service {
        now: service(&change.now),
        status_before: change.before.map(Status::id),
        down_for_s: change.down_for,
        appeared: &change.appeared,
        gone: &change.gone,
        new_addresses: &change.new_addresses,
        is_new_certificate: change.new_certificate.is_some(),
        is_checked: !change.is_gone,
    }
}

fn of_whole(change: &WholeChange) -> Event<'_> {
    let ((verdict_before, verdict), (cause_before, cause)) = (change.verdict, change.root_cause);
    Event::Result {
        verdict: verdict.id(),
        verdict_before: verdict_before.id(),
        root_cause: cause.map(|cause| cause.id),
        root_cause_before: cause_before.map(|cause| cause.id),
        exit_code: change.exit_code,
        appeared: &change.appeared,
        gone: &change.gone,
    }
}

fn service(found: &ServiceState) -> ServiceJson<'_> {
    let (stage, cause) = match found.status {
        Status::Down { stage, cause } => (Some(stage.id()), cause.map(|cause| cause.id)),
        Status::Up | Status::Unknown => (None, None),
    };
    ServiceJson {
        service: &found.service,
        host: &found.host,
        status: found.status.id(),
        stage,
        cause,
        findings: &found.findings,
        addresses: &found.addresses,
        certificate: found.certificate.as_ref().map(certificate),
    }
}

fn certificate(state: &CertificateState) -> CertificateJson<'_> {
    CertificateJson { sha256: &state.sha256, not_after: state.not_after }
}

fn line(When { run, now }: When, event: Event<'_>) -> Result<String, Failure> {
    one_line(&Line { schema_version: SCHEMA_VERSION, time: rfc3339(now), run, event })
}

//! The trace of a run: a span for the run, one for each target, and one for each of its stages.

use std::time::{Duration, SystemTime};

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status as SpanStatus};
use speech_endpoint::evidence::{StepState, Trace};
use speech_endpoint::{Stage, Verdict};

use super::Run;
use super::attributes::{error, nanos, number, resource, response, scope, server, text};
use crate::doctor::watch::state::{Cause, ServiceState, Status};

/// Returns the trace of a run.
pub(super) fn of(run: &Run<'_>) -> ResourceSpans {
    let trace_id = [id(), id()].concat();
    let root = Span {
        trace_id: trace_id.clone(),
        span_id: id(),
        name: "doctor.run".to_owned(),
        kind: SpanKind::Internal.into(),
        start_time_unix_nano: nanos(run.begun),
        end_time_unix_nano: nanos(run.end),
        attributes: whole(run),
        status: (run.state.verdict != Verdict::Healthy).then(|| failed(run.state.root_cause)),
        ..Span::default()
    };
    let mut spans = Vec::new();
    for trace in &run.evidence.traces {
        spans.extend(target(run, trace, &root));
    }
    spans.insert(0, root);
    let scope_spans = vec![ScopeSpans { scope: Some(scope()), spans, ..ScopeSpans::default() }];
    ResourceSpans { resource: Some(resource()), scope_spans, ..ResourceSpans::default() }
}

fn whole(run: &Run<'_>) -> Vec<KeyValue> {
    let cause = run.state.root_cause.map(|cause| text("speech_endpoint.root_cause", cause.id));
    let verdict = text("speech_endpoint.verdict", run.state.verdict.id());
    let code = number("speech_endpoint.exit_code", run.state.exit_code);
    [Some(verdict), Some(code), cause].into_iter().flatten().collect()
}

/// Returns the span of a target, and those of the stages that were tried.
fn target(run: &Run<'_>, trace: &Trace, root: &Span) -> Vec<Span> {
    let stages: Vec<(Stage, SystemTime, Duration)> =
        trace.steps().into_iter().filter_map(|(stage, state)| timed(run, trace, stage, state)).collect();
    let Some(start) = stages.iter().map(|(_, start, _)| *start).min() else { return Vec::new() };
    let end = stages.iter().map(|(_, start, took)| *start + *took).max().unwrap_or(start);
    let state = state(run, trace);
    let name = trace.target.service.clone();
    let name = name.or_else(|| trace.target.purpose.map(|purpose| purpose.title().to_owned())).unwrap_or_default();
    let cause = match state.map(|state| state.status) {
        Some(Status::Down { cause, .. }) => cause,
        _ => None,
    };
    let mut attributes = server(trace).to_vec();
    attributes.push(text("speech_endpoint.service", &*name));
    attributes.extend(state.map(|state| text("speech_endpoint.status", state.status.id())));
    let span = Span {
        trace_id: root.trace_id.clone(),
        span_id: id(),
        parent_span_id: root.span_id.clone(),
        name,
        kind: SpanKind::Internal.into(),
        start_time_unix_nano: nanos(start),
        end_time_unix_nano: nanos(end),
        attributes,
        status: trace.failed_at().map(|_| failed(cause)),
        ..Span::default()
    };
    let mut spans: Vec<Span> = stages.iter().map(|stage| of_stage(trace, *stage, &span, cause)).collect();
    spans.insert(0, span);
    spans
}

/// Returns when a stage began and how long it took; nothing if it was skipped. The upgrade carries the credential, so the last
/// stage of a WebSocket began with it.
fn timed(run: &Run<'_>, trace: &Trace, stage: Stage, found: StepState<'_>) -> Option<(Stage, SystemTime, Duration)> {
    let (StepState::Passed { took } | StepState::Failed { took, .. }) = found else { return None };
    let began_with = if stage == Stage::Auth && trace.target.is_websocket { Stage::WebSocket } else { stage };
    let start = run.timeline.start(trace.target.service.as_deref(), &trace.target.host, began_with)?;
    Some((stage, start, took))
}

fn of_stage(
    trace: &Trace,
    (stage, start, took): (Stage, SystemTime, Duration),
    parent: &Span,
    cause: Option<Cause>,
) -> Span {
    let failure = trace.steps().into_iter().find_map(|(of, state)| match state {
        StepState::Failed { failure, .. } if of == stage => Some(failure),
        _ => None,
    });
    let mut attributes = of_facts(trace, stage);
    attributes.extend(failure.map(error));
    Span {
        trace_id: parent.trace_id.clone(),
        span_id: id(),
        parent_span_id: parent.span_id.clone(),
        name: stage.id().to_owned(),
        kind: SpanKind::Client.into(),
        start_time_unix_nano: nanos(start),
        end_time_unix_nano: nanos(start + took),
        attributes,
        status: failure.map(|_| failed(cause)),
        ..Span::default()
    }
}

/// Returns the attributes of what a stage found.
fn of_facts(trace: &Trace, stage: Stage) -> Vec<KeyValue> {
    let mut attributes = if stage == Stage::Dns { Vec::new() } else { server(trace).to_vec() };
    match stage {
        Stage::Dns => attributes.push(text("dns.question.name", &*trace.target.host)),
        Stage::Tcp => {
            attributes.push(text("network.transport", "tcp"));
            if let Some(peer) = trace.tcp.found().and_then(|facts| facts.connected) {
                attributes.push(text("network.peer.address", peer.ip().to_string()));
                attributes.push(number("network.peer.port", peer.port()));
            }
        }
        Stage::Tls => {
            attributes.push(text("tls.protocol.name", "tls"));
            let facts = trace.tls.found();
            attributes.extend(facts.and_then(|facts| Some(text("tls.protocol.version", facts.version.clone()?))));
            attributes.extend(facts.and_then(|facts| Some(text("tls.cipher", facts.cipher.clone()?))));
        }
        Stage::Http => {
            attributes.push(text("network.protocol.name", "http"));
            attributes.extend(trace.http.found().map(|facts| response(&facts.reply)).unwrap_or_default());
        }
        Stage::WebSocket => {
            attributes.push(text("network.protocol.name", "websocket"));
            attributes.extend(trace.websocket.found().map(|facts| response(&facts.reply)).unwrap_or_default());
        }
        Stage::Auth => {
            attributes.extend(trace.auth.found().map(|facts| response(&facts.reply)).unwrap_or_default());
        }
        _ => {}
    }
    attributes
}

/// Returns the state of a target, or of the service whose clients are directed to it.
fn state<'a>(run: &'a Run<'_>, trace: &Trace) -> Option<&'a ServiceState> {
    let is_discovered = trace.target.discovered_from.is_some();
    let service = trace.target.service.as_deref();
    run.state.services.iter().find(|state| {
        let is_same = service.is_none_or(|service| state.service == service);
        is_same && (state.host == trace.target.host || is_discovered && service.is_some())
    })
}

/// Returns the status of a span that failed. The id of the finding says why.
fn failed(cause: Option<Cause>) -> SpanStatus {
    let message = cause.map(|cause| cause.id.to_owned()).unwrap_or_default();
    SpanStatus { message, code: StatusCode::Error.into() }
}

fn id() -> Vec<u8> {
    // Zero is not an id.
    speech_endpoint::emulation::random().max(1).to_be_bytes().to_vec()
}

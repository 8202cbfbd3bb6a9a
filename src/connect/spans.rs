//! The spans of connections. The documentation of the module `connect` lists their names and fields.

use std::fmt::Display;
use std::net::IpAddr;

use tracing::Span;
use tracing::field::{Empty, display};
use url::Url;

use super::error::{ConnectCause, ConnectError};
use crate::diagnose::evidence::{Evidence, Failure, FailureKind, MOST_ADDRESSES, TcpFacts};
use crate::diagnose::{Verdict, diagnose};
use crate::net::proxy::Proxy;
use crate::net::tls::Session;
use crate::resolve::endpoint::Endpoint;

/// An attempt to open a WebSocket.
pub(super) fn call(account: &str, endpoint: &Endpoint, connection_id: &str) -> Span {
    tracing::info_span!(
        "speech.connect",
        otel.kind = "client",
        speech.account = account,
        speech.service = endpoint.service().id(),
        speech.connection_id = connection_id,
        server.address = endpoint.host(),
        "error.type" = Empty,
        otel.status_code = Empty,
        speech.finding = Empty,
    )
}

/// An attempt to send a request.
pub(super) fn request(account: &str, endpoint: &Endpoint, connection_id: &str) -> Span {
    tracing::info_span!(
        "speech.request",
        otel.kind = "internal",
        speech.account = account,
        speech.service = endpoint.service().id(),
        speech.connection_id = connection_id,
        server.address = endpoint.host(),
        "error.type" = Empty,
        otel.status_code = Empty,
        speech.finding = Empty,
    )
}

/// A run of the doctor for one account.
pub(super) fn probe(account: &str) -> Span {
    tracing::info_span!(
        "speech.probe",
        otel.kind = "internal",
        speech.account = account,
        otel.status_code = Empty,
        speech.finding = Empty,
    )
}

/// A DNS lookup.
pub(super) fn dns(host: &str) -> Span {
    tracing::debug_span!(
        "dns.lookup",
        dns.question.name = host,
        dns.answers = Empty,
        "error.type" = Empty,
        otel.status_code = Empty
    )
}

/// A TCP connection.
pub(super) fn tcp() -> Span {
    tracing::debug_span!(
        "tcp.connect",
        network.transport = "tcp",
        "network.type" = Empty,
        network.peer.address = Empty,
        network.peer.port = Empty,
        network.local.address = Empty,
        "error.type" = Empty,
        otel.status_code = Empty,
    )
}

/// A tunnel through a proxy.
pub(super) fn proxy(proxy: &Proxy, host: &str, port: u16) -> Span {
    tracing::debug_span!(
        "proxy.connect",
        http.request.method = "CONNECT",
        network.peer.address = proxy.host,
        network.peer.port = proxy.port,
        server.address = host,
        server.port = port,
        http.response.status_code = Empty,
        "error.type" = Empty,
        otel.status_code = Empty,
    )
}

/// A TLS handshake.
pub(super) fn tls(host: &str) -> Span {
    tracing::debug_span!(
        "tls.handshake",
        server.address = host,
        tls.protocol.version = Empty,
        tls.resumed = Empty,
        "error.type" = Empty,
        otel.status_code = Empty,
    )
}

/// An upgrade or a request. The URL is recorded without its query.
pub(super) fn http(method: &str, url: &Url) -> Span {
    tracing::debug_span!(
        "http.request",
        otel.kind = "client",
        http.request.method = method,
        network.protocol.name = if matches!(url.scheme(), "ws" | "wss") { "websocket" } else { "http" },
        server.address = url.host_str(),
        server.port = url.port_or_known_default(),
        url.scheme = url.scheme(),
        url.path = url.path(),
        http.response.status_code = Empty,
        "error.type" = Empty,
        otel.status_code = Empty,
    )
}

pub(super) fn resolved(span: &Span, addresses: &[IpAddr]) {
    if !span.is_disabled() {
        span.record("dns.answers", list(&addresses[..addresses.len().min(MOST_ADDRESSES)]));
    }
}

pub(super) fn connected(span: &Span, facts: &TcpFacts, failure: Option<&Failure>) {
    if let Some(peer) = facts.connected {
        span.record("network.peer.address", display(peer.ip()));
        span.record("network.peer.port", peer.port());
        span.record("network.type", if peer.is_ipv6() { "ipv6" } else { "ipv4" });
    }
    if let Some(local) = facts.local {
        span.record("network.local.address", display(local));
    }
    if let Some(failure) = failure {
        failed(span, failure);
    }
}

pub(super) fn negotiated(span: &Span, session: &Session) {
    if span.is_disabled() {
        return;
    }
    if let Some(version) = session.version() {
        span.record("tls.protocol.version", version);
    }
    span.record("tls.resumed", session.is_resumed());
}

pub(super) fn answered(span: &Span, status: Option<u16>, failure: Option<&Failure>) {
    if let Some(status) = status {
        span.record("http.response.status_code", status);
    }
    if let Some(failure) = failure {
        failed(span, failure);
    }
}

pub(super) fn failed(span: &Span, failure: &Failure) {
    failed_as(span, failure.kind);
}

/// Records a response that is not a success.
pub(super) fn refused(span: &Span, status: u16) {
    answered(span, Some(status), None);
    failed_as(span, FailureKind::Status);
}

fn failed_as(span: &Span, kind: FailureKind) {
    span.record("error.type", error_type(kind));
    span.record("otel.status_code", "ERROR");
}

/// Records the error of an attempt, and the root cause of its diagnosis. Nothing is diagnosed for a span that nobody reads.
pub(super) fn explained(span: &Span, error: &ConnectError) {
    if span.is_disabled() {
        return;
    }
    if let ConnectCause::Network { failure, .. } | ConnectCause::NotTried { failure } = error.cause() {
        failed(span, failure);
    } else {
        failed_as(span, FailureKind::Denied);
    }
    if let Some(id) = error.id() {
        span.record("speech.finding", id);
    }
}

/// Records the verdict of a run.
pub(super) fn examined(span: &Span, evidence: &Evidence) {
    if span.is_disabled() {
        return;
    }
    let diagnosis = diagnose(evidence);
    let is_healthy = diagnosis.verdict == Verdict::Healthy;
    span.record("otel.status_code", if is_healthy { "OK" } else { "ERROR" });
    if let Some(root) = diagnosis.root_cause() {
        span.record("speech.finding", root.failure.id);
    }
}

/// Returns the value of `error.type`: one of a few, so that failures can be counted by it.
fn error_type(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::NoSuchName => "no_such_name",
        FailureKind::NoAddress => "no_address",
        FailureKind::NoAnswer => "no_answer",
        FailureKind::TimedOut => "timeout",
        FailureKind::Refused => "connection_refused",
        FailureKind::Unreachable => "unreachable",
        FailureKind::NotPermitted => "not_permitted",
        FailureKind::Reset => "connection_reset",
        FailureKind::ProxyAuth => "proxy_authentication",
        FailureKind::ProxyRefused => "proxy_refused",
        FailureKind::Protocol => "protocol",
        FailureKind::Certificate => "certificate",
        FailureKind::Alert => "tls_alert",
        FailureKind::Status => "status",
        FailureKind::Closed => "closed",
        FailureKind::Flooded => "flooded",
        FailureKind::Denied => "denied",
        FailureKind::Other => "_OTHER",
    }
}

/// Joins several values, because a field holds only one.
fn list<T: Display>(values: &[T]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

//! Attributes, by the semantic conventions of OpenTelemetry.

use std::time::{Duration, SystemTime};

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use speech_endpoint::evidence::{Failure, Reply, Trace};

pub(super) fn text(key: &str, value: impl Into<String>) -> KeyValue {
    of(key, Value::StringValue(value.into()))
}

pub(super) fn number(key: &str, value: impl Into<i64>) -> KeyValue {
    of(key, Value::IntValue(value.into()))
}

fn of(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

/// Returns the attributes of the host of a target.
pub(super) fn server(trace: &Trace) -> [KeyValue; 2] {
    [text("server.address", &*trace.target.host), number("server.port", trace.target.port)]
}

/// Returns the attributes of a response. Its request has no method if it is one that the conventions do not know.
pub(super) fn response(reply: &Reply) -> Vec<KeyValue> {
    let method = reply.request.split(' ').next().unwrap_or_default();
    let method = if METHODS.contains(&method) { method } else { "_OTHER" };
    let status = (reply.status > 0).then(|| number("http.response.status_code", reply.status));
    [Some(text("http.request.method", method)), status].into_iter().flatten().collect()
}

/// Returns the kind of a failure.
pub(super) fn error(failure: &Failure) -> KeyValue {
    let kind = serde_json::to_value(failure.kind).ok();
    text("error.type", kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or("_OTHER"))
}

pub(super) fn resource() -> Resource {
    let attributes = vec![text("service.name", "speech-endpoint"), text("service.version", env!("CARGO_PKG_VERSION"))];
    Resource { attributes, ..Resource::default() }
}

pub(super) fn scope() -> InstrumentationScope {
    InstrumentationScope {
        name: "speech-endpoint.doctor".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    }
}

/// Returns a time in nanoseconds since 1970.
pub(super) fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

const METHODS: [&str; 7] = ["GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"];

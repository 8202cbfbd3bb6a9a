//! The spans of a connection. This test needs a separate process: a call site can be disabled if a thread without a
//! subscriber reaches it first.

#![cfg(feature = "connect")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a lab begins at the real time, and a test may stop"
)]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use speech_endpoint::connect::{Connector, TokenSource};
use speech_endpoint::net::{ProxySettings, Trust};
use speech_endpoint::{Query, Service};
use speech_endpoint_lab::{Lab, World};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// A subscriber that records the names of spans and their fields with a value.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    names: Vec<&'static str>,
    fields: BTreeMap<u64, BTreeMap<String, String>>,
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target().starts_with("speech_endpoint")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut kept = self.0.lock().unwrap();
        kept.names.push(span.metadata().name());
        let id = kept.names.len() as u64;
        span.record(&mut Values(kept.fields.entry(id).or_default()));
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        values.record(&mut Values(self.0.lock().unwrap().fields.entry(span.into_u64()).or_default()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Values<'a>(&'a mut BTreeMap<String, String>);

impl Visit for Values<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let earlier = self.0.insert(field.name().to_owned(), format!("{value:?}").trim_matches('"').to_owned());
        assert_eq!(earlier, None, "{field} is recorded twice: a log line shows both");
    }
}

#[tokio::test]
async fn every_stage_has_a_span_with_opentelemetry_names() {
    let lab = Lab::start(World::named("healthy-regional").unwrap(), SystemTime::now()).await.unwrap();
    let source = TokenSource::ready(lab.credential().unwrap().read().unwrap());
    let connector = Connector::builder(lab.account().unwrap().clone(), source)
        .network(lab.network())
        .trust(Trust::of(lab.system_roots(), lab.builtin_roots(), "the lab's store"))
        .proxies(ProxySettings::default())
        .build()
        .unwrap();
    let spans = Spans::default();
    let guard = tracing::subscriber::set_default(spans.clone());
    drop(connector.websocket(Service::SpeechToText, &Query::default()).await.unwrap());
    drop(guard);
    let kept = spans.0.lock().unwrap();
    assert_eq!(kept.names, ["speech.connect", "dns.lookup", "tcp.connect", "tls.handshake", "http.request"]);
    let host = "westeurope.stt.speech.microsoft.com";
    let value = |id: u64, name: &str| kept.fields[&id].get(name).map(String::as_str);
    for (id, name, expected) in [
        (1, "speech.service", "speech-to-text"),
        (1, "server.address", host),
        (2, "dns.question.name", host),
        (2, "dns.answers", "20.61.99.10"),
        (3, "network.transport", "tcp"),
        (3, "network.peer.address", "20.61.99.10"),
        (3, "network.peer.port", "443"),
        (4, "tls.protocol.version", "1.3"),
        (4, "tls.resumed", "false"),
        (5, "http.request.method", "GET"),
        (5, "network.protocol.name", "websocket"),
        (5, "url.path", "/stt/speech/universal/v2"),
        (5, "http.response.status_code", "101"),
    ] {
        assert_eq!(value(id, name), Some(expected), "{:?} {name}: {:?}", kept.names, kept.fields[&id]);
    }
    let key = lab.key();
    assert!(!format!("{:?}", kept.fields).contains(key.expose()));
}

/// The outermost spans are errors with a finding, so that a tool that sees spans alone can count failures by their cause.
#[tokio::test]
async fn a_failed_attempt_has_a_status_and_a_finding() {
    let lab = Lab::start(World::named("QUO01-too-many-requests").unwrap(), SystemTime::now()).await.unwrap();
    // Shorter than the time that the service asks to wait.
    let limit = Duration::from_secs(2);
    let builder = || lab.connector().unwrap().named("near").time_limit(limit);
    let spans = Spans::default();
    let guard = tracing::subscriber::set_default(spans.clone());
    let query = Query::default();
    let sockets = builder().build().unwrap();
    sockets.websocket(Service::TextToSpeechWebSocket, &query).await.unwrap_err();
    let requests = builder().build().unwrap();
    let error =
        requests.send(Service::TextToSpeech, reqwest::Method::POST, &query, |request| request).await.unwrap_err();
    let runs = requests.probe_services(&[], &query).await;
    drop(guard);
    assert_eq!((error.id(), error.account_name(), runs.len()), (Some("QUO01"), Some("near"), 1));
    let kept = spans.0.lock().unwrap();
    let of = |name: &str| {
        let at =
            kept.names.iter().position(|known| *known == name).unwrap_or_else(|| panic!("{name}: {:?}", kept.names));
        &kept.fields[&(at as u64 + 1)]
    };
    for (span, name, expected) in [
        ("speech.request", "speech.account", "near"),
        ("speech.request", "speech.service", "text-to-speech"),
        ("speech.request", "otel.status_code", "ERROR"),
        ("speech.request", "error.type", "status"),
        ("speech.request", "speech.finding", "QUO01"),
        ("speech.connect", "otel.status_code", "ERROR"),
        ("speech.connect", "error.type", "status"),
        ("speech.connect", "speech.finding", "QUO01"),
        ("http.request", "otel.status_code", "ERROR"),
        ("http.request", "http.response.status_code", "429"),
        ("speech.probe", "speech.account", "near"),
        ("speech.probe", "otel.status_code", "ERROR"),
        ("speech.probe", "speech.finding", "QUO01"),
    ] {
        assert_eq!(of(span).get(name).map(String::as_str), Some(expected), "{span} {name}: {:?}", of(span));
    }
    assert!(kept.fields.values().all(|fields| !format!("{fields:?}").contains(lab.key().expose())));
}

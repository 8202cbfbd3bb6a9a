//! A connector against the lab: the way of an application, stage by stage.

#![cfg(feature = "lab")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a lab begins at the real time, and a test may stop"
)]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use speech_endpoint::connect::{Builder, Connector, TokenSource};
use speech_endpoint::lab::{Lab, World};
use speech_endpoint::net::proxy::ProxySettings;
use speech_endpoint::net::tls::Trust;
use speech_endpoint::{Query, Service};
use tokio_tungstenite::tungstenite::Message;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

async fn lab(world: &str) -> Lab {
    Lab::start(World::named(world).unwrap(), SystemTime::now()).await.unwrap()
}

fn trust(lab: &Lab) -> Trust {
    Trust::of(lab.system_roots(), lab.builtin_roots(), "the lab's store")
}

fn source(lab: &Lab) -> TokenSource {
    lab.credential().map_or_else(TokenSource::none, |given| TokenSource::ready(given.read().unwrap()))
}

fn builder(lab: &Lab) -> Builder {
    let proxies = ProxySettings::new(lab.proxy_argument().as_deref(), &lab.variables()).unwrap();
    let account = lab.account().unwrap().clone();
    Connector::builder(account, source(lab)).network(lab.network()).trust(trust(lab)).proxies(proxies)
}

#[tokio::test]
async fn a_websocket_and_a_request_by_a_private_endpoint() {
    let lab = lab("healthy-private-endpoint").await;
    let connector = builder(&lab).build().unwrap();
    let mut opened = connector.websocket(Service::SpeechToText, &Query::default()).await.unwrap();
    assert_eq!(opened.connection_id.len(), 32);
    opened.socket.send(Message::Ping("x".into())).await.unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(5), opened.socket.next()).await.unwrap();
    assert!(matches!(answer, Some(Ok(Message::Pong(_)))), "{answer:?}");
    let voices = connector.request(Service::Voices, Method::GET).await.unwrap().send().await.unwrap();
    assert_eq!(voices.status(), 200);
    let voices = connector.send(Service::Voices, Method::GET, &Query::default(), |request| request).await.unwrap();
    assert_eq!(voices.status(), 200);
}

#[tokio::test]
async fn an_error_carries_its_diagnosis() {
    let lab = lab("DNS03-zone-not-linked").await;
    let connector = builder(&lab).time_limit(Duration::from_secs(3)).build().unwrap();
    let error = connector.websocket(Service::SpeechToText, &Query::default()).await.unwrap_err();
    assert_eq!(error.diagnosis().root_cause().map(|finding| finding.failure.id), Some("DNS03"));
    let error = connector.send(Service::Voices, Method::GET, &Query::default(), |request| request).await.unwrap_err();
    assert_eq!(error.diagnosis().root_cause().map(|finding| finding.failure.id), Some("DNS03"));
}

/// Keeps the names of spans with the fields that were given a value.
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
        self.0.insert(field.name().to_owned(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

#[tokio::test]
async fn every_stage_has_a_span_with_the_names_of_opentelemetry() {
    let lab = lab("healthy-regional").await;
    let connector = builder(&lab).build().unwrap();
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

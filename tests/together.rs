//! Prepared connections that end together while others stay open: the application is told. This test needs a separate process,
//! because a call site can be disabled if a thread without a subscriber reaches it first.

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
use tracing::{Event, Level, Metadata, Subscriber};

/// Records the fields of warnings.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<BTreeMap<String, String>>>>);

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN && metadata.target().starts_with("speech_endpoint")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

/// Prepares three connections in a world whose idle timer covers these hosts, and returns the warnings.
async fn warnings(names: &str) -> Vec<BTreeMap<String, String>> {
    let toml = format!(
        "title = \"x\"\n[resource]\nregion = \"westeurope\"\n[idle]\nms = 400\nend = \"reset\"\nnames = [{names}]\n\
         [expect]\nfindings = []\nverdict = \"healthy\"\n"
    );
    let heard = Warnings::default();
    let _listening = tracing::subscriber::set_default(heard.clone());
    let lab = Lab::start(World::parse(&toml).unwrap(), SystemTime::now()).await.unwrap();
    let proxies = ProxySettings::new(lab.proxy_argument().as_deref(), &lab.variables()).unwrap();
    let trust = Trust::of(lab.system_roots(), lab.builtin_roots(), "the lab's store");
    let source = TokenSource::ready(lab.credential().unwrap().read().unwrap());
    let builder = Connector::builder(lab.account().unwrap().clone(), source).network(lab.network());
    let connector = builder.trust(trust).proxies(proxies).build().unwrap();
    for service in [Service::TranslationV1, Service::SpeechToText, Service::TextToSpeechWebSocket] {
        let query = match service {
            Service::TranslationV1 => {
                Query::default().with_parameter("from", "en-US").unwrap().with_parameter("to", "de-DE").unwrap()
            }
            _ => Query::default(),
        };
        connector.prepare(service, &query).await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(900)).await;
    heard.0.lock().unwrap().clone()
}

#[tokio::test]
async fn connections_that_end_together_while_another_lives_are_told() {
    let (stt, tts) = ("\"westeurope.stt.speech.microsoft.com\"", "\"westeurope.tts.speech.microsoft.com\"");
    let told = warnings(&format!("{stt}, {tts}")).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["speech.finding"], "WS08");
    assert_eq!(told[0]["speech.services"], "speech-to-text text-to-speech-websocket");
    assert_eq!(told[0]["speech.survivors"], "1");
    assert_eq!(warnings(stt).await, [], "one alone has no neighbour");
    let s2s = "\"westeurope.s2s.speech.microsoft.com\"";
    assert_eq!(warnings(&format!("{stt}, {tts}, {s2s}")).await, [], "all of them have no survivor");
}

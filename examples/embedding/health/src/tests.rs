//! Health, metrics and spans of an application whose key is regenerated while it runs.

use std::error::Error;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use speech_endpoint::connect::Connector;
use speech_endpoint::third_party::reqwest::{Client, Method};
use speech_endpoint::{Query, Service};
use speech_endpoint_lab::{Lab, World};
use tokio::net::TcpListener;

use super::{Calls, routes, subscriber};

async fn list_voices(connector: &Connector) -> bool {
    connector.send(Service::Voices, Method::GET, &Query::default(), |request| request).await.is_ok()
}

/// Returns an attribute of a span.
fn attribute(span: &SpanData, name: &str) -> Option<String> {
    let attribute = span.attributes.iter().find(|attribute| attribute.key.as_str() == name)?;
    Some(attribute.value.to_string())
}

/// One test, because spans of a process have one subscriber.
#[tokio::test]
async fn a_regenerated_key_shows_in_metrics_spans_and_report() -> Result<(), Box<dyn Error>> {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let calls = Calls::default();
    let _guard = tracing::subscriber::set_default(subscriber(calls.clone(), &provider));

    let world = World::named("healthy-regional").ok_or("no such world")?;
    let lab = Lab::start(world, SystemTime::now()).await?;
    let connector = lab.connector()?.named("near").time_limit(Duration::from_secs(2)).build()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    let routes = routes(connector.clone(), calls);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let client = Client::builder().no_proxy().build()?;
    let get = async |path: &str| client.get(format!("{base}{path}")).send().await?.error_for_status()?.text().await;

    assert!(list_voices(&connector).await);
    lab.regenerate_key();
    assert!(!list_voices(&connector).await);

    assert_eq!(get("/healthz").await?, "near: Healthy, 0 failed\n");
    let metrics = get("/metrics").await?;
    for line in [
        "speech_calls_total{account=\"near\",service=\"voices\",finding=\"\",error=\"\"} 1",
        "speech_calls_total{account=\"near\",service=\"voices\",finding=\"AUTH01\",error=\"denied\"} 1",
        "speech_account_failures{account=\"near\"} 0",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
    let report = get("/doctor").await?;
    assert!(report.contains("unreachable, AUTH01"), "{report}");

    let spans = exporter.get_finished_spans()?;
    let failed =
        spans.iter().filter(|span| span.name == "speech.request" && matches!(span.status, Status::Error { .. }));
    let findings: Vec<_> = failed.map(|span| attribute(span, "speech.finding")).collect();
    assert_eq!(findings, [Some("AUTH01".to_owned())]);
    for name in ["dns.lookup", "tcp.connect", "tls.handshake", "http.request", "speech.probe"] {
        assert!(spans.iter().any(|span| span.name == name), "{name}");
    }
    Ok(())
}

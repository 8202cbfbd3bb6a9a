//! `--otlp`: sends a trace and the metrics of each run to an OpenTelemetry collector, as OTLP over HTTP with protobuf.
//!
//! The messages are those of `opentelemetry-proto`, without its SDK: every span has ended when it is sent, with times that the run
//! has measured. Names follow the semantic conventions where they have one.

use std::time::{Duration, SystemTime};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use speech_endpoint::QuotedValue;
use speech_endpoint::evidence::Evidence;
use speech_endpoint::net::{RestClient, TlsClient};
use speech_endpoint::third_party::reqwest::{Method, header::CONTENT_TYPE};
use url::Url;

use super::state::State;
use crate::args::Road;
use crate::connectivity::Connectivity;
use crate::doctor::args::DoctorArgs;
use crate::doctor::timeline::Timeline;
use crate::failure::Failure;
use crate::machine;

mod attributes;
mod measures;
mod spans;

use measures::Measures;

/// A run that has ended.
pub(super) struct Run<'a> {
    pub(super) evidence: &'a Evidence,
    pub(super) state: &'a State,
    pub(super) timeline: &'a Timeline,
    /// The time at which the run began.
    pub(super) begun: SystemTime,
    /// The time at which it ended.
    pub(super) end: SystemTime,
}

/// Sends runs to a collector.
pub(super) struct Exporter {
    client: RestClient,
    traces: Url,
    metrics: Url,
    measures: Measures,
    /// Whether the last export failed.
    is_failing: bool,
}

impl Exporter {
    /// Returns an exporter to the collector of `--otlp` or of the environment; `None` without one.
    pub(super) fn of(args: &DoctorArgs) -> Result<Option<Self>, Failure> {
        let (source, text) = match &args.watch.otlp {
            Some(text) => ("--otlp", text.clone()),
            None => match machine::variable(VARIABLE) {
                Some(text) => (VARIABLE, text),
                None => return Ok(None),
            },
        };
        let (traces, metrics) = addresses(&text).ok_or_else(|| {
            Failure::usage(format!(
                "{} given by `{source}` is not the URL of a collector: expected one like `http://127.0.0.1:4318`, without user, query or fragment",
                QuotedValue::new(&text)
            ))
        })?;
        // The collector is on the network of this machine, even if the runs are in a world of the lab.
        let road = Road { dns_servers: &[], ca_file: args.net.way.ca_file.as_deref(), proxy: None };
        let way = Connectivity::of_this_machine(road)?;
        let unusable =
            |failure: speech_endpoint::evidence::Failure| Failure::usage(format!("cannot use `{source}`: {failure}"));
        let tls = TlsClient::new(&way.trust).map_err(unusable)?;
        let client = RestClient::new(way.network, &tls, &way.proxies, LIMIT).map_err(unusable)?;
        Ok(Some(Self { client, traces, metrics, measures: Measures::new(machine::now()), is_failing: false }))
    }

    /// Sends a run. Returns what to say if the collector does not take it, unless it did not take the one before either.
    pub(super) async fn export(&mut self, run: &Run<'_>) -> Option<String> {
        self.measures.add(run);
        let traces = ExportTraceServiceRequest { resource_spans: vec![spans::of(run)] };
        let metrics = ExportMetricsServiceRequest { resource_metrics: vec![self.measures.resource(run)] };
        let (traces, metrics) = (traces.encode_to_vec(), metrics.encode_to_vec());
        let sent = match self.send(&self.traces, traces).await {
            Ok(()) => self.send(&self.metrics, metrics).await,
            failed => failed,
        };
        let was_failing = std::mem::replace(&mut self.is_failing, sent.is_err());
        sent.err().filter(|_| !was_failing)
    }

    async fn send(&self, url: &Url, body: Vec<u8>) -> Result<(), String> {
        let problem = |text: &dyn std::fmt::Display| format!("the collector at {url} does not take the run: {text}");
        let request = self.client.request(Method::POST, url.clone()).header(CONTENT_TYPE, PROTOBUF).timeout(LIMIT);
        let request = request.body(body).build().map_err(|error| problem(&error))?;
        let response = self.client.execute(request).await.map_err(|error| problem(&error))?;
        let status = response.status();
        // The connection is used again only after the whole response.
        let _ = response.bytes().await;
        if status.is_success() { Ok(()) } else { Err(problem(&status)) }
    }
}

/// Returns the URLs for traces and for metrics. A URL with a password would show it in messages.
fn addresses(text: &str) -> Option<(Url, Url)> {
    let base = Url::parse(text).ok()?;
    let is_plain =
        base.username().is_empty() && base.password().is_none() && base.query().is_none() && base.fragment().is_none();
    if !is_plain || !matches!(base.scheme(), "http" | "https") || !base.has_host() {
        return None;
    }
    let of = |signal: &str| Url::parse(&format!("{}/v1/{signal}", base.as_str().trim_end_matches('/'))).ok();
    Some((of("traces")?, of("metrics")?))
}

const VARIABLE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

const PROTOBUF: &str = "application/x-protobuf";

/// The time limit of each stage of a connection, and of each request.
const LIMIT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signals_have_paths_below_that_of_the_collector() {
        let read = |text: &str| addresses(text).map(|(traces, metrics)| (traces.to_string(), metrics.to_string()));
        for base in ["http://127.0.0.1:4318", "http://127.0.0.1:4318/"] {
            let expected = ("http://127.0.0.1:4318/v1/traces", "http://127.0.0.1:4318/v1/metrics");
            assert_eq!(read(base), Some((expected.0.to_owned(), expected.1.to_owned())));
        }
        assert_eq!(
            read("https://otel.example/a").map(|urls| urls.0),
            Some("https://otel.example/a/v1/traces".to_owned())
        );
        for wrong in
            ["", "127.0.0.1:4318", "ftp://x", "http://user:secret@x", "http://u@x", "http://x?key=secret", "http://x#a"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}

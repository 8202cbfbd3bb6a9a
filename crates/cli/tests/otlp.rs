//! `doctor --watch --otlp`: a collector receives a trace and the metrics of each run.
#![cfg(feature = "otlp")]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

mod support;

use support::{doctor, text};

/// A request that the collector received: its head and its body.
type Received = (String, Vec<u8>);

/// Receives requests, and answers each with a status.
fn collector(status: &'static str) -> (String, Receiver<Received>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let sender = sender.clone();
            thread::spawn(move || receive(&stream, status, &sender));
        }
    });
    (url, receiver)
}

/// Serves one connection.
fn receive(stream: &TcpStream, status: &str, sender: &Sender<Received>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let length = head
            .to_ascii_lowercase()
            .lines()
            .find_map(|line| line.strip_prefix("content-length:").and_then(|length| length.trim().parse().ok()));
        let mut body = vec![0; length.unwrap_or(0)];
        if reader.read_exact(&mut body).is_err() || sender.send((head, body)).is_err() {
            return;
        }
        let mut writer = stream;
        if write!(writer, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").is_err() {
            return;
        }
    }
}

/// Watches a world for some runs, and returns what the collector received.
fn watched(world: &str, runs: &str) -> (Vec<ExportTraceServiceRequest>, Vec<ExportMetricsServiceRequest>) {
    let (url, received) = collector("200 OK");
    let output =
        doctor(&["--watch", "--lab", world, "--every", "0", "--runs", runs, "--otlp", &url]).output().expect("it runs");
    assert_eq!(text(&output.stderr), "", "{output:?}");
    let (mut traces, mut metrics) = (Vec::new(), Vec::new());
    while let Ok((head, body)) = received.recv_timeout(Duration::from_millis(500)) {
        assert!(head.to_ascii_lowercase().contains("content-type: application/x-protobuf"), "{head}");
        if head.starts_with("POST /v1/traces HTTP/1.1\r\n") {
            traces.push(ExportTraceServiceRequest::decode(&*body).expect("a trace"));
        } else {
            assert!(head.starts_with("POST /v1/metrics HTTP/1.1\r\n"), "{head}");
            metrics.push(ExportMetricsServiceRequest::decode(&*body).expect("metrics"));
        }
    }
    (traces, metrics)
}

fn spans(request: &ExportTraceServiceRequest) -> Vec<Span> {
    request.resource_spans.iter().flat_map(|of| &of.scope_spans).flat_map(|of| of.spans.clone()).collect()
}

fn metrics(request: &ExportMetricsServiceRequest) -> Vec<Metric> {
    request.resource_metrics.iter().flat_map(|of| &of.scope_metrics).flat_map(|of| of.metrics.clone()).collect()
}

fn attribute(attributes: &[KeyValue], key: &str) -> Option<String> {
    match attributes.iter().find(|pair| pair.key == key)?.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_run_is_a_trace_with_a_span_for_each_service_and_stage() {
    let (traces, _) = watched("healthy-regional", "2");
    assert_eq!(traces.len(), 2);
    let all: Vec<Vec<Span>> = traces.iter().map(spans).collect();
    assert_ne!(all[0][0].trace_id, all[1][0].trace_id);
    let spans = &all[0];
    let root = &spans[0];
    assert_eq!((root.name.as_str(), root.parent_span_id.len(), &root.status), ("doctor.run", 0, &None));
    assert_eq!((root.trace_id.len(), root.span_id.len()), (16, 8));
    assert_eq!(attribute(&root.attributes, "speech_endpoint.verdict").as_deref(), Some("healthy"));
    let ids: BTreeSet<&[u8]> = spans.iter().map(|span| &*span.span_id).collect();
    assert_eq!(ids.len(), spans.len());
    for service in ["speech-to-text", "text-to-speech-websocket"] {
        let of = spans.iter().find(|span| span.name == service).expect("a service");
        assert_eq!(of.parent_span_id, root.span_id);
        assert!(attribute(&of.attributes, "server.address").is_some_and(|host| host.starts_with("westeurope.")));
        let stages: Vec<&Span> = spans.iter().filter(|span| span.parent_span_id == of.span_id).collect();
        let names: Vec<&str> = stages.iter().map(|span| span.name.as_str()).collect();
        assert_eq!(names, ["dns", "tcp", "tls", "http", "websocket", "auth"]);
        for span in &stages {
            let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
            assert!(root.start_time_unix_nano <= start && start < end && end <= root.end_time_unix_nano, "{span:?}");
            assert_eq!((&span.status, span.trace_id == root.trace_id), (&None, true));
        }
        // Each stage begins after the one before, except that the upgrade carries the credential.
        assert!(stages.windows(2).all(|pair| pair[0].start_time_unix_nano <= pair[1].start_time_unix_nano));
        assert_eq!(stages[4].start_time_unix_nano, stages[5].start_time_unix_nano);
        let of_stage = |number: usize, key: &str| attribute(&stages[number].attributes, key);
        assert_eq!(of_stage(0, "dns.question.name"), attribute(&of.attributes, "server.address"));
        assert!(of_stage(1, "network.peer.address").is_some_and(|ip| ip.starts_with("20.")));
        assert_eq!(of_stage(1, "network.peer.port").as_deref(), Some("443"));
        assert_eq!(of_stage(2, "tls.protocol.version").as_deref(), Some("1.3"));
        assert_eq!(of_stage(3, "http.request.method").as_deref(), Some("GET"));
        assert!(of_stage(3, "http.response.status_code").is_some());
        assert_eq!(of_stage(4, "http.response.status_code").as_deref(), Some("101"));
    }
}

#[test]
fn a_failure_is_the_status_of_its_spans_and_no_credential_is_in_any_attribute() {
    let (traces, metrics) = watched("AUTH01-foreign-key", "1");
    let spans = spans(&traces[0]);
    let failed: Vec<&Span> = spans.iter().filter(|span| span.status.is_some()).collect();
    let names: BTreeSet<&str> = failed.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["auth", "doctor.run", "speech-to-text", "text-to-speech-websocket"]));
    assert!(failed.iter().all(|span| span.status.as_ref().is_some_and(|s| s.code == 2 && s.message == "AUTH01")));
    let auth = failed.iter().find(|span| span.name == "auth").expect("a stage");
    assert_eq!(attribute(&auth.attributes, "error.type").as_deref(), Some("denied"));
    assert_eq!(attribute(&auth.attributes, "http.response.status_code").as_deref(), Some("401"));
    // No text of a run is as long as a key without a dot or a hyphen, as names of hosts and services have them.
    let shown = format!("{traces:?}{metrics:?}");
    let is_key = |word: &str| word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let keys: Vec<&str> = shown.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| is_key(word)).collect();
    assert!(keys.is_empty(), "{keys:?}");
}

#[test]
fn metrics_are_cumulative_and_state_which_services_work() {
    let (_, requests) = watched("AUTH13-recognition-alone", "3");
    assert_eq!(requests.len(), 3);
    let last = metrics(&requests[2]);
    let data = |name: &str| last.iter().find(|metric| metric.name == name).and_then(|metric| metric.data.clone());
    for name in ["dns.lookup.duration", "http.client.request.duration"] {
        let Some(Data::Histogram(histogram)) = data(name) else { panic!("{name}") };
        assert_eq!(histogram.aggregation_temporality, 2);
        assert_eq!(histogram.data_points.len(), 2, "{name}");
        for point in &histogram.data_points {
            assert_eq!((point.count, point.bucket_counts.iter().sum::<u64>()), (3, 3));
            assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
            assert!(point.sum.is_some_and(|sum| sum > 0.0 && sum < 10.0));
        }
    }
    let Some(Data::Gauge(up)) = data("speech_endpoint.up") else { panic!("{last:?}") };
    let state = |service: &str| {
        let of = |point: &&opentelemetry_proto::tonic::metrics::v1::NumberDataPoint| {
            attribute(&point.attributes, "speech_endpoint.service").as_deref() == Some(service)
        };
        format!("{:?}", up.data_points.iter().find(of).expect("a point").value)
    };
    assert_eq!(state("speech-to-text"), "Some(AsInt(1))");
    assert_eq!(state("text-to-speech-websocket"), "Some(AsInt(0))");
    let Some(Data::Sum(runs)) = data("speech_endpoint.runs") else { panic!("{last:?}") };
    assert_eq!(format!("{:?}", runs.data_points[0].value), "Some(AsInt(3))");
}

#[test]
fn a_collector_that_takes_nothing_is_reported_once_and_the_watch_goes_on() {
    let (url, _received) = collector("503 Service Unavailable");
    let args = ["--watch", "--lab", "healthy-regional", "--every", "0", "--runs", "3", "--otlp", &url];
    let output = doctor(&args).output().expect("it runs");
    let error = text(&output.stderr);
    assert_eq!(error.lines().count(), 1, "{error}");
    let expected = format!("error: the collector at {url}/v1/traces does not take the run: 503 Service Unavailable");
    assert_eq!(error.trim_end(), expected);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_url_that_is_none_of_a_collector_is_refused_without_its_password() {
    let output =
        doctor(&["--watch", "--lab", "healthy-regional", "--otlp", "http://user:planted@127.0.0.1:9"]).output();
    let output = output.expect("it runs");
    let error = text(&output.stderr);
    assert_eq!((output.status.code(), error.lines().count()), (Some(2), 1), "{error}");
    assert!(!error.contains("planted"), "{error}");
}

//! The metrics of all runs so far: two histograms of the semantic conventions, and the state of each service.

use std::time::{Duration, SystemTime};

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, Sum,
};
use speech_endpoint::evidence::{StepState, Trace};
use speech_endpoint::{Stage, Verdict};

use super::Run;
use super::attributes::{error, nanos, resource, response, scope, server, text};
use crate::doctor::watch::state::Status;

/// The measurements since the watch began.
pub(super) struct Measures {
    begun: SystemTime,
    runs: i64,
    lookups: Vec<Series>,
    requests: Vec<Series>,
}

/// The measurements with the same attributes.
struct Series {
    attributes: Vec<KeyValue>,
    count: u64,
    sum: f64,
    buckets: Vec<u64>,
}

impl Measures {
    pub(super) fn new(begun: SystemTime) -> Self {
        Self { begun, runs: 0, lookups: Vec::new(), requests: Vec::new() }
    }

    /// Adds the measurements of a run.
    pub(super) fn add(&mut self, run: &Run<'_>) {
        self.runs += 1;
        for trace in &run.evidence.traces {
            for (stage, state) in trace.steps() {
                let (StepState::Passed { took } | StepState::Failed { took, .. }) = state else { continue };
                let failure = match state {
                    StepState::Failed { failure, .. } => Some(error(failure)),
                    _ => None,
                };
                let (series, mut attributes) = match stage {
                    Stage::Dns => (&mut self.lookups, vec![text("dns.question.name", &*trace.target.host)]),
                    Stage::Http => (&mut self.requests, of_request(trace)),
                    _ => continue,
                };
                attributes.extend(failure);
                record(series, attributes, took);
            }
        }
    }

    /// Returns all metrics, with the state that the run found.
    pub(super) fn resource(&self, run: &Run<'_>) -> ResourceMetrics {
        let (start, now) = (nanos(self.begun), nanos(run.end));
        let metrics = vec![
            histogram(
                "dns.lookup.duration",
                "Measures the time taken to perform a DNS lookup.",
                &self.lookups,
                start,
                now,
            ),
            histogram("http.client.request.duration", "Duration of HTTP client requests.", &self.requests, start, now),
            metric(
                "speech_endpoint.up",
                "1",
                "Whether the service works: 1 if every check of it passed, 0 if not.",
                up(run, now),
            ),
            metric(
                "speech_endpoint.healthy",
                "1",
                "1 if every service works without a warning, 0 if not.",
                healthy(run, now),
            ),
            metric("speech_endpoint.runs", "{run}", "The number of runs that ended.", self.runs(start, now)),
        ];
        let scope_metrics = vec![ScopeMetrics { scope: Some(scope()), metrics, ..ScopeMetrics::default() }];
        ResourceMetrics { resource: Some(resource()), scope_metrics, ..ResourceMetrics::default() }
    }

    fn runs(&self, start: u64, now: u64) -> Data {
        Data::Sum(Sum {
            data_points: vec![NumberDataPoint { start_time_unix_nano: start, ..point(Vec::new(), self.runs, now) }],
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
            is_monotonic: true,
        })
    }
}

fn of_request(trace: &Trace) -> Vec<KeyValue> {
    let mut attributes = server(trace).to_vec();
    attributes.extend(trace.http.found().map(|facts| response(&facts.reply)).unwrap_or_default());
    attributes
}

fn record(all: &mut Vec<Series>, attributes: Vec<KeyValue>, took: Duration) {
    let at = all.iter().position(|series| series.attributes == attributes).or_else(|| {
        // A peer decides the status, so their number is bounded; further ones are not counted.
        let series = Series { attributes, count: 0, sum: 0.0, buckets: vec![0; BOUNDS.len() + 1] };
        (all.len() < MOST_SERIES).then(|| {
            all.push(series);
            all.len() - 1
        })
    });
    let Some(series) = at.and_then(|at| all.get_mut(at)) else { return };
    let seconds = took.as_secs_f64();
    let bucket = BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len());
    series.buckets[bucket] += 1;
    series.count += 1;
    series.sum += seconds;
}

fn histogram(name: &str, description: &str, all: &[Series], start: u64, now: u64) -> Metric {
    let points = all.iter().map(|series| HistogramDataPoint {
        attributes: series.attributes.clone(),
        start_time_unix_nano: start,
        time_unix_nano: now,
        count: series.count,
        sum: Some(series.sum),
        bucket_counts: series.buckets.clone(),
        explicit_bounds: BOUNDS.to_vec(),
        ..HistogramDataPoint::default()
    });
    let data = Data::Histogram(Histogram {
        data_points: points.collect(),
        aggregation_temporality: AggregationTemporality::Cumulative.into(),
    });
    metric(name, "s", description, data)
}

/// A service that was not checked has no point.
fn up(run: &Run<'_>, now: u64) -> Data {
    let known = run.state.services.iter().filter(|state| state.status != Status::Unknown);
    let points = known.map(|state| {
        let attributes = vec![text("speech_endpoint.service", &*state.service), text("server.address", &*state.host)];
        point(attributes, i64::from(state.status == Status::Up), now)
    });
    Data::Gauge(Gauge { data_points: points.collect() })
}

fn healthy(run: &Run<'_>, now: u64) -> Data {
    let value = i64::from(run.state.verdict == Verdict::Healthy);
    Data::Gauge(Gauge { data_points: vec![point(Vec::new(), value, now)] })
}

fn point(attributes: Vec<KeyValue>, value: i64, now: u64) -> NumberDataPoint {
    NumberDataPoint { attributes, time_unix_nano: now, value: Some(Value::AsInt(value)), ..NumberDataPoint::default() }
}

fn metric(name: &str, unit: &str, description: &str, data: Data) -> Metric {
    Metric {
        name: name.to_owned(),
        unit: unit.to_owned(),
        description: description.to_owned(),
        data: Some(data),
        ..Metric::default()
    }
}

/// The bounds that the semantic conventions advise for both histograms, in seconds.
const BOUNDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

const MOST_SERIES: usize = 1000;

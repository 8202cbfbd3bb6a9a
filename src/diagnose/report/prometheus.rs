//! Metrics in the text format of Prometheus, for the textfile collector and for an endpoint.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>

use std::collections::HashSet;
use std::fmt::Write as _;

use super::{ReportOptions, timed_steps};
use crate::diagnose::evidence::{Evidence, Trace, unix_seconds};
use crate::diagnose::redact::plain;
use crate::diagnose::{Diagnosis, judge};

/// Returns the report as metrics.
///
/// Hosts are not redacted: the metrics of a system need its names. A value that was not measured has no sample.
#[must_use]
pub fn prometheus(evidence: &Evidence, diagnosis: &Diagnosis, options: &ReportOptions) -> String {
    let mut text = String::new();
    let families = [
        build_info(),
        up(evidence),
        findings(diagnosis),
        stage_durations(evidence),
        round_trips(evidence),
        certificates(evidence),
        single(EXIT_CODE, f64::from(diagnosis.exit_code(options.fail_on))),
        single(RUN_DURATION, evidence.took.as_secs_f64()),
        single(LAST_RUN, whole(unix_seconds(evidence.observed_at))),
    ];
    for family in &families {
        family.write(&mut text);
    }
    text
}

/// A name without its prefix, and its help.
type Named = (&'static str, &'static str);

/// A gauge with its samples.
struct Family<'a> {
    named: Named,
    samples: Vec<Sample<'a>>,
}

struct Sample<'a> {
    labels: Vec<(&'static str, &'a str)>,
    value: f64,
}

impl Family<'_> {
    /// Writes the samples under their help. A second sample with the same labels would make the whole text invalid.
    fn write(&self, text: &mut String) {
        let (name, help) = self.named;
        let mut known = HashSet::new();
        let samples = self.samples.iter().filter(|sample| sample.value.is_finite() && known.insert(&sample.labels));
        for (number, sample) in samples.enumerate() {
            if number == 0 {
                let _ = writeln!(text, "# HELP {PREFIX}{name} {help}\n# TYPE {PREFIX}{name} gauge");
            }
            let _ = writeln!(text, "{PREFIX}{name}{} {}", written(&sample.labels), sample.value);
        }
    }
}

fn written(labels: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) }
}

/// Escapes a value. A line feed is a control character, so it is already replaced.
fn escaped(value: &str) -> String {
    plain(value).replace('\\', "\\\\").replace('"', "\\\"")
}

fn single(named: Named, value: f64) -> Family<'static> {
    Family { named, samples: vec![Sample { labels: Vec::new(), value }] }
}

fn build_info() -> Family<'static> {
    let labels = vec![("version", env!("CARGO_PKG_VERSION"))];
    Family { named: BUILD_INFO, samples: vec![Sample { labels, value: 1.0 }] }
}

fn up(evidence: &Evidence) -> Family<'_> {
    let samples = judge::services(evidence).into_iter().map(|state| {
        let labels = vec![("service", state.service), ("host", state.host)];
        Sample { labels, value: f64::from(u8::from(state.works)) }
    });
    Family { named: UP, samples: samples.collect() }
}

/// One sample for each service that a finding affects. A finding that affects no service in particular has an empty one.
fn findings(diagnosis: &Diagnosis) -> Family<'_> {
    let mut samples = Vec::new();
    for finding in &diagnosis.findings {
        let labels = |service| {
            let failure = finding.failure;
            vec![
                ("id", failure.id),
                ("stage", failure.area.id()),
                ("severity", finding.severity.id()),
                ("service", service),
            ]
        };
        let services = finding.places.iter().map(|place| place.service.as_deref().unwrap_or_default());
        let everywhere = finding.places.is_empty().then_some("");
        samples.extend(services.chain(everywhere).map(|service| Sample { labels: labels(service), value: 1.0 }));
    }
    Family { named: FINDING, samples }
}

fn stage_durations(evidence: &Evidence) -> Family<'_> {
    let mut samples = Vec::new();
    for trace in &evidence.traces {
        samples.extend(timed_steps(trace).map(|(stage, took)| {
            let [service, host] = place(trace);
            Sample { labels: vec![service, host, ("stage", stage.id())], value: took.as_secs_f64() }
        }));
    }
    Family { named: STAGE_DURATION, samples }
}

/// The times of the round trips. A service at several hosts has its slowest time.
fn round_trips(evidence: &Evidence) -> Family<'_> {
    let mut times: Vec<(&str, usize, f64)> = Vec::new();
    for trace in &evidence.traces {
        let Some(trip) = &trace.round_trip else { continue };
        let service = trace.target.service.as_deref().unwrap_or_default();
        let named = trip.times.named().into_iter().enumerate();
        times.extend(named.filter_map(|(measure, (_, ms))| Some((service, measure, ms? / 1e3))));
    }
    times.sort_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)).then(other.2.total_cmp(&one.2)));
    let sample = |(service, measure, value)| Sample {
        labels: vec![("service", service), ("measure", MEASURES[measure])],
        value,
    };
    let samples = times.into_iter().map(sample).collect();
    Family { named: ROUND_TRIP, samples }
}

/// The expiry of each host's certificate: the earliest, if its addresses present several.
fn certificates(evidence: &Evidence) -> Family<'_> {
    let expiry = |trace: &Trace| Some(trace.tls.found()?.chain.first()?.not_after);
    let expiries = evidence.traces.iter().filter_map(|trace| Some((expiry(trace)?, trace.target.host.as_str())));
    let mut expiries: Vec<(i64, &str)> = expiries.collect();
    expiries.sort_unstable();
    let samples =
        expiries.into_iter().map(|(seconds, host)| Sample { labels: vec![("host", host)], value: whole(seconds) });
    Family { named: CERTIFICATE_EXPIRY, samples: samples.collect() }
}

fn place(trace: &Trace) -> [(&'static str, &str); 2] {
    [("service", trace.target.service.as_deref().unwrap_or_default()), ("host", &trace.target.host)]
}

#[allow(clippy::cast_precision_loss, reason = "seconds of any real date are exact")]
fn whole(seconds: i64) -> f64 {
    seconds as f64
}

/// The measures of a round trip, in the order of [`RoundTripTimes::named`](crate::evidence::RoundTripTimes::named).
const MEASURES: [&str; 6] = ["connected", "start", "first_audio", "first_hypothesis", "result", "end"];

const PREFIX: &str = "speech_endpoint_";

const BUILD_INFO: Named = ("build_info", "The version of the program that wrote these metrics.");

const UP: Named = ("up", "Whether the service works: 1 if every check of it passed, 0 if not.");

const FINDING: Named = ("finding", "1 for each finding and each service that it affects.");

const STAGE_DURATION: Named = ("stage_duration_seconds", "The time that a stage of the connection took.");

const ROUND_TRIP: Named = ("round_trip_seconds", "The time to each answer of a round trip.");

const CERTIFICATE_EXPIRY: Named =
    ("certificate_expiry_timestamp_seconds", "The end of validity of the certificate that the host presents.");

const EXIT_CODE: Named = ("exit_code", "The exit code of the run: 0 if nothing reaches the severity of --fail-on.");

const RUN_DURATION: Named = ("run_duration_seconds", "The time that the run took.");

const LAST_RUN: Named = ("last_run_timestamp_seconds", "The start of the run, by the local clock.");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::diagnose;
    use crate::diagnose::evidence::{FailureKind, RoundTrip, RoundTripTimes};
    use crate::diagnose::sample;

    fn written_of(evidence: &Evidence) -> String {
        prometheus(evidence, &diagnose(evidence), &ReportOptions::default())
    }

    fn lines<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
        text.lines().filter(|line| line.starts_with(&format!("{PREFIX}{name}"))).collect()
    }

    #[test]
    fn every_family_has_help_and_a_type_before_its_samples() {
        let mut evidence = sample::regional();
        let times = RoundTripTimes { connect_ms: Some(8.0), first_audio_ms: Some(500.0), ..RoundTripTimes::default() };
        evidence.traces[0].round_trip = Some(RoundTrip { times, ..RoundTrip::default() });
        let text = written_of(&evidence);
        let mut family = "";
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                family = rest.split(' ').next().unwrap_or_default();
            } else if line.starts_with("# TYPE ") {
                assert_eq!(line, format!("# TYPE {family} gauge"));
            } else {
                assert_eq!(line.split(['{', ' ']).next(), Some(family), "{text}");
            }
        }
        assert_eq!(
            lines(&text, "up"),
            [
                format!("speech_endpoint_up{{service=\"speech-to-text\",host=\"{}\"}} 1", sample::STT),
                format!("speech_endpoint_up{{service=\"text-to-speech-websocket\",host=\"{}\"}} 1", sample::TTS),
            ]
        );
        assert_eq!(
            lines(&text, "round_trip_seconds"),
            [
                "speech_endpoint_round_trip_seconds{service=\"speech-to-text\",measure=\"connected\"} 0.008",
                "speech_endpoint_round_trip_seconds{service=\"speech-to-text\",measure=\"first_audio\"} 0.5",
            ]
        );
        assert_eq!(lines(&text, "last_run"), ["speech_endpoint_last_run_timestamp_seconds 1767225600"]);
        assert!(!text.contains("stage=\"auth\""), "the upgrade carries the credential: {text}");
        assert!(lines(&text, "finding").is_empty(), "{text}");
    }

    #[test]
    fn a_finding_has_one_sample_for_each_service() {
        let mut evidence = sample::regional();
        for trace in &mut evidence.traces {
            let answer = sample::without(sample::answer("10.0.0.2", &trace.target.host, &[], &[]), Some("NXDOMAIN"));
            sample::unresolved(trace, FailureKind::NoSuchName, vec![answer]);
        }
        evidence.traces.push(evidence.traces[0].clone());
        let text = written_of(&evidence);
        let findings = lines(&text, "finding");
        assert_eq!(findings.len(), 2, "{text}");
        for (line, service) in findings.iter().zip(["speech-to-text", "text-to-speech-websocket"]) {
            let labels = format!("stage=\"dns\",severity=\"error\",service=\"{service}\"");
            assert!(line.ends_with(&format!("{labels}}} 1")), "{text}");
        }
        assert!(lines(&text, "up").iter().all(|line| line.ends_with(" 0")), "{text}");
        assert_eq!(lines(&text, "exit_code"), ["speech_endpoint_exit_code 20"]);
    }

    #[test]
    fn no_value_of_a_label_ends_it_and_no_number_is_invalid() {
        let mut evidence = sample::regional();
        evidence.traces.truncate(1);
        let target = &mut evidence.traces[0].target;
        target.host = "a\"} 1\nspeech_endpoint_up{x=\"\\".to_owned();
        let times = RoundTripTimes { connect_ms: Some(f64::NAN), start_ms: Some(1.5), ..RoundTripTimes::default() };
        evidence.traces[0].round_trip = Some(RoundTrip { times, ..RoundTrip::default() });
        let text = written_of(&evidence);
        assert_eq!(
            lines(&text, "up"),
            ["speech_endpoint_up{service=\"speech-to-text\",host=\"a\\\"} 1\u{fffd}speech_endpoint_up{x=\\\"\\\\\"} 1"]
        );
        assert_eq!(lines(&text, "round_trip").len(), 1, "{text}");
    }

    #[test]
    fn the_measures_are_those_of_a_round_trip() {
        let named = RoundTripTimes::default().named().map(|(name, _)| name.replace(' ', "_"));
        assert_eq!(named, MEASURES);
    }
}

//! The time of a diagnosis is linear in the number of targets, whatever is wrong with them.

#![allow(clippy::disallowed_methods, reason = "the test measures time")]

use std::time::{Duration, Instant};

use super::super::sample::{self, OWN, PRIVATE_LINK};
use super::super::{Selection, diagnose_with};
use crate::diagnose::evidence::{Certificate, Evidence, FailureKind, TlsFacts, Trace};
use crate::resolve::endpoint::Expectation;
use crate::resolve::scenario::Scenario;

/// A way to make one target of another: the host and the service by number.
type Shape = (&'static str, fn(&mut Trace, usize));

const SHAPES: [Shape; 3] = [
    ("targets of one host", |trace, number| trace.target.service = Some(format!("service-{number}"))),
    ("hosts", |trace, number| trace.target.host = format!("contoso-{number}.cognitiveservices.azure.com")),
    ("repetitions", |_, _| {}),
];

/// Evidence whose rules look at other targets too, by what is wrong.
fn kinds() -> Vec<(&'static str, Evidence)> {
    let private =
        || sample::own(Scenario::DisabledPrivateEndpoint, Expectation::PrivateAddress, PRIVATE_LINK, "20.1.2.3");
    let with = |change: &dyn Fn(&mut Trace)| {
        let mut evidence = private();
        evidence.traces.iter_mut().for_each(change);
        evidence
    };
    let refusal = sample::reply(403, "403", "Public access is disabled. Please configure private endpoint.");
    let firewall = sample::reply(403, "403", "Access denied due to Virtual Network/Firewall rules.");
    let rejected = sample::reply(401, "401", "Access denied due to invalid subscription key");
    let stranger = TlsFacts { chain: vec![Certificate { ..sample::leaf("proxy.example") }], ..TlsFacts::default() };
    vec![
        ("a healthy target", sample::regional()),
        ("a public address", with(&|trace| sample::answered(trace, refusal.clone()))),
        ("a firewall", with(&|trace| sample::answered(trace, firewall.clone()))),
        ("a rejected key", with(&|trace| sample::denied(trace, "key", rejected.clone(), &[]))),
        ("an unknown issuer", with(&|trace| sample::untrusted(trace, FailureKind::Certificate, stranger.clone()))),
        (
            "an unknown name",
            with(&|trace| {
                let answer = sample::without(sample::answer("10.0.0.2", OWN, PRIVATE_LINK, &[]), Some("NXDOMAIN"));
                sample::unresolved(trace, FailureKind::NoSuchName, vec![answer]);
            }),
        ),
        (
            "silence",
            with(&|trace| {
                sample::unconnected(trace, vec![sample::to("10.1.0.4", FailureKind::TimedOut)]);
            }),
        ),
    ]
}

fn time(of: &Evidence, shape: fn(&mut Trace, usize), number: usize) -> Duration {
    let mut evidence = of.clone();
    evidence.traces = of.traces.iter().cycle().take(number).cloned().collect();
    for (number, trace) in evidence.traces.iter_mut().enumerate() {
        shape(trace, number);
    }
    let measured = (0..3).map(|_| {
        let begun = Instant::now();
        let diagnosis = diagnose_with(&evidence, &Selection::default().with_expected_denial());
        assert!(diagnosis.findings.len() < 50, "{:?}", diagnosis.findings);
        begun.elapsed()
    });
    measured.min().unwrap_or_default()
}

/// Returns the times of few and of many targets, and whether many take too long.
fn compare(of: &Evidence, shape: fn(&mut Trace, usize)) -> (Duration, Duration, bool) {
    let (few, many) = (time(of, shape, 500), time(of, shape, 2000));
    (few, many, many > few * 6)
}

#[test]
fn four_times_the_targets_take_at_most_six_times_as_long() {
    for (kind, evidence) in kinds() {
        for (shape, change) in SHAPES {
            // Other processes may disturb one measurement, but not three.
            let mut measured = (0..3).map(|_| compare(&evidence, change));
            let is_linear = measured.any(|(few, many, is_slow)| {
                println!("{kind}, {shape}: {few:?}, {many:?}");
                !is_slow
            });
            assert!(is_linear, "{kind}, {shape}");
        }
    }
}

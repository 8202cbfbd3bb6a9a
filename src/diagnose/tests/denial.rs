//! A denial that is expected.

use super::super::sample;
use crate::diagnose::evidence::{Evidence, FailureKind, Trace};
use crate::resolve::endpoint::Expectation;
use crate::resolve::scenario::Scenario;
use crate::{Selection, Severity, Verdict, diagnose_with};

fn denied(evidence: &Evidence) -> (Verdict, u8, Vec<&'static str>) {
    let diagnosis = diagnose_with(evidence, &Selection::default().with_expected_denial());
    let errors = diagnosis.findings.iter().filter(|finding| finding.severity == Severity::Error);
    (diagnosis.verdict, diagnosis.exit_code(Severity::Error), errors.map(|finding| finding.failure.id).collect())
}

fn own(scenario: Scenario, change: impl FnOnce(&mut Trace)) -> Evidence {
    let mut evidence = sample::own(scenario, Expectation::PublicAddress, &[], "20.50.1.7");
    evidence.traces.truncate(1);
    change(&mut evidence.traces[0]);
    evidence
}

#[test]
fn a_refusal_is_healthy_and_an_admission_is_an_error() {
    let refusal = sample::reply(403, "403", "Access denied due to Virtual Network/Firewall rules.");
    let refused = own(Scenario::CustomDomainSelectedIpOnly, |trace| sample::answered(trace, refusal));
    assert_eq!(denied(&refused), (Verdict::Healthy, 0, Vec::new()));
    assert_eq!(denied(&sample::regional()), (Verdict::Degraded, 80, vec!["POL06"]));
    // A rejected key has passed the network.
    let rejected = own(Scenario::ServiceEndpoint, |trace| {
        sample::denied(trace, "key", sample::reply(401, "401", "Access denied due to invalid subscription key"), &[]);
    });
    let (_, code, errors) = denied(&rejected);
    assert_eq!((code, errors.first()), (80, Some(&"POL06")));
}

#[test]
fn silence_is_a_denial_only_of_a_private_resource() {
    let silent = |scenario| {
        own(scenario, |trace| sample::unconnected(trace, vec![sample::to("10.1.0.4", FailureKind::TimedOut)]))
    };
    assert_eq!(denied(&silent(Scenario::DisabledPrivateEndpoint)), (Verdict::Healthy, 0, Vec::new()));
    assert_eq!(denied(&silent(Scenario::CustomDomainOpen)).1, 30);
}

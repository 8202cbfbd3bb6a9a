//! The table as a whole, and what findings are made of. One file per area holds each rule against its look-alikes.

use super::rules::rules;
use super::sample::{self, found};
use super::*;
use crate::diagnose::area::Area;
use crate::diagnose::catalogue::{KnownFailure, Severity};
use crate::diagnose::evidence::{Ended, Evidence, FailureKind, Remark, Skip, Step, Trace};
use crate::resolve::endpoint::Expectation;
use crate::resolve::scenario::Scenario;

mod auth;
mod config;
mod denial;
mod dns;
#[cfg(feature = "serde")]
mod documents;
mod http;
mod many;
mod round_trip;
mod tcp;
mod tls;
mod websocket;

/// Compares what is found with a line such as `DNS03 error, POL01 error by DNS03, unreachable`.
#[track_caller]
pub(super) fn expect(evidence: &Evidence, expected: &str) {
    assert_eq!(found(evidence).join(", "), expected);
}

/// A builder's evidence with its first trace changed.
pub(super) fn with(mut evidence: Evidence, change: impl FnOnce(&mut Trace)) -> Evidence {
    change(&mut evidence.traces[0]);
    evidence
}

#[test]
fn every_rule_is_in_the_catalogue_once_and_hides_only_rules() {
    let ids: Vec<&str> = rules().map(|rule| rule.id).collect();
    for rule in rules() {
        assert!(KnownFailure::find(rule.id).is_some(), "{}", rule.id);
        assert_eq!(ids.iter().filter(|id| **id == rule.id).count(), 1, "{} is there twice", rule.id);
        for hidden in rule.hides {
            assert!(ids.contains(hidden) && *hidden != rule.id, "{} hides {hidden}", rule.id);
        }
    }
    let areas: Vec<Area> = rules().map(|rule| rule.failure().area).collect();
    assert!(areas.is_sorted(), "{areas:?}");
    println!("{} rules", ids.len());
}

#[test]
fn no_rule_hides_itself_in_a_circle() {
    fn reaches(from: &'static str, to: &str, depth: usize) -> bool {
        let rule = rules().find(|rule| rule.id == from).expect("a rule");
        assert!(depth < 60, "a circle at {from}");
        rule.hides.iter().any(|hidden| *hidden == to || reaches(hidden, to, depth + 1))
    }
    for rule in rules() {
        assert!(!reaches(rule.id, rule.id, 0), "{}", rule.id);
    }
}

#[test]
fn what_was_asked_for_is_there() {
    let wanted = "CFG01 CFG02 CFG03 CFG04 CFG05 CFG06 CFG07 CFG08 CFG09 CFG10 CFG11 CFG12 CFG13 CFG14 \
        DNS01 DNS02 DNS03 DNS04 DNS05 DNS06 DNS07 DNS08 DNS09 DNS10 DNS11 DNS12 DNS13 DNS14 \
        TCP01 TCP02 TCP03 TCP04 TCP05 TCP06 TCP07 TCP08 TCP09 TCP10 TCP11 PXY01 PXY02 PXY03 PXY04 PXY05 PXY06 \
        TLS01 TLS02 TLS03 TLS04 TLS05 TLS06 TLS07 TLS08 TLS09 TLS10 TLS11 TLS12 \
        HTTP01 HTTP02 HTTP03 HTTP04 HTTP05 HTTP06 HTTP07 HTTP08 HTTP09 HTTP10 HTTP11 WS01 WS02 WS03 WS04 WS05 WS06 WS07 WS08 WS09 \
        AUTH01 AUTH02 AUTH03 AUTH04 AUTH05 AUTH06 AUTH07 AUTH08 AUTH09 AUTH10 AUTH11 AUTH12 AUTH13 POL01 POL02 POL03 POL04 POL05 QUO01 QUO02 \
        ENV01 ENV02 ENV03";
    assert_eq!(rules().map(|rule| rule.id).collect::<Vec<_>>().join(" "), wanted);
}

#[test]
fn healthy_evidence_gives_nothing() {
    let mut proxied = sample::regional();
    for trace in &mut proxied.traces {
        trace.dns = Step::Skipped { because: Skip::Proxied };
        sample::through_proxy(trace);
    }
    let mut without = sample::regional();
    without.credential = None;
    without.traces[0].auth = Step::Skipped { because: Skip::NoCredential };
    let mut watched = sample::regional();
    watched.traces.push(sample::companion("login.microsoftonline.com"));
    for (name, evidence) in [
        ("regional", sample::regional()),
        ("private endpoint", sample::private()),
        (
            "service endpoint",
            sample::own(Scenario::ServiceEndpoint, Expectation::PublicAddress, sample::PROXY_CHAIN, "20.50.1.7"),
        ),
        (
            "unknown and private",
            sample::own(Scenario::CustomDomainUnknown, Expectation::Either, sample::PRIVATE_LINK, "10.1.0.4"),
        ),
        (
            "unknown and public",
            sample::own(Scenario::CustomDomainUnknown, Expectation::Either, sample::PROXY_CHAIN, "20.50.1.7"),
        ),
        ("proxy", proxied),
        ("no credential", without),
        ("companion", watched),
    ] {
        assert_eq!(found(&evidence), ["healthy"], "{name}");
    }
}

#[test]
fn a_consequence_hangs_under_its_cause_and_the_cause_is_the_root() {
    let evidence = refused_by_public_way();
    expect(&evidence, "DNS03 error, POL01 error by DNS03, unreachable");
    let diagnosis = diagnose(&evidence);
    assert_eq!(diagnosis.root_cause().map(|finding| finding.failure.id), Some("DNS03"));
    assert_eq!((diagnosis.exit_code(Severity::Error), diagnosis.unexplained.len()), (20, 0));
}

#[test]
fn a_cause_at_one_host_explains_nothing_at_another() {
    let mut evidence = refused_by_public_way();
    let mut other = sample::service("voices", "other.cognitiveservices.azure.com", Expectation::PublicAddress);
    other.target.is_own_host = true;
    sample::answered(&mut other, sample::reply(403, "403", "Public access is disabled."));
    evidence.traces.push(other);
    expect(&evidence, "DNS03 error, POL01 error by DNS03, POL01 error, unreachable");
}

#[test]
fn the_same_failure_at_several_targets_is_one_finding_with_places() {
    let mut evidence = sample::regional();
    for trace in &mut evidence.traces {
        let ip = trace.tcp.found().and_then(|facts| facts.connected).expect("connected").ip().to_string();
        sample::unconnected(trace, vec![sample::to(&ip, FailureKind::TimedOut)]);
    }
    let diagnosis = diagnose(&evidence);
    let [finding] = diagnosis.findings.as_slice() else { panic!("{:?}", diagnosis.findings) };
    let places: Vec<&str> = finding.places.iter().map(|place| place.host.as_str()).collect();
    assert_eq!((finding.failure.id, places), ("TCP01", vec![sample::STT, sample::TTS]));
    assert_eq!((diagnosis.verdict, diagnosis.exit_code(Severity::Error)), (Verdict::Unreachable, 30));
}

#[test]
fn what_no_rule_explains_is_listed_and_still_fails() {
    let evidence = with(sample::regional(), |trace| {
        sample::untrusted(trace, FailureKind::Other, crate::diagnose::evidence::TlsFacts::default());
    });
    expect(&evidence, "unexplained tls, degraded");
    let diagnosis = diagnose(&evidence);
    assert_eq!((diagnosis.exit_code(Severity::Error), diagnosis.root_cause()), (50, None));
    // A warning at the same place does not explain a failure.
    let mut evidence = evidence;
    sample::tcp(&mut evidence.traces[0]).attempts.insert(0, sample::to("2603::1", FailureKind::TimedOut));
    expect(&evidence, "TCP06 warning, unexplained tls, degraded");
    assert_eq!(diagnose(&evidence).exit_code(Severity::Warning), 50);
}

#[test]
fn what_was_not_looked_at_is_not_well() {
    let mut evidence = with(sample::regional(), |trace| trace.websocket = Step::not_reached());
    evidence.ended = Ended::TimeUp;
    expect(&evidence, "unexplained websocket, degraded");
    let diagnosis = diagnose(&evidence);
    assert_eq!((diagnosis.unexplained_failures().count(), diagnosis.exit_code(Severity::Error)), (0, 1));
}

#[test]
fn a_service_that_is_not_offered_is_the_exit_code_of_the_configuration() {
    let mut evidence = sample::regional();
    evidence.remarks.push(Remark::new("retired", "`speaker-recognition` was retired", true));
    let diagnosis = diagnose(&evidence);
    assert_eq!((diagnosis.verdict, diagnosis.exit_code(Severity::Error)), (Verdict::Healthy, 10));
}

#[test]
fn a_selection_leaves_out_findings_and_makes_their_consequences_causes() {
    let evidence = refused_by_public_way();
    let short = |selection: Selection| {
        let diagnosis = diagnose_with(&evidence, &selection);
        let ids: Vec<_> = diagnosis.findings.iter().map(|finding| (finding.failure.id, finding.caused_by)).collect();
        (ids, diagnosis.exit_code(Severity::Error))
    };
    assert_eq!(short(Selection::default()), (vec![("DNS03", None), ("POL01", Some("DNS03"))], 20));
    assert_eq!(short(Selection::default().with_ignored(["DNS03"])), (vec![("POL01", None)], 80));
    assert_eq!(short(Selection::default().with_only(["DNS03"])), (vec![("DNS03", None)], 20));
    assert_eq!(short(Selection::default().with_only(["TLS04"])), (vec![], 0));
}

#[test]
fn a_run_of_which_every_warning_is_left_out_is_healthy() {
    let mut evidence = sample::regional();
    sample::tcp(&mut evidence.traces[0]).attempts.insert(0, sample::to("2603::1", FailureKind::TimedOut));
    expect(&evidence, "TCP06 warning, degraded");
    let diagnosis = diagnose_with(&evidence, &Selection::default().with_ignored(["TCP06"]));
    assert_eq!((diagnosis.verdict, diagnosis.exit_code(Severity::Warning)), (Verdict::Healthy, 0));
}

#[test]
fn a_service_that_names_another_host_works_only_if_that_one_does() {
    let mut evidence =
        sample::own(Scenario::CustomDomainOpen, Expectation::PublicAddress, sample::GATEWAY_CHAIN, "13.93.122.1");
    let redirect = crate::diagnose::evidence::Redirect {
        status: 200,
        host: Some(sample::STT.into()),
        is_own_cloud: true,
        ..Default::default()
    };
    evidence.traces[0].http = sample::passed(crate::diagnose::evidence::HttpFacts {
        reply: sample::reply(404, "404", "Resource not found"),
        redirect: Some(redirect),
        ..Default::default()
    });
    evidence.traces[0].websocket = Step::Skipped { because: Skip::Redirected };
    evidence.traces[0].auth = Step::Skipped { because: Skip::Redirected };
    let mut found = sample::service("speech-to-text", sample::STT, Expectation::PublicAddress);
    found.target.discovered_from = Some("speech-to-text".into());
    evidence.traces.push(found);
    expect(&evidence, "healthy");
    sample::unconnected(&mut evidence.traces[1], vec![sample::to("20.61.99.10", FailureKind::Refused)]);
    expect(&evidence, "TCP02 error, unreachable");
}

#[test]
fn a_companion_that_fails_is_a_warning() {
    let mut evidence = sample::regional();
    let mut companion = sample::companion("login.microsoftonline.com");
    sample::unconnected(&mut companion, vec![sample::to("20.190.1.1", FailureKind::TimedOut)]);
    evidence.traces.push(companion);
    expect(&evidence, "TCP01 warning, degraded");
    let diagnosis = diagnose(&evidence);
    assert_eq!(diagnosis.findings[0].places[0].service, None);
    assert_eq!((diagnosis.exit_code(Severity::Error), diagnosis.exit_code(Severity::Warning)), (0, 30));
}

#[test]
fn an_error_of_configuration_without_targets_is_unreachable() {
    let mut evidence = sample::regional();
    evidence.traces.clear();
    expect(&evidence, "healthy");
    evidence.remarks.push(Remark::new("CFG01", "`en-US` is not a region identifier", true));
    expect(&evidence, "CFG01 error, unreachable");
    assert_eq!(diagnose(&evidence).exit_code(Severity::Error), 10);
}

#[test]
fn commands_are_filled_with_what_is_known_in_the_cloud_of_the_resource() {
    let mut evidence = refused_by_public_way();
    let diagnosis = diagnose(&evidence);
    assert!(diagnosis.findings[0].commands[0].contains("-g GROUP -z privatelink.cognitiveservices.azure.com"));
    let host = "contoso.cognitiveservices.azure.us";
    evidence.resource.cloud = Some("usgov".into());
    evidence.traces[0].target.host = host.into();
    let diagnosis = diagnose(&evidence);
    let finding = &diagnosis.findings[0];
    assert!(finding.commands[0].contains("-z privatelink.cognitiveservices.azure.us"), "{:?}", finding.commands);
    assert!(finding.remedy.contains("forward `cognitiveservices.azure.us` to 168.63.129.16"), "{}", finding.remedy);
    assert!(diagnosis.findings[1].remedy.contains("make `contoso.cognitiveservices.azure.us` resolve"));
}

fn refused_by_public_way() -> Evidence {
    let evidence =
        sample::own(Scenario::PrivateEndpoint, Expectation::PrivateAddress, sample::PROXY_CHAIN, "20.50.1.7");
    with(evidence, |trace| {
        sample::answered(
            trace,
            sample::reply(403, "AccessDenied", "Public access is disabled. Please configure private endpoint."),
        );
    })
}

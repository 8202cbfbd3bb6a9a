//! Rules of configuration.

use super::super::sample::*;
use super::{expect, with};
use crate::diagnose;
use crate::diagnose::catalogue::Severity;
use crate::diagnose::evidence::{Evidence, FailureKind, Fault, HttpFacts, Redirect, Remark};
use crate::diagnose::stage::Stage;
use crate::resolve::endpoint::Expectation;
use crate::resolve::scenario::Scenario;

fn remarking(id: &str, is_error: bool) -> Evidence {
    let mut evidence = regional();
    evidence.remarks.push(Remark::new(id, "as it was given", is_error));
    evidence
}

#[test]
fn every_id_of_configuration_may_be_remarked_on() {
    for number in 1..=14 {
        let id = format!("CFG{number:02}");
        expect(&remarking(&id, true), &format!("{id} error, degraded"));
        expect(&remarking(&id, false), &format!("{id} warning, degraded"));
    }
    expect(&remarking("unlisted_region", false), "healthy");
    let mut evidence = remarking("CFG08", false);
    evidence.remarks.push(Remark::new("CFG08", "and again", false));
    let diagnosis = diagnose(&evidence);
    assert_eq!(
        (diagnosis.findings[0].observed.as_str(), diagnosis.findings[0].places.len()),
        ("as it was given; and again", 0)
    );
    assert_eq!((diagnosis.exit_code(Severity::Error), diagnosis.exit_code(Severity::Warning)), (0, 10));
}

#[test]
fn cfg02_is_a_region_that_is_a_resource() {
    let unknown = |other: Option<&str>| {
        let mut evidence = regional();
        evidence.resource.region = Some("contoso".into());
        let trace = &mut evidence.traces[0];
        trace.target.host = "contoso.stt.speech.microsoft.com".into();
        let host = trace.target.host.clone();
        unresolved(
            trace,
            FailureKind::NoSuchName,
            vec![without(answer("10.0.0.2", &host, &[], &[]), Some("NXDOMAIN"))],
        );
        let namesake = match other {
            Some(ip) => answer("10.0.0.2", OWN, PRIVATE_LINK, &[ip]),
            None => without(answer("10.0.0.2", OWN, &[], &[]), Some("NXDOMAIN")),
        };
        dns(trace).also = vec![also(OWN, namesake)];
        evidence
    };
    expect(&unknown(Some("10.1.0.4")), "CFG02 error, DNS01 error by CFG02, degraded");
    let finding = diagnose(&unknown(Some("10.1.0.4"))).findings.remove(0);
    assert_eq!(finding.commands, ["speech-endpoint resolve --custom-domain contoso"]);
    assert_eq!(
        finding.observed,
        "`contoso.stt.speech.microsoft.com` does not exist, and `contoso.cognitiveservices.azure.com` does"
    );
    expect(&unknown(None), "DNS01 error, degraded");
    assert_eq!(observed(&unknown(None), "DNS01").1, ["CFG02", "DNS02", "DNS04"]);
}

#[test]
fn cfg10_and_11_are_read_off_the_credential() {
    for (id, other) in [("CFG10", "CFG11"), ("CFG11", "CFG10")] {
        let mut evidence = regional();
        evidence.credential.as_mut().expect("a key").fault = Some(Fault::new(id, "the key has a blank"));
        expect(&evidence, &format!("{id} error, degraded"));
        assert_eq!(observed(&evidence, id).0, "the key has a blank", "{other}");
    }
}

#[test]
fn cfg11_is_an_error_where_the_service_refuses_the_token() {
    let mut evidence = alone(remarking("CFG11", false));
    denied(&mut evidence.traces[0], "entra_composed", reply(401, "401", ""), &[]);
    expect(&evidence, "CFG11 error, degraded");
    denied(&mut evidence.traces[0], "key", reply(401, "401", ""), &[]);
    expect(&evidence, "CFG11 warning, AUTH01 error, degraded");
}

#[test]
fn cfg12_is_a_key_that_only_the_own_host_accepts() {
    for status in [101, 200, 400] {
        let evidence = with(regional(), |trace| denied(trace, "key", reply(401, "401", ""), &[(OWN, "key", status)]));
        expect(&evidence, "CFG12 error, degraded");
        assert!(diagnose(&evidence).findings[0].remedy.contains("`contoso.cognitiveservices.azure.com`"));
    }
    let refused = |trace: &mut _| denied(trace, "key", reply(401, "401", ""), &[(OWN, "issued_token", 200)]);
    let evidence = with(alone(regional()), refused);
    expect(&evidence, "AUTH01 error, degraded");
}

#[test]
fn cfg14_is_the_gateway_in_place_of_the_real_time_host() {
    let not_found = |path: &str, chain, directs: bool| {
        with(own(Scenario::CustomDomainUnknown, Expectation::Either, chain, "13.93.122.1"), |trace| {
            trace.target.url = format!("wss://{OWN}{path}");
            let redirect = Redirect { status: 200, host: Some(STT.into()), ..Redirect::default() };
            let facts = HttpFacts {
                reply: reply(404, "404", "Resource not found"),
                redirect: directs.then_some(redirect),
                ..HttpFacts::default()
            };
            trace.http = failed(FailureKind::Status, facts);
            skip_from(trace, Stage::Http);
        })
    };
    let evidence = not_found("/stt/speech/universal/v2", GATEWAY_CHAIN, true);
    expect(&evidence, "CFG14 error, unreachable");
    let (text, ruled_out) = observed(&evidence, "CFG14");
    assert!(
        text.ends_with(
            "answers 404 `Resource not found`, and redirects clients to `westeurope.stt.speech.microsoft.com`"
        ),
        "{text}"
    );
    assert_eq!(ruled_out, ["CFG04", "HTTP01", "DNS03"]);
    expect(&not_found("/stt/speech/universal/v2", GATEWAY_CHAIN, false), "CFG14 error, unreachable");
    expect(&not_found("/speechtotext/transcriptions", GATEWAY_CHAIN, false), "HTTP01 error, unreachable");
    expect(&not_found("/stt/speech/universal/v2", PROXY_CHAIN, false), "HTTP01 error, unreachable");
}

//! Rules of TCP and of the proxy.

use super::super::sample::*;
use super::{expect, with};
use crate::diagnose::evidence::{
    Evidence, Failure, FailureKind, ProxyFacts, ProxyTry, Reference, RouteFacts, SniTry, Step, TlsFacts, Trace,
    UnusedProxy,
};
use crate::diagnose::stage::Stage;

fn ending(kind: FailureKind) -> Evidence {
    with(regional(), |trace| unconnected(trace, vec![to("20.61.99.10", kind)]))
}

#[test]
fn tcp01_02_04_are_told_by_how_the_attempt_ends() {
    expect(&ending(FailureKind::TimedOut), "TCP01 error, degraded");
    expect(&ending(FailureKind::Refused), "TCP02 error, degraded");
    expect(&ending(FailureKind::Reset), "TCP03 error, degraded");
    expect(&ending(FailureKind::Unreachable), "TCP04 error, degraded");
    expect(&ending(FailureKind::Other), "unexplained tcp, degraded");
    let (text, ruled_out) = observed(&ending(FailureKind::TimedOut), "TCP01");
    assert_eq!(text, "`westeurope.stt.speech.microsoft.com`: 20.61.99.10:443 (public) timed out after 2.0 s");
    assert_eq!(ruled_out, ["TCP05", "TCP02"]);
    assert_eq!(super::diagnose(&ending(FailureKind::Unreachable)).findings[0].commands, ["ip route get 20.61.99.10"]);
    // A missing address family says less than silence.
    let evidence = with(regional(), |trace| {
        unconnected(trace, vec![to("2603::7", FailureKind::Unreachable), to("20.61.99.10", FailureKind::TimedOut)]);
    });
    expect(&evidence, "TCP01 error, degraded");
}

#[test]
fn tcp03_and_tls07_differ_in_whether_another_name_survives() {
    let cut = |other: Option<Option<FailureKind>>| {
        with(regional(), |trace| {
            let other_name = other.map(|kind| SniTry {
                name: "www.microsoft.com".into(),
                failure: kind.map(|kind| Failure::new(kind, "reset by peer")),
            });
            untrusted(trace, FailureKind::Reset, TlsFacts { other_name, ..TlsFacts::default() });
        })
    };
    expect(&cut(None), "TCP03 error, degraded");
    expect(&cut(Some(Some(FailureKind::Reset))), "TCP03 error, degraded");
    expect(&cut(Some(None)), "TLS07 error, degraded");
    assert_eq!(observed(&cut(Some(Some(FailureKind::Reset))), "TCP03").1, ["TLS07", "TCP01"]);
    assert_eq!(observed(&cut(Some(None)), "TLS07").1, ["TCP03"]);
}

#[test]
fn tcp05_is_the_private_endpoint_alone() {
    let silent = |reference: Option<Option<FailureKind>>| {
        with(private(), |trace| {
            unconnected(trace, vec![to("10.1.0.4", FailureKind::TimedOut)]);
            let peer = "20.60.0.1:443".parse().unwrap();
            tcp(trace).reference =
                reference.map(|kind| Reference::new("westeurope.api.cognitive.microsoft.com", attempt(peer, kind)));
        })
    };
    expect(&silent(Some(None)), "TCP05 error, unreachable");
    expect(&silent(None), "TCP05 error, unreachable");
    expect(&silent(Some(Some(FailureKind::TimedOut))), "TCP01 error, unreachable");
    assert_eq!(observed(&silent(Some(None)), "TCP05").1, ["DNS03", "TCP01"]);
    assert!(super::diagnose(&silent(Some(None))).findings[0].remedy.contains("from this subnet to 10.1.0.4"));
    // A regional host has no private endpoint, whatever its address.
    let evidence = with(regional(), |trace| {
        resolve(trace, &[], "10.1.0.4");
        unconnected(trace, vec![to("10.1.0.4", FailureKind::TimedOut)]);
    });
    expect(&evidence, "TCP01 error, degraded");
}

/// A private address without an answer, the route to it, and what else answers, each with the candidates in their order.
#[test]
fn tcp05_and_tcp11_are_told_by_the_route_and_by_what_else_answers() {
    let (public, own, vpn) = ("51.105.1.1", "192.168.1.23", "172.16.8.2");
    let to_private = |source: Option<&str>, public_source: &str| RouteFacts {
        source: source.map(|source| source.parse().unwrap()),
        failure: source.is_none().then(|| Failure::new(FailureKind::Unreachable, "Network is unreachable")),
        public_source: public_source.parse().ok(),
    };
    let mut wrong = Vec::new();
    for (name, route, kind, change, expected, out) in [
        ("a source of its own", Some(to_private(Some(vpn), own)), FailureKind::TimedOut, Change::None, "TCP05", ""),
        ("the usual source", Some(to_private(Some(own), own)), FailureKind::TimedOut, Change::None, "TCP05 TCP11", ""),
        (
            "a public source",
            Some(to_private(Some(public), public)),
            FailureKind::TimedOut,
            Change::None,
            "TCP11 TCP05",
            "",
        ),
        ("no route", Some(to_private(None, own)), FailureKind::Unreachable, Change::None, "TCP11 TCP04", "TCP05"),
        ("no route known", None, FailureKind::Unreachable, Change::None, "TCP04", ""),
        ("rejected on the way", Some(to_private(Some(own), own)), FailureKind::Unreachable, Change::None, "TCP04", ""),
        ("nothing known", None, FailureKind::TimedOut, Change::None, "TCP05", ""),
        (
            "a neighbour answers",
            Some(to_private(Some(own), own)),
            FailureKind::TimedOut,
            Change::Neighbour,
            "TCP05",
            "TCP11",
        ),
        ("in Azure", Some(to_private(Some(own), own)), FailureKind::TimedOut, Change::InAzure, "TCP05", ""),
        ("no public host", Some(to_private(Some(own), own)), FailureKind::TimedOut, Change::NoReference, "TCP01", ""),
        ("no route at all", Some(to_private(None, own)), FailureKind::Unreachable, Change::NoReference, "TCP04", ""),
    ] {
        let mut evidence = private();
        let trace = &mut evidence.traces[0];
        let Step::Passed { found, .. } = &mut trace.dns else { panic!("it is resolved") };
        if change != Change::InAzure {
            found.servers.remove(0);
        }
        unconnected(trace, vec![to("10.1.0.4", kind)]);
        let silent = (change == Change::NoReference).then_some(FailureKind::TimedOut);
        let reference = attempt("20.190.160.2:443".parse().unwrap(), silent);
        tcp(trace).reference = Some(Reference::new("login.microsoftonline.com", reference));
        tcp(trace).route = route;
        if change == Change::Neighbour {
            let mut neighbour = evidence.traces[0].clone();
            neighbour.target.host = "contoso.openai.azure.com".into();
            resolve(&mut neighbour, &["contoso.privatelink.openai.azure.com"], "10.1.0.5");
            evidence.traces.push(neighbour);
        }
        let diagnosis = super::diagnose(&evidence);
        let found: Vec<_> = diagnosis.findings.iter().map(|finding| finding.failure.id).collect();
        let ruled_out = diagnosis.findings.iter().flat_map(|finding| &finding.ruled_out).map(|ruled| ruled.id);
        let ruled_out: Vec<_> = ruled_out.filter(|id| ["TCP05", "TCP11"].contains(id)).collect();
        let mine = if expected == "TCP01" { Vec::new() } else { ruled_out };
        if found.join(" ") != expected || mine.join(" ") != out {
            wrong.push(format!("{name}: {found:?}, ruled out {mine:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[derive(Clone, Copy, PartialEq)]
enum Change {
    None,
    Neighbour,
    InAzure,
    NoReference,
}

#[test]
fn tcp06_is_ipv6_that_hangs() {
    let both = |kind| with(regional(), |trace| tcp(trace).attempts.insert(0, to("2603:1020::7", kind)));
    expect(&both(FailureKind::TimedOut), "TCP06 warning, degraded");
    expect(&both(FailureKind::Unreachable), "healthy");
}

#[test]
fn tcp07_is_one_address_of_a_family_that_works() {
    let beside = |ip, kind| with(regional(), |trace| tcp(trace).attempts.insert(0, to(ip, kind)));
    let evidence = beside("20.61.99.9", FailureKind::TimedOut);
    expect(&evidence, "TCP07 warning, degraded");
    expect(&beside("20.61.99.9", FailureKind::Refused), "TCP07 warning, degraded");
    let (text, ruled_out) = observed(&evidence, "TCP07");
    assert!(
        text.ends_with(
            "20.61.99.9:443 (public) timed out after 2.0 s and 20.61.99.10:443 (public) connected after 11 ms"
        ),
        "{text}"
    );
    assert_eq!(ruled_out, ["TCP01", "TCP06"]);
    // A whole family that fails is another matter, and so are the addresses of a proxy.
    expect(&beside("2603:1020::7", FailureKind::Refused), "healthy");
    expect(&with(evidence, through_proxy), "healthy");
    let both = [to("20.61.99.9", FailureKind::TimedOut), to("20.61.99.10", FailureKind::TimedOut)];
    expect(&with(regional(), |trace| unconnected(trace, both.to_vec())), "TCP01 error, degraded");
}

#[test]
fn tcp08_is_this_machine_that_says_no() {
    let evidence = ending(FailureKind::NotPermitted);
    expect(&evidence, "TCP08 error, degraded");
    let (text, ruled_out) = observed(&evidence, "TCP08");
    assert!(text.ends_with("20.61.99.10:443 (public) not permitted after 2.0 s; as tried"), "{text}");
    assert_eq!(ruled_out, ["TCP01", "TCP02", "TCP04"]);
    // If only the proxy leads out, the remedy is to use it.
    let evidence = with(evidence, |trace| configured(trace, 200));
    expect(&evidence, "PXY01 error, TCP08 error by PXY01, degraded");
}

fn configured(trace: &mut Trace, status: u16) {
    let tunnel = ProxyTry { status: Some(status), ..ProxyTry::default() };
    trace.proxy = passed(ProxyFacts {
        unused: Some(UnusedProxy {
            proxy: "http://10.9.0.1:3128".into(),
            source: "HTTPS_PROXY".into(),
            because: "`--proxy none`".into(),
            tunnel,
        }),
        ..ProxyFacts::default()
    });
}

#[test]
fn pxy01_is_a_way_out_that_is_not_taken() {
    let evidence = with(ending(FailureKind::TimedOut), |trace| configured(trace, 200));
    expect(&evidence, "PXY01 error, TCP01 error by PXY01, degraded");
    let commands = &super::diagnose(&evidence).findings[0].commands;
    assert_eq!(commands[0], "export HTTPS_PROXY=http://10.9.0.1:3128");
    expect(&with(ending(FailureKind::TimedOut), |trace| configured(trace, 403)), "TCP01 error, degraded");
    expect(&with(regional(), |trace| configured(trace, 200)), "healthy");
}

fn refused(kind: FailureKind, status: u16) -> Evidence {
    with(regional(), |trace| {
        let tunnel = ProxyTry {
            status: Some(status),
            schemes: vec!["NTLM".into(), "Negotiate".into()],
            headers: vec![("via".into(), "1.1 squid".into())],
            ..ProxyTry::default()
        };
        skip_from(trace, Stage::Tcp);
        trace.proxy = failed(
            kind,
            ProxyFacts { proxy: Some("http://10.9.0.1:3128".into()), tunnel: Some(tunnel), ..ProxyFacts::default() },
        );
    })
}

#[test]
fn pxy03_and_04_are_told_by_the_status() {
    expect(&refused(FailureKind::ProxyAuth, 407), "PXY03 error, degraded");
    expect(&refused(FailureKind::ProxyRefused, 403), "PXY04 error, degraded");
    assert_eq!(
        observed(&refused(FailureKind::ProxyAuth, 407), "PXY03").0,
        "`http://10.9.0.1:3128` answers CONNECT with 407 and offers NTLM, Negotiate"
    );
    assert!(observed(&refused(FailureKind::ProxyRefused, 403), "PXY04").0.ends_with("with 403 (via: `1.1 squid`)"));
}

#[test]
fn pxy05_is_an_upgrade_that_is_lost_in_the_proxy() {
    let lost = |reply| {
        with(regional(), |trace| {
            through_proxy(trace);
            not_upgraded(trace, reply);
        })
    };
    expect(&lost(reply(200, "", "")), "PXY05 error, HTTP04 error by PXY05, degraded");
    expect(&lost(reply(426, "", "")), "PXY05 error, degraded");
    // The service itself refuses in JSON.
    expect(&lost(reply(400, "BadRequest", "language is missing")), "HTTP02 error, degraded");
    expect(&lost(reply(400, "", "")), "PXY05 error, HTTP02 error by PXY05, degraded");
    expect(&lost(reply(404, "404", "Resource not found")), "HTTP01 error, degraded");
    // Without a proxy it is HTTP04.
    expect(&with(regional(), |trace| not_upgraded(trace, reply(200, "", ""))), "HTTP04 error, degraded");
}

#[test]
fn pxy06_is_a_private_endpoint_behind_a_proxy() {
    let proxied = |direct: Option<&str>| {
        with(private(), |trace| {
            through_proxy(trace);
            if let Step::Passed { found, .. } = &mut trace.proxy {
                found.direct = direct.map(|peer| attempt(peer.parse().unwrap(), None));
            }
            answered(trace, reply(403, "AccessDenied", "Public access is disabled."));
        })
    };
    expect(&proxied(Some("10.1.0.4:443")), "PXY06 error, POL01 error by PXY06, unreachable");
    let remedy = super::diagnose(&proxied(Some("10.1.0.4:443"))).findings[0].commands[0].clone();
    assert_eq!(remedy, "export NO_PROXY=\"$NO_PROXY,contoso.cognitiveservices.azure.com\"");
    expect(&proxied(None), "POL01 error, unreachable");
    expect(&proxied(Some("20.50.1.7:443")), "POL01 error, unreachable");
    // A proxy inside the network is as good a way as any.
    expect(&with(private(), through_proxy), "healthy");
}

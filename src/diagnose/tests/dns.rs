//! Rules of name resolution.

use std::time::Duration;

use super::super::sample::*;
use super::{expect, with};
use crate::diagnose::evidence::{Address, Evidence, Failure, FailureKind, Step, SystemAnswer, Trace};
use crate::resolve::endpoint::Expectation;
use crate::resolve::scenario::Scenario;

fn nxdomain(trace: &mut Trace, chain: &[&str], soa: &str) {
    let host = trace.target.host.clone();
    let mut denied = without(answer("168.63.129.16", &host, chain, &[]), Some("NXDOMAIN"));
    denied.soa = Some(soa.into());
    unresolved(trace, FailureKind::NoSuchName, vec![denied]);
}

#[test]
fn dns01_is_a_name_that_nobody_knows() {
    let evidence = with(private(), |trace| nxdomain(trace, &[], "cognitiveservices.azure.com"));
    expect(&evidence, "DNS01 error, unreachable");
    let (text, ruled_out) = observed(&evidence, "DNS01");
    assert_eq!(
        text,
        "168.63.129.16 answers NXDOMAIN for `contoso.cognitiveservices.azure.com.` (zone `cognitiveservices.azure.com`)"
    );
    assert_eq!(ruled_out, ["DNS02", "DNS04"]);
    // The system alone knows.
    let evidence = with(private(), |trace| unresolved(trace, FailureKind::NoSuchName, Vec::new()));
    expect(&evidence, "DNS01 error, unreachable");
}

#[test]
fn dns02_is_silence_or_refusal_of_every_server() {
    for rcode in [Some("SERVFAIL"), Some("REFUSED"), None] {
        let evidence = with(private(), |trace| {
            let servers = vec![without(answer("10.0.0.2", OWN, &[], &[]), rcode)];
            unresolved(trace, FailureKind::NoAnswer, servers);
        });
        expect(&evidence, "DNS02 error, unreachable");
        let commands = &super::diagnose(&evidence).findings[0].commands;
        assert_eq!(commands[0], "dig @10.0.0.2 contoso.cognitiveservices.azure.com.");
    }
    // One server that is dead beside one that answers is not in the way.
    let evidence = with(private(), |trace| {
        let servers = &mut dns(trace).servers;
        servers[1] = without(servers[1].clone(), Some("SERVFAIL"));
    });
    expect(&evidence, "healthy");
}

#[test]
fn dns03_matters_where_a_private_address_is_expected_or_the_public_way_is_refused() {
    let evidence = own(Scenario::PrivateEndpoint, Expectation::PrivateAddress, PROXY_CHAIN, "20.50.1.7");
    expect(&evidence, "DNS03 error, degraded");
    let (text, ruled_out) = observed(&evidence, "DNS03");
    assert_eq!(
        text,
        "`contoso.cognitiveservices.azure.com` passes `contoso.privatelink.cognitiveservices.azure.com` and ends at \
         20.50.1.7 (public); 168.63.129.16 and 10.0.0.2 agree"
    );
    assert_eq!(ruled_out, ["DNS05", "DNS09"]);
    let refused = |scenario, expected| {
        with(own(scenario, expected, PROXY_CHAIN, "20.50.1.7"), |trace| {
            answered(trace, reply(403, "AccessDenied", "Public access is disabled."));
        })
    };
    expect(
        &refused(Scenario::CustomDomainUnknown, Expectation::Either),
        "DNS03 error, POL01 error by DNS03, unreachable",
    );
    expect(&refused(Scenario::ServiceEndpoint, Expectation::PublicAddress), "POL01 error, unreachable");
}

#[test]
fn dns03_explains_a_key_that_the_public_side_refuses_and_a_firewall_that_stops_the_public_way() {
    let evidence = own(Scenario::PrivateEndpoint, Expectation::PrivateAddress, PROXY_CHAIN, "20.50.1.7");
    let key = with(evidence.clone(), |trace| denied(trace, "key", reply(401, "401", "Access denied"), &[]));
    expect(&key, "DNS03 error, AUTH01 error by DNS03, unreachable");
    let blocked = with(evidence, |trace| unconnected(trace, vec![to("20.50.1.7", FailureKind::TimedOut)]));
    expect(&blocked, "DNS03 error, TCP01 error by DNS03, unreachable");
}

#[test]
fn dns04_is_denied_by_the_private_zone() {
    let evidence = with(private(), |trace| nxdomain(trace, PRIVATE_LINK, "privatelink.cognitiveservices.azure.com"));
    expect(&evidence, "DNS04 error, unreachable");
    let (text, ruled_out) = observed(&evidence, "DNS04");
    assert!(
        text.ends_with(
            "which does not exist according to 168.63.129.16 (zone `privatelink.cognitiveservices.azure.com`)"
        ),
        "{text}"
    );
    assert_eq!(ruled_out, ["DNS01", "DNS03"]);
    // A public resolver in the same list sees what the zone hides.
    let evidence = with(evidence, |trace| dns(trace).servers.push(answer("8.8.8.8", OWN, PROXY_CHAIN, &["20.50.1.7"])));
    expect(&evidence, "DNS04 error, DNS09 error by DNS04, unreachable");
}

#[test]
fn dns05_is_the_gateway_where_a_private_endpoint_is_expected() {
    let not_found = |expect, scenario| {
        with(own(scenario, expect, GATEWAY_CHAIN, "13.93.122.1"), |trace| {
            answered(trace, reply(404, "404", "Resource not found"));
        })
    };
    let evidence = not_found(Expectation::PrivateAddress, Scenario::PrivateEndpoint);
    expect(&evidence, "DNS05 error, CFG14 error by DNS05, unreachable");
    let (text, ruled_out) = observed(&evidence, "DNS05");
    assert!(text.contains("passes `westeurope.api.cognitive.microsoft.com` and ends at 13.93.122.1 (public), in the region `westeurope`"), "{text}");
    assert_eq!(ruled_out, ["DNS03"]);
    expect(&not_found(Expectation::Either, Scenario::CustomDomainUnknown), "CFG14 error, unreachable");
    // An allowed network without a private endpoint has no privatelink step either.
    expect(
        &own(Scenario::PrivateEndpoint, Expectation::PrivateAddress, &PROXY_CHAIN[1..], "20.50.1.7"),
        "DNS05 error, degraded",
    );
}

#[test]
fn dns07_is_a_system_that_says_what_no_server_says() {
    // A name policy hides the private zone.
    let evidence = with(private(), |trace| {
        let facts = dns(trace);
        facts.system.as_mut().expect("an answer").addresses = vec!["20.50.1.7".parse().unwrap()];
        facts.addresses = vec![std::net::IpAddr::from([20, 50, 1, 7]).into()];
    });
    expect(&evidence, "DNS07 error, degraded");
    let (text, ruled_out) = observed(&evidence, "DNS07");
    assert_eq!(
        text,
        "the system gives 20.50.1.7 (public) for `contoso.cognitiveservices.azure.com`; 168.63.129.16 answers 10.1.0.4 (private)"
    );
    assert_eq!(ruled_out, ["DNS09"]);
    // A VPN gives the private address that the servers do not: well, but by one way only.
    let evidence =
        with(own(Scenario::PrivateEndpoint, Expectation::PrivateAddress, PROXY_CHAIN, "20.50.1.7"), |trace| {
            let facts = dns(trace);
            facts.system.as_mut().expect("an answer").addresses = vec!["10.1.0.4".parse().unwrap()];
            facts.addresses = vec![std::net::IpAddr::from([10, 1, 0, 4]).into()];
        });
    expect(&evidence, "DNS07 warning, degraded");
    // Another public address of the same kind is load balancing.
    let evidence = with(regional(), |trace| {
        dns(trace).system.as_mut().expect("an answer").addresses = vec!["20.61.99.77".parse().unwrap()];
    });
    expect(&evidence, "healthy");
}

#[test]
fn dns07_lets_a_hosts_file_lead_to_the_private_endpoint_and_names_a_line_that_misleads() {
    let hosts = |ip: &str| {
        let mut evidence = own(Scenario::PrivateEndpoint, Expectation::PrivateAddress, PROXY_CHAIN, "20.50.1.7");
        let facts = dns(&mut evidence.traces[0]);
        facts.hosts_file = vec![ip.parse().unwrap()];
        facts.system.as_mut().expect("an answer").addresses = vec![ip.parse().unwrap()];
        facts.addresses = vec![ip.parse::<std::net::IpAddr>().unwrap().into()];
        evidence
    };
    expect(&hosts("10.1.0.4"), "healthy");
    expect(&hosts("127.0.0.1"), "DNS07 error, degraded");
    let stale = with(hosts("10.1.0.9"), |trace| unconnected(trace, vec![to("10.1.0.9", FailureKind::TimedOut)]));
    expect(&stale, "DNS07 error, TCP05 error by DNS07, unreachable");
    assert!(observed(&stale, "DNS07").0.starts_with("the hosts file gives 10.1.0.9 (private)"));
}

#[test]
fn dns09_is_servers_that_lead_to_different_kinds() {
    let mixed = |expect| {
        with(own(Scenario::CustomDomainUnknown, expect, PRIVATE_LINK, "10.1.0.4"), |trace| {
            dns(trace).servers[1] = answer("8.8.8.8", OWN, PROXY_CHAIN, &["20.50.1.7"]);
        })
    };
    expect(&mixed(Expectation::PrivateAddress), "DNS09 error, degraded");
    expect(&mixed(Expectation::Either), "DNS09 warning, degraded");
    let (text, _) = observed(&mixed(Expectation::PrivateAddress), "DNS09");
    assert_eq!(
        text,
        "`contoso.cognitiveservices.azure.com`: 168.63.129.16 answers 10.1.0.4 (private) and 8.8.8.8 answers 20.50.1.7 (public)"
    );
    // Load balancing.
    let evidence = with(regional(), |trace| dns(trace).servers[1].addresses = vec!["20.61.99.77".parse().unwrap()]);
    expect(&evidence, "healthy");
    // The wrong one was used: the refusal is its consequence.
    let evidence = with(mixed(Expectation::PrivateAddress), |trace| {
        resolve(trace, PROXY_CHAIN, "20.50.1.7");
        dns(trace).servers[1] = answer("10.0.0.2", OWN, PRIVATE_LINK, &["10.1.0.4"]);
        answered(trace, reply(403, "403", "Public access is disabled."));
    });
    expect(&evidence, "DNS09 error, POL01 error by DNS09, unreachable");
}

#[test]
fn dns13_is_an_address_that_no_service_has() {
    let sinkhole = |ip| {
        with(regional(), |trace| {
            resolve(trace, &[], ip);
            unconnected(trace, vec![to(ip, FailureKind::Refused)]);
        })
    };
    for ip in ["0.0.0.0", "127.0.0.1", "198.18.0.5", "::1"] {
        expect(&sinkhole(ip), "DNS13 error, TCP02 error by DNS13, degraded");
    }
    assert_eq!(observed(&sinkhole("0.0.0.0"), "DNS13").1, ["DNS07"]);
    // NAT64 is a translation, a container is at home.
    expect(&with(regional(), |trace| resolve(trace, &[], "64:ff9b::1432:107")), "healthy");
    let mut container = sinkhole("127.0.0.1");
    container.resource.host = Some("localhost:5000".into());
    expect(&container, "TCP02 error, degraded");
    // The hosts file is not a filter.
    let evidence = with(sinkhole("127.0.0.1"), |trace| {
        let facts = dns(trace);
        facts.hosts_file = vec!["127.0.0.1".parse().unwrap()];
        facts.servers[0] = answer("168.63.129.16", STT, &[], &["20.61.99.10"]);
        facts.servers.truncate(1);
    });
    expect(&evidence, "DNS07 error, TCP02 error by DNS07, degraded");
}

#[test]
fn a_proxy_that_resolves_leaves_no_rule_of_dns() {
    let evidence = with(regional(), |trace| {
        trace.dns = Step::Skipped { because: crate::diagnose::evidence::Skip::Proxied };
        through_proxy(trace);
    });
    expect(&evidence, "healthy");
}

#[test]
fn dns08_is_a_name_with_fewer_dots_than_ndots() {
    let searching = |ndots, search: &[&str]| {
        let mut evidence = regional();
        evidence.machine.ndots = ndots;
        evidence.machine.search = search.iter().map(|domain| (*domain).to_owned()).collect();
        evidence
    };
    let pod = ["default.svc.cluster.local", "svc.cluster.local", "cluster.local"];
    let evidence = searching(Some(5), &pod);
    expect(&evidence, "DNS08 warning, degraded");
    let (text, ruled_out) = observed(&evidence, "DNS08");
    assert!(
        text.starts_with(&format!("`{STT}` has 4 dots and `ndots` is 5: it is first looked up in `default.")),
        "{text}"
    );
    assert!(text.ends_with("`cluster.local`, which costs 6 more queries each time"), "{text}");
    assert_eq!(ruled_out, ["DNS07"]);
    // As many dots as `ndots` are enough.
    expect(&searching(Some(4), &pod), "healthy");
    expect(&searching(None, &pod), "healthy");
    expect(&searching(Some(5), &[]), "healthy");
    // A wildcard answers first.
    let name = format!("{STT}.cluster.local");
    let captured = with(searching(Some(5), &pod), |trace| {
        let also = also(&name, answer("10.0.0.2", &name, &[], &["10.9.9.9"]));
        let addresses = vec!["10.9.9.9".parse().unwrap()];
        let found = dns(trace);
        (found.also, found.addresses) = (vec![also], addresses.iter().copied().map(Address::from).collect());
        found.system = Some(SystemAnswer { addresses, ..SystemAnswer::default() });
        unconnected(trace, vec![to("10.9.9.9", FailureKind::Refused)]);
    });
    expect(&captured, "DNS08 error, DNS07 error by DNS08, TCP02 error by DNS08, degraded");
    let (text, _) = observed(&captured, "DNS08");
    assert!(text.ends_with(&format!("; `{name}` resolves to 10.9.9.9 (private), which the system uses")), "{text}");
    let mut evidence = searching(Some(5), &pod);
    for trace in &mut evidence.traces {
        dns(trace).hosts_file = dns(trace).addresses.iter().map(|address| address.ip).collect();
    }
    expect(&evidence, "healthy");
}

#[test]
fn dns10_is_an_answer_that_comes_too_late_although_it_is_there() {
    let silent = |place: usize| {
        with(regional(), |trace| {
            let failure = Failure::new(FailureKind::TimedOut, "no answer within 5000 ms");
            let servers = &mut dns(trace).servers;
            servers[place] = without(servers[place].clone(), None);
            (servers[place].failure, servers[place].took) = (Some(failure), Duration::from_secs(5));
        })
    };
    let evidence = silent(0);
    expect(&evidence, "DNS10 warning, degraded");
    let (text, ruled_out) = observed(&evidence, "DNS10");
    assert_eq!(
        text,
        format!(
            "`{STT}`: 168.63.129.16 does not answer (no answer within 5000 ms, 5.0 s), the first of the list; 10.0.0.2 \
             answers 20.61.99.10 (public) after 2 ms"
        )
    );
    assert_eq!(ruled_out, ["DNS02"]);
    // A dead server at the end of the list is waited for by nobody.
    expect(&silent(1), "healthy");
    let slow = |millis, failure: Option<Failure>| {
        with(regional(), |trace| {
            let addresses = if failure.is_some() { Vec::new() } else { vec!["20.61.99.10".parse().unwrap()] };
            dns(trace).system = Some(SystemAnswer { addresses, failure, took: Duration::from_millis(millis) });
        })
    };
    expect(&slow(5003, None), "DNS10 warning, degraded");
    assert!(observed(&slow(5003, None), "DNS10").0.starts_with("the system takes 5.0 s for `westeurope.stt"));
    expect(&slow(2100, None), "healthy");
    // An abandoned lookup is not a disagreement.
    let given_up = Failure::new(FailureKind::TimedOut, "no answer within 5000 ms");
    expect(&slow(5000, Some(given_up)), "DNS10 warning, DNS07 warning by DNS10, degraded");
}

#[test]
fn dns12_is_one_host_beside_another_that_is_known() {
    let unknown = |host: &str, is_service: bool| {
        let mut evidence = regional();
        let mut trace = if is_service { service("voices", host, Expectation::PublicAddress) } else { companion(host) };
        nxdomain(&mut trace, &[], "speech.microsoft.com");
        evidence.traces[1] = trace;
        evidence
    };
    let evidence = unknown(TTS, true);
    expect(&evidence, "DNS12 error, DNS01 error by DNS12, degraded");
    let (text, ruled_out) = observed(&evidence, "DNS12");
    assert_eq!(text, format!("`{TTS}`: no address; `{STT}` resolves to 20.61.99.10 (public)"));
    assert_eq!(ruled_out, ["CFG01", "DNS04"]);
    // A companion does not stop what has its token.
    expect(&unknown("login.microsoftonline.com", false), "DNS12 warning, DNS01 warning by DNS12, degraded");
    // Another region may not be there, and not every offering is everywhere.
    expect(&unknown("westeuropa.tts.speech.microsoft.com", true), "DNS01 error, degraded");
    expect(&unknown("westeurope.voice.speech.microsoft.com", true), "DNS01 error, degraded");
}

/// A container at a name whose address the system has, and what the only server answers.
fn container(host: &str, by_system: &str, by_server: Option<&str>) -> Evidence {
    let mut evidence = alone(regional());
    evidence.resource.host = Some(format!("{host}:5000"));
    let trace = &mut evidence.traces[0];
    trace.target.host = host.to_owned();
    trace.target.expect = Expectation::Either;
    let denied = || without(answer("10.0.0.2", host, &[], &[]), Some("NXDOMAIN"));
    let facts = dns(trace);
    facts.servers = vec![by_server.map_or_else(denied, |ip| answer("10.0.0.2", host, &[], &[ip]))];
    facts.system.as_mut().expect("an answer").addresses = vec![by_system.parse().unwrap()];
    facts.addresses = vec![by_system.parse::<std::net::IpAddr>().unwrap().into()];
    evidence
}

#[test]
fn dns07_leaves_a_container_whose_name_no_server_has_to_know() {
    for host in ["speech", "speech.local", "speech.default.svc", "speech.home.arpa"] {
        expect(&container(host, "192.168.1.20", None), "healthy");
    }
    expect(&container("speech.corp.example", "192.168.1.20", Some("20.61.99.10")), "DNS07 warning, degraded");
}

#[test]
fn dns01_of_a_container_is_about_its_host() {
    let mut evidence = container("speech.local", "192.168.1.20", None);
    nxdomain(&mut evidence.traces[0], &[], ".");
    expect(&evidence, "DNS01 error, degraded");
    let finding = super::diagnose(&evidence).findings.remove(0);
    assert!(finding.remedy.contains("`.local` is found by multicast DNS"), "{}", finding.remedy);
    assert_eq!(finding.commands, ["getent ahosts speech.local"]);
}

#[test]
fn dns14_is_a_machine_without_a_server_whose_lookup_fails() {
    let lost = |kind, lacks, system: &str| {
        let mut evidence = with(private(), |trace| unresolved(trace, kind, Vec::new()));
        evidence.machine.lacks_name_servers = lacks;
        evidence.machine.system = Some(system.to_owned());
        evidence
    };
    for kind in [FailureKind::NoAnswer, FailureKind::TimedOut] {
        expect(&lost(kind, Some(true), "linux"), "DNS14 error, unreachable");
    }
    let (text, ruled_out) = observed(&lost(FailureKind::TimedOut, Some(true), "linux"), "DNS14");
    assert!(
        text.starts_with(&format!("this machine has no DNS server, and the lookup of `{OWN}` ends with: ")),
        "{text}"
    );
    assert_eq!(ruled_out, ["DNS02"]);
    expect(&lost(FailureKind::NoAnswer, Some(false), "linux"), "DNS02 error, unreachable");
    expect(&lost(FailureKind::NoAnswer, None, "linux"), "DNS02 error, unreachable");
    // The system has an answer of its own, by a module that needs no server; Windows says the same where nobody was asked.
    expect(&lost(FailureKind::NoSuchName, Some(true), "linux"), "DNS01 error, unreachable");
    assert_eq!(found(&lost(FailureKind::NoSuchName, Some(true), "windows"))[0], "DNS14 error");
    // A lookup that succeeds without a server does not fail.
    let mut known = private();
    known.machine.lacks_name_servers = Some(true);
    expect(&known, "healthy");
}

#[test]
fn commands_are_those_of_the_system_of_the_evidence() {
    let disagreeing = |system: Option<&str>| {
        let mut evidence = with(private(), |trace| {
            let facts = dns(trace);
            facts.system.as_mut().expect("an answer").addresses = vec!["20.50.1.7".parse().unwrap()];
            facts.addresses = vec![std::net::IpAddr::from([20, 50, 1, 7]).into()];
        });
        evidence.machine.system = system.map(str::to_owned);
        super::diagnose(&evidence).findings.remove(0).commands
    };
    let posix = [format!("getent ahosts {OWN}"), format!("dig {OWN}.")];
    for system in [None, Some("linux"), Some("freebsd")] {
        assert_eq!(disagreeing(system), posix, "{system:?}");
    }
    assert_eq!(
        disagreeing(Some("windows")),
        [
            format!("Resolve-DnsName {OWN}"),
            r"Get-Content $env:SystemRoot\System32\drivers\etc\hosts".to_owned(),
            "Get-DnsClientNrptPolicy -Effective".to_owned(),
            format!("Resolve-DnsName {OWN} -DnsOnly -NoHostsFile"),
        ]
    );
    assert_eq!(
        disagreeing(Some("macos")),
        [format!("dscacheutil -q host -a name {OWN}"), "scutil --dns".to_owned(), format!("dig {OWN}.")]
    );
}

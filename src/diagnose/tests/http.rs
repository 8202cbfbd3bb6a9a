//! Rules of HTTP, of the network policy and of the quota.

use super::super::sample::*;
use super::{expect, with};
use crate::diagnose::evidence::{Evidence, HttpFacts, MetadataFacts, Redirect, Reply, Step, Trace};
use crate::resolve::endpoint::Expectation;
use crate::resolve::scenario::Scenario;
use crate::{Severity, diagnose};

fn refusing(reply: Reply) -> Evidence {
    with(regional(), |trace| not_upgraded(trace, reply))
}

#[test]
fn http01_is_a_path_that_is_not_there() {
    expect(&refusing(reply(404, "404", "Resource not found")), "HTTP01 error, degraded");
    let (text, _) = observed(&refusing(reply(404, "404", "Resource not found")), "HTTP01");
    assert_eq!(text, "`westeurope.stt.speech.microsoft.com` answers 404 `Resource not found`");
}

#[test]
fn http02_is_a_bad_request_and_not_a_wrong_kind_of_credential() {
    let evidence = with(refusing(reply(400, "InvalidRequest", "language")), |trace| {
        trace.target.url =
            format!("wss://{STT}/speech/recognition/interactive/cognitiveservices/v1?cid=a&format=simple");
    });
    expect(&evidence, "HTTP02 error, degraded");
    let (text, ruled_out) = observed(&evidence, "HTTP02");
    assert_eq!(text, format!("`{STT}` answers 400 `InvalidRequest` `language` to the upgrade with `cid` and `format`"));
    assert_eq!(ruled_out, ["AUTH02", "PXY05"]);
    let token = |form, text| with(regional(), |trace| denied(trace, form, reply(400, "BadRequest", text), &[]));
    expect(&token("issued_token", "the token is malformed"), "HTTP02 error, degraded");
    let key = "Please provide a custom subdomain for token authentication, otherwise API key is required.";
    expect(&token("entra", key), "AUTH02 error, degraded");
    let mut page = reply(400, "", "<html>");
    page.headers.push(("content-type".into(), "text/html".into()));
    expect(&refusing(page), "unexplained websocket, degraded");
    // The token says itself what is wrong with it.
    let mut evidence = token("issued_token", "the token is malformed");
    claims(&mut evidence, "urn:ms.speech", -60);
    expect(&evidence, "AUTH06 error, HTTP02 error by AUTH06, degraded");
}

fn directed(trace: &mut Trace, host: &str) {
    let redirect = Redirect { status: 200, host: Some(host.into()), is_own_cloud: true, ..Redirect::default() };
    trace.http = passed(HttpFacts { reply: reply(401, "", ""), redirect: Some(redirect), ..HttpFacts::default() });
}

#[test]
fn http03_is_a_redirect_that_nobody_set_out_to_follow() {
    let evidence = with(private(), |trace| directed(trace, STT));
    expect(&evidence, "HTTP03 error, degraded");
    let evidence =
        with(own(Scenario::ServiceEndpoint, Expectation::PublicAddress, PROXY_CHAIN, "20.50.1.7"), |trace| {
            directed(trace, STT);
        });
    expect(&evidence, "HTTP03 warning, degraded");
    expect(&with(private(), |trace| directed(trace, OWN)), "healthy");
    let mut moved = reply(301, "", "");
    moved.headers.push(("location".into(), format!("https://{STT}/stt/speech/universal/v2?x=y")));
    let evidence =
        with(own(Scenario::ServiceEndpoint, Expectation::PublicAddress, PROXY_CHAIN, "20.50.1.7"), |trace| {
            not_upgraded(trace, moved);
        });
    expect(&evidence, "HTTP03 error, unreachable");
    let (text, _) = observed(&evidence, "HTTP03");
    assert!(text.ends_with("answers 301 and redirects to `westeurope.stt.speech.microsoft.com`"), "{text}");
}

#[test]
fn http04_is_an_answer_in_place_of_a_socket() {
    let evidence = refusing(reply(200, "", ""));
    expect(&evidence, "HTTP04 error, degraded");
    assert_eq!(observed(&evidence, "HTTP04").1, ["PXY05", "AUTH01"]);
    expect(&with(regional(), |trace| answered(trace, reply(200, "", "<html>"))), "HTTP04 error, degraded");
}

#[test]
fn http05_is_a_page_of_somebody_else() {
    let page = |status, body: &str| {
        let mut page = reply(status, "", body);
        page.headers = vec![("content-type".into(), "text/html".into()), ("server".into(), "gate".into())];
        page
    };
    let to_all = |reply| with(regional(), |trace| answered(trace, reply));
    let evidence = to_all(page(200, "<title>Please sign in</title>"));
    expect(&evidence, "HTTP05 error, degraded");
    assert_eq!(
        observed(&evidence, "HTTP05").0,
        format!(
            "`{STT}` answers 200 (with `server` `gate`): the page `Please sign in` with the words `sign in`; the certificate \
             is issued by `Microsoft Azure RSA TLS Issuing CA 04` of `Microsoft Corporation`"
        )
    );
    assert_eq!(observed(&evidence, "HTTP05").1, ["HTTP04", "TLS01", "POL02"]);
    expect(&to_all(page(404, "blocked by the filter")), "HTTP05 error, HTTP01 error by HTTP05, degraded");
    expect(&to_all(page(503, "blocked by the filter")), "HTTP05 error, HTTP06 error by HTTP05, degraded");
    // Where the plain request reaches the service, the upgrade is what is answered with 200.
    expect(&refusing(page(200, "Please sign in")), "HTTP05 error, HTTP04 error by HTTP05, degraded");
    expect(&refusing(page(200, "It works")), "HTTP04 error, degraded");
    expect(&to_all(page(200, "It works")), "HTTP04 error, degraded");
    let moved = |host: &str| {
        let mut moved = reply(302, "", "");
        moved.headers.push(("location".into(), format!("https://{host}/")));
        to_all(moved)
    };
    expect(&moved("portal.contoso.example"), "HTTP05 error, degraded");
    assert_eq!(observed(&moved("portal.contoso.example"), "HTTP05").1, ["HTTP04", "TLS01", "HTTP03", "POL02"]);
    // Another host is not yet a portal.
    expect(&moved("speech.contoso.example"), "HTTP03 error, degraded");
    expect(&moved(TTS), "HTTP03 error, degraded");
}

#[test]
fn http06_is_trouble_of_the_service() {
    let mut down = reply(503, "", "");
    down.headers = vec![("retry-after".into(), "30".into()), ("apim-request-id".into(), "abc".into())];
    let evidence = refusing(down);
    expect(&evidence, "HTTP06 error, degraded");
    assert!(observed(&evidence, "HTTP06").0.ends_with("503, `Retry-After: 30`, `apim-request-id: abc`"));
    assert_eq!(diagnose(&evidence).exit_code(Severity::Error), 60);
}

fn policy(scenario: Scenario, expect: Expectation, chain: &[&str], ip: &str, text: &str) -> Evidence {
    with(own(scenario, expect, chain, ip), |trace| answered(trace, reply(403, "AccessDenied", text)))
}

const FIREWALL: &str = "Access denied due to Virtual Network/Firewall rules.";

#[test]
fn pol01_02_03_04_are_told_by_the_answer_and_the_resource() {
    let public = |scenario, text| policy(scenario, Expectation::PublicAddress, PROXY_CHAIN, "20.50.1.7", text);
    expect(&public(Scenario::DisabledUnreachable, "Public access is disabled."), "POL01 error, unreachable");
    expect(&public(Scenario::CustomDomainSelectedIpOnly, FIREWALL), "POL02 error, POL03 error, unreachable");
    expect(&public(Scenario::ServiceEndpoint, FIREWALL), "POL03 error, POL02 error, unreachable");
    // Without a text the scenario decides.
    expect(&public(Scenario::DisabledUnreachable, ""), "POL01 error, unreachable");
    expect(&public(Scenario::CustomDomainLocked, ""), "POL02 error, POL03 error, unreachable");
    let evidence = public(Scenario::CustomDomainSelectedIpOnly, FIREWALL);
    assert_eq!(observed(&evidence, "POL02").1, ["AUTH01", "POL01"]);
    assert_eq!(
        observed(&evidence, "POL02").0,
        "`contoso.cognitiveservices.azure.com` at 20.50.1.7 (public) answers 403 `AccessDenied` \
         `Access denied due to Virtual Network/Firewall rules.`; 168.63.129.16 answers, so this machine is in Azure"
    );
    assert!(diagnose(&evidence).findings[0].commands[2].ends_with("-n NAME -g GROUP --ip-address ADDRESS"));
    // Through the private endpoint it is not public access that is disabled, but the endpoint that is not approved.
    let evidence = policy(
        Scenario::PrivateEndpoint,
        Expectation::PrivateAddress,
        PRIVATE_LINK,
        "10.1.0.4",
        "Traffic is not from an approved private endpoint.",
    );
    expect(&evidence, "POL04 error, unreachable");
    assert_eq!(observed(&evidence, "POL04").1, ["AUTH01", "DNS03", "POL01"]);
    let evidence = policy(
        Scenario::PrivateEndpoint,
        Expectation::PrivateAddress,
        PRIVATE_LINK,
        "10.1.0.4",
        "Public access is disabled.",
    );
    expect(&evidence, "unexplained http, unreachable");
    // A regional host has no network rules; a page is not the service.
    expect(&with(regional(), |trace| answered(trace, reply(403, "", ""))), "unexplained http, degraded");
    let mut page = reply(403, "", "blocked by the firewall");
    page.headers.push(("content-type".into(), "text/html".into()));
    expect(&with(private(), |trace| answered(trace, page)), "HTTP05 error, unreachable");
}

/// What shows whether the caller is in Azure.
#[derive(Clone, Copy, Debug)]
enum Sign {
    Nothing,
    Resolver,
    Metadata,
    NoMetadata,
}

fn show(evidence: &mut Evidence, sign: Sign) {
    let metadata = |is_azure| Some(MetadataFacts { is_azure, ..MetadataFacts::default() });
    if let (false, Step::Passed { found, .. }) = (matches!(sign, Sign::Resolver), &mut evidence.traces[0].dns) {
        found.servers.retain(|answer| answer.server.ip().to_string() != "168.63.129.16");
    }
    match sign {
        Sign::Nothing | Sign::Resolver => {}
        Sign::Metadata => evidence.machine.metadata = metadata(true),
        Sign::NoMetadata => evidence.machine.metadata = metadata(false),
    }
}

/// The mode of the resource, the source address and the signs of Azure order the candidates for one response; a fact alone
/// rules one out.
#[test]
fn pol02_and_pol03_are_candidates_unless_a_fact_rules_one_out() {
    let mut wrong = Vec::new();
    for (scenario, usual) in [
        (Scenario::CustomDomainUnknown, "POL02 POL03"),
        (Scenario::CustomDomainOpen, "POL03 POL02"),
        (Scenario::CustomDomainSelectedIpOnly, "POL02 POL03"),
        (Scenario::CustomDomainLocked, "POL02 POL03"),
        (Scenario::ServiceEndpoint, "POL03 POL02"),
        (Scenario::PrivateAndServiceEndpoint, "POL03 POL02"),
    ] {
        for source in
            [None, Some("10.1.2.3"), Some("100.64.0.9"), Some("127.0.0.1"), Some("203.0.113.7"), Some("198.51.101.7")]
        {
            for sign in [Sign::Nothing, Sign::Resolver, Sign::Metadata, Sign::NoMetadata] {
                let is_public = source.is_some_and(|source| source.starts_with("203.") || source.starts_with("198."));
                // No subnet gives a machine a public address, and no machine outside Azure has a subnet.
                let expected = match (is_public, sign) {
                    (true, _) => "POL02",
                    (false, Sign::NoMetadata) => "POL02 POL03",
                    (false, _) => usual,
                };
                let mut evidence = policy(scenario, Expectation::PublicAddress, PROXY_CHAIN, "20.50.1.7", FIREWALL);
                show(&mut evidence, sign);
                if let Step::Passed { found, .. } = &mut evidence.traces[0].tcp {
                    found.local = source.map(|source| source.parse().unwrap());
                }
                let diagnosis = diagnose(&evidence);
                let found: Vec<_> = diagnosis.findings.iter().map(|finding| finding.failure.id).collect();
                let ruled_out = diagnosis.findings.iter().flat_map(|finding| &finding.ruled_out);
                let candidates: Vec<_> =
                    ruled_out.map(|ruled| ruled.id).filter(|id| ["POL02", "POL03"].contains(id)).collect();
                let expected_out: &[&str] = if expected == "POL02" { &["POL03"] } else { &[] };
                let ranks: Vec<u8> = diagnosis.findings.iter().map(|finding| finding.rank).collect();
                if found.join(" ") != expected || candidates != expected_out || ranks != [0, 1][..found.len()] {
                    wrong.push(format!("{scenario:?} from {source:?}, {sign:?}: {found:?}, ruled out {candidates:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every mode prints one command that decides, and the sentences that belong to it.
#[test]
fn pol02_and_pol03_say_what_decides_and_what_a_change_costs() {
    let remedy = |scenario, id: &str, change: &dyn Fn(&mut Evidence)| {
        let mut evidence = policy(scenario, Expectation::PublicAddress, PROXY_CHAIN, "20.50.1.7", FIREWALL);
        change(&mut evidence);
        let diagnosis = diagnose(&evidence);
        let finding = diagnosis.findings.into_iter().find(|finding| finding.failure.id == id).expect("it is there");
        (finding.remedy, finding.commands)
    };
    let decides = "az network vnet subnet show --ids SUBNET_ID --query \"serviceEndpoints[].service\" -o tsv";
    for scenario in [
        Scenario::CustomDomainUnknown,
        Scenario::CustomDomainOpen,
        Scenario::CustomDomainSelectedIpOnly,
        Scenario::ServiceEndpoint,
        Scenario::PrivateAndServiceEndpoint,
    ] {
        for id in ["POL02", "POL03"] {
            let (text, commands) = remedy(scenario, id, &|_| ());
            assert!(text.contains("takes up to 15 minutes") && text.contains("to decide"), "{scenario:?} {id}: {text}");
            assert_eq!(commands[0], decides, "{scenario:?} {id}");
        }
        let (text, _) = remedy(scenario, "POL03", &|_| ());
        for sentence in ["switches the source address", "closes open connections", "every Azure AI services resource"] {
            assert!(text.contains(sentence), "{scenario:?}: {sentence}: {text}");
        }
        assert!(text.contains("the subnet of the appliance counts"), "{scenario:?}: {text}");
    }
    let (text, _) = remedy(Scenario::ServiceEndpoint, "POL03", &|_| ());
    assert!(text.contains("The portal enables the service endpoint by itself"), "{text}");
    assert!(text.contains("can never use a service endpoint") && text.contains("ExpressRoute"), "{text}");
    let (text, _) = remedy(Scenario::CustomDomainOpen, "POL03", &|_| ());
    assert!(text.contains("*All networks*, connect through a private endpoint instead"), "{text}");
    // The subnets that the resource allows are filled in where a command reads one, and only there.
    let subnet = |name: &str| {
        format!("/subscriptions/1/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/{name}")
    };
    let (_, commands) = remedy(Scenario::ServiceEndpoint, "POL03", &|evidence| {
        evidence.resource.allowed_subnets = vec![subnet("app"), "x; reboot".to_owned(), subnet("batch")];
    });
    assert_eq!(commands[..2], ["app", "batch"].map(|name| decides.replace("SUBNET_ID", &subnet(name))));
    assert!(commands[3].ends_with("--subnet SUBNET_ID"), "{commands:?}");
}

#[test]
fn quo02_is_a_403_that_names_the_quota() {
    let evidence = refusing(reply(403, "403", "Out of call volume quota. Quota will be replenished in 12.03:24:11."));
    expect(&evidence, "QUO02 error, degraded");
    assert_eq!(observed(&evidence, "QUO02").1, ["AUTH01", "POL02", "QUO01"]);
    let evidence = with(private(), |trace| denied(trace, "key", reply(403, "403", "Out of call volume quota."), &[]));
    expect(&evidence, "QUO02 error, unreachable");
}

#[test]
fn quo01_is_a_warning_that_explains() {
    let mut evidence = regional();
    for trace in &mut evidence.traces {
        not_upgraded(trace, reply(429, "429", "Rate limit is exceeded. Try again in 3 seconds."));
    }
    expect(&evidence, "QUO01 warning, degraded");
    assert_eq!(
        (diagnose(&evidence).exit_code(Severity::Error), diagnose(&evidence).exit_code(Severity::Warning)),
        (0, 90)
    );
}

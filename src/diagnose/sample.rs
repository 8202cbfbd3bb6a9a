//! Evidence built by hand: healthy to begin with, a test changes what its failure changes.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

use super::diagnose;
use crate::diagnose::evidence::{
    Address, Alias, Attempt, AuthFacts, AuthTry, Certificate, Claims, CredentialFacts, DnsFacts, Ended, Evidence,
    Failure, FailureKind, HttpFacts, MachineFacts, NameAnswer, ProxyFacts, Reply, ResourceFacts, Retry, SchemaVersion,
    ServerAnswer, Skip, Step, SystemAnswer, TargetFacts, TcpFacts, TlsFacts, Trace, Transport, TrustFacts,
    UpgradeFacts,
};
use crate::diagnose::stage::Stage;
use crate::resolve::endpoint::Expectation;
use crate::resolve::scenario::Scenario;

pub(super) const OWN: &str = "contoso.cognitiveservices.azure.com";
pub(super) const STT: &str = "westeurope.stt.speech.microsoft.com";
pub(super) const TTS: &str = "westeurope.tts.speech.microsoft.com";
pub(super) const PRIVATE_LINK: &[&str] = &["contoso.privatelink.cognitiveservices.azure.com"];
pub(super) const PROXY_CHAIN: &[&str] = &[
    "contoso.privatelink.cognitiveservices.azure.com",
    "westeurope.prod.vnet.cog.trafficmanager.net",
    "vnetproxyv1-weu-prod.westeurope.cloudapp.azure.com",
];
pub(super) const GATEWAY_CHAIN: &[&str] =
    &["westeurope.api.cognitive.microsoft.com", "cognitiveweprod.trafficmanager.net"];

/// What is found, each in short: `DNS03 error`, `POL01 error by DNS03`, `unexplained tls`, and the verdict at the end.
pub(super) fn found(evidence: &Evidence) -> Vec<String> {
    let diagnosis = diagnose(evidence);
    let finding = |finding: &super::Finding| {
        let by = finding.caused_by.map(|id| format!(" by {id}")).unwrap_or_default();
        format!("{} {}{by}", finding.failure.id, finding.severity)
    };
    let mut found: Vec<String> = diagnosis.findings.iter().map(finding).collect();
    found.extend(diagnosis.unexplained.iter().map(|unexplained| format!("unexplained {}", unexplained.stage)));
    found.push(diagnosis.verdict.to_string());
    found
}

/// The observed sentence of a finding, after a look that it can be read, and the ids that it rules out.
pub(super) fn observed(evidence: &Evidence, id: &str) -> (String, Vec<&'static str>) {
    let diagnosis = diagnose(evidence);
    let finding = diagnosis.findings.iter().find(|finding| finding.failure.id == id).expect("the finding is there");
    let text = finding.observed.clone();
    assert!(!text.ends_with('.') && !text.contains("  ") && text.matches('`').count() % 2 == 0, "{text}");
    (text, finding.ruled_out.iter().map(|ruled_out| ruled_out.id).collect())
}

/// A regional resource, all well, with a key.
pub(super) fn regional() -> Evidence {
    let traces = vec![
        service("speech-to-text", STT, Expectation::PublicAddress),
        service("text-to-speech-websocket", TTS, Expectation::PublicAddress),
    ];
    let resource = ResourceFacts {
        region: Some("westeurope".into()),
        scenario: Some(Scenario::Regional),
        title: "regional".into(),
        ..resource()
    };
    evidence(resource, traces)
}

/// A resource with a private endpoint, all well, with a key.
pub(super) fn private() -> Evidence {
    let mut trace = service("speech-to-text", OWN, Expectation::PrivateAddress);
    trace.target.is_own_host = true;
    trace.target.url = format!("wss://{OWN}/stt/speech/universal/v2");
    resolve(&mut trace, PRIVATE_LINK, "10.1.0.4");
    let resource = ResourceFacts {
        custom_domain: Some("contoso".into()),
        scenario: Some(Scenario::PrivateEndpoint),
        title: "custom domain, private endpoint".into(),
        ..resource()
    };
    evidence(resource, vec![trace])
}

/// The same with another expectation and scenario.
pub(super) fn own(scenario: Scenario, expect: Expectation, chain: &[&str], ip: &str) -> Evidence {
    let mut evidence = private();
    evidence.resource.scenario = Some(scenario);
    evidence.traces[0].target.expect = expect;
    resolve(&mut evidence.traces[0], chain, ip);
    evidence
}

fn resource() -> ResourceFacts {
    ResourceFacts {
        cloud: Some("public".into()),
        private_zone: Some("privatelink.cognitiveservices.azure.com".into()),
        custom_zone: Some("cognitiveservices.azure.com".into()),
        token_scope: Some("https://cognitiveservices.azure.com/.default".into()),
        ..ResourceFacts::default()
    }
}

fn evidence(resource: ResourceFacts, traces: Vec<Trace>) -> Evidence {
    let credential = CredentialFacts {
        kind: "key".into(),
        length: 84,
        fingerprint: "9f3a61c2".into(),
        ..CredentialFacts::default()
    };
    Evidence {
        schema_version: SchemaVersion,
        observed_at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600),
        took: Duration::from_millis(40),
        ended: Ended::Complete,
        resource,
        credential: Some(credential),
        second_key: None,
        machine: MachineFacts::default(),
        remarks: Vec::new(),
        traces,
    }
}

/// A WebSocket service that works.
pub(super) fn service(id: &str, host: &str, expect: Expectation) -> Trace {
    let mut trace = Trace::new(TargetFacts {
        service: Some(id.into()),
        host: host.into(),
        port: 443,
        url: format!("wss://{host}/stt/speech/universal/v2"),
        expect,
        is_websocket: true,
        ..TargetFacts::default()
    });
    resolve(&mut trace, &["stt-weu.trafficmanager.net"], "20.61.99.10");
    trace.proxy = Step::Skipped { because: Skip::NoProxy };
    let trust = TrustFacts { verified: true, ..TrustFacts::default() };
    trace.tls = passed(TlsFacts { chain: vec![leaf(host)], trust: Some(trust), ..TlsFacts::default() });
    trace.http = passed(HttpFacts { reply: reply(401, "401", "Access denied"), ..HttpFacts::default() });
    trace.websocket =
        passed(UpgradeFacts { reply: reply(101, "", ""), with_credential: true, ..UpgradeFacts::default() });
    trace.auth = passed(AuthFacts { form: "key".into(), reply: reply(101, "", ""), ..AuthFacts::default() });
    trace
}

/// A companion that can be reached.
pub(super) fn companion(host: &str) -> Trace {
    let mut trace = service("", host, Expectation::PublicAddress);
    trace.target.service = None;
    trace.target.is_websocket = false;
    trace.websocket = Step::Skipped { because: Skip::ReachableOnly };
    trace.auth = Step::Skipped { because: Skip::ReachableOnly };
    trace
}

/// Lets two servers and the system resolve the host by this chain to this address, and a connection go there.
pub(super) fn resolve(trace: &mut Trace, chain: &[&str], ip: &str) {
    let host = trace.target.host.clone();
    let ip: IpAddr = ip.parse().expect("an address");
    let servers = ["168.63.129.16", "10.0.0.2"].map(|server| answer(server, &host, chain, &[&ip.to_string()]));
    trace.dns = passed(DnsFacts {
        system: Some(SystemAnswer { addresses: vec![ip], ..SystemAnswer::default() }),
        servers: servers.to_vec(),
        addresses: vec![Address::from(ip)],
        ..DnsFacts::default()
    });
    let peer = SocketAddr::new(ip, 443);
    trace.tcp = passed(TcpFacts { attempts: vec![attempt(peer, None)], connected: Some(peer), ..TcpFacts::default() });
}

/// What a server answers: a chain and addresses.
pub(super) fn answer(server: &str, host: &str, chain: &[&str], ips: &[&str]) -> ServerAnswer {
    let names: Vec<&str> = std::iter::once(host).chain(chain.iter().copied()).collect();
    let alias = |pair: &[&str]| Alias { name: pair[0].into(), target: pair[1].into(), ttl: 60 };
    ServerAnswer {
        server: SocketAddr::new(server.parse().expect("an address"), 53),
        transport: Transport::Udp,
        rcode: Some("NOERROR".into()),
        failure: None,
        chain: names.windows(2).map(alias).collect(),
        addresses: ips.iter().map(|ip| ip.parse().expect("an address")).collect(),
        soa: None,
        took: Duration::from_millis(2),
    }
}

/// The same server without an answer of use: with this response code, or silent.
pub(super) fn without(mut answer: ServerAnswer, rcode: Option<&str>) -> ServerAnswer {
    answer.rcode = rcode.map(str::to_owned);
    answer.addresses.clear();
    answer
}

/// A lookup that fails, with what the servers said.
pub(super) fn unresolved(trace: &mut Trace, kind: FailureKind, servers: Vec<ServerAnswer>) {
    let failure = Failure::new(kind, "no address");
    let system = SystemAnswer { failure: Some(failure.clone()), ..SystemAnswer::default() };
    let facts = DnsFacts { system: Some(system), servers, ..DnsFacts::default() };
    trace.dns = Step::Failed { failure, found: Some(facts), took: Duration::from_millis(5) };
    skip_from(trace, Stage::Dns);
}

/// The facts of a lookup, to change.
pub(super) fn dns(trace: &mut Trace) -> &mut DnsFacts {
    match &mut trace.dns {
        Step::Passed { found, .. } | Step::Failed { found: Some(found), .. } => found,
        _ => panic!("the lookup has facts"),
    }
}

/// Connections that end like this.
pub(super) fn unconnected(trace: &mut Trace, attempts: Vec<Attempt>) {
    let failure = attempts.iter().find_map(|attempt| attempt.failure.clone()).expect("a failure");
    trace.tcp = failed(failure.kind, TcpFacts { attempts, ..TcpFacts::default() });
    skip_from(trace, Stage::Tcp);
}

/// The facts of the connection, to change.
pub(super) fn tcp(trace: &mut Trace) -> &mut TcpFacts {
    match &mut trace.tcp {
        Step::Passed { found, .. } | Step::Failed { found: Some(found), .. } => found,
        _ => panic!("the connection has facts"),
    }
}

pub(super) fn attempt(peer: SocketAddr, kind: Option<FailureKind>) -> Attempt {
    let failure = kind.map(|kind| Failure::new(kind, "as tried"));
    Attempt { peer, failure, took: Duration::from_millis(if kind.is_some() { 2000 } else { 11 }) }
}

/// One attempt that ends like this.
pub(super) fn to(ip: &str, kind: FailureKind) -> Attempt {
    attempt(SocketAddr::new(ip.parse().expect("an address"), 443), Some(kind))
}

/// A proxy that opened a tunnel.
pub(super) fn through_proxy(trace: &mut Trace) {
    let tunnel = crate::diagnose::evidence::ProxyTry { status: Some(200), ..Default::default() };
    trace.proxy = passed(ProxyFacts {
        proxy: Some("http://10.9.0.1:3128".into()),
        source: Some("HTTPS_PROXY".into()),
        tunnel: Some(tunnel),
        ..ProxyFacts::default()
    });
}

/// A handshake that ends like this.
pub(super) fn untrusted(trace: &mut Trace, kind: FailureKind, facts: TlsFacts) {
    trace.tls = failed(kind, facts);
    skip_from(trace, Stage::Tls);
}

/// A plain request that is refused like this.
pub(super) fn answered(trace: &mut Trace, reply: Reply) {
    trace.http = failed(FailureKind::Status, HttpFacts { reply, ..HttpFacts::default() });
    skip_from(trace, Stage::Http);
}

/// An upgrade that is refused like this.
pub(super) fn not_upgraded(trace: &mut Trace, reply: Reply) {
    trace.websocket = failed(FailureKind::Status, UpgradeFacts { reply, ..UpgradeFacts::default() });
    skip_from(trace, Stage::WebSocket);
}

/// A credential of this form that is refused like this.
pub(super) fn denied(trace: &mut Trace, form: &str, reply: Reply, tries: &[(&str, &str, u16)]) {
    let tries = tries.iter().map(|(host, form, status)| AuthTry {
        retry: if *form == "issued_token" { Retry::IssueToken } else { Retry::OwnHost },
        host: (*host).into(),
        form: (*form).into(),
        status: Some(*status),
    });
    let facts = AuthFacts { form: form.into(), reply, tries: tries.collect(), issued: None };
    trace.auth = failed(FailureKind::Denied, facts);
}

/// Leaves the credential to the first target alone.
pub(super) fn alone(mut evidence: Evidence) -> Evidence {
    for trace in evidence.traces.iter_mut().skip(1) {
        trace.auth = Step::Skipped { because: Skip::NoCredential };
    }
    evidence
}

/// What a token says.
pub(super) fn claims(evidence: &mut Evidence, aud: &str, left: i64) {
    let claims = Claims {
        aud: Some(aud.into()),
        exp: Some(1_767_225_600 + left),
        principal: Some("0f0f0f0f…".into()),
        ..Claims::default()
    };
    let credential =
        CredentialFacts { kind: "Entra token".into(), length: 1200, claims: Some(claims), ..Default::default() };
    evidence.credential = Some(credential);
}

/// A lookup of another name.
pub(super) fn also(name: &str, answer: ServerAnswer) -> NameAnswer {
    NameAnswer { name: name.into(), answer }
}

pub(super) fn reply(status: u16, code: &str, message: &str) -> Reply {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Reply { status, code: text(code), message: text(message), ..Reply::default() }
}

pub(super) fn leaf(host: &str) -> Certificate {
    Certificate {
        subject: host.into(),
        issuer: "Microsoft Azure RSA TLS Issuing CA 04".into(),
        organization: Some("Microsoft Corporation".into()),
        names: vec![host.into()],
        not_before: 1_760_000_000,
        not_after: 1_775_000_000,
        names_its_issuer: false,
        crl_urls: Vec::new(),
        ocsp_urls: Vec::new(),
        sha256: "ab".repeat(32),
    }
}

pub(super) fn passed<T>(found: T) -> Step<T> {
    Step::Passed { found, took: Duration::from_millis(3) }
}

pub(super) fn failed<T>(kind: FailureKind, found: T) -> Step<T> {
    Step::Failed { failure: Failure::new(kind, "it failed"), found: Some(found), took: Duration::from_millis(3) }
}

/// Skips every stage after the one that failed.
pub(super) fn skip_from(trace: &mut Trace, failed: Stage) {
    let because = Skip::After(failed);
    if failed < Stage::Tcp {
        trace.tcp = Step::Skipped { because };
    }
    if failed < Stage::Tls {
        trace.tls = Step::Skipped { because };
    }
    if failed < Stage::Http {
        trace.http = Step::Skipped { because };
    }
    if failed < Stage::WebSocket {
        trace.websocket = Step::Skipped { because };
    }
    trace.auth = Step::Skipped { because };
}

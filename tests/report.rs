//! Reports of saved evidence with diagnoses written by hand: what the writers do, whatever the rules find.
#![allow(clippy::print_stdout, reason = "a report is part of what the tests show")]

use std::path::PathBuf;
use std::time::Duration;

use speech_endpoint::evidence::{Ended, Evidence, HttpFacts, Remark, Skip, Step, TargetFacts};
use speech_endpoint::report::{ReportOptions, markdown, short, text, verdict};
use speech_endpoint::{
    Diagnosis, Finding, FindingPlace, KnownFailure, RuledOut, Severity, Stage, Unexplained, Verdict, diagnose,
};

fn evidence(name: &str) -> Evidence {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/evidence").join(format!("{name}.json"));
    let json = std::fs::read_to_string(&path).expect("evidence");
    serde_json::from_str(&json).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A finding of the doctor. Findings can be changed outside of the library, not made.
fn found() -> Finding {
    diagnose(&evidence("private-name-public-address")).findings.remove(0)
}

fn place(target: &TargetFacts) -> FindingPlace {
    let mut place = found().places.remove(0);
    place.service.clone_from(&target.service);
    place.host.clone_from(&target.host);
    place
}

fn ruled_out(id: &'static str, because: &str) -> RuledOut {
    let mut other = found().ruled_out.remove(0);
    (other.id, other.because) = (id, because.to_owned());
    other
}

fn unexplained(target: &TargetFacts, stage: Stage, text: &str) -> Unexplained {
    let mut unexplained = diagnose(&evidence("interrupted")).unexplained.remove(0);
    (unexplained.place, unexplained.stage, unexplained.text) = (place(target), stage, text.to_owned());
    unexplained.is_unreached = false;
    unexplained
}

fn finding(id: &str, evidence: &Evidence, observed: &str) -> Finding {
    let failure = KnownFailure::find(id).expect("an id");
    let mut finding = found();
    finding.failure = failure;
    finding.severity = failure.severity;
    finding.places = evidence.traces.iter().map(|trace| place(&trace.target)).collect();
    observed.clone_into(&mut finding.observed);
    failure.remedy.clone_into(&mut finding.remedy);
    finding.wanted = failure.documents().to_vec();
    finding.commands = failure.commands.iter().map(ToString::to_string).collect();
    finding.ruled_out.clear();
    finding.caused_by = None;
    finding
}

fn diagnosis(verdict: Verdict, findings: Vec<Finding>, unexplained: Vec<Unexplained>) -> Diagnosis {
    let mut diagnosis = diagnose(&evidence("well-regional"));
    (diagnosis.verdict, diagnosis.findings, diagnosis.unexplained) = (verdict, findings, unexplained);
    diagnosis
}

fn unreachable(findings: Vec<Finding>) -> Diagnosis {
    diagnosis(Verdict::Unreachable, findings, Vec::new())
}

fn degraded(findings: Vec<Finding>) -> Diagnosis {
    diagnosis(Verdict::Degraded, findings, Vec::new())
}

fn healthy() -> Diagnosis {
    diagnosis(Verdict::Healthy, Vec::new(), Vec::new())
}

fn private_name() -> (Evidence, Diagnosis) {
    let evidence = evidence("private-name-public-address");
    let mut cause = finding(
        "DNS03",
        &evidence,
        "`contoso.cognitiveservices.azure.com` passes `contoso.privatelink.cognitiveservices.azure.com` and ends at 20.50.1.7 (public); 168.63.129.16 and 10.0.0.2 answer alike",
    );
    cause.ruled_out = vec![
        ruled_out("DNS05", "there is a `privatelink` step"),
        ruled_out("AUTH01", "the refusal names the network and not the key"),
    ];
    let mut consequence = finding(
        "POL01",
        &evidence,
        "`contoso.cognitiveservices.azure.com` answers 403 `Public access is disabled. Please configure private endpoint.`",
    );
    consequence.caused_by = Some("DNS03");
    (evidence, unreachable(vec![cause, consequence]))
}

/// One of each kind that the writers must get right, with its diagnosis.
fn reviewed() -> Vec<(&'static str, Evidence, Diagnosis)> {
    let (private, diagnosis) = private_name();
    let mut reviewed = vec![("private-name-public-address", private, diagnosis)];
    reviewed.push(("well-regional", evidence("well-regional"), healthy()));
    let causes = [
        (
            "wrong-key",
            "AUTH01",
            "`westeurope.stt.speech.microsoft.com` answers 401 to the key of 32, and so does `issue-token`",
        ),
        (
            "proxy-credentials",
            "PXY03",
            "the proxy `http://proxy.corp.contoso.example:3128` of `HTTPS_PROXY` answers CONNECT with 407 and offers Negotiate, NTLM",
        ),
        ("expired-certificate", "TLS04", "the certificate of `*.stt.speech.microsoft.com` expired 12 days ago"),
        (
            "configuration",
            "CFG01",
            "`en-US` is a language, not a region: expected letters and digits, such as `westeurope`",
        ),
    ];
    for (name, id, observed) in causes {
        let evidence = evidence(name);
        let cause = finding(id, &evidence, observed);
        reviewed.push((name, evidence, unreachable(vec![cause])));
    }
    reviewed.push(("interrupted", evidence("interrupted"), degraded(Vec::new())));
    reviewed
}

#[test]
#[allow(clippy::disallowed_methods, reason = "UPDATE_GOLDEN is read from the environment")]
fn reports_are_as_reviewed() {
    let mut failures = Vec::new();
    let mut compare = |file: String, report: String| {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(&file);
        let report = report.replace(env!("CARGO_PKG_VERSION"), "VERSION");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &report).expect("written");
        }
        if std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n") != report {
            failures.push(format!("{file}:\n{report}"));
        }
    };
    for (name, evidence, diagnosis) in reviewed() {
        let options = ReportOptions::default();
        let wide = options.with_width(120);
        let color = options.with_color(true);
        compare(format!("report-{name}.80.txt"), text(&evidence, &diagnosis, &options));
        compare(format!("report-{name}.120.txt"), text(&evidence, &diagnosis, &wide));
        compare(format!("report-{name}.color.txt"), text(&evidence, &diagnosis, &color));
        compare(format!("report-{name}.short.txt"), short(&evidence, &diagnosis, &options));
        compare(format!("report-{name}.md"), markdown(&evidence, &diagnosis, &options));
    }
    assert!(failures.is_empty(), "not as reviewed (UPDATE_GOLDEN=1 rewrites them):\n{}", failures.join("\n"));
}

#[test]
fn a_consequence_stands_under_its_cause_and_explains_what_was_not_tried() {
    let (evidence, diagnosis) = private_name();
    let report = text(&evidence, &diagnosis, &ReportOptions::default());
    println!("{report}");
    let cause = report.find("× DNS03  the private name resolves").expect("the cause");
    let consequence = report.find("causes     POL01").expect("the consequence");
    assert!(cause < consequence && !report.contains("× POL01"), "{report}");
    assert!(report.contains("· websocket           not tried because of DNS03"), "{report}");
    assert!(report.contains("20.50.1.7 PUBLIC"), "{report}");
    assert!(report.contains("fails like speech-to-text"), "{report}");
    assert!(report.ends_with("unreachable: one cause (DNS03), one consequence (POL01) · 36.2 ms\n"), "{report}");
    let short = short(&evidence, &diagnosis, &ReportOptions::default());
    assert_eq!(short.lines().count(), 3, "{short}");
    assert!(short.contains("× POL01") && short.contains("(caused by DNS03)"), "{short}");
}

#[test]
fn a_failure_without_a_finding_has_its_own_block() {
    let evidence = evidence("expired-certificate");
    let failure = unexplained(&evidence.traces[0].target, Stage::Tls, "the certificate has expired");
    let diagnosis = diagnosis(Verdict::Unreachable, Vec::new(), vec![failure]);
    let report = text(&evidence, &diagnosis, &ReportOptions::default());
    assert!(report.contains("× ?  speech-to-text fails at tls; no known failure matches"), "{report}");
    assert!(report.contains("not tried because tls failed"), "{report}");
    assert!(report.contains("expired 12 days ago"), "{report}");
    assert!(report.contains("unreachable: one failure without a known cause (tls)"), "{report}");
    // Evidence may be anybody's.
    let mut foreign = diagnosis;
    foreign.unexplained[0].place.service = Some("*speech*\u{7f}".to_owned());
    let report = markdown(&evidence, &foreign, &ReportOptions::default());
    assert!(report.contains("### × \\*speech\\*\u{fffd} fails at tls"), "{report}");
}

#[test]
fn healthy_is_a_line_for_each_service() {
    let evidence = evidence("well-regional");
    let narrow = text(&evidence, &healthy(), &ReportOptions::default());
    assert_eq!(narrow.lines().count(), 6, "{narrow}");
    assert!(narrow.contains("\n✓ speech-to-text "), "{narrow}");
    let wide = text(&evidence, &healthy(), &ReportOptions::default().with_width(140));
    assert!(wide.contains("websocket 14.0  auth  westeurope.stt"), "{wide}");
    assert!(wide.ends_with("healthy · 2 services · 51.3 ms\n"), "{wide}");
    let long = text(&evidence, &healthy(), &ReportOptions::default().with_width(100).with_verbosity(1));
    assert!(long.contains("✓ tls        12.1 ms  1.3, Microsoft Azure RSA TLS Issuing CA 04, 61 days left"), "{long}");
}

#[test]
fn a_remark_that_no_finding_repeats_is_shown_and_decides_the_exit_code() {
    let mut evidence = evidence("well-regional");
    evidence.remarks.push(Remark::new("retired", "`speaker-recognition` was retired", true));
    let report = text(&evidence, &healthy(), &ReportOptions::default());
    assert!(report.contains("× `speaker-recognition` was retired"), "{report}");
    assert_eq!(diagnose(&evidence).exit_code(Severity::Error), 10);
    evidence.remarks.clear();
    assert_eq!(diagnose(&evidence).exit_code(Severity::Error), 0);
    evidence.ended = Ended::Interrupted;
    assert_eq!(diagnose(&evidence).exit_code(Severity::Error), 1);
    assert!(verdict(&evidence, &healthy()).contains(" · interrupted · "));
}

#[test]
fn a_stage_that_was_not_reached_has_not_failed() {
    let evidence = evidence("interrupted");
    let mut not_reached = unexplained(&evidence.traces[1].target, Stage::Tcp, "interrupted before this stage");
    not_reached.is_unreached = true;
    let mut diagnosis = diagnosis(Verdict::Degraded, Vec::new(), vec![not_reached]);
    diagnosis.ended = Ended::Interrupted;
    assert!(!text(&evidence, &diagnosis, &ReportOptions::default()).contains("no known failure"));
    assert_eq!(diagnosis.exit_code(Severity::Error), 1);
    assert_eq!(
        verdict(&evidence, &diagnosis),
        "degraded: 1 of 2 services works (speech-to-text) · interrupted · 1.2 s"
    );
}

#[test]
fn every_cause_is_counted_by_its_kind() {
    let evidence = evidence("well-regional");
    let mut warning = finding("CFG08", &evidence, "observed");
    warning.severity = Severity::Warning;
    let mut diagnosis = unreachable(vec![warning]);
    diagnosis.verdict = Verdict::Degraded;
    assert_eq!(verdict(&evidence, &diagnosis), "degraded: 2 of 2 services work · one warning (CFG08) · 51.3 ms");
    let (evidence, mut diagnosis) = private_name();
    // A consequence whose cause was filtered out stands for itself.
    diagnosis.findings.remove(0);
    assert!(text(&evidence, &diagnosis, &ReportOptions::default()).contains("× POL01"));
}

#[test]
fn colours_change_nothing_but_colours() {
    let (evidence, diagnosis) = private_name();
    for width in [60, 80, 120] {
        let options = ReportOptions::default().with_width(width);
        let plain = text(&evidence, &diagnosis, &options);
        let painted = text(&evidence, &diagnosis, &options.with_color(true));
        assert!(painted.contains("\x1b[1;31mPUBLIC\x1b[0m"), "{painted}");
        assert_eq!(without_colour(&painted), plain);
    }
}

fn without_colour(text: &str) -> String {
    let mut pieces = text.split('\x1b');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + piece.split_once('m').map_or("", |(_, rest)| rest))
}

#[test]
fn a_ticket_names_nobody() {
    let (mut planted, diagnosis) = private_name();
    let proxy = evidence("proxy-credentials");
    planted.traces.extend(proxy.traces);
    let token = r#"{"kind":"Entra token","length":1200,"fingerprint":"00000000","fault":null,"claims":{"aud":null,"exp":null,"nbf":null,"tid":"72f988bf","principal":"0d1e2f3a","region":null}}"#;
    planted.credential = serde_json::from_str(token).ok();
    planted.remarks.push(Remark::new(
        "planted",
        "jdoe@contoso.example of 72f988bf-86f1-41af-91ab-2d7cd011db47 (72f988bf, 0d1e2f3a) uses /subscriptions/s-1/resourceGroups/payroll/providers/x, \
         [fd00::17]:443, 10.2.0.5:443 and CONTOSO at 20.50.1.7:443",
        false,
    ));
    // A portal names itself where it redirects to, and a proxy in `Via`.
    let mut found = HttpFacts::default();
    found.reply.status = 302;
    found.reply.headers =
        [("location", "https://portal.fabrikam.example/login"), ("via", "1.1 gate.fabrikam.example (squid/5.7)")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
    planted.traces[0].http = Step::Passed { found, took: Duration::from_millis(1) };
    planted.remarks.push(Remark::new(
        "planted",
        "it directs to portal.fabrikam.example, via gate.fabrikam.example",
        false,
    ));
    // Local addresses are in the evidence in no other place.
    planted.machine.name_servers.push("[fd00::17]:53".parse().expect("an address"));
    let open = markdown(&planted, &diagnosis, &ReportOptions::default().with_share(true));
    let closed = markdown(&planted, &diagnosis, &ReportOptions::default());
    println!("{closed}");
    let names = [
        "contoso",
        "20.50.1.7",
        "10.0.0.2",
        "10.2.0.5",
        "fd00::17",
        "10.9.0.1",
        "jdoe",
        "72f988bf",
        "0d1e2f3a",
        "payroll",
        "squid01",
        "fabrikam",
        "corp.",
    ];
    for name in names {
        assert!(!closed.to_lowercase().contains(name), "{name} in {closed}");
    }
    for name in ["contoso", "20.50.1.7", "10.0.0.2", "10.9.0.1"] {
        assert!(open.contains(name), "{name} is not in {open}");
    }
    assert!(
        closed.contains("NAME.privatelink.cognitiveservices.azure.com") && closed.contains("168.63.129.16"),
        "{closed}"
    );
    let (_, after) = closed.split_once("ends at ").expect("the address of DNS03");
    let address = after.split(' ').next().expect("a word");
    assert!(address.starts_with("ADDRESS-"), "{address}");
    assert!(closed.matches(address).count() > 3, "{closed}");
}

#[test]
fn addresses_that_all_customers_share_stay_in_a_ticket() {
    let evidence = evidence("well-regional");
    let closed = markdown(&evidence, &healthy(), &ReportOptions::default());
    assert!(closed.contains("20.61.99.10") && !closed.contains("10.2.0.5"), "{closed}");
    assert!(closed.contains("westeurope.stt.speech.microsoft.com"), "{closed}");
}

#[test]
fn a_run_of_nothing_is_still_a_report() {
    let evidence = evidence("configuration");
    let mut cause = finding("CFG01", &evidence, "`en-US` is a language, not a region");
    cause.places.clear();
    let diagnosis = unreachable(vec![cause]);
    let report = text(&evidence, &diagnosis, &ReportOptions::default());
    assert!(report.starts_with("no resource   the input is invalid, so nothing was checked\n\n× CFG01"), "{report}");
    assert!(report.ends_with("unreachable: one cause (CFG01) · 0.0 ms\n"), "{report}");
    assert_eq!(diagnosis.exit_code(Severity::Error), 10);
    assert_eq!(evidence.took, Duration::ZERO);
}

#[test]
fn an_answer_without_a_credential_is_not_called_working() {
    let mut evidence = evidence("well-regional");
    for trace in &mut evidence.traces {
        trace.auth = Step::Skipped { because: Skip::NoCredential };
    }
    assert_eq!(verdict(&evidence, &healthy()), "healthy · 2 services respond, no credential was tried · 51.3 ms");
    assert_eq!(verdict(&evidence, &degraded(Vec::new())), "degraded: 2 of 2 services respond · 51.3 ms");
    // A container asks for none.
    evidence.resource.host = Some("localhost:5000".to_owned());
    assert_eq!(verdict(&evidence, &healthy()), "healthy · 2 services · 51.3 ms");
}

#[test]
fn what_fails_alike_is_told_once_with_what_is_its_own() {
    let mut evidence = evidence("expired-certificate");
    let mut cause = finding("TLS04", &evidence, "observed");
    cause.commands.clear();
    let diagnosis = unreachable(vec![cause]);
    let report = text(&evidence, &diagnosis, &ReportOptions::default());
    assert_eq!(report.matches("· http to auth        not tried because of TLS04\n").count(), 1, "{report}");
    assert!(report.contains("  × tls                 fails like speech-to-text\n"), "{report}");
    let Step::Failed { failure, .. } = &mut evidence.traces[1].tls else { panic!("it failed") };
    failure.text = "other".to_owned();
    let report = text(&evidence, &diagnosis, &ReportOptions::default());
    assert!(report.contains("fails like speech-to-text: other, issued by"), "{report}");
}

#[test]
fn what_works_alike_is_told_once_and_a_service_at_two_hosts_counts_once() {
    let mut evidence = evidence("well-regional");
    evidence.traces[1].target.host = evidence.traces[0].target.host.clone();
    evidence.traces[1].dns = evidence.traces[0].dns.clone();
    let mut warning = finding("DNS09", &evidence, "observed");
    warning.severity = Severity::Warning;
    let diagnosis = degraded(vec![warning]);
    let report = text(&evidence, &diagnosis, &ReportOptions::default());
    assert!(report.contains("  ✓ all                 works like speech-to-text\n"), "{report}");
    let mut named = evidence.traces[0].clone();
    named.target.discovered_from = named.target.service.clone();
    evidence.traces.push(named);
    assert_eq!(verdict(&evidence, &healthy()), "healthy · 2 services · 51.3 ms");
    evidence.traces[2].tcp = Step::Skipped { because: Skip::Ended };
    assert!(verdict(&evidence, &diagnosis).starts_with("degraded: 1 of 2 services works"));
}

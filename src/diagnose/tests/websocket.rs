//! Rules of WebSockets.

use std::time::Duration;

use super::super::sample::*;
use super::{expect, with};
use crate::diagnose::evidence::{Evidence, FailureKind, HoldEnd, HoldFacts, Step, Trace, UpgradeFacts};
use crate::diagnose::stage::Stage;
use crate::{Severity, diagnose};

#[test]
fn ws01_is_an_answer_to_another_key() {
    let opened = |status, change: fn(&mut Trace)| {
        with(regional(), |trace| {
            change(trace);
            let mut reply = reply(status, "", "");
            reply.headers.push(("via".into(), "1.1 gate".into()));
            trace.websocket = failed(FailureKind::Protocol, UpgradeFacts { reply, ..UpgradeFacts::default() });
            skip_from(trace, Stage::WebSocket);
        })
    };
    let evidence = opened(101, |_| ());
    expect(&evidence, "WS01 error, degraded");
    assert_eq!(observed(&evidence, "WS01").0, format!("`{STT}` answers 101 (with `via` `1.1 gate`): it failed"));
    assert_eq!(observed(&evidence, "WS01").1, ["WS02", "HTTP04", "PXY05"]);
    expect(&opened(101, through_proxy), "PXY05 error, WS01 error by PXY05, degraded");
    expect(&opened(0, |_| ()), "unexplained websocket, degraded");
}

#[test]
fn ws02_is_a_socket_that_is_closed_at_once() {
    let evidence = with(regional(), |trace| {
        let facts = UpgradeFacts { reply: reply(101, "", ""), closed_after_ms: Some(12.0), ..UpgradeFacts::default() };
        trace.websocket = failed(FailureKind::Closed, facts);
        skip_from(trace, Stage::WebSocket);
    });
    expect(&evidence, "WS02 error, degraded");
    assert!(observed(&evidence, "WS02").0.ends_with("answers 101 and closes 12 ms later without a close frame"));
    assert_eq!(observed(&evidence, "WS02").1, ["WS03", "HTTP04", "WS04"]);
}

fn closing(code: u16, reason: &str) -> Evidence {
    with(regional(), |trace| {
        let facts = UpgradeFacts {
            reply: reply(101, "", ""),
            close_code: Some(code),
            close_reason: Some(reason.into()),
            closed_after_ms: Some(12.0),
            ..UpgradeFacts::default()
        };
        trace.websocket = failed(FailureKind::Closed, facts);
        skip_from(trace, Stage::WebSocket);
    })
}

#[test]
fn ws04_and_quo02_are_sockets_that_are_closed_for_a_reason() {
    let evidence = closing(1007, "Unsupported voice");
    expect(&evidence, "WS04 error, degraded");
    assert!(
        observed(&evidence, "WS04").0.ends_with("answers 101 and closes 12 ms later with 1007 `Unsupported voice`")
    );
    assert_eq!(observed(&evidence, "WS04").1, ["WS02", "QUO02", "HTTP04"]);
    expect(&closing(1002, ""), "WS02 error, degraded");
    let evidence = closing(4429, "The request is throttled");
    expect(&evidence, "QUO02 error, degraded");
    assert_eq!(observed(&evidence, "QUO02").1, ["WS02", "WS04"]);
    assert_eq!(diagnose(&evidence).exit_code(Severity::Error), 90);
    expect(&closing(1007, "Throttled due to too many requests"), "QUO01 warning, degraded");
}

fn held(end: HoldEnd, silent: u64, change: impl FnOnce(&mut UpgradeFacts, &mut HoldFacts)) -> Evidence {
    with(regional(), |trace| {
        let silent = Duration::from_secs(silent);
        let mut hold =
            HoldFacts { wanted: Duration::from_secs(1200), held: silent, silent, end, ..HoldFacts::default() };
        let mut facts = UpgradeFacts { reply: reply(101, "", ""), is_alive: Some(true), ..UpgradeFacts::default() };
        change(&mut facts, &mut hold);
        facts.hold = Some(hold);
        trace.websocket = passed(facts);
    })
}

#[test]
fn ws03_is_a_socket_that_is_gone_after_silence_without_a_word() {
    let evidence = held(HoldEnd::Reset, 240, |_, _| {});
    expect(&evidence, "WS03 warning, degraded");
    let (text, ruled_out) = observed(&evidence, "WS03");
    assert_eq!(text, "the socket to `westeurope.stt.speech.microsoft.com` is reset after being idle for 240.0 s");
    assert_eq!(ruled_out, ["WS02", "WS05"]);
    expect(&held(HoldEnd::Cut, 60, |_, _| {}), "WS03 warning, degraded");
    expect(&held(HoldEnd::Silent, 1200, |_, _| {}), "WS03 warning, degraded");
    let (text, _) = observed(&held(HoldEnd::Cut, 1200, |_, _| {}), "WS03");
    assert!(text.contains("closed when pinged after being idle for 1200.0 s"), "{text}");
    for end in [HoldEnd::Open, HoldEnd::Interrupted] {
        expect(&held(end, 240, |_, _| {}), "healthy");
    }
}

#[test]
fn ws06_is_a_socket_that_never_answers_a_ping() {
    // Alone it says little: whether every service answers pings is not documented.
    let mut evidence = held(HoldEnd::Silent, 1200, |facts, _| facts.is_alive = Some(false));
    expect(&evidence, "WS06 info, healthy");
    // A socket of the same run that answers shows that the service does.
    let mut other = regional().traces.remove(1);
    if let Step::Passed { found, .. } = &mut other.websocket {
        found.is_alive = Some(true);
    }
    evidence.traces.truncate(1);
    evidence.traces.push(other);
    expect(&evidence, "WS06 warning, degraded");
}

fn closed_when_held(code: u16, reason: &str) -> Evidence {
    held(HoldEnd::Closed, 300, |_, hold| {
        (hold.close_code, hold.close_reason) = (Some(code), Some(reason.to_owned()));
    })
}

#[test]
fn what_the_service_closes_in_its_own_time_is_no_failure() {
    let idle = "Exceeded maximum websocket connection idle duration(> 300000ms)";
    for (code, reason) in [(1000, idle), (1001, ""), (1011, ""), (1007, "")] {
        expect(&closed_when_held(code, reason), "healthy");
    }
}

#[test]
fn ws04_and_quo02_are_told_also_of_a_socket_that_was_held() {
    let evidence = closed_when_held(1007, "Unsupported voice");
    expect(&evidence, "WS04 error, degraded");
    assert!(
        observed(&evidence, "WS04").0.ends_with("closes the idle socket after 300.0 s with 1007 `Unsupported voice`")
    );
    expect(&closed_when_held(1007, "Quota exceeded"), "QUO02 error, degraded");
}

#[test]
fn ws05_is_the_service_that_recycles() {
    expect(&closed_when_held(1012, ""), "WS05 info, healthy");
    expect(&closed_when_held(1001, "Instance is shutting down"), "WS05 info, healthy");
    assert!(
        observed(&closed_when_held(1012, ""), "WS05").0.ends_with("closes the idle socket after 300.0 s with 1012")
    );
    // A cut at a multiple of ten minutes is that as well.
    for (seconds, expected) in [(594, "WS03"), (597, "WS05"), (604, "WS05"), (610, "WS03"), (1199, "WS05"), (4, "WS03")]
    {
        let diagnosis = diagnose(&held(HoldEnd::Cut, seconds, |_, _| {}));
        assert_eq!(diagnosis.findings[0].failure.id, expected, "{seconds} s");
    }
}

/// Three sockets: when each ends after the start of the run, if it does, and how long it was silent.
fn ends(all: [(HoldEnd, Option<f64>, u64); 3]) -> Evidence {
    let mut evidence = regional();
    let mut third = evidence.traces[0].clone();
    third.target.host = "westeurope.s2s.speech.microsoft.com".into();
    third.target.service = Some("translation-v1".into());
    evidence.traces.push(third);
    for (trace, (end, ended_ms, silent)) in evidence.traces.iter_mut().zip(all) {
        let silent = Duration::from_secs(silent);
        let hold = HoldFacts {
            wanted: Duration::from_secs(1200),
            held: silent,
            silent,
            ended_ms,
            end,
            ..HoldFacts::default()
        };
        let facts = UpgradeFacts {
            reply: reply(101, "", ""),
            is_alive: Some(true),
            hold: Some(hold),
            ..UpgradeFacts::default()
        };
        trace.websocket = passed(facts);
    }
    evidence
}

#[test]
fn ws07_is_a_death_of_several_that_one_survives() {
    use HoldEnd::{Closed, Cut, Open, Reset, Silent};
    let (at, open) = (|millis| Some(millis), (Open, None, 1200));
    for (name, all, expected) in [
        ("two at once, one lives", [(Cut, at(90_000.0), 89), (Cut, at(90_040.0), 88), open], "WS08 WS03"),
        ("by reset", [(Reset, at(90_000.0), 89), (Cut, at(90_200.0), 89), open], "WS08 WS03"),
        ("nobody lives", [(Cut, at(90_000.0), 89), (Cut, at(90_040.0), 89), (Cut, at(90_041.0), 89)], "WS03"),
        ("one after the other", [(Cut, at(90_000.0), 89), (Cut, at(91_000.0), 89), open], "WS03"),
        ("one alone", [(Cut, at(90_000.0), 89), open, open], "WS03"),
        ("a younger one lives", [(Cut, at(90_000.0), 89), (Cut, at(90_040.0), 89), (Open, None, 60)], "WS03"),
        ("closed by the service", [(Closed, at(90_000.0), 89), (Closed, at(90_040.0), 89), open], ""),
        ("at the mark", [(Cut, at(600_100.0), 600), (Cut, at(600_140.0), 600), open], "WS05"),
        ("one only silent", [(Cut, at(90_000.0), 89), (Cut, at(90_040.0), 89), (Silent, None, 1200)], "WS03"),
        ("an older evidence", [(Cut, None, 89), (Cut, None, 89), open], "WS03"),
    ] {
        let diagnosis = diagnose(&ends(all));
        let found: Vec<_> = diagnosis.findings.iter().map(|finding| finding.failure.id).collect();
        assert_eq!(found.join(" "), expected, "{name}");
    }
    let evidence = ends([(Cut, at(90_000.0), 89), (Cut, at(90_040.0), 88), open]);
    let (text, ruled_out) = observed(&evidence, "WS08");
    assert_eq!(
        text,
        "the sockets to `westeurope.stt.speech.microsoft.com` and `westeurope.tts.speech.microsoft.com` end within 40 ms of \
         each other, without a close frame, and that to `westeurope.s2s.speech.microsoft.com` at 20.61.99.10 (public) stays open"
    );
    assert_eq!(ruled_out, ["WS02", "WS05", "TCP03"]);
}

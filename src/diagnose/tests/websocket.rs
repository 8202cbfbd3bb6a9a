//! Rules of WebSockets.

use super::super::sample::*;
use super::{expect, with};
use crate::evidence::{Evidence, FailureKind, Skip, Trace, UpgradeFacts};
use crate::{Severity, diagnose};

#[test]
fn ws01_is_an_answer_to_another_key() {
    let opened = |status, change: fn(&mut Trace)| {
        with(regional(), |trace| {
            change(trace);
            let mut reply = reply(status, "", "");
            reply.headers.push(("via".into(), "1.1 gate".into()));
            trace.websocket = failed(FailureKind::Protocol, UpgradeFacts { reply, ..UpgradeFacts::default() });
            skip_from(trace, Skip::WebSocket);
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
        skip_from(trace, Skip::WebSocket);
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
        skip_from(trace, Skip::WebSocket);
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

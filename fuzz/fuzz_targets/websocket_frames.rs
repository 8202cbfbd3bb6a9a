#![no_main]
//! Whatever frames a peer sends on an open WebSocket: the ping and the hold end with the end of the stream, a reason is a
//! short line, and a code comes from a close frame only.

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use speech_endpoint::evidence::{FailureKind, HoldEnd};
use speech_endpoint::fuzzing::{hold, ping, socket};
use speech_endpoint_fuzz::peer::{Peer, check_failure, check_text, run};

// The first byte is the size of the pieces; the rest is frames.
fuzz_target!(|bytes: &[u8]| {
    let [step, frames @ ..] = bytes else { return };
    let begun = Instant::now();
    let (facts, failure, held) = run(async {
        let mut socket = socket(Peer::new(frames, step.wrapping_sub(b'0'))).await;
        let (facts, failure) = ping(&mut socket).await;
        let held = hold(&mut socket).await;
        (facts, failure, held)
    });
    assert!(begun.elapsed() < Duration::from_millis(400), "{:?}", begun.elapsed());

    for reason in facts.close_reason.iter().chain(&held.close_reason) {
        check_text(reason, 123);
    }
    assert_eq!(facts.close_code.is_some(), facts.close_reason.is_some());
    let is_closed = frames.iter().any(|byte| byte & 0x0f == 8);
    assert!(is_closed || facts.close_code.is_none() && held.close_code.is_none(), "a code without a close frame");
    match &failure {
        Some(failure) => {
            check_failure(failure);
            assert_eq!((failure.kind, facts.is_alive), (FailureKind::Closed, None));
            assert!(facts.closed_after_ms.is_some());
            let is_named = facts.close_code.is_none_or(|code| failure.text.contains(&code.to_string()));
            assert!(is_named, "{failure:?}");
        }
        None => {
            let has_pong = frames.iter().any(|byte| byte & 0x0f == 10);
            assert!(facts.is_alive == Some(true) && has_pong, "{facts:?}");
        }
    }
    assert!(matches!(held.end, HoldEnd::Closed | HoldEnd::Cut | HoldEnd::Reset), "{held:?}");
    assert!(held.close_code.is_none() || held.end == HoldEnd::Closed, "{held:?}");
});

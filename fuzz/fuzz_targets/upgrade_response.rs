#![no_main]
//! Whatever responds to an upgrade: the reader of the doctor and the faster one of the connector agree, a WebSocket opens
//! only after a 101, and the evidence is small and visible.

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use speech_endpoint::Service;
use speech_endpoint::evidence::{Failure, FailureKind};
use speech_endpoint::fuzzing::upgrade;
use speech_endpoint_fuzz::peer::{Peer, check_failure, check_reply, find, run};
use url::Url;

// The first byte is the size of the pieces; `{accept}` in the rest is the right value for the key.
fuzz_target!(|bytes: &[u8]| {
    let [step, response @ ..] = bytes else { return };
    let step = step.wrapping_sub(b'0');
    let request = |records_success| {
        let peer = Peer::new(response, step);
        run(upgrade(peer, &URL, Service::SpeechToText, records_success))
    };
    let (facts, outcome, location) = request(true);
    let (fast_facts, fast_outcome, fast_location) = request(false);

    // Each request has its own key, which a header or a body may repeat.
    let has_key = find(response, b"{accept}").is_some();
    assert_eq!(outcome.is_ok(), fast_outcome.is_ok());
    assert!(has_key || location == fast_location, "{location:?} {fast_location:?}");
    let kind = |outcome: &Result<_, Failure>| outcome.as_ref().err().map(|failure| failure.kind);
    let kinds = [kind(&outcome), kind(&fast_outcome)];
    // A head that is cut and malformed is called one or the other, as its pieces arrive.
    let is_cut =
        facts.is_none() && kinds.iter().all(|kind| matches!(kind, Some(FailureKind::Reset | FailureKind::Protocol)));
    assert!(kinds[0] == kinds[1] || is_cut, "{kinds:?}");
    if let Some(facts) = &facts {
        check_reply(&facts.reply);
        assert_eq!(facts.reply.request, "GET /stt/speech/universal/v2?…");
        assert!(!facts.with_credential);
        assert_eq!(facts.accept_is_right.is_some(), facts.reply.status == 101);
    }
    match &outcome {
        Ok(_) => {
            assert_eq!(fast_facts, None);
            let facts = facts.expect("the facts of a success");
            assert_eq!((facts.reply.status, facts.accept_is_right), (101, Some(true)));
            assert!(find(response, b"101").is_some() && find(response, b"{accept}").is_some());
        }
        Err(failure) => {
            check_failure(failure);
            assert!(has_key || facts == fast_facts, "{facts:?} {fast_facts:?}");
        }
    }
});

static URL: LazyLock<Url> = LazyLock::new(|| {
    let url = "wss://contoso.cognitiveservices.azure.com/stt/speech/universal/v2?language=en-US";
    url.parse().expect("a URL")
});

#![no_main]
//! A pasted text leads to ids of the catalogue and shows nothing of itself but hosts, addresses, times and ids; an id leads to the
//! entry it names.

use libfuzzer_sys::fuzz_target;
use speech_endpoint::{KnownFailure, Sdk, decoded, explain, explain_for};
use speech_endpoint_fuzz::{check_line, secrets};

fuzz_target!(|bytes: &[u8]| {
    let text = decoded(bytes, bytes, true);
    let found = explain(&text);
    for (place, cause) in found.causes.iter().enumerate() {
        check_line(&cause.reason);
        assert!(secrets(&cause.reason).is_empty(), "{}", cause.reason);
        assert!(!found.causes[..place].iter().any(|other| other.id == cause.id), "{} twice", cause.id);
        assert!(KnownFailure::find(cause.id).is_some_and(|failure| failure.id == cause.id), "{}", cause.id);
    }
    for (place, meaning) in found.meanings.iter().enumerate() {
        assert!(!found.meanings[..place].contains(meaning), "{} twice", meaning.id());
    }
    for host in found.host.iter().chain(&found.foreign_hosts) {
        check_line(host);
        assert!(secrets(host).is_empty() && host.is_ascii(), "{host}");
    }
    let timeline = &found.timeline;
    let (mut last, mut calls) = (0, 0);
    for step in &timeline.steps {
        assert!(step.line >= last && step.times > 0, "{step:?}");
        (last, calls) = (step.line, calls + step.times);
        for shown in step.host.iter().chain(&step.proxy).chain(&step.time).chain(&step.last_time) {
            check_line(shown);
            assert!(secrets(shown).is_empty(), "{shown}");
        }
        assert!(!step.is_good() || step.failure.is_none());
    }
    assert!(timeline.attempts() <= calls && timeline.calls() <= calls && timeline.failures() <= calls);
    for id in &timeline.ids {
        let digits = id.value.bytes().filter(u8::is_ascii_hexdigit).count();
        assert!(digits == 32 && matches!(id.value.len(), 32 | 36), "{id:?}");
    }
    for out in &found.ruled_out {
        assert!(!found.causes.iter().take(1).any(|cause| out.ids().contains(&cause.id) && !cause.is_proved()));
    }
    if let Ok(sdk) = text.parse::<Sdk>() {
        assert_eq!(sdk.to_string(), explain_for(&text, Some(sdk.clone())).sdk.map(|sdk| sdk.to_string()).unwrap_or_default());
    }
    assert_eq!(found.account.is_some(), found.host.is_some());
    assert!(found.foreign_hosts.is_empty() || found.account.is_none());

    let nearest = KnownFailure::nearest(&text);
    match KnownFailure::find(&text) {
        Some(failure) => {
            assert!(failure.id.eq_ignore_ascii_case(&text));
            assert_eq!(nearest.map(|nearest| nearest.id), Some(failure.id));
        }
        None => assert!(nearest.is_none_or(|nearest| nearest.id != text)),
    }
});

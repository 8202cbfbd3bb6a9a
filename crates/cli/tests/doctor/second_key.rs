//! Both keys of a resource: the second is tried only where the first is rejected.
#![allow(clippy::disallowed_methods, reason = "a lab begins at the real time")]

use std::time::SystemTime;

use speech_endpoint::evidence::{Evidence, Retry};
use speech_endpoint_lab::{Lab, Rehearsal, World};

/// Runs the doctor in a regional world with both keys. Returns the evidence and the requests with the second key.
fn with_both(kind: &str, services: &[&str], more: &str) -> (Evidence, Vec<(String, u16)>) {
    let toml = format!(
        "title = \"x\"\n[resource]\nregion = \"westeurope\"\nservices = {services:?}\n\
         [credential]\nkind = \"{kind}\"\nsecond-key = true\n{more}[expect]\nfindings = []\nverdict = \"healthy\"\n"
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let world = World::parse(&toml).unwrap_or_else(|error| panic!("{error}: {toml}"));
        let lab = Lab::start(world, SystemTime::now()).await.expect("it starts");
        let evidence = lab.examine(&Rehearsal::default(), &(), std::future::pending()).await;
        let second = lab.second_key();
        let carried = lab
            .requests()
            .into_iter()
            .filter(|request| request.headers.iter().any(|(_, value)| value == second.expose()));
        (evidence, carried.map(|request| (request.host, request.status)).collect())
    })
}

fn tries(evidence: &Evidence) -> Vec<Vec<(Retry, Option<u16>)>> {
    let found = evidence.traces.iter().filter_map(|trace| trace.auth.found());
    found.map(|facts| facts.tries.iter().map(|other| (other.retry, other.status)).collect()).collect()
}

#[test]
fn the_second_key_is_tried_once_at_each_host_that_rejects_the_first() {
    let (evidence, mut carried) = with_both("foreign-key", &["speech-to-text", "voices"], "");
    let tries = tries(&evidence);
    assert_eq!(tries[0][0], (Retry::SecondKey, Some(101)), "{tries:?}");
    assert_eq!(tries[1][0], (Retry::SecondKey, Some(200)), "{tries:?}");
    carried.sort();
    let expected = [("westeurope.stt.speech.microsoft.com", 101), ("westeurope.tts.speech.microsoft.com", 200)];
    assert_eq!(carried, expected.map(|(host, status)| (host.to_owned(), status)));
}

#[test]
fn the_second_key_is_not_sent_if_the_first_works_or_fails_for_another_reason() {
    let role = "[[answer]]\nstatus = 403\nupgrade-only = true\npath-prefix = \"/\"\n\
                body = '{\"error\":{\"code\":\"PermissionDenied\",\"message\":\"x\"}}'\n";
    for (kind, more) in [("key", ""), ("foreign-key", role)] {
        let (evidence, carried) = with_both(kind, &["speech-to-text"], more);
        assert_eq!(evidence.traces[0].auth.failure().is_some(), kind != "key", "{evidence:?}");
        assert_eq!(carried, [], "{kind} {more}");
        assert!(tries(&evidence).concat().iter().all(|(retry, _)| *retry != Retry::SecondKey), "{kind} {more}");
        assert!(evidence.second_key.is_some());
    }
}

#[test]
fn the_second_key_is_not_sent_without_tls() {
    let toml = "title = \"x\"\n[resource]\nhost = \"ws://localhost:5000\"\n[credential]\nkind = \"foreign-key\"\n\
                second-key = true\n[[answer]]\nstatus = 401\npath-prefix = \"/\"\n\
                [expect]\nfindings = []\nverdict = \"healthy\"\n";
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let lab = Lab::start(World::parse(toml).expect("a world"), SystemTime::now()).await.expect("it starts");
        let evidence = lab.examine(&Rehearsal::default(), &(), std::future::pending()).await;
        assert!(evidence.traces.iter().all(|trace| trace.http.found().is_some()), "{evidence:?}");
        assert!(!lab.requests().is_empty());
        assert!(lab.requests().iter().all(|request| request.form.is_none()), "{:?}", lab.requests());
    });
}

mod binary {

    const FIRST: &str = "0123456789abcdef0123456789abcdef";
    const SECOND: &str = "fedcba9876543210fedcba9876543210";

    /// Returns the remarks about the keys, at a container where nothing listens.
    fn said(args: &[&str], env: &[(&str, &str)]) -> String {
        let mut command = crate::support::program();
        command.args(["doctor", "--host", "ws://127.0.0.1:9", "--timeout", "1"]).args(args);
        let output = command.envs(env.iter().copied()).output().expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!text.contains(SECOND), "{text}");
        // Undo the line breaks of wrapping.
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_second_key_is_read_regardless_of_the_source_of_the_first() {
        let both = "32-character key, fingerprint";
        for (args, first) in [(&[][..], "SPEECH_KEY"), (&["--key-env", "MINE"], "MINE")] {
            let text = said(args, &[(first, FIRST), ("SPEECH_KEY_2", SECOND)]);
            assert!(text.contains(both) && text.contains("32-character second key, fingerprint"), "{text}");
        }
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJyZWdpb24iOiJ3ZXN0ZXVyb3BlIn0.c2ln";
        let text = said(&["--token-env", "TOKEN"], &[("TOKEN", token), ("SPEECH_KEY_2", SECOND)]);
        assert!(!text.contains("second key") && !text.contains("SPEECH_KEY_2"), "{text}");
    }

    #[test]
    fn an_ignored_second_key_is_reported_with_the_reason() {
        for (first, second, expected) in [
            (FIRST, FIRST, "ignoring `SPEECH_KEY_2`: it contains the same key as the first"),
            ("", SECOND, "ignoring `SPEECH_KEY_2`: set `SPEECH_KEY` first"),
            (FIRST, "your-key", "ignoring `SPEECH_KEY_2`: the key"),
        ] {
            let text = said(&[], &[("SPEECH_KEY", first), ("SPEECH_KEY_2", second)]);
            assert!(text.contains(expected), "{expected}: {text}");
            assert!(!text.contains("second key,"), "{text}");
        }
    }
}

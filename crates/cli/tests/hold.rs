//! Idle WebSockets, and runs that end while one is open. The evidence collected by then is kept.
#![allow(clippy::disallowed_methods, reason = "a lab begins at the real time")]

use std::time::{Duration, Instant, SystemTime};

use speech_endpoint::evidence::{Ended, Evidence, HoldEnd, HoldFacts};
use speech_endpoint::{Service, diagnose};
use speech_endpoint_lab::{Lab, Rehearsal, World};

mod support;

/// Runs the doctor in a world, and interrupts it after a time.
fn examined(toml: &str, rehearsal: &Rehearsal, interrupt: Option<Duration>) -> Evidence {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let world = World::parse(toml).unwrap_or_else(|error| panic!("{error}: {toml}"));
        let lab = Lab::start(world, SystemTime::now()).await.expect("it starts");
        let interrupt = async {
            match interrupt {
                Some(after) => tokio::time::sleep(after).await,
                None => std::future::pending().await,
            }
        };
        lab.examine(rehearsal, &(), interrupt).await
    })
}

#[test]
fn the_evidence_of_a_redirect_target_is_kept_if_the_run_ends_there() {
    let toml = "title = \"The host that an open custom domain names does not answer\"\n\
                [resource]\ncustom-domain = \"contoso\"\nnetwork = \"open\"\ndiscovery = true\n\
                services = [\"speech-to-text\"]\n\
                [gateway]\nregion = \"westeurope\"\n[addresses]\n\"20.61.99.10\" = \"drop\"\n\
                [limits]\ntotal-ms = 20000\n[expect]\nfindings = []\nverdict = \"healthy\"\n";
    let evidence = examined(toml, &Rehearsal::default(), Some(Duration::from_secs(1)));
    assert_eq!(evidence.ended, Ended::Interrupted);
    let named = &evidence.traces[1];
    assert_eq!(named.target.host, "westeurope.stt.speech.microsoft.com");
    assert!(named.dns.has_passed(), "{named:?}");
}

/// Returns a world with a regional resource and the given differences.
fn regional(more: &str) -> String {
    format!(
        "title = \"x\"\n[resource]\nregion = \"westeurope\"\n{more}\n[expect]\nfindings = []\nverdict = \"healthy\"\n"
    )
}

fn held(seconds: f64, total: f64) -> Rehearsal {
    Rehearsal::default().with_hold(Duration::from_secs_f64(seconds)).with_total(Duration::from_secs_f64(total))
}

fn holds(evidence: &Evidence) -> Vec<HoldFacts> {
    evidence.traces.iter().filter_map(|trace| trace.websocket.found()?.hold.clone()).collect()
}

#[test]
fn all_sockets_are_held_in_parallel_regardless_of_jobs() {
    let rehearsal = held(1.0, 20.0).with_services([Service::SpeechToText]).with_jobs(2).with_copies(20);
    let begun = Instant::now();
    let evidence = examined(&regional(""), &rehearsal, None);
    let (took, holds) = (begun.elapsed(), holds(&evidence));
    println!("20 sockets held for 1 s, 2 hosts in parallel: {} ms", took.as_millis());
    assert_eq!((holds.len(), evidence.ended), (20, Ended::Complete));
    for hold in holds {
        assert_eq!(hold.end, HoldEnd::Open);
        assert!(hold.pong_ms.is_some() && hold.held >= Duration::from_secs(1), "{hold:?}");
        assert_eq!(hold.wanted, Duration::from_secs(1));
    }
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[test]
fn only_open_sockets_are_held_and_only_on_request() {
    assert!(holds(&examined(&regional(""), &Rehearsal::default(), None)).is_empty());
    let denied = examined(&regional("[credential]\nkind = \"foreign-key\""), &held(1.0, 5.0), None);
    assert!(holds(&denied).is_empty() && denied.took < Duration::from_secs(1), "{denied:?}");
}

#[test]
fn a_run_ends_within_its_time_limit_plus_the_hold_time() {
    // One host drops every packet until the time limit; the socket to the other host is held for its full time.
    let evidence = examined(&regional("[addresses]\n\"20.61.99.11\" = \"drop\""), &held(1.0, 1.0), None);
    println!("1 s and 1 s of holding: {} ms", evidence.took.as_millis());
    assert!(evidence.took < Duration::from_millis(2150), "{:?}", evidence.took);
    assert_eq!(holds(&evidence).len(), 1);
    // A service that ignores the ping after the idle time does not extend the run.
    let forgetful = regional("[idle]\nms = 100\nend = \"forget\"");
    let evidence = examined(&forgetful, &held(0.5, 1.0), None);
    assert!(evidence.took < Duration::from_millis(1650), "{:?}", evidence.took);
    assert!(holds(&evidence).iter().all(|hold| hold.end == HoldEnd::Silent), "{:?}", holds(&evidence));
}

#[test]
fn an_interrupt_ends_a_hold_and_its_duration_is_reported() {
    let evidence = examined(&regional(""), &held(60.0, 20.0), Some(Duration::from_secs(1)));
    assert_eq!((evidence.ended, holds(&evidence).len()), (Ended::Interrupted, 2));
    for hold in holds(&evidence) {
        assert_eq!((hold.end, hold.pong_ms), (HoldEnd::Interrupted, None));
        assert!((300..1100).contains(&hold.held.as_millis()), "{hold:?}");
    }
    assert!(evidence.traces.iter().all(|trace| trace.auth.has_passed()));
    assert!(diagnose(&evidence).findings.is_empty());
}

#[test]
fn a_close_by_the_service_is_recorded_with_its_code_reason_and_time() {
    let closing = "[gateway]\nclose-after-upgrade = { ms = 300, code = 1007, reason = \"Quota exceeded\" }";
    let evidence = examined(&regional(closing), &held(5.0, 20.0), None);
    for hold in holds(&evidence) {
        let told = (hold.end, hold.close_code, hold.close_reason.as_deref());
        assert_eq!(told, (HoldEnd::Closed, Some(1007), Some("Quota exceeded")));
        assert!((100..2000).contains(&hold.held.as_millis()) && hold.silent == hold.held, "{hold:?}");
    }
    let ids: Vec<_> = diagnose(&evidence).findings.iter().map(|finding| finding.failure.id).collect();
    assert_eq!(ids, ["QUO02"]);
}

mod binary {
    use std::process::Output;
    use std::time::{Duration, Instant};

    use serde_json::Value;

    use super::support::doctor;
    #[cfg(unix)]
    use super::support::interrupted;

    fn text(output: &Output) -> String {
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    #[test]
    fn the_report_the_plan_and_the_json_contain_the_hold() {
        let begun = Instant::now();
        let output = doctor(&["--lab", "healthy-regional", "--hold", "1", "--timeout", "1"]).output().expect("it runs");
        let took = begun.elapsed();
        println!("doctor --hold 1 --timeout 1: {} ms", took.as_millis());
        assert!(text(&output).contains("idle for 1.0 s, then"), "{}", text(&output));
        assert_eq!(output.status.code(), Some(0));
        assert!(took > Duration::from_secs(1) && took < Duration::from_millis(2150), "{took:?}");

        let args = ["--lab", "WS03-idle-reset", "--hold", "2", "--format", "json"];
        let output = doctor(&args).output().expect("it runs");
        let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let hold = &document["targets"][0]["stages"]["websocket"]["facts"]["hold"];
        assert_eq!((hold["end"].as_str(), hold["wanted_ms"].as_f64()), (Some("reset"), Some(2000.0)));
        assert!(hold["held_ms"].as_f64().is_some_and(|held| held < 1900.0), "{hold}");

        let plan = ["--region", "westeurope", "--hold", "120", "--plan"];
        let output = doctor(&plan).output().expect("it runs");
        assert!(text(&output).ends_with("\neach WebSocket is then kept idle for 120 s\n"), "{}", text(&output));
        let output = doctor(&[&plan[..], &["--format", "json"]].concat()).output().expect("it runs");
        let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(document["limits"]["hold_ms"], 120_000.0);
    }

    #[test]
    fn a_hold_without_websockets_is_reported_as_without_effect() {
        // Nothing listens on this port.
        let there = ["--host", "http://127.0.0.1:9", "--service", "text-to-speech", "--timeout", "1", "--hold", "60"];
        let output = doctor(&there).output().expect("it runs");
        assert!(text(&output).contains("`--hold` has no effect"), "{}", text(&output));
        let output = doctor(&[&there[..], &["--plan"]].concat()).output().expect("it runs");
        assert!(
            text(&output).ends_with("\n`--hold` has no effect: this run opens no WebSocket\n"),
            "{}",
            text(&output)
        );
    }

    #[cfg(unix)]
    #[test]
    fn an_interrupt_during_a_hold_gives_a_report() {
        let child = doctor(&["--lab", "healthy-regional", "--hold", "600"]).spawn().expect("it runs");
        std::thread::sleep(Duration::from_secs(1));
        let (output, took) = interrupted(child);
        assert!(took < Duration::from_secs(1), "{took:?}");
        assert_eq!(output.status.code(), Some(1));
        let report = text(&output);
        assert!(report.contains("until the run ended") && report.contains("interrupted"), "{report}");
        assert!(report.contains("key accepted"), "{report}");
    }
}

/// The frames of a flood, as a world names them.
const FLOODS: [&str; 7] = ["text", "binary", "empty", "ping", "pong", "fragment", "empty-fragment"];

/// Runs the doctor in a world whose servers have a thread of their own, as a peer has.
fn examined_apart(toml: &str, rehearsal: &Rehearsal, interrupt: Option<Duration>) -> (Evidence, Duration) {
    let theirs = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let ours = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let world = World::parse(toml).unwrap_or_else(|error| panic!("{error}: {toml}"));
    let lab = theirs.block_on(Lab::start(world, SystemTime::now())).expect("it starts");
    let interrupt = async {
        match interrupt {
            Some(after) => tokio::time::sleep(after).await,
            None => std::future::pending().await,
        }
    };
    let begun = Instant::now();
    let evidence = ours.block_on(lab.examine(rehearsal, &(), interrupt));
    let took = begun.elapsed();
    theirs.shutdown_background();
    (evidence, took)
}

#[test]
fn a_peer_that_floods_a_socket_neither_outlasts_the_run_nor_delays_an_interrupt() {
    for flood in FLOODS {
        let world = regional(&format!("[gateway]\nflood = \"{flood}\""));
        let (evidence, whole) = examined_apart(&world, &held(1.0, 2.0).with_services([Service::SpeechToText]), None);
        let found: Vec<&str> = diagnose(&evidence).findings.iter().map(|finding| finding.failure.id).collect();
        assert_eq!(found, ["WS07"], "{flood}");
        let interrupt = Duration::from_millis(300);
        let (_, interrupted) = examined_apart(&world, &held(10.0, 20.0), Some(interrupt));
        println!("{flood}: whole run {whole:?}, interrupted after {interrupted:?}");
        assert!(whole < Duration::from_secs(4), "{flood}: {whole:?}");
        assert!(interrupted < interrupt + Duration::from_millis(200), "{flood}: {interrupted:?}");
    }
}

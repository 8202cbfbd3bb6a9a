//! Rounds: working services are measured repeatedly within the time limit, and nothing goes to hosts outside the run.
#![allow(clippy::disallowed_methods, reason = "a lab begins at the real time")]

mod support;

use std::collections::BTreeSet;
use std::future::pending;
use std::time::{Duration, SystemTime};

use speech_endpoint::Stage;
use speech_endpoint::evidence::{Ended, Evidence, Rounds, Spread};
use speech_endpoint_lab::{Lab, Rehearsal, World};

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

async fn started(more: &str) -> Lab {
    let toml = format!("title = \"x\"\n{more}\n[expect]\nfindings = []\nverdict = \"healthy\"\n");
    let world = World::parse(&toml).unwrap_or_else(|error| panic!("{error}: {toml}"));
    Lab::start(world, SystemTime::now()).await.expect("it starts")
}

fn of(rounds: usize, total: f64) -> Rehearsal {
    Rehearsal::default().with_rounds(rounds).with_total(Duration::from_secs_f64(total))
}

fn run(more: &str, rehearsal: &Rehearsal) -> Evidence {
    block_on(async { started(more).await.examine(rehearsal, &(), pending()).await })
}

fn rounds(evidence: &Evidence) -> Vec<&Rounds> {
    evidence.traces.iter().filter_map(|trace| trace.rounds.as_ref()).collect()
}

const REGIONAL: &str = "[resource]\nregion = \"westeurope\"";

#[test]
fn each_round_makes_one_cold_and_one_warm_connection() {
    let evidence = run(REGIONAL, &of(4, 20.0));
    let all = rounds(&evidence);
    assert_eq!((all.len(), evidence.ended), (2, Ended::Complete));
    for rounds in all {
        assert_eq!((rounds.wanted, rounds.cold.len(), rounds.warm.len()), (4, 4, 4));
        for cold in &rounds.cold {
            assert_eq!((cold.is_resumed, cold.failure.as_ref()), (Some(false), None));
            assert!([cold.dns_ms, cold.tcp_ms, cold.tls_ms, cold.answer_ms].iter().all(Option::is_some), "{cold:?}");
            assert_eq!(cold.proxy_ms, None);
        }
        for round in rounds.cold.iter().chain(&rounds.warm) {
            // Values with three digits survive serialisation unchanged.
            let total = round.total_ms.expect("a total");
            assert_eq!(format!("{total}"), format!("{}", (total * 1e3).round() / 1e3));
        }
        for warm in &rounds.warm {
            assert_eq!((warm.is_resumed, warm.dns_ms, warm.failure.as_ref()), (Some(true), None, None));
            let stages = [Stage::Tcp, Stage::Tls, Stage::WebSocket].iter().filter_map(|stage| warm.of(*stage));
            let sum: f64 = stages.sum();
            assert!((sum - warm.total_ms.expect("a total")).abs() < 0.001, "{warm:?}");
        }
    }
}

#[test]
fn rounds_send_no_credential_to_other_hosts_than_the_run() {
    block_on(async {
        let lab = started(REGIONAL).await;
        let hosts = |lab: &Lab| -> BTreeSet<(String, String)> {
            let carried = lab.requests().into_iter().filter(|request| request.form.is_some());
            carried.map(|request| (request.host, request.path)).collect()
        };
        lab.examine(&Rehearsal::default(), &(), pending()).await;
        let (without, requests) = (hosts(&lab), lab.requests().len());
        lab.forget_requests();
        lab.examine(&of(3, 20.0), &(), pending()).await;
        assert_eq!(hosts(&lab), without);
        // Two services are measured in three rounds of two connections.
        assert_eq!(lab.requests().len(), requests + 12);
    });
}

#[test]
fn only_working_services_are_measured() {
    let denied = run(&format!("{REGIONAL}\n[credential]\nkind = \"foreign-key\""), &of(3, 5.0));
    assert!(rounds(&denied).is_empty());
    let halved = run(&format!("{REGIONAL}\n[addresses]\n\"20.61.99.11\" = \"refuse\""), &of(3, 5.0));
    assert_eq!(halved.traces.iter().map(|trace| trace.rounds.is_some()).collect::<Vec<_>>(), [true, false]);
    assert!(rounds(&run(REGIONAL, &of(0, 5.0))).is_empty());
    // After a redirect, the service is at the target host.
    let open = "[resource]\ncustom-domain = \"contoso\"\nnetwork = \"open\"\ndiscovery = true\n\
                services = [\"speech-to-text\"]\n[gateway]\nregion = \"westeurope\"";
    let named = run(open, &of(2, 5.0));
    assert_eq!(named.traces.iter().map(|trace| trace.rounds.is_some()).collect::<Vec<_>>(), [false, true]);
    assert_eq!(rounds(&named)[0].warm.len(), 2);
}

#[test]
fn rounds_end_at_the_time_limit_and_are_counted() {
    // Every handshake takes 100 ms, so the time limit allows fewer than ten rounds.
    let evidence = run(&format!("{REGIONAL}\n[tls]\nhandshake-delay-ms = 100"), &of(100, 2.0));
    let made: Vec<usize> = rounds(&evidence).iter().map(|rounds| rounds.cold.len()).collect();
    println!("{made:?} of 100 rounds in {} ms", evidence.took.as_millis());
    assert!(evidence.took < Duration::from_millis(2150), "{:?}", evidence.took);
    assert!(made.len() == 2 && made.iter().all(|made| (1..10).contains(made)), "{made:?}");
    assert!(made[0].abs_diff(made[1]) <= 1, "{made:?}");
    assert_eq!(evidence.ended, Ended::Complete);
    assert!(rounds(&evidence).iter().all(|rounds| rounds.cold.iter().all(|round| round.failure.is_none())));
}

#[test]
fn an_interrupt_keeps_the_completed_rounds() {
    let evidence = block_on(async {
        let lab = started(&format!("{REGIONAL}\n[tls]\nhandshake-delay-ms = 50")).await;
        lab.examine(&of(100, 60.0), &(), tokio::time::sleep(Duration::from_secs(1))).await
    });
    assert_eq!(evidence.ended, Ended::Interrupted);
    let made: Vec<usize> = rounds(&evidence).iter().map(|rounds| rounds.cold.len()).collect();
    assert!(made.iter().all(|made| (1..20).contains(made)), "{made:?}");
}

#[test]
fn a_round_with_another_response_counts_as_failed_and_is_excluded_from_the_median() {
    let evidence = block_on(async {
        let lab = started(&format!("{REGIONAL}\nservices = [\"speech-to-text\"]")).await;
        let regenerated = async {
            while lab.requests().len() < 8 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            lab.regenerate_key();
        };
        let rehearsal = of(20, 20.0);
        tokio::join!(lab.examine(&rehearsal, &(), pending()), regenerated).0
    });
    let rounds = rounds(&evidence)[0];
    let failed: Vec<_> = rounds.cold.iter().filter_map(|round| round.failure.as_ref()).collect();
    assert!(failed.len() > 5 && failed.len() < 20, "{failed:?}");
    assert_eq!(failed[0].text, "websocket: answered with 401, 101 before");
    let whole = Spread::of_whole(&rounds.cold).expect("some went well");
    assert_eq!(whole.count, 20 - failed.len());
}

mod binary {

    use serde_json::Value;

    fn doctor(args: &[&str]) -> String {
        let mut command = crate::support::program();
        let output = command.arg("doctor").args(args).output().expect("it runs");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    #[test]
    fn the_table_fits_the_width_and_has_a_column_per_stage() {
        let text = doctor(&["--lab", "healthy-proxy-http", "--rounds", "3"]);
        assert!(text.contains("\nspeech-to-text   three rounds, in ms\n"), "{text}");
        let heads = text.lines().find(|line| line.trim_start().starts_with("dns ")).expect("the heads");
        assert_eq!(heads.split_whitespace().collect::<Vec<_>>(), ["dns", "tcp", "proxy", "tls", "websocket", "total"]);
        for (label, cells) in [("cold minimum", 6), ("cold median", 6), ("warm minimum", 6), ("warm median", 6)] {
            let row = text.lines().find(|line| line.trim_start().starts_with(label)).expect(label);
            assert_eq!(row.split_whitespace().count(), cells + 2, "{row}");
        }
        assert!(text.contains("resumed in 3 of 3"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        let markdown = doctor(&["--lab", "healthy-rest-services", "--rounds", "2", "--format", "markdown"]);
        assert!(markdown.contains("\n|  | dns | tcp | tls | http | total |\n"), "{markdown}");
    }

    #[test]
    fn the_json_and_the_plan_contain_the_rounds() {
        let document: Value =
            serde_json::from_str(&doctor(&["--lab", "healthy-regional", "--rounds", "3", "--format", "json"]))
                .expect("JSON");
        let rounds = &document["targets"][0]["rounds"];
        assert_eq!((rounds["wanted"].as_u64(), rounds["cold"]["made"].as_u64()), (Some(3), Some(3)));
        assert_eq!((rounds["cold"]["resumed"].as_u64(), rounds["warm"]["resumed"].as_u64()), (Some(0), Some(3)));
        let median = |series: &str, stage: &str| rounds[series]["stages"][stage]["median_ms"].as_f64();
        assert!(median("cold", "dns").is_some() && median("cold", "websocket").is_some(), "{rounds}");
        assert!(median("warm", "dns").is_none() && median("warm", "tls").is_some(), "{rounds}");
        let plan = doctor(&["--region", "westeurope", "--rounds", "5", "--plan"]);
        assert!(plan.ends_with("\neach working service is measured with up to 5 more connections\n"), "{plan}");
    }
}

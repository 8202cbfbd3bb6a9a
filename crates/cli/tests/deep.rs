//! Round trips: what works is used once as an application would use it, and faults that only the content shows are found.
#![allow(clippy::disallowed_methods, reason = "a lab begins at the real time")]

mod support;

use std::future::pending;
use std::time::{Duration, SystemTime};

use speech_endpoint::evidence::{Ended, Evidence, Exchange, Phase, RoundTrip, SentAudio, Untried};
use speech_endpoint::{Diagnosis, Selection, Severity, diagnose, diagnose_with_documents};
use speech_endpoint_lab::{Lab, Rehearsal, World};

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

async fn started(more: &str) -> Lab {
    let toml = format!("title = \"x\"\n{more}\n[expect]\nfindings = []\nverdict = \"healthy\"\n");
    let world = World::parse(&toml).unwrap_or_else(|error| panic!("{error}: {toml}"));
    Lab::start(world, SystemTime::now()).await.expect("it starts")
}

fn run(more: &str) -> Evidence {
    block_on(async { started(more).await.examine(&Rehearsal::default().with_round_trips(), &(), pending()).await })
}

/// The round trips by the name of their service.
fn trips(evidence: &Evidence) -> Vec<(&str, &RoundTrip)> {
    let traces = evidence.traces.iter();
    traces.filter_map(|trace| Some((trace.target.service.as_deref()?, trace.round_trip.as_ref()?))).collect()
}

fn trip<'a>(evidence: &'a Evidence, service: &str) -> &'a RoundTrip {
    trips(evidence).into_iter().find(|(name, _)| *name == service).map(|(_, trip)| trip).expect("a round trip")
}

fn ids(diagnosis: &Diagnosis) -> Vec<&'static str> {
    diagnosis.findings.iter().map(|finding| finding.failure.id).collect()
}

/// What a world gives with round trips.
fn examined(world: World) -> (Evidence, Diagnosis) {
    let documents = world.documents();
    let evidence = block_on(async {
        let lab = Lab::start(world, SystemTime::now()).await.expect("it starts");
        lab.examine(&Rehearsal::default().with_round_trips(), &(), pending()).await
    });
    let diagnosis = match &documents {
        Some(view) => diagnose_with_documents(&evidence, view, &Selection::default()),
        None => diagnose(&evidence),
    };
    (evidence, diagnosis)
}

/// Whether everything works in a world, the content too.
fn is_healthy(name: &str) -> bool {
    name.starts_with("healthy-") && !name.starts_with("healthy-but-")
}

#[test]
fn every_world_with_a_fault_of_content_gives_the_expected_findings() {
    let mut worlds = 0;
    for (name, _) in World::all() {
        let world = World::named(name).expect("a world");
        let Some(expected) = world.expected_deep().cloned() else { continue };
        let (evidence, diagnosis) = examined(world);
        let mut found = ids(&diagnosis);
        found.sort_unstable();
        let mut wanted = expected.findings.clone();
        wanted.sort();
        assert_eq!(found, wanted, "{name}: {:#?}", trips(&evidence));
        let root = diagnosis.root_cause().map(|finding| finding.failure.id);
        assert_eq!(root, expected.root_cause.as_deref(), "{name}");
        assert_eq!(diagnosis.verdict.id(), expected.verdict, "{name}");
        assert_eq!(diagnosis.exit_code(Severity::Error), expected.exit_code, "{name}");
        let unexplained: Vec<_> = diagnosis.unexplained_failures().collect();
        assert!(unexplained.is_empty(), "{name}: {unexplained:?}");
        for finding in &diagnosis.findings {
            println!("{name}: {} {}", finding.failure.id, finding.observed);
        }
        worlds += 1;
    }
    println!("{worlds} worlds with faults of content");
    assert!(worlds >= 15, "{worlds}");
}

#[test]
fn every_service_of_every_healthy_world_makes_its_round_trip_and_nothing_is_found() {
    let (mut worlds, mut complete, mut untried) = (0, 0, 0);
    for (name, _) in World::all().filter(|(name, _)| is_healthy(name)) {
        let world = World::named(name).expect("a world");
        let (expected, verdict) = (world.expect().findings.clone(), world.expect().verdict.clone());
        let (evidence, diagnosis) = examined(world);
        assert_eq!(ids(&diagnosis), expected, "{name}: {:#?}", trips(&evidence));
        assert_eq!(diagnosis.verdict.id(), verdict, "{name}");
        worlds += 1;
        for (service, trip) in trips(&evidence) {
            if trip.untried.is_some() {
                untried += 1;
                continue;
            }
            assert!(trip.is_complete(), "{name} {service}: {trip:#?}");
            complete += 1;
            let times = &trip.times;
            let has = [times.connect_ms, times.start_ms, times.result_ms, times.end_ms];
            assert!(has.iter().all(Option::is_some), "{name} {service}: {times:?}");
            match trip.exchange {
                Exchange::Speak => {
                    assert!(times.first_audio_ms <= times.result_ms && times.real_time_factor.is_some(), "{times:?}");
                    assert_eq!((trip.is_silent, trip.audio_ms > Some(500.0)), (Some(false), true), "{trip:?}");
                }
                Exchange::ListVoices => assert!(trip.voices > Some(100), "{trip:?}"),
                _ if trip.sent_audio == Some(SentAudio::Spoken) => {
                    assert_eq!((trip.is_alike, trip.text.is_some()), (Some(true), true), "{name} {service}: {trip:?}");
                    assert!(times.real_time_factor.is_some());
                }
                _ => assert_ne!(trip.recognition_status, None, "{name} {service}"),
            }
        }
    }
    println!("{complete} round trips complete and {untried} untried in {worlds} healthy worlds");
    assert!(worlds >= 53 && complete >= 76, "{complete} in {worlds}");
}

const ALL_SERVICES: &str = "services = [\"speech-to-text\", \"speech-to-text-v1\", \"translation\", \"translation-v1\", \
    \"short-audio\", \"fast-transcription\", \"voices\", \"text-to-speech\", \"text-to-speech-websocket\", \
    \"text-to-speech-stream\", \"speech-to-text-rest\"]\n[query]\nlanguage = \"en-US\"";

#[test]
fn each_service_is_used_for_its_purpose() {
    let evidence = run(&format!("[resource]\nregion = \"westeurope\"\n{ALL_SERVICES}"));
    assert_eq!(trips(&evidence).len(), 11);
    for (service, trip) in trips(&evidence) {
        let expected = match service {
            "text-to-speech" | "text-to-speech-websocket" | "text-to-speech-stream" => Exchange::Speak,
            "translation" | "translation-v1" => Exchange::Translate,
            "fast-transcription" => Exchange::Transcribe,
            "voices" => Exchange::ListVoices,
            "speech-to-text-rest" => Exchange::None,
            _ => Exchange::Recognise,
        };
        assert_eq!(trip.exchange, expected, "{service}");
        match expected {
            Exchange::None => assert_eq!(trip.untried, Some(Untried::Unsupported)),
            Exchange::Speak => assert_eq!((trip.sent_characters, trip.phase), (26, Phase::Done), "{service}"),
            Exchange::ListVoices => assert_eq!(trip.phase, Phase::Done),
            _ => assert_eq!(trip.text.as_deref(), Some("The weather is fine today."), "{service}: {trip:?}"),
        }
        let is_socket = matches!(service, "speech-to-text" | "speech-to-text-v1" | "translation" | "translation-v1");
        assert_eq!(trip.times.first_hypothesis_ms.is_some(), is_socket, "{service}");
        let languages: &[String] = if expected == Exchange::Translate { &["de".to_owned()] } else { &[] };
        assert_eq!(trip.translated_languages, languages, "{service}");
    }
    assert!(ids(&diagnose(&evidence)).is_empty());
}

#[test]
fn without_a_service_that_speaks_silence_is_sent_and_proves_the_path() {
    let evidence = run("[resource]\nregion = \"westeurope\"\nservices = [\"speech-to-text\"]");
    let trip = trip(&evidence, "speech-to-text");
    assert_eq!((trip.sent_audio, trip.sent_audio_ms), (Some(SentAudio::Silence), Some(1000.0)));
    assert!(trip.is_complete() && trip.text.is_none() && trip.is_alike.is_none(), "{trip:?}");
    assert_ne!(trip.recognition_status.as_deref(), Some("Success"));
    assert_eq!(ids(&diagnose(&evidence)), [""; 0]);
}

#[test]
fn no_credential_and_no_working_stage_mean_no_round_trip() {
    let regional = "[resource]\nregion = \"westeurope\"";
    let none = run(&format!("{regional}\n[credential]\nkind = \"none\""));
    assert!(trips(&none).iter().all(|(_, trip)| trip.untried == Some(Untried::NoCredential)), "{none:?}");
    assert_eq!((trips(&none).len(), ids(&diagnose(&none))), (2, Vec::new()));
    let denied = run(&format!("{regional}\n[credential]\nkind = \"foreign-key\""));
    assert_eq!(trips(&denied).len(), 0);
    let plain = block_on(async { started(regional).await.examine(&Rehearsal::default(), &(), pending()).await });
    assert_eq!(trips(&plain).len(), 0);
}

#[test]
fn the_credential_goes_to_no_other_host_than_in_the_stages() {
    block_on(async {
        let lab = started(&format!("[resource]\nregion = \"westeurope\"\n{ALL_SERVICES}")).await;
        let hosts = |lab: &Lab| -> std::collections::BTreeSet<String> {
            lab.requests().into_iter().filter(|request| request.form.is_some()).map(|request| request.host).collect()
        };
        lab.examine(&Rehearsal::default(), &(), pending()).await;
        let without = hosts(&lab);
        lab.forget_requests();
        lab.examine(&Rehearsal::default().with_round_trips(), &(), pending()).await;
        assert_eq!(hosts(&lab), without);
    });
}

#[test]
fn an_interrupt_keeps_what_was_exchanged_and_is_no_fault() {
    let evidence = block_on(async {
        let lab = started("[resource]\nregion = \"westeurope\"\n[tls]\nhandshake-delay-ms = 150").await;
        // The stages need one handshake, and so does each round trip.
        let rehearsal = Rehearsal::default().with_round_trips();
        lab.examine(&rehearsal, &(), tokio::time::sleep(Duration::from_millis(400))).await
    });
    assert_eq!(evidence.ended, Ended::Interrupted);
    let trips = trips(&evidence);
    assert_eq!(trips.len(), 2, "{trips:?}");
    assert!(trips.iter().all(|(_, trip)| trip.failure.is_none()), "{trips:?}");
    assert!(trips.iter().any(|(_, trip)| !trip.is_complete()), "{trips:?}");
    assert_eq!(ids(&diagnose(&evidence)), [""; 0]);
}

#[test]
fn a_redirected_service_is_used_at_the_host_that_it_leads_to() {
    let evidence = run("[resource]\ncustom-domain = \"contoso\"\nnetwork = \"open\"\ndiscovery = true\n\
                        services = [\"speech-to-text\"]\n[gateway]\nregion = \"westeurope\"");
    let made: Vec<bool> = evidence.traces.iter().map(|trace| trace.round_trip.is_some()).collect();
    assert_eq!(made, [false, true]);
}

mod binary {
    use serde_json::Value;

    use crate::support::{Folder, program};

    fn output(args: &[&str]) -> std::process::Output {
        program().arg("doctor").args(args).output().expect("it runs")
    }

    fn doctor(args: &[&str]) -> (String, String) {
        let output = output(args);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout), text(&output.stderr))
    }

    const COST: &str = "`--deep` sends 26 characters or about 2 seconds of audio to each working service, which counts \
        against the quota of the resource, and takes up to";

    #[test]
    fn the_report_fits_the_width_and_the_cost_is_told_before() {
        let (text, said) = doctor(&["--lab", "healthy-rest-services", "--deep"]);
        assert!(text.contains("\ntext-to-speech   speak 26 characters\n  connected "), "{text}");
        assert!(text.contains("\nshort-audio   recognise "), "{text}");
        assert!(text.contains(" of speech of this run\n"), "{text}");
        assert!(text.contains("  recognised: `The weather is fine today.`\n"), "{text}");
        assert!(text.contains(" voices\n"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains(COST), "{said}");
        let (markdown, _) = doctor(&["--lab", "healthy-regional", "--deep", "--format", "markdown"]);
        assert!(markdown.contains("\nspeech-to-text: recognise "), "{markdown}");
        assert!(markdown.contains("\n- recognised: `The weather is fine today.`\n"), "{markdown}");
        let (short, _) = doctor(&["--lab", "healthy-regional", "--deep", "--format", "short"]);
        assert_eq!(short.lines().count(), 1, "{short}");
    }

    #[test]
    fn openai_audio_is_used_at_the_deployment_that_the_url_names() {
        let openai =
            ["--lab", "healthy-openai", "--service", "openai-speech", "--service", "openai-transcription", "--deep"];
        let (text, _) = doctor(&[&openai[..], &["--deployment", "audio"]].concat());
        assert!(text.contains("\nopenai-speech   speak 26 characters\n"), "{text}");
        assert!(text.contains("\nopenai-transcription   transcribe "), "{text}");
        assert!(text.contains("  recognised: `The weather is fine today.`\n"), "{text}");
        let (text, _) = doctor(&openai);
        assert_eq!(text.matches("no round trip: `--deployment NAME` is needed").count(), 2, "{text}");
    }

    #[test]
    fn the_plan_tells_what_is_sent_and_sends_nothing() {
        let (plan, said) = doctor(&["--region", "westeurope", "--deep", "--plan"]);
        assert!(plan.ends_with(&format!("\n{COST} 30 s per service\n")), "{plan}");
        assert_eq!(said, "");
        let (json, _) = doctor(&["--region", "westeurope", "--deep", "--plan", "--format", "json"]);
        let json: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["limits"]["deep"], true);
    }

    #[test]
    fn deep_without_a_credential_is_one_line_and_exit_code_2() {
        let refused = output(&["--region", "westeurope", "--deep"]);
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0), "{refused:?}");
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(said.starts_with("error: `--deep` needs a credential: set SPEECH_KEY"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }

    #[test]
    fn the_numbers_of_an_earlier_run_stand_beside_the_new_ones() {
        let folder = Folder::new();
        let (earlier, compared) = (folder.path("earlier.json"), folder.path("compared.json"));
        doctor(&["--lab", "healthy-regional", "--deep", "--save", &earlier]);
        let with = |more: &[&str]| {
            let all = [&["--lab", "healthy-regional", "--deep", "--baseline", &earlier][..], more].concat();
            doctor(&all).0
        };
        let text = with(&["--save", &compared]);
        assert!(text.lines().any(|line| line.contains("first audio ") && line.contains(" (before ")), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        let json: Value = serde_json::from_str(&with(&["--format", "json"])).expect("JSON");
        let saved: Value = serde_json::from_str(&std::fs::read_to_string(&earlier).expect("a file")).expect("JSON");
        for number in 0..2 {
            let times = &saved["traces"][number]["round_trip"]["times"];
            assert!(times["result_ms"].is_number(), "{times}");
            assert_eq!(&json["targets"][number]["round_trip"]["baseline"], times);
        }
        // Saved evidence keeps both, and can be compared later too.
        let (again, _) = doctor(&["--from", &compared]);
        assert!(again.contains(" (before "), "{again}");
        let (later, _) = doctor(&["--from", &earlier, "--baseline", &earlier]);
        assert!(later.contains("×1.0)"), "{later}");
    }

    #[test]
    fn a_baseline_that_does_not_fit_is_refused_before_anything_is_sent() {
        let folder = Folder::new();
        let (plain, report, missing) =
            (folder.path("plain.json"), folder.path("report.json"), folder.path("none.json"));
        doctor(&["--lab", "healthy-regional", "--save", &plain]);
        doctor(&["--lab", "healthy-regional", "--format", "json", "--output", &report]);
        for (file, is_deep, words) in [
            (&plain, true, "has no round trip: save it with `--deep`"),
            (&report, true, "it was not written by `--save`"),
            (&missing, true, "none.json"),
            (&plain, false, "`--baseline` compares the times of `--deep`: give both"),
        ] {
            let mut args = vec!["--lab", "healthy-regional", "--baseline", file];
            args.extend(is_deep.then_some("--deep"));
            let refused = output(&args);
            assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0), "{refused:?}");
            let said = String::from_utf8_lossy(&refused.stderr);
            assert!(said.contains(words) && said.lines().count() == 1, "{said}");
        }
    }

    #[test]
    fn the_json_has_the_fields_of_the_schema() {
        let schema: Value = serde_json::from_str(include_str!("../schema/doctor.schema.json")).expect("JSON");
        let (json, _) = doctor(&["--lab", "healthy-rest-services", "--deep", "--format", "json"]);
        let json: Value = serde_json::from_str(&json).expect("JSON");
        let names = |value: &Value| -> Vec<String> {
            let mut names: Vec<String> = value.as_object().expect("an object").keys().cloned().collect();
            names.sort();
            names
        };
        let (trip, times) = (&schema["$defs"]["round_trip"], &schema["$defs"]["round_trip_times"]);
        for target in json["targets"].as_array().expect("targets") {
            assert_eq!(names(&target["round_trip"]), names(&trip["properties"]), "{target}");
            assert_eq!(names(&target["round_trip"]["times"]), names(&times["properties"]), "{target}");
            for name in ["exchange", "phase", "untried", "sent_audio"] {
                let known = trip["properties"][name]["enum"].as_array().expect("values");
                assert!(known.contains(&target["round_trip"][name]), "{name}: {target}");
            }
        }
    }
}

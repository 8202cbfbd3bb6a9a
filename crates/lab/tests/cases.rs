//! Diagnoses every world of the lab end to end: exact findings, root cause, verdict and the exit code of the command.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a lab begins at the real time; the counts are shown"
)]

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use speech_endpoint::evidence::Evidence;
use speech_endpoint::{
    Access, Diagnosis, Selection, Service, Severity, diagnose, diagnose_with_documents, diagnosed_ids,
};
use speech_endpoint_lab::{Lab, Rehearsal, World};

/// Runs one world and returns the differences from its expectation.
async fn rehearse(name: &str, world: World) -> Result<Vec<String>, String> {
    let lab = Lab::start(world, SystemTime::now()).await.map_err(|error| error.to_string())?;
    let evidence = lab.examine(&Rehearsal::default(), &(), std::future::pending()).await;
    let diagnosis = match lab.world().documents() {
        Some(view) => diagnose_with_documents(&evidence, &view, &Selection::default()),
        None => diagnose(&evidence),
    };
    let expect = lab.world().expect();
    let mut wrong = Vec::new();
    let mut check = |what: &str, found: String, expected: String| {
        if found != expected {
            wrong.push(format!("{name}: {what}: expected {expected}, found {found}"));
        }
    };
    check("findings", ids(&diagnosis), sorted(expect.findings.iter().map(String::as_str)));
    let root_cause = diagnosis.root_cause().map(|finding| finding.failure.id.to_owned());
    check("root cause", format!("{root_cause:?}"), format!("{:?}", expect.root_cause));
    check("verdict", diagnosis.verdict.id().to_owned(), expect.verdict.clone());
    check("exit code", diagnosis.exit_code(Severity::Error).to_string(), expect.exit_code.to_string());
    let ruled_out: BTreeSet<&str> =
        diagnosis.findings.iter().flat_map(|finding| &finding.ruled_out).map(|ruled| ruled.id).collect();
    for id in &expect.not {
        if !ruled_out.contains(id.as_str()) {
            wrong.push(format!("{name}: {id} is not ruled out, only {ruled_out:?}"));
        }
    }
    let said = diagnosis.root_cause().map(|finding| finding.observed.as_str()).unwrap_or_default();
    for words in expect.says.iter().filter(|words| !said.contains(words.as_str())) {
        wrong.push(format!("{name}: the root cause does not say `{words}`: {said}"));
    }
    wrong.extend(foreign_commands(&evidence).into_iter().map(|command| format!("{name}: {command}")));
    for unexplained in &diagnosis.unexplained {
        wrong.push(format!("{name}: unexplained {unexplained:?}"));
    }
    if !wrong.is_empty() && std::env::var_os("SHOW_EVIDENCE").is_some() {
        wrong.push(serde_json::to_string_pretty(&evidence).map_err(|error| error.to_string())?);
    }
    if wrong.is_empty() {
        Ok(diagnosis.findings.iter().map(|finding| finding.failure.id.to_owned()).collect())
    } else {
        Err(wrong.join("\n"))
    }
}

/// Returns the commands for Windows and macOS that only Linux understands.
fn foreign_commands(evidence: &Evidence) -> Vec<String> {
    let mut foreign = Vec::new();
    for system in ["windows", "macos"] {
        let mut evidence = evidence.clone();
        evidence.machine.system = Some(system.to_owned());
        let commands = diagnose(&evidence).findings.into_iter().flat_map(|finding| finding.commands);
        let of_linux =
            ["getent ", "ip route", "ip -4", "ip link", "apt-get", "timedatectl", "update-ca-certificates", "ss -s"];
        let of_posix = ["export ", "openssl s_client", "dig ", "curl ", "sudo ", "/dev/null", "/etc/"];
        let words: Vec<&str> =
            of_linux.into_iter().chain(of_posix.into_iter().filter(|_| system == "windows")).collect();
        foreign.extend(commands.filter(|command| {
            words.iter().any(|word| command.starts_with(word) || command.contains(&format!(" {word}")))
        }));
    }
    foreign
}

fn ids(diagnosis: &Diagnosis) -> String {
    sorted(diagnosis.findings.iter().map(|finding| finding.failure.id))
}

fn sorted<'a>(ids: impl Iterator<Item = &'a str>) -> String {
    let mut ids: Vec<&str> = ids.collect();
    ids.sort_unstable();
    ids.join(" ")
}

#[test]
fn every_world_gives_its_expected_diagnosis() {
    let only = std::env::var("WORLD").ok();
    let worlds = World::all()
        .filter(|(name, _)| only.as_ref().is_none_or(|only| name.starts_with(only.as_str())))
        .map(|(name, toml)| (name, World::parse(toml).expect("a world")));
    run(&worlds.collect::<Vec<_>>());
}

/// The same documents say nothing against a network that works, whatever their age.
#[test]
fn every_world_with_documents_is_healthy_once_its_network_is() {
    let worlds = World::all().map(|(name, toml)| (name, World::parse(toml).expect("a world")));
    let with_documents = worlds.filter(|(_, world)| world.documents().is_some());
    let healed: Vec<_> = with_documents.map(|(name, world)| (name, world.with_healthy_network())).collect();
    assert!(healed.len() >= 15, "{} worlds with documents", healed.len());
    run(&healed);
}

/// Runs worlds, and fails with the differences from their expectations.
fn run(worlds: &[(&'static str, World)]) {
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = worlds
            .chunks(worlds.len().div_ceil(8))
            .map(|chunk| {
                scope.spawn(move || {
                    let runtime =
                        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                    chunk
                        .iter()
                        .map(|(name, world)| runtime.block_on(rehearse(name, world.clone())))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("it ends")).collect()
    });
    let wrong: Vec<&str> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).map(String::as_str).collect();
    println!("{} worlds, {} as expected", outcomes.len(), outcomes.len() - wrong.len());
    assert!(wrong.is_empty(), "{} of {} worlds differ:\n{}", wrong.len(), outcomes.len(), wrong.join("\n"));
}

#[test]
fn every_rule_has_a_world_and_every_failing_world_a_rule() {
    let mut wrong = Vec::new();
    let mut shown = BTreeSet::new();
    let (mut healthy, mut networks) = (0, BTreeSet::new());
    for (name, toml) in World::all() {
        let world = World::parse(toml).unwrap();
        let findings = &world.expect().findings;
        match name.split_once('-') {
            Some(("healthy", _)) => {
                healthy += 1;
                networks.extend(world.resource().network.clone());
                if !findings.is_empty() {
                    wrong.push(format!("{name}: a healthy world has findings"));
                }
            }
            Some((id, _)) if findings.iter().any(|finding| finding == id) => {}
            _ => wrong.push(format!("{name}: the world does not state the finding that it is named for")),
        }
        // Some faults show only in the content of a round trip.
        let deep = world.expected_deep().into_iter().flat_map(|expected| &expected.findings);
        shown.extend(findings.iter().chain(deep).cloned());
    }
    let known: BTreeSet<String> = diagnosed_ids().map(str::to_owned).collect();
    wrong.extend(known.difference(&shown).map(|id| format!("{id}: a rule without a world")));
    wrong.extend(shown.difference(&known).map(|id| format!("{id}: a world without a rule")));
    println!("{} rules, {healthy} healthy worlds with the networks {networks:?}", known.len());
    assert!(healthy >= 8, "{healthy} healthy worlds");
    // Each access that admits somebody is healthy in some world.
    let admitting = Access::NAMED.iter().map(|(name, _)| *name).filter(|name| *name != "locked");
    wrong.extend(admitting.filter(|name| !networks.contains(*name)).map(|name| format!("{name}: no healthy world")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Two hundred targets at once cost no more than two hundred single runs. Half of these come before and half after, so that
/// other load on the machine affects both.
#[test]
fn many_targets_cost_no_more_than_the_same_number_of_runs() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let lab = Lab::start(World::named("healthy-regional").unwrap(), SystemTime::now()).await.unwrap();
        let run = async |targets| {
            let rehearsal = Rehearsal::default()
                .with_services([Service::SpeechToText])
                .with_copies(targets)
                .with_total(Duration::from_secs(60));
            let evidence = lab.examine(&rehearsal, &(), std::future::pending()).await;
            assert_eq!(evidence.traces.len(), targets);
            assert!(evidence.traces.iter().all(|trace| trace.auth.has_passed()), "{targets} targets");
            evidence.took
        };
        let (mut each, mut at_once) = (Duration::ZERO, Duration::ZERO);
        for number in 0..200 {
            if number == 100 {
                at_once = run(200).await;
            }
            each += run(1).await;
        }
        println!("200 targets {at_once:?}, 200 runs of one {each:?}");
        assert!(at_once <= each, "{at_once:?}, {each:?}");
    });
}

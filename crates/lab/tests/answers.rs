//! Every REST service, and what the doctor reports for each answer that it can give to a credential.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a lab begins at the real time, and a test may stop"
)]

use std::fmt::Write as _;
use std::time::SystemTime;

use serde_json::Value;
use speech_endpoint::diagnose;
use speech_endpoint_lab::{Lab, Rehearsal, World};

const TABLE: &str = include_str!("../../../tests/vectors/answers.json");

#[test]
fn every_answer_to_a_credential_is_judged() {
    let table: Value = serde_json::from_str(TABLE).unwrap();
    let services = ["lists", "posts"]
        .into_iter()
        .flat_map(|kind| table[kind].as_array().unwrap().iter().map(move |service| (kind, service.as_str().unwrap())));
    let answers = table["answers"].as_array().unwrap();
    let (mut wrong, mut cases) = (String::new(), 0);
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            services.map(|(kind, service)| scope.spawn(move || judged(service, kind, answers))).collect();
        for thread in threads {
            let (differences, count) = thread.join().unwrap();
            wrong.push_str(&differences);
            cases += count;
        }
    });
    println!("{cases} answers");
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Returns what differs from the table for one service, and the number of answers.
fn judged(service: &str, kind: &str, answers: &[Value]) -> (String, usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let applies =
        |answer: &&Value| !answer["except"].as_array().is_some_and(|all| all.iter().any(|one| one == service));
    let (mut wrong, mut cases) = (String::new(), 0);
    for answer in answers.iter().filter(applies) {
        cases += 1;
        let found = runtime.block_on(diagnosed(service, answer));
        if found.as_deref() != answer[kind].as_str() {
            let _ = writeln!(wrong, "{service}, {}: {found:?}, expected {}", answer["name"], answer[kind]);
        }
    }
    (wrong, cases)
}

/// Returns the root cause, or what is unexplained.
async fn diagnosed(service: &str, answer: &Value) -> Option<String> {
    let body = answer["body"].as_str().unwrap();
    let kind = answer["type"].as_str().unwrap_or("application/json");
    let resource = match service {
        service if service.starts_with("openai") => "endpoint = \"https://contoso.openai.azure.com/\"",
        "long-audio" => "region = \"westeurope\"",
        _ => "region = \"eastus\"",
    };
    let toml = format!(
        "title = \"An answer\"\n[resource]\n{resource}\nservices = [{service:?}]\n\
        [query]\nlanguage = \"en-US\"\n\
        [[answer]]\ncredential-only = true\nstatus = {}\nbody = '{body}'\n[answer.headers]\ncontent-type = {kind:?}\n\
        [expect]\nfindings = []\nverdict = \"healthy\"\n",
        answer["status"]
    );
    let toml = match service {
        "custom-voice" => {
            toml.replace("language = \"en-US\"", "deploymentId = \"00000000-0000-0000-0000-000000000000\"")
        }
        "short-audio" => toml,
        _ => toml.replace("language = \"en-US\"\n", ""),
    };
    let world = World::parse(&toml).unwrap_or_else(|error| panic!("{service}: {error}\n{toml}"));
    let lab = Lab::start(world, SystemTime::now()).await.unwrap();
    let evidence = lab.examine(&Rehearsal::default(), &(), std::future::pending()).await;
    let diagnosis = diagnose(&evidence);
    let root_cause = diagnosis.root_cause().map(|finding| finding.failure.id.to_owned());
    root_cause.or_else(|| diagnosis.unexplained.first().map(|unexplained| format!("{unexplained:?}")))
}

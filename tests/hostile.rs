//! Hostile servers: no credential leaks, every call ends in time with a diagnosis, no secret is shown, and memory stays
//! bounded.
#![cfg(feature = "connect")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may stop, and shows what it measured")]

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;

#[path = "hostile/call.rs"]
mod call;
#[path = "hostile/ground.rs"]
mod ground;
#[path = "hostile/log.rs"]
mod log;
#[path = "hostile/server.rs"]
mod server;
#[path = "hostile/table.rs"]
mod table;

use call::{Case, Outcome, Way};
use log::Log;
use server::{Certificates, Talk, Tls};

const LIMIT: Duration = Duration::from_millis(700);

/// The number of parallel calls in each of two threads: one for calls that wait, one for calls that work.
const WAITING: usize = 32;
const WORKING: usize = 4;

type Call = (Case, Way, String);

/// Runs the calls on two threads. A call that is late or gives another result is repeated alone, because the machine may
/// have been busy. A leak is never excused.
fn all(calls: &[Call], log: &Log, working_at_once: usize, limit: Duration) -> Vec<Outcome> {
    let certificates = Arc::new(Certificates::new());
    let (waiting, working): (Vec<&Call>, Vec<&Call>) = calls.iter().partition(|(case, ..)| case.waits());
    let mut outcomes = some(&working, log, working_at_once, &certificates, limit);
    outcomes.extend(some(&waiting, log, WAITING, &certificates, limit));
    let again: Vec<&Call> = waiting.iter().chain(&working).copied().collect();
    let again: Vec<&Call> = again
        .into_iter()
        .filter(|(case, way, _)| {
            let name = case.name_of(*way);
            outcomes.iter().any(|outcome| outcome.name == name && outcome.is_hasty())
        })
        .collect();
    if again.len() <= MOST_AGAIN {
        for outcome in some(&again, log, 1, &certificates, limit) {
            println!("again: {}", outcome.name);
            if let Some(first) = outcomes.iter_mut().find(|first| first.name == outcome.name) {
                let leaks = std::mem::take(&mut first.leaks);
                *first = outcome;
                first.leaks.extend(leaks);
            }
        }
    }
    outcomes.sort_by(|one, other| one.name.cmp(&other.name));
    outcomes
}

fn some(calls: &[&Call], log: &Log, at_once: usize, certificates: &Arc<Certificates>, limit: Duration) -> Vec<Outcome> {
    std::thread::scope(|scope| {
        let half = |which: usize| {
            scope.spawn(move || {
                let _listening = tracing::subscriber::set_default(log.clone());
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let calls = calls.iter().skip(which).step_by(2);
                let runs = calls.map(|(case, way, expected)| case.run(*way, expected, certificates, limit));
                runtime.block_on(futures_util::stream::iter(runs).buffer_unordered(at_once).collect::<Vec<_>>())
            })
        };
        let threads = [half(0), half(1)];
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// More than this number of repeated calls is not a coincidence.
const MOST_AGAIN: usize = 20;

/// Serialises the tests, because they measure time and memory.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn no_credential_leaks_and_every_call_ends_in_time_with_a_diagnosis() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = memory("VmRSS:");
    let calls: Vec<Call> = table::cases()
        .into_iter()
        .flat_map(|case| case.says.clone().into_iter().map(move |(way, says)| (case.clone(), way, says)))
        .collect();
    let log = Log::default();
    let outcomes = all(&calls, &log, WORKING, LIMIT);
    let peak = memory("VmHWM:").saturating_sub(before);
    let slowest = outcomes.iter().map(|outcome| outcome.over).max().unwrap_or_default();
    for outcome in &outcomes {
        println!("{:<50} {:>4} ms over  {}", outcome.name, outcome.over.as_millis(), outcome.said);
    }
    let given = outcomes.iter().filter(|outcome| outcome.is_given).count();
    println!("{given} of them gave the credential to the host that it is meant for");
    println!("hostile: {} cases, {peak} bytes peak, slowest {} ms over its limit", calls.len(), slowest.as_millis());
    assert_right(&outcomes);
    assert!(log.leaks().is_empty(), "{:?}", log.leaks());
    assert!(log.lines() > calls.len(), "{}", log.lines());
    assert!(given > calls.len() / 3, "{given}");
    assert!(peak < 32 << 20, "{peak} bytes");
}

#[test]
fn the_doctor_follows_no_url_that_is_made_of_the_credential() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let certificates = Arc::new(Certificates::new());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for url in table::made_of_the_credential() {
        for status in ["200 OK", "301 Moved Permanently", "307 Temporary Redirect"] {
            let case = table::directing(status, &url);
            let (hosts, evidence) = runtime.block_on(case.examine(&certificates));
            assert_eq!(hosts, [call::OWN], "{status} {url}");
            assert!(evidence.contains("made of the credential"), "{status} {url}: {evidence}");
            assert_eq!(call::secret_in(&evidence), None, "{evidence}");
        }
    }
}

#[test]
fn a_response_truncated_anywhere_is_reported() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = memory("VmRSS:");
    let refusal =
        table::answer("401 Unauthorized", "content-type: application/json\r\n", r#"{"error":{"code":"401"}}"#);
    let mut calls = Vec::new();
    for (what, answer) in [("101", table::OPEN.replace("{accept}", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")), ("401", refusal)] {
        for length in 0..=answer.len() {
            let cut = Talk::Cut(answer.clone(), length);
            calls.push((
                Case::new(format!("{what} cut after {length} bytes"), Tls::Good, cut, &[]),
                Way::Socket,
                String::new(),
            ));
        }
    }
    let outcomes = all(&calls, &Log::default(), 3 * WORKING, Duration::from_millis(250));
    let peak = memory("VmHWM:").saturating_sub(before);
    let slowest = outcomes.iter().map(|outcome| outcome.over).max().unwrap_or_default();
    println!("{} cuts, {peak} bytes peak, slowest {} ms over its limit", outcomes.len(), slowest.as_millis());
    assert_right(&outcomes);
    assert!(peak < 32 << 20, "{peak} bytes");
}

fn assert_right(outcomes: &[Outcome]) {
    let wrong: Vec<String> = outcomes.iter().flat_map(Outcome::wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns a memory figure of this process in bytes, or 0 if the system does not provide it.
fn memory(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok());
    kilobytes.unwrap_or_default() << 10
}
